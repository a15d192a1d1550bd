"""The newer version: tokens instead of keys, what it has more and what it has no longer."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from didww_async.simulator.cdrs import COLUMNS

from .conftest import KEY, Client, Clock, Start, errors, to, to_many
from .test_exports import DAY

NEW = "2026-11-19"


async def mint(api: Client, **asked: Any) -> str:
    """A token for the API, or for what is asked."""
    url = "https://auth-sandbox.didww.com/token"
    response = await api.http.post(url, json={"aud": "api.didww.com"} | asked, headers={"api-key": KEY})
    assert response.status_code == 200, response.text
    token: str = response.json()["access_token"]
    return token


async def bearer(api: Client, **asked: Any) -> str:
    """Let the client use a token instead of its key."""
    authorization = f"Bearer {await mint(api, **asked)}"
    api.http.headers.pop("api-key", None)
    api.http.headers["authorization"] = authorization
    return authorization


@pytest.fixture
async def new(start: Start) -> Client:
    """A client with a token, for an account of the newer version."""
    api = start(api_version=NEW)
    await bearer(api)
    return api


async def test_a_key_does_not_open_the_newer_version(start: Start) -> None:
    api = start(api_version=NEW)
    response = await api.get("balance")
    assert (response.status_code, response.content) == (401, b"")


async def test_a_token_opens_it_and_the_answer_says_the_version(new: Client) -> None:
    assert (await new.get("balance")).json()["meta"] == {"api_version": NEW}


async def test_a_token_that_expired_is_refused_with_its_reason(new: Client, clock: Clock) -> None:
    clock.seconds += 901
    response = await new.get("balance")
    assert errors(response, 401)
    assert "invalid_token" in response.headers["www-authenticate"]


async def test_a_token_for_another_audience_is_refused(start: Start) -> None:
    api = start(api_version=NEW)
    await bearer(api, aud="api-vin.didww.com")
    assert (await api.get("balance")).status_code == 401


async def test_a_token_for_reading_does_not_write(start: Start) -> None:
    api = start(api_version=NEW)
    await bearer(api, scope="read")
    assert (await api.get("dids")).status_code == 200
    response = await api.create("voice_in_trunk_groups", {"name": "x"})
    assert errors(response, 403)
    assert "insufficient_scope" in response.headers["www-authenticate"]


async def test_the_limit_is_that_of_the_key_however_many_tokens_there_are(start: Start) -> None:
    api = start(api_version=NEW, rate=20)
    statuses: list[int] = []
    for _ in range(3):
        await bearer(api)
        statuses += [(await api.get("balance")).status_code for _ in range(10)]
    assert statuses == [200] * 20 + [429] * 10


async def test_an_account_of_the_older_version_can_ask_for_the_newer_one(api: Client) -> None:
    headers = {"X-DIDWW-API-Version": NEW}
    assert (await api.http.get("balance", headers=headers)).status_code == 401
    await bearer(api)
    assert (await api.get("balance")).json()["meta"] == {"api_version": NEW}


async def test_public_keys_need_no_credentials_here_either(new: Client) -> None:
    new.http.headers.pop("authorization")
    assert len(await new.data("public_keys")) == 2


@pytest.mark.parametrize(
    "params",
    [
        {"include": "did_group_type"},
        {"filter[did_group_type.id]": "1"},
        {"sort": "did_group_type.name"},
        {"fields[did_groups]": "did_group_type"},
    ],
)
async def test_group_types_are_gone(new: Client, params: dict[str, str]) -> None:
    assert errors(await new.get("did_groups", **params), 400)
    assert (await new.get("did_group_types")).status_code == 404


async def test_number_types_have_taken_their_place(new: Client) -> None:
    groups = await new.data("did_groups", **{"filter[features]": "voice_in"})
    assert {group["attributes"]["number_type"] for group in groups} >= {"local", "mobile"}
    requirements = await new.data("address_requirements", **{"filter[number_type]": "mobile"})
    assert {one["attributes"]["number_type"] for one in requirements} == {"mobile"}
    assert errors(await new.get("address_requirements", **{"filter[number_type]": "odd"}), 400)


async def test_a_pop_is_a_code(new: Client) -> None:
    configuration = {"type": "pstn_configurations", "attributes": {"dst": "4420"}}
    made = await new.made("voice_in_trunks", {"name": "pop", "pop": "FRA", "configuration": configuration})
    assert made["attributes"]["pop"] == "FRA"
    assert "pop" not in made["relationships"]
    response = await new.create("voice_in_trunks", {"name": "no", "pop": "XXX", "configuration": configuration})
    assert errors(response, 422)[0][2] == "/data/attributes/pop"


@pytest.mark.parametrize(
    ("kind", "attributes", "generated"),
    [
        ("sms_to_email", {"send_to": "a@example.com", "subject": "s", "message": "m"}, set[str]()),
        ("http_in", {"url": "https://example.com", "http_method": "post"}, set[str]()),
        ("http_out", {"allowed_ips": ["203.0.113.10"]}, {"auth_name", "auth_password"}),
        ("smpp_esme", {"server_location": "fra"}, {"system_id", "password"}),
        ("smpp_smsc", {"host": "h", "system_id": "s", "password": "p"}, set[str]()),
    ],
)
async def test_message_trunks_of_every_kind_are_made_and_merged(
    new: Client, kind: str, attributes: dict[str, Any], generated: set[str]
) -> None:
    configuration = {"type": kind, "attributes": attributes}
    made = await new.made("sms_trunks", {"name": kind, "configuration": configuration})
    held = made["attributes"]["configuration"]["attributes"]
    assert all(held[name] for name in generated)
    assert ("host" in made.get("meta", {})) == (kind == "http_out")
    change = {"type": kind, "attributes": {next(iter(attributes)): attributes[next(iter(attributes))]}}
    after = (await new.update("sms_trunks", made["id"], {"configuration": change})).json()["data"]
    assert after["attributes"]["configuration"]["attributes"] == held
    regenerate = await new.create("sms_trunk_regenerate_credentials", None, {"sms_trunk": to(made)})
    assert regenerate.status_code == (201 if generated else 422)


async def test_messages_go_to_a_trunk_or_to_a_group(new: Client) -> None:
    did, trunk, group = [await new.first(type) for type in ("dids", "sms_trunks", "sms_trunk_groups")]
    await new.update("dids", did["id"], None, {"sms_trunk": to(trunk)})
    assert (await new.data(f"sms_trunks/{trunk['id']}/incoming_dids"))[0]["id"] == did["id"]
    await new.update("dids", did["id"], None, {"sms_trunk_group": to(group)})
    assert await new.data(f"sms_trunks/{trunk['id']}/incoming_dids") == []
    after = await new.update("sms_trunk_groups", group["id"], None, {"sms_trunks": to_many(trunk)})
    assert after.json()["data"]["meta"] == {"sms_trunks_count": 1}


async def test_sender_ids_are_renamed_and_moved_to_another_trunk(new: Client) -> None:
    sender = await new.first("sender_id_verifications")
    response = await new.update("sender_id_verifications", sender["id"], {"name": "Brand"})
    assert response.json()["data"]["attributes"] == {"name": "Brand"}


@pytest.mark.parametrize("kind", ["cdr_in", "cdr_out", "sms_in", "sms_out"])
async def test_files_have_the_columns_of_the_newer_version(new: Client, clock: Clock, kind: str) -> None:
    response = await _file(new, clock, kind)
    assert response.text.splitlines()[0] == ",".join(COLUMNS[NEW, kind])
    assert len(response.text.splitlines()) > 200


async def test_a_file_is_given_for_a_token_or_a_key(new: Client, clock: Clock) -> None:
    url = (await _file(new, clock, "sms_in")).url
    token = new.http.headers.pop("authorization")
    assert (await new.http.get(url, headers={"api-key": KEY})).status_code == 200
    refused = await new.http.get(url, headers={"api-key": "another"})
    assert (refused.status_code, refused.content) == (401, b"")
    assert errors(await new.http.get(url, headers={"authorization": f"{token}x"}), 401)


async def test_new_filters_of_files_and_their_list(new: Client, clock: Clock) -> None:
    row = (await _file(new, clock, "cdr_in")).text.splitlines()[1].replace('"', "").split(",")
    filtered = await _file(new, clock, "cdr_in", source_number=row[4])
    assert row[4] in filtered.text.splitlines()[1]
    done = await new.data("exports", **{"filter[status]": "completed", "filter[export_type]": "cdr_in"})
    assert len(done) == 2


async def test_prices_are_beside_the_api_under_the_hosts_of_the_vendor(start: Start) -> None:
    api = start(api_version=NEW)
    token = await mint(api, aud=["api.didww.com", "api-vin.didww.com"])
    headers = {"authorization": f"Bearer {token}"}
    for url in (
        "https://api-vin-sandbox.didww.com/v3/prices.csv.gz",
        "https://anywhere.example/voice_in/v3/prices.csv.gz",
    ):
        assert (await api.http.get(url, headers=headers)).status_code == 200
    assert (await api.http.get("https://api-vin.didww.com/v3/prices.csv.gz")).status_code == 401


async def _file(api: Client, clock: Clock, kind: str, **filters: str) -> httpx.Response:
    """The file of a new export, with its content as text."""
    made = await api.made("exports", {"export_type": kind, "filters": DAY | filters})
    clock.seconds += 1
    url = (await api.data(f"exports/{made['id']}"))["attributes"]["url"]
    response = await api.http.get(url)
    headers = {"content-encoding": "gzip"}
    return httpx.Response(200, headers=headers, content=response.content, request=response.request)
