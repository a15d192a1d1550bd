"""Filters, sorts, includes and fields become the query that the API takes, and mistakes are refused before."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest

from didww_async import query
from didww_async.errors import ConfigurationError, NotInVersion
from didww_async.query import IncludePath
from didww_async.records.coverage import did_groups
from didww_async.records.declaration import Declaration
from didww_async.records.emergency import emergency_requirements
from didww_async.records.geography import Country
from didww_async.records.identities import identities
from didww_async.records.inventory import Did, did_history, dids
from didww_async.records.orders import orders
from didww_async.records.proofs import proofs
from didww_async.records.voice_in import VoiceInTrunk, voice_in_trunks
from didww_async.versions import V2026_04_16, V2026_11_19

from .stubs import stub

A, B = "aaaaaaaa-0000-4000-8000-000000000000", "bbbbbbbb-0000-4000-8000-000000000000"

CAIRO = timezone(timedelta(hours=2))


def build(declaration: Declaration, version: str = V2026_04_16, **asked: Any) -> list[tuple[str, str]]:
    return query.build(declaration, version, **asked)


def filtered(declaration: Declaration, name: str, value: object) -> str:
    [(sent, text)] = build(declaration, filter={name: value})
    assert sent == f"filter[{name}]"
    return text


@pytest.mark.parametrize(
    ("declaration", "name", "value", "text"),
    [
        (dids, "country.id", stub(Country, A), A),
        (dids, "country.id", UUID(A), A),
        (dids, "country.id", [stub(Country, A), B], f"{A},{B}"),
        (dids, "country.id", None, ""),
        (dids, "terminated", True, "true"),
        (dids, "terminated", False, "false"),
        (dids, "number", "+1 (212) 555-0100", "12125550100"),
        (dids, "number", ["+12125550100", "442037691880"], "12125550100,442037691880"),
        (dids, "billing_cycles_count", [0, 1], "0,1"),
        (dids, "did_group.features", ["voice_in", "t38"], "voice_in,t38"),
        (did_groups, "meta.total_count_gteq", 5, "5"),
        (did_history, "created_at_gteq", datetime(2026, 10, 1, tzinfo=UTC), "2026-10-01T00:00:00.000Z"),
        (orders, "created_at_lteq", datetime(2026, 10, 1, 2, tzinfo=CAIRO), "2026-10-01T00:00:00.000Z"),
        (identities, "birth_date", date(1990, 1, 31), "1990-01-31"),
        (orders, "external_reference_id", "a & b=c", "a & b=c"),
    ],
)  # fmt: skip
def test_filters_take_python_values(declaration: Declaration, name: str, value: object, text: str) -> None:
    assert filtered(declaration, name, value) == text


def test_everything_that_is_asked_is_in_the_query_in_its_order() -> None:
    asked = build(
        dids,
        filter={"terminated": False, "number": "12125550100"},
        sort=["-created_at", "number"],
        include=["did_group", IncludePath("did_group.country")],
        fields={"dids": ["number"], "did_groups": []},
    )
    assert asked == [
        ("filter[terminated]", "false"),
        ("filter[number]", "12125550100"),
        ("sort", "-created_at,number"),
        ("include", "did_group,did_group.country"),
        ("fields[dids]", "number"),
        ("fields[did_groups]", ""),
    ]


def test_nothing_asked_is_no_query() -> None:
    assert build(dids) == []
    assert build(dids, filter={}, sort=[], include=[], fields={}) == []


@pytest.mark.parametrize(
    ("declaration", "asked", "said"),
    [
        (dids, {"filter": {"nmber": "1"}}, r"dids: filter has no 'nmber', did you mean 'number'\?"),
        (dids, {"filter": {"trunk.id": A}}, "dids: filter has no 'trunk.id', did you mean"),
        (dids, {"sort": ["numbr"]}, r"dids: sort has no 'numbr', did you mean 'number'\?"),
        (dids, {"sort": "number"}, r"sort must be a list, as in sort=\['number'\]"),
        (dids, {"fields": {"dids": "number"}}, r"fields\['dids'\] must be a list"),
        (dids, {"include": ["trunk"]}, "dids: include has no 'trunk'"),
        (
            dids,
            {"include": ["did_group.contry"]},
            r"include 'did_group.contry' has no 'contry', did you mean 'country'\?",
        ),
        (dids, {"include": ["did_group.country.regions.cities"]}, "has no 'cities'"),
        (dids, {"fields": {"did": ["number"]}}, r"fields has no type 'did', did you mean 'dids'\?"),
        (dids, {"fields": {"dids": ["numbr"]}}, r"fields\['dids'\] has no 'numbr', did you mean 'number'\?"),
        (emergency_requirements, {"sort": ["id"]}, "emergency_requirements: sort has no 'id'; there are: none"),
        (orders, {"include": ["items"]}, "orders: include has no 'items'"),
    ],
)
def test_a_wrong_name_is_refused_with_the_nearest_right_one(
    declaration: Declaration, asked: dict[str, Any], said: str
) -> None:
    with pytest.raises(ConfigurationError, match=said):
        build(declaration, **asked)


@pytest.mark.parametrize(
    ("declaration", "name", "value", "said"),
    [
        (dids, "terminated", "yes", "must be bool; got 'yes'"),
        (dids, "terminated", 1, "must be bool; got 1"),
        (dids, "id", "abc", "must be a record or its id, a UUID"),
        (dids, "id", f"{A}/../orders", "must be a record or its id, a UUID"),
        (dids, "country.id", stub(VoiceInTrunk, A), f"must be of countries; got voice_in_trunks {A}"),
        (dids, "country.id", [], "is an empty list"),
        (dids, "number", "anonymous", "must be a phone number"),
        (dids, "did_group.features", ["fax"], r"must be .*'voice_in'.*; got 'fax'"),
        (did_history, "created_at_gteq", datetime(2026, 10, 1), "must be an aware datetime"),  # noqa: DTZ001
        (did_history, "created_at_gteq", "2026-10-01", "must be a datetime"),
        (did_history, "action", ["renewed"], "must be"),
        (identities, "birth_date", datetime(1990, 1, 1, tzinfo=UTC), "must be date"),
        (voice_in_trunks, "name", ["a", "b,c"], "'b,c' has a comma, which separates the values of a list"),
        (orders, "external_reference_id", None, "must be str; got None"),
    ],
)
def test_a_wrong_value_is_refused_and_the_filter_named(
    declaration: Declaration, name: str, value: object, said: str
) -> None:
    with pytest.raises(ConfigurationError, match=f"{declaration.type}: filter '{name}'.* {said}"):
        filtered(declaration, name, value)


def test_includes_follow_relationships_of_several_types() -> None:
    assert build(proofs, include=[IncludePath("entity.country")]) == [("include", "entity.country")]


ONE_VERSION: list[tuple[Callable[[str], object], str]] = [
    (lambda version: build(did_groups, version, filter={"did_group_type.id": A}), V2026_04_16),
    (lambda version: build(did_groups, version, filter={"number_type": "local"}), V2026_11_19),
    (lambda version: build(did_groups, version, sort=["-number_type"]), V2026_11_19),
    (lambda version: build(did_groups, version, include=["did_group_type"]), V2026_04_16),
    (lambda version: build(dids, version, include=["sms_trunk"]), V2026_11_19),
    (lambda version: build(voice_in_trunks, version, include=["pop"]), V2026_04_16),
    (lambda version: build(dids, version, include=["did_group.did_group_type"]), V2026_04_16),
    (lambda version: build(did_groups, version, fields={"did_groups": ["number_type"]}), V2026_11_19),
    (lambda version: build(did_groups, version, fields={"did_groups": ["did_group_type"]}), V2026_04_16),
]


@pytest.mark.parametrize(("ask", "only"), ONE_VERSION)
def test_what_one_version_has_is_refused_in_the_other(ask: Callable[[str], object], only: str) -> None:
    ask(only)
    other = V2026_11_19 if only == V2026_04_16 else V2026_04_16
    with pytest.raises(NotInVersion, match=f"{only} only, and this session speaks {other}"):
        ask(other)


def test_a_record_that_was_answered_can_be_asked_for_again() -> None:
    assert build(dids, filter={"id": [stub(Did, A), stub(Did, B)]}) == [("filter[id]", f"{A},{B}")]
