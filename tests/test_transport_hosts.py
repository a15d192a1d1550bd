"""One request: where its credentials go, who may use the transport, and what is told of it."""

from __future__ import annotations

import asyncio
import copy
import logging
import pickle

import httpx
import pytest

from didww_async.credentials import AccessTokens, ApiKey
from didww_async.errors import AuthenticationError, ConfigurationError, NotFound, ProtocolError
from didww_async.retry import RetryPolicy
from didww_async.transport import Timeouts, Transport
from tests.lines import BASE, KEY, OK, SERVICES, Pace, line

# Where credentials go.


def redirect(to: str, status: int = 302) -> httpx.Response:
    return httpx.Response(status, headers={"location": to})


async def test_a_redirect_on_the_same_host_is_followed_with_the_key() -> None:
    async with line(redirect("/v3/other"), OK) as api:
        await api.get()
    assert [str(sent.url) for sent in api.network.seen] == [f"{BASE}/dids", f"{BASE}/other"]
    assert api.network.seen[1].headers["api-key"] == KEY


@pytest.mark.parametrize("host", ["https://elsewhere.example/v3", "https://api.example:8443/v3"])
async def test_a_redirect_to_another_host_is_followed_without_the_key(host: str) -> None:
    async with line(redirect(f"{host}/dids"), OK) as api:
        await api.get()
    assert "api-key" not in api.network.seen[1].headers
    assert len(api.pace.permits) == 1


@pytest.mark.parametrize("to", ["http://api.example/v3/dids", "file:///etc/passwd", "https://me:secret@api.example/"])
async def test_a_redirect_that_is_not_safe_is_not_followed(to: str) -> None:
    async with line(redirect(to), OK) as api:
        with pytest.raises(ProtocolError, match="redirect") as refused:
            await api.get()
    assert len(api.network.seen) == 1
    assert "secret" not in str(refused.value)


async def test_redirects_in_a_circle_end() -> None:
    async with line(redirect("/v3/dids")) as api:
        with pytest.raises(ProtocolError, match="redirected more than"):
            await api.get()
    assert len(api.network.seen) == 4


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE"])
async def test_a_write_follows_no_redirect(method: str, status: int) -> None:
    async with line(redirect("/v3/dids", status), OK) as api:
        with pytest.raises(ProtocolError, match="redirect"):
            await api.transport.request(method, "/dids")
    assert len(api.network.seen) == 1


@pytest.mark.parametrize(
    ("url", "key", "permits"),
    [
        (f"{BASE}/exports/a.csv.gz", KEY, 1),
        ("https://api.example/elsewhere/a.csv.gz", KEY, 1),
        ("https://files.example/v3/exports/a.csv.gz", None, 0),
        ("https://api.example.evil.example/v3/a.csv.gz", None, 0),
        ("http://api.example/v3/exports/a.csv.gz", None, 0),
        ("https://api.example:8443/v3/exports/a.csv.gz", None, 0),
    ],
)
async def test_a_download_takes_the_key_to_its_own_host_only(url: str, key: str | None, permits: int) -> None:
    async with line(httpx.Response(200, content=b"\x1f\x8b...")) as api:
        async with api.transport.stream(url, headers={"Range": "bytes=7-"}) as answer:
            assert b"".join([chunk async for chunk in answer.chunks()]) == b"\x1f\x8b..."
    assert api.network.seen[0].headers.get("api-key") == key
    assert api.network.seen[0].headers["range"] == "bytes=7-"
    assert len(api.pace.permits) == permits


async def test_a_download_is_retried_up_to_its_head_and_its_error_is_an_api_error() -> None:
    async with line(httpx.Response(503), httpx.Response(429), httpx.Response(404)) as api:
        with pytest.raises(NotFound):
            async with api.transport.stream(f"{BASE}/exports/a.csv.gz"):
                pytest.fail("there is no file")
    assert api.pace.refusals == [None]


async def test_a_download_that_has_not_changed_is_said_to_be_so() -> None:
    async with line(httpx.Response(304)) as api:
        async with api.transport.stream(f"{BASE}/prices.csv.gz") as answer:
            assert answer.status == 304
            assert [chunk async for chunk in answer.chunks()] == []


class Tokens:
    """A network with a token service whose tokens are counted, and an API that takes the good ones."""

    def __init__(self, *good: int) -> None:
        self.good = {f"Bearer token-{number}" for number in good}
        self.mints = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.host == "auth.example":
            assert request.headers["api-key"] == KEY
            assert "authorization" not in request.headers
            self.mints += 1
            return httpx.Response(200, json={"access_token": f"token-{self.mints}", "expires_in": 900})
        assert "api-key" not in request.headers
        return OK if request.headers["authorization"] in self.good else httpx.Response(401)


