"""From an answer's bytes to its content, or to the error that it is."""

from __future__ import annotations

import gzip
import json
import zlib
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from didww_async.answers import Answer, Body, BrokenAnswer, check_document, error_of
from didww_async.errors import (
    ApiError,
    AuthenticationError,
    BadRequest,
    Conflict,
    DidwwError,
    ErrorDetail,
    InsufficientBalance,
    NotFound,
    PermissionDenied,
    ProtocolError,
    RateLimited,
    ServerError,
    ValidationError,
)

JSON_API = {"content-type": "application/vnd.api+json"}


def error(status: int, document: Any, **headers: str) -> ApiError:
    content = document if isinstance(document, bytes) else json.dumps(document).encode()
    return error_of("POST", "/orders", Answer(status, headers, content))


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, BadRequest),
        (401, AuthenticationError),
        (403, PermissionDenied),
        (404, NotFound),
        (409, Conflict),
        (422, ValidationError),
        (429, RateLimited),
        (500, ServerError),
        (503, ServerError),
        (418, ApiError),
    ],
)
def test_each_status_has_its_error(status: int, kind: type[ApiError]) -> None:
    assert type(error(status, {"errors": [{"title": "No", "detail": "not this"}]})) is kind


def test_every_entry_of_an_error_document_is_kept() -> None:
    refused = error(
        422,
        {
            "errors": [
                {
                    "title": "can't be blank",
                    "detail": "name - can't be blank",
                    "code": "100",
                    "status": "422",
                    "source": {"pointer": "/data/attributes/name"},
                },
                {"title": "is too long", "code": "100", "meta": {"maximum": 100}},
            ]
        },
        **{"x-request-id": "abc-1"},
    )
    assert refused.errors == (
        ErrorDetail("can't be blank", "name - can't be blank", "100", "422", "/data/attributes/name"),
        ErrorDetail("is too long", code="100", meta={"maximum": 100}),
    )
    assert refused.codes == {"100"}
    assert refused.request_id == "abc-1"
    for part in ("POST /orders", "422", "name - can't be blank", "/data/attributes/name", "is too long", "abc-1"):
        assert part in str(refused)


@pytest.mark.parametrize("title", ["Insufficient balance", "Insufficient funds"])
def test_a_balance_that_does_not_do_is_an_error_of_its_own_with_both_amounts(title: str) -> None:
    meta = {"available_balance": "-10.50", "total_cost": 25.2}
    refused = error(400, {"errors": [{"title": title, "code": "400", "meta": meta}]})
    assert isinstance(refused, InsufficientBalance)
    assert (refused.available_balance, refused.total_cost) == (Decimal("-10.50"), Decimal("25.2"))


@pytest.mark.parametrize(
    "meta", [{}, {"available_balance": "a lot", "total_cost": None}, {"total_cost": "NaN"}, None, 7]
)
def test_amounts_that_are_missing_or_none_are_none(meta: Any) -> None:
    refused = error(400, {"errors": [{"title": "Insufficient balance", "meta": meta}]})
    assert isinstance(refused, InsufficientBalance)
    assert refused.available_balance is refused.total_cost is None


def test_the_object_of_older_uploads_is_read() -> None:
    refused = error(422, {"errors": {"base": ["outdated fingerprint"], "file": "is missing"}})
    assert refused.errors == (
        ErrorDetail(detail="outdated fingerprint"),
        ErrorDetail(detail="is missing", pointer="file"),
    )


def test_the_errors_of_the_token_service_are_read() -> None:
    refused = error(401, {"error": "invalid_client", "error_description": "unknown key"})
    assert isinstance(refused, AuthenticationError)
    assert refused.codes == {"invalid_client"}
    assert "unknown key" in str(refused)


def test_a_401_without_a_body_says_what_to_check() -> None:
    refused = error(401, b"")
    assert refused.errors == ()
    for part in ("without a body", "key", "sandbox", "production", "IP", "2026-11-19"):
        assert part in str(refused)


def test_a_429_without_title_or_code_is_read() -> None:
    refused = error(429, {"errors": [{"status": "429", "detail": "Too Many Requests"}]}, **{"retry-after": "3"})
    assert isinstance(refused, RateLimited)
    assert "Too Many Requests" in str(refused)
    assert refused.retry_after == 3


def test_html_is_shown_by_its_beginning() -> None:
    refused = error(503, b"<html>\r\n<h1>Under maintenance</h1>\x1b[31m" + b"x" * 10_000)
    assert isinstance(refused, ServerError)
    assert refused.body.startswith("<html>  <h1>Under maintenance</h1>")
    assert len(str(refused)) < 500
    assert "\x1b" not in str(refused)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["errors", "error", "error_description", "title", "detail", "meta", "source", "pointer", "base"]
            )
            | st.text(max_size=5),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(st.integers(400, 599), json_values)
