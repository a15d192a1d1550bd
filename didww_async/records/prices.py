"""Prices of calls and messages, as the prices services and their files give them: pure, and one class for both.

What DIDWW publishes of these services is complete for inbound calls and cut short for the rest. What is not declared
here is kept in `extra`, under the API's name: `Next rate` in a file is `next_rate`, as in a lookup.
"""

from __future__ import annotations

import codecs
import csv
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import Any, Final, Literal, TypeVar, get_args, get_type_hints

import attrs

from ..cdr.columns import column_name
from ..cdr.gunzip import inflate
from ..errors import CorruptDownload, RowError

__all__ = ["Price", "SmsInPrice", "SmsOutPrice", "VoiceInPrice", "VoiceOutPrice", "read_price", "read_price_file"]

_BATCH: Final = 500


@attrs.frozen(kw_only=True)
class Price:
    """One row of a price plan, in US dollars without VAT.

    `id` is made of the content and changes with the price; rows of a file have none. `extra` holds what this
    version of the library does not know: JSON values from a lookup, text from a file.
    """

    id: str = ""
    extra: Mapping[str, Any] = MappingProxyType({})


P = TypeVar("P", bound=Price)


@attrs.frozen(kw_only=True)
class VoiceInPrice(Price):
    """What calls to numbers that begin with `destination` cost.

    `rate` is per minute and `connection_fee` per call, None where the plan rejects calls. Intervals are seconds:
    the first that is charged, and each after it. `country` is None for all destinations, `src_country_name` for
    callers from anywhere; `source_type` is the kind of caller, such as `fixed` or `cellular`.
    """

    destination: str
    country: str | None
    src_country_name: str | None
    source_type: str
    rate: Decimal | None
    connection_fee: Decimal | None
    initial_interval: int
    next_interval: int
    reject_calls: bool


@attrs.frozen(kw_only=True)
class VoiceOutPrice(Price):
    """What calls to numbers that begin with `prefix` cost.

    `rate` is per minute and `connection_fee` per call, None where the plan rejects calls; increments are seconds.
    `extra` has what comes next: `effective_at`, and attributes that begin with `next_`. `reject_calls` is None
    where a file does not say.
    """

    category: Literal["International", "Origin based", "Local"] | str
    country: str | None
    network: str | None
    prefix: str
    rate: Decimal | None
    connection_fee: Decimal | None
    initial_increment: int
    recurring_increment: int
    reject_calls: bool | None = None
    comment: str | None = None


@attrs.frozen(kw_only=True)
class SmsOutPrice(Price):
    """What a message to numbers that begin with `destination_prefix` costs: `price`, None where it is rejected."""

    source_prefix: str | None = None
    destination_prefix: str | None = None
    country: str | None = None
    mcc: int | None = None
    mcc_name: str | None = None
    mnc: int | None = None
    mnc_name: str | None = None
    reject_sms: bool | None = None
    price: Decimal | None = None


@attrs.frozen(kw_only=True)
class SmsInPrice(Price):
    """What a message received costs, by the beginnings and lengths of the numbers it comes from and goes to."""

    source_prefix: str | None = None
    source_number_length_min: int | None = None
    source_number_length_max: int | None = None
    destination_prefix: str | None = None
    destination_number_length_min: int | None = None
    destination_number_length_max: int | None = None
    country: str | None = None
    price: Decimal | None = None


def read_price(cls: type[P], members: Mapping[str, object], id: str = "") -> P:
    """A price from its members: JSON values, or the cells of a file, where an empty one stands for none.

    Raises ValueError for a member that is missing or not what it should be, naming it.
    """
    values: dict[str, Any] = {}
    for member in _MEMBERS[cls]:
        name = member.name
        if name not in members:
            if member.required:
                raise ValueError(f"there is no {name!r}")
            continue
        value = members[name]
        try:
            values[name] = None if member.nullable and value in (None, "") else member.read(value)
        except (ValueError, TypeError, LookupError, InvalidOperation):
            raise ValueError(f"{name!r} is {value!r}") from None
    extra = {name: value for name, value in members.items() if name not in values}
    return cls(id=id, extra=MappingProxyType(extra), **values)


