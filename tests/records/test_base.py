"""What holds for every record: frozen, honest about what is not there, and safe to keep, print and copy."""

from __future__ import annotations

import copy
import json
import pickle
from typing import Any

import pytest

from didww_async.documents import finish, read_many, read_one
from didww_async.errors import NotLoaded
from didww_async.records import UnknownRecord
from didww_async.records.inventory import Did, DidHistory
from didww_async.records.orders import DidOrderItem
from didww_async.records.voice_in import SipConfiguration, VoiceInTrunk
from didww_async.records.voice_out import CredentialsAndIp, VoiceOutTrunk

from ..stubs import stub

ID = "0b6a8a72-5f2e-4f2e-9a42-3b1f0f6f5f0c"


def read(type_name: str, version: str = "2026-04-16", **members: Any) -> Any:
    document = {"data": {"type": type_name, "id": ID, **members}, "meta": {"api_version": version}}
    return read_one(json.dumps(document).encode(), "GET /x")[0]


def did(**attributes: Any) -> Did:
    made = read("dids", attributes=attributes)
    assert isinstance(made, Did)
    return made


def test_a_record_cannot_be_changed() -> None:
    record: Any = did(number="1")
    with pytest.raises(AttributeError):
        record.number = "2"
    with pytest.raises(AttributeError):
        del record.number
    with pytest.raises(AttributeError):
        record.unheard_of = 1


def test_an_attribute_that_was_left_out_says_why_and_is_not_there() -> None:
    record = did(number="1")
    assert not hasattr(record, "description")
    with pytest.raises(NotLoaded, match=rf"dids {ID}: 'description' is not in the answer: it was left out by `fields`"):
        _ = record.description
    assert record.loaded() == {"number": "1"}


def test_a_relationship_that_was_not_included_says_what_to_ask_for() -> None:
    record = read("dids", relationships={"order": {"links": {"self": "x", "related": "y"}}})
    with pytest.raises(NotLoaded, match=r"'order' was not included: ask for include=\['order'\]"):
        _ = record.order


@pytest.mark.parametrize("answered", ["2026-10-22", "2026-11-19"])
def test_a_member_of_another_version_says_so(answered: str) -> None:
    with pytest.raises(NotLoaded, match="'number_type' exists in API version 2026-11-19 only, and 2026-04-16"):
        _ = read("did_groups").number_type
    with pytest.raises(NotLoaded, match="was not included"):
        _ = read("dids", version=answered).sms_trunk


def test_a_misspelled_member_is_an_attribute_error_with_the_nearest_name() -> None:
    record: Any = did(number="1")
    with pytest.raises(AttributeError, match="Did has no member 'numbr', did you mean 'number'") as caught:
        _ = record.numbr
    assert not isinstance(caught.value, NotLoaded)


def test_what_the_library_does_not_know_is_kept_in_extra_and_pointed_at() -> None:
    record: Any = did(number="1", colour="red")
    assert record.extra == {"colour": "red"}
    with pytest.raises(AttributeError, match=r"\(see .extra\)"):
        _ = record.colour


def test_a_record_of_an_unknown_type_keeps_everything() -> None:
    record = read("fax_trunks", attributes={"name": "x"}, relationships={"did": {"data": {"type": "dids", "id": ID}}})
    assert isinstance(record, UnknownRecord)
    assert (record.type_name, record.id) == ("fax_trunks", ID)
    assert record.extra["name"] == "x"
    assert isinstance(record.extra["did"], Did)


def test_records_are_equal_when_type_id_and_attributes_are() -> None:
    one, same, other = did(number="1"), did(number="1"), did(number="2")
    assert one == same
    assert one != other
    assert hash(one) == hash(same) == hash(other)
    assert one != read("did_history", attributes={})
    assert len({one, same}) == 1


def test_a_copy_of_a_record_is_the_record_since_it_cannot_change() -> None:
    record = did(number="1")
    assert copy.copy(record) is record
    assert copy.deepcopy([record])[0] is record


def test_a_record_can_be_pickled() -> None:
    record = read(
        "orders",
        attributes={
            "amount": "1.50",
            "created_at": "2026-10-01T00:00:00.000Z",
            "colour": "red",
            "items": [{"type": "did_order_items", "attributes": {"qty": 2, "nrc": "1.0", "tint": 1}}],
        },
    )
    again = pickle.loads(pickle.dumps(record))
    assert again is not record
    assert again == record
    assert again.extra == {"colour": "red"}
    assert again.items[0] == record.items[0]
    assert again.items[0].extra == {"tint": 1}
    assert again.version == "2026-04-16"


def test_a_pickled_record_leaves_relationships_behind_since_they_may_be_circular() -> None:
    trunk = {
        "type": "voice_in_trunks",
        "id": ID,
        "relationships": {"voice_in_trunk_group": {"data": {"type": "voice_in_trunk_groups", "id": ID}}},
    }
    group = {
        "type": "voice_in_trunk_groups",
        "id": ID,
        "relationships": {"voice_in_trunks": {"data": [{"type": "voice_in_trunks", "id": ID}]}},
    }
    [record] = finish(read_many(json.dumps({"data": [trunk], "included": [group]}).encode(), "GET /x")).records
    assert isinstance(record, VoiceInTrunk)
    assert record.voice_in_trunk_group
    assert record.voice_in_trunk_group.voice_in_trunks[0] is record
    with pytest.raises(NotLoaded):
        _ = pickle.loads(pickle.dumps(record)).voice_in_trunk_group
    assert "voice_in_trunk_group" not in repr(record)


def test_secrets_are_not_in_a_repr() -> None:
    given = SipConfiguration(host="sip.example.com", auth_password="swordfish")
    assert "swordfish" not in repr(given)
    assert "auth_password=***" in repr(given)
    method = {"type": "credentials_and_ip", "attributes": {"username": "u", "password": "swordfish"}}
    trunk = read("voice_out_trunks", attributes={"authentication_method": method})
    assert isinstance(trunk, VoiceOutTrunk)
    assert isinstance(trunk.authentication_method, CredentialsAndIp)
    assert trunk.authentication_method.password == "swordfish"
    assert "swordfish" not in repr(trunk)


def test_components_are_equal_when_what_they_carry_is() -> None:
    assert SipConfiguration(host="a") == SipConfiguration(host="a")
    assert SipConfiguration(host="a") != SipConfiguration(host="a", port=None)
    assert hash(SipConfiguration(host="a")) == hash(SipConfiguration(host="a"))
    assert SipConfiguration(host="a") != DidOrderItem(sku_id=ID)


def test_a_component_says_what_was_not_given() -> None:
    with pytest.raises(NotLoaded, match=r"SipConfiguration.port was not given"):
        _ = SipConfiguration(host="a").port


def test_a_record_can_stand_for_its_id_without_anything_else() -> None:
    assert stub(Did, ID).loaded() == {}
    with pytest.raises(TypeError, match="Did has no member 'numbr', did you mean 'number'"):
        Did(id=ID, numbr="1")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


def test_the_meta_of_a_record_is_typed_and_open() -> None:
    record = read("did_history", attributes={"action": "renewed"}, meta={"from": "1", "to": None, "by": "me"})
    assert isinstance(record, DidHistory)
    assert (record.meta.from_, record.meta.to, record.meta.extra) == ("1", None, {"by": "me"})
    with pytest.raises(NotLoaded):
        _ = read("did_history").meta.to
