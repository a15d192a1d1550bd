"""Typed rows from the bytes of a call file: fast where the file is plain, exact where it is not.

A block of lines without awkward quoting is split once as a whole and read column by column, which costs a
third of csv.reader. Blocks with quotes that the plain way cannot take go through csv.reader, in strict mode.
A row that cannot be read is raised or handed to whoever sets it aside, with its file and line; never dropped.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from itertools import chain, repeat
from typing import Any, Final

import attrs

from ..errors import CorruptDownload, RowError
from .columns import Column, ColumnType, KindOf

__all__ = ["Batch", "Header", "Reject", "RowReader", "open_rows", "read_batches", "read_header"]

Reject = Callable[[RowError], None]
"""Where malformed rows go that are to be set aside."""

BLOCK: Final = 1 << 15
"""Bytes that are read as one batch: some two hundred rows, whose cells stay in the processor's cache."""
_RECORD: Final = 1 << 20  # a quoted record that is still open after this many characters is no record

_INTEGER: Final = re.compile(r"-?[0-9]+", re.ASCII)
_DECIMAL: Final = re.compile(r"[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]{1,2})?", re.ASCII)
_OPEN_QUOTE: Final = re.compile(r'(?<![,\n])"|"(?![,\n])')
_COMMA: Final = "\x1f"  # stands for a comma inside a cell while a block is split at commas


@attrs.frozen
class Header:
    """The header line of a file, read: which column holds which field, and which ones nobody knows."""

    names: tuple[str, ...]
    fields: Mapping[int, Column]
    extra: Mapping[int, str]


@attrs.frozen
class Batch:
    """Rows of one file as typed columns: `columns` in the order of the class's fields, `extra` by name.

    `cells` is the text of the columns, None for those that the file does not have.
    """

    kind: KindOf
    columns: tuple[Sequence[Any], ...]
    cells: tuple[Sequence[str] | None, ...]
    extra: Mapping[str, Sequence[str]]
    size: int

    def rows(self) -> list[Any]:
        """The batch as instances of its row class."""
        extra: Iterable[Mapping[str, str]] = repeat({}, self.size)
        if self.extra:
            names = tuple(self.extra)
            extra = [dict(zip(names, cells, strict=True)) for cells in zip(*self.extra.values(), strict=True)]
        return list(map(self.kind.row, *self.columns, extra))


def read_header(line: str, kind: KindOf, *, file: str, name: Callable[[str], str] = str) -> Header:
    """Read a header line. `name` gives unknown columns their key; by default it is their header.

    Raises CorruptDownload where no column is one of the kind's: that is an error page or another file.
    """
    names = tuple(next(csv.reader([line]), list[str]()))
    known = {header.lower(): column for column in kind.columns for header in column.headers}
    fields: dict[int, Column] = {}
    extra: dict[int, str] = {}
    for index, text in enumerate(names):
        column = known.get(text.strip().lower())
        if column is not None and column not in fields.values():
            fields[index] = column
            continue
        key = base = name(text)
        taken = {*extra.values(), *(one.field for one in kind.columns)}
        while key in taken:
            key = f"{base}_{index + 1}"
            base = key
        extra[index] = key
    # No header of a message file has been published, so that any table is taken for one.
    missing = [one for one in kind.columns if one.required and one not in fields.values()]
    if missing or len(names) < 2:
        lacking = missing[0].headers[0] if missing else "columns"
        raise CorruptDownload(
            f"{file}: not a {kind.export_type} file: its first line, {line[:80]!r}, does not name {lacking!r}"
        )
    return Header(names, fields, extra)


def read_batches(
    chunks: Iterable[bytes],
    kind: KindOf,
    *,
    file: str,
    reject: Reject | None = None,
    name: Callable[[str], str] = str,
    block: int = BLOCK,
) -> Iterator[Batch]:
    """The rows in `chunks` of an inflated file, in batches of about `block` bytes.

    A malformed row raises RowError, or is given to `reject` and left out of the batch. A file with a header
    and nothing else, or without even that, gives no batch.
    """
    reader, blocks = open_rows(chunks, kind, file=file, reject=reject, name=name, block=block)
    for data in blocks:
        yield from reader.read(data)
    yield from reader.close()


def open_rows(
    chunks: Iterable[bytes],
    kind: KindOf,
    *,
    file: str,
    reject: Reject | None = None,
    name: Callable[[str], str] = str,
    block: int = BLOCK,
) -> tuple[RowReader, Iterator[bytes]]:
    """A reader for the file, its header line read, and the blocks of lines behind that."""
    blocks = _blocks(chunks, block, file)
    first = next(blocks, b"")
    line, _, rest = first.partition(b"\n")
    header = Header((), {}, {})
    if line:
        header = read_header(line.decode("utf-8-sig", "replace").rstrip("\r"), kind, file=file, name=name)
    return RowReader(kind, header, file, reject), chain((rest,) if rest else (), blocks)


