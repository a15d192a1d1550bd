"""Ranges are half-open, checked before anything is sent, and cut without gap or overlap."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from didww_async.cdr.windows import SETTLE, Window, cut, joined, range_of, without
from didww_async.errors import ConfigurationError

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
moments = st.integers(0, 84 * 86400).map(lambda second: datetime(2026, 9, 1, tzinfo=UTC) + timedelta(seconds=second))
windows = st.tuples(moments, moments).filter(lambda pair: pair[0] < pair[1]).map(lambda pair: Window(*pair))


def on(month: int, day: int, hour: int = 0) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=UTC)


@settings(deadline=None, max_examples=60)
@given(whole=windows, size=st.integers(7200, 10 * 86400).map(lambda seconds: timedelta(seconds=seconds)))
def test_windows_make_up_the_range_without_gap_or_overlap(whole: Window, size: timedelta) -> None:
    found = cut(whole, size)
    assert (found[0].start, found[-1].end) == (whole.start, whole.end)
    assert all(one.end == other.start for one, other in pairwise(found))
    assert all(timedelta(0) < one.end - one.start <= size for one in found)


@settings(deadline=None, max_examples=60)
@given(whole=windows, done=st.lists(windows, max_size=6))
def test_what_is_left_and_what_is_done_make_up_the_range(whole: Window, done: list[Window]) -> None:
    left = without(whole, done)
    assert not any(one.overlaps(other) for one in left for other in done)
    inside = [Window(max(one.start, whole.start), min(one.end, whole.end)) for one in done if one.overlaps(whole)]
    edges = sorted({edge for one in [whole, *inside] for edge in (one.start, one.end)})
    for start, end in pairwise(edges):
        covered = [one for one in [*left, *inside] if one.start <= start and end <= one.end]
        assert covered


def test_a_day_is_cut_where_utc_has_midnight() -> None:
    vilnius = ZoneInfo("Europe/Vilnius")
    whole = range_of(datetime(2026, 10, 1, tzinfo=vilnius), datetime(2026, 10, 3, tzinfo=vilnius), now=NOW)
    assert cut(whole) == [
        Window(on(9, 30, 21), on(10, 1)),
        Window(on(10, 1), on(10, 2)),
        Window(on(10, 2), on(10, 2, 21)),
    ]


def test_the_end_of_a_range_is_not_in_the_future() -> None:
    whole = range_of(on(11, 24), on(11, 26), now=NOW)
    assert NOW - timedelta(minutes=2) <= whole.end < NOW


def test_fractions_of_a_second_move_to_the_next_second_at_both_ends() -> None:
    start = datetime(2026, 10, 1, 0, 0, 0, 1, tzinfo=UTC)
    whole = range_of(start, start + timedelta(seconds=10), now=NOW)
    assert whole == Window(on(10, 1) + timedelta(seconds=1), on(10, 1) + timedelta(seconds=11))


@pytest.mark.parametrize(
    ("start", "end", "said"),
    [
        (on(10, 1).replace(tzinfo=None), on(10, 2), "aware"),
        (on(10, 1), on(10, 2).replace(tzinfo=None), "aware"),
        (on(10, 2), on(10, 1), "after the start"),
        (on(10, 2), on(10, 2), "after the start"),
        (on(8, 31, 23), on(10, 1), "2026-09-01"),
        (on(11, 25), on(11, 26), "future"),
    ],
)
def test_what_the_api_would_refuse_is_refused_before(start: datetime, end: datetime, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        range_of(start, end, now=NOW)


def test_three_months_are_counted_in_utc() -> None:
    now = datetime(2026, 12, 1, 1, 0, tzinfo=timezone(timedelta(hours=3)))  # in UTC still November
    assert range_of(on(9, 1), on(10, 1), now=now).start == on(9, 1)
    with pytest.raises(ConfigurationError, match="2026-09-01"):
        range_of(on(9, 1) - timedelta(seconds=1), on(10, 1), now=now)


def test_the_year_may_turn_within_the_three_months() -> None:
    january = datetime(2027, 1, 15, tzinfo=UTC)
    assert range_of(on(11, 1), on(11, 2), now=january).start == on(11, 1)


@pytest.mark.parametrize("size", [timedelta(0), timedelta(seconds=59), timedelta(hours=1, microseconds=1)])
def test_windows_that_cannot_be_asked_for_are_refused(size: timedelta) -> None:
    with pytest.raises(ConfigurationError, match="window"):
        cut(Window(on(10, 1), on(10, 2)), size)


def test_a_window_is_settled_when_the_calls_in_it_have_ended() -> None:
    window = Window(on(10, 1), on(10, 2))
    assert not window.settled(window.end + SETTLE - timedelta(seconds=1))
    assert window.settled(window.end + SETTLE)


def test_an_open_window_is_taken_whole_again() -> None:
    open_one = Window(on(11, 24), on(11, 24, 10))
    assert joined(Window(on(11, 24, 5), on(11, 25)), [open_one]) == Window(on(11, 24), on(11, 25))
