"""Keys that can be sent, and tokens that are minted once, ahead of time, and never in a loop."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Mapping
from typing import Any

import pytest

from didww_async.credentials import AccessTokens, ApiKey, Scope
from didww_async.errors import ConfigurationError, ProtocolError, TransportError

KEY = "6f1ed002ab5595859014ebf0951522d9"


@pytest.mark.parametrize("key", [None, ""])
def test_without_a_key_the_error_says_where_to_put_one(key: str | None) -> None:
    with pytest.raises(ConfigurationError, match="DIDWW_API_KEY"):
        ApiKey(key)


@pytest.mark.parametrize("key", [KEY + "\n", " " + KEY, KEY + "\r\nX-Evil: 1", "a b", "a\tb", "a\0b", "ключ", "a\x7f"])
@pytest.mark.parametrize("tokens", [False, True])
def test_a_key_that_no_header_can_hold_is_refused_and_not_shown(key: str, tokens: bool) -> None:
    with pytest.raises(ConfigurationError) as refused:
        AccessTokens(key, api_version="2026-11-19") if tokens else ApiKey(key)
    assert key.strip() not in str(refused.value)


def test_a_key_is_in_no_repr() -> None:
    assert KEY not in repr(ApiKey(KEY)) + repr(AccessTokens(KEY, api_version="2026-11-19"))


async def test_the_key_goes_with_every_request_but_those_that_need_none() -> None:
    key = ApiKey(KEY)
    assert await key.headers("api", "/dids") == {"api-key": KEY}
    assert await key.headers("api", "/public_keys") == {}


async def test_the_key_itself_is_for_the_api_alone() -> None:
    with pytest.raises(ConfigurationError, match="2026-11-19"):
        await ApiKey(KEY).headers("voice_in", "/lookup/prices")


class Service:
    """The token service, as its answers: counts mints, and waits where it is told to."""

    def __init__(self, **answer: Any) -> None:
        self.answer: dict[str, Any] = {"token_type": "Bearer", "expires_in": 900, "scope": "full", **answer}
        self.asked: list[Mapping[str, Any]] = []
        self.keys: list[Mapping[str, str]] = []
        self.open = asyncio.Event()
        self.open.set()
        self.error: Exception | None = None

    async def __call__(self, headers: Mapping[str, str], body: bytes) -> bytes:
        self.asked.append(json.loads(body))
        self.keys.append(headers)
        number = len(self.asked)
        await self.open.wait()
        if self.error is not None:
            raise self.error
        return json.dumps({"access_token": f"token-{number}", **self.answer}).encode()


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def tokens_of(service: Service, clock: Clock | None = None, *, scope: Scope = "full") -> AccessTokens:
    tokens = AccessTokens(KEY, api_version="2026-11-19", scope=scope, clock=clock or Clock())
    tokens.bind(service)
    return tokens


def bearer(number: int) -> Mapping[str, str]:
    return {"authorization": f"Bearer token-{number}"}


async def test_a_token_is_asked_for_with_the_key_for_one_audience() -> None:
    service = Service()
    assert await tokens_of(service).headers("voice_in", "/lookup/prices") == bearer(1)
    assert service.asked == [
        {"aud": "api-vin.didww.com", "scope": "full", "api_version": "2026-11-19", "expires_in": 900}
    ]
    assert service.keys == [{"api-key": KEY}]


async def test_a_thousand_first_requests_mint_one_token() -> None:
    service = Service()
    service.open.clear()
    tokens = tokens_of(service)
    waiting = [asyncio.create_task(tokens.headers("api", "/dids")) for _ in range(1000)]
    await asyncio.sleep(0)
    service.open.set()
    assert set(map(str, await asyncio.gather(*waiting))) == {str(bearer(1))}
    assert len(service.asked) == 1


async def test_each_audience_has_its_token() -> None:
    service = Service()
    tokens = tokens_of(service)
    assert [await tokens.headers(name, "/x") for name in ("api", "sms", "api", "sms")] == [
        bearer(1),
        bearer(2),
        bearer(1),
        bearer(2),
    ]


async def test_public_keys_need_no_token() -> None:
    service = Service()
    assert await tokens_of(service).headers("api", "/public_keys") == {}
    assert service.asked == []


async def test_whoever_is_cancelled_does_not_take_the_token_from_the_others() -> None:
    service = Service()
    service.open.clear()
    tokens = tokens_of(service)
    first, second = (asyncio.create_task(tokens.headers("api", "/dids")) for _ in range(2))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.sleep(0)
    service.open.set()
    assert await second == bearer(1)
    assert first.cancelled()
    assert len(service.asked) == 1


async def test_a_token_is_renewed_ahead_of_the_expiry_that_was_answered_and_nobody_waits() -> None:
    service, clock = Service(expires_in=100), Clock()
    tokens = tokens_of(service, clock)
    assert await tokens.headers("api", "/dids") == bearer(1)
    clock.now = 89
    assert await tokens.headers("api", "/dids") == bearer(1)
    assert len(service.asked) == 1
    clock.now = 91
    service.open.clear()
    assert await tokens.headers("api", "/dids") == bearer(1)
    assert await tokens.headers("api", "/dids") == bearer(1)
    service.open.set()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert await tokens.headers("api", "/dids") == bearer(2)
    assert len(service.asked) == 2


async def test_an_expired_token_is_not_used() -> None:
    service, clock = Service(expires_in=100), Clock()
    tokens = tokens_of(service, clock)
    await tokens.headers("api", "/dids")
    clock.now = 101
    assert await tokens.headers("api", "/dids") == bearer(2)


async def test_a_renewal_that_fails_is_tried_again_later_while_the_token_lasts(
    caplog: pytest.LogCaptureFixture,
) -> None:
    service, clock = Service(expires_in=100), Clock()
    tokens = tokens_of(service, clock)
    await tokens.headers("api", "/dids")
    clock.now, service.error = 91, TransportError("POST /token could not be sent")
    with caplog.at_level(logging.WARNING, "didww_async"):
        for _ in range(20):
            assert await tokens.headers("api", "/dids") == bearer(1)
            await asyncio.sleep(0)
    assert len(service.asked) == 2
    assert "could not be sent" in caplog.text
    assert "token-1" not in caplog.text
    clock.now, service.error = 97, None
    await tokens.headers("api", "/dids")
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert await tokens.headers("api", "/dids") == bearer(3)


async def test_a_mint_that_fails_is_an_error_for_all_who_wait_and_the_next_mints_anew() -> None:
    service = Service()
    service.error = TransportError("POST /token could not be sent")
    tokens = tokens_of(service)
    ended = await asyncio.gather(*(tokens.headers("api", "/dids") for _ in range(5)), return_exceptions=True)
    assert [type(one) for one in ended] == [TransportError] * 5
    assert len(service.asked) == 1
    service.error = None
    assert await tokens.headers("api", "/dids") == bearer(2)


async def test_after_a_401_a_token_is_minted_once_more_for_all_who_had_the_old_one() -> None:
    service = Service()
    tokens = tokens_of(service)
    sent = await tokens.headers("api", "/dids")
    tokens.accepted("api", sent)
    assert await asyncio.gather(*(tokens.refused("api", sent) for _ in range(50))) == [True] * 50
    assert await tokens.refused("api", sent)
    assert await tokens.headers("api", "/dids") == bearer(2)
    assert len(service.asked) == 2


async def test_401s_in_a_row_never_make_more_than_two_mints() -> None:
    service, clock = Service(expires_in=100), Clock()
    tokens = tokens_of(service, clock)
    for request in range(20):
        again = True
        while again:
            again = await tokens.refused("api", await tokens.headers("api", "/dids"))
        assert len(service.asked) == 2, request


async def test_a_token_that_worked_may_be_replaced_again() -> None:
    service = Service()
    tokens = tokens_of(service)
    for number in range(1, 5):
        sent = await tokens.headers("api", "/dids")
        assert sent == bearer(number)
        tokens.accepted("api", sent)
        assert await tokens.refused("api", sent)


async def test_a_scope_that_was_not_granted_is_an_error() -> None:
    with pytest.raises(ConfigurationError, match=r"'full'.*'read'"):
        await tokens_of(Service(scope="read")).headers("api", "/dids")


async def test_a_scope_that_is_not_mentioned_is_the_one_asked_for() -> None:
    service = Service(scope=None)
    await tokens_of(service, scope="read").headers("api", "/dids")
    assert service.asked[0]["scope"] == "read"


def test_a_scope_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="scope"):
        AccessTokens(KEY, api_version="2026-11-19", scope="write")  # type: ignore[arg-type]  # that is the mistake


@pytest.mark.parametrize(
    "answer",
    [
        {"access_token": ""},
        {"access_token": "a\r\nX-Evil: 1"},
        {"access_token": None},
        {"expires_in": 0},
        {"expires_in": "soon"},
        {"expires_in": -5},
        {"token_type": "mac"},
    ],
)
async def test_an_answer_that_is_no_token_is_a_protocol_error(answer: dict[str, Any]) -> None:
    with pytest.raises(ProtocolError, match="/token"):
        await tokens_of(Service(**answer)).headers("api", "/dids")


async def test_closing_stops_a_mint_and_says_so_to_those_who_wait() -> None:
    service = Service()
    service.open.clear()
    tokens = tokens_of(service)
    waiting = asyncio.create_task(tokens.headers("api", "/dids"))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    await tokens.aclose()
    with pytest.raises(ConfigurationError, match="closed"):
        await waiting


async def test_an_unknown_service_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="faxes"):
        await tokens_of(Service()).headers("faxes", "/x")


async def test_tokens_without_a_session_say_what_is_missing() -> None:
    with pytest.raises(ConfigurationError, match="Session"):
        await AccessTokens(KEY, api_version="2026-11-19").headers("api", "/dids")
