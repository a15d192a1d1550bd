"""Places: countries with their regions, areas and cities, and the points of presence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal, TypedDict

from ..versions import V2026_04_16
from .base import Record, many, one, record
from .declaration import Declaration
from .scalars import Id

__all__ = [
    "Area",
    "AreaField",
    "AreaFilter",
    "AreaInclude",
    "AreaSort",
    "City",
    "CityField",
    "CityFilter",
    "CityInclude",
    "CitySort",
    "Country",
    "CountryField",
    "CountryFilter",
    "CountryInclude",
    "CountrySort",
    "Pop",
    "PopField",
    "PopFilter",
    "Region",
    "RegionField",
    "RegionFilter",
    "RegionInclude",
    "RegionSort",
    "areas",
    "cities",
    "countries",
    "pops",
    "regions",
]


@record
class Country(Record):
    """A country that numbers are offered in.

    `iso` is its ISO 3166-1 alpha-2 code, `prefix` its dialling prefix without `+`.
    """

    type: ClassVar[str] = "countries"

    name: str
    prefix: str | None
    iso: str
    regions: tuple[Region, ...] = many()


CountryField = Literal["name", "prefix", "iso", "regions"]


class CountryFilter(TypedDict, total=False):
    id: Country | Id | Sequence[Country | Id]
    is_available: bool
    iso: str | Sequence[str]
    name: str | Sequence[str]
    prefix: str | Sequence[str]


CountrySort = Literal["iso", "-iso", "name", "-name", "prefix", "-prefix"]


CountryInclude = Literal["regions"]


countries: Declaration = Declaration(
    "countries", Country, filter=CountryFilter, sort=CountrySort, include=CountryInclude, paged=False
)


@record
class Region(Record):
    """A state, province or the like of a country.

    `iso` is its ISO 3166-2 code. Answers of 2026-04-16 leave the country's part out; the filter takes `US-CA`.
    """

    type: ClassVar[str] = "regions"

    name: str
    iso: str | None
    country: Country | None = one()


RegionField = Literal["name", "iso", "country"]


RegionFilter = TypedDict(
    "RegionFilter",
    {
        "country.id": "Country | Id | Sequence[Country | Id]",
        "id": "Region | Id | Sequence[Region | Id]",
        "iso": "str | Sequence[str]",
        "name": "str | Sequence[str]",
    },
    total=False,
)


RegionSort = Literal["iso", "-iso", "name", "-name"]


RegionInclude = Literal["country"]


regions: Declaration = Declaration(
    "regions", Region, filter=RegionFilter, sort=RegionSort, include=RegionInclude, paged=False
)


@record
class City(Record):
    """A city that numbers are offered in."""

    type: ClassVar[str] = "cities"

    name: str
    country: Country | None = one()
    region: Region | None = one()
    area: Area | None = one()


CityField = Literal["name", "country", "region", "area"]


CityFilter = TypedDict(
    "CityFilter",
    {
        "area.id": "Area | Id | Sequence[Area | Id]",
        "country.id": "Country | Id | Sequence[Country | Id]",
        "id": "City | Id | Sequence[City | Id]",
        "is_available": "bool",
        "name": "str | Sequence[str]",
        "region.id": "Region | Id | Sequence[Region | Id]",
    },
    total=False,
)


CitySort = Literal["name", "-name"]


CityInclude = Literal["country", "region", "area"]


cities: Declaration = Declaration("cities", City, filter=CityFilter, sort=CitySort, include=CityInclude, page_size=1000)


@record
class Area(Record):
    """An area of a country, as addresses name it."""

    type: ClassVar[str] = "areas"

    name: str
    country: Country | None = one()


AreaField = Literal["name", "country"]


AreaFilter = TypedDict(
    "AreaFilter",
    {
        "country.id": "Country | Id | Sequence[Country | Id]",
        "id": "Area | Id | Sequence[Area | Id]",
        "name": "str | Sequence[str]",
    },
    total=False,
)


AreaSort = Literal["name", "-name"]


AreaInclude = Literal["country"]


areas: Declaration = Declaration("areas", Area, filter=AreaFilter, sort=AreaSort, include=AreaInclude, page_size=1000)


@record
class Pop(Record):
    """A point of presence that a trunk can be pinned to."""

    type: ClassVar[str] = "pops"

    name: str


PopField = Literal["name"]


class PopFilter(TypedDict, total=False):
    id: Pop | Id


pops: Declaration = Declaration("pops", Pop, filter=PopFilter, paged=False, version=V2026_04_16)
