"""What can be done with orders: the methods that the API gives each resource."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar, Final, Never, Unpack, overload

import attrs

from ..errors import ConfigurationError, DidwwError, NotFound, OrderCanceled, Timeout, ValidationError
from ..notices import Notices
from ..ordering import keep_only, new_reference
from ..records import orders as declared
from ..records.base import Record
from ..records.declaration import Declaration
from ..records.inventory import Did
from ..records.orders import (
    Balance,
    CapacityOrderItem,
    DidOrderItem,
    Order,
    OrderCreate,
    OrderFilter,
    OrderSort,
    OrderUpdate,
)
from ..transport import Transport
from ..watching import Watch
from .base import Creates, Deletes, Gets, Resource, Updates
from .inventory import Dids
from .references import References

__all__ = ["Balances", "FulfilledOrder", "Orders"]

LONGEST_REFERENCE: Final = 100
"""Characters of an external_reference_id; so says the API description."""

_log = logging.getLogger("didww_async")


class Balances(Resource[Balance]):
    """`didww.balance`."""

    declaration: ClassVar[Declaration] = declared.balances

    async def get(self) -> Balance:
        """What the account has to spend, in USD."""
        return await self._send("GET", self.declaration.path)


@attrs.frozen
class FulfilledOrder:
    """A completed order and the numbers that it bought."""

    order: Order
    dids: Sequence[Did]


class Orders(
    References[Order, OrderFilter, OrderSort, Never],
    Gets[Order, Never],
    Creates[Order],
    Updates[Order],
    Deletes[Order],
):
    """`didww.orders`."""

    declaration: ClassVar[Declaration] = declared.orders

    def __init__(self, transport: Transport, version: str) -> None:
        super().__init__(transport, version)
        self._dids = Dids(transport, version)
        self.listen(Notices())
        self._expected: dict[str, int] = {}

    def listen(self, notices: Notices) -> None:
        """From now on, end a wait's interval when one of these notices is of an order."""
        self._ended = Watch("orders", self._ask_ended, notices=notices)
        self._bought = Watch("dids", self._ask_bought, notices=notices, at_once=20)

    async def create(self, **values: Unpack[OrderCreate]) -> Order:
        """Send an order, as `place` does, but without a reference where none is given.

        Then an answer that is lost raises UnknownOutcome: rather use `place`.
        """
        return await self._create(values)

    async def place(self, *, attempted: bool | datetime | None = None, **values: Unpack[OrderCreate]) -> Order:
        """Place an order exactly once, whatever becomes of requests and answers on the way.

        Takes the members of an order (`items`, `allow_back_ordering`, `callback_url` with `callback_method`).
        An order without `external_reference_id` is given a new one. With your own, up to 100 characters and
        for this order only, the call may be repeated after a crash: the order that is there is returned.

        `attempted` says whether your reference may have been sent before. Left out, it is looked up first,
        and once more afterwards in case another process does the same: two requests more. False says that it
        is new and saves both. An aware datetime says when the call began that may have sent it: then an order
        that the API may still be working on, for up to a minute (`RetryPolicy.settle`), is waited for before
        another is sent. Give that where a crash was seconds ago: keep the reference and the time before you place
        the order.

        The API does not keep references unique. Callers in one session who use the same one at the same time
        share one order. Of two processes that do so, each finds both orders afterwards, keeps the older and
        cancels the newer while that is pending. This is sure unless one has looked before the other's is
        visible: so let one process at a time work on a reference.

        A caller who is cancelled before the order went out has placed none. Once it went out, what became of
        it is found out in the background and logged, and placing it again with the same reference gives it.

        Raises InsufficientBalance with both amounts and ValidationError where the API refuses;
        ConfigurationError where the reference is of an order with other items; TransportError where it is
        proven that nothing was ordered, UnknownOutcome where the API could not even be asked, and Duplicate
        where there are two orders and none can be cancelled any more.
        """
        reference = values.get("external_reference_id")
        if reference is None:
            if attempted is not None:
                raise ConfigurationError("orders.place: attempted is about an external_reference_id of yours: give it")
            values["external_reference_id"] = new_reference()
            return await self._create(values)
        if not 1 <= len(reference) <= LONGEST_REFERENCE:
            raise ConfigurationError(
                f"orders.place: external_reference_id must have 1 to {LONGEST_REFERENCE} characters; "
                f"got {len(reference)}"
            )
        return await self._create(values, attempted=True if attempted is None else attempted)

    async def update(self, record: Order | str, /, **changes: Unpack[OrderUpdate]) -> Order:
        """Change what is named and nothing else; None is sent as null."""
        return await self._update(record, changes)

    async def cancel(self, order: Order | str, /) -> None:
        """Cancel an order and with it its numbers: one of DIDs, as long as it is pending.

        Raises ValidationError where the API no longer lets it, ConfigurationError where that is known
        already, NotFound where there is no such order.
        """
        if isinstance(order, Order):
            known = order.loaded()
            if known.get("status", "pending") != "pending":
                raise ConfigurationError(
                    f"order {order.id} is {order.status}: only a pending order can be cancelled. "
                    "To give numbers back, update them with terminated=True"
                )
            if "items" in known and not any(isinstance(item, DidOrderItem) for item in order.items):
                raise ConfigurationError(f"order {order.id} is not of numbers, and only those can be cancelled")
        try:
            await self.delete(order)
        except ValidationError:
            # A DELETE whose answer was lost is sent again, and then says that there is nothing to cancel.
            if (await self.get(self._id(order))).status != "canceled":
                raise

    @overload
    async def wait(self, orders: Order | str, /, *, deadline: float = ...) -> FulfilledOrder: ...
    @overload
    async def wait(self, orders: Sequence[Order], /, *, deadline: float = ...) -> Sequence[FulfilledOrder]: ...
    async def wait(
        self, orders: Order | str | Sequence[Order], /, *, deadline: float = 3600.0
    ) -> FulfilledOrder | Sequence[FulfilledOrder]:
        """Wait until an order, or each of several, is completed and its numbers are there.

        Everybody who waits in this session shares the requests, a hundred orders each, at intervals that grow
        from half a second to half a minute. A callback that is received in this process ends the interval.

        Raises OrderCanceled as soon as one of them is canceled, NotFound where there is no such order, and
        Timeout after `deadline` seconds.
        """
        many = [orders] if isinstance(orders, Order | str) else list(orders)
        tasks = [asyncio.create_task(self._fulfilled(order)) for order in many]
        limit = asyncio.timeout(deadline)
        try:
            async with limit:
                fulfilled = await asyncio.gather(*tasks)
        except TimeoutError:
            if not limit.expired():
                raise
            left = [self._id(order) for order, task in zip(many, tasks, strict=True) if task.cancelled()]
            raise Timeout(
                f"{len(left)} of {len(many)} orders are not completed, or their numbers not there, after {deadline:g} "
                f"seconds: {', '.join(left[:10])}. They may be later: wait again, or cancel them"
            ) from None
        finally:
            for task in tasks:
                task.cancel()
        return fulfilled[0] if isinstance(orders, Order | str) else fulfilled

    async def _fulfilled(self, order: Order | str) -> FulfilledOrder:
        id = self._id(order)
        known = order if isinstance(order, Order) and order.loaded().get("status") == "completed" else None
        ended = known or await self._ended.result(id)
        if ended.status == "canceled":
            raise OrderCanceled(f"order {ended.reference} ({id}) was canceled", order=ended)
        self._expected[id] = sum(item.loaded().get("qty", 1) for item in ended.items if isinstance(item, DidOrderItem))
        dids = await self._bought.result(id) if self._expected[id] else ()
        return FulfilledOrder(ended, dids)

    async def _ask_ended(self, ids: Sequence[str]) -> Mapping[str, Order | DidwwError]:
        """Of these orders, those that are no longer pending."""
        found = {order.id: order async for order in self.list(filter={"id": ids})}
        answers: dict[str, Order | DidwwError] = {id: order for id, order in found.items() if order.status != "pending"}
        for id in set(ids) - found.keys():
            try:
                answers[id] = await self.get(id)
            except NotFound as error:
                answers[id] = error
        return answers

    async def _ask_bought(self, ids: Sequence[str]) -> Mapping[str, Sequence[Did] | DidwwError]:
        """Of these orders, those whose numbers are all there."""
        bought: dict[str, list[Did]] = {id: [] for id in ids}
        async for did in self._dids.list(filter={"order.id": ids}, include=["order"]):
            if did.order is not None:
                bought[did.order.id].append(did)
        return {id: dids for id, dids in bought.items() if len(dids) >= self._expected[id]}

    def _compare(self, what: str, record: Order, values: Mapping[str, Any]) -> None:
        # As far as the API tells: it answers no SKU, and may group the items otherwise.
        if _counted(record.items) != _counted(values["items"]):
            raise ConfigurationError(
                f"{what}: order {record.id} has this reference and other items. Give every order its own"
            )

    async def _keep(self, what: str, found: Sequence[Order]) -> Order:
        """Of several orders with one reference: the oldest, while the others can be cancelled."""
        live = [order for order in found if order.status != "canceled"] or found[:1]
        kept, *others = sorted(live, key=lambda order: (order.created_at, order.id))
        left = [order for order in others if not await self._cancelled(what, order)]
        return await keep_only(what, [kept, *left])

    async def _cancelled(self, what: str, order: Order) -> bool:
        """Cancel an order that is one too many; False where it can no longer be."""
        _log.warning("%s: ordered twice; cancelling the newer order %s", what, order.id)
        try:
            await self.cancel(order.id)
        except NotFound:
            return True
        except DidwwError as error:
            _log.error("%s: order %s could not be cancelled: %s", what, order.id, error)
            return False
        return True


def _counted(items: Sequence[Any]) -> Counter[tuple[str, str | None]]:
    """How many of what: numbers, and channels by pool."""
    counted: Counter[tuple[str, str | None]] = Counter()
    for item in items:
        if isinstance(item, DidOrderItem | CapacityOrderItem):
            given = item.loaded()
            pool = given.get("capacity_pool_id")
            counted[item.type, pool.id if isinstance(pool, Record) else pool and str(pool)] += given.get("qty", 1)
    return counted
