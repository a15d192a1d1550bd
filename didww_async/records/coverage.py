"""What numbers are to be had: the groups that they are bought from, their prices, single numbers in stock."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, ClassVar, Literal, TypedDict

from ..versions import V2026_04_16, V2026_11_19
from .base import Meta, Record, attribute, component, many, one, read_only, record
from .declaration import Declaration
from .enumerations import DidGroupFeature, NumberType
from .scalars import Id, Number

if TYPE_CHECKING:
    from .geography import City, Country, Region
    from .regulation import AddressRequirement

__all__ = [
    "AvailableDid",
    "AvailableDidField",
    "AvailableDidFilter",
    "AvailableDidInclude",
    "AvailableDidSort",
    "DidGroup",
    "DidGroupField",
    "DidGroupFilter",
    "DidGroupInclude",
    "DidGroupMeta",
    "DidGroupSort",
    "DidGroupType",
    "DidGroupTypeField",
    "DidGroupTypeFilter",
    "DidGroupTypeSort",
    "NanpaPrefix",
    "NanpaPrefixField",
    "NanpaPrefixFilter",
    "NanpaPrefixInclude",
    "NanpaPrefixSort",
    "StockKeepingUnit",
    "StockKeepingUnitField",
    "available_dids",
    "did_group_types",
    "did_groups",
    "nanpa_prefixes",
]


@record
class DidGroupType(Record):
    """The kind of numbers in a group, as API 2026-04-16 names it; `number_type` replaces it later."""

    type: ClassVar[str] = "did_group_types"

    name: str


DidGroupTypeField = Literal["name"]


class DidGroupTypeFilter(TypedDict, total=False):
    id: DidGroupType | Id
    name: str


DidGroupTypeSort = Literal["name", "-name"]


did_group_types: Declaration = Declaration(
    "did_group_types", DidGroupType, filter=DidGroupTypeFilter, sort=DidGroupTypeSort, version=V2026_04_16
)


@record
class StockKeepingUnit(Record):
    """A price at which numbers of a group are sold, with the channels that it includes. Only included.

    Prices are in USD without VAT: `setup_price` once, `monthly_price` a month.
    """

    type: ClassVar[str] = "stock_keeping_units"

    setup_price: Decimal
    monthly_price: Decimal
    channels_included_count: int


StockKeepingUnitField = Literal["setup_price", "monthly_price", "channels_included_count"]


@component
class DidGroupMeta(Meta):
    """What the API says beside a DidGroup; an included one has none of it.

    `total_count` numbers are in stock. `needs_registration` means that a number works only with a verified address.
    """

    available_dids_enabled: bool = read_only()
    needs_registration: bool = read_only()
    is_available: bool = read_only()
    total_count: int = read_only()


@record
class DidGroup(Record):
    """A group of numbers of one area and kind: what is searched before buying.

    `prefix` has the country's code in front in API 2026-04-16 and lacks it in 2026-11-19. `is_metered` numbers are
    billed for incoming calls by the minute.
    """

    type: ClassVar[str] = "did_groups"

    meta: DidGroupMeta = read_only()
    prefix: str
    area_name: str
    features: tuple[DidGroupFeature | str, ...]
    is_metered: bool
    allow_additional_channels: bool
    service_restrictions: str | None
    number_type: NumberType | str = attribute(only=V2026_11_19)
    is_demo: bool = attribute(only=V2026_11_19)
    country: Country | None = one()
    city: City | None = one()
    did_group_type: DidGroupType | None = one(only=V2026_04_16)
    region: Region | None = one()
    stock_keeping_units: tuple[StockKeepingUnit, ...] = many()
    address_requirement: AddressRequirement | None = one()


DidGroupField = Literal[
    "prefix",
    "area_name",
    "features",
    "is_metered",
    "allow_additional_channels",
    "service_restrictions",
    "number_type",
    "is_demo",
    "country",
    "city",
    "did_group_type",
    "region",
    "stock_keeping_units",
    "address_requirement",
]


DidGroupFilter = TypedDict(
    "DidGroupFilter",
    {
        "allow_additional_channels": "bool",
        "area_name": "str | Sequence[str]",
        "available_dids_enabled": "bool",
        "city.id": "City | Id | Sequence[City | Id]",
        "country.id": "Country | Id | Sequence[Country | Id]",
        "did_group_type.id": "DidGroupType | Id | Sequence[DidGroupType | Id]",
        "features": "DidGroupFeature | Sequence[DidGroupFeature]",
        "id": "DidGroup | Id | Sequence[DidGroup | Id]",
        "is_available": "bool",
        "is_demo": "bool",
        "is_metered": "bool",
        "meta.total_count_gteq": "int",
        "nanpa_prefix.id": "NanpaPrefix | Id",
        "nanpa_prefix.npanxx": "str | Sequence[str] | None",
        "needs_registration": "bool",
        "number_type": "NumberType | Sequence[NumberType]",
        "prefix": "str | Sequence[str]",
        "region.id": "Region | Id | Sequence[Region | Id]",
    },
    total=False,
)


"""`features` finds what has all of them; `nanpa_prefix.npanxx` takes six digits, such as `212555`."""

DidGroupSort = Literal[
    "allow_additional_channels",
    "-allow_additional_channels",
    "area_name",
    "-area_name",
    "country.name",
    "-country.name",
    "did_group_type.name",
    "-did_group_type.name",
    "is_demo",
    "-is_demo",
    "is_metered",
    "-is_metered",
    "number_type",
    "-number_type",
    "prefix",
    "-prefix",
    "service_restrictions",
    "-service_restrictions",
]


DidGroupInclude = Literal["country", "city", "did_group_type", "region", "stock_keeping_units", "address_requirement"]


did_groups: Declaration = Declaration(
    "did_groups",
    DidGroup,
    filter=DidGroupFilter,
    sort=DidGroupSort,
    include=DidGroupInclude,
    only={
        "filter": {"did_group_type.id": V2026_04_16, "is_demo": V2026_11_19, "number_type": V2026_11_19},
        "sort": {"did_group_type.name": V2026_04_16, "is_demo": V2026_11_19, "number_type": V2026_11_19},
    },
)


@record
class NanpaPrefix(Record):
    """An area code and exchange (NPA-NXX) of the North American numbering plan."""

    type: ClassVar[str] = "nanpa_prefixes"

    npa: str
    nxx: str
    country: Country | None = one()
    region: Region | None = one()


NanpaPrefixField = Literal["npa", "nxx", "country", "region"]


NanpaPrefixFilter = TypedDict(
    "NanpaPrefixFilter",
    {
        "country.id": "Country | Id | Sequence[Country | Id]",
        "did_group.features": "DidGroupFeature | Sequence[DidGroupFeature]",
        "did_group.is_available": "bool",
        "id": "NanpaPrefix | Id | Sequence[NanpaPrefix | Id]",
        "npa": "str | Sequence[str]",
        "npanxx": "str",
        "nxx": "str | Sequence[str]",
        "region.id": "Region | Id | Sequence[Region | Id]",
    },
    total=False,
)


NanpaPrefixSort = Literal["npa", "-npa", "nxx", "-nxx"]


NanpaPrefixInclude = Literal["country", "region"]


nanpa_prefixes: Declaration = Declaration(
    "nanpa_prefixes", NanpaPrefix, filter=NanpaPrefixFilter, sort=NanpaPrefixSort, include=NanpaPrefixInclude
)


@record
class AvailableDid(Record):
    """A number in stock that can be bought by itself: digits in E.164, without `+`.

    The list is not paged: it is a random selection, capped by the API, which counts all that match in its meta.
    """

    type: ClassVar[str] = "available_dids"

    number: str
    did_group: DidGroup | None = one()
    nanpa_prefix: NanpaPrefix | None = one()


AvailableDidField = Literal["number", "did_group", "nanpa_prefix"]


AvailableDidFilter = TypedDict(
    "AvailableDidFilter",
    {
        "city.id": "City | Id | Sequence[City | Id]",
        "country.id": "Country | Id | Sequence[Country | Id]",
        "did_group.features": "DidGroupFeature | Sequence[DidGroupFeature]",
        "did_group.id": "DidGroup | Id | Sequence[DidGroup | Id] | None",
        "did_group.needs_registration": "bool",
        "did_group.number_type": "NumberType | Sequence[NumberType]",
        "did_group_type.id": "DidGroupType | Id | Sequence[DidGroupType | Id]",
        "id": "AvailableDid | Id | Sequence[AvailableDid | Id]",
        "nanpa_prefix.id": "NanpaPrefix | Id | Sequence[NanpaPrefix | Id]",
        "number_contains": "Number",
        "region.id": "Region | Id | Sequence[Region | Id]",
    },
    total=False,
)


"""`number_contains` needs three digits, unless a country, region, city or DID group is given too."""

AvailableDidSort = Literal["number", "-number"]


AvailableDidInclude = Literal["did_group", "nanpa_prefix"]


available_dids: Declaration = Declaration(
    "available_dids",
    AvailableDid,
    filter=AvailableDidFilter,
    sort=AvailableDidSort,
    include=AvailableDidInclude,
    paged=False,
    only={
        "filter": {"did_group.number_type": V2026_11_19, "did_group_type.id": V2026_04_16},
        "sort": {"number": V2026_04_16},
    },
)
