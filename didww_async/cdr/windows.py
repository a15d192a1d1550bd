"""Ranges of time that call records are asked for: checked before anything is sent, and cut into windows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import attrs

from ..errors import ConfigurationError

__all__ = ["DAY", "SETTLE", "Window", "cut", "joined", "range_of", "without"]

DAY: Final = timedelta(days=1)
SETTLE: Final = timedelta(hours=6)
"""How long after its end a window may still gain rows: a call is written down when it has ended."""
_LAG: Final = timedelta(minutes=1)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND: Final = timedelta(seconds=1)


@attrs.frozen(order=True)
class Window:
    """The time from `start`, inclusive, to `end`, exclusive; both UTC and whole seconds."""

    start: datetime
    end: datetime

    def __str__(self) -> str:
        return f"{self.start:%Y-%m-%d %H:%M:%S} to {self.end:%Y-%m-%d %H:%M:%S} UTC"

    def overlaps(self, other: Window) -> bool:
        """Whether the two have a second in common."""
        return self.start < other.end and other.start < self.end

    def settled(self, at: datetime) -> bool:
        """Whether an export made `at` this time holds every row that the window will ever have."""
        return at >= self.end + SETTLE


def range_of(start: datetime, end: datetime, *, now: datetime) -> Window:
    """The range as a window, its end not after `now`.

    Raises ConfigurationError for what the API refuses: naive times, an end that is not after the start, and
    times outside the current and the two previous calendar months (in UTC).
    """
    for name, value in (("start", start), ("end", end)):
        if value.tzinfo is None or value.utcoffset() is None:
            raise ConfigurationError(
                f"{name} must be an aware datetime, such as datetime(2026, 10, 1, tzinfo=UTC); got {value!r}"
            )
    whole = Window(_whole(start), _whole(end))
    if whole.end <= whole.start:
        raise ConfigurationError(f"the end must be after the start; got {start.isoformat()} to {end.isoformat()}")
    earliest = _month_before(now, 2)
    if whole.start < earliest:
        raise ConfigurationError(
            f"calls can be exported of the current and the two previous calendar months: from "
            f"{earliest:%Y-%m-%d} UTC on; got {start.isoformat()}"
        )
    # A minute ago, so that a clock that is a little fast asks for nothing in the future.
    latest = (now.astimezone(UTC) - _LAG).replace(microsecond=0)
    if whole.start >= latest:
        raise ConfigurationError(f"the start lies in the future; got {start.isoformat()}")
    return Window(whole.start, min(whole.end, latest))


def cut(whole: Window, size: timedelta = DAY) -> list[Window]:
    """The windows of at most `size` that make up `whole`, cut where UTC is a multiple of `size`."""
    if size < timedelta(minutes=1) or size % _SECOND:
        raise ConfigurationError(f"a window must be whole seconds and a minute at least; got {size!r}")
    windows: list[Window] = []
    start = whole.start
    while start < whole.end:
        end = min(_EPOCH + ((start - _EPOCH) // size + 1) * size, whole.end)
        windows.append(Window(start, end))
        start = end
    return windows


def without(whole: Window, done: Iterable[Window]) -> list[Window]:
    """What of `whole` is in none of the windows `done`."""
    left: list[Window] = []
    start = whole.start
    for window in sorted(done):
        if window.start > start:
            left.append(Window(start, min(window.start, whole.end)))
        start = max(start, window.end)
        if start >= whole.end:
            break
    if start < whole.end:
        left.append(Window(start, whole.end))
    return [window for window in left if window.start < window.end]


def joined(whole: Window, others: Sequence[Window]) -> Window:
    """`whole` and every window that overlaps it, as one."""
    touching = [whole, *(window for window in others if window.overlaps(whole))]
    return Window(min(one.start for one in touching), max(one.end for one in touching))


def _whole(moment: datetime) -> datetime:
    """The first whole second not before a moment: calls are timed in whole seconds, so both bounds move alike."""
    moment = moment.astimezone(UTC)
    return moment if not moment.microsecond else moment.replace(microsecond=0) + _SECOND


def _month_before(now: datetime, months: int) -> datetime:
    moment = now.astimezone(UTC)
    index = moment.year * 12 + moment.month - 1 - months
    return datetime(index // 12, index % 12 + 1, 1, tzinfo=UTC)
