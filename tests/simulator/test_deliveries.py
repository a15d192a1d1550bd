"""The simulator signs and sends callbacks as the vendor does."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from didww_async.callbacks import CallbackVerifier, OrderEvent, UnknownEvent, VoiceOutTrunkEvent
from didww_async.simulator.deliveries import Attempt, CallbackSender, sign

ORDER = {"id": "1dd7a68b-e235-402b-8912-fe73ee14243a", "status": "completed", "type": "orders"}


class Receiver(httpx.AsyncBaseTransport):
    """Answers with each of the statuses in turn, the last for ever; an exception stands for no answer."""

    def __init__(self, *answers: int | httpx.HTTPError) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []
        self.slept: list[float] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        self.requests.append(request)
        answer = self.answers[min(len(self.requests), len(self.answers)) - 1]
        if isinstance(answer, httpx.HTTPError):
            raise answer
        return httpx.Response(answer)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    def sender(self, secret: str | None = "SOMEAPIKEY") -> CallbackSender:
        return CallbackSender(secret=secret, sleep=self.sleep, transport=self)


async def test_a_form_is_posted_with_the_vendor_s_signature() -> None:
    receiver = Receiver(200)

    assert await receiver.sender().send("http://example.com/callbacks", "post", ORDER)

    (request,) = receiver.requests
    assert request.method == "POST"
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"
    assert dict(parse_qsl(request.content.decode())) == ORDER
    assert request.headers["x-didww-signature"] == "fe99e416c3547f2f59002403ec856ea386d05b2f"


async def test_a_get_carries_the_payload_behind_the_url_s_own_query() -> None:
    receiver = Receiver(200)
    payload = ORDER | {"type": "exports", "url": "https://api.didww.com/v3/exports/a.csv.gz"}

    assert await receiver.sender().send("https://example.com/cb?x=1", "get", payload)

    (request,) = receiver.requests
    assert str(request.url) == f"https://example.com/cb?x=1&{urlencode(payload)}"
    assert request.headers["x-didww-signature"] == "ab513f2a61e5cf4b59861a3e2c4d26aaf935b0ab"
    assert request.content == b""


async def test_events_of_trunks_are_posted_as_a_signed_json_array() -> None:
    receiver = Receiver(200)
    entry: dict[str, str | bool] = {
        "id": "f36d1d17-bd16-42b9-af42-0cfe166bf3ec",
        "type": "voice_out_trunks",
        "status": "blocked",
        "threshold_reached": True,
        "created_at": "2017-06-25T08:21:41.795Z",
    }

    assert await receiver.sender().send("https://example.com/cb", "post", [entry])

    (request,) = receiver.requests
    assert request.headers["content-type"] == "application/json"
    assert request.headers["x-didww-signature"] == "32a7ec72898a7b18ab45ce575c9a55c94170ea2e"
    events = CallbackVerifier("SOMEAPIKEY").parse("POST", str(request.url), request.headers, request.content)
    assert [type(event) for event in events] == [VoiceOutTrunkEvent]


@pytest.mark.parametrize("status", [199, 299, 301, 400, 404, 500, 503])
async def test_whatever_is_not_taken_is_sent_ten_times_at_the_vendor_s_intervals(status: int) -> None:
    receiver = Receiver(status)

    assert not await receiver.sender().send("http://example.com/cb", "post", ORDER)

    minute, hour, day = 60, 3600, 86_400
    assert len(receiver.requests) == 10
    assert receiver.slept == [
        minute, 10 * minute, 30 * minute, hour, 3 * hour, 6 * hour, 12 * hour, day, 2 * day,
    ]  # fmt: skip


async def test_it_is_sent_no_more_once_it_was_taken() -> None:
    receiver = Receiver(httpx.ReadTimeout("a minute passed"), httpx.ConnectError("refused"), 500, 204)
    sender = receiver.sender()

    assert await sender.send("example.com/cb", "post", ORDER)

    assert receiver.slept == [60, 600, 1800]
    assert sender.attempts == [Attempt("http://example.com/cb", "POST", status) for status in (None, None, 500, 204)]
    assert len({request.headers["x-didww-signature"] for request in receiver.requests}) == 1


async def test_an_account_without_an_enabled_secret_is_sent_nothing() -> None:
    receiver = Receiver(200)

    assert not await receiver.sender(None).send("http://example.com/cb", "post", ORDER)

    assert receiver.requests == []


_texts = st.text(st.characters(codec="utf-8"), max_size=20)


@settings(deadline=None)
@given(
    st.sampled_from(["http://a.b", "https://a.b:8443/", "http://u:p@[::1]/x%20y", "https://a.b/c?q=1&id=2"]),
    st.sampled_from(["GET", "POST"]),
    st.dictionaries(st.from_regex(r"[a-z_]{1,9}", fullmatch=True), _texts, max_size=5),
)
def test_what_the_simulator_signs_the_library_believes(url: str, method: str, members: dict[str, str]) -> None:
    payload = members | {"type": "faxes"}
    query = urlencode(sorted(payload.items()))
    if method == "GET":
        url = f"{url}{'&' if '?' in url else '?'}{query}"
    headers = {"X-DIDWW-Signature": sign("secret", url, [payload])}

    events = CallbackVerifier("secret").parse(method, url, headers, b"" if method == "GET" else query.encode())

    assert events == (UnknownEvent(type="faxes", members=payload),)


async def test_a_delivery_is_believed_by_the_library_s_verifier() -> None:
    receiver = Receiver(200)

    await receiver.sender().send("http://me:pw@example.com:8080/a%2Fb?c=d", "get", ORDER)

    (request,) = receiver.requests
    verifier = CallbackVerifier("SOMEAPIKEY", "http://me:pw@example.com:8080")
    assert verifier.parse("GET", str(request.url), request.headers) == (OrderEvent(id=ORDER["id"], status="completed"),)
