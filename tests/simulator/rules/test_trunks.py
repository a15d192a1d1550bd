"""Trunks: configurations that merge, methods that are replaced, credentials that are made."""

from __future__ import annotations

from typing import Any

import pytest

from ..conftest import Client, errors, to, to_many

SIP = {"type": "sip_configurations", "attributes": {"host": "sip.example.com", "port": 5061}}


async def test_a_configuration_merges_member_by_member(api: Client) -> None:
    trunk = await api.made("voice_in_trunks", {"name": "office", "configuration": SIP})
    change = {"type": "sip_configurations", "attributes": {"username": "desk"}}
    response = await api.update("voice_in_trunks", trunk["id"], {"configuration": change})
    after = response.json()["data"]["attributes"]["configuration"]["attributes"]
    assert (after["host"], after["port"], after["username"]) == ("sip.example.com", 5061, "desk")


async def test_a_configuration_keeps_its_type(api: Client) -> None:
    trunk = await api.made("voice_in_trunks", {"name": "office", "configuration": SIP})
    change = {"type": "pstn_configurations", "attributes": {"dst": "4420"}}
    assert errors(await api.update("voice_in_trunks", trunk["id"], {"configuration": change}), 422)


async def test_a_trunk_that_registers_has_credentials_and_no_host(api: Client) -> None:
    trunk = await api.made("voice_in_trunks", {"name": "office", "configuration": SIP})
    on: dict[str, Any] = {"type": "sip_configurations", "attributes": {"enabled_sip_registration": True}}
    pointers = {
        pointer
        for _, _, pointer in errors(await api.update("voice_in_trunks", trunk["id"], {"configuration": on}), 422)
    }
    assert pointers == {f"/data/attributes/configuration/attributes/{name}" for name in ("host", "port")}
    on["attributes"] |= {"host": None, "port": None, "use_did_in_ruri": True}
    registered = (await api.update("voice_in_trunks", trunk["id"], {"configuration": on})).json()
    attributes = registered["data"]["attributes"]["configuration"]["attributes"]
    assert attributes["incoming_auth_username"]
    assert attributes["incoming_auth_password"]
    off: dict[str, Any] = {"type": "sip_configurations", "attributes": {"enabled_sip_registration": False}}
    assert errors(await api.update("voice_in_trunks", trunk["id"], {"configuration": off}), 422)
    off["attributes"] |= {"host": "sip.example.com", "use_did_in_ruri": False}
    left = (await api.update("voice_in_trunks", trunk["id"], {"configuration": off})).json()
    assert left["data"]["attributes"]["configuration"]["attributes"]["incoming_auth_password"] is None


async def test_generated_credentials_cannot_be_sent(api: Client) -> None:
    configuration = {"type": "sip_configurations", "attributes": {"host": "h", "incoming_auth_username": "me"}}
    response = await api.create("voice_in_trunks", {"name": "x", "configuration": configuration})
    assert errors(response, 400) == [("105", "incoming_auth_username is not allowed.", None)]


async def test_a_name_is_taken_once_among_trunks_and_groups(api: Client) -> None:
    response = await api.create("voice_in_trunk_groups", {"name": "Trunk 1"})
    assert errors(response, 422) == [("100", "name - has already been taken", "/data/attributes/name")]


async def test_a_trunk_without_a_configuration_is_malformed(api: Client) -> None:
    assert errors(await api.create("voice_in_trunks", {"name": "x"}), 400)[0][0] == "106"


async def test_a_group_takes_exactly_the_trunks_it_is_given(api: Client) -> None:
    trunks = await api.data("voice_in_trunks", **{"page[size]": "4"})
    group = await api.made("voice_in_trunk_groups", {"name": "four"}, {"voice_in_trunks": to_many(*trunks)})
    assert group["meta"] == {"trunks_count": 4}
    response = await api.update("voice_in_trunk_groups", group["id"], None, {"voice_in_trunks": to_many(trunks[0])})
    assert response.json()["data"]["meta"] == {"trunks_count": 1}
    assert await api.data(f"voice_in_trunks/{trunks[1]['id']}/voice_in_trunk_group") is None


