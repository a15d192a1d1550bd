"""Buy and set up what a plan says: many orders at a time, each once, taken up again where a run stopped."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, Literal

import attrs

from ..errors import (
    ApiError,
    AuthenticationError,
    ConfigurationError,
    DidwwError,
    ErrorDetail,
    InsufficientBalance,
    OrderCanceled,
    PermissionDenied,
    TransportError,
)
from ..limiter import Priority, priority
from ..records.orders import DidOrderItem, OrderCreate
from .journal import Journal
from .plan import Plan
from .quotes import Quote, QuoteLine, quote

if TYPE_CHECKING:
    from ..session import Session

__all__ = ["Outcome", "OutcomeLine", "Step", "provision"]

Step = Literal["waiting", "ordering", "ordered", "bought", "done", "failed"]
"""Where an item is: not begun, order being sent, order placed, numbers there, numbers set up, or stopped."""

AT_ONCE: Final = 32
"""Items that are ordered or set up at a time: what 20 requests a second need when answers take a second."""

# What says that the next order will not do better.
_FATAL: Final = (InsufficientBalance, AuthenticationError, PermissionDenied)

_log = logging.getLogger("didww_async")


@attrs.frozen
class OutcomeLine:
    """What became of one item of a plan.

    `numbers` are those bought, in E.164 digits, `cost` what the order was charged (USD, taxes included),
    `error` why it failed, empty where it did not. A failed item may have been ordered: then it has an
    `order_id`.
    """

    number: int
    step: Step = "waiting"
    reference: str = ""
    order_id: str = ""
    cost: Decimal | None = None
    numbers: Sequence[str] = ()
    error: str = ""


@attrs.frozen
class Outcome:
    """What became of a plan. To go on with what is not done, provision it again with the same journal."""

    lines: Sequence[OutcomeLine]
    journal: str

    @property
    def complete(self) -> bool:
        """Whether everything was bought and set up."""
        return all(line.step == "done" for line in self.lines)

    @property
    def failed(self) -> Sequence[OutcomeLine]:
        """The lines that are not done, with their errors."""
        return [line for line in self.lines if line.step != "done"]

    @property
    def numbers(self) -> Sequence[str]:
        """Every number bought, by this run or an earlier one."""
        return [number for line in self.lines for number in line.numbers]

    @property
    def cost(self) -> Decimal:
        """What all orders were charged, in USD."""
        return sum((line.cost for line in self.lines if line.cost is not None), Decimal(0))


@attrs.define
class _Item:
    """What the journal knows of an item."""

    line: OutcomeLine
    orders: int = 0
    """Orders that were canceled: each next one has a reference of its own."""
    sent: Mapping[str, Any] | None = None
    """The line that was written before the order went out; `sent_at` is its time."""
    sent_at: datetime | None = None
    bought: Sequence[tuple[str, str]] = ()
    """Id and number of each DID."""
    set_up: set[str] = attrs.field(factory=set[str])

    def replay(self, line: Mapping[str, Any]) -> None:
        """Take over what a line of the journal says of this item."""
        match line["said"]:
            case "ordering":
                self.sent, self.sent_at = line, datetime.fromisoformat(line["at"])
                self.now(step="ordering", reference=line["reference"])
            case "refused":
                self.sent, self.sent_at = None, None
                self.now(step="waiting")
            case "ordered":
                self.now(step="ordered", order_id=line["order"], cost=Decimal(line["cost"]))
            case "canceled":
                self.orders, self.sent, self.sent_at = self.orders + 1, None, None
                self.line = OutcomeLine(self.line.number)
            case "bought":
                self.bought = [(id, number) for id, number in line["dids"]]
                self.now(step="bought", numbers=[number for _, number in self.bought])
            case "set up":
                self.set_up.add(line["did"])
            case "done":
                self.now(step="done")
            case said:
                raise ValueError(said)

    def now(self, **changes: Any) -> None:
        """Change the line that is shown."""
        self.line = attrs.evolve(self.line, **changes)


async def provision(
    didww: Session,
    plan: Plan | Quote,
    *,
    journal: str | os.PathLike[str],
    deadline: float = 3600.0,
    on_progress: Callable[[OutcomeLine], None] | None = None,
) -> Outcome:
    """See `Session.provision`."""
    wanted = plan.plan if isinstance(plan, Quote) else plan
    book = await Journal.open(journal, wanted.digest)
    try:
        run = _Run(didww, book, wanted, deadline, on_progress)
        if left := [item for item in run.items if item.line.step != "done"]:
            quoted = (
                plan if isinstance(plan, Quote) else await quote(didww, plan, numbers=[i.line.number for i in left])
            )
            _afford(quoted, {item.line.number for item in left if not item.line.order_id and not item.sent})
            with priority(Priority.BULK):
                await run.all(left, quoted)
        return Outcome([item.line for item in run.items], os.fspath(journal))
    finally:
        book.close()


def _afford(quoted: Quote, numbers: Collection[int]) -> None:
    """Refuse what the balance cannot pay for before any of it is ordered."""
    cost = sum((line.setup + line.monthly for line in quoted.lines if line.number in numbers), Decimal(0))
    if cost > quoted.balance:
        said = (
            f"what is left of the plan comes to {cost} USD, and the account has {quoted.balance}: nothing was ordered"
        )
        error = InsufficientBalance(
            status=400,
            method="POST",
            path="/orders",
            errors=[ErrorDetail(title="Insufficient balance", detail=said)],
        )
        error.available_balance, error.total_cost = quoted.balance, cost
        raise error


class _Run:
    def __init__(
        self,
        didww: Session,
        book: Journal,
        plan: Plan,
        deadline: float,
        on_progress: Callable[[OutcomeLine], None] | None,
    ) -> None:
        self._didww = didww
        self._book = book
        self._deadline = deadline
        self._on_progress = on_progress
        self._at_once = asyncio.Semaphore(AT_ONCE)
        self._stopped = ""
        self.items = [_Item(OutcomeLine(number)) for number in range(1, len(plan.items) + 1)]
        for line in book.lines:
            self._replay(line)

    def _replay(self, line: Mapping[str, Any]) -> None:
        try:
            number: int = line["item"]
            if not 1 <= number <= len(self.items):
                raise ValueError(number)
            self.items[number - 1].replay(line)
        except (LookupError, TypeError, ValueError, ArithmeticError):
            raise ConfigurationError(f"the journal {self._book.path} has a line that is not ours: {line}") from None

    async def all(self, items: Sequence[_Item], quoted: Quote) -> None:
        lines = {line.number: line for line in quoted.lines}
        try:
            async with asyncio.TaskGroup() as tasks:
                for item in items:
                    tasks.create_task(self._one(item, lines[item.line.number]))
        except ExceptionGroup as failed:
            # The journal cannot be written: nothing more is bought.
            raise failed.exceptions[0] from None

    async def _one(self, item: _Item, line: QuoteLine) -> None:
        """Bring one item as far as it goes; what stops it is in its line, and stops no other."""
        try:
            if not item.line.order_id:
                async with self._at_once:
                    await self._order(item, line)
            if not item.bought:
                await self._await_numbers(item)
            await self._set_up(item, line)
            await self._book.write(item=line.number, said="done")
            self._show(item, step="done")
        except DidwwError as error:
            if isinstance(error, _FATAL):
                self._stopped = self._stopped or f"not begun, since item {line.number} failed with: {error}"
            if isinstance(error, OrderCanceled):
                await self._book.write(item=line.number, said="canceled", order=item.line.order_id)
            self._show(item, step="failed", error=str(error))

    async def _order(self, item: _Item, line: QuoteLine) -> None:
        if self._stopped:
            raise ConfigurationError(self._stopped)
        if item.sent is None and line.problem:
            raise ConfigurationError(line.problem)
        reference = item.line.reference or f"da-{self._book.id}-{line.number}-{item.orders + 1}"
        # An order that may have been sent is repeated to the letter, whatever is cheapest today.
        order = item.sent["order"] if item.sent else _ordered(line)
        attempted = item.sent_at or False
        await self._book.write(item=line.number, said="ordering", reference=reference, order=order)
        self._show(item, step="ordering", reference=reference)
        try:
            placed = await self._didww.orders.place(attempted=attempted, **_members(order, reference))
        except (ApiError, TransportError):
            # Nothing was ordered, so the next run may look for a better offer. An earlier run's order is not so sure.
            if not attempted:
                await self._book.write(item=line.number, said="refused")
            raise
        await self._book.write(item=line.number, said="ordered", order=placed.id, cost=str(placed.amount))
        self._show(item, step="ordered", order_id=placed.id, cost=placed.amount)

    async def _await_numbers(self, item: _Item) -> None:
        fulfilled = await self._didww.orders.wait(item.line.order_id, deadline=self._deadline)
        item.bought = [(did.id, did.number) for did in fulfilled.dids]
        await self._book.write(item=item.line.number, said="bought", dids=item.bought)
        self._show(item, step="bought", numbers=[number for _, number in item.bought])

    async def _set_up(self, item: _Item, line: QuoteLine) -> None:
        if line.settings is None:
            raise ConfigurationError(f"bought, but not set up: {line.problem}")
        if not line.settings:
            return
        left = [id for id, _ in item.bought if id not in item.set_up]
        ended = await asyncio.gather(
            *(self._set_up_one(item, id, line.settings) for id in left), return_exceptions=True
        )
        for error in ended:
            if error is not None:
                raise error

    async def _set_up_one(self, item: _Item, id: str, settings: Mapping[str, Any]) -> None:
        async with self._at_once:
            await self._didww.dids.update(id, **settings)
            await self._book.write(item=item.line.number, said="set up", did=id)
            item.set_up.add(id)

    def _show(self, item: _Item, **changes: Any) -> None:
        item.now(**changes)
        if self._on_progress is not None:
            try:
                self._on_progress(item.line)
            except Exception:
                # It must not stop what costs money half-way.
                _log.exception("on_progress failed")


def _ordered(line: QuoteLine) -> dict[str, Any]:
    """The order of a line, as it is kept in the journal."""
    assert line.sku is not None
    order: dict[str, Any] = {
        "sku_id": line.sku.id,
        "qty": line.item.quantity,
        "allow_back_ordering": line.item.back_order,
    }
    if line.nanpa_prefix is not None:
        order["nanpa_prefix_id"] = line.nanpa_prefix.id
    if line.item.billing_cycles_count is not None:
        order["billing_cycles_count"] = line.item.billing_cycles_count
    return order


def _members(order: Mapping[str, Any], reference: str) -> OrderCreate:
    item = {name: value for name, value in order.items() if name != "allow_back_ordering"}
    return {
        "items": [DidOrderItem(**item)],
        "allow_back_ordering": order["allow_back_ordering"],
        "external_reference_id": reference,
    }
