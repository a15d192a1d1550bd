"""What of a record is shown: the members named by `--fields`, or those that its type has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, cast

import attrs

from ..errors import ConfigurationError
from ..records.base import Component, Field, Meta, Record, fields
from ..records.declaration import Declaration
from ..values import hints, known_names, record_types

__all__ = ["Path", "Selection", "default_paths", "plain", "select", "tree"]

Path = tuple[str, ...]
"""The names that lead to a value: ("number",), ("voice_in_trunk", "name"), ("meta", "setup_price")."""


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
    paths: list[Path] = []
    for name in names:
        path = tuple(name.split("."))
        paths.append(path)
        reached: tuple[Any, ...] = (declaration.record,)
        for depth, step in enumerate(path):
            if step == "id" or path[depth - 1 : depth] == ("meta",):
                continue
            for cls in reached:
                wanted.setdefault(cls.type, {})
            if step == "meta":
                continue
            known: dict[str, Field] = {n: f for cls in reached for n, f in fields(cls).items()}
            known_names({step: None}, {**known, "id": None, "meta": None}, f"{declaration.type}: --fields {name!r}:")
            for cls in reached:
                if step in fields(cls):
                    wanted[cls.type][step] = None
            following = depth + 1 < len(path)
            if not following:
                continue
            if not known[step].relationship:
                raise ConfigurationError(f"{declaration.type}: --fields {name!r}: {step!r} has no members")
            include[".".join(path[: depth + 1])] = None
            reached = tuple(t for cls in reached if step in fields(cls) for t in record_types(hints(cls)[step]))
    return Selection(tuple(paths), tuple(include), {t: tuple(n) for t, n in wanted.items() if n})


def default_paths(declaration: Declaration, version: str, include: Iterable[str]) -> list[Path]:
    """The id, every attribute that the version has, the meta, and the id of each relationship included."""
    cls: Any = declaration.record
    own = [
        name
        for name, field in fields(cls).items()
        if field.only in (None, version) and (not field.relationship or field.attribute_in == version)
    ]
    meta = hints(cls).get("meta", Meta)
    beside = [("meta", name.rstrip("_")) for name, field in fields(meta).items() if field.only in (None, version)]
    related = [(*path.split("."), "id") for path in include]
    return [("id",), *((name,) for name in own), *beside, *related]


def plain(value: Any) -> Any:
    """A value as JSON carries it: money and times as text, a record that stands alone as type and id."""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
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
