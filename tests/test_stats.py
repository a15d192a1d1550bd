"""What a session counts, and what its observer hears."""

from __future__ import annotations

import logging
import time
from email.utils import formatdate

import pytest

from didww_async.limiter import Priority
from didww_async.stats import RequestEvent, Stats


def event(
    *, status: int | None = 200, attempt: int = 1, waited: float = 0.0, priority: Priority = Priority.NORMAL
) -> RequestEvent:
    return RequestEvent(
        method="GET",
        path="/dids",
        service="api",
        status=status,
        attempt=attempt,
        waited=waited,
        elapsed=0.2,
        priority=priority,
    )


def test_requests_answers_retries_and_refusals_are_counted() -> None:
    stats = Stats()
    for each in (event(), event(status=None), event(status=429, attempt=2), event(status=503, attempt=3)):
        stats.count(each)
    assert (stats.requests, stats.answered, stats.retries, stats.refused) == (4, 3, 2, 1)


def test_waits_are_counted_by_priority() -> None:
    stats = Stats()
    for tenth in range(1, 101):
        stats.count(event(waited=tenth / 10, priority=Priority.BULK))
    stats.count(event(waited=0.5, priority=Priority.INTERACTIVE))
    bulk = stats.waits[Priority.BULK]
    assert (bulk.count, bulk.p95) == (100, 9.5)
    assert bulk.mean == pytest.approx(5.05)
    assert stats.waits[Priority.INTERACTIVE].p95 == 0.5
    assert stats.waits[Priority.NORMAL].mean == stats.waits[Priority.NORMAL].p95 == 0
    assert stats.waited == pytest.approx(505.5)


def test_the_95th_percentile_is_of_the_last_thousand() -> None:
    stats = Stats()
    for _ in range(1000):
        stats.count(event(waited=100.0))
    for _ in range(1000):
        stats.count(event(waited=1.0))
    assert stats.waits[Priority.NORMAL].p95 == 1.0


def test_the_observer_hears_of_each_request() -> None:
    heard: list[RequestEvent] = []
    stats = Stats(heard.append)
    stats.count(event(status=429))
    assert [one.status for one in heard] == [429]


def test_an_observer_that_raises_is_logged_and_breaks_nothing(caplog: pytest.LogCaptureFixture) -> None:
    def fails(_: RequestEvent) -> None:
        raise RuntimeError("the metrics are full")

    stats = Stats(fails)
    with caplog.at_level(logging.ERROR, "didww_async"):
        stats.count(event())
    assert stats.requests == 1
    assert "the metrics are full" in caplog.text


def test_the_clock_of_the_service_is_compared_with_ours() -> None:
    stats = Stats()
    assert stats.clock_offset is None
    stats.dated("yesterday, more or less")
    assert stats.clock_offset is None
    stats.dated(formatdate(time.time() + 3600, usegmt=True))
    assert stats.clock_offset == pytest.approx(3600, abs=2)
