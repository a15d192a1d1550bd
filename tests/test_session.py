"""A session is one key with one budget, opened once and used where it was opened."""

from __future__ import annotations

import asyncio
import copy
import logging
import pickle
from collections.abc import Awaitable, Callable

import httpx
import pytest

from didww_async import Session
from didww_async.errors import ConfigurationError, DidwwError, NotFound, ProtocolError
from didww_async.limiter import LocalRateLimiter

BALANCE = {
    "data": {
        "id": "9a1f7a3e-1b0c-4c53-9a33-9b1a4c1d1f11",
        "type": "balances",
        "attributes": {"balance": "60.00", "credit": "10.00", "total_balance": "70.00"},
    },
    "meta": {"api_version": "2026-04-16"},
}
DID_ID = "0b6a8a72-5f2e-4f2e-9a42-3b1f0f6f5f0c"


def answering(*answers: httpx.Response) -> tuple[httpx.MockTransport, list[httpx.Request]]:
    """A network that gives these answers in turn, the last one for ever, and the requests that it saw."""
    seen: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        answer = answers[min(len(seen), len(answers)) - 1]
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)

    return httpx.MockTransport(handle), seen


async def test_a_session_reads_the_balance_with_its_key_and_version() -> None:
    network, seen = answering(httpx.Response(200, json=BALANCE))
    async with Session("some-key", api_version="2026-04-16", transport=network) as didww:
        balance = await didww.balance.get()
    assert str(balance.total_balance) == "70.00"
    assert seen[0].url == "https://sandbox-api.didww.com/v3/balance"
    assert seen[0].headers["api-key"] == "some-key"
    assert seen[0].headers["x-didww-api-version"] == "2026-04-16"
    assert seen[0].headers["accept"] == "application/vnd.api+json"


async def test_the_environment_fills_what_is_not_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIDWW_API_KEY", "from-the-environment")
    monkeypatch.setenv("DIDWW_BASE_URL", "https://gateway.example.com/didww/v3")
    network, seen = answering(httpx.Response(200, json=BALANCE))
    async with Session(api_version="2026-04-16", transport=network) as didww:
        await didww.balance.get()
    assert seen[0].url == "https://gateway.example.com/didww/v3/balance"
    assert seen[0].headers["api-key"] == "from-the-environment"


async def test_production_is_asked_only_when_told_so() -> None:
    network, seen = answering(httpx.Response(200, json=BALANCE))
    async with Session("k", environment="production", api_version="2026-04-16", transport=network) as didww:
        await didww.balance.get()
    assert seen[0].url.host == "api.didww.com"


@pytest.mark.parametrize(
    ("key", "why"),
    [
        (None, "no API key"),
        ("", "no API key"),
        ("s3cret\n", "line break"),
        ("two words", "space"),
        ("schlüssel", "no key"),
    ],
)
def test_a_key_that_cannot_be_is_refused_without_showing_it(key: str | None, why: str) -> None:
    with pytest.raises(ConfigurationError, match=why) as refused:
        Session(key)
    assert not key or key.strip() not in str(refused.value)


def test_an_unknown_version_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="2026-04-16, 2026-11-19"):
        Session("k", api_version="2022-05-10")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def test_plain_http_to_another_machine_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="loopback"):
        Session("k", base_url="http://api.example.com/v3")


async def test_ten_sessions_with_one_key_share_one_budget() -> None:
    network, _ = answering(httpx.Response(200, json=BALANCE))
    sessions = [Session("shared-key", api_version="2026-04-16", transport=network) for _ in range(10)]
    limiters = {id(session.limiter) for session in sessions}
    assert len(limiters) == 1
    assert id(Session("another-key", api_version="2026-04-16", transport=network).limiter) not in limiters
    assert (
        id(Session("shared-key", environment="production", api_version="2026-04-16", transport=network).limiter)
        not in limiters
    )


async def test_a_limiter_that_is_given_is_used() -> None:
    limiter = LocalRateLimiter(5)
    assert Session("k", limiter=limiter).limiter is limiter


async def test_using_a_session_before_it_is_open_says_what_to_do() -> None:
    with pytest.raises(ConfigurationError, match="async with Session"):
        await Session("k").balance.get()


async def test_using_a_session_after_it_was_closed_says_what_to_do() -> None:
    network, _ = answering(httpx.Response(200, json=BALANCE))
    async with Session("k", api_version="2026-04-16", transport=network) as didww:
        pass
    with pytest.raises(ConfigurationError, match="closed"):
        await didww.balance.get()