async def test_a_token_that_expired_costs_one_request_more_and_no_error() -> None:
    network = Tokens(2)
    async with line(network, credentials=AccessTokens(KEY, api_version="2026-11-19")) as api:
        await asyncio.gather(*(api.get() for _ in range(20)))
        assert (await api.post()).status == 200
    assert network.mints == api.transport.stats.mints == 2
    assert len(api.pace.permits) == 20 + 20 + 1


async def test_401s_in_a_row_make_two_mints_and_one_error_each() -> None:
    network = Tokens()
    async with line(network, credentials=AccessTokens(KEY, api_version="2026-11-19")) as api:
        for _ in range(5):
            with pytest.raises(AuthenticationError):
                await api.get()
    assert network.mints == 2


async def test_a_token_service_that_is_busy_is_waited_for_without_pausing_the_api() -> None:
    busy = httpx.Response(429, json={"error": "rate_limit_exceeded"}, headers={"retry-after": "5"})
    async with line(busy, Tokens(1), credentials=AccessTokens(KEY, api_version="2026-11-19")) as api:
        await api.get()
    assert api.slept == [5.5]
    assert api.pace.refusals == []


async def test_a_token_service_that_refuses_the_key_says_what_to_check() -> None:
    refusal = httpx.Response(401, json={"error": "invalid_client", "error_description": "unknown"})
    async with line(refusal, credentials=AccessTokens(KEY, api_version="2026-11-19")) as api:
        with pytest.raises(AuthenticationError, match=r"POST /token: 401.*sandbox and production"):
            await api.get()
    assert len(api.network.seen) == 1


# Misuse, and what is told.


async def test_a_transport_that_is_not_open_or_closed_again_says_so() -> None:
    async with line(OK) as api:
        closed = api.transport
        with pytest.raises(ConfigurationError, match="once"):
            await closed.open()
    with pytest.raises(ConfigurationError, match="closed"):
        await closed.request("GET", "/dids")
    with pytest.raises(ConfigurationError, match="once"):
        await closed.open()
    unopened = Transport(
        services=SERVICES,
        credentials=ApiKey(KEY),
        limiter=Pace(),
        retry=RetryPolicy(),
        timeout=Timeouts(),
        api_version="2026-04-16",
    )
    with pytest.raises(ConfigurationError, match="async with"):
        await unopened.request("GET", "/dids")


async def test_another_event_loop_is_told_to_open_its_own() -> None:
    async with line(OK) as api:

        def elsewhere() -> None:
            asyncio.run(api.get())

        with pytest.raises(ConfigurationError, match="another event loop"):
            await asyncio.to_thread(elsewhere)


async def test_a_transport_is_neither_pickled_nor_copied() -> None:
    async with line(OK) as api:
        for attempt in (pickle.dumps, copy.copy, copy.deepcopy):
            with pytest.raises(TypeError, match="Session"):
                attempt(api.transport)


async def test_another_version_is_warned_of_once(caplog: pytest.LogCaptureFixture) -> None:
    async with line(OK) as api:
        api.transport.note_version("2026-04-16")
        assert caplog.text == ""
        for _ in range(3):
            api.transport.note_version("2026-11-19")
        assert caplog.text.count("2026-11-19 answers") == 1
        assert api.transport.served == "2026-11-19"


async def test_two_names_of_one_version_are_no_reason_to_warn(caplog: pytest.LogCaptureFixture) -> None:
    async with line(OK) as api:
        api.transport.speak("2026-11-19", ApiKey(KEY))
        api.transport.note_version("2026-10-22")
    assert caplog.text == ""


async def test_the_observer_hears_of_every_request_sent() -> None:
    async with line(httpx.ReadTimeout(""), httpx.Response(503), OK) as api:
        await api.get("/dids/1", params=[("include", "order")])
    assert [(one.method, one.path, one.service, one.status, one.attempt, one.waited) for one in api.events] == [
        ("GET", "/dids/1", "api", None, 1, 0.25),
        ("GET", "/dids/1", "api", 503, 2, 0.25),
        ("GET", "/dids/1", "api", 200, 3, 0.25),
    ]


async def test_no_key_and_no_token_is_logged_or_shown(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        async with line(OK, httpx.Response(401)) as api:
            await api.get()
            with pytest.raises(AuthenticationError) as refused:
                await api.get()
        async with line(Tokens(1), credentials=AccessTokens(KEY, api_version="2026-11-19")) as other:
            await other.get()
    assert "GET /dids: 200" in caplog.text
    shown = caplog.text + repr(refused.value) + repr(api.transport) + repr(vars(api.transport)) + repr(other.events)
    assert KEY not in shown
    assert "token-1" not in shown
