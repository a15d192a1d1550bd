"""Arrow batches hold what the typed rows hold, whichever of the two ways a block was read."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from didww_async.cdr import arrow
from didww_async.cdr.arrow import record_batches, schema_of
from didww_async.cdr.columns import kind_of
from didww_async.cdr.gunzip import inflate, read_chunks
from didww_async.cdr.rows import read_batches
from didww_async.errors import ConfigurationError, CorruptDownload, RowError

from .fake import INBOUND, NOW, hourly

pa = pytest.importorskip("pyarrow")
KIND = kind_of("in")


def table_of(path: Path, reject: Any = None) -> Any:
    batches = list(record_batches(path, KIND, file="x", reject=reject))
    return pa.Table.from_batches(batches) if batches else schema_of(KIND).empty_table()


def typed(path: Path) -> list[dict[str, Any]]:
    rows = [row for batch in read_batches(inflate(read_chunks(path), file="x"), KIND, file="x") for row in batch.rows()]
    return [{column.field: getattr(row, column.field) for column in KIND.columns} for row in rows]


def plain(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows with "" as None: a column that a file does not have is null in Arrow."""
    return [{name: None if value == "" else value for name, value in row.items()} for row in rows]


def test_a_file_gives_the_same_values_as_typed_rows(tmp_path: Path) -> None:
    path = tmp_path / "x.gz"
    path.write_bytes(hourly("cdr_in", NOW.replace(day=1), NOW))
    table = table_of(path)
    assert table.schema == schema_of(KIND)
    assert plain(table.to_pylist()) == plain(typed(path))


cells = st.text(st.sampled_from('ab ,"\n é'), max_size=5)


@settings(deadline=None, max_examples=40)
@given(names=st.lists(cells, min_size=1, max_size=20), block=st.integers(50, 400))
def test_awkward_cells_are_read_alike(tmp_path_factory: pytest.TempPathFactory, names: list[str], block: int) -> None:
    quoted = [
        '"' + name.replace('"', '""') + '"' if '"' in name or "," in name or "\n" in name else name for name in names
    ]
    path = tmp_path_factory.mktemp("arrow") / "x.csv"
    path.write_text(
        "Date/Time Start (UTC),Source Name,Duration (sec)\n"
        + "".join(f"2026-10-01 00:00:0{index % 10},{name},{index}\n" for index, name in enumerate(quoted))
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(arrow, "_BLOCK", block)
        found = plain(table_of(path).to_pylist())
    assert found == plain(typed(path))


def test_a_malformed_row_is_raised_with_its_line_or_set_aside(tmp_path: Path) -> None:
    lines = ["Date/Time Start (UTC),Duration (sec)"] + [f"2026-10-01 00:00:00,{n}" for n in range(2000)]
    lines[1234] = "2026-10-01 00:00:00,many"
    path = tmp_path / "x.csv"
    path.write_text("\n".join(lines))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(arrow, "_BLOCK", 4096)
        with pytest.raises(RowError, match="'many'") as caught:
            table_of(path)
        assert caught.value.line == 1235
        refused: list[RowError] = []
        assert table_of(path, refused.append).num_rows == 1999
        assert [error.line for error in refused] == [1235]


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.gz"
    path.write_bytes(gzip.compress(INBOUND.encode() + b"\n" * 5000)[:-9])
    with pytest.raises(CorruptDownload):
        table_of(path)


def test_unknown_columns_are_strings_with_names_that_tables_take(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("Date/Time Start (UTC),New (USD)\n2026-10-01 00:00:00,1.5\n")
    table = table_of(path)
    assert table.schema.field("new_usd").type == pa.string()
    assert table.column("new_usd").to_pylist() == ["1.5"]


def test_without_pyarrow_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyarrow.csv", None)
    with pytest.raises(ConfigurationError, match=r"didww_async\[parquet\]"):
        arrow.load_pyarrow()
