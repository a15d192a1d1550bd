"""The receiver for aiohttp, in a server on the loopback, with deliveries that the simulator signs."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from didww_async.callbacks import CallbackVerifier, OrderEvent, UnknownEvent
from didww_async.receivers.aiohttp import callback_routes
from didww_async.simulator.deliveries import CallbackSender

from .heard import ORDER, Heard

COMPLETED = OrderEvent(id=ORDER["id"], status="completed")


async def no_wait(seconds: float) -> None:
    """The vendor's hours, passed at once."""


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
async def address(heard: Heard) -> AsyncIterator[str]:
    verifier = CallbackVerifier("secret", max_body=1000)
    app = web.Application()
    app.add_routes(callback_routes("/didww/{tenant}", verifier, heard.handle, notices=heard))
    async with TestServer(app) as server:
        yield str(server.make_url("/")).rstrip("/")


@pytest.fixture
async def vendor() -> AsyncIterator[CallbackSender]:
    sender = CallbackSender(secret="secret", sleep=no_wait)
    yield sender
    await sender.aclose()


@pytest.mark.parametrize("method", ["get", "post"])
async def test_a_genuine_callback_is_handled_and_told_to_whoever_waits(
    address: str, heard: Heard, vendor: CallbackSender, method: str
) -> None:
    assert await vendor.send(f"{address}/didww/a%2Fb%20c?x=%41", method, ORDER)

    assert heard.events == [COMPLETED]
    assert heard.told == [("orders", ORDER["id"])]


async def test_every_event_of_an_array_is_handled_in_order(address: str, heard: Heard, vendor: CallbackSender) -> None:
    entries = [{"type": "faxes", "page": page} for page in (1, 2, 3)]

    assert await vendor.send(f"{address}/didww/a", "post", entries)

    assert heard.events == [UnknownEvent(type="faxes", members={"type": "faxes", "page": p}) for p in "123"]


async def test_what_is_not_the_vendor_s_is_answered_403_and_handled_by_nobody(
    address: str, heard: Heard, vendor: CallbackSender
) -> None:
    vendor.secret = "guessed"

    assert not await vendor.send(f"{address}/didww/a", "post", ORDER)

    assert {attempt.status for attempt in vendor.attempts} == {403}
    assert heard.events == []
    assert heard.told == []


async def test_a_body_that_is_too_large_is_answered_413(address: str, heard: Heard) -> None:
    async with aiohttp.ClientSession() as client:
        answer = await client.post(f"{address}/didww/a", data=b"x" * 1001)

    assert answer.status == 413
    assert heard.events == []


async def test_what_could_not_be_handled_is_sent_again(
    address: str, heard: Heard, vendor: CallbackSender, caplog: pytest.LogCaptureFixture
) -> None:
    heard.failures = 2

    assert await vendor.send(f"{address}/didww/a", "post", ORDER)

    assert [attempt.status for attempt in vendor.attempts] == [500, 500, 200]
    assert heard.events == [COMPLETED]
    assert "the database is away" in caplog.text


@pytest.mark.parametrize("method", ["PUT", "DELETE", "HEAD"])
async def test_other_methods_are_not_served(address: str, method: str) -> None:
    async with aiohttp.ClientSession() as client:
        assert (await client.request(method, f"{address}/didww/a")).status == 405
