"""The limiter of one process: every session, event loop and thread with the same key shares it."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from weakref import WeakValueDictionary

from ..errors import ConfigurationError
from .ledger import Ledger, Note, Reservation
from .pacer import Pacer

__all__ = ["RATE", "LocalRateLimiter", "limiter_for"]

RATE = 20.0
"""Requests a second that the API allows each key (its documentation, chapter "Authentication")."""

REMEMBERED = 256
"""Limiters kept although no session uses them, so that a session opened anew does not get the second twice."""


class LocalRateLimiter(Pacer):
    """Twenty requests a second for whoever shares this object, in any event loop and thread of the process.

    - `rate`: requests per second. A worker that may use a quarter of the key's budget takes `rate=5`.
    - `clock`: seconds, never going back; to be replaced in tests on a virtual clock.

    Sessions that are given no limiter share one for each key and host (`limiter_for`), so this class is for a
    budget of your own: pass the same object to every session that is to share it.
    """

    def __init__(self, rate: float = RATE, *, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(_Memory(rate), rate=rate, clock=clock)

    def __repr__(self) -> str:
        return f"<LocalRateLimiter {self.rate:g} a second>"


class _Memory:
    """A ledger in memory, one thread at a time."""

    def __init__(self, rate: float) -> None:
        self._ledger = Ledger(rate)
        self._lock = threading.Lock()

    async def reserve(
        self, now: float, wanted: int, spare: float, notes: Sequence[Note]
    ) -> Sequence[Reservation] | float:
        with self._lock:
            for note in notes:
                self._ledger.apply(note, now)
            # One at a time: asking costs nothing here, and loops that compete take turns.
            reserved = self._ledger.reserve(now, spare)
        return [reserved] if isinstance(reserved, Reservation) else reserved

    async def refuse(self, now: float, retry_after: float | None, spread: float) -> float:
        with self._lock:
            return self._ledger.refuse(now, retry_after, spread)

    def paused_until(self) -> float:
        return self._ledger.paused_until

    async def sharers(self) -> Sequence[str]:
        return []

    async def aclose(self, notes: Sequence[Note]) -> None:
        for note in notes:
            self._ledger.apply(note, note.ready)


_in_use: WeakValueDictionary[str, LocalRateLimiter] = WeakValueDictionary()
_recent: OrderedDict[str, LocalRateLimiter] = OrderedDict()
_registry_lock = threading.Lock()


def limiter_for(digest: str, rate: float = RATE) -> LocalRateLimiter:
    """The one limiter of this process for a key on a host.

    `digest` identifies both and must not reveal the key (`key_digest`). Raises ConfigurationError if the key is
    already paced at another rate: two limiters would together exceed it.
    """
    with _registry_lock:
        limiter = _in_use.get(digest)
        if limiter is None:
            limiter = _in_use[digest] = LocalRateLimiter(rate)
        elif limiter.rate != rate:
            raise ConfigurationError(
                f"rate={rate:g}: this process already paces the key at {limiter.rate:g} a second; "
                "give every session the same rate, or one LocalRateLimiter to share"
            )
        _recent[digest] = limiter
        _recent.move_to_end(digest)
        if len(_recent) > REMEMBERED:
            _recent.popitem(last=False)
        return limiter
