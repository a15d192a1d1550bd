"""Ask about many things at once, at growing intervals, until each is ready."""

from __future__ import annotations

import asyncio
import logging
import math
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final, Generic, TypeVar

import attrs

from .errors import DidwwError, RateLimited, ServerError, TransportError
from .limiter import Priority, priority
from .notices import Notices

__all__ = ["Watch"]

T = TypeVar("T")

FIRST: Final = 0.5
LONGEST: Final = 30.0
GROWTH: Final = 1.1
"""Seconds before the first look and between looks at the most, and by what the intervals grow."""

_log = logging.getLogger("didww_async")


@attrs.define
class _Entry(Generic[T]):
    id: str
    ready: asyncio.Future[T]
    due: float
    interval: float = FIRST
    waiting: int = 0


class Watch(Generic[T]):
    """Everybody who waits for one kind of thing in a session shares its requests.

    `ask` is given ids, at most `at_once`, and returns what is ready: its value, or the error that ends its wait.
    A failure of the network or the API does not end a wait; any other one does. One of which `notices` are heard,
    as a record of `type`, is asked about at once.
    """

    def __init__(
        self,
        type: str,
        ask: Callable[[Sequence[str]], Awaitable[Mapping[str, T | DidwwError]]],
        *,
        notices: Notices,
        at_once: int = 100,
    ) -> None:
        self._type = type
        self._ask = ask
        self._notices = notices
        self._at_once = at_once
        self._entries: dict[str, _Entry[T]] = {}
        self._ids: set[str] = set()
        self._task: asyncio.Task[None] | None = None

    async def result(self, id: str) -> T:
        """Wait until this one is ready."""
        entry = self._entries.get(id)
        if entry is None:
            loop = asyncio.get_running_loop()
            entry = self._entries[id] = _Entry(id, loop.create_future(), loop.time() + FIRST)
            self._ids.add(id)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run(), name=f"didww_async: watch {self._type}")
        entry.waiting += 1
        try:
            return await asyncio.shield(entry.ready)
        finally:
            entry.waiting -= 1
            if not entry.waiting and self._entries.get(id) is entry:
                self._forget(id)

    def _forget(self, id: str) -> None:
        del self._entries[id]
        self._ids.discard(id)

    async def _run(self) -> None:
        # A wait takes minutes: whoever wants an answer now goes first.
        with self._notices.waiter(self._type, self._ids) as waiter, priority(Priority.BULK):
            while self._entries:
                now = asyncio.get_running_loop().time()
                if min(entry.due for entry in self._entries.values()) <= now:
                    await self._look(now)
                # No longer than until the first look at somebody new is due.
                for id in await waiter.wait(FIRST):
                    if entry := self._entries.get(id):
                        entry.due = 0.0

    async def _look(self, now: float) -> None:
        # Those that are due before half their interval is over ride along: fewer requests for the same news.
        due = [entry for entry in self._entries.values() if entry.due <= now + entry.interval / 2]
        batch = sorted(due, key=lambda entry: entry.due)[: self._at_once]
        answers: Mapping[str, T | Exception] = {}
        for entry in batch:
            entry.due = math.inf
        try:
            answers = await self._ask([entry.id for entry in batch])
        except (TransportError, ServerError, RateLimited) as error:
            _log.warning("%s; asking again", error)
        except Exception as error:
            answers = {entry.id: error for entry in batch}
        later = asyncio.get_running_loop().time()
        for entry in batch:
            answer = answers.get(entry.id)
            if answer is None:
                # One that was heard of while the API was asked stays due.
                entry.due = min(entry.due, later + entry.interval * random.uniform(0.9, 1.1))
                entry.interval = min(entry.interval * GROWTH, LONGEST)
                continue
            if self._entries.get(entry.id) is entry:
                self._forget(entry.id)
            if entry.ready.done() or not entry.waiting:
                continue
            if isinstance(answer, Exception):
                entry.ready.set_exception(answer)
            else:
                entry.ready.set_result(answer)
