"""What is tried again, when, and how often: a policy, a pure decision, and a budget for the session.

A request fails in one of three phases. It was surely not sent; or it was sent and its answer never came, or came
broken; or it was answered. What may follow depends on the phase, the method and the status:

* 429, any method: refused before it was looked at, so it is sent again once the limiter lets it.
* Surely not sent, any method: sent again.
* Perhaps received, or 502, 503, 504: sent again if a repetition changes nothing. That holds for reads; for DELETE,
  where 404 to the repetition means that the first one was carried out; and for PATCH, which in this API sets
  attributes and relationships to the values in the body. Somebody else's change that falls between the two
  is overwritten, as it would have been by a PATCH that came a second later.
* POST, perhaps received or answered with a 5xx: may have been carried out, and is not sent again.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from enum import Enum
from typing import Any, Final

import attrs

from .errors import ConfigurationError

__all__ = ["Phase", "Retries", "RetryBudget", "RetryPolicy", "Verdict", "decide", "http_date", "retry_after"]

READS: Final = frozenset({"GET", "HEAD"})
_TRANSIENT: Final = frozenset({502, 503, 504})
_JITTER: Final = 0.2


class Phase(Enum):
    """How far a request got."""

    NOT_SENT = "surely not sent"
    SENT = "perhaps received"
    ANSWERED = "answered"


class Verdict(Enum):
    """What to do about a request that failed."""

    RAISE = "raise the error"
    RETRY = "send it again, after a while"
    UNKNOWN = "raise UnknownOutcome"


def decide(method: str, phase: Phase, status: int | None = None, *, harmless: bool | None = None) -> Verdict:
    """What to do about a request that failed.

    `status` is the answer's, None unless the phase is ANSWERED. An answer of 2xx is one that failed too: not the
    JSON:API that was promised. `harmless` says whether a repetition changes nothing, where the method does not tell.
    """
    if phase is Phase.NOT_SENT or status == 429:
        return Verdict.RETRY
    if harmless is None:
        harmless = method != "POST"
    if phase is Phase.SENT:
        return Verdict.RETRY if harmless else Verdict.UNKNOWN
    if status is None:
        raise ValueError("an answer has a status")
    if harmless:
        return Verdict.RETRY if status in _TRANSIENT else Verdict.RAISE
    return Verdict.UNKNOWN if status >= 500 or 200 <= status < 300 else Verdict.RAISE


def retry_after(headers: Mapping[str, str], now: float | None = None) -> float | None:
    """The seconds that a `Retry-After` header asks to wait, from its number or date; None where it says neither.

    `headers` have lower-case names. A date is compared with the answer's own `Date`, so that a clock that is
    wrong here does not matter, else with `now`, in seconds since 1970.
    """
    text = headers.get("retry-after", "").strip()
    if not text:
        return None
    if text.isascii() and text.isdigit():
        return float(text[:9])
    until = http_date(text)
    if until is None:
        return None
    said = http_date(headers.get("date", ""))
    return max(0.0, until - (said if said is not None else time.time() if now is None else now))


def http_date(text: str) -> float | None:
    """The moment that an HTTP header names, in seconds since 1970; None where it names none."""
    try:
        moment = parsedate_to_datetime(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


def _positive(_: object, attribute: attrs.Attribute[Any], value: float) -> None:
    if not value > 0:
        raise ConfigurationError(f"RetryPolicy: {attribute.name} must be more than 0; got {value!r}")


def _not_negative(_: object, attribute: attrs.Attribute[Any], value: float) -> None:
    if not value >= 0:
        raise ConfigurationError(f"RetryPolicy: {attribute.name} must be 0 or more; got {value!r}")


@attrs.frozen(kw_only=True)
class RetryPolicy:
    """How often and how long a request is tried. The defaults are what we advise.

    - `attempts`: how often a request is sent at most, the first time included; 1 for no retries.
    - `total_time`: seconds from the first sending after which no retry is begun.
    - `base_delay`, `max_delay`: seconds. The wait before retry n is random, evenly between 0 and
      `base_delay * 2 ** (n - 1)`, at most `max_delay`.
    - `retry_after_cap`: seconds. An answer that asks for a longer wait is raised at once.
    - `budget`, `refill`: retries that the session has in all, and the part of one that each good answer gives back,
      up to `budget`: one retry in five requests lasts for ever, an outage is soon left alone. 429s cost nothing,
      because the limiter slows everybody down.
    - `settle`: seconds after its sending in which a write without an answer may still be carried out. One that is not
      found later is taken as never made, and may be sent again (see `didww.orders.place`).

    Raises ConfigurationError for values out of range.
    """

    attempts: int = attrs.field(default=5, validator=_positive)
    total_time: float = attrs.field(default=120.0, validator=_not_negative)
    base_delay: float = attrs.field(default=0.5, validator=_not_negative)
    max_delay: float = attrs.field(default=20.0, validator=_not_negative)
    retry_after_cap: float = attrs.field(default=60.0, validator=_not_negative)
    budget: float = attrs.field(default=100.0, validator=_not_negative)
    refill: float = attrs.field(default=0.2, validator=_not_negative)
    settle: float = attrs.field(default=60.0, validator=_positive)

    def delay(self, attempt: int, asked: float | None, random: Callable[[], float]) -> float:
        """Seconds to wait after the given attempt (1 for the first): those `asked` for and up to a fifth more, so
        that those who wait do not return as one, else a random time that grows."""
        if asked is not None:
            return asked * (1 + _JITTER * random())
        return random() * min(self.max_delay, self.base_delay * 2.0 ** min(attempt - 1, 32))


class RetryBudget:
    """The retries that a session has left: every retry takes one, every good answer gives a part of one back."""

    __slots__ = ("_most", "_refill", "left")

    def __init__(self, policy: RetryPolicy) -> None:
        self._most = policy.budget
        self.left: float = self._most
        self._refill = policy.refill

    def take(self) -> bool:
        """Take one retry, if there is one."""
        if self.left < 1:
            return False
        self.left -= 1
        return True

    def answered(self) -> None:
        """A request was answered well."""
        if self.left < self._most:
            self.left = min(self._most, self.left + self._refill)


class Retries:
    """The attempts of one request."""

    __slots__ = ("_began", "_budget", "_clock", "_policy", "_random", "attempt")

    def __init__(
        self,
        policy: RetryPolicy,
        budget: RetryBudget,
        *,
        clock: Callable[[], float] = time.monotonic,
        random: Callable[[], float] = random.random,
    ) -> None:
        self._policy = policy
        self._budget = budget
        self._clock = clock
        self._random = random
        self._began: float | None = None
        self.attempt: int = 0

    def begin(self) -> None:
        """An attempt is sent now."""
        self.attempt += 1
        if self._began is None:
            self._began = self._clock()

    def again(self, asked: float | None, *, free: bool = False) -> float | None:
        """Seconds to wait before the next attempt, None where there is to be none.

        `asked` is what the answer's Retry-After says. `free` retries do not cost the session's budget.
        """
        policy = self._policy
        if self.attempt >= policy.attempts or (asked is not None and asked > policy.retry_after_cap):
            return None
        delay = policy.delay(self.attempt, asked, self._random)
        began = self._clock() if self._began is None else self._began
        if self._clock() + delay - began > policy.total_time:
            return None
        return delay if free or self._budget.take() else None
