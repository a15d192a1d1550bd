"""The four forms of output: streamed, stable, and harmless to a terminal."""

import csv
import io
import json
from typing import Any

import pytest

from didww_async.cli.grid import printable
from didww_async.cli.output import show_one, text, writer

ROWS: list[dict[str, Any]] = [
    {"id": "a", "number": "37260000001", "trunk": {"id": "t", "name": "office"}, "tags": ["x", "y"], "open": True},
    {"id": "b", "number": "37260000002", "trunk": None, "tags": [], "open": False, "note": 'say "hi", all'},
]
PATHS = [("id",), ("number",), ("trunk", "name"), ("tags",), ("open",), ("note",)]


@pytest.mark.parametrize("style", ["table", "csv", "jsonl", "json"])
def test_rows_are_out_before_more_are_known(style: str, capsys: pytest.CaptureFixture[str]) -> None:
    out = writer(style, PATHS)
    out.write(ROWS[:1])
    assert "37260000001" in capsys.readouterr().out
    out.write(ROWS[1:])
    assert "37260000002" in capsys.readouterr().out
    out.close()


def test_csv_has_the_columns_that_were_named_whatever_the_rows_hold(capsys: pytest.CaptureFixture[str]) -> None:
    out = writer("csv", PATHS)
    out.write(ROWS)
    out.close()
    head, *rows = csv.reader(io.StringIO(capsys.readouterr().out))
    assert head == ["id", "number", "trunk.name", "tags", "open", "note"]
    assert rows == [
        ["a", "37260000001", "office", "x,y", "true", ""],
        ["b", "37260000002", "", "", "false", 'say "hi", all'],
    ]


def test_csv_without_rows_has_its_head(capsys: pytest.CaptureFixture[str]) -> None:
    writer("csv", PATHS).close()
    assert capsys.readouterr().out == "id,number,trunk.name,tags,open,note\n"


@pytest.mark.parametrize("rows", [[], ROWS[:1], ROWS])
def test_json_is_one_array_however_it_came(rows: list[dict[str, Any]], capsys: pytest.CaptureFixture[str]) -> None:
    out = writer("json", PATHS)
    for row in rows:
        out.write([row])
    out.close()
    assert json.loads(capsys.readouterr().out) == rows


def test_json_lines_are_a_line_each(capsys: pytest.CaptureFixture[str]) -> None:
    out = writer("jsonl", PATHS)
    out.write(ROWS)
    out.close()
    assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == ROWS


def test_a_table_without_a_terminal_cuts_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    long = "x" * 500
    out = writer("table", [("id",), ("note",)])
    out.write([{"id": "a", "note": long}])
    out.close()
    assert capsys.readouterr().out.splitlines() == ["ID  NOTE", f"a   {long}"]


def test_a_table_in_a_terminal_fits_it_and_says_what_it_left_out(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setenv("TERM", "xterm")
    paths = [("empty",), *((f"column_{n}",) for n in range(9))]
    out = writer("table", paths)
    out.write([{f"column_{n}": "12345678" for n in range(9)}])
    out.close()
    printed = capsys.readouterr()
    lines = [line.replace("\x1b[1m", "").replace("\x1b[0m", "") for line in printed.out.splitlines()]
    assert lines[0].startswith("COLUMN_0")
    assert all(len(line) <= 60 for line in lines)
    assert "columns did not fit" in printed.err


def test_wide_characters_count_as_wide(capsys: pytest.CaptureFixture[str]) -> None:
    out = writer("table", [("id",), ("note",)])
    out.write([{"id": "東京", "note": "x"}, {"id": "a", "note": "y"}])
    assert capsys.readouterr().out.splitlines() == ["ID    NOTE", "東京  x", "a     y"]


def test_nothing_that_a_terminal_obeys_is_printed() -> None:
    assert printable("a\x1b[31mb\nc\u202ed") == "a [31mb c d"


def test_one_record_takes_a_line_for_each_member(capsys: pytest.CaptureFixture[str]) -> None:
    show_one("table", ROWS[0], PATHS)
    assert capsys.readouterr().out.splitlines() == [
        "id      a",
        "number  37260000001",
        "trunk",
        "  id    t",
        "  name  office",
        "tags    x,y",
        "open    true",
    ]


def test_what_has_members_is_json_in_a_cell_and_a_reference_its_id() -> None:
    assert text({"type": "dids", "id": "a"}) == "a"
    assert text([{"type": "dids", "id": "a"}, {"type": "dids", "id": "b"}]) == "a,b"
    assert json.loads(text({"host": "a", "port": 1})) == {"host": "a", "port": 1}
