"""JSON:API documents to records.

Pure: bytes in, records out. Resources without an id, truncated or mistyped documents
raise `ProtocolError`; unknown attributes, relationships, types and enumeration values are kept.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Generator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Final, Literal, TypeVar, Union, cast, get_args, get_origin
from uuid import UUID

import attrs
import cattrs
import msgspec

from .errors import ProtocolError
from .records.base import NO_META, NOTHING_EXTRA, Component, Meta, Record, cached, fields
from .values import hints

__all__ = ["STEP", "ListDocument", "Steps", "finish", "read_many", "read_one"]


T = TypeVar("T")

# Decoded documents are trees that live for a moment: with gc=False the collector does not count their thousands of
# nodes, and does not stop the event loop to walk them.


class _Identifier(msgspec.Struct, gc=False):
    type: str
    id: str


class _Relationship(msgspec.Struct, gc=False):
    # The links that every relationship carries are skipped by the decoder: half of a page's bytes are links.
    data: list[_Identifier] | _Identifier | msgspec.UnsetType | None = msgspec.UNSET


class _Resource(msgspec.Struct, gc=False):
    type: str
    id: str
    attributes: dict[str, Any] | None = None
    relationships: dict[str, _Relationship] | None = None
    meta: dict[str, Any] | None = None


class _Many(msgspec.Struct, gc=False):
    data: list[_Resource]
    included: list[_Resource] = []
    meta: dict[str, Any] | None = None
    links: dict[str, Any] | None = None


class _One(msgspec.Struct, gc=False):
    data: _Resource
    included: list[_Resource] = []
    meta: dict[str, Any] | None = None


_MANY: Final = msgspec.json.Decoder(_Many)
_ONE: Final = msgspec.json.Decoder(_One)


@attrs.frozen
class ListDocument:
    """One answer of a list: its records in order, the document's `meta`, and `links` by name."""

    records: list[Record]
    meta: Mapping[str, Any]
    links: Mapping[str, Any]

    @property
    def total(self) -> int | None:
        """How many records there are in all, as `meta` says it; None where it does not."""
        for name in ("total_records", "total_count"):
            count = self.meta.get(name)
            if isinstance(count, int) and not isinstance(count, bool) and count >= 0:
                return count
        return None


Steps = Generator[None, None, T]
"""Work in steps of a millisecond or so: the event loop may be given a turn between them."""

STEP = 100
"""Records built in one step."""


def read_many(content: bytes, asked: str) -> Steps[ListDocument]:
    """The records of a list document, in steps. `asked` names the request in an error, as in `GET /dids`."""
    document = _decode(_MANY, content, asked)
    yield
    records = yield from _build(document.data, document.included, document.meta, asked)
    return ListDocument(records, document.meta or NOTHING_EXTRA, document.links or NOTHING_EXTRA)


def read_one(content: bytes, asked: str) -> tuple[Record, Mapping[str, Any]]:
    """The record of a single-resource document, and the document's `meta`."""
    document = _decode(_ONE, content, asked)
    records = finish(_build([document.data], document.included, document.meta, asked))
    return records[0], document.meta or NOTHING_EXTRA


def finish(steps: Steps[T]) -> T:
    """Take every step at once, for whoever has no event loop to think of."""
    while True:
        try:
            next(steps)
        except StopIteration as ended:
            return cast("T", ended.value)


def _decode(decoder: msgspec.json.Decoder[Any], content: bytes, asked: str) -> Any:
    try:
        return decoder.decode(content)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        start = content[:120].decode("utf-8", "replace")
        raise ProtocolError(
            f"{asked} was answered by no JSON:API document ({error}); it begins {start!r}. "
            "A proxy or a wrong base URL may have answered instead of the API"
        ) from None


def _build(
    data: list[_Resource], included: list[_Resource], meta: Mapping[str, Any] | None, asked: str
) -> Steps[list[Record]]:
    version = (meta or NOTHING_EXTRA).get("api_version", "")
    version = version if isinstance(version, str) else ""
    resources = [*data, *included]
    records: list[Record] = []
    try:
        for start in range(0, len(resources), STEP):
            if start:
                yield
            records += [_record(resource, version) for resource in resources[start : start + STEP]]
        # A record of the data stands for itself wherever another one refers to it, so it comes last.
        known = {(one.type, one.id): record for one, record in zip(resources, records, strict=True)} if included else {}
        known |= {(one.type, one.id): record for one, record in zip(data, records, strict=False)} if known else {}
        for start in range(0, len(resources), STEP):
            if start:
                yield
            for resource, record in zip(resources[start : start + STEP], records[start : start + STEP], strict=True):
                if resource.relationships:
                    _link(record, resource, known, version)
    except _Unreadable as error:
        raise ProtocolError(f"{asked} was answered with {error}") from None
    return records[: len(data)]


