"""What of a record is shown: the members named by `--fields`, or those that its type has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, cast

import attrs

from ..errors import ConfigurationError
from ..records.base import Component, Meta, Record, fields
from ..records.declaration import Declaration
from ..values import hints, known_names, record_types

__all__ = ["Path", "Selection", "default_paths", "plain", "select", "table_paths", "tree"]

Path = tuple[str, ...]
"""The names that lead to a value: ("number",), ("voice_in_trunk", "name"), ("meta", "setup_price")."""

Classes = tuple[Any, ...]
"""Record classes: what a step on such a way may reach."""


@attrs.frozen
class Selection:
    """What `--fields` named: the paths in order, and the `include` and `fields` that bring just them."""

    paths: tuple[Path, ...]
    include: tuple[str, ...]
    fields: Mapping[str, Sequence[str]]


def select(declaration: Declaration, names: Sequence[str]) -> Selection:
    """The members named, which may lead through relationships, as in `voice_in_trunk.name`."""
    include: dict[str, None] = {}
    wanted: dict[str, dict[str, None]] = {}
    paths = [tuple(name.split(".")) for name in names]
    for path in paths:
        what = f"{declaration.type}: --fields {'.'.join(path)!r}:"
        reached: Classes = (declaration.record,)
        for depth, step in enumerate(path, 1):
            for cls in reached:
                wanted.setdefault(cls.type, {})
            if step in ("id", "meta"):
                break
            members = {name: field for cls in reached for name, field in fields(cls).items()}
            known_names({step: None}, {**members, "id": None, "meta": None}, what)
            for cls in reached:
                wanted[cls.type][step] = None
            if depth < len(path):
                if not members[step].relationship:
                    raise ConfigurationError(f"{what} {step!r} has no members")
                include[".".join(path[:depth])] = None
                reached = _behind(reached, step)
    return Selection(tuple(paths), tuple(include), {type: tuple(names) for type, names in wanted.items() if names})


def _behind(reached: Classes, step: str) -> Classes:
    """What a relationship of these records leads to."""
    return tuple(found for cls in reached if step in fields(cls) for found in record_types(hints(cls)[step]))


def default_paths(declaration: Declaration, version: str, include: Iterable[str]) -> list[Path]:
    """The id, every attribute that the version has, the meta, and the id of each relationship included."""
    cls: Any = declaration.record
    meta = hints(cls).get("meta", Meta)
    beside = [("meta", name.rstrip("_")) for name, field in fields(meta).items() if field.only in (None, version)]
    return [
        ("id",),
        *((name,) for name in _attributes(cls, version)),
        *beside,
        *((*path.split("."), "id") for path in include),
    ]


def table_paths(declaration: Declaration, version: str, include: Iterable[str]) -> list[Path]:
    """The same, ordered for people: a relationship that was asked for comes soon, and by what it is called."""
    first, second, *rest = default_paths(declaration, version, ())
    called: list[Path] = []
    for path in include:
        steps = tuple(path.split("."))
        reached: Classes = (declaration.record,)
        for step in steps:
            reached = _behind(reached, step)
        called.append((*steps, next(iter(_attributes(reached[0], version)), "id") if reached else "id"))
    return [first, second, *called, *rest]


def _attributes(cls: Any, version: str) -> list[str]:
    return [
        name
        for name, field in fields(cls).items()
        if field.only in (None, version) and (not field.relationship or field.attribute_in == version)
    ]


def plain(value: Any) -> Any:
    """A value as JSON carries it: money and times as text, a record that stands alone as type and id."""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        precise = "auto" if value.microsecond % 1000 or not value.microsecond else "milliseconds"
        return value.astimezone(UTC).isoformat(timespec=precise).replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Record):
        return {"type": value.type, "id": value.id}
    if isinstance(value, Component):
        named = {"type": value.type} if value.type else {}
        members = {name.rstrip("_"): plain(item) for name, item in value.loaded().items()}
        return named | members | dict(value.extra)
    if isinstance(value, tuple | list):
        return [plain(item) for item in cast("Sequence[Any]", value)]
    return value


def tree(record: Record, paths: Sequence[Path] = (), above: tuple[Record, ...] = ()) -> dict[str, Any]:
    """A record as JSON carries it, included records inside it; with `paths`, only what they lead to.

    A record that stands inside itself, as in a cycle of relationships, is given by type and id.
    """
    found: dict[str, Any] = {"id": record.id, "type": record.type or getattr(record, "type_name", "")}
    wanted = {path[0]: [p[1:] for p in paths if p[0] == path[0] and len(p) > 1] for path in paths}
    members = record.loaded() | ({"meta": record.meta} if record.meta.loaded() or record.meta.extra else {})
    for name, value in (members | dict(record.extra)).items():
        if wanted and name not in wanted:
            continue
        below = wanted.get(name, [])
        if isinstance(value, Record):
            found[name] = _nested(value, below, (*above, record))
        elif isinstance(value, tuple) and any(isinstance(item, Record) for item in cast("tuple[Any]", value)):
            found[name] = [_nested(item, below, (*above, record)) for item in cast("tuple[Record]", value)]
        elif name == "meta" and below:
            meta = cast("dict[str, Any]", plain(value))
            found[name] = {path[0]: meta.get(path[0]) for path in below}
        else:
            found[name] = plain(value)
    return found


def _nested(record: Record, paths: Sequence[Path], above: tuple[Record, ...]) -> dict[str, Any]:
    return plain(record) if any(record is one for one in above) else tree(record, paths, above)
