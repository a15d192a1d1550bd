"""`didww prices`: lookups by number, and files that are fetched when they have changed."""

import json
from pathlib import Path

import pytest

from .conftest import Run


def test_a_price_is_looked_up_by_number(run: Run) -> None:
    told = run("--local", "prices", "lookup", "+37260123456", "--json")
    assert told.exit_code == 0, told.output
    price = json.loads(told.stdout)[0]
    assert price["number"] == "+37260123456"
    assert price["country"] == "Estonia"
    assert price["rate"] == "0.0025"


def test_a_number_without_a_price_is_named(run: Run) -> None:
    nothing = run("--local", "prices", "lookup", "+4930123456")
    assert (nothing.exit_code, nothing.stdout) == (4, "")
    assert "+4930123456: " in nothing.stderr
    some = run("--local", "prices", "lookup", "+4930123456", "+37260123456")
    assert some.exit_code == 3
    assert "Estonia" in some.stdout


@pytest.mark.parametrize("arguments", [["12"], ["+37260123456", "--country", "EE", "--kind", "voice_out"]])
def test_what_cannot_be_looked_up_is_exit_code_2(arguments: list[str], run: Run) -> None:
    assert run("--local", "prices", "lookup", *arguments).exit_code == 2


def test_a_version_without_prices_says_so(run: Run) -> None:
    told = run("--local", "--api-version", "2026-04-16", "prices", "lookup", "+37260123456")
    assert told.exit_code == 2
    assert "2026-11-19" in told.stderr


def test_files_are_fetched_once_and_then_when_they_have_changed(run: Run, tmp_path: Path) -> None:
    download = ("--local", "prices", "download", "--kind", "voice_in", "--out", tmp_path)
    first = run(*download)
    assert first.exit_code == 0, first.output
    file = tmp_path / "voice_in_prices.csv.gz"
    assert first.stdout == f"{file}: {file.stat().st_size} bytes\n"