class _Unreadable(Exception):
    pass


Put = Callable[[Any, Any], None]
Hook = Callable[[Any, Any], Any]


@attrs.frozen
class _Plan:
    cls: type[Any]
    attributes: list[tuple[str, Put, tuple[type, ...], Hook | None]]
    relationships: Mapping[str, tuple[Put, bool]]
    meta: type[Meta] | None


@cached
def _plan(cls: type[Any]) -> _Plan:
    resolved = hints(cls)
    attributes: list[tuple[str, Put, tuple[type, ...], Hook | None]] = []
    relationships: dict[str, tuple[Put, bool]] = {}
    for name, field in fields(cls).items():
        put = getattr(cls, name).__set__
        if field.relationship:
            relationships[name] = (put, field.relationship == "many")
        if not field.relationship or field.attribute_in:
            # A member named by a word of Python's own, as `from`, has an underscore behind it.
            attributes.append((name.rstrip("_"), put, *_reader(resolved[name])))
    return _Plan(cls, attributes, relationships, resolved.get("meta"))


def _reader(declared: Any) -> tuple[tuple[type, ...], Hook | None]:
    """The JSON types that pass as they are, and a hook where the value must be made into something else."""
    origin = get_origin(declared)
    if origin is Annotated:
        return _reader(get_args(declared)[0])
    if origin is Literal:
        values: tuple[object, ...] = get_args(declared)
        return tuple({value.__class__ for value in values}), None
    if declared in (str, int, bool):
        return (declared,), None
    if declared is Any or declared is object:
        return (str, int, float, bool, dict, list), None
    if origin is not None and isinstance(origin, type) and issubclass(origin, Mapping):
        return (dict,), None
    if origin in (Union, types.UnionType):
        # An id may be given as a record or a UUID, and is answered as text.
        parts = [p for p in get_args(declared) if p not in (type(None), UUID) and not _is(p, Record)]
        if not any(_is(part, Component) for part in parts):
            readers = [_reader(part) for part in parts]
            if all(hook is None for _, hook in readers):
                return tuple({kind for kinds, _ in readers for kind in kinds}), None
            declared = parts[0]
    return (), _converter.get_structure_hook(declared)


def _is(declared: Any, base: type) -> bool:
    return isinstance(declared, type) and issubclass(declared, base)


def _fill(target: Any, plan: _Plan, given: Mapping[str, Any], what: str) -> None:
    """Put what was given into the slots; what is unknown goes to `extra`."""
    found = 0
    for name, put, kinds, hook in plan.attributes:
        try:
            value = given[name]
        except KeyError:
            continue
        found += 1
        if value is not None:
            if hook is not None:
                try:
                    value = hook(value, None)
                except _Unreadable as error:
                    raise _Unreadable(f"{what}: {name!r}: {error}") from None
            elif value.__class__ not in kinds:
                raise _Unreadable(f"{what}: {name!r} is {value!r}, not {' or '.join(k.__name__ for k in kinds)}")
        put(target, value)
    if found == len(given):
        _put_extra(target, NOTHING_EXTRA)
    else:
        known = {name for name, *_ in plan.attributes}
        _put_extra(target, {name: value for name, value in given.items() if name not in known})


def _put_extra(target: Any, extra: Mapping[str, Any]) -> None:
    object.__setattr__(target, "extra", extra)


def _record(resource: _Resource, version: str) -> Record:
    from . import records

    plan = _plan(records.class_of(resource.type))
    record: Record = object.__new__(plan.cls)
    what = f"{resource.type} {resource.id}"
    put = object.__setattr__
    put(record, "id", resource.id)
    put(record, "version", version)
    put(record, "meta", _meta(plan, resource.meta, what))
    if plan.cls is records.UnknownRecord:
        put(record, "type_name", resource.type)
    _fill(record, plan, resource.attributes or NOTHING_EXTRA, what)
    return record


