"""Call files as Arrow record batches, by pyarrow's CSV reader over our checked inflation.

A block that pyarrow cannot take (a malformed row, an odd cell) is read by the row reader instead, which names
the line or sets it aside. Needs the extra `parquet`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from ..errors import ConfigurationError
from .columns import Column, ColumnType, KindOf, column_name
from .gunzip import inflate, read_chunks
from .rows import Batch, Header, Reject, RowReader, open_rows

if TYPE_CHECKING:
    import pyarrow

__all__ = ["load_pyarrow", "record_batches", "schema_of"]

_BLOCK: Final = 1 << 21
_THREADS: Final = 2
_PRECISION: Final = (18, 9)
"""Digits of an amount in all and behind the point: what BigQuery, Spark and DuckDB take too."""


def load_pyarrow() -> Any:
    """pyarrow with its CSV and Parquet parts, or ConfigurationError with the extra to install."""
    try:
        for part in ("compute", "csv", "parquet"):
            import_module(f"pyarrow.{part}")
        return import_module("pyarrow")
    except ImportError:
        raise ConfigurationError(
            "Arrow and Parquet need pyarrow: pip install 'didww_async[parquet]', or choose format='csv'"
        ) from None


def schema_of(kind: KindOf, extra: Iterable[str] = ()) -> pyarrow.Schema:
    """The columns of a kind in all versions, then unknown ones as strings: the same for every file."""
    pa = load_pyarrow()
    known = [pa.field(one.field, _stored(one.type), not one.required) for one in kind.columns]
    return cast("pyarrow.Schema", pa.schema([*known, *(pa.field(name, pa.string()) for name in extra)]))


def _stored(type: ColumnType) -> Any:
    pa = load_pyarrow()
    match type:
        case "time":
            return pa.timestamp("us", "UTC")
        case "integer":
            return pa.int64()
        case "money":
            return pa.decimal128(*_PRECISION)
        case "text":
            return pa.string()


def record_batches(
    path: Path, kind: KindOf, *, file: str, reject: Reject | None = None
) -> Iterator[pyarrow.RecordBatch]:
    """The rows of a call file, inflated or not, as record batches of `schema_of(kind)`.

    Unknown columns follow as strings, named by `column_name`. A malformed row raises RowError or is given to
    `reject`; a damaged file raises CorruptDownload. An empty file gives no batch.

    Blocks are parsed by two threads while the caller works on the batch before them.
    """
    load_pyarrow()
    chunks = inflate(read_chunks(path), file=file)
    reader, blocks = open_rows(chunks, kind, file=file, reject=reject, name=column_name, block=_BLOCK)
    parser = _Parser(kind, reader.header)
    with ThreadPoolExecutor(_THREADS, thread_name_prefix="didww-csv") as threads:
        ahead: deque[tuple[bytes, Future[Any]]] = deque()
        try:
            for block in blocks:
                ahead.append((block, threads.submit(parser.parse, block)))
                if len(ahead) > _THREADS:
                    yield from _in_order(*ahead.popleft(), reader)
            while ahead:
                yield from _in_order(*ahead.popleft(), reader)
        finally:
            for _, parsed in ahead:
                parsed.cancel()
    yield from map(_from_rows, reader.close())


def _in_order(block: bytes, parsed: Future[Any], reader: RowReader) -> Iterator[Any]:
    batch = None if reader.carry else parsed.result()
    if batch is None:
        yield from map(_from_rows, reader.read(block))
        return
    reader.line += block.count(b"\n")
    yield batch


class _Parser:
    """Parses blocks of whole lines with pyarrow and brings them to the schema of their kind."""

    def __init__(self, kind: KindOf, header: Header) -> None:
        pa = load_pyarrow()
        numbered = [str(index) for index in range(len(header.names))]
        self.read = pa.csv.ReadOptions(column_names=numbered, block_size=4 * _BLOCK, use_threads=False)
        self.convert = pa.csv.ConvertOptions(
            column_types={name: _parsed(header.fields.get(index)) for index, name in enumerate(numbered)},
            null_values=[""],
            strings_can_be_null=False,
        )
        # Its fields have types that the stubs of pyarrow do not tell.
        self.schema: Any = schema_of(kind, header.extra.values())
        order = {column.field: index for index, column in header.fields.items()}
        order.update({name: index for index, name in header.extra.items()})
        self.order = [order.get(name) for name in self.schema.names]

    def parse(self, block: bytes) -> Any:
        """The rows of a block as one record batch, or None where the row reader has to look at it."""
        pa = load_pyarrow()
        if block.count(b'"') % 2:
            return None  # the block may end within a quoted cell
        try:
            table = pa.csv.read_csv(pa.BufferReader(block), read_options=self.read, convert_options=self.convert)
            batches = table.combine_chunks().to_batches()
            return self._fit(batches[0]) if batches else None
        except pa.ArrowInvalid:
            return None

    def _fit(self, batch: Any) -> Any:
        pa = load_pyarrow()
        arrays: list[Any] = []
        for field, index in zip(self.schema, self.order, strict=True):
            if index is None:
                arrays.append(pa.nulls(batch.num_rows, field.type))
                continue
            array = batch.column(index)
            if not field.nullable and array.null_count:
                return None
            arrays.append(array if array.type == field.type else array.cast(field.type))
        return pa.RecordBatch.from_arrays(arrays, schema=self.schema)


def _parsed(column: Column | None) -> Any:
    pa = load_pyarrow()
    if column is None:
        return pa.string()
    return pa.timestamp("us") if column.type == "time" else _stored(column.type)


def _from_rows(rows: Batch) -> Any:
    pa = load_pyarrow()
    schema: Any = schema_of(rows.kind, rows.extra)
    columns = [*rows.columns, *rows.extra.values()]
    arrays = [pa.array(cells, field.type) for cells, field in zip(columns, schema, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)
