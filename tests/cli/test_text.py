"""Text from a command line becomes what the declaration asks for, or an error that says what would be right."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from didww_async.cli.text import moment, pairs
from didww_async.errors import ConfigurationError
from didww_async.records.capacity import SharedCapacityGroupCreate
from didww_async.records.exports import ExportCreate
from didww_async.records.identities import Identity, IdentityCreate
from didww_async.records.inventory import DidFilter, DidHistoryFilter, DidUpdate
from didww_async.records.orders import DidOrderItem, OrderCreate
from didww_async.records.proofs import ProofCreate
from didww_async.records.voice_in import PstnConfiguration, SipConfiguration, VoiceInTrunkCreate
from didww_async.records.voice_out import VoiceOutTrunkCreate

ID = "0b6a8a72-5f2e-4f2e-9a42-3b1f0f6f5f0c"
OTHER = "1c6a8a72-5f2e-4f2e-9a42-3b1f0f6f5f0c"


def test_each_text_becomes_the_declared_type() -> None:
    assert pairs(["capacity_limit=3", "terminated=true", f"voice_in_trunk={ID}"], DidUpdate, "dids") == {
        "capacity_limit": 3,
        "terminated": True,
        "voice_in_trunk": ID,
    }
    assert pairs(["threshold_amount=12.50"], VoiceOutTrunkCreate, "trunks") == {"threshold_amount": Decimal("12.50")}
    assert pairs(["birth_date=1990-02-28"], IdentityCreate, "identities") == {"birth_date": date(1990, 2, 28)}


def test_an_empty_value_is_null_where_null_may_be_sent_and_text_elsewhere() -> None:
    assert pairs(["description=", "capacity_limit="], DidUpdate, "dids") == {
        "description": None,
        "capacity_limit": None,
    }
    assert pairs(["name="], VoiceInTrunkCreate, "trunks") == {"name": ""}


def test_a_value_keeps_its_own_equals_signs_and_spaces() -> None:
    assert pairs(["description= a=b, c "], DidUpdate, "dids") == {"description": " a=b, c "}


def test_a_comma_separates_alternatives_where_the_api_takes_several() -> None:
    assert pairs([f"country.id={ID},{OTHER}", "billing_cycles_count=0,1"], DidFilter, "dids") == {
        "country.id": [ID, OTHER],
        "billing_cycles_count": [0, 1],
    }
    assert pairs([f"dids={ID}"], SharedCapacityGroupCreate, "groups") == {"dids": [ID]}


def test_a_component_is_given_member_by_member_or_as_json() -> None:
    sip = SipConfiguration(host="sip.example.com", port=5060, codec_ids=(9, 10))
    one_by_one = [
        "configuration.type=sip",
        "configuration.host=sip.example.com",
        "configuration.port=5060",
        "configuration.codec_ids=9,10",
    ]
    as_json = [
        'configuration={"type": "sip_configurations", "host": "sip.example.com", "port": 5060, "codec_ids": [9, 10]}'
    ]
    for members in (one_by_one, as_json):
        made = pairs(members, VoiceInTrunkCreate, "trunks")["configuration"]
        assert (made.host, made.port) == (sip.host, sip.port)
        assert tuple(made.codec_ids) == sip.codec_ids
    assert pairs(["configuration.type=pstn", "configuration.dst=+37260123456"], VoiceInTrunkCreate, "t") == {
        "configuration": PstnConfiguration(dst="+37260123456")
    }


def test_a_list_of_components_is_json() -> None:
    items = f'items=[{{"type": "did_order_items", "sku_id": "{ID}", "qty": 2}}]'
    assert pairs([items], OrderCreate, "orders") == {"items": [DidOrderItem(sku_id=ID, qty=2)]}


def test_the_members_of_a_mapping_have_types_too() -> None:
    given = ["export_type=cdr_in", "filters.from=2026-10-01", "filters.to=2026-10-02T12:00+02:00"]
    assert pairs(given, ExportCreate, "exports")["filters"] == {
        "from": datetime(2026, 10, 1, tzinfo=UTC),
        "to": datetime(2026, 10, 2, 10, tzinfo=UTC),
    }


def test_a_relationship_to_one_of_several_types_names_the_type() -> None:
    entity = pairs([f"entity=identities/{ID}"], ProofCreate, "proofs")["entity"]
    assert isinstance(entity, Identity)
    assert entity.id == ID
    with pytest.raises(ConfigurationError, match="identities/ID or addresses/ID"):
        pairs([f"entity={ID}"], ProofCreate, "proofs")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("capacity_limit", "NAME=VALUE"),
        ("capacity_limit=three", "must be a number"),
        ("terminated=maybe", "true or false"),
        ("descripton=x", "did you mean 'description'"),
    ],
)
def test_what_cannot_be_is_refused_with_what_would_be_right(text: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        pairs([text], DidUpdate, "dids update:")


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (["configuration.host=a"], "needs a type: sip_configurations or pstn_configurations"),
        (["configuration.type=sip", "configuration.hots=a"], "did you mean 'host'"),
        (["configuration.type=sip", "configuration.incoming_auth_username=a"], "has no 'incoming_auth_username'"),
        (["configuration=sip.example.com"], "must be JSON"),
        (["configuration={}", "configuration.host=a"], "as a whole and by"),
        (["name=a", "name=b"], "given twice"),
    ],
)
def test_a_component_that_cannot_be_is_refused(texts: list[str], said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        pairs(texts, VoiceInTrunkCreate, "trunks")


def test_times_without_an_offset_are_utc() -> None:
    assert moment("2026-10-01", "--from") == datetime(2026, 10, 1, tzinfo=UTC)
    assert moment("2026-10-01T10:00", "--from") == datetime(2026, 10, 1, 10, tzinfo=UTC)
    assert pairs(["created_at_gteq=2026-10-01 10:00:00"], DidHistoryFilter, "history") == {
        "created_at_gteq": datetime(2026, 10, 1, 10, tzinfo=UTC)
    }
    with pytest.raises(ConfigurationError, match="such as 2026-10-01"):
        moment("yesterday", "--from")


@given(st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2099, 1, 1)), st.integers(-720, 840))  # noqa: DTZ001
def test_an_offset_is_honoured(naive: datetime, minutes: int) -> None:
    aware = naive.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    assert moment(aware.isoformat(), "--from") == aware


@given(st.text(), st.sampled_from([DidUpdate, VoiceInTrunkCreate, OrderCreate, ExportCreate, DidFilter]))
def test_any_text_is_a_value_or_a_configuration_error(text: str, declared: type) -> None:
    for name in ("description", "capacity_limit", "configuration", "items", "filters.from", "id", "number"):
        try:
            pairs([f"{name}={text}"], declared, "any")
        except ConfigurationError:
            continue
