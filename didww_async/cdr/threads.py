"""Work that would hold the event loop, done in a few threads of our own, and cancelled without leaving any behind.

The threads are few because they share the interpreter with the event loop: each that parses in Python may keep the
loop waiting for one switch interval (5 ms).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Final, ParamSpec, TypeVar

__all__ = ["Stopped", "Threads"]

T = TypeVar("T")
P = ParamSpec("P")

_END: Final = object()


class Stopped(Exception):
    """The work was cancelled while it ran in a thread."""


class Threads:
    """`count` threads. Work that takes long asks `check` now and then, which raises `Stopped` once cancelled."""

    def __init__(self, count: int = 2) -> None:
        self._pool = ThreadPoolExecutor(count, thread_name_prefix="didww-cdr")

    def __enter__(self) -> Threads:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def run(self, work: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a function in a thread. A cancelled wait ends when the function has: no file is left half in use."""
        future = asyncio.get_running_loop().run_in_executor(self._pool, lambda: work(*args, **kwargs))
        try:
            return await asyncio.shield(future)
        except asyncio.CancelledError:
            if not future.cancel():
                await asyncio.wait([future])
                if not future.cancelled():
                    future.exception()
            raise

    async def run_stoppable(self, work: Callable[[Callable[[], None]], T]) -> T:
        """Run a function that is given a `check` to call between its steps."""
        stop = Event()

        def check() -> None:
            if stop.is_set():
                raise Stopped

        task = asyncio.create_task(self.run(work, check))
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            stop.set()
            task.cancel()
            await asyncio.wait([task])
            raise

    async def iterate(self, make: Callable[[], Iterator[T]]) -> AsyncIterator[T]:
        """The items of an iterator that is made and advanced in a thread, one step at a time."""
        iterator = await self.run(make)
        try:
            while (item := await self.run(_step, iterator)) is not _END:
                yield item  # type: ignore[misc]  # _step gives items, and _END only at the end
        finally:
            close = getattr(iterator, "close", None)
            if close is not None:
                await self.run(close)


def _step(iterator: Iterator[T]) -> T | object:
    return next(iterator, _END)
