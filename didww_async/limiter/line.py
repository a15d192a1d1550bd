"""Who waits: first come, first served within a priority, and every priority moves."""

from __future__ import annotations

from asyncio import Future
from collections import deque
from typing import Generic, TypeVar

from .base import Priority

__all__ = ["Line"]

T = TypeVar("T")

PATIENCE = 9
"""Times that waiting people are passed by those of a higher priority before one of them has a turn."""


class Line(Generic[T]):
    """Futures in the order in which they are to be served. Joining, leaving and serving take constant time.

    Whoever cancels its future leaves a hole and says so with `left`; holes are skipped, and swept when they are
    more than half of a queue.
    """

    def __init__(self) -> None:
        self._queues: list[deque[Future[T]]] = [deque() for _ in Priority]
        self._waiting = [0 for _ in Priority]
        self._passed = [0 for _ in Priority]

    def __len__(self) -> int:
        return sum(self._waiting)

    def waiting(self, priority: Priority) -> int:
        """How many wait with this priority."""
        return self._waiting[priority]

    def join(self, future: Future[T], priority: Priority) -> None:
        """Stand at the end of the queue of this priority."""
        self._queues[priority].append(future)
        self._waiting[priority] += 1

    def left(self, priority: Priority) -> None:
        """One that waited with this priority has cancelled its future."""
        self._waiting[priority] -= 1
        queue = self._queues[priority]
        if len(queue) > 2 * self._waiting[priority] + 64:
            self._queues[priority] = deque(future for future in queue if not future.done())

    def next(self) -> Future[T] | None:
        """Take out the one whose turn it is."""
        waiting = [priority for priority in Priority if self._waiting[priority]]
        if not waiting:
            return None
        turn = next((priority for priority in waiting if self._passed[priority] >= PATIENCE), waiting[0])
        for priority in waiting:
            self._passed[priority] = 0 if priority <= turn else self._passed[priority] + 1
        # Some may have cancelled their futures a moment ago, and not said so yet.
        for priority in (turn, *waiting):
            queue = self._queues[priority]
            while queue:
                future = queue.popleft()
                if not future.done():
                    self._waiting[priority] -= 1
                    return future
        return None

    def drain(self) -> list[Future[T]]:
        """Take out everybody."""
        everybody = [future for queue in self._queues for future in queue if not future.done()]
        for priority in Priority:
            self._queues[priority].clear()
            self._waiting[priority] = 0
        return everybody
