"""Changes to the JSON:API documents that ask for them, each checked against the resource's declaration."""

from __future__ import annotations

import types
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NotRequired, Required, Union, cast, get_args, get_origin

import msgspec

from .errors import ConfigurationError
from .records.base import Record, fields
from .records.declaration import Act, Declaration
from .records.scalars import Id
from .values import check, check_id, hints, known_names, record_types, required

__all__ = ["write", "write_members"]

_ENCODE: Final = msgspec.json.Encoder().encode


def write(declaration: Declaration, values: Mapping[str, Any], *, version: str, id: str | None = None) -> bytes:
    """The document that creates (`id` None) or changes a resource.

    Only what is given is sent: None goes out as null. Raises ConfigurationError for a name or value that the
    declaration does not have, and for members that exclude or need each other.
    """
    shape = declaration.update if id else declaration.create
    act = Act(declaration.type, "update" if id else "create", version)
    declared = hints(shape)
    known_names(values, declared, str(act))
    for rule in declaration.rules:
        values = rule(values, act)
    for name in sorted(required(shape) - values.keys()):
        raise ConfigurationError(f"{act} needs {name!r}")
    attributes: dict[str, Any] = {}
    relationships: dict[str, Any] = {}
    for name, value in values.items():
        declaration.in_version(act.name, name, version)
        field = fields(declaration.record).get(name)
        targets = record_types(declared[name])
        if targets and not (field and field.attribute_in == version) and not name.endswith("_id"):
            relationships[name] = {"data": _identifiers(declared[name], targets, value, f"{act}: {name!r}")}
        else:
            attributes[name] = check(declared[name], value, f"{act}: {name!r}")
    data: dict[str, Any] = {"type": declaration.type}
    if id:
        data["id"] = id
    if attributes or not relationships:
        data["attributes"] = attributes
    if relationships:
        data["relationships"] = relationships
    return _ENCODE({"data": data})


def write_members(declaration: Declaration, relationship: str, members: Sequence[Record | Id]) -> bytes:
    """The document that adds records to a relationship to many."""
    declared = hints(declaration.update)[relationship]
    what = f"{declaration.type}: {relationship!r}"
    return _ENCODE({"data": _identifiers(declared, record_types(declared), members, what)})


def _identifiers(declared: Any, targets: tuple[type[Record], ...], value: Any, what: str) -> Any:
    if value is None and type(None) in _parts(declared):
        return None
    if any(get_origin(part) is Sequence for part in _parts(declared)):
        if isinstance(value, str | Mapping | Record) or not isinstance(value, Iterable):
            raise ConfigurationError(f"{what} must be a list of {' or '.join(t.type for t in targets)}; got {value!r}")
        members = cast("Iterable[object]", value)
        return [_identifier(targets, one, f"{what}[{index}]") for index, one in enumerate(members)]
    return _identifier(targets, value, what)


def _parts(declared: Any) -> tuple[Any, ...]:
    if get_origin(declared) in (Required, NotRequired):
        return _parts(get_args(declared)[0])
    return get_args(declared) if get_origin(declared) in (Union, types.UnionType) else (declared,)


def _identifier(targets: tuple[type[Record], ...], value: Any, what: str) -> dict[str, str]:
    wanted = " or ".join(target.type for target in targets)
    first, *others = targets
    if isinstance(value, Record):
        if not isinstance(value, targets):
            raise ConfigurationError(f"{what} must be of {wanted}; got {value.type} {value.id}")
        return {"type": value.type, "id": check_id(value, what)}
    if others:
        raise ConfigurationError(f"{what} may be of {wanted}, so give the record and not its id; got {value!r}")
    return {"type": first.type, "id": check_id(value, what)}
