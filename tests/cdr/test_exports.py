"""Many exports are waited for with one poll, for as long as was allowed, or until a callback tells."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import httpx
import pytest

from didww_async import Session
from didww_async.errors import AuthenticationError, ConfigurationError, NotFound, Timeout
from didww_async.records.exports import Export

from .fake import FakeExports, session


async def ask(didww: Session, count: int = 1) -> list[Export]:
    start, end = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 2, tzinfo=UTC)
    return [await didww.exports.create(export_type="cdr_in", filters={"from": start, "to": end}) for _ in range(count)]


@pytest.mark.parametrize("ids_filter", [True, False])
async def test_many_exports_are_watched_by_one_poll(ids_filter: bool) -> None:
    """The documents of 2026-04-16 disagree on the filter by ids: both servers are served alike."""
    api = FakeExports(polls=1, ids_filter=ids_filter)
    async with session(api) as didww:
        asked = await ask(didww, 30)
        sent = len(api.requests)
        ready = await didww.exports.wait(asked, deadline=10)
        assert [export.id for export in ready] == [export.id for export in asked]
        assert all(export.url for export in ready)
        assert len(api.requests) - sent <= 4


async def test_one_that_is_ready_is_not_asked_about() -> None:
    api = FakeExports()
    async with session(api) as didww:
        ready = await didww.exports.wait((await ask(didww))[0])
        sent = len(api.requests)
        assert await didww.exports.wait(ready) is ready
        assert len(api.requests) == sent


async def test_the_wait_ends_at_its_deadline_since_the_api_has_no_failed_state() -> None:
    api = FakeExports(polls=10**9)
    async with session(api) as didww:
        asked = await ask(didww, 2)
        with pytest.raises(Timeout, match=asked[1].id):
            await didww.exports.wait(asked, deadline=0.8)


async def test_a_callback_ends_the_wait_early() -> None:
    api = FakeExports(polls=3)
    async with session(api) as didww:
        (asked,) = await ask(didww)
        wait = asyncio.create_task(didww.exports.wait(asked, deadline=60))
        while not any(asked.id in request for request in api.requests):
            await asyncio.sleep(0.01)
        api.unready[asked.id] = 0
        loop = asyncio.get_running_loop()
        heard = loop.time()
        didww.notices.heard("exports", asked.id)
        assert (await wait).id == asked.id
        assert loop.time() - heard < 0.4, "before the next poll would have been due"


async def test_an_export_that_is_gone_is_not_found() -> None:
    api = FakeExports(polls=10**9)
    async with session(api) as didww:
        asked = await ask(didww, 2)
        del api.exports[asked[0].id]
        with pytest.raises(NotFound):
            await didww.exports.wait(asked, deadline=10)


async def test_what_the_api_refuses_ends_the_wait() -> None:
    api = FakeExports()
    async with session(api) as didww:
        asked = await ask(didww, 2)
        api.refuse = lambda request: httpx.Response(401)
        with pytest.raises(AuthenticationError):
            await didww.exports.wait(asked, deadline=10)


@pytest.mark.parametrize("deadline", [0, -1, float("nan")])
async def test_a_deadline_that_is_none_is_refused(deadline: float) -> None:
    api = FakeExports()
    async with session(api) as didww:
        with pytest.raises(ConfigurationError, match="deadline"):
            await didww.exports.wait((await ask(didww))[0], deadline=deadline)