def _meta(plan: _Plan, given: Mapping[str, Any] | None, what: str) -> Meta:
    if not given:
        return NO_META if plan.meta is Meta or plan.meta is None else plan.meta()
    meta_plan = _plan(plan.meta or Meta)
    meta: Meta = object.__new__(meta_plan.cls)
    _fill(meta, meta_plan, given, f"{what}: meta")
    return meta


def _link(record: Record, resource: _Resource, known: Mapping[tuple[str, str], Record], version: str) -> None:
    plan = _plan(type(record))
    for name, relationship in (resource.relationships or {}).items():
        data = relationship.data
        if data is msgspec.UNSET:
            continue
        put, is_many = plan.relationships.get(name, (None, isinstance(data, list)))
        if is_many != isinstance(data, list):
            raise _Unreadable(
                f"{resource.type} {resource.id}: {name!r} is {'one' if is_many else 'a list of'} record(s)"
            )
        value: Any
        if isinstance(data, list):
            value = tuple(_referred(one, known, version) for one in data)
        else:
            value = None if data is None else _referred(data, known, version)
        if put is None:
            _put_extra(record, {**record.extra, name: value})
        else:
            put(record, value)


def _referred(one: _Identifier, known: Mapping[tuple[str, str], Record], version: str) -> Record:
    """The record that an identifier means; one with nothing but its id where the document does not include it."""
    return known.get((one.type, one.id)) or _record(_Resource(one.type, one.id), version)


_converter: Final = cattrs.Converter()


def _read_datetime(value: Any, _: Any) -> datetime:
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise _Unreadable(f"{value!r} is no timestamp") from None
    if moment.tzinfo is UTC:
        return moment
    try:
        # Older answers carry «YYYY-MM-DD HH:MM:SS», in UTC.
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError:
        raise _Unreadable(f"{value!r} is no timestamp") from None


def _read_date(value: Any, _: Any) -> date:
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        raise _Unreadable(f"{value!r} is no date") from None


def _read_decimal(value: Any, _: Any) -> Decimal:
    try:
        # Prices in a resource's meta come as text or as a number.
        amount = Decimal(value if isinstance(value, str) else str(value))
    except InvalidOperation:
        raise _Unreadable(f"{value!r} is no amount") from None
    if not amount.is_finite():
        raise _Unreadable(f"{value!r} is no amount")
    return amount


def _is_tuple(declared: Any) -> bool:
    return get_origin(declared) is tuple


def _tuple_hook(declared: Any) -> Hook:
    kinds, hook = _reader(get_args(declared)[0])

    def read(value: Any, _: Any) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise _Unreadable(f"{value!r} is no list")
        items = cast("list[object]", value)
        if hook is not None:
            return tuple(hook(item, None) for item in items)
        if not all(item.__class__ in kinds for item in items):
            raise _Unreadable(f"{value!r} is no list of {' or '.join(k.__name__ for k in kinds)}")
        return tuple(items)

    return read


def _components(declared: Any) -> list[type[Component]]:
    parts = get_args(declared) if get_origin(declared) in (Union, types.UnionType) else (declared,)
    return [part for part in parts if _is(part, Component)]


def _component_hook(declared: Any) -> Hook:
    """Read `{type, attributes}` into the class of that type; an unknown type stays the mapping that it is."""
    by_type = {cls.type: cls for cls in _components(declared)}
    bare = by_type.get("")

    def read(value: Any, _: Any) -> Any:
        if not isinstance(value, dict):
            raise _Unreadable(f"{value!r} is no object")
        members = cast("dict[str, object]", value)
        given = members if bare else members.get("attributes", {})
        cls = bare or by_type.get(str(members.get("type")))
        if cls is None or not isinstance(given, dict):
            return members
        made = object.__new__(cls)
        _fill(made, _plan(cls), cast("dict[str, object]", given), cls.type or cls.__name__)
        return made

    return read


_converter.register_structure_hook(datetime, _read_datetime)
_converter.register_structure_hook(date, _read_date)
_converter.register_structure_hook(Decimal, _read_decimal)
_converter.register_structure_hook_factory(_is_tuple, _tuple_hook)
_converter.register_structure_hook_factory(lambda declared: bool(_components(declared)), _component_hook)
