"""The simulator's token service keeps to the rules of API 2026-11-19."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette

from didww_async.simulator.tokens import TokenService

API = "api.didww.com"


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Server:
    """A token service that is reached over HTTP, with a clock that stands until it is told."""

    def __init__(self, **options: Any) -> None:
        self.clock = Clock()
        self.keys = {"key", "other-key"}
        self.service = TokenService(keys=self.keys, clock=self.clock, **options)
        app = Starlette(routes=self.service.routes)
        self.client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://auth-sandbox.didww.com")

    async def post(self, body: object, key: str | None = "key", **headers: str) -> httpx.Response:
        given = {"Content-Type": "application/json", **({"Api-Key": key} if key else {}), **headers}
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return await self.client.post("/token", content=content, headers=given)

    async def mint(self, **asked: Any) -> dict[str, Any]:
        answer = await self.post({"aud": API} | asked)
        assert answer.status_code == 200, answer.text
        minted: dict[str, Any] = answer.json()
        return minted

    def status(self, token: str, *, audience: str = API, method: str = "GET") -> int:
        refused = self.service.check(f"Bearer {token}", audience=audience, method=method)
        return 200 if refused is None else refused.status_code


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    server = Server()
    yield server
    await server.client.aclose()


async def test_a_key_mints_a_token_that_opens_the_audience_asked_for(server: Server) -> None:
    answer = await server.post({"aud": API})

    assert answer.status_code == 200
    assert (answer.headers["cache-control"], answer.headers["pragma"]) == ("no-store", "no-cache")
    minted = answer.json()
    token = minted.pop("access_token")
    assert minted == {
        "token_type": "Bearer",
        "expires_in": 900,
        "aud": API,
        "scope": "full",
        "api_version": "2026-11-19",
    }
    assert token.count(".") == 2
    assert "key" not in token
    assert server.status(token) == 200
    assert server.service.minted == 1
    grant = server.service.grant(f"Bearer {token}")
    assert grant is not None
    assert (grant.key, grant.api_version) == ("key", "2026-11-19")


async def test_the_audience_is_strict_and_may_be_several(server: Server) -> None:
    one = (await server.mint(aud=[API]))["access_token"]
    two = await server.mint(aud=["api-vin.didww.com", "api-sms.didww.com"])

    assert two["aud"] == ["api-vin.didww.com", "api-sms.didww.com"]
    assert server.status(one, audience="api-vin.didww.com") == 401
    assert server.status(two["access_token"], audience="api-vin.didww.com") == 200
    assert server.status(two["access_token"], audience="api-sms.didww.com") == 200
    assert server.status(two["access_token"], audience="api-vout.didww.com") == 401
    assert server.status(two["access_token"]) == 401


@settings(deadline=None)
@given(st.integers())
async def test_the_lifetime_is_brought_between_a_minute_and_an_hour(asked: int) -> None:
    server = Server()

    minted = await server.mint(expires_in=asked)

    assert minted["expires_in"] == min(max(asked, 60), 3600)
    server.clock.now += minted["expires_in"] - 0.001
    assert server.status(minted["access_token"]) == 200
    server.clock.now += 0.001
    assert server.status(minted["access_token"]) == 401


@pytest.mark.parametrize(
    ("asked", "granted"),
    [
        ("full", "full"),
        ("read", "read"),
        ("read:prices", "read:prices"),
        ("read:prices:voice:in", "read:prices"),
    ],
)
async def test_an_unknown_scope_below_read_is_granted_as_the_nearest_known_one(asked: str, granted: str) -> None:
    server = Server(scopes=("full", "read", "read:prices"))

    minted = await server.mint(scope=asked)

    assert minted["scope"] == granted
    assert (await server.mint(scope="read:faxes"))["scope"] == "read"
    assert server.status(minted["access_token"], method="PATCH") == (200 if granted == "full" else 403)
    assert server.status(minted["access_token"], method="HEAD") == 200


async def test_a_read_token_that_writes_is_told_that_its_scope_is_too_small(server: Server) -> None:
    token = (await server.mint(scope="read"))["access_token"]

    refused = server.service.check(f"Bearer {token}", audience=API, method="POST")

    assert refused is not None
    assert refused.status_code == 403
    assert refused.headers["www-authenticate"] == 'Bearer error="insufficient_scope"'
    assert json.loads(bytes(refused.body))["errors"][0]["title"] == "Insufficient scope"


@pytest.mark.parametrize("authorization", [None, "", "Basic a2V5", "Token abc"])
def test_without_a_bearer_token_the_401_is_empty(server: Server, authorization: str | None) -> None:
    refused = server.service.check(authorization, audience=API, method="GET")

    assert refused is not None
    assert (refused.status_code, refused.body) == (401, b"")
    assert "www-authenticate" not in refused.headers


async def test_a_refused_token_gets_an_error_document_and_a_challenge(server: Server) -> None:
    elsewhere = Server(environment="production")
    token = (await server.mint())["access_token"]

    for authorization, audience in (
        ("Bearer abc", API),
        (f"Bearer {token}x", API),
        (f"Bearer {(await elsewhere.mint())['access_token']}", API),
        (f"Bearer {token}", "api-vin.didww.com"),
    ):
        refused = server.service.check(authorization, audience=audience, method="GET")
        assert refused is not None
        assert refused.headers["www-authenticate"] == 'Bearer error="invalid_token"'
        assert refused.headers["content-type"] == "application/vnd.api+json"
        (entry,) = json.loads(bytes(refused.body))["errors"]
        assert (entry["code"], entry["status"]) == ("401", "401")


async def test_all_tokens_can_be_made_to_expire_and_new_ones_work(server: Server) -> None:
    old = (await server.mint())["access_token"]

    server.service.expire_all()

    assert server.status(old) == 401
    server.clock.now += 1
    assert server.status((await server.mint())["access_token"]) == 200


async def test_the_tokens_of_a_key_that_is_withdrawn_are_refused(server: Server) -> None:
    token = (await server.mint())["access_token"]

    server.keys.remove("key")

    assert server.status(token) == 401
    assert (await server.post({"aud": API})).status_code == 401


@pytest.mark.parametrize("key", [None, "", "unknown"])
async def test_an_unknown_key_is_an_invalid_client(server: Server, key: str | None) -> None:
    answer = await server.post({"aud": API}, key=key)

    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    assert server.service.minted == 0
    assert server.service.refused == 1


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"aud=api.didww.com", "invalid_request"),
        (b"[]", "invalid_request"),
        ({}, "invalid_request"),
        ({"aud": []}, "invalid_request"),
        ({"aud": "sandbox-api.didww.com"}, "invalid_request"),
        ({"aud": [API, 5]}, "invalid_request"),
        ({"aud": API, "expires_in": "900"}, "invalid_request"),
        ({"aud": API, "expires_in": True}, "invalid_request"),
        ({"aud": API, "api_version": "newest"}, "invalid_request"),
        ({"aud": API, "scope": "write"}, "invalid_scope"),
        ({"aud": API, "scope": "full:orders"}, "invalid_scope"),
        ({"aud": API, "scope": ["read"]}, "invalid_scope"),
    ],
)
async def test_what_cannot_be_granted_is_refused_in_the_form_of_oauth(server: Server, body: object, error: str) -> None:
    answer = await server.post(body)

    assert answer.status_code == 400
    assert set(answer.json()) == {"error", "error_description"}
    assert answer.json()["error"] == error


async def test_the_body_is_json_and_no_form(server: Server) -> None:
    answer = await server.client.post("/token", data={"aud": API}, headers={"Api-Key": "key"})

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


async def test_a_version_older_than_the_account_s_or_unknown_is_not_granted() -> None:
    server = Server(api_version="2026-10-22", versions=("2026-10-22", "2026-11-19"))

    assert (await server.mint())["api_version"] == "2026-10-22"
    assert (await server.mint(api_version="2026-11-19"))["api_version"] == "2026-11-19"
    assert (await server.mint(api_version="2026-04-16"))["api_version"] == "2026-10-22"
    assert (await server.mint(api_version="2031-01-01"))["api_version"] == "2026-10-22"


async def test_too_many_mints_of_one_key_are_told_when_to_come_back() -> None:
    server = Server(limit=2, window=10)
    for _ in range(2):
        await server.mint()
    server.clock.now += 3.5

    answer = await server.post({"aud": API})

    assert (answer.status_code, answer.json()["error"]) == (429, "rate_limit_exceeded")
    assert answer.headers["retry-after"] == "7"
    assert (await server.post({"aud": API}, key="other-key")).status_code == 200
    server.clock.now += 7
    assert (await server.post({"aud": API})).status_code == 200
