"""What is written holds every row, in all formats alike, and what was written is told exactly."""

from __future__ import annotations

import csv
import gzip
import hashlib
import json
from datetime import UTC, datetime
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from didww_async.cdr.columns import kind_of
from didww_async.cdr.sinks import FORMATS, Format, Written, write_rows
from didww_async.errors import RowError

from .fake import NOW, OUTBOUND, hourly

AWKWARD = (
    "Date/Time Start (UTC),Source Name,New (One),Duration (sec),Total (USD)\n"
    '2026-10-01 00:00:00,"a ""b"", c\nd",x,7,0.010\n'
    '2026-10-01 00:00:01,",""extra"":{}}",}},,\n'
)


def never() -> None: ...


def write(tmp_path: Path, content: bytes, format: Format, kind: str = "in", **options: Any) -> tuple[Written, Path]:
    source, target = tmp_path / "source", tmp_path / f"target.{format}"
    source.write_bytes(content)
    return write_rows(source, target, kind_of(kind), format, file="x", check=never, **options), target


def read(path: Path) -> list[dict[str, Any]]:
    if path.suffix == ".parquet":
        parquet: Any = import_module("pyarrow.parquet")
        table: list[dict[str, Any]] = parquet.read_table(path).to_pylist()
        return table
    if path.suffix == ".jsonl":
        return [json.loads(line) for line in path.read_text().splitlines()]
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("format", FORMATS)
def test_all_formats_have_the_same_columns_and_totals(tmp_path: Path, format: Format) -> None:
    written, path = write(tmp_path, hourly("cdr_in", NOW.replace(day=1), NOW), format)
    rows = read(path)
    assert len(rows) == written.rows == 23 * 24
    assert tuple(rows[0]) == written.columns
    assert written.columns[0] == "started_at"
    assert (written.seconds, written.cost, written.rejected) == (60 * len(rows), Decimal("0.003") * len(rows), 0)
    assert (written.bytes, written.sha256) == (path.stat().st_size, hashlib.sha256(path.read_bytes()).hexdigest())


@pytest.mark.parametrize("format", FORMATS)
def test_awkward_cells_and_unknown_columns_survive(tmp_path: Path, format: Format) -> None:
    written, path = write(tmp_path, AWKWARD.encode(), format)
    first, second = read(path)
    assert written.columns[-1] == "new_one"
    assert (first["source_name"], first["new_one"]) == ('a "b", c\nd', "x")
    assert (second["source_name"], second["new_one"]) == (',"extra":{}}', "}}")
    assert Decimal(first["total"]) == Decimal("0.010")
    assert second["duration"] in (None, "")


@pytest.mark.parametrize("format", FORMATS)
def test_times_are_utc_in_every_format(tmp_path: Path, format: Format) -> None:
    _, path = write(tmp_path, hourly("cdr_out", NOW, NOW.replace(hour=13)), format, "out")
    value = read(path)[0]["started_at"]
    found = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    assert found == NOW
    assert found.astimezone(UTC).utcoffset() == UTC.utcoffset(None)


@pytest.mark.parametrize("format", FORMATS)
def test_malformed_rows_are_raised_or_set_aside(tmp_path: Path, format: Format) -> None:
    content = (AWKWARD + "2026-10-01 00:00:02,a,b,long,0\n").encode()
    with pytest.raises(RowError, match="line 5"):
        write(tmp_path, content, format)
    rejects = tmp_path / "rejects.csv"
    written, path = write(tmp_path, content, format, rejects=rejects)
    assert (written.rows, written.rejected, len(read(path))) == (2, 1, 2)
    ((why, *cells),) = csv.reader(rejects.read_text().splitlines())
    assert "x, line 5" in why
    assert cells == ["2026-10-01 00:00:02", "a", "b", "long", "0"]


@pytest.mark.parametrize("format", FORMATS)
def test_without_malformed_rows_there_is_no_file_of_them(tmp_path: Path, format: Format) -> None:
    rejects = tmp_path / "rejects.csv"
    write(tmp_path, AWKWARD.encode(), format, rejects=rejects)
    assert not rejects.exists()


@pytest.mark.parametrize("format", FORMATS)
def test_a_file_without_rows_is_written_as_none(tmp_path: Path, format: Format) -> None:
    written, _ = write(tmp_path, gzip.compress(OUTBOUND.encode()), format, "out")
    assert (written.rows, written.seconds, written.cost) == (0, 0, Decimal())


@pytest.mark.parametrize("format", FORMATS)
def test_before_2026_the_cost_is_the_sum_of_its_parts(tmp_path: Path, format: Format) -> None:
    text = (
        "Date/Time (UTC),Duration (secs),TollFree Amount (USD),Termination Amount (USD),Metered Channels Amount (USD)\n"
        "2026-10-01 00:00:00,5,0.100,0.020,0.003\n"
    )
    written, _ = write(tmp_path, text.encode(), format)
    assert (written.cost, written.seconds) == (Decimal("0.123"), 5)
