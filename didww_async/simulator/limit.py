"""The strict rate limit of the API: so many requests a second for each key, counted as they arrive."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Literal

__all__ = ["RateLimit", "Window"]

Window = Literal["sliding", "fixed"]

_ROUNDING = 1e-9


class RateLimit:
    """At most `rate` requests of a key in any second (`sliding`), or in each second of the clock (`fixed`).

    What is refused does not count against the key. A rate of 0 is no limit.
    """

    def __init__(self, rate: float, window: Window, clock: Callable[[], float]) -> None:
        self.rate = rate
        self.window: Window = window
        self._clock = clock
        self._arrivals: dict[str, deque[float]] = {}

    def admit(self, key: str) -> bool:
        """Count a request that arrives now; False where it is one too many."""
        if not self.rate:
            return True
        now = self._clock()
        arrivals = self._arrivals.setdefault(key, deque())
        # A caller that paces itself to the limit must not be refused for the rounding of its clock.
        begin = now - 1.0 + _ROUNDING if self.window == "sliding" else float(int(now + _ROUNDING)) - _ROUNDING
        while arrivals and arrivals[0] < begin:
            arrivals.popleft()
        if len(arrivals) >= self.rate:
            return False
        arrivals.append(now)
        return True
