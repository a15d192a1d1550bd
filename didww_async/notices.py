"""What a webhook has said passed on to whoever waits for it, so that waiting ends before the next poll.

A notice is a hint and no more: who waits reads the record again before it believes anything.
"""

from __future__ import annotations

import asyncio
from collections.abc import Generator
from contextlib import contextmanager

__all__ = ["Notices", "Waiter"]


class Waiter:
    """Hears of some records of one type. `ids` may be changed while it listens."""

    def __init__(self, type: str, ids: set[str]) -> None:
        self.type = type
        self.ids = ids
        self._loop = asyncio.get_running_loop()
        self._event = asyncio.Event()
        self._heard: set[str] = set()

    async def wait(self, seconds: float) -> set[str]:
        """Wait until something is heard of the records, at most `seconds`; the ids of those that were heard of.

        What was heard since the last call counts.
        """
        try:
            async with asyncio.timeout(seconds):
                await self._event.wait()
        except TimeoutError:
            return set()
        self._event.clear()
        heard, self._heard = self._heard, set()
        return heard

    def wake(self, id: str) -> None:
        """End the wait with this id; from any thread."""
        self._loop.call_soon_threadsafe(self._hear, id)

    def _hear(self, id: str) -> None:
        self._heard.add(id)
        self._event.set()


class Notices:
    """Where webhook handlers say what they heard, and waits listen.

    didww.notices.heard(event.type, event.id)
    """

    def __init__(self) -> None:
        self._waiters: set[Waiter] = set()

    def heard(self, type: str, id: str) -> None:
        """Say that something became of a record, by its JSON:API type (`exports`, `orders`); from any thread."""
        for waiter in tuple(self._waiters):
            if waiter.type == type and id in waiter.ids:
                waiter.wake(id)

    @contextmanager
    def waiter(self, type: str, ids: set[str]) -> Generator[Waiter]:
        """Listen for records of a type for the length of a block."""
        waiter = Waiter(type, ids)
        self._waiters.add(waiter)
        try:
            yield waiter
        finally:
            self._waiters.discard(waiter)