def read_price_file(chunks: Iterable[bytes], cls: type[P], *, file: str) -> Iterator[list[P]]:
    """The prices in the bytes of a price file, gzip CSV with a header line, some hundreds at a time.

    Raises CorruptDownload for what is no whole price file, RowError for a line that cannot be read; `file` names
    it in both.
    """
    rows = csv.reader(_lines(chunks, file), strict=True)
    names: list[str] = []
    batch: list[P] = []
    try:
        for row in rows:
            if not names:
                names = _names(row, cls, file)
            elif len(row) != len(names):
                why = f"{len(row)} cells where the header has {len(names)}"
                raise RowError(why, file=file, line=rows.line_num, row=row)
            else:
                batch.append(_read_row(cls, dict(zip(names, row, strict=True)), file, rows.line_num))
            if len(batch) == _BATCH:
                yield batch
                batch = []
    except csv.Error as error:
        raise RowError(f"not CSV: {error}", file=file, line=rows.line_num, row=()) from None
    if not names:
        raise CorruptDownload(f"{file}: the price file is empty. Download it again")
    if batch:
        yield batch


def _lines(chunks: Iterable[bytes], file: str) -> Iterator[str]:
    rest = ""
    try:
        for text in codecs.iterdecode(inflate(chunks, file=file), "utf-8-sig"):
            *lines, rest = (rest + text).split("\n")
            for line in lines:
                yield f"{line}\n"
    except UnicodeDecodeError as error:
        raise CorruptDownload(f"{file}: the price file is not UTF-8: {error.reason}") from None
    if rest:
        yield rest


def _names(header: list[str], cls: type[Price], file: str) -> list[str]:
    names = [column_name(text) for text in header]
    missing = [member.name for member in _MEMBERS[cls] if member.required and member.name not in names]
    if missing or len(set(names)) < len(names) or len(names) < 2:
        raise CorruptDownload(
            f"{file}: not a file of {cls.__name__}: its first line, {','.join(header)[:80]!r}, "
            + (f"does not name {missing[0]!r}" if missing else "is no header")
        )
    return names


def _read_row(cls: type[P], cells: Mapping[str, str], file: str, line: int) -> P:
    try:
        return read_price(cls, cells)
    except ValueError as error:
        raise RowError(str(error), file=file, line=line, row=tuple(cells.values())) from None


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _whole(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise TypeError
    return int(value)


def _money(value: object) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise TypeError
    amount = Decimal(value)
    if not amount.is_finite():
        raise ValueError
    return amount


_TRUTH: Final = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def _truth(value: object) -> bool:
    # How files write it is not published.
    return value if isinstance(value, bool) else _TRUTH[_text(value).strip().lower()]


_READERS: Final[Mapping[type, Callable[[object], Any]]] = {str: _text, int: _whole, Decimal: _money, bool: _truth}


@attrs.frozen
class _Member:
    """One declared member of a price: what reads it, whether it may be none, and whether it must be there."""

    name: str
    read: Callable[[object], Any]
    nullable: bool
    required: bool


def _members(cls: type[Price]) -> tuple[_Member, ...]:
    hints = get_type_hints(cls)
    members: list[_Member] = []
    for field in attrs.fields(cls):
        if field.name not in ("id", "extra"):
            kinds = get_args(hints[field.name]) or (hints[field.name],)
            read = next(read for kind, read in _READERS.items() if kind in kinds)
            members.append(_Member(field.name, read, type(None) in kinds, field.default is attrs.NOTHING))
    return tuple(members)


_MEMBERS: Final[Mapping[type[Price], tuple[_Member, ...]]] = {
    cls: _members(cls) for cls in (VoiceInPrice, VoiceOutPrice, SmsOutPrice, SmsInPrice)
}
