"""How far a request's arrival at the API may lie from its departure, learnt from the answers."""

from __future__ import annotations

import math

__all__ = ["Guard"]

LEARN = 16
"""Answers needed before the fastest of them says how quick the network can be; a quarter will do after `SOON`."""

SOON = 0.6
"""Seconds: the first slots are needed again after a second, and somebody who shares them may see few answers."""

CHEAP = 0.03
"""Mean spread in seconds up to which the whole of it is guarded: that costs at most three in a hundred requests."""

QUIET = 5.0
"""Seconds without a 429 before a costly guard is loosened; doubled whenever that proves wrong."""


class Guard:
    """Turns round trips into the seconds by which a request may have arrived later than the quickest ones.

    A round trip that is longer than the shortest seen was held up on the way in, on the way back or in the API; only
    the first matters, and which it was is not known. So all of it is guarded. Where that costs much of the rate, it is
    loosened a little at a time while no 429 comes, since the time may well be the API's own; a 429 restores it.
    """

    def __init__(self) -> None:
        self._count = 0
        self._fastest = math.inf
        self._fastest_before = math.inf
        self._window_since = 0.0
        self._round_trip = 0.25
        self._quiet = QUIET
        self._begun = 0.0
        self._since = 0.0
        self._learnt = False

    @property
    def learnt(self) -> bool:
        """Whether enough answers were seen for `excess` to mean something."""
        return self._learnt

    @property
    def spread(self) -> float:
        """Seconds within which the answers to requests sent at one moment come in, nearly all of them."""
        return self._round_trip + 4 * self._mean

    @property
    def _mean(self) -> float:
        return self._round_trip - self._base if self.learnt else CHEAP

    def learn(self, round_trip: float, now: float) -> None:
        """Take the seconds from a request's departure to the head of its answer."""
        if self._count == 0:
            self._begun = self._since = now
        # The minimum of the last ten to twenty seconds: a route that became longer is noticed in that time.
        if now - self._window_since > 10 and self._count % 64 == 0:
            self._window_since = now
            self._fastest_before, self._fastest = self._fastest, math.inf
        self._count += 1
        self._learnt |= self._count >= (LEARN if now - self._begun < SOON else LEARN // 4)
        self._fastest = min(self._fastest, round_trip)
        weight = max(1 / 64, 1 / self._count)
        self._round_trip += weight * (min(round_trip, self._base + 1.0) - self._round_trip)

    def refused(self, now: float) -> None:
        """A 429 came: guard the whole spread again, and longer than the last time."""
        if self._share(now) < 1:
            self._quiet = min(2 * self._quiet, 600.0)
        self._since = now

    def excess(self, round_trip: float, now: float) -> float:
        """Seconds that the request with this round trip may have arrived after the quickest possible."""
        unseen = self._mean / math.sqrt(self._count)
        return min(round_trip - self._base + unseen, self._cap) * self._share(now)

    def unanswered(self, now: float) -> float:
        """The same for a request without an answer so far."""
        return self._cap * self._share(now)

    @property
    def _base(self) -> float:
        return min(self._fastest, self._fastest_before)

    @property
    def _cap(self) -> float:
        return min(max(0.15, 8 * self._mean), 0.5)

    def _share(self, now: float) -> float:
        if self._mean <= CHEAP:
            return 1.0
        return min(1.0, max(CHEAP / self._mean, 1 - (now - self._since - self._quiet) / 20))
