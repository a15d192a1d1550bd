"""What is tried again, when, and how often."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from didww_async.errors import ConfigurationError
from didww_async.retry import Phase, Retries, RetryBudget, RetryPolicy, Verdict, decide, retry_after

RAISE, RETRY, UNKNOWN = Verdict.RAISE, Verdict.RETRY, Verdict.UNKNOWN
METHODS = ("GET", "HEAD", "PATCH", "PUT", "DELETE", "POST")

# What is to be done, for GET and HEAD, for PATCH, PUT and DELETE, and for POST.
TABLE: dict[tuple[Phase, int | None], tuple[Verdict, Verdict, Verdict]] = {
    (Phase.NOT_SENT, None): (RETRY, RETRY, RETRY),
    (Phase.SENT, None): (RETRY, RETRY, UNKNOWN),
    (Phase.ANSWERED, 200): (RAISE, RAISE, UNKNOWN),
    (Phase.ANSWERED, 201): (RAISE, RAISE, UNKNOWN),
    (Phase.ANSWERED, 302): (RAISE, RAISE, RAISE),
    (Phase.ANSWERED, 400): (RAISE, RAISE, RAISE),
    (Phase.ANSWERED, 401): (RAISE, RAISE, RAISE),
    (Phase.ANSWERED, 403): (RAISE, RAISE, RAISE),
    (Phase.ANSWERED, 404): (RAISE, RAISE, RAISE),
    (Phase.ANSWERED, 409): (RAISE, RAISE, RAISE),
    (Phase.ANSWERED, 422): (RAISE, RAISE, RAISE),
    (Phase.ANSWERED, 429): (RETRY, RETRY, RETRY),
    (Phase.ANSWERED, 500): (RAISE, RAISE, UNKNOWN),
    (Phase.ANSWERED, 502): (RETRY, RETRY, UNKNOWN),
    (Phase.ANSWERED, 503): (RETRY, RETRY, UNKNOWN),
    (Phase.ANSWERED, 504): (RETRY, RETRY, UNKNOWN),
}


@pytest.mark.parametrize(
    ("method", "phase", "status", "verdict"),
    [
        (method, phase, status, verdicts[0 if method in ("GET", "HEAD") else 2 if method == "POST" else 1])
        for (phase, status), verdicts in TABLE.items()
        for method in METHODS
    ],
)
def test_the_decision_follows_from_method_phase_and_status(
    method: str, phase: Phase, status: int | None, verdict: Verdict
) -> None:
    assert decide(method, phase, status) is verdict


@given(st.sampled_from(list(Phase)), st.integers(200, 599))
def test_a_post_is_only_sent_again_when_it_was_surely_not_carried_out(phase: Phase, status: int) -> None:
    if decide("POST", phase, status) is RETRY:
        assert phase is Phase.NOT_SENT or status == 429


@given(st.integers(200, 599))
def test_a_post_that_is_known_to_be_harmless_is_treated_like_a_read(status: int) -> None:
    assert decide("POST", Phase.ANSWERED, status, harmless=True) is decide("GET", Phase.ANSWERED, status)


NOW = datetime(2026, 11, 24, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0.0),
        ("7", 7.0),
        (" 120 ", 120.0),
        ("Tue, 24 Nov 2026 12:00:30 GMT", 30.0),
        ("Tue, 24 Nov 2026 13:00:30 +0100", 30.0),
        ("Tue, 24 Nov 2026 11:59:00 GMT", 0.0),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("٣", None),
        ("Tue, 99 Nov 2026 12:00:30 GMT", None),
    ],
)
def test_retry_after_is_a_number_or_a_date(value: str, seconds: float | None) -> None:
    assert retry_after({"retry-after": value}, NOW.timestamp()) == seconds


def test_a_retry_after_date_is_compared_with_the_clock_of_whoever_wrote_it() -> None:
    headers = {"retry-after": "Tue, 24 Nov 2026 12:00:30 GMT", "date": format_datetime(NOW, usegmt=True)}
    assert retry_after(headers, NOW.timestamp() + 86_400) == 30.0


@given(st.text(), st.text())
def test_no_retry_after_breaks_the_reading_of_it(value: str, date: str) -> None:
    seconds = retry_after({"retry-after": value, "date": date}, 0.0)
    assert seconds is None or seconds >= 0


@given(st.integers(1, 1000), st.floats(0, 1, exclude_max=True))
def test_delays_are_random_up_to_a_bound_that_doubles(attempt: int, drawn: float) -> None:
    policy = RetryPolicy(base_delay=0.5, max_delay=20)
    delay = policy.delay(attempt, None, lambda: drawn)
    assert delay == drawn * min(20, 0.5 * 2.0 ** min(attempt - 1, 64))


@given(st.floats(0, 60), st.floats(0, 1, exclude_max=True))
def test_an_asked_delay_is_kept_and_lengthened_by_a_fifth_at_most(asked: float, drawn: float) -> None:
    delay = RetryPolicy().delay(1, asked, lambda: drawn)
    assert asked <= delay <= asked * 1.2


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def retries(policy: RetryPolicy, clock: Clock | None = None, budget: RetryBudget | None = None) -> Retries:
    return Retries(policy, budget or RetryBudget(policy), clock=clock or Clock(), random=lambda: 0.5)


def test_there_are_as_many_attempts_as_the_policy_says() -> None:
    attempts = retries(RetryPolicy(attempts=3))
    waits: list[float | None] = []
    for _ in range(3):
        attempts.begin()
        waits.append(attempts.again(None))
    assert waits == [0.25, 0.5, None]


def test_no_retry_is_begun_after_the_total_time() -> None:
    clock = Clock()
    attempts = retries(RetryPolicy(total_time=10), clock)
    attempts.begin()
    clock.now += 9.0
    assert attempts.again(None) is not None
    attempts.begin()
    clock.now += 0.9
    assert attempts.again(None) is None


def test_the_time_before_the_first_sending_does_not_count() -> None:
    clock = Clock()
    attempts = retries(RetryPolicy(total_time=10), clock)
    clock.now += 500
    attempts.begin()
    assert attempts.again(None) is not None


def test_a_wait_beyond_the_cap_is_not_waited() -> None:
    attempts = retries(RetryPolicy(retry_after_cap=60))
    attempts.begin()
    assert attempts.again(61) is None
    assert attempts.again(60) == 66.0


def test_the_budget_of_the_session_ends_the_retries_of_all_and_good_answers_fill_it_again() -> None:
    policy = RetryPolicy(budget=2, refill=0.5)
    budget = RetryBudget(policy)
    granted: list[bool] = []
    for _ in range(3):
        attempts = retries(policy, budget=budget)
        attempts.begin()
        granted.append(attempts.again(None) is not None)
    assert granted == [True, True, False]
    budget.answered()
    budget.answered()
    attempts = retries(policy, budget=budget)
    attempts.begin()
    assert attempts.again(None) is not None


def test_a_429_costs_the_budget_nothing() -> None:
    policy = RetryPolicy(budget=0)
    attempts = retries(policy)
    attempts.begin()
    assert attempts.again(None, free=True) is not None
    assert attempts.again(None) is None


def test_good_answers_never_fill_the_budget_beyond_its_size() -> None:
    budget = RetryBudget(RetryPolicy(budget=3))
    for _ in range(100):
        budget.answered()
    assert budget.left == 3


@pytest.mark.parametrize(
    "wrong",
    [
        {"attempts": 0},
        {"total_time": -1.0},
        {"base_delay": -0.1},
        {"budget": -1.0},
        {"settle": 0.0},
        {"max_delay": float("nan")},
    ],
)
def test_a_policy_that_makes_no_sense_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ConfigurationError, match=next(iter(wrong))):
        RetryPolicy(**wrong)  # type: ignore[arg-type]  # one attribute is an int, and mypy sees floats
