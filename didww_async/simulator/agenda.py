"""What is to happen later: carried out by the first request that comes after its time."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from itertools import count

__all__ = ["Agenda"]


class Agenda:
    """Actions by the time at which they are due, in seconds of `clock`.

    No task runs in the background. Whoever looks calls `settle` first, and cannot tell the difference. `scheduled`
    is told in how many seconds something will be due.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self.scheduled: Callable[[float], None] = lambda seconds: None
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = count()

    def after(self, seconds: float, action: Callable[[], None]) -> None:
        """Carry out `action` once `seconds` have passed."""
        heapq.heappush(self._due, (self._clock() + seconds, next(self._numbers), action))
        self.scheduled(seconds)

    def settle(self) -> None:
        """Carry out what is due by now, the earliest first."""
        while self._due and self._due[0][0] <= self._clock():
            heapq.heappop(self._due)[2]()
