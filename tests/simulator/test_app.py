"""Arrival, credentials, media types, versions and the limit."""

from __future__ import annotations

import httpx
import pytest

from didww_async.errors import ConfigurationError
from didww_async.simulator import Simulator

from .conftest import KEY, MEDIA_TYPE, Client, Clock, Start, errors


async def test_every_answer_says_its_version_and_carries_a_request_id(api: Client) -> None:
    response = await api.get("balance")
    assert response.headers["content-type"] == MEDIA_TYPE
    assert response.headers["x-request-id"] != (await api.get("balance")).headers["x-request-id"]
    assert float(response.headers["x-runtime"]) >= 0
    assert response.json()["meta"] == {"api_version": "2026-04-16"}


@pytest.mark.parametrize("key", [None, "", "another"])
async def test_a_missing_or_unknown_key_is_told_so_in_an_error_document(api: Client, key: str | None) -> None:
    api.http.headers.pop("api-key")
    response = await api.http.get("dids", headers={} if key is None else {"Api-Key": key})
    assert errors(response, 401) == [("401", "Authorization failed", None)]


async def test_an_empty_401_can_be_asked_for(api: Client) -> None:
    api.sim.faults.empty_401 = True
    response = await api.http.get("dids", headers={"api-key": "another"})
    assert (response.status_code, response.content) == (401, b"")


async def test_public_keys_need_no_key_and_have_neither_meta_nor_links(api: Client) -> None:
    api.http.headers.pop("api-key")
    response = await api.get("public_keys")
    assert list(response.json()) == ["data"]
    assert len(response.json()["data"]) == 2


@pytest.mark.parametrize("content_type", ["application/json", f"{MEDIA_TYPE}; charset=utf-8", ""])
async def test_another_content_type_is_a_415(api: Client, content_type: str) -> None:
    response = await api.http.post("orders", content=b"{}", headers={"content-type": content_type})
    assert errors(response, 415)


@pytest.mark.parametrize("accept", [f"{MEDIA_TYPE}; charset=utf-8", "text/html"])
async def test_an_accept_header_with_parameters_or_for_something_else_is_a_406(api: Client, accept: str) -> None:
    assert errors(await api.http.get("dids", headers={"accept": accept}), 406)


@pytest.mark.parametrize("accept", [MEDIA_TYPE, "*/*", f"text/html, {MEDIA_TYPE}", "text/html, */*;q=0.8"])
async def test_an_accept_header_that_includes_the_media_type_is_served(api: Client, accept: str) -> None:
    assert (await api.http.get("balance", headers={"accept": accept})).status_code == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "countries"),
        ("DELETE", "dids/02b5d6e1-7d63-4a5a-9d4c-63b0c0836abd"),
        ("DELETE", "exports/02b5d6e1-7d63-4a5a-9d4c-63b0c0836abd"),
        ("GET", "address_requirement_validations"),
        ("PATCH", "balance"),
    ],
)
async def test_a_method_that_a_resource_does_not_have_is_a_405(api: Client, method: str, path: str) -> None:
    response = await api.http.request(method, path, headers={"content-type": MEDIA_TYPE}, content=b"{}")
    assert errors(response, 405)


@pytest.mark.parametrize("path", ["nothing", "stock_keeping_units", "pops/1", "dids/1/nothing", "balance/1", ""])
async def test_an_address_that_leads_nowhere_is_a_404(api: Client, path: str) -> None:
    assert errors(await api.get(path), 404)


async def test_a_record_that_is_not_there_is_named_in_the_404(api: Client) -> None:
    response = await api.get("dids/44957076-778a-4802-b60c-d22db0cda284")
    detail = "The record identified by 44957076-778a-4802-b60c-d22db0cda284 could not be found."
    assert errors(response, 404) == [("404", detail, None)]


@pytest.mark.parametrize("asked", ["2022-05-10", "soon", "2026-04-16"])
async def test_an_older_or_unknown_version_is_ignored(api: Client, asked: str) -> None:
    response = await api.http.get("balance", headers={"X-DIDWW-API-Version": asked})
    assert response.json()["meta"]["api_version"] == "2026-04-16"


async def test_answers_can_name_another_version(start: Start) -> None:
    api = start(answered_version="2026-10-22")
    assert (await api.get("balance")).json()["meta"]["api_version"] == "2026-10-22"


def test_an_unknown_version_is_refused_when_the_simulator_is_made() -> None:
    with pytest.raises(ConfigurationError, match="2022-05-10"):
        Simulator(api_version="2022-05-10")


async def test_the_limit_is_counted_by_key_and_names_neither_title_nor_code(start: Start, clock: Clock) -> None:
    api = start(rate=20, keys=("one", "two"))
    statuses = [(await _ask(api, "one")).status_code for _ in range(25)]
    assert statuses == [200] * 20 + [429] * 5
    assert (await _ask(api, "two")).status_code == 200
    refused = await _ask(api, "one")
    assert refused.json() == {"errors": [{"status": "429", "detail": "Too Many Requests"}]}
    assert "retry-after" not in refused.headers
    assert (api.sim.requests, api.sim.refused) == (27, 6)
    clock.seconds += 1
    assert (await _ask(api, "one")).status_code == 200


async def test_a_429_can_say_when_to_come_back(start: Start) -> None:
    api = start(rate=1)
    api.sim.faults.retry_after = "7"
    await _ask(api, KEY)
    assert (await _ask(api, KEY)).headers["retry-after"] == "7"


async def test_no_second_of_a_sliding_window_holds_more_than_the_rate(start: Start, clock: Clock) -> None:
    api = start(rate=20)
    admitted: list[float] = []
    for _ in range(400):
        clock.seconds += 0.013
        if (await _ask(api, KEY)).status_code == 200:
            admitted.append(clock.seconds)
    assert all(late - early >= 1 - 1e-6 for early, late in zip(admitted, admitted[20:], strict=False))
    assert len(admitted) >= 400 * 0.013 * 20 - 20


async def test_a_fixed_window_begins_anew_with_each_second_of_the_clock(start: Start, clock: Clock) -> None:
    api = start(rate=20, window="fixed")
    clock.seconds = 5.95
    assert [(await _ask(api, KEY)).status_code for _ in range(21)].count(200) == 20
    clock.seconds = 6.0
    assert [(await _ask(api, KEY)).status_code for _ in range(21)].count(200) == 20


async def test_whoever_paces_itself_to_the_limit_is_never_refused(start: Start, clock: Clock) -> None:
    api = start(rate=20)
    begin = clock.seconds
    for number in range(200):
        clock.seconds = begin + number * 0.05
        assert (await _ask(api, KEY)).status_code == 200


async def test_the_log_tells_what_was_asked_and_never_shows_a_key(api: Client) -> None:
    await api.get("balance")
    await api.get("nothing")
    assert [(one.method, one.path, one.status) for one in api.sim.log] == [
        ("GET", "balance", 200),
        ("GET", "nothing", 404),
    ]
    assert KEY not in repr(api.sim.log)


async def _ask(api: Client, key: str) -> httpx.Response:
    return await api.http.get("balance", headers={"api-key": key})
