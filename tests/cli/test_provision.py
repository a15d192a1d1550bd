"""`didww provision`: what is shown, what is asked, what is bought, and how it ends."""

import json
from pathlib import Path

import pytest

from didww_async.simulator import Simulator

from .conftest import Run

GOOD = """
[[numbers]]
country = "DE"
quantity = 2
description = "front desk"
"""
BAD = """
[[numbers]]
country = "XX"
"""


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    file = tmp_path / "plan.toml"
    file.write_text(GOOD)
    return file


def test_a_dry_run_prices_the_plan_and_buys_nothing(local: Run, account: Simulator, plan: Path) -> None:
    told = local("provision", plan, "--dry-run")
    assert told.exit_code == 0, told.output
    assert "2 x DE" in told.stdout
    assert "balance  10100.00 USD" in told.stdout
    assert account.orders_booked == 0
    (row,) = json.loads(local("provision", plan, "--dry-run", "--json").stdout)
    assert float(row["monthly"]) > 0


def test_money_is_spent_after_a_yes_only(local: Run, account: Simulator, plan: Path) -> None:
    told = local("provision", plan)
    assert told.exit_code == 2
    assert "Buy 2 numbers for" in told.stderr
    assert "give --yes" in told.stderr
    assert account.orders_booked == 0


def test_what_was_bought_is_not_bought_again(local: Run, account: Simulator, plan: Path) -> None:
    journal = plan.with_name("journal")
    told = local("provision", plan, "--yes", "--journal", journal)
    assert told.exit_code == 0, told.output
    assert account.orders_booked == 1
    again = local("provision", plan, "--yes", "--journal", journal, "--json")
    (row,) = json.loads(again.stdout)
    assert (row["step"], len(row["numbers"])) == ("done", 2)
    assert account.orders_booked == 1
    found = local("dids", "list", "--filter", "description=front desk", "--count")
    assert found.stdout == "2\n"


def test_a_plan_that_fails_in_part_is_exit_code_3_and_can_be_taken_up_again(
    local: Run, account: Simulator, plan: Path
) -> None:
    plan.write_text(GOOD + BAD)
    told = local("provision", plan, "--yes", "--journal", plan.with_name("journal"))
    assert told.exit_code == 3
    assert "item 2: there is no country 'XX'" in told.stdout
    assert "--journal" in told.stderr
    assert account.orders_booked == 1


@pytest.mark.parametrize("text", [BAD, GOOD.replace("2", "1000") * 30])
def test_what_cannot_be_bought_or_paid_for_is_exit_code_4_in_a_dry_run(
    text: str, local: Run, account: Simulator, plan: Path
) -> None:
    plan.write_text(text)
    told = local("provision", plan, "--dry-run")
    assert told.exit_code == 4
    assert account.orders_booked == 0


def test_a_plan_that_says_nothing_sensible_is_exit_code_2(local: Run, account: Simulator, plan: Path) -> None:
    plan.write_text("[[numbers]]\ncuntry = 'DE'\n")
    told = local("provision", plan)
    assert told.exit_code == 2
    assert "did you mean 'country'" in told.stderr
    assert account.requests == 0
