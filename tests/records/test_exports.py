"""What an export may be asked for: the filters of its type and version, and a period that ends after it starts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from didww_async.bodies import write
from didww_async.errors import ConfigurationError, NotInVersion
from didww_async.records.exports import FILTERS, ExportFilters, exports
from didww_async.records.voice_out import VoiceOutTrunk
from didww_async.values import hints
from didww_async.versions import V2026_04_16, V2026_11_19, VERSIONS

from ..described import description
from ..stubs import stub

A = "aaaaaaaa-0000-4000-8000-000000000000"
PERIOD = {"from": "2026-10-01 00:00:00", "to": "2026-10-02 00:00:00"}


def sent(export_type: str, filters: Mapping[str, Any], version: str = V2026_04_16) -> Any:
    values = {"export_type": export_type, "filters": {**PERIOD, **filters}}
    return json.loads(write(exports, values, version=version))["data"]["attributes"]["filters"]


def test_the_period_goes_out_in_utc_to_the_second() -> None:
    berlin = timezone(timedelta(hours=2))
    period = {"from": datetime(2026, 10, 1, 2, tzinfo=berlin), "to": datetime(2026, 10, 2, 1, 59, 59, 5, tzinfo=UTC)}
    assert sent("cdr_in", period) == {"from": "2026-10-01 00:00:00", "to": "2026-10-02 01:59:59"}


def test_filters_take_records_and_numbers_as_people_write_them() -> None:
    assert sent("cdr_in", {"did_number": "+1 212 555 0100"})["did_number"] == "12125550100"
    assert sent("cdr_out", {"voice_out_trunk.id": stub(VoiceOutTrunk, A)})["voice_out_trunk.id"] == A


@pytest.mark.parametrize(
    "period",
    [
        {"from": datetime(2026, 10, 2, tzinfo=UTC), "to": datetime(2026, 10, 1, tzinfo=UTC)},
        {"from": "2026-10-01 00:00:00", "to": "2026-10-01 00:00:00"},
        {"from": "2026-10-02 00:00:00", "to": datetime(2026, 10, 1, tzinfo=UTC)},
    ],
)
def test_a_period_must_end_after_it_starts(period: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match="the export must end after it starts"):
        sent("cdr_in", period)


@pytest.mark.parametrize(
    ("export_type", "filters", "said"),
    [
        ("cdr_in", {"voice_out_trunk.id": A}, "exports of 'cdr_in' have no filter 'voice_out_trunk.id'"),
        ("cdr_in", {"did_numbr": "1"}, "'filters' has no 'did_numbr', did you mean 'did_number'|have no filter"),
        ("cdr_in", {"from": datetime(2026, 10, 1)}, "must be an aware datetime"),  # noqa: DTZ001
        ("cdr_in", {"from": ""}, "must be an aware datetime or text"),
        ("cdr", {}, "'export_type' must be"),
    ],
)
def test_what_an_export_does_not_take_is_refused(export_type: str, filters: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        sent(export_type, filters)


@pytest.mark.parametrize(
    ("export_type", "filters"), [("sms_in", {}), ("sms_out", {"status": "Failed"}), ("cdr_in", {"source_number": "1"})]
)
def test_what_the_newer_version_has_is_refused_in_the_older(export_type: str, filters: dict[str, Any]) -> None:
    assert sent(export_type, filters, V2026_11_19)
    with pytest.raises(NotInVersion, match="2026-11-19 only"):
        sent(export_type, filters)


def test_the_filters_are_those_of_the_description() -> None:
    """The description of 2026-04-16 has no list of them; behaviour tells its two."""
    objects = description(V2026_11_19)["objects"]["ExportFiltersRequest"]
    assert hints(ExportFilters).keys() == objects["attributes"].keys()
    listed = {name: set(names) for name, names in objects["per_type"].items() if name != "all"}
    assert {kind: set(names) for kind, names in FILTERS[V2026_11_19].items()} == listed
    assert FILTERS.keys() == set(VERSIONS)
