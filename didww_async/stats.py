"""What a session has done so far, counted, and an event for each request sent for whoever keeps metrics."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import Final

import attrs

from .limiter.base import Priority
from .retry import http_date

__all__ = ["Observer", "RequestEvent", "Stats", "Waits"]

_log: Final = logging.getLogger("didww_async")

_REMEMBERED: Final = 1000


@attrs.frozen(kw_only=True)
class RequestEvent:
    """One request that was sent, whatever came of it; a retry is a request of its own.

    - `method`, `path`: what was asked, without the query. `service`: `api`, `token`, `voice_in`, `voice_out`, `sms`,
      or `` for an address elsewhere.
    - `status`: the answer's, None where no answer came.
    - `attempt`: 1 for the first.
    - `waited`: seconds spent waiting for the rate limiter; `elapsed`: seconds from sending to the answer's end, or to
      its head where it is a download.
    - `priority`: the class in which it waited.
    """

    method: str
    path: str
    service: str
    status: int | None
    attempt: int
    waited: float
    elapsed: float
    priority: Priority


Observer = Callable[[RequestEvent], None]


class Waits:
    """The time that requests of one priority waited for the rate limiter, in seconds."""

    __slots__ = ("_recent", "count", "total")

    def __init__(self) -> None:
        self.count: int = 0
        self.total: float = 0.0
        self._recent: deque[float] = deque(maxlen=_REMEMBERED)

    @property
    def mean(self) -> float:
        """The mean of all, 0 before the first."""
        return self.total / self.count if self.count else 0.0

    @property
    def p95(self) -> float:
        """What 95 % of the last thousand waited at most, 0 before the first."""
        ordered = sorted(self._recent)
        return ordered[-(-len(ordered) * 95 // 100) - 1] if ordered else 0.0

    def add(self, seconds: float) -> None:
        """One request waited this long."""
        self.count += 1
        self.total += seconds
        self._recent.append(seconds)

    def __repr__(self) -> str:
        return f"<{self.count} waits, mean {self.mean:.3f} s, p95 {self.p95:.3f} s>"


class Stats:
    """What a session has done since it was made.

    - `requests`: sent, retries included. `answered`: those with an answer of any status.
    - `retries`: sent again. `refused`: 429s seen. `mints`: access tokens minted.
    - `waits`: by priority, the time waited for the rate limiter.
    - `clock_offset`: seconds by which the clock of the service that answered last is ahead of this machine's, to a
      second; None before the first answer.
    """

    __slots__ = (
        "_date",
        "_observer",
        "answered",
        "clock_offset",
        "mints",
        "refused",
        "requests",
        "retries",
        "waits",
    )

    def __init__(self, observer: Observer | None = None) -> None:
        self.requests: int = 0
        self.answered: int = 0
        self.retries: int = 0
        self.refused: int = 0
        self.mints: int = 0
        self.waits: Mapping[Priority, Waits] = {priority: Waits() for priority in Priority}
        self.clock_offset: float | None = None
        self._date = ""
        self._observer = observer

    @property
    def waited(self) -> float:
        """Seconds waited for the rate limiter, all requests together."""
        return sum(waits.total for waits in self.waits.values())

    def count(self, event: RequestEvent) -> None:
        """Count a request, log it, and tell the observer. What the observer raises is logged and goes no further."""
        if _log.isEnabledFor(logging.DEBUG):
            said = f"{event.method} {event.path}: {event.status or 'no answer'} in {event.elapsed:.3f} s"
            _log.debug("%s, attempt %d, after %.3f s for the rate limiter", said, event.attempt, event.waited)
        self.requests += 1
        if event.status is not None:
            self.answered += 1
            if event.status == 429:
                self.refused += 1
        if event.attempt > 1:
            self.retries += 1
        self.waits[event.priority].add(event.waited)
        if self._observer is not None:
            try:
                self._observer(event)
            except Exception:
                _log.exception("the observer of requests failed; the request is not affected")

    def dated(self, date: str) -> None:
        """An answer came with this `Date`."""
        if date != self._date:
            self._date = date
            moment = http_date(date)
            if moment is not None:
                self.clock_offset = moment - time.time()

    def __repr__(self) -> str:
        return (
            f"<{self.requests} requests, {self.retries} retries, {self.refused} refused, "
            f"{self.waited:.1f} s waited for the rate limiter>"
        )
