"""The arithmetic of slots alone, through an hour of traffic in a second."""

from __future__ import annotations

import bisect
import heapq
import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from didww_async.limiter.guard import Guard
from didww_async.limiter.ledger import MAX_PAUSE, Ledger, Note, Reservation


def drive(ledger: Ledger, seconds: float, way_in: float, dice: random.Random) -> list[float]:
    """Send all that the ledger allows; requests take up to `way_in` seconds to arrive. Returns the arrivals."""
    guard = Guard()
    now, end = 1000.0, 1000.0 + seconds
    answers: list[tuple[float, int, Reservation]] = []
    unsettled: list[tuple[Reservation, float]] = []
    arrivals: list[float] = []
    while now < end:
        reserved = ledger.reserve(now, guard.unanswered(now))
        until = reserved.at if isinstance(reserved, Reservation) else reserved
        while answers and answers[0][0] <= until:
            now, _, sent = heapq.heappop(answers)
            guard.learn(now - sent.at, now)
            unsettled.append((sent, now - sent.at))
            if guard.learnt:
                for each, took in unsettled:
                    excess = guard.excess(took, now)
                    ledger.apply(Note(each.slot, each.token, each.at, each.at + ledger.hold + excess), now)
                unsettled.clear()
        now = max(now, until)
        if isinstance(reserved, Reservation):
            delay = way_in * dice.choice((0.0, dice.random()))
            arrivals.append(now + delay)
            heapq.heappush(answers, (now + delay + 0.02, reserved.token, reserved))
    return sorted(arrivals)


@pytest.mark.parametrize(("minutes", "way_in", "least"), [(10, 0.0, 19.9), (60, 0.01, 19.7), (10, 0.08, 19.0)])
def test_through_an_hour_no_second_holds_more_than_twenty_arrivals(minutes: int, way_in: float, least: float) -> None:
    arrivals = drive(Ledger(20), minutes * 60, way_in, random.Random(1))
    assert all(later - earlier >= 1 for earlier, later in zip(arrivals, arrivals[20:], strict=False))
    fixed = [math.floor(arrival) for arrival in arrivals]
    assert max(bisect.bisect_right(fixed, second) - bisect.bisect_left(fixed, second) for second in set(fixed)) <= 20
    assert len(arrivals) >= minutes * 60 * least


@settings(max_examples=30)
@given(st.floats(0.05, 60), st.floats(0, 3))
def test_any_rate_is_kept_to_and_no_more_than_a_few_go_at_once(rate: float, rest: float) -> None:
    ledger = Ledger(rate)
    now, moments = 1000.0 + rest, list[float]()
    while len(moments) < 100:
        reserved = ledger.reserve(now, 0.1)
        now = max(now, reserved.at if isinstance(reserved, Reservation) else reserved)
        if isinstance(reserved, Reservation):
            moments.append(now)
    size = math.ceil(rate)
    assert all(later - earlier >= 1 for earlier, later in zip(moments, moments[size:], strict=False))
    assert all(later > earlier for earlier, later in zip(moments, moments[4:], strict=False))


def test_a_slot_given_back_is_the_next_to_go() -> None:
    ledger = Ledger(20)
    taken = [ledger.reserve(1000.0, 0.1) for _ in range(3)]
    last = taken[-1]
    assert isinstance(last, Reservation)
    ledger.apply(Note(last.slot, last.token, None, last.before), 1000.0)
    again = ledger.reserve(1000.0, 0.1)
    assert isinstance(again, Reservation)
    assert again.slot == last.slot
    assert again.at == last.at


def test_a_request_held_up_until_its_slot_is_another_s_takes_a_slot_out() -> None:
    ledger = Ledger(1)
    first = ledger.reserve(1000.0, 0.1)
    second = ledger.reserve(1002.0, 0.1)
    assert isinstance(first, Reservation)
    assert isinstance(second, Reservation)
    ledger.apply(Note(first.slot, first.token, 1003.0, 1004.1, late=True), 1003.0)
    assert ledger.ready == [1004.1]


@settings(max_examples=30)
@given(st.integers(0, 200), st.floats(1, 1000))
def test_what_is_dumped_is_loaded(requests: int, rate: float) -> None:
    ledger = Ledger(rate)
    for number in range(requests):
        ledger.reserve(1000.0 + number / 50, 0.1, number)
    ledger.refuse(1010.0, None, 0.1)
    assert vars(Ledger.load(ledger.dump())) == vars(ledger)


@pytest.mark.parametrize("now", [0.0, 500.0, 998.0])
def test_times_of_another_clock_are_seen(now: float) -> None:
    ledger = Ledger(20)
    ledger.reserve(1003.0 + 20, 0.1)
    assert ledger.sane(1003.0 + 20)
    assert not ledger.sane(now)


def test_a_retry_after_of_a_year_pauses_for_an_hour() -> None:
    assert Ledger(20).refuse(1000.0, 365 * 86400.0, 0.1) == pytest.approx(MAX_PAUSE)
