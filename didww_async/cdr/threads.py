"""Work that would hold the event loop, done in a few threads of our own, and cancelled without leaving any behind.

Long work has one thread: it shares the interpreter with the event loop, and each thread that parses in Python keeps
the loop waiting for one switch interval (5 ms) and makes nothing faster. Short work does not wait for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator
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
    """One thread for long work, which asks `check` now and then, and a few for the rest."""

    def __init__(self) -> None:
        self._long = ThreadPoolExecutor(1, thread_name_prefix="didww-cdr-long")
        self._short = ThreadPoolExecutor(4, thread_name_prefix="didww-cdr")

    def __enter__(self) -> Threads:
        return self

    def __exit__(self, *_: object) -> None:
        for pool in (self._long, self._short):
            pool.shutdown(wait=False, cancel_futures=True)

    async def run(self, work: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a short function. A cancelled wait ends when the function has: no file is left half in use."""
        return await self._wait(self._short, lambda: work(*args, **kwargs))

    async def _wait(self, pool: ThreadPoolExecutor, work: Callable[[], T]) -> T:
        future = asyncio.get_running_loop().run_in_executor(pool, work)
        try:
            return await asyncio.shield(future)
        except asyncio.CancelledError:
            if not future.cancel():
                await asyncio.wait([future])
                if not future.cancelled():
                    future.exception()
            raise

    async def run_stoppable(self, work: Callable[[Callable[[], None]], T]) -> T:
        """Run a long function that is given a `check` to call between its steps; it raises once cancelled."""
        stop = Event()

        def check() -> None:
            if stop.is_set():
                raise Stopped

        task = asyncio.create_task(self._wait(self._long, lambda: work(check)))
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            stop.set()
            task.cancel()
            await asyncio.wait([task])
            raise

    async def iterate(self, make: Callable[[], Iterator[T]]) -> AsyncGenerator[T]:
        """The items of an iterator that is made and advanced in a thread, one step at a time."""
        iterator = await self.run(make)
        try:
            while (item := await self._wait(self._long, lambda: _step(iterator))) is not _END:
                yield item  # type: ignore[misc]  # _step gives items, and _END only at the end
        finally:
            close = getattr(iterator, "close", None)
            if close is not None:
                await self.run(close)


def _step(iterator: Iterator[T]) -> T | object:
    return next(iterator, _END)
