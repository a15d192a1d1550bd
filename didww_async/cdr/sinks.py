"""Write the rows of a call file as CSV, JSON lines or Parquet, and say what was written.

All three have the same columns for every file of a kind, so that a folder of them reads as one table: the fields of
the row class, then columns that this version does not know, named by `column_name`. Times are UTC, amounts exact.
"""

from __future__ import annotations

import csv
import hashlib
import io
import os
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO, Final, Literal, TextIO, TypeAlias

import attrs
import msgspec

from ..errors import RowError
from . import arrow
from .columns import KindOf, column_name
from .download import Check
from .gunzip import inflate, read_chunks
from .rows import Batch, Reject, read_batches

__all__ = ["FORMATS", "Format", "Written", "write_rows"]

Format: TypeAlias = Literal["csv", "jsonl", "parquet"]
_ROW_GROUP: Final = 1 << 17


@attrs.frozen
class Written:
    """What became of one file: rows written and set aside, the size and SHA-256 of what was written, totals.

    `seconds` is the sum of the calls' durations, `cost` of what they cost in US dollars.
    """

    rows: int
    rejected: int
    bytes: int
    sha256: str
    columns: tuple[str, ...]
    seconds: int
    cost: Decimal


@attrs.define
class Totals:
    """What the rows written so far hold; `seconds` of calls, `cost` in US dollars."""

    columns: tuple[str, ...] = ()
    rows: int = 0
    seconds: int = 0
    cost: Decimal = Decimal()


class Sink(ABC):
    """Writes the batches of one file to `out`, and adds up what they hold."""

    def __init__(self, out: io.RawIOBase, kind: KindOf) -> None:
        self.out = out
        self.kind = kind
        self.totals: Totals = Totals()

    @abstractmethod
    def consume(self, source: Path, file: str, reject: Reject | None, check: Check) -> None:
        """Write all rows of a downloaded file."""


class _RowSink(Sink):
    """Takes batches from the row reader."""

    def consume(self, source: Path, file: str, reject: Reject | None, check: Check) -> None:
        chunks = inflate(read_chunks(source), file=file)
        for batch in read_batches(chunks, self.kind, file=file, reject=reject, name=column_name):
            check()
            if not self.totals.columns:
                self.totals.columns = (*(column.field for column in self.kind.columns), *batch.extra)
                self.begin()
            self.write(batch)
            self.totals.rows += batch.size
            self.add(batch)

    def begin(self) -> None:
        """Before the first batch."""

    @abstractmethod
    def write(self, batch: Batch) -> None:
        """Write one batch."""

    def add(self, batch: Batch) -> None:
        """Add up durations and costs."""
        known: dict[str, Sequence[Any]] = dict(
            zip((column.field for column in self.kind.columns), batch.columns, strict=True)
        )
        self.totals.seconds += sum(filter(None, known.get("duration", ())))
        if self.kind.cost is None:
            return
        told = any(amount is not None for amount in known[self.kind.cost])
        for field in (self.kind.cost,) if told else self.kind.parts:
            amounts: list[Decimal] = [amount for amount in known[field] if amount]
            self.totals.cost += sum(amounts, Decimal())


class CsvSink(_RowSink):
    """RFC 4180 with a header line; times as `2026-10-01 12:30:00+00:00`."""

    def begin(self) -> None:
        self.put([(name,) for name in self.totals.columns])

    def write(self, batch: Batch) -> None:
        texts: list[Sequence[str]] = []
        for column, cells in zip(self.kind.columns, batch.cells, strict=True):
            if cells is None:
                texts.append(("",) * batch.size)
            elif column.type == "time":
                texts.append([cell and cell + "+00:00" for cell in cells])
            else:
                texts.append(cells)
        self.put([*texts, *batch.extra.values()])

    def put(self, columns: Sequence[Sequence[str]]) -> None:
        """Write lines of text, given as columns."""
        size, width = len(columns[0]), len(columns)
        plain = "\n".join(map(",".join, zip(*columns, strict=True))) + "\n"
        if plain.count(",") != size * (width - 1) or plain.count("\n") != size or '"' in plain or "\r" in plain:
            text = io.StringIO(newline="")
            csv.writer(text, lineterminator="\n").writerows(zip(*columns, strict=True))
            plain = text.getvalue()
        self.out.write(plain.encode())


