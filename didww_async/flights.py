"""Creations under way, one for each reference, which outlive a caller who is cancelled meanwhile."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any, Final, TypeVar, cast

from .errors import ConfigurationError, UnknownOutcome

__all__ = ["Flight", "Flights"]

T = TypeVar("T")

LEFT: Final = (
    "the session was closed before it was known what became of it. Look for it, or create it again with the same "
    "reference"
)

_log = logging.getLogger("didww_async")


class Flight:
    """One creation. `sent` turns true when its request goes out: from then on it is finished."""

    def __init__(self, what: str, terms: object) -> None:
        self.what = what
        self.terms = terms
        self.sent: bool = False
        self.left = False
        self.waiting = 0
        self.task: asyncio.Task[Any] | None = None

    def went(self, sent: bool) -> None:
        """The request goes out, or is known not to have been carried out: then, if nobody wants it, it need not be."""
        self.sent = sent
        if not sent and not self.wanted and self.task is not None:
            self.task.cancel()

    @property
    def wanted(self) -> bool:
        """Whether somebody still waits for it."""
        return self.waiting > 0

    @property
    def ending(self) -> bool:
        """Whether it was cancelled: whoever asks next begins anew, and does not share that."""
        return self.task is not None and self.task.cancelling() > 0


class Flights:
    """The creations of one session. Callers who ask for the same reference at the same time share one.

    `settle` is how many seconds after it was sent a write may still be carried out.
    """

    def __init__(self, settle: float) -> None:
        self.settle = settle
        self._open: dict[str, Flight] = {}

    async def join(self, what: str, terms: object, begin: Callable[[Flight], Coroutine[Any, Any, T]]) -> T:
        """The outcome of the flight named `what`, begun now where there is none.

        A caller who is cancelled leaves at once. If nobody else waits, a flight that has not departed is
        cancelled too: nothing was sent. One that has departed goes on, and what became of it is logged.

        Raises ConfigurationError where the flight under way is for something else than `terms`.
        """
        flight = self._open.get(what)
        if flight is None or flight.ending:
            flight = self._open[what] = Flight(what, terms)
            flight.task = asyncio.create_task(begin(flight), name=f"didww_async: {what}")
            flight.task.add_done_callback(partial(self._landed, flight))
        elif flight.terms != terms:
            raise ConfigurationError(f"{what} is being created at this moment, with other members")
        task = cast("asyncio.Task[T]", flight.task)
        flight.waiting += 1
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            if task.cancelled() and flight.left:
                raise UnknownOutcome(f"{what}: {LEFT}", method="POST", path="") from None
            raise
        finally:
            flight.waiting -= 1
            if not flight.wanted and not task.done():
                self._abandon(flight, task)

    def _abandon(self, flight: Flight, task: asyncio.Task[Any]) -> None:
        if not flight.sent:
            task.cancel()
            return
        _log.warning("%s: its caller was cancelled while it was being sent; finding out what became of it", flight.what)

    def _landed(self, flight: Flight, task: asyncio.Task[Any]) -> None:
        if self._open.get(flight.what) is flight:
            del self._open[flight.what]
        if task.cancelled() or flight.wanted:
            return
        if (error := task.exception()) is not None:
            _log.warning("%s: nobody waited for it, and it ended with: %s", flight.what, error)
        else:
            _log.warning("%s: nobody waited for it, and it was made: %s", flight.what, task.result().id)

    async def aclose(self, grace: float) -> None:
        """Wait up to `grace` seconds for those under way; say which are left then, and give them up."""
        flights = {flight.task: flight for flight in self._open.values() if flight.task}
        if not flights:
            return
        _, left = await asyncio.wait(flights, timeout=grace)
        for task in left:
            flights[task].left = True
            _log.error("%s: %s", flights[task].what, LEFT)
            task.cancel()
        await asyncio.gather(*flights, return_exceptions=True)
