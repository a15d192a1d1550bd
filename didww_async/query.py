"""Filters, sorts, includes and fields to a query string, each checked against the resource's declaration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NewType

from . import records
from .errors import ConfigurationError, NotInVersion
from .records.base import Record, fields, nearest
from .records.declaration import Declaration
from .values import check, hints, known_names, literals, record_types

__all__ = ["IncludePath", "Query", "build"]

Query = list[tuple[str, str]]

IncludePath = NewType("IncludePath", str)
"""A relationship of an included record, such as `IncludePath("did_group.country")`; checked when it is sent."""


def build(
    declaration: Declaration,
    version: str,
    *,
    filter: Mapping[str, object] | None = None,
    sort: Sequence[str] = (),
    include: Sequence[str] = (),
    fields: Mapping[str, Sequence[str]] | None = None,
) -> Query:
    """The query parameters, in order. Raises ConfigurationError for a name or value that the API does not take."""
    query: Query = []
    if filter:
        query += _filters(declaration, version, filter)
    pruned = {f"fields[{name!r}]": names for name, names in (fields or {}).items()}
    for name, given in {"sort": sort, "include": include, **pruned}.items():
        if isinstance(given, str):
            raise ConfigurationError(f"{declaration.type}: {name} must be a list, as in {name}=[{given!r}]")
    if sort:
        query.append(("sort", ",".join(_sort(declaration, version, name) for name in sort)))
    if include:
        query.append(("include", ",".join(_include(declaration, version, path) for path in include)))
    for type_name, names in (fields or {}).items():
        checked = (_field(declaration, version, type_name, name) for name in names)
        query.append((f"fields[{type_name}]", ",".join(checked)))
    return query


def _filters(declaration: Declaration, version: str, given: Mapping[str, object]) -> Query:
    known = hints(declaration.filter)
    known_names(given, known, f"{declaration.type}: filter")
    query: Query = []
    for name, value in given.items():
        declaration.in_version("filter", name, version)
        wire = check(known[name], value, f"{declaration.type}: filter {name!r}")
        query.append((f"filter[{name}]", _text(wire, f"{declaration.type}: filter {name!r}")))
    return query


def _text(wire: Any, what: str) -> str:
    """A filter's value; None is the empty value that the API reads as null."""
    if wire is None:
        return ""
    if isinstance(wire, bool):
        return "true" if wire else "false"
    if isinstance(wire, list):
        items = [_text(item, what) for item in wire]  # pyright: ignore[reportUnknownVariableType]
        if not items:
            raise ConfigurationError(f"{what} is an empty list: leave the filter out, or ask for nothing at all")
        for item in items:
            if "," in item:
                raise ConfigurationError(f"{what}: {item!r} has a comma, which separates the values of a list")
        return ",".join(items)
    return str(wire)


def _sort(declaration: Declaration, version: str, name: str) -> str:
    known = {str(value): None for value in literals(declaration.sort)}
    known_names({name: None}, known, f"{declaration.type}: sort")
    declaration.in_version("sort", name, version)
    return name


def _include(declaration: Declaration, version: str, path: str) -> str:
    first, *rest = path.split(".")
    known = {str(value): None for value in literals(declaration.include)}
    known_names({first: None}, known, f"{declaration.type}: include")
    declaration.in_version("include", first, version)
    reached = record_types(hints(declaration.record)[first])
    for name in rest:
        reached = _follow(reached, name, version, f"{declaration.type}: include {path!r}")
    return path


def _follow(reached: tuple[type[Record], ...], name: str, version: str, what: str) -> tuple[type[Record], ...]:
    """The record classes behind one more segment of an include path."""
    known = {field.name: cls for cls in reached for field in fields(cls).values() if field.relationship}
    known_names({name: None}, known, what)
    _in_version(known[name], name, version, what)
    return record_types(hints(known[name])[name])


def _field(declaration: Declaration, version: str, type_name: str, name: str) -> str:
    cls = records.class_of(type_name)
    if cls is records.UnknownRecord:
        raise ConfigurationError(
            f"{declaration.type}: fields has no type {type_name!r}{nearest(type_name, records.types())}"
        )
    what = f"{declaration.type}: fields[{type_name!r}]"
    known_names({name: None}, fields(cls), what)
    _in_version(cls, name, version, what)
    return name


def _in_version(cls: type[Record], name: str, version: str, what: str) -> None:
    only = fields(cls)[name].only
    if only not in (None, version):
        raise NotInVersion(f"{what}: {name!r} is in API version {only} only, and this session speaks {version}")