async def test_a_deleted_group_leaves_trunks_behind_and_numbers_unrouted(api: Client) -> None:
    groups = await api.data("voice_in_trunk_groups", include="voice_in_trunks")
    group = next(one for one in groups if one["meta"]["trunks_count"])
    trunk = group["relationships"]["voice_in_trunks"]["data"][0]
    did = (await api.data("dids", **{"filter[voice_in_trunk_group.id]": group["id"]}))[0]
    response = await api.delete(f"voice_in_trunk_groups/{group['id']}")
    assert (response.status_code, response.content) == (204, b"")
    assert await api.data(f"voice_in_trunks/{trunk['id']}/voice_in_trunk_group") is None
    assert await api.data(f"dids/{did['id']}/voice_in_trunk_group") is None


async def test_a_number_goes_to_a_trunk_or_to_a_group(api: Client) -> None:
    did, trunk, group = [await api.first(type) for type in ("dids", "voice_in_trunks", "voice_in_trunk_groups")]
    await api.update("dids", did["id"], None, {"voice_in_trunk_group": to(group)})
    assert (await api.data(f"dids/{did['id']}/voice_in_trunk_group"))["id"] == group["id"]
    await api.update("dids", did["id"], None, {"voice_in_trunk": to(trunk)})
    assert await api.data(f"dids/{did['id']}/voice_in_trunk_group") is None
    both = {"voice_in_trunk": to(trunk), "voice_in_trunk_group": to(group)}
    assert errors(await api.update("dids", did["id"], None, both), 422)
    await api.update("dids", did["id"], None, {"voice_in_trunk": {"data": None}})
    assert await api.data(f"dids/{did['id']}/voice_in_trunk") is None


def method(**attributes: Any) -> dict[str, Any]:
    return {"type": "credentials_and_ip", "attributes": attributes}


async def test_an_authentication_method_is_replaced_as_a_whole(api: Client) -> None:
    sent = method(allowed_sip_ips=["203.0.113.1"], tech_prefix="9")
    trunk = await api.made("voice_out_trunks", {"name": "out", "authentication_method": sent})
    made = trunk["attributes"]["authentication_method"]["attributes"]
    assert made["username"]
    assert made["password"]
    sent = method(allowed_sip_ips=["203.0.113.2"])
    response = await api.update("voice_out_trunks", trunk["id"], {"authentication_method": sent})
    after = response.json()["data"]["attributes"]["authentication_method"]["attributes"]
    assert after == made | {"allowed_sip_ips": ["203.0.113.2"], "tech_prefix": None}


@pytest.mark.parametrize(
    ("sent", "detail", "pointer"),
    [
        (
            {"type": "ip_only", "attributes": {"allowed_sip_ips": ["203.0.113.1"]}},
            "type - is not allowed for creation",
            "/data/attributes/authentication_method/type",
        ),
        (
            {"type": "twilio", "attributes": {}},
            "twilio_account_sid - can't be blank",
            "/data/attributes/authentication_method/attributes/twilio_account_sid",
        ),
        (method(), "authentication_method - is invalid", "/data/attributes/authentication_method"),
    ],
)
async def test_a_wrong_authentication_method_is_refused_in_the_words_of_the_vendor(
    api: Client, sent: Any, detail: str, pointer: str
) -> None:
    response = await api.create("voice_out_trunks", {"name": "out", "authentication_method": sent})
    assert errors(response, 422) == [("100", detail, pointer)]


async def test_regenerated_credentials_are_read_from_the_trunk(api: Client) -> None:
    trunk = await api.first("voice_out_trunks")
    made = await api.made("voice_out_trunk_regenerate_credentials", None, {"voice_out_trunk": to(trunk)})
    assert made.keys() == {"id", "type"}
    after = await api.data(f"voice_out_trunks/{trunk['id']}")
    before = trunk["attributes"]["authentication_method"]["attributes"]
    assert after["attributes"]["authentication_method"]["attributes"]["password"] != before["password"]


async def test_numbers_are_not_assignable_where_any_of_them_will_do(api: Client) -> None:
    trunk, did = await api.first("voice_out_trunks"), await api.first("dids")
    response = await api.update("voice_out_trunks", trunk["id"], {"allow_any_did_as_cli": True}, {"dids": to_many(did)})
    assert errors(response, 422)[0][2] == "/data/relationships/dids"


async def test_write_only_relationships_are_never_shown(api: Client) -> None:
    trunk, did = await api.first("voice_out_trunks"), await api.first("dids")
    response = await api.update("voice_out_trunks", trunk["id"], None, {"default_did": to(did)})
    assert "default_did" not in response.json()["data"]["relationships"]
    found = await api.data("voice_out_trunks", **{"filter[default_did.id]": did["id"]})
    assert [one["id"] for one in found] == [trunk["id"]]
