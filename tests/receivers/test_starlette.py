"""The receiver for Starlette and FastAPI, with deliveries that the simulator signs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import httpx
import pytest
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.routing import Mount, Route

from didww_async.callbacks import CallbackVerifier, OrderEvent, UnknownEvent
from didww_async.notices import Notices
from didww_async.receivers.starlette import callback_route
from didww_async.simulator.deliveries import CallbackSender

from .heard import ORDER, Heard

COMPLETED = OrderEvent(id=ORDER["id"], status="completed")


async def no_wait(seconds: float) -> None:
    """The vendor's hours, passed at once."""


def sender(app: Starlette, secret: str = "secret", *, crashes: bool = True) -> CallbackSender:
    transport = httpx.ASGITransport(app, raise_app_exceptions=crashes)
    return CallbackSender(secret=secret, sleep=no_wait, transport=transport)


def route(heard: Heard, verifier: CallbackVerifier | None = None) -> Route:
    return callback_route("/didww/{tenant}", verifier or CallbackVerifier("secret"), heard.handle, notices=heard)


@pytest.mark.parametrize("framework", [Starlette, FastAPI])
@pytest.mark.parametrize("method", ["get", "post"])
async def test_a_genuine_callback_is_handled_and_told_to_whoever_waits(
    framework: Callable[..., Starlette], method: str
) -> None:
    heard = Heard()
    app = framework(routes=[route(heard)])

    assert await sender(app).send("https://example.com/didww/a%20%41?x=%41", method, ORDER)

    assert heard.events == [COMPLETED]
    assert heard.told == [("orders", ORDER["id"])]


async def test_a_callback_ends_the_wait_of_a_session_in_the_same_process() -> None:
    notices, heard = Notices(), Heard()
    app = Starlette(routes=[callback_route("/didww", CallbackVerifier("secret"), heard.handle, notices=notices)])

    with notices.waiter("orders", {ORDER["id"]}) as this, notices.waiter("exports", {ORDER["id"]}) as other:
        assert await sender(app).send("https://example.com/didww", "post", ORDER)

        assert await this.wait(60)
        assert not await other.wait(0)


async def test_every_event_of_an_array_is_handled_in_order() -> None:
    heard = Heard()
    app = Starlette(routes=[route(heard)])
    entries = [{"type": "faxes", "page": page} for page in (1, 2, 3)]

    assert await sender(app).send("https://example.com/didww/a", "post", entries)

    assert heard.events == [UnknownEvent(type="faxes", members={"type": "faxes", "page": p}) for p in "123"]
    assert heard.told == []


async def test_an_app_that_is_mounted_sees_the_url_that_was_signed() -> None:
    heard = Heard()
    app = Starlette(routes=[Mount("/hooks", routes=[route(heard)])])

    assert await sender(app).send("http://example.com:8000/hooks/didww/a", "get", ORDER)

    assert heard.events == [COMPLETED]


async def test_what_is_not_the_vendor_s_is_answered_403_and_handled_by_nobody() -> None:
    heard = Heard()
    forger = sender(Starlette(routes=[route(heard)]), "guessed")

    assert not await forger.send("https://example.com/didww/a", "post", ORDER)

    assert {attempt.status for attempt in forger.attempts} == {403}
    assert heard.events == []
    assert heard.told == []


async def test_a_body_that_is_too_large_is_answered_413_before_its_end() -> None:
    heard = Heard()
    app = Starlette(routes=[route(heard, CallbackVerifier("secret", max_body=1000))])
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while sent < 100:
            sent += 1
            yield b"x" * 100

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as client:
        answer = await client.post("https://example.com/didww/a", content=endless())

    assert answer.status_code == 413
    assert sent < 15
    assert heard.events == []


async def test_what_could_not_be_handled_is_sent_again_and_wakes_who_waits_at_once() -> None:
    heard = Heard(failures=2)
    vendor = sender(Starlette(routes=[route(heard)]), crashes=False)

    assert await vendor.send("https://example.com/didww/a", "post", ORDER)

    assert [attempt.status for attempt in vendor.attempts] == [500, 500, 200]
    assert heard.events == [COMPLETED]
    assert heard.told == [("orders", ORDER["id"])] * 3


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
async def test_other_methods_are_not_served(method: str) -> None:
    app = Starlette(routes=[route(Heard())])

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as client:
        assert (await client.request(method, "https://example.com/didww/a")).status_code == 405
