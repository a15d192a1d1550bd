"""What a session has sent, waited and been refused, counted as it happens."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping

import attrs

from .limiter.base import Priority

__all__ = ["RequestEvent", "Stats", "Waits"]

REMEMBERED = 1024
"""Waits that the 95th percentile is taken over, for each priority."""


@attrs.frozen(kw_only=True)
class RequestEvent:
    """One request as it was sent, for whoever counts them: a repetition is an event of its own.

    `status` is None where no answer came. `waited` are the seconds for the limiter, `elapsed` those from sending
    to the whole answer. `path` is without its query, so that it can be a label.
    """

    method: str
    path: str
    status: int | None
    attempt: int
    waited: float
    elapsed: float
    priority: Priority


class Waits:
    """Seconds waited for the limiter by requests of one priority."""

    def __init__(self) -> None:
        self.count = 0
        self.total = 0.0
        self._recent: deque[float] = deque(maxlen=REMEMBERED)

    def add(self, seconds: float) -> None:
        """One more wait."""
        self.count += 1
        self.total += seconds
        self._recent.append(seconds)

    @property
    def mean(self) -> float:
        """Seconds, over all of them."""
        return self.total / self.count if self.count else 0.0

    @property
    def p95(self) -> float:
        """Seconds that 95 of 100 of the last thousand waited at most."""
        ordered = sorted(self._recent)
        return ordered[max(0, -(-len(ordered) * 95 // 100) - 1)] if ordered else 0.0

    def __repr__(self) -> str:
        return f"<{self.count} waits, mean {self.mean:.3f} s, p95 {self.p95:.3f} s>"


class Stats:
    """Counts of one session. `requests` are those that went out, repetitions (`retries`) included.

    `refused` are the 429s seen, `mints` the access tokens made, `waits` the seconds waited for the limiter, by
    priority.
    """

    def __init__(self) -> None:
        self.requests = 0
        self.retries = 0
        self.refused = 0
        self.mints = 0
        self.waits: Mapping[Priority, Waits] = {priority: Waits() for priority in Priority}

    @property
    def waited(self) -> float:
        """Seconds that all requests together waited for the limiter."""
        return sum(waits.total for waits in self.waits.values())

    def add(self, event: RequestEvent) -> None:
        """Count a request that was sent."""
        self.requests += 1
        self.retries += event.attempt > 1
        self.refused += event.status == 429
        self.waits[event.priority].add(event.waited)

    def __repr__(self) -> str:
        return (
            f"<Stats: {self.requests} requests, {self.retries} retries, {self.refused} 429s, "
            f"{self.waited:.1f} s waited>"
        )