def test_using_a_session_from_another_event_loop_says_what_to_do() -> None:
    network, _ = answering(httpx.Response(200, json=BALANCE))
    didww = Session("k", api_version="2026-04-16", transport=network)
    with asyncio.Runner() as here, asyncio.Runner() as elsewhere:
        here.run(didww.__aenter__())
        with pytest.raises(ConfigurationError, match="event loop"):
            elsewhere.run(didww.balance.get())
        here.run(didww.aclose())


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, pickle.dumps])
def test_a_session_cannot_be_copied_or_pickled(copied: Callable[[object], object]) -> None:
    with pytest.raises(TypeError, match="make one in each process"):
        copied(Session("k"))


async def test_the_key_is_in_no_repr_and_no_error() -> None:
    network, _ = answering(httpx.Response(401, content=b""))
    async with Session("secret-key-123", api_version="2026-04-16", transport=network) as didww:
        with pytest.raises(DidwwError) as refused:
            await didww.balance.get()
        shown = [repr(didww), repr(didww.dids), repr(didww.stats), repr(vars(didww)), repr(refused.value)]
    assert "secret-key-123" not in " ".join(shown)
    assert "key" in str(refused.value)


async def test_another_version_than_asked_for_is_warned_of_once(caplog: pytest.LogCaptureFixture) -> None:
    newer = {**BALANCE, "meta": {"api_version": "2026-11-19"}}
    network, _ = answering(httpx.Response(200, json=newer))
    with caplog.at_level(logging.WARNING, "didww_async"):
        async with Session("k", api_version="2026-04-16", transport=network) as didww:
            await didww.balance.get()
            await didww.balance.get()
    assert caplog.text.count("2026-11-19 answers") == 1


Bad = Callable[[Session], object]
BAD_INPUT: dict[str, tuple[Bad, str]] = {
    "filter": (lambda didww: didww.dids.list(filter={"numbr": "1"}), "did you mean 'number'"),  # type: ignore[arg-type]  # pyright: ignore
    "filter value": (lambda didww: didww.dids.list(filter={"blocked": "yes"}), "'blocked'.*must be bool"),  # type: ignore[arg-type]  # pyright: ignore
    "include": (lambda didww: didww.dids.list(include=["voice_in_trnk"]), "did you mean 'voice_in_trunk'"),  # type: ignore[list-item]  # pyright: ignore
    "sort": (lambda didww: didww.dids.list(sort=["nmber"]), "did you mean 'number'"),  # type: ignore[list-item]  # pyright: ignore
    "page_size": (lambda didww: didww.dids.list(page_size=0), "page_size must be 1 or more"),
    "id": (lambda didww: didww.dids.get("12"), "must be a record or its id"),
    "id with a slash": (lambda didww: didww.dids.get(f"{DID_ID}/../orders"), "must be a record or its id"),
    "attribute": (lambda didww: didww.dids.update(DID_ID, descripton="x"), "did you mean 'description'"),  # type: ignore[call-arg]  # pyright: ignore
}


@pytest.mark.parametrize(("call", "why"), BAD_INPUT.values(), ids=BAD_INPUT.keys())
async def test_bad_input_is_refused_before_anything_is_sent(call: Bad, why: str) -> None:
    network, seen = answering(httpx.Response(200, json=BALANCE))
    async with Session("k", api_version="2026-04-16", transport=network) as didww:

        async def ask() -> None:
            made = call(didww)
            if isinstance(made, Awaitable):
                await made

        with pytest.raises(ConfigurationError, match=why):
            await ask()
    assert seen == []


BAD_ANSWERS: dict[str, tuple[httpx.Response, type[DidwwError]]] = {
    "HTML": (httpx.Response(200, html="<html>log in</html>"), ProtocolError),
    "truncated": (httpx.Response(200, content=b'{"data": {"id": "9a1f'), ProtocolError),
    "data null": (httpx.Response(200, json={"data": None}), ProtocolError),
    "no id": (httpx.Response(200, json={"data": {"type": "balances", "attributes": {}}}), ProtocolError),
    "another type": (httpx.Response(200, json={"data": {"id": DID_ID, "type": "dids"}}), ProtocolError),
    "nothing": (httpx.Response(200, content=b""), ProtocolError),
    "404 in HTML": (httpx.Response(404, html="<h1>not here</h1>"), NotFound),
}


@pytest.mark.parametrize(("answer", "error"), BAD_ANSWERS.values(), ids=BAD_ANSWERS.keys())
async def test_an_answer_that_is_no_document_is_an_error_of_ours(
    answer: httpx.Response, error: type[DidwwError]
) -> None:
    network, _ = answering(answer)
    async with Session("k", api_version="2026-04-16", transport=network) as didww:
        with pytest.raises(error, match="GET /balance"):
            await didww.balance.get()