def _blocks(chunks: Iterable[bytes], size: int, file: str) -> Iterator[bytes]:
    """Whole lines, about `size` bytes at a time; the last may lack its line end."""
    held: list[bytes] = []
    length = 0
    for chunk in chunks:
        for start in range(0, len(chunk), size):
            piece = chunk[start : start + size]
            held.append(piece)
            length += len(piece)
            if length >= size and b"\n" in piece:
                lines, end, rest = b"".join(held).rpartition(b"\n")
                yield lines + end
                held, length = [rest], len(rest)
            elif length > size + _RECORD:
                raise CorruptDownload(f"{file}: no call file: a line of more than {length:,} bytes")
    if length:
        yield b"".join(held)


class RowReader:
    """Reads the blocks of one file in order; `carry` is what of a record ran over the end of the last one."""

    def __init__(self, kind: KindOf, header: Header, file: str, reject: Reject | None) -> None:
        self.kind = kind
        self.header = header
        self.file = file
        self.reject = reject
        self.line: int = 2
        self.carry: bytes = b""
        order = {column.field: index for index, column in header.fields.items()}
        self.plan: list[tuple[Column, int | None]] = [(column, order.get(column.field)) for column in kind.columns]

    def read(self, block: bytes, *, last: bool = False) -> Iterator[Batch]:
        """The rows in whole lines; what may go on in the next block is kept in `carry` until then."""
        block, self.carry = self.carry + block, b""
        try:
            text, sound = block.decode(), True
        except UnicodeDecodeError:
            text, sound = block.decode(errors="surrogateescape"), False
        cells = split_plain(text, len(self.header.names)) if sound else None
        batch = self._convert(cells) if cells else None
        lines = text.count("\n") + (not text.endswith("\n"))
        if batch is None:
            batch, lines = self._read_exactly(text, last)
        self.line += lines
        if batch.size:
            yield batch

    def close(self) -> Iterator[Batch]:
        """What was still open at the end of the file."""
        if self.carry:
            yield from self.read(b"", last=True)

    def _convert(self, cells: Sequence[Sequence[str]]) -> Batch | None:
        """The columns of a block typed, or None where a cell does not have its column's type."""
        size = len(cells[0])
        try:
            columns = tuple(
                convert(column, cells[index]) if index is not None else _absent(column, size)
                for column, index in self.plan
            )
        except (ValueError, ArithmeticError):
            return None
        extra = {name: cells[index] for index, name in self.header.extra.items()}
        texts = tuple(cells[index] if index is not None else None for _, index in self.plan)
        return Batch(self.kind, columns, texts, extra, size)

    def _read_exactly(self, text: str, last: bool) -> tuple[Batch, int]:
        """Every record of a block by itself; with it, the lines that were used up."""
        lines = list(io.StringIO(text, newline="\n"))
        records, used = self._records(lines, last)
        rows = [row for _, row, why in records if why is None]
        plain = len(rows) == len(records) and {len(self.header.names)} == set(map(len, rows))
        batch = self._convert(list(zip(*rows, strict=True))) if plain and text.isascii() else None
        if batch is None:
            rows = [row for at, row, why in records if self._sound(at, row, why)]
            batch = self._convert(list(zip(*rows, strict=True))) if rows else Batch(self.kind, (), (), {}, 0)
        assert batch is not None, "each of its rows was converted by itself"
        return batch, used

    def _records(self, lines: Sequence[str], last: bool) -> tuple[list[tuple[int, list[str], str | None]], int]:
        """Where each record begins, its cells and, where it is no CSV, why; then how many lines that took."""
        records: list[tuple[int, list[str], str | None]] = []
        start = begun = 0
        while start < len(lines):
            reader = csv.reader(iter(lines[start:]), strict=True)
            begun = start
            try:
                for row in reader:
                    if row:
                        records.append((begun, row, None))
                    begun = start + reader.line_num
                break
            except csv.Error as error:
                rest = lines[begun:]
                if not last and start + reader.line_num == len(lines) and sum(map(len, rest)) < _RECORD:
                    self.carry = "".join(rest).encode(errors="surrogateescape")
                    return records, begun
                # An open quote has swallowed the lines behind it: only the first is at fault.
                records.append((begun, [lines[begun].rstrip("\r\n")], f"not CSV: {error}"))
                start = begun + 1
        return records, len(lines)

    def _sound(self, at: int, row: list[str], why: str | None) -> bool:
        """Whether a record can be read; one that cannot is refused."""
        wanted = len(self.header.names)
        if why is None and len(row) != wanted:
            why = f"{len(row)} cells where the header has {wanted}"
        if why is None:
            why = next(
                (
                    _fault(column, row[index])
                    for index, column in self.header.fields.items()
                    if _fault(column, row[index])
                ),
                None,
            )
        if why is None and not all(map(_is_text, row)):
            why, row = "not UTF-8", [cell.encode(errors="surrogateescape").decode("latin-1") for cell in row]
        if why is None:
            return True
        error = RowError(why, file=self.file, line=self.line + at, row=row)
        if self.reject is None:
            raise error
        self.reject(error)
        return False


