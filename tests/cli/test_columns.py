"""What is shown of a record, and what is asked of the API so that it can be."""

import json
from typing import Any

import pytest

from didww_async.cli.columns import default_paths, select, tree
from didww_async.documents import read_one
from didww_async.errors import ConfigurationError
from didww_async.records.base import Record
from didww_async.records.inventory import dids
from didww_async.records.voice_in import voice_in_trunks
from didww_async.versions import V2026_04_16, V2026_11_19

ID = "0b6a8a72-5f2e-4f2e-9a42-3b1f0f6f5f0c"


def resource(type: str, attributes: dict[str, Any], **relationships: Any) -> dict[str, Any]:
    related = {name: {"data": data} for name, data in relationships.items()}
    return {"type": type, "id": ID, "attributes": attributes, "relationships": related}


def answered(data: dict[str, Any], *included: dict[str, Any]) -> Record:
    document = {"data": data, "included": included}
    return read_one(json.dumps(document).encode(), "GET /one")[0]


TRUNK = resource(
    "voice_in_trunks",
    {"name": "office", "configuration": {"type": "sip_configurations", "attributes": {"host": "a"}}},
    voice_in_trunk_group={"type": "voice_in_trunk_groups", "id": ID},
)
GROUP = resource("voice_in_trunk_groups", {"name": "both"}, voice_in_trunks=[{"type": "voice_in_trunks", "id": ID}])
DID = resource(
    "dids",
    {"number": "1", "description": "x", "colour": "red"},
    voice_in_trunk={"type": "voice_in_trunks", "id": ID},
    order=None,
)


def test_fields_that_lead_through_relationships_are_included_and_nothing_else_is_asked_for() -> None:
    chosen = select(dids, ["number", "voice_in_trunk.voice_in_trunk_group.name", "did_group.meta.total_count"])
    assert chosen.paths[0] == ("number",)
    assert chosen.include == ("voice_in_trunk", "voice_in_trunk.voice_in_trunk_group", "did_group")
    assert chosen.fields == {
        "dids": ("number", "voice_in_trunk", "did_group"),
        "voice_in_trunks": ("voice_in_trunk_group",),
        "voice_in_trunk_groups": ("name",),
    }


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("nubmer", "did you mean 'number'"),
        ("number.length", "'number' has no members"),
        ("voice_in_trunk.nam", "did you mean 'name'"),
    ],
)
def test_fields_that_do_not_exist_are_refused(name: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        select(dids, [name])


def test_columns_depend_on_the_declaration_and_the_version_alone() -> None:
    old, new = (default_paths(voice_in_trunks, version, ["pop"]) for version in (V2026_04_16, V2026_11_19))
    assert old[0] == ("id",)
    assert ("pop",) not in old
    assert ("pop",) in new
    assert old[-1] == ("pop", "id")


def test_money_and_times_are_text_as_exact_as_they_came() -> None:
    items = [{"type": "did_order_items", "attributes": {"qty": 2, "nrc": "0.10"}}]
    given = {"amount": "12.50", "created_at": "2026-10-01T14:00:00.000+02:00", "items": items}
    assert tree(answered(resource("orders", given))) == {
        "id": ID,
        "type": "orders",
        "amount": "12.50",
        "created_at": "2026-10-01T12:00:00Z",
        "items": [{"type": "did_order_items", "qty": 2, "nrc": "0.10"}],
    }


def test_included_records_stand_inside_and_a_cycle_ends() -> None:
    found = tree(answered(DID, TRUNK, GROUP))
    assert found["order"] is None
    assert found["voice_in_trunk"]["configuration"] == {"type": "sip_configurations", "host": "a"}
    assert found["voice_in_trunk"]["voice_in_trunk_group"] == {
        "id": ID,
        "type": "voice_in_trunk_groups",
        "name": "both",
        "voice_in_trunks": [{"type": "voice_in_trunks", "id": ID}],
    }
    json.dumps(found)


def test_fields_prune_what_is_shown() -> None:
    paths = select(dids, ["number", "voice_in_trunk.name"]).paths
    assert tree(answered(DID, TRUNK, GROUP), paths) == {
        "id": ID,
        "type": "dids",
        "number": "1",
        "voice_in_trunk": {"id": ID, "type": "voice_in_trunks", "name": "office"},
    }


def test_attributes_of_a_newer_api_are_shown() -> None:
    assert tree(answered(DID, TRUNK))["colour"] == "red"
