"""One request: what is sent, what is sent again, and what its answer becomes."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator

import httpx
import pytest

from didww_async.errors import (
    ApiError,
    DidwwError,
    NotFound,
    ProtocolError,
    RateLimited,
    ServerError,
    Timeout,
    TransportError,
    UnknownOutcome,
)
from didww_async.limiter import Priority, priority
from didww_async.retry import RetryPolicy
from didww_async.transport import File
from tests.lines import BASE, KEY, OK, Reply, line

# What is sent.


async def test_a_request_carries_the_key_the_version_and_the_media_type() -> None:
    async with line(OK) as api:
        answer = await api.get(params=[("filter[country.id]", "a b,c&d"), ("page[size]", "100")])
    (sent,) = api.network.seen
    assert str(sent.url) == f"{BASE}/dids?filter%5Bcountry.id%5D=a%20b%2Cc%26d&page%5Bsize%5D=100"
    assert sent.headers["api-key"] == KEY
    assert sent.headers["x-didww-api-version"] == "2026-04-16"
    assert sent.headers["accept"] == "application/vnd.api+json"
    assert sent.headers["user-agent"].startswith("didww_async/")
    assert "content-type" not in sent.headers
    assert (answer.status, answer.content, answer.headers["content-type"]) == (200, OK.content, "application/json")


async def test_a_body_has_its_media_type_and_headers_can_be_added() -> None:
    async with line(OK) as api:
        await api.post()
        await api.transport.request("GET", "/x", headers={"Accept": "text/csv", "If-Modified-Since": "never"})
    post, get = api.network.seen
    assert (post.content, post.headers["content-type"]) == (b'{"data": {}}', "application/vnd.api+json")
    assert (get.headers["accept"], get.headers["if-modified-since"]) == ("text/csv", "never")


async def test_files_are_sent_as_a_form_and_again_after_a_429() -> None:
    async with line(httpx.Response(429), OK) as api:
        files = [File("fingerprint", b"abc"), File("file", b"\0\1", "document.enc")]
        await api.transport.request("POST", "/encrypted_files", files=files)
    first, second = (sent.content for sent in api.network.seen)
    assert b'name="fingerprint"\r\n\r\nabc\r\n' in first
    assert b'name="file"; filename="document.enc"\r\nContent-Type: application/octet-stream\r\n\r\n\0\1' in first
    assert b'filename="document.enc"' in second


async def test_public_keys_are_asked_for_without_the_key() -> None:
    async with line(OK) as api:
        await api.get("/public_keys")
    assert "api-key" not in api.network.seen[0].headers
    assert api.pace.permits[0].became == ["answered"]


async def test_gzip_is_asked_for_and_unpacked() -> None:
    packed = gzip.compress(b'{"data": []}')
    async with line(
        lambda _: httpx.Response(200, headers={"content-encoding": "gzip"}, stream=httpx.ByteStream(packed))
    ) as api:
        assert (await api.get()).content == b'{"data": []}'
    assert api.network.seen[0].headers["accept-encoding"] == "gzip"


# What is sent again.


@pytest.mark.parametrize("problem", [httpx.Response(503), httpx.ReadTimeout(""), httpx.ConnectError("refused")])
@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
async def test_a_passing_problem_is_not_seen_where_repetition_is_harmless(method: str, problem: Reply) -> None:
    async with line(problem, problem, OK) as api:
        assert (await api.transport.request(method, "/dids/1")).status == 200
    assert api.slept == [0.25, 0.5]
    assert (api.transport.stats.requests, api.transport.stats.retries) == (3, 2)
    assert len(api.pace.permits) == 3


async def test_a_503_is_waited_for_as_long_as_it_says() -> None:
    async with line(httpx.Response(503, headers={"retry-after": "10"}), OK) as api:
        await api.get()
    assert api.slept == [11.0]


async def test_a_429_pauses_everybody_and_any_method_is_sent_again_before_those_that_come_later() -> None:
    async with line(httpx.Response(429, headers={"retry-after": "7"}), httpx.Response(429), OK) as api:
        await api.post()
    assert api.pace.refusals == [7.0, None]
    assert api.slept == []
    assert api.pace.priorities == [Priority.NORMAL, Priority.INTERACTIVE, Priority.INTERACTIVE]
    assert api.transport.stats.refused == 2


async def test_a_429_that_asks_for_too_long_a_wait_is_raised_at_once_and_pauses_the_others_for_the_cap() -> None:
    async with line(httpx.Response(429, headers={"retry-after": "1800"})) as api:
        with pytest.raises(RateLimited) as refused:
            await api.get()
    assert refused.value.retry_after == 1800
    assert (len(api.network.seen), api.pace.refusals) == (1, [60.0])


async def test_a_429_that_outlasts_the_attempts_is_raised() -> None:
    async with line(httpx.Response(429), retry=RetryPolicy(attempts=3)) as api:
        with pytest.raises(RateLimited):
            await api.get()
    assert len(api.network.seen) == 3
    assert api.pace.refusals == [None] * 3


async def test_a_request_whose_answer_is_lost_does_not_go_on_holding_its_place_in_the_limit() -> None:
    async with line(httpx.ReadError("reset")) as api:
        with pytest.raises(UnknownOutcome):
            await api.post()
    assert [permit.became for permit in api.pace.permits] == [["answered"]]


async def test_a_post_that_surely_was_not_sent_is_sent_again() -> None:
    async with line(httpx.ConnectError("refused"), httpx.ConnectTimeout(""), OK) as api:
        assert (await api.post()).status == 200
    assert [permit.became for permit in api.pace.permits] == [["unsent"], ["unsent"], ["answered"]]


LOST = [
    httpx.ReadTimeout(""),
    httpx.ReadError("reset"),
    httpx.WriteError(""),
    httpx.RemoteProtocolError("gone"),
    OSError("?"),
]


@pytest.mark.parametrize(
    "problem", [*LOST, httpx.Response(500), httpx.Response(503), httpx.Response(200, text="<html>")]
)
async def test_a_post_that_may_have_been_carried_out_is_not_sent_again(problem: Reply) -> None:
    order = {"data": {"type": "orders", "attributes": {"external_reference_id": "r-1", "auth_password": "hush"}}}
    async with line(problem, OK) as api:
        with pytest.raises(UnknownOutcome, match="external_reference_id='r-1'") as unknown:
            await api.post(json.dumps(order).encode())
    assert str(unknown.value).count("POST /orders") == 1
    assert len(api.network.seen) == 1
    assert (unknown.value.method, unknown.value.path) == ("POST", "/orders")
    assert unknown.value.sent["data"]["attributes"] == {"external_reference_id": "r-1", "auth_password": "***"}
    assert "hush" not in str(unknown.value)


async def test_a_delete_whose_first_answer_was_lost_is_done_when_the_record_is_gone() -> None:
    async with line(httpx.ReadTimeout(""), httpx.Response(404)) as api:
        assert (await api.transport.request("DELETE", "/dids/1")).status == 204


@pytest.mark.parametrize("first", [httpx.Response(404), httpx.ConnectError("")])
async def test_a_delete_of_what_is_not_there_is_an_error_where_nothing_was_lost(first: Reply) -> None:
    async with line(first, httpx.Response(404)) as api:
        with pytest.raises(NotFound):
            await api.transport.request("DELETE", "/dids/1")


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422, 500])
async def test_what_would_be_refused_again_is_raised_at_once(status: int) -> None:
    async with line(httpx.Response(status)) as api:
        with pytest.raises(ApiError) as refused:
            await api.get()
    assert (refused.value.status, len(api.network.seen)) == (status, 1)


def httpx_errors() -> Iterator[Exception]:
    for value in vars(httpx).values():
        if isinstance(value, type) and issubclass(value, httpx.HTTPError) and value is not httpx.HTTPStatusError:
            yield value("went wrong")


@pytest.mark.parametrize("problem", [*httpx_errors(), httpx.StreamError(""), OSError("")], ids=repr)
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_no_exception_of_the_network_leaves_the_library(method: str, problem: Exception) -> None:
    async with line(problem) as api:
        with pytest.raises(DidwwError) as raised:
            await api.transport.request(method, "/dids")
    assert f"{method} /dids" in str(raised.value)
    if isinstance(problem, httpx.TimeoutException) and isinstance(raised.value, TransportError):
        assert isinstance(raised.value, Timeout)


async def test_the_budget_of_the_session_ends_the_retries_of_an_outage() -> None:
    async with line(httpx.Response(503), retry=RetryPolicy(budget=6)) as api:
        for _ in range(10):
            with pytest.raises(ServerError):
                await api.get()
    assert len(api.network.seen) == 10 + 6


# Answers that are none.


async def test_html_instead_of_a_document_is_named_and_not_asked_for_again() -> None:
    async with line(httpx.Response(200, html="<html>Sign in</html>")) as api:
        with pytest.raises(ProtocolError, match=r"GET /dids.*text/html.*Sign in"):
            await api.get()
    assert len(api.network.seen) == 1


def half_a_document(_: httpx.Request) -> httpx.Response:
    return httpx.Response(200, content=b'{"data": [')


def less_than_announced(_: httpx.Request) -> httpx.Response:
    return httpx.Response(200, headers={"content-length": "99"}, stream=httpx.ByteStream(b'{"data": []}'))


@pytest.mark.parametrize("cut", [half_a_document, less_than_announced])
async def test_a_truncated_body_is_asked_for_again_and_raised_in_the_end(cut: Reply) -> None:
    async with line(cut, OK) as api:
        assert (await api.get()).content == OK.content
    async with line(cut, retry=RetryPolicy(attempts=2)) as api:
        with pytest.raises(ProtocolError, match="GET /dids"):
            await api.get()
    assert len(api.network.seen) == 2
    async with line(cut, OK) as api:
        with pytest.raises(UnknownOutcome):
            await api.post()


async def test_the_priority_of_the_block_counts_before_the_callers() -> None:
    async with line(OK) as api:
        await api.get()
        await api.get(priority=Priority.BULK)
        with priority(Priority.INTERACTIVE):
            await api.get(priority=Priority.BULK)
    assert api.pace.priorities == [Priority.NORMAL, Priority.BULK, Priority.INTERACTIVE]