class JsonLinesSink(_RowSink):
    """One object a line; times as `2026-10-01T12:30:00Z`, amounts as strings, because JSON's numbers are floats."""

    def begin(self) -> None:
        self.encoder: Any = msgspec.json.Encoder()

    def write(self, batch: Batch) -> None:
        lines = self.encoder.encode_lines(batch.rows())
        # `extra` comes last. Taking its braces away puts unknown columns beside the others; within a value its
        # quotes would be escaped.
        if batch.extra:
            lines = lines.replace(b',"extra":{', b",").replace(b"}}\n", b"}\n")
        else:
            lines = lines.replace(b',"extra":{}}\n', b"}\n")
        self.out.write(lines)


class ParquetSink(Sink):
    """Parquet with zstd; columns of few values as dictionaries."""

    def consume(self, source: Path, file: str, reject: Reject | None, check: Check) -> None:
        pa = arrow.load_pyarrow()
        writer: Any = None
        held: list[Any] = []
        size = 0
        try:
            for batch in arrow.record_batches(source, self.kind, file=file, reject=reject):
                check()
                if writer is None:
                    self.totals.columns = tuple(batch.schema.names)
                    writer = self._writer(batch.schema)
                self.totals.rows += batch.num_rows
                self._add(batch)
                held.append(batch)
                size += batch.num_rows
                if size >= _ROW_GROUP:
                    writer.write_table(pa.Table.from_batches(held))
                    held, size = [], 0
                    pa.default_memory_pool().release_unused()
            if held:
                writer.write_table(pa.Table.from_batches(held))
        finally:
            if writer is not None:
                writer.close()

    def _writer(self, schema: Any) -> Any:
        repeated = [
            column.field
            for column in self.kind.columns
            if column.type == "text" and column.field not in self.kind.distinct
        ]
        return arrow.load_pyarrow().parquet.ParquetWriter(
            self.out,
            schema,
            compression="zstd",
            use_dictionary=[*repeated, *schema.names[len(self.kind.columns) :]],
            write_statistics=[column.field for column in self.kind.columns if column.type == "time"],
            store_decimal_as_integer=True,
        )

    def _add(self, batch: Any) -> None:
        sums = arrow.load_pyarrow().compute.sum
        if "duration" in batch.schema.names:
            self.totals.seconds += sums(batch.column("duration")).as_py() or 0
        if self.kind.cost is None:
            return
        cost = sums(batch.column(self.kind.cost)).as_py()
        if cost is None:
            cost = sum((sums(batch.column(part)).as_py() or Decimal() for part in self.kind.parts), Decimal())
        self.totals.cost += cost


FORMATS: Final[Mapping[Format, type[Sink]]] = {"csv": CsvSink, "jsonl": JsonLinesSink, "parquet": ParquetSink}


class _Hashed(io.RawIOBase):
    """A file that is written from its start to its end, and hashed as it goes."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.digest = hashlib.sha256()
        self.size = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any, /) -> int:
        self.digest.update(data)
        self.size += memoryview(data).nbytes
        self.file.write(data)
        return memoryview(data).nbytes

    def tell(self) -> int:
        return self.size


class _Rejects:
    """A CSV file of malformed rows, made when there is one: what is wrong, then the cells."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self.count = 0
        self._file: TextIO | None = None

    def __enter__(self) -> _Rejects:
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()

    def __call__(self, error: RowError) -> None:
        if self._file is None:
            assert self.path is not None, "without a path rows are raised"
            self._file = self.path.open("w", encoding="utf-8", newline="")
        csv.writer(self._file).writerow((str(error), *error.row))
        self.count += 1


def write_rows(
    source: Path,
    target: Path,
    kind: KindOf,
    format: Format,
    *,
    file: str,
    rejects: Path | None = None,
    check: Check,
) -> Written:
    """Write the rows of the downloaded file `source` to `target`, on disk when this returns.

    `file` names it in errors. Malformed rows are raised as RowError, or written to the CSV file `rejects` with
    what is wrong with them, which exists only if there are any.
    """
    with target.open("wb") as out, _Rejects(rejects) as reject:
        hashed = _Hashed(out)
        sink = FORMATS[format](hashed, kind)
        sink.consume(source, file, None if rejects is None else reject, check)
        out.flush()
        os.fsync(out.fileno())
    return Written(
        rows=sink.totals.rows,
        rejected=reject.count,
        bytes=hashed.size,
        sha256=hashed.digest.hexdigest(),
        columns=sink.totals.columns,
        seconds=sink.totals.seconds,
        cost=sink.totals.cost,
    )
