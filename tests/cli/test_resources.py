"""The commands of the resources, which are made from the declarations."""

import csv
import io
import json
from typing import Any

import pytest

from didww_async.simulator import Simulator

from .conftest import Run


def listed(run: Run, *arguments: object) -> list[dict[str, Any]]:
    told = run(*arguments, "--json")
    assert told.exit_code == 0, told.output
    found: list[dict[str, Any]] = json.loads(told.stdout)
    return found


def test_the_four_forms_tell_the_same_records(local: Run) -> None:
    as_json = listed(local, "dids", "list")
    as_lines = [json.loads(line) for line in local("dids", "list", "--jsonl").stdout.splitlines()]
    as_csv = list(csv.DictReader(io.StringIO(local("dids", "list", "--csv").stdout)))
    head, *table = local("dids", "list").stdout.splitlines()
    assert as_lines == as_json
    assert len(as_json) == 25
    for forms in (as_csv, [dict(zip(head.lower().split(), line.split(), strict=False)) for line in table]):
        assert [(row["id"], row["number"]) for row in forms] == [(row["id"], row["number"]) for row in as_json]


def test_filter_sort_include_and_fields_are_the_apis_own(local: Run, account: Simulator) -> None:
    numbers = [row["number"] for row in listed(local, "dids", "list", "--sort", "-number")]
    assert numbers == sorted(numbers, reverse=True)
    wanted = numbers[3]
    (row,) = listed(local, "dids", "list", "--filter", f"number=+{wanted}", "-f", "number,did_group.country.name")
    assert row["number"] == wanted
    assert set(row) == {"id", "type", "number", "did_group"}
    assert row["did_group"]["country"]["name"]


def test_csv_has_a_column_for_what_was_included_even_where_there_is_nothing(local: Run) -> None:
    told = local("dids", "list", "--include", "voice_in_trunk", "--filter", "blocked=true", "--csv").stdout
    assert told.splitlines()[0].endswith(",voice_in_trunk.id")


def test_limit_asks_for_no_more_than_it_needs(local: Run, account: Simulator) -> None:
    assert len(listed(local, "dids", "list", "--limit", "7")) == 7
    assert account.requests == 1


def test_count_prints_how_many_there_are(local: Run) -> None:
    assert local("dids", "list", "--count").stdout == "25\n"


def test_what_is_empty_is_an_empty_table_and_an_empty_array(local: Run) -> None:
    nothing = ("dids", "list", "--filter", "number=+19999999999")
    assert local(*nothing).stdout == ""
    assert listed(local, *nothing) == []


def test_the_balance_is_there_without_a_verb(local: Run) -> None:
    assert "10100.00" in local("balance").stdout


def test_a_record_is_created_changed_shown_and_deleted(local: Run) -> None:
    given = ["name=office", "configuration.type=sip", "configuration.host=sip.example.com", "priority=2"]
    made = json.loads(local("voice_in_trunks", "create", *given, "--json").stdout)
    assert made["configuration"]["host"] == "sip.example.com"
    changed = json.loads(local("voice_in_trunks", "update", made["id"], "description=desk", "--json").stdout)
    assert (changed["description"], changed["priority"]) == ("desk", 2)
    shown = local("voice_in_trunks", "get", made["id"])
    assert "  host" in shown.stdout
    gone = local("voice_in_trunks", "delete", made["id"], "--yes")
    assert (gone.exit_code, gone.stdout) == (0, "")
    assert local("voice_in_trunks", "get", made["id"]).exit_code == 4


def test_nothing_is_deleted_or_paid_for_without_a_yes(local: Run, account: Simulator) -> None:
    (did,) = listed(local, "voice_in_trunks", "list", "--limit", "1")
    before = account.requests
    refused = local("voice_in_trunks", "delete", did["id"], input="n\n")
    assert refused.exit_code == 2
    assert "give --yes" in refused.stderr
    order = local("orders", "create", f'items=[{{"type": "did_order_items", "sku_id": "{did["id"]}"}}]')
    assert order.exit_code == 2
    assert account.requests == before


def test_an_order_is_placed_from_json(local: Run, account: Simulator) -> None:
    (group,) = listed(local, "did_groups", "list", "--include", "stock_keeping_units", "--limit", "1")
    item = {"type": "did_order_items", "sku_id": group["stock_keeping_units"][0]["id"], "qty": 2}
    told = local("orders", "create", f"items={json.dumps([item])}", "--yes", "--json")
    assert told.exit_code == 0, told.output
    assert json.loads(told.stdout)["items"][0]["qty"] == 2
    assert account.orders_booked == 1


@pytest.mark.parametrize(
    "name", ["countries", "regions", "did_groups", "available_dids", "exports", "orders", "public_keys"]
)
def test_any_resource_can_be_listed(name: str, local: Run) -> None:
    for record in listed(local, name, "list", "--limit", "3"):
        assert record["type"] == name
