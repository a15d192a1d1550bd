"""`didww cdrs harvest`: files, a summary, several accounts, and what ends how."""

import csv
import json
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from didww_async.cli.cdrs import duration
from didww_async.cli.connection import LOCAL_KEY, Account, Connection
from didww_async.simulator import Simulator

from .conftest import Run


def harvested(run: Run, *arguments: object, code: int = 0) -> dict[str, Any]:
    told = run("--json", "cdrs", "harvest", *arguments)
    assert told.exit_code == code, told.output
    found: dict[str, Any] = json.loads(told.stdout)
    return found


def rows_of(folder: Path) -> list[dict[str, str]]:
    texts = [file.read_text(encoding="utf-8") for file in folder.rglob("*.csv")]
    return [row for text in texts for row in csv.DictReader(text.splitlines())]


def test_the_summary_counts_what_is_in_the_files(local: Run, account: Simulator, tmp_path: Path) -> None:
    told = harvested(local, "--kind", "in", "--kind", "out", "--since", "2d", "--out", tmp_path / "calls")
    assert told["records"] == len(rows_of(tmp_path / "calls")) > 0
    assert told["windows"] == account.exports_made
    assert told["requests"] == account.requests
    assert told["too_many_requests"] == 0
    assert told["error"] is None
    assert {path.name for path in (tmp_path / "calls").glob("kind=*")} == {"kind=in", "kind=out"}


def test_a_second_run_fetches_only_what_was_still_open(local: Run, tmp_path: Path) -> None:
    asked = ("--kind", "in", "--since", "2d", "--out", tmp_path / "calls")
    first, second = harvested(local, *asked), harvested(local, *asked)
    assert second["windows_already_there"] + second["windows"] == first["windows"]
    # A day is settled some hours after its end, so early in the day yesterday is fetched once more.
    assert second["windows"] in (1, 2)


def test_a_range_is_half_open(local: Run, tmp_path: Path) -> None:
    end = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1)
    start = end - timedelta(days=1)
    told = harvested(
        local, "--kind", "out", "--from", f"{start:%Y-%m-%d}", "--to", f"{end:%Y-%m-%d}", "--out", tmp_path
    )
    assert told["windows"] == 1
    times = [row["started_at"] for row in rows_of(tmp_path)]
    assert times
    assert all(time.startswith(f"{start:%Y-%m-%d}") for time in times)


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_files_are_of_the_form_asked_for(form: str, local: Run, tmp_path: Path) -> None:
    told = harvested(local, "--kind", "in", "--since", "1h", "--window", "6h", "--format", form, "--out", tmp_path)
    assert told["files"] == len(list(tmp_path.rglob(f"*.{form}"))) >= 1
    assert told["cost"] == format(Decimal(told["cost"]).normalize(), "f")


def test_progress_is_lines_on_stderr_where_there_is_no_terminal(local: Run, tmp_path: Path) -> None:
    told = local("cdrs", "harvest", "--kind", "in", "--since", "1d", "--out", tmp_path)
    assert re.search(r"^local: (\d) of \1 windows, [\d,]+ records", told.stderr, re.MULTILINE)
    assert "\x1b" not in told.output
    names = [line.split("  ")[0] for line in told.stdout.splitlines()]
    assert names == ["calls", "minutes", "cost", "windows", "files", "requests", "429s seen", "time"]


def test_accounts_are_harvested_side_by_side_each_into_its_folder(
    run: Run, account: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    both_local(monkeypatch, {"ACME": LOCAL_KEY, "OTHER": LOCAL_KEY})
    told = run("--local", "--json", "cdrs", "harvest", "--kind", "in", "--since", "1h", "--out", tmp_path)
    rows = json.loads(told.stdout)
    assert [row["account"] for row in rows] == ["ACME", "OTHER"]
    for row in rows:
        assert row["records"] == len(rows_of(tmp_path / f"account={row['account']}"))


def test_what_one_account_cannot_do_another_still_does(
    run: Run, account: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    both_local(monkeypatch, {"ACME": LOCAL_KEY, "OTHER": "a-wrong-key"})
    told = run("--local", "--json", "cdrs", "harvest", "--kind", "in", "--since", "1h", "--out", tmp_path)
    assert told.exit_code == 3
    good, bad = json.loads(told.stdout)
    assert (good["error"], bad["records"]) == (None, 0)
    assert "401" in bad["error"]
    assert "OTHER" in told.stderr
    assert "a-wrong-key" not in told.output


def both_local(monkeypatch: pytest.MonkeyPatch, keys: dict[str, str]) -> None:
    """Several accounts, with the one simulator behind them, which opens for LOCAL_KEY only."""

    def accounts(self: Connection) -> list[Account]:
        return [Account(name, key) for name, key in keys.items()]

    monkeypatch.setattr(Connection, "accounts", accounts)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--since", "3"], "written as 30m, 6h, 3d or 2w"),
        ([], "say from when"),
        (["--since", "1d", "--from", "2026-10-01"], "say from when"),
        (["--since", "1d", "--to", "2026-10-01"], "--since ends now"),
        (["--from", "soon"], "must be a date or a datetime"),
        (["--from", "2001-01-01"], "two previous calendar months"),
        (["--since", "1d", "--filter", "did_numbr=1"], "did you mean 'did_number'"),
    ],
)
def test_a_range_or_filter_that_cannot_be_is_refused_before_anything_is_sent(
    arguments: list[str], said: str, local: Run, account: Simulator, tmp_path: Path
) -> None:
    told = local("cdrs", "harvest", "--kind", "in", "--out", tmp_path, *arguments)
    assert told.exit_code == 2
    assert said in " ".join(told.stderr.split())
    assert account.requests == 0


def test_lengths_of_time_have_a_unit() -> None:
    assert duration("90m") == timedelta(minutes=90)
    assert duration("2w") == timedelta(days=14)
