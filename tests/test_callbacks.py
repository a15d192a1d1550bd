"""Genuine callbacks become typed events, and nothing else does."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from didww_async.callbacks import (
    AddressVerificationEvent,
    CallbackVerifier,
    EmergencyVerificationEvent,
    ExportEvent,
    OrderEvent,
    UnknownEvent,
    VoiceOutTrunkEvent,
)
from didww_async.errors import ConfigurationError, InvalidCallback

ORDER = {"id": "1dd7a68b-e235-402b-8912-fe73ee14243a", "status": "completed", "type": "orders"}

# Signatures that DIDWW publishes for the URL http://.../ and the order above, by secret and URL.
PUBLISHED = {
    ("SOMEAPIKEY", "http://example.com/callbacks"): "fe99e416c3547f2f59002403ec856ea386d05b2f",
    ("OTHERAPIKEY", "http://example.com/callbacks?foo=bar#baz"): "32754ba93ac1207e540c0cf90371e7786b3b1cde",
    ("SOMEAPIKEY", "http://foo.com/bar"): "4d1ce2be656d20d064183bec2ab98a2ff3981f73",
    ("SOMEAPIKEY", "http://foo.com:80/bar"): "4d1ce2be656d20d064183bec2ab98a2ff3981f73",
    ("SOMEAPIKEY", "http://foo.com:443/bar"): "904eaa65c0759afac0e4d8912de424e2dfb96ea1",
    ("SOMEAPIKEY", "http://foo.com:8182/bar"): "eb8fcfb3d7ed4b4c2265d73cf93c31ba614384d1",
    ("SOMEAPIKEY", "http://foo.com/bar?baz=boo"): "78b00717a86ce9df06abf45ff818aa94537e1729",
    ("SOMEAPIKEY", "http://user:pass@foo.com/bar"): "88615a11a78c021c1da2e1e0bfb8cc165170afc5",
    ("SOMEAPIKEY", "http://foo.com/bar#test"): "b1c4391fcdab7c0521bb5b9eb4f41f08529b8418",
    ("SOMEAPIKEY", "https://foo.com/bar"): "f26a771c302319a7094accbe2989bad67fff2928",
    ("SOMEAPIKEY", "https://foo.com:443/bar"): "f26a771c302319a7094accbe2989bad67fff2928",
    ("SOMEAPIKEY", "https://foo.com:80/bar"): "bd45af5253b72f6383c6af7dc75250f12b73a4e1",
    ("SOMEAPIKEY", "https://foo.com:8384/bar"): "9c9fec4b7ebd6e1c461cb8e4ffe4f2987a19a5d3",
    ("SOMEAPIKEY", "https://foo.com/bar?qwe=asd"): "4a0e98ddf286acadd1d5be1b0ed85a4e541c3137",
    ("SOMEAPIKEY", "https://qwe:asd@foo.com/bar"): "7a8cd4a6c349910dfecaf9807e56a63787250bbd",
    ("SOMEAPIKEY", "https://foo.com/bar#baz"): "5024919770ea5ca2e3ccc07cb940323d79819508",
    ("SOMEAPIKEY", "http://[::1]/bar"): "e0e9b83e4046d097f54b3ae64b08cbb4a539f601",
    ("SOMEAPIKEY", "http://[::1]:80/bar"): "e0e9b83e4046d097f54b3ae64b08cbb4a539f601",
    ("SOMEAPIKEY", "http://[::1]:9090/bar"): "ebec110ec5debd0e0fd086ff2f02e48ca665b543",
    ("SOMEAPIKEY", "https://[::1]/bar"): "f3cfe6f523fdf1d4eaadc310fcd3ed92e1e324b0",
    ("SOMEAPIKEY", "http://foo.com/hello%20world"): "eb64035b2e8f356ff1442898a39ec94d5c3e2fc8",
    ("SOMEAPIKEY", "http://foo.com/foo%2Fbar"): "db24428442b012fa0972a453ba1ba98e755bba10",
}


def form(members: Mapping[str, str]) -> bytes:
    return urlencode(members).encode()


def signed(text: str, secret: str = "SOMEAPIKEY") -> dict[str, str]:
    """The header for a text that is put together by hand, so that the test knows the rule by itself."""
    return {"X-DIDWW-Signature": hmac.new(secret.encode(), text.encode(), hashlib.sha1).hexdigest()}


def run_together(members: Mapping[str, str]) -> str:
    return "".join(name + members[name] for name in sorted(members))


@pytest.mark.parametrize(("secret", "url"), PUBLISHED)
def test_the_published_signatures_are_accepted(secret: str, url: str) -> None:
    headers = {"x-didww-signature": PUBLISHED[secret, url]}

    events = CallbackVerifier(secret).parse("POST", url, headers, form(ORDER))

    assert events == (OrderEvent(id=ORDER["id"], status="completed"),)


def test_the_published_signature_of_the_documentation_is_accepted() -> None:
    body = form({"id": "bf2cee72-6caa-4ae2-917e-bea01945691e", "status": "completed", "type": "orders"})
    headers = {"X-DIDWW-Signature": "30f66e9d72eb5e193051fd02952f70d8e934b4ff"}
    verifier = CallbackVerifier("szrdgh6547umt7tht7xbqhj6g9gdbyp7")

    (event,) = verifier.parse("POST", "https://mycompany.com/didww_callbacks?opaque=123", headers, body)

    assert event == OrderEvent(id="bf2cee72-6caa-4ae2-917e-bea01945691e", status="completed")


def test_the_published_signature_of_a_get_is_accepted() -> None:
    url = (
        "http://example.com/callback.php?id=7ae7c48f-d48a-499f-9dc1-c9217014b457"
        "&reject_reason=&status=approved&type=address_verifications"
    )
    headers = {"X-DIDWW-Signature": "18050028b6b22d0ed516706fba1c1af8d6a8f9d5"}

    (event,) = CallbackVerifier("SOMEAPIKEY").parse("GET", url, headers)

    assert event == AddressVerificationEvent(
        id="7ae7c48f-d48a-499f-9dc1-c9217014b457", status="approved", reject_reasons="", reject_comment=""
    )


def test_a_get_is_signed_over_the_url_as_received_and_its_payload_is_told_from_the_url_s_own_query() -> None:
    url = (
        "https://example.com/cb?x=1&id=1dd7a68b-e235-402b-8912-fe73ee14243a&status=completed&type=exports"
        "&url=https%3A%2F%2Fapi.didww.com%2Fv3%2Fexports%2Fa.csv.gz"
    )
    headers = {"X-DIDWW-Signature": "ab513f2a61e5cf4b59861a3e2c4d26aaf935b0ab"}

    (event,) = CallbackVerifier("SOMEAPIKEY").parse("GET", url, headers)

    assert event == ExportEvent(id=ORDER["id"], status="completed", url="https://api.didww.com/v3/exports/a.csv.gz")


@pytest.mark.parametrize("own", ["a=1", "id=7", "type=orders", "flag", "zz=9&flag&a=1", "id=0&type=x"])
def test_whatever_the_registered_url_asks_of_its_own_is_not_taken_for_payload(own: str) -> None:
    url = f"https://example.com/cb?{own}&{urlencode(ORDER)}"
    text = url.replace("example.com", "example.com:443") + run_together(ORDER)

    assert CallbackVerifier("SOMEAPIKEY").parse("GET", url, signed(text)) == (
        OrderEvent(id=ORDER["id"], status="completed"),
    )


def test_a_json_array_is_verified_and_gives_its_events_in_order() -> None:
    entry = {
        "id": "f36d1d17-bd16-42b9-af42-0cfe166bf3ec",
        "type": "voice_out_trunks",
        "status": "blocked",
        "threshold_reached": True,
        "created_at": "2017-06-25T08:21:41.795Z",
    }
    blocked = VoiceOutTrunkEvent(
        id="f36d1d17-bd16-42b9-af42-0cfe166bf3ec",
        status="blocked",
        threshold_reached=True,
        created_at=datetime(2017, 6, 25, 8, 21, 41, 795000, tzinfo=UTC),
    )
    headers = {"X-DIDWW-Signature": "32a7ec72898a7b18ab45ce575c9a55c94170ea2e"}
    verifier = CallbackVerifier("SOMEAPIKEY")

    assert verifier.parse("POST", "https://example.com/cb", headers, json.dumps([entry]).encode()) == (blocked,)

    later = entry | {"status": "active", "threshold_reached": False, "reason": None, "attempt": 1.50}
    text = "https://example.com:443/cb" + "".join(
        run_together({name: value if isinstance(value, str) else written for name, value in one.items()})
        for one, written in ((entry, "true"),)
    )
    text += "attempt1.5created_at2017-06-25T08:21:41.795Zidf36d1d17-bd16-42b9-af42-0cfe166bf3ecreason"
    text += "statusactivethreshold_reachedfalsetypevoice_out_trunks"
    first, second = verifier.parse("POST", "https://example.com/cb", signed(text), json.dumps([entry, later]).encode())
    assert first == blocked
    assert isinstance(second, VoiceOutTrunkEvent)
    assert (second.status, second.threshold_reached) == ("active", False)
    assert second.extra == {"reason": "", "attempt": "1.5"}


def test_a_review_of_an_emergency_service_carries_its_reasons_and_its_service() -> None:
    members = {
        "id": ORDER["id"],
        "type": "emergency_verifications",
        "status": "rejected",
        "reject_reasons": "Address not found; Wrong postal code",
        "reject_comment": "Straße & Hausnummer",
        "emergency_calling_service_id": "f36d1d17-bd16-42b9-af42-0cfe166bf3ec",
    }

    (event,) = CallbackVerifier("SOMEAPIKEY").parse(
        "POST", "http://a.b/c", signed("http://a.b:80/c" + run_together(members)), form(members)
    )

    assert event == EmergencyVerificationEvent(
        id=ORDER["id"],
        status="rejected",
        reject_reasons="Address not found; Wrong postal code",
        reject_comment="Straße & Hausnummer",
        emergency_calling_service_id="f36d1d17-bd16-42b9-af42-0cfe166bf3ec",
    )


def test_unknown_types_statuses_and_members_are_kept() -> None:
    verifier = CallbackVerifier("SOMEAPIKEY")
    fax = {"type": "faxes", "pages": "3"}
    order = ORDER | {"status": "postponed", "until": "2027-01-01"}

    (unknown,) = verifier.parse("POST", "http://a.b/c", signed("http://a.b:80/c" + run_together(fax)), form(fax))
    (known,) = verifier.parse("POST", "http://a.b/c", signed("http://a.b:80/c" + run_together(order)), form(order))

    assert unknown == UnknownEvent(type="faxes", members=fax)
    assert unknown.id is None
    assert known == OrderEvent(id=ORDER["id"], status="postponed", extra={"until": "2027-01-01"})


@pytest.mark.parametrize("secret", ["first", "second", "third"])
def test_each_of_several_secrets_is_accepted_while_one_replaces_another(secret: str) -> None:
    headers = signed("http://a.b:80/c" + run_together(ORDER), secret)

    assert CallbackVerifier(["first", "second", "third"]).parse("POST", "http://a.b/c", headers, form(ORDER))
    with pytest.raises(InvalidCallback, match="none of 1 secrets"):
        CallbackVerifier("fourth").parse("POST", "http://a.b/c", headers, form(ORDER))


@pytest.mark.parametrize(
    ("public_url", "seen", "signed_as"),
    [
        ("https://example.com/didww", "http://10.0.0.7:8000/internal", "https://example.com:443/didww"),
        ("https://example.com/didww", "/internal", "https://example.com:443/didww"),
        ("https://example.com", "http://10.0.0.7:8000/didww?a=1", "https://example.com:443/didww?a=1"),
        ("https://example.com/didww?a=1", "http://10.0.0.7/didww?a=1", "https://example.com:443/didww?a=1"),
        (
            "http://me:pw@example.com/didww#new",
            "http://example.com/didww",
            "http://me:pw@example.com:80/didww#new",
        ),
        ("http://example.com", "http://example.com/", "http://example.com:80"),
    ],
)
def test_behind_a_proxy_the_public_url_is_what_was_signed(public_url: str, seen: str, signed_as: str) -> None:
    headers = signed(signed_as + run_together(ORDER))

    assert CallbackVerifier("SOMEAPIKEY", public_url).parse("POST", seen, headers, form(ORDER))


def test_the_public_url_serves_a_get_with_the_query_that_came() -> None:
    payload = urlencode(ORDER)
    headers = signed(f"https://example.com:443/didww?a=1&{payload}" + run_together(ORDER))
    verifier = CallbackVerifier("SOMEAPIKEY", "https://example.com/didww?a=1")

    assert verifier.parse("GET", f"http://10.0.0.7:8000/didww?a=1&{payload}", headers)


def test_a_url_registered_without_a_path_or_in_capitals_is_recognised() -> None:
    verifier = CallbackVerifier("SOMEAPIKEY")

    headers = signed("https://example.com:443" + run_together(ORDER))
    assert verifier.parse("POST", "https://example.com/", headers, form(ORDER))
    headers = signed("https://example.com:443/cb" + run_together(ORDER))
    assert verifier.parse("POST", "https://Example.com/cb", headers, form(ORDER))


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({}, ""),
        ({"id": ORDER["id"]}, f"id{ORDER['id']}"),
        ({"id": ORDER["id"], "type": "orders"}, f"id{ORDER['id']}typeorders"),
        ({"id": ORDER["id"] + "statuscompleted", "type": "orders"}, run_together(ORDER)),
        ({"id": ORDER["id"], "status": "completedtypeorders"}, run_together(ORDER)),
        ({"id": ORDER["id"], "status": "comple", "ted": "", "type": "orders"}, run_together(ORDER)),
        ({"id": ORDER["id"][:8], "q": "", "status": "completed", "type": "orders"}, None),
    ],
)
def test_a_payload_cut_at_other_places_is_refused_though_its_signature_is_right(
    body: dict[str, str], text: str | None
) -> None:
    headers = signed("http://a.b:80/c" + (run_together(body) if text is None else text))

    with pytest.raises(InvalidCallback):
        CallbackVerifier("SOMEAPIKEY").parse("POST", "http://a.b/c", headers, form(body))


@pytest.mark.parametrize(
    "body",
    [
        b"\xff\xfe",
        b"id=%ff&status=completed&type=orders",
        b"[1,2]",
        b"[]",
        b'[{"id":',
        b"[" * 10_000,
        b"id=1&id=2&type=orders",
        b"&".join(b"a%d=1" % number for number in range(40)),
    ],
)
def test_a_malformed_body_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidCallback):
        CallbackVerifier("SOMEAPIKEY").parse("POST", "http://a.b/c", signed("http://a.b:80/c"), body)


def test_a_body_or_a_query_over_the_limit_is_refused() -> None:
    members = ORDER | {"note": "x" * 2000}
    headers = signed("http://a.b:80/c" + run_together(members))

    assert CallbackVerifier("SOMEAPIKEY").parse("POST", "http://a.b/c", headers, form(members))
    with pytest.raises(InvalidCallback, match="larger than the 1000 bytes"):
        CallbackVerifier("SOMEAPIKEY", max_body=1000).parse("POST", "http://a.b/c", headers, form(members))
    with pytest.raises(InvalidCallback, match="larger than the 1000 bytes"):
        CallbackVerifier("SOMEAPIKEY", max_body=1000).parse("GET", f"http://a.b/c?{urlencode(members)}", headers)


@pytest.mark.parametrize("headers", [{}, {"X-DIDWW-Signature": ""}, {"X-DIDWW-Signature": "é" * 40}])
def test_an_unsigned_callback_is_refused(headers: dict[str, str]) -> None:
    with pytest.raises(InvalidCallback, match="X-DIDWW-Signature"):
        CallbackVerifier("SOMEAPIKEY").parse("POST", "http://a.b/c", headers, form(ORDER))


@pytest.mark.parametrize("method", ["PUT", "HEAD", "DELETE"])
def test_only_get_and_post_are_callbacks(method: str) -> None:
    headers = signed("http://a.b:80/c" + run_together(ORDER))

    with pytest.raises(InvalidCallback, match=method):
        CallbackVerifier("SOMEAPIKEY").parse(method, "http://a.b/c", headers, form(ORDER))


def test_a_verifier_without_a_secret_or_with_a_strange_public_url_is_refused_at_once() -> None:
    for secrets in ("", [], ["good", ""]):
        with pytest.raises(ConfigurationError, match="secret"):
            CallbackVerifier(secrets)
    for public_url in ("ftp://example.com/cb", "/cb", "http://exa mple[/"):
        with pytest.raises(ConfigurationError, match="public_url"):
            CallbackVerifier("SOMEAPIKEY", public_url)


def test_secrets_are_in_no_repr_and_no_message() -> None:
    verifier = CallbackVerifier("SOMEAPIKEY", "https://me:hidden@example.com/cb")

    with pytest.raises(InvalidCallback) as refused:
        verifier.parse("POST", "https://example.com/cb", {"X-DIDWW-Signature": "0" * 40}, form(ORDER))

    for text in (repr(verifier), repr(refused.value)):
        assert "SOMEAPIKEY" not in text
        assert "hidden" not in text


BODY = form(ORDER)
ARRAY = json.dumps(
    [
        {
            "id": ORDER["id"],
            "type": "voice_out_trunks",
            "status": "active",
            "threshold_reached": False,
            "created_at": "2026-11-01T00:00:00.000Z",
        }
    ]
).encode()
ARRAY_TEXT = f"created_at2026-11-01T00:00:00.000Zid{ORDER['id']}statusactivethreshold_reachedfalsetypevoice_out_trunks"


@settings(deadline=None)
@given(st.data())
@pytest.mark.parametrize(("body", "text"), [(BODY, run_together(ORDER)), (ARRAY, ARRAY_TEXT)])
def test_no_change_of_one_byte_of_the_body_changes_what_is_believed(
    body: bytes, text: str, data: st.DataObject
) -> None:
    verifier = CallbackVerifier("SOMEAPIKEY")
    headers = signed("https://example.com:443/cb?a=b" + text)
    genuine = verifier.parse("POST", "https://example.com/cb?a=b", headers, body)
    at = data.draw(st.integers(0, len(body) - 1))
    dropped = data.draw(st.integers(0, 1))
    forged = body[:at] + data.draw(st.binary(max_size=2)) + body[at + dropped :]

    try:
        believed = verifier.parse("POST", "https://example.com/cb?a=b", headers, forged)
    except InvalidCallback:
        return
    # Space in an array, or a character that can be written in two ways, changes nothing that is said.
    assert believed == genuine


@settings(deadline=None)
@given(st.data())
def test_no_other_url_has_the_signature(data: st.DataObject) -> None:
    url = f"https://example.com:8443/didww/cb?a=b&{urlencode(ORDER)}"
    headers = signed(url + run_together(ORDER))
    verifier = CallbackVerifier("SOMEAPIKEY")
    assert verifier.parse("GET", url, headers)
    at = data.draw(st.integers(0, len(url) - 1))
    forged = url[:at] + data.draw(st.text(max_size=2)) + url[at + 1 :]

    if forged.lower() != url.lower():
        with pytest.raises(InvalidCallback):
            verifier.parse("GET", forged, headers)


@settings(deadline=None)
@given(st.integers(0, 39), st.sampled_from("0123456789abcdefABCDEF xé"))
def test_no_other_signature_is_accepted(at: int, digit: str) -> None:
    right = signed("http://a.b:80/c" + run_together(ORDER))["X-DIDWW-Signature"]
    forged = right[:at] + digit + right[at + 1 :]

    if forged != right:
        with pytest.raises(InvalidCallback):
            CallbackVerifier("SOMEAPIKEY").parse("POST", "http://a.b/c", {"X-DIDWW-Signature": forged}, BODY)


@settings(deadline=None)
@given(st.binary(max_size=200), st.text(max_size=100), st.sampled_from(["GET", "POST"]))
def test_whatever_comes_is_answered_by_one_kind_of_error(body: bytes, url: str, method: str) -> None:
    with pytest.raises(InvalidCallback):
        CallbackVerifier("SOMEAPIKEY").parse(method, url, {"X-DIDWW-Signature": "0" * 40}, body)
