"""Virtual time for limiters, and an API that keeps to its limit strictly."""

from __future__ import annotations

import asyncio
import bisect
import math
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from didww_async.limiter import Priority, RateLimiter
from tests.virtual_time import VirtualLoop

T = TypeVar("T")


class Loop(VirtualLoop):
    """Each look at its clock takes a nanosecond, as with a real one: who waits for a moment does not wait for ever."""

    def time(self) -> float:
        self.passed += 1e-9
        return self.passed

    def block(self, seconds: float) -> None:
        """What a blocking call does to a loop."""
        self.passed += seconds


def run(main: Callable[[Loop], Coroutine[Any, Any, T]]) -> T:
    """Run `main` on a loop with virtual time, which it is given."""
    with asyncio.Runner(loop_factory=Loop) as runner:
        loop = runner.get_loop()
        assert isinstance(loop, Loop)
        return runner.run(main(loop))


class Api:
    """Allows `rate` requests in any second, and remembers every arrival."""

    def __init__(self, clock: Callable[[], float], rate: int = 20) -> None:
        self._clock = clock
        self._rate = rate
        self._accepted: list[float] = []
        self.arrivals: list[float] = []
        self.refused = 0

    def arrive(self) -> bool:
        """Count a request that arrives now; False stands for a 429."""
        now = self._clock()
        self.arrivals.append(now)
        if len(self._accepted) - bisect.bisect_right(self._accepted, now - 1) >= self._rate:
            self.refused += 1
            return False
        self._accepted.append(now)
        return True

    def most_in_any_second(self) -> int:
        """The most arrivals that a window of one second holds, wherever it begins."""
        ends = (bisect.bisect_left(self.arrivals, start + 1) for start in self.arrivals)
        return max((end - begin for begin, end in enumerate(ends)), default=0)

    def most_in_a_second_of_the_clock(self) -> int:
        """The most arrivals between one whole second and the next."""
        seconds = [math.floor(arrival) for arrival in self.arrivals]
        return max(map(seconds.count, set(seconds)), default=0)


async def send(
    limiter: RateLimiter,
    api: Api,
    priority: Priority = Priority.NORMAL,
    *,
    way_in: Callable[[], float] = lambda: 0.01,
    way_back: float = 0.01,
) -> float:
    """One request, sent again after a 429. Returns how long its first permit was waited for."""
    waited: float | None = None
    while True:
        permit = await limiter.acquire(priority)
        waited = permit.waited if waited is None else waited
        await asyncio.sleep(way_in())
        accepted = api.arrive()
        await asyncio.sleep(way_back)
        permit.answered()
        if accepted:
            return waited
        await limiter.refused()
