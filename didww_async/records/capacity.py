"""Channels: the pools that they are bought in and the groups that share them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, ClassVar, Literal, Required, TypedDict

from .base import Record, many, one, record
from .declaration import Declaration
from .scalars import Id, Reference

if TYPE_CHECKING:
    from .geography import Country
    from .inventory import Did

__all__ = [
    "CapacityPool",
    "CapacityPoolField",
    "CapacityPoolFilter",
    "CapacityPoolInclude",
    "CapacityPoolSort",
    "CapacityPoolUpdate",
    "QtyBasedPricing",
    "QtyBasedPricingField",
    "SharedCapacityGroup",
    "SharedCapacityGroupCreate",
    "SharedCapacityGroupField",
    "SharedCapacityGroupFilter",
    "SharedCapacityGroupInclude",
    "SharedCapacityGroupSort",
    "SharedCapacityGroupUpdate",
    "capacity_pools",
    "shared_capacity_groups",
]


@record
class QtyBasedPricing(Record):
    """The price of a channel from `qty` of them on, in USD: once and a month. Only included."""

    type: ClassVar[str] = "qty_based_pricings"

    qty: int
    setup_price: Decimal
    monthly_price: Decimal


QtyBasedPricingField = Literal["qty", "setup_price", "monthly_price"]


@record
class CapacityPool(Record):
    """Channels for a set of countries, bought by order.

    Prices are in USD and for one channel; `metered_rate` is for one minute beyond the channels.
    """

    type: ClassVar[str] = "capacity_pools"

    name: str
    renew_date: date
    total_channels_count: int
    assigned_channels_count: int
    minimum_limit: int
    minimum_qty_per_order: int
    setup_price: Decimal
    monthly_price: Decimal
    metered_rate: Decimal
    countries: tuple[Country, ...] = many()
    shared_capacity_groups: tuple[SharedCapacityGroup, ...] = many()
    qty_based_pricings: tuple[QtyBasedPricing, ...] = many()


CapacityPoolField = Literal[
    "name",
    "renew_date",
    "total_channels_count",
    "assigned_channels_count",
    "minimum_limit",
    "minimum_qty_per_order",
    "setup_price",
    "monthly_price",
    "metered_rate",
    "countries",
    "shared_capacity_groups",
    "qty_based_pricings",
]


CapacityPoolFilter = TypedDict(
    "CapacityPoolFilter",
    {
        "country.id": "Country | Id | Sequence[Country | Id]",
        "has_unassigned_channels": "bool",
        "id": "CapacityPool | Id | Sequence[CapacityPool | Id]",
        "name": "str",
    },
    total=False,
)


"""`country.id` finds the pools that cover all of them."""

CapacityPoolSort = Literal[
    "assigned_channels_count",
    "-assigned_channels_count",
    "metered_rate",
    "-metered_rate",
    "minimum_limit",
    "-minimum_limit",
    "minimum_qty_per_order",
    "-minimum_qty_per_order",
    "monthly_price",
    "-monthly_price",
    "name",
    "-name",
    "renew_date",
    "-renew_date",
    "setup_price",
    "-setup_price",
    "total_channels_count",
    "-total_channels_count",
]


CapacityPoolInclude = Literal["countries", "shared_capacity_groups", "qty_based_pricings"]


class CapacityPoolUpdate(TypedDict, total=False):
    """What may be changed of a CapacityPool: channels are given back, and only an order buys more."""

    total_channels_count: int


capacity_pools: Declaration = Declaration(
    "capacity_pools",
    CapacityPool,
    filter=CapacityPoolFilter,
    sort=CapacityPoolSort,
    include=CapacityPoolInclude,
    update=CapacityPoolUpdate,
)


@record
class SharedCapacityGroup(Record):
    """Channels of a pool that several numbers share.

    `metered_channels_count` are calls beyond them, billed by the minute: none where it is None or 0.
    """

    type: ClassVar[str] = "shared_capacity_groups"

    name: str
    shared_channels_count: int
    metered_channels_count: int | None
    external_reference_id: str | None
    created_at: datetime
    capacity_pool: CapacityPool | None = one()
    dids: tuple[Did, ...] = many()


SharedCapacityGroupField = Literal[
    "name",
    "shared_channels_count",
    "metered_channels_count",
    "external_reference_id",
    "created_at",
    "capacity_pool",
    "dids",
]


SharedCapacityGroupFilter = TypedDict(
    "SharedCapacityGroupFilter",
    {
        "capacity_pool.id": "CapacityPool | Id | Sequence[CapacityPool | Id]",
        "external_reference_id": "str",
        "id": "SharedCapacityGroup | Id | Sequence[SharedCapacityGroup | Id]",
        "name": "str | Sequence[str]",
    },
    total=False,
)


SharedCapacityGroupSort = Literal[
    "created_at",
    "-created_at",
    "external_reference_id",
    "-external_reference_id",
    "metered_channels_count",
    "-metered_channels_count",
    "name",
    "-name",
    "shared_channels_count",
    "-shared_channels_count",
]


SharedCapacityGroupInclude = Literal["capacity_pool", "dids"]


class SharedCapacityGroupCreate(TypedDict, total=False):
    """Members of a new SharedCapacityGroup."""

    name: Required[str]
    shared_channels_count: int
    metered_channels_count: int | None
    external_reference_id: Reference | None
    capacity_pool: Required[CapacityPool | Id]
    dids: Sequence[Did | Id]


class SharedCapacityGroupUpdate(TypedDict, total=False):
    """What may be changed of a SharedCapacityGroup."""

    name: str
    shared_channels_count: int
    metered_channels_count: int | None
    external_reference_id: Reference | None
    capacity_pool: CapacityPool | Id
    dids: Sequence[Did | Id]


shared_capacity_groups: Declaration = Declaration(
    "shared_capacity_groups",
    SharedCapacityGroup,
    filter=SharedCapacityGroupFilter,
    sort=SharedCapacityGroupSort,
    include=SharedCapacityGroupInclude,
    create=SharedCapacityGroupCreate,
    update=SharedCapacityGroupUpdate,
)
