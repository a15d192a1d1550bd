"""The slots of one budget: what was sent when, and when the next request may go, as pure arithmetic.

A budget of 20 a second has 20 slots. A request takes the slot that is free first, and the slot is free again one
second after the request *arrived*, as the side that counts is the API. Arrival is not seen, but bounded: the sender
reserves until the latest moment it can think of and brings that forward when the answer comes (`Note`). Twenty slots,
none used twice within a second of arrivals, is the promise for every window, fixed or sliding; spacing (a token
bucket in GCRA form) only keeps the requests from bunching, and a 429 widens it for a while.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Sequence

import attrs

from ..errors import ConfigurationError

__all__ = ["HORIZON", "MAX_PAUSE", "Ledger", "Note", "Reservation", "hold"]

NEVER = -1e9
"""Longer ago than anything that matters."""

HORIZON = 1.0
"""Seconds ahead that a slot is reserved at most: a process that dies takes no more with it."""

MAX_PAUSE = 3600.0
"""Longest pause, in seconds: what a damaged `Retry-After` or a clock that jumped can do at worst."""

MARGIN = 0.001
"""Seconds added to the one that a slot is held: rounding and the timers of both sides."""

BUNCH = 2.0
"""Requests that may go at once after a rest or when behind: fewer lose pace, more make others wait. Jitter, which
makes slots free in clumps, raises it."""

FIRST_PAUSE = 0.05
"""Seconds, before jitter, after a lone 429 without `Retry-After`: in that time one slot becomes free."""

TAG_BITS = 24
"""Bits of a token that name its holder: a process id fits. With the count above them a float holds it exactly."""

ON_ITS_WAY = 0.5
"""Seconds that a request is taken to be on its way at most when nothing is known of it."""

PLATEAU = 4.0
"""Seconds after a 429 during which the lowered pace is held, before it rises, slowly at first."""


@attrs.frozen
class Reservation:
    """A slot to be used at `at` or as soon after as can be; `before` is when it was free, to be given back."""

    slot: int
    token: int
    at: float
    before: float


@attrs.frozen
class Note:
    """What became of a reservation: its slot was used at `sent` and is free again at `ready`.

    `sent` is None for one that was never used. `late` marks a request that may leave much later than reserved,
    perhaps after its slot went to somebody else: then another slot is taken out for it.
    """

    slot: int
    token: int
    sent: float | None
    ready: float
    late: bool = False


def hold(rate: float) -> float:
    """Seconds from one arrival to the next in the same slot: one, or a little more if `rate` is no whole number.

    Raises ConfigurationError for a rate that makes no sense.
    """
    if not 0 < rate <= 1000:
        raise ConfigurationError(f"rate={rate!r}: requests per second, more than 0 and at most 1000")
    return math.ceil(rate) / rate + MARGIN


class Ledger:
    """Slots, spacing, pause and pace of one key. Knows no clock: every method is told what time it is."""

    def __init__(self, rate: float) -> None:
        self.hold: float = hold(rate)
        self.rate = rate
        self.size: int = math.ceil(rate)
        self.ready: list[float] = [0.0] * self.size
        self.sent: list[float] = [NEVER] * self.size
        self.tokens: list[int] = [0] * self.size
        # Anywhere, so that a note on a ledger that was lost does not fit a reservation of the one begun after it.
        self.last_token: int = random.getrandbits(28)
        self.due: float = 0.0
        """When the next request is due if requests are evenly spaced."""
        self.paused_until: float = NEVER
        self.refused_at: float = NEVER
        self.refused_pace: float = rate
        self.refused_row: int = 0
        """How many 429s came one soon after another; the pause doubles with each."""

    def pace(self, now: float) -> float:
        """Requests a second that spacing allows at `now`: `rate`, or less for some seconds after a 429."""
        rising = max(0.0, now - max(self.refused_at, self.paused_until) - PLATEAU)
        return min(self.rate, self.refused_pace + self.rate / 400 * rising * rising)

    def reserve(self, now: float, spare: float, tag: int = 0) -> Reservation | float:
        """The next slot, or the time at which to ask again because it lies beyond the horizon.

        `spare` is how many seconds after its use the request may arrive at the latest; `tag` is kept in
        the token, to tell afterwards who holds which slot (`holders`).
        """
        slot = min(range(self.size), key=self.ready.__getitem__)
        gap = 1 / self.pace(now)
        at = max(now, self.ready[slot], self.due - (BUNCH * (1 + 2 * spare) - 1) * gap, self.paused_until)
        if at > now + HORIZON:
            return at - HORIZON / 2
        self.due = max(self.due, at) + gap
        self.last_token = (self.last_token + 1) % 2**28
        reservation = Reservation(slot, self.last_token << TAG_BITS | tag % 2**TAG_BITS, at, self.ready[slot])
        self._use(slot, reservation.token, at, at + self.hold + spare)
        return reservation

    def apply(self, note: Note, now: float) -> None:
        """Take a `Note` of what became of a reservation; one that comes too late to matter is ignored."""
        slot = note.slot
        if self.tokens[slot] != note.token:
            if not note.late:
                return
            slot = min(range(self.size), key=self.ready.__getitem__)
        if note.sent is None:
            self.ready[slot], self.sent[slot] = note.ready, NEVER
            self.due -= 1 / self.pace(now)
        else:
            self._use(slot, note.token, note.sent, note.ready)

    def refuse(self, now: float, retry_after: float | None, spread: float) -> float:
        """A 429 came: pause and slow down. Returns the seconds until anybody sends again.

        429s that come within `spread` seconds of the first, or while all pause, are of the same making and are
        not held against the key twice.
        """
        if now >= max(self.paused_until, self.refused_at + spread):
            quiet = now - max(self.paused_until, self.refused_at)
            last_pause = max(0.0, self.paused_until - self.refused_at)
            self.refused_row = self.refused_row + 1 if quiet < max(1.0, last_pause) else 0
            self._slow_down(now, quiet)
            pause = FIRST_PAUSE * 2 ** min(self.refused_row, 8) * random.uniform(0.5, 1.5)
            self.paused_until = now + pause
        if retry_after is not None:
            self.paused_until = max(self.paused_until, now + min(retry_after, MAX_PAUSE))
        return max(0.0, self.paused_until - now)

    def holders(self, now: float) -> dict[int, int]:
        """Tags seen in the last ten seconds, each with how many slots it used last."""
        recent = [token for token, sent in zip(self.tokens, self.sent, strict=True) if sent > now - 10]
        return dict(Counter(token % 2**TAG_BITS for token in recent))

    def forget(self, now: float) -> None:
        """What was sent in the last second is not known (any more): take it that all of it was, and is on its way."""
        self.ready = [max(now, min(ready, now + HORIZON)) + self.hold + ON_ITS_WAY for ready in self.ready]

    def dump(self) -> list[float]:
        """All that is to be kept, as numbers: seven, and three for each slot."""
        head = [self.rate, self.due, self.paused_until, self.refused_at, self.refused_pace]
        return [*head, self.refused_row, self.last_token, *self.ready, *self.sent, *self.tokens]

    @classmethod
    def load(cls, numbers: Sequence[float]) -> Ledger:
        """The ledger that was dumped. Raises ValueError if it was none."""
        ledger = cls(numbers[0])
        if len(numbers) != ledger.numbers or not all(map(math.isfinite, numbers)):
            raise ValueError("not a dump of a ledger")
        _, ledger.due, ledger.paused_until, ledger.refused_at, ledger.refused_pace = numbers[:5]
        ledger.refused_row, ledger.last_token = int(numbers[5]), int(numbers[6])
        size = ledger.size
        ledger.ready, ledger.sent = list(numbers[7 : 7 + size]), list(numbers[7 + size : 7 + 2 * size])
        ledger.tokens = [int(token) for token in numbers[7 + 2 * size :]]
        return ledger

    @property
    def numbers(self) -> int:
        """How many numbers `dump` gives."""
        return 7 + 3 * self.size

    def sane(self, now: float) -> bool:
        """Whether its times can be of this clock: a reboot or another machine's file shows here."""
        soon = now + HORIZON + 2 * self.hold + 10 * 20 / self.rate
        return (
            max(*self.ready, *self.sent, self.due) < soon
            and self.refused_at < now + 1
            and self.paused_until <= now + MAX_PAUSE + 1
        )

    def _slow_down(self, now: float, quiet: float) -> None:
        # What this budget held in the last second is what there was room for: the rest went to a stranger. That
        # says nothing while the second has a pause in it. A lone 429 with the second nearly full is no stranger's.
        pace = 0.98 * self.pace(now)
        room = sum(now - 1 < sent <= now for sent in self.sent)
        if quiet < 1:
            pace *= 0.88
        elif self.refused_row or room < 0.85 * self.rate:
            pace = min(pace, room)
        self.refused_pace = max(self.rate / 20, pace)
        self.refused_at = now

    def _use(self, slot: int, token: int, sent: float, ready: float) -> None:
        self.tokens[slot], self.sent[slot], self.ready[slot] = token, sent, ready
