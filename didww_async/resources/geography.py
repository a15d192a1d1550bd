"""What can be done with geography: the methods that the API gives each resource."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Never

from ..query import IncludePath
from ..records import geography as declared
from ..records.declaration import Declaration
from ..records.geography import (
    Area,
    AreaFilter,
    AreaInclude,
    AreaSort,
    City,
    CityFilter,
    CityInclude,
    CitySort,
    Country,
    CountryFilter,
    CountryInclude,
    CountrySort,
    Pop,
    PopFilter,
    Region,
    RegionFilter,
    RegionInclude,
    RegionSort,
)
from .base import Gets, Lists

__all__ = ["Areas", "Cities", "Countries", "Pops", "Regions"]


class Countries(Lists[Country, CountryFilter, CountrySort, CountryInclude], Gets[Country, CountryInclude]):
    """`didww.countries`."""

    declaration: ClassVar[Declaration] = declared.countries

    async def by_iso(self, iso: str, /, *, include: Sequence[CountryInclude | IncludePath] = ()) -> Country | None:
        """The country with an ISO 3166-1 alpha-2 code, such as `US`; None where no numbers are offered there."""
        return await self.list(filter={"iso": iso.upper()}, include=include).first()


class Regions(Lists[Region, RegionFilter, RegionSort, RegionInclude], Gets[Region, RegionInclude]):
    """`didww.regions`."""

    declaration: ClassVar[Declaration] = declared.regions


class Cities(Lists[City, CityFilter, CitySort, CityInclude], Gets[City, CityInclude]):
    """`didww.cities`."""

    declaration: ClassVar[Declaration] = declared.cities


class Areas(Lists[Area, AreaFilter, AreaSort, AreaInclude], Gets[Area, AreaInclude]):
    """`didww.areas`."""

    declaration: ClassVar[Declaration] = declared.areas


class Pops(Lists[Pop, PopFilter, Never, Never]):
    """`didww.pops`."""

    declaration: ClassVar[Declaration] = declared.pops
