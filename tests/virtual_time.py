"""An event loop whose clock stands still while there is work, and jumps to the next timer when there is none."""

from __future__ import annotations

import asyncio
import inspect
import selectors
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor
from typing import Any, ParamSpec, TypeVar, TypeVarTuple

P = ParamSpec("P")
T = TypeVar("T")
Ts = TypeVarTuple("Ts")


class _Selector(selectors.DefaultSelector):
    """Waits for the network as long as threads work, and else lets the time pass that it was to wait."""

    def __init__(self, loop: VirtualLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(timeout if self._loop.threads else 0)
        if not ready and timeout and not self._loop.threads:
            self._loop.passed += timeout
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """Minutes of waiting in milliseconds. Only for what happens within the loop and its threads: no real network."""

    def __init__(self) -> None:
        self.passed = 0.0
        self.threads = 0
        super().__init__(_Selector(self))

    def time(self) -> float:
        return self.passed

    def run_in_executor(self, executor: Executor | None, func: Callable[[*Ts], T], *args: *Ts) -> asyncio.Future[T]:
        self.threads += 1
        future = super().run_in_executor(executor, func, *args)
        future.add_done_callback(self._came_back)
        return future

    def _came_back(self, _: object) -> None:
        self.threads -= 1


def virtual_time(test: Callable[P, Coroutine[Any, Any, None]]) -> Callable[P, None]:
    """Run an async test on a loop of its own with virtual time."""

    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        with asyncio.Runner(loop_factory=VirtualLoop) as runner:
            runner.run(test(*args, **kwargs))

    # Not functools.wraps: pytest-asyncio would see the coroutine function behind it and run it itself.
    run.__name__, run.__module__ = test.__name__, test.__module__
    setattr(run, "__signature__", inspect.signature(test))  # noqa: B010 - mypy knows no signature of a function
    return run
