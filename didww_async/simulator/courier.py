"""Callbacks on their way: sent when the time of an event has come, whether or not anybody asks meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import TYPE_CHECKING, Any

from .account import Account, Event

if TYPE_CHECKING:
    import httpx

    from .deliveries import CallbackSender

__all__ = ["Courier"]


class Courier:
    """Wakes the account when something is due, and hands its events to a sender. Without a secret it does neither."""

    def __init__(
        self,
        account: Account,
        sleep: Callable[[float], Awaitable[None]],
        secret: str | None,
        transport: httpx.AsyncBaseTransport | None,
    ) -> None:
        self.sender: CallbackSender | None = None
        self._account = account
        self._sleep = sleep
        self._tasks: set[asyncio.Task[Any]] = set()
        if secret is not None:
            from .deliveries import CallbackSender

            self.sender = CallbackSender(secret=secret, sleep=sleep, transport=transport)
            account.agenda.scheduled = lambda seconds: self._start(self._wake(seconds))
            account.notify = lambda: self._start(self._deliver())

    async def aclose(self) -> None:
        """Give up what is under way, and close the connections."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self.sender is not None:
            await self.sender.aclose()

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _wake(self, seconds: float) -> None:
        await self._sleep(seconds)
        self._account.agenda.settle()

    async def _deliver(self) -> None:
        events, self._account.events = self._account.events, []
        await asyncio.gather(*(self._send(event) for event in events))

    async def _send(self, event: Event) -> None:
        if self.sender is not None:
            await self.sender.send(event.url, event.method, event.payload)
