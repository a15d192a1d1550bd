"""`didww doctor`: what it looks at, and that its exit code can be trusted."""

import json
from typing import Any

from didww_async.cli.connection import LOCAL_KEY
from didww_async.simulator import Simulator

from .conftest import Run


def examined(run: Run) -> tuple[int, dict[str, dict[str, Any]], str]:
    told = run("--json", "doctor")
    return told.exit_code, {finding["what"]: finding for finding in json.loads(told.stdout)}, told.output


def test_all_is_well_with_a_fresh_simulator(local: Run) -> None:
    code, found, output = examined(local)
    assert code == 0
    assert {"installation", "key", "API", "balance", "version", "limit", "requests"} <= found.keys()
    assert found["version"]["said"] == "2026-04-16 is asked for and answers"
    assert "10100.00" in found["balance"]["said"]
    assert LOCAL_KEY not in output


def test_another_version_than_the_one_asked_for_is_a_fault(local: Run, account: Simulator) -> None:
    account.answered_version = "2026-11-19"
    code, found, _ = examined(local)
    assert code == 4
    assert found["version"]["verdict"] == "fault"


def test_a_key_that_is_refused_is_a_fault_and_stays_secret(local: Run, account: Simulator) -> None:
    account.keys = frozenset({"another"})
    code, found, output = examined(local)
    assert code == 4
    assert "401" in found["API"]["said"]
    assert LOCAL_KEY not in output


def test_the_table_has_a_line_for_each_finding(local: Run) -> None:
    told = local("doctor")
    assert told.exit_code == 0
    assert "✓ balance" in told.stdout