def test_any_json_makes_an_error_of_ours(status: int, document: Any) -> None:
    refused = error(status, json.dumps(document).encode())
    assert isinstance(refused, DidwwError)
    assert str(status) in str(refused)


@given(
    st.integers(400, 599),
    st.binary(),
    st.dictionaries(st.sampled_from(["retry-after", "x-request-id", "date"]), st.text()),
)
def test_any_bytes_make_an_error_of_ours(status: int, content: bytes, headers: dict[str, str]) -> None:
    assert str(status) in str(error_of("GET", "/dids", Answer(status, headers, content)))


def test_json_nested_beyond_measure_makes_an_error_of_ours() -> None:
    assert isinstance(error(500, b'{"errors":' + b"[" * 100_000), ServerError)


# Good answers.


@pytest.mark.parametrize("content", [b'{"data": []}', b' \n{"data": null}\n ', b"[]", b""])
def test_a_json_document_or_nothing_passes(content: bytes) -> None:
    check_document("GET /dids", Answer(200, JSON_API, content))


@pytest.mark.parametrize("content", [b"<html><body>Sign in</body></html>", b"OK", b"null", b"\xff\xfe"])
def test_what_is_no_document_is_named(content: bytes) -> None:
    with pytest.raises(ProtocolError, match=r"GET /dids: expected a JSON:API document, got text/html") as named:
        check_document("GET /dids", Answer(200, {"content-type": "text/html"}, content))
    assert not isinstance(named.value, BrokenAnswer)


WHOLE = b'{"data": [{"id": "1", "type": "dids"}], "meta": {"total": 1}}'


@pytest.mark.parametrize("cut", [cut for cut in range(1, len(WHOLE)) if WHOLE[cut - 1 : cut] != b"}"])
def test_a_document_that_is_cut_off_is_broken(cut: int) -> None:
    with pytest.raises(BrokenAnswer, match=rf"GET /dids: .* cut off after {cut} bytes"):
        check_document("GET /dids", Answer(200, JSON_API, WHOLE[:cut]))


def body(content: bytes, pieces: list[int], *, method: str = "GET", status: int = 200, **headers: str) -> bytes:
    collected = Body(method, status, {name.replace("_", "-"): value for name, value in headers.items()})
    at = 0
    for size in pieces:
        collected.add(content[at : at + size])
        at += size
    collected.add(content[at:])
    return collected.whole()


@given(st.binary(max_size=2000), st.lists(st.integers(0, 300), max_size=10), st.booleans())
def test_a_body_is_the_same_however_it_was_cut_and_packed(content: bytes, pieces: list[int], packed: bool) -> None:
    sent = gzip.compress(content) if packed else content
    encoding = "gzip" if packed else "identity"
    assert body(sent, pieces, content_length=str(len(sent)), content_encoding=encoding) == content


def test_gzip_of_several_members_is_read_to_its_end() -> None:
    assert body(gzip.compress(b"one ") + gzip.compress(b"two"), [], content_encoding="gzip") == b"one two"


@given(st.integers(1, 49))
def test_gzip_that_is_cut_off_anywhere_is_broken(cut: int) -> None:
    whole = gzip.compress(b'{"data": [], "meta": {"total_records": 0}}')
    with pytest.raises(BrokenAnswer, match="cut off"):
        body(whole[:-cut], [], content_encoding="gzip")


def test_gzip_that_is_damaged_is_broken() -> None:
    whole = bytearray(gzip.compress(b"some text, and more of it"))
    whole[-8] ^= 1  # its checksum
    with pytest.raises(BrokenAnswer, match="damaged"):
        body(bytes(whole), [], content_encoding="gzip")


def test_another_packing_is_refused() -> None:
    with pytest.raises(BrokenAnswer, match="deflate"):
        body(zlib.compress(b"{}"), [], content_encoding="deflate")


@pytest.mark.parametrize("announced", ["3", "5"])
def test_a_body_of_another_length_than_announced_is_broken(announced: str) -> None:
    with pytest.raises(BrokenAnswer, match=f"4 of {announced} bytes"):
        body(b"four", [], content_length=announced)


@pytest.mark.parametrize(("method", "status"), [("HEAD", 200), ("GET", 304), ("DELETE", 204)])
def test_an_answer_without_a_body_by_its_nature_is_whole(method: str, status: int) -> None:
    assert body(b"", [], method=method, status=status, content_length="52", content_encoding="gzip") == b""
