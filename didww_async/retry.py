"""What is tried again, when and how often. Decisions only: nothing here waits or sends."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import Enum
from typing import Final

import attrs

from .errors import ConfigurationError

__all__ = ["Decision", "Phase", "RetryBudget", "RetryPolicy", "decide", "retry_after_of"]


class Phase(Enum):
    """How far a request got."""

    NOT_SENT = "not sent"
    """The API surely never saw it: the connection could not be made."""
    UNCLEAR = "unclear"
    """It may have been received: the answer timed out, broke off or was cut short."""
    ANSWERED = "answered"
    """A whole answer came, with a status."""


class Decision(Enum):
    """What becomes of a request that did not succeed."""

    RETRY = "retry"
    RAISE = "raise"
    UNKNOWN = "unknown"
    """A write that may have been carried out: it is not sent again, and the caller is told."""


READS: Final = frozenset({"GET", "HEAD"})
# The API's PATCH sets members to values and its DELETE removes one record: doing either twice changes nothing.
HARMLESS_WRITES: Final = frozenset({"PATCH", "PUT", "DELETE"})
UNAVAILABLE: Final = frozenset({500, 502, 503, 504})


def decide(method: str, phase: Phase, status: int | None = None) -> Decision:
    """Whether a request may be sent again, from its method, how far it got and the status that came."""
    if phase is Phase.NOT_SENT:
        return Decision.RETRY
    if phase is Phase.ANSWERED and status == 429:
        return Decision.RETRY  # refused before it was looked at
    unclear = phase is Phase.UNCLEAR or status in UNAVAILABLE
    if not unclear:
        return Decision.RAISE
    if method not in READS and method not in HARMLESS_WRITES:
        return Decision.UNKNOWN
    # 500 is the API's own fault and stays: a read is not made right by repeating it.
    return Decision.RAISE if status == 500 else Decision.RETRY


def _positive(instance: object, field: attrs.Attribute[float], value: float) -> None:
    if value <= 0:
        raise ConfigurationError(f"RetryPolicy: {field.name} must be more than 0; got {value!r}")


@attrs.frozen(kw_only=True)
class RetryPolicy:
    """How often and how long a request is tried.

    `attempts` counts the first one; `total_time` is seconds after which none is begun. The wait before the nth
    repetition is drawn evenly from 0 to `base` * 2**n seconds, `cap` at the most. A `Retry-After` is kept to, with
    up to a fifth more so that waiters do not wake as one; one of more than `longest_retry_after` seconds is raised
    as RateLimited or ServerError instead of slept through. `budget` is how many repetitions a session may have
    in reserve: each costs one, each success gives back a fifth, and an outage is not made worse once it is spent.

    `settle` is how many seconds after it was sent a write without an answer may still be carried out: one that is
    not found after that is taken as never made, and may be sent again (see `didww.orders.place`).
    """

    attempts: int = attrs.field(default=6, validator=_positive)
    total_time: float = attrs.field(default=180.0, validator=_positive)
    base: float = attrs.field(default=0.5, validator=_positive)
    cap: float = attrs.field(default=20.0, validator=_positive)
    longest_retry_after: float = attrs.field(default=60.0, validator=_positive)
    budget: int = attrs.field(default=100, validator=_positive)
    settle: float = attrs.field(default=60.0, validator=_positive)

    def wait(self, repetition: int, retry_after: float | None, draw: Callable[[], float]) -> float | None:
        """Seconds before the `repetition`th repetition (from 1), None where that is too long to wait.

        `draw` gives a number in [0, 1).
        """
        if retry_after is not None:
            return None if retry_after > self.longest_retry_after else retry_after * (1 + 0.2 * draw())
        return min(self.cap, self.base * 2 ** (repetition - 1)) * draw()


class RetryBudget:
    """Repetitions that a session has left; 429s do not count, since the limiter makes everybody wait for those."""

    def __init__(self, policy: RetryPolicy) -> None:
        self._size = float(policy.budget)
        self._left = self._size

    def take(self) -> bool:
        """Take one repetition; False where none is left."""
        if self._left < 1:
            return False
        self._left -= 1
        return True

    def success(self) -> None:
        """A request succeeded: a fifth of a repetition comes back."""
        self._left = min(self._size, self._left + 0.2)


def retry_after_of(value: str | None, now: datetime) -> float | None:
    """Seconds from a `Retry-After`, which is a number or an HTTP date; None for none, or for one that is neither."""
    if not value:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            moment = parsedate_to_datetime(value)
        except (ValueError, IndexError, TypeError):
            return None
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
        return max(0.0, (moment - now).total_seconds())
    return seconds if 0 <= seconds < float("inf") else None
