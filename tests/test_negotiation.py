"""Without a version a session speaks the newest that its key can, found out once, and tokens are never in the way."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from didww_async import Session
from didww_async.errors import NotInVersion
from didww_async.simulator import Seed, Simulator

from .unlimited import Unlimited

KEY = "simulator-key"


@pytest.fixture(autouse=True)
def forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """What an earlier test found out is not known to the next one."""
    monkeypatch.setattr("didww_async.negotiation._found", {})


async def test_a_key_that_mints_tokens_speaks_the_newer_version() -> None:
    simulator = Simulator(api_version="2026-11-19")
    async with Session(KEY, transport=simulator.transport()) as didww:
        assert didww.api_version == "2026-11-19"
        await didww.balance.get()
        assert didww.stats.mints == 1


async def test_a_key_that_mints_none_speaks_the_older_version() -> None:
    simulator = Simulator(api_version="2026-04-16")
    network = simulator.transport()

    class WithoutTokens(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            if request.url.path == "/token":
                return httpx.Response(401, json={"error": "invalid_client"})
            return await network.handle_async_request(request)

    async with Session(KEY, transport=WithoutTokens()) as didww:
        assert didww.api_version == "2026-04-16"
        await didww.balance.get()
        with pytest.raises(NotInVersion, match="2026-11-19"):
            didww.sms_trunks.list()


async def test_what_was_found_is_not_asked_again() -> None:
    simulator = Simulator(api_version="2026-11-19")
    async with Session(KEY, transport=simulator.transport()):
        pass
    async with Session(KEY, transport=simulator.transport()) as didww:
        assert didww.stats.mints == 0
        assert didww.api_version == "2026-11-19"


async def test_a_version_that_is_given_is_not_looked_for() -> None:
    simulator = Simulator(api_version="2026-04-16")
    async with Session(KEY, api_version="2026-04-16", transport=simulator.transport()) as didww:
        await didww.balance.get()
        assert didww.stats.mints == 0


async def test_a_thousand_first_requests_mint_one_token() -> None:
    simulator = Simulator(api_version="2026-11-19", rate=100_000)
    async with Session(KEY, api_version="2026-11-19", limiter=Unlimited(), transport=simulator.transport()) as didww:
        await asyncio.gather(*(didww.balance.get() for _ in range(1000)))
        assert didww.stats.mints == 1
        assert didww.stats.requests == 1000 + 1


async def test_a_token_that_expires_in_a_listing_of_ten_thousand_costs_one_request_more() -> None:
    simulator = Simulator(api_version="2026-11-19", size=Seed(dids=10_000), rate=100_000)
    async with Session(KEY, api_version="2026-11-19", limiter=Unlimited(), transport=simulator.transport()) as didww:
        count = 0
        async for page in didww.dids.list(prefetch=0).pages():
            count += len(page.records)
            if page.number == 50:
                simulator.tokens.expire_all()
        assert count == 10_000
        assert didww.stats.mints == 2
        assert didww.stats.requests == 100 + 1 + didww.stats.mints
