"""Changes become the documents that the API takes: what is named and nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest

from didww_async.bodies import write, write_members
from didww_async.documents import read_one
from didww_async.errors import ConfigurationError
from didww_async.records.geography import Country
from didww_async.records.identities import Address
from didww_async.records.inventory import dids
from didww_async.records.orders import DidOrderItem, orders
from didww_async.records.proofs import ProofType, proofs
from didww_async.records.voice_in import (
    PstnConfiguration,
    SipConfiguration,
    VoiceInTrunk,
    VoiceInTrunkGroup,
    voice_in_trunk_groups,
    voice_in_trunks,
)
from didww_async.versions import V2026_04_16

from .stubs import stub

A, B, C = (f"{letter * 8}-0000-4000-8000-000000000000" for letter in "abc")


def to(*pairs: tuple[str, str]) -> dict[str, Any]:
    return {"data": [{"type": type_name, "id": id} for type_name, id in pairs]}


def to_one(type_name: str, id: str) -> dict[str, Any]:
    return {"data": {"type": type_name, "id": id}}


def body(declaration: Any, *, id: str | None = None, version: str = V2026_04_16, **values: Any) -> Any:
    return json.loads(write(declaration, values, version=version, id=id))["data"]


def test_what_is_not_named_is_not_sent_and_none_is_null() -> None:
    assert body(dids, id=A, description=None) == {"type": "dids", "id": A, "attributes": {"description": None}}


def test_an_update_of_nothing_is_still_a_document() -> None:
    assert body(dids, id=A) == {"type": "dids", "id": A, "attributes": {}}


@pytest.mark.parametrize("given", [stub(VoiceInTrunk, B), B])
def test_a_relationship_takes_a_record_or_its_id(given: Any) -> None:
    sent = body(dids, id=A, voice_in_trunk=given)["relationships"]["voice_in_trunk"]
    assert sent == to_one("voice_in_trunks", B)


def test_a_record_of_another_type_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=f"'voice_in_trunk' must be of voice_in_trunks; got countries {B}"):
        body(dids, id=A, voice_in_trunk=stub(Country, B))


def test_relationships_to_many_are_replaced_and_emptied() -> None:
    sent = body(voice_in_trunk_groups, id=A, voice_in_trunks=[B, stub(VoiceInTrunk, C)])["relationships"]
    assert sent == {"voice_in_trunks": to(("voice_in_trunks", B), ("voice_in_trunks", C))}
    assert body(voice_in_trunk_groups, id=A, voice_in_trunks=[])["relationships"] == {"voice_in_trunks": to()}
    with pytest.raises(ConfigurationError, match="must be a list of voice_in_trunks"):
        body(voice_in_trunk_groups, id=A, voice_in_trunks=stub(VoiceInTrunk, B))


def test_where_several_types_are_possible_the_record_is_needed() -> None:
    files = [C]
    sent = body(proofs, proof_type=stub(ProofType, A), entity=stub(Address, B), files=files)["relationships"]
    assert sent["entity"] == to_one("addresses", B)
    with pytest.raises(ConfigurationError, match="may be of identities or addresses, so give the record"):
        body(proofs, proof_type=A, entity=B, files=files)


def test_members_of_a_relationship_to_many_are_added_by_their_own_document() -> None:
    sent = json.loads(write_members(voice_in_trunk_groups, "voice_in_trunks", [stub(VoiceInTrunk, B), C]))
    assert sent == to(("voice_in_trunks", B), ("voice_in_trunks", C))
    with pytest.raises(ConfigurationError, match="must be of voice_in_trunks"):
        write_members(voice_in_trunk_groups, "voice_in_trunks", [stub(VoiceInTrunkGroup, B)])


def test_a_configuration_goes_out_as_far_as_it_was_given() -> None:
    sent = body(voice_in_trunks, name="x", configuration=SipConfiguration(host="h", port=None, codec_ids=(9,)))
    assert sent["attributes"]["configuration"] == {
        "type": "sip_configurations",
        "attributes": {"host": "h", "port": None, "codec_ids": [9]},
    }


def test_what_was_answered_only_is_not_sent_back() -> None:
    """A configuration that was read can be given to another trunk."""
    answered = {"type": "sip_configurations", "attributes": {"host": "h", "incoming_auth_username": "u"}}
    data = {"type": "voice_in_trunks", "id": A, "attributes": {"configuration": answered}}
    trunk: Any = read_one(json.dumps({"data": data}).encode(), "GET /x")[0]
    sent = body(voice_in_trunks, name="x", configuration=trunk.configuration)
    assert sent["attributes"]["configuration"]["attributes"] == {"host": "h"}


def test_records_stand_for_their_ids_in_the_items_of_an_order() -> None:
    item = DidOrderItem(sku_id=A, did_reservation_id=B)
    sent = body(orders, items=[item])["attributes"]["items"]
    assert sent == [{"type": "did_order_items", "attributes": {"sku_id": A, "did_reservation_id": B}}]


@pytest.mark.parametrize("missing", ["name", "configuration"])
def test_a_member_that_must_be_given_is_named(missing: str) -> None:
    values: dict[str, Any] = {"name": "x", "configuration": PstnConfiguration(dst="12125550100")}
    del values[missing]
    with pytest.raises(ConfigurationError, match=f"voice_in_trunks.create needs '{missing}'"):
        body(voice_in_trunks, **values)