def _is_text(cell: str) -> bool:
    return not any("\ud800" <= char <= "\udfff" for char in cell)


def _fault(column: Column, cell: str) -> str | None:
    try:
        convert(column, (cell,))
    except (ValueError, ArithmeticError):
        return f"{column.headers[0]!r} is {cell!r}, not {_WANTED[column.type]}"
    return None


_WANTED: Final[Mapping[ColumnType, str]] = {
    "time": "a time such as 2026-10-01 12:30:00",
    "integer": "a whole number",
    "money": "a decimal number",
    "text": "text",
}


def split_plain(text: str, width: int) -> list[list[str]] | None:
    """The columns of a block of lines, or None where it needs csv.reader.

    That is where quotes are escaped, cells hold line ends or rows are of another width.
    """
    ends = text.count("\n")
    returns = text.count("\r")
    if _COMMA in text or (returns and not text.count("\r\n") == returns == ends):
        return None
    end = "\r\n" if returns else "\n"
    if not text.endswith("\n"):
        text += end
        ends += 1
    hidden = False
    if '"' in text:
        unquoted = _unquote(text.replace(end, "\n"))
        if unquoted is None:
            return None
        hidden, text, end = _COMMA in unquoted, unquoted, "\n"
    # A column of line ends is put behind the others: where each of its cells is a line end, no row is too
    # short or too long.
    cells = text.replace(end, ",\n,").split(",")
    step = width + 1
    if len(cells) != ends * step + 1 or cells[width::step].count("\n") != ends:
        return None
    cells.pop()
    columns = [cells[index::step] for index in range(width)]
    if hidden:
        columns = [
            [cell.replace(_COMMA, ",") for cell in column] if any(_COMMA in cell for cell in column) else column
            for column in columns
        ]
    return columns


def _unquote(text: str) -> str | None:
    """`text` without quotes around whole cells, commas in them hidden; None where that is not so simple."""
    parts = text.split('"')
    inside = '"'.join(parts[1::2])
    outside = '"'.join(parts[0::2])
    if len(parts) % 2 == 0 or "\n" in inside or _OPEN_QUOTE.search("\n" + outside):
        return None
    if "," in inside:
        parts[1::2] = inside.replace(",", _COMMA).split('"')
    return "".join(parts)


def convert(column: Column, cells: Sequence[str]) -> Sequence[Any]:
    """The cells of one column as values of its type; an empty one is None, or "" as text.

    Raises ValueError for a cell of another type.
    """
    match column.type:
        case "text":
            return cells
        case "time":
            return _times(cells, column.required)
        case "integer":
            return _integers.of(cells)
        case "money":
            return _decimals.of(cells)


def _absent(column: Column, size: int) -> Sequence[Any]:
    if column.required:
        raise ValueError(column.field)
    return ("" if column.type == "text" else None,) * size


def _times(cells: Sequence[str], required: bool) -> list[datetime | None]:
    lengths = set(map(len, cells))
    if lengths <= {19}:
        read = datetime.fromisoformat
        return [read(cell + "+00:00") for cell in cells]
    if required or not lengths <= {0, 19}:
        raise ValueError("not a time")
    read = datetime.fromisoformat
    return [read(cell + "+00:00") if cell else None for cell in cells]


class _Memo(dict[str, Any]):
    """Values by the text of their cells: a few thousand texts make up millions of cells."""

    LIMIT: Final = 1 << 14

    def __init__(self, form: re.Pattern[str], make: Callable[[str], Any]) -> None:
        super().__init__({"": None})
        self.form = form
        self.make = make

    def of(self, cells: Sequence[str]) -> Sequence[Any]:
        """The values of a column's cells. In most blocks most columns of amounts are the same all the way down."""
        first = cells[0]
        if cells.count(first) == len(cells):
            return [self[first]] * len(cells)
        return list(map(self.__getitem__, cells))

    def __missing__(self, text: str) -> Any:
        if not self.form.fullmatch(text):
            raise ValueError(text)
        value = self.make(text)
        if len(self) < self.LIMIT:
            self[text] = value
        return value


_integers: Final = _Memo(_INTEGER, int)
_decimals: Final = _Memo(_DECIMAL, Decimal)
