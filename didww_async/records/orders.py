"""Orders and the balance that pays for them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, Required, TypedDict

from ..errors import ConfigurationError
from .base import UNSET, Component, Record, component, read_only, record
from .declaration import Declaration, both_or_neither
from .enumerations import CallbackMethod, OrderStatus
from .scalars import Between, CyclesCount, Id, Reference

if TYPE_CHECKING:
    from .capacity import CapacityPool
    from .coverage import AvailableDid, NanpaPrefix, StockKeepingUnit
    from .inventory import DidReservation

__all__ = [
    "Balance",
    "BalanceField",
    "CapacityOrderItem",
    "DidOrderItem",
    "EmergencyOrderItem",
    "GenericOrderItem",
    "Order",
    "OrderCreate",
    "OrderField",
    "OrderFilter",
    "OrderItem",
    "OrderSort",
    "OrderUpdate",
    "balances",
    "orders",
]


@component
class DidOrderItem(Component):
    """Numbers of one SKU.

    At most one of `qty`, `available_did_id` and `did_reservation_id`; none buys one number. Records stand for
    their ids. `billing_cycles_count`: not given renews for ever, 0 does not renew. What was charged is read, in
    USD with VAT: `nrc` once, `mrc` a month. An order does not list its numbers: list dids with `order.id`.
    """

    type: ClassVar[str] = "did_order_items"

    sku_id: StockKeepingUnit | Id = UNSET
    qty: Annotated[int, Between(1, 1000)] = UNSET
    did_reservation_id: DidReservation | Id = UNSET
    available_did_id: AvailableDid | Id = UNSET
    nanpa_prefix_id: NanpaPrefix | Id = UNSET
    billing_cycles_count: CyclesCount = UNSET
    nrc: Decimal = read_only()
    mrc: Decimal = read_only()
    prorated_mrc: bool = read_only()
    billed_from: date | None = read_only()
    billed_to: date | None = read_only()
    did_group_id: str | None = read_only()

    def validate(self) -> None:
        given = self.loaded()
        if "sku_id" not in given:
            raise ConfigurationError("DidOrderItem needs sku_id: the stock keeping unit that sets the price")
        selectors = [name for name in ("qty", "available_did_id", "did_reservation_id") if name in given]
        if len(selectors) > 1:
            raise ConfigurationError(f"DidOrderItem takes at most one of {', '.join(selectors)}")


@component
class CapacityOrderItem(Component):
    """Channels of a pool; `qty` is 1 where it is not given, and the pool may ask for more."""

    type: ClassVar[str] = "capacity_order_items"

    qty: Annotated[int, Between(1, 10000)] = UNSET
    capacity_pool_id: CapacityPool | Id | None = UNSET
    nrc: Decimal = read_only()
    mrc: Decimal = read_only()
    prorated_mrc: bool = read_only()
    billed_from: date | None = read_only()
    billed_to: date | None = read_only()

    def validate(self) -> None:
        if self.loaded().get("capacity_pool_id") is None:
            raise ConfigurationError("CapacityOrderItem needs capacity_pool_id")


@component
class EmergencyOrderItem(Component):
    """Emergency calling that was charged. Answered only."""

    type: ClassVar[str] = "emergency_order_items"

    qty: int = read_only()
    nrc: Decimal = read_only()
    mrc: Decimal = read_only()
    prorated_mrc: bool = read_only()
    billed_from: date | None = read_only()
    billed_to: date | None = read_only()
    emergency_calling_service_id: str | None = read_only()


@component
class GenericOrderItem(Component):
    """Any other charge. Answered only."""

    type: ClassVar[str] = "generic_order_items"

    qty: int = read_only()
    nrc: Decimal = read_only()
    mrc: Decimal = read_only()
    prorated_mrc: bool = read_only()
    billed_from: date | None = read_only()
    billed_to: date | None = read_only()


OrderItem = DidOrderItem | CapacityOrderItem | EmergencyOrderItem | GenericOrderItem


@record
class Balance(Record):
    """What the account has to spend, in USD: `total_balance` is balance plus credit."""

    type: ClassVar[str] = "balances"

    balance: Decimal
    credit: Decimal
    total_balance: Decimal


BalanceField = Literal["balance", "credit", "total_balance"]


balances: Declaration = Declaration("balances", Balance, path="/balance")


@record
class Order(Record):
    """An order of numbers or of capacity. `amount` is in USD with VAT.

    It does not list the numbers that it bought: list dids with the filter `order.id`, or use `orders.wait`.
    """

    type: ClassVar[str] = "orders"

    reference: str
    description: str
    amount: Decimal
    status: OrderStatus | str
    created_at: datetime
    callback_url: str | None
    callback_method: CallbackMethod | str | None
    external_reference_id: str | None
    items: tuple[OrderItem, ...]


OrderField = Literal[
    "reference",
    "description",
    "amount",
    "status",
    "created_at",
    "callback_url",
    "callback_method",
    "external_reference_id",
    "items",
]


class OrderFilter(TypedDict, total=False):
    """`created_at_lteq` reaches to the end of the day that it falls in."""

    created_at_gteq: datetime
    created_at_lteq: datetime
    external_reference_id: str
    id: Order | Id | Sequence[Order | Id]
    reference: str | Sequence[str]
    status: OrderStatus | Sequence[OrderStatus]


OrderSort = Literal[
    "amount",
    "-amount",
    "created_at",
    "-created_at",
    "external_reference_id",
    "-external_reference_id",
    "reference",
    "-reference",
    "status",
    "-status",
]


class OrderCreate(TypedDict, total=False):
    """Members of a new Order."""

    items: Required[Sequence[DidOrderItem | CapacityOrderItem]]
    allow_back_ordering: bool
    callback_url: str | None
    callback_method: CallbackMethod | None
    external_reference_id: Reference | None


class OrderUpdate(TypedDict, total=False):
    """What may be changed of an Order."""

    external_reference_id: Reference | None


orders: Declaration = Declaration(
    "orders",
    Order,
    filter=OrderFilter,
    sort=OrderSort,
    create=OrderCreate,
    update=OrderUpdate,
    rules=(both_or_neither("callback_url", "callback_method"),),
)
