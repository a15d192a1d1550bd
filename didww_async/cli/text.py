"""Text from a command line to the Python value that a declaration asks for."""

from __future__ import annotations

import json
import types
import typing
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, NotRequired, Required, Union, get_args, get_origin

from ..errors import ConfigurationError
from ..records.base import Component, Record, fields
from ..values import hints, known_names, record_types

__all__ = ["from_text", "moment", "pairs"]

_BOOLEANS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def pairs(given: Iterable[str], declared: Any, what: str) -> dict[str, Any]:
    """`name=value` texts as the members of a TypedDict, each of its declared type.

    `name.member=value` sets a member of a value that has members. Raises ConfigurationError for what cannot be.
    """
    known = hints(declared)
    found: dict[str, Any] = {}
    for pair in given:
        name, equals, text = pair.partition("=")
        if not equals:
            raise ConfigurationError(f"{what}: write NAME=VALUE; got {pair!r}")
        first, dot, member = name.partition(".")
        if dot and name not in known and first in known:
            nested = found.setdefault(first, {})
            if not isinstance(nested, dict):
                raise ConfigurationError(f"{what}: {first!r} is given as a whole and by {name!r}")
            nested[member] = text
        elif name in found:
            raise ConfigurationError(f"{what}: {name!r} is given twice")
        else:
            found[name] = text
    known_names(found, known, what)
    return {name: from_text(known[name], value, f"{what} {name!r}") for name, value in found.items()}


def from_text(declared: Any, value: Any, what: str) -> Any:
    """`value`, a text or what JSON made of one, as the type that `declared` names.

    An empty text is null where null may be sent, a comma separates the items of a list. What has no other form
    stays text: whether it is an id or one of the values allowed is checked when it is sent.
    """
    kinds = list(_kinds(declared))
    if value is None or (value == "" and type(None) in kinds):
        return None
    lists = [kind for kind in kinds if _origin_is(kind, Sequence)]
    if lists and (len(lists) == len(kinds) or isinstance(value, list) or "," in value):
        inner = get_args(lists[0])[0]
        return [from_text(inner, item, f"{what}[{n}]") for n, item in enumerate(_items(inner, value, what))]
    if any(_has_members(kind) for kind in kinds):
        return _members([kind for kind in kinds if _has_members(kind)], value, what)
    records = record_types(declared)
    if len(records) > 1 and not lists:
        return _one_of(records, value, what)
    return _plain(kinds, value, what)


def _kinds(declared: Any) -> Iterable[Any]:
    origin = get_origin(declared)
    if origin in (Required, NotRequired, Annotated):
        yield from _kinds(get_args(declared)[0])
    elif origin in (Union, types.UnionType):
        for part in get_args(declared):
            yield from _kinds(part)
    else:
        yield declared


def _origin_is(declared: Any, base: type) -> bool:
    origin = get_origin(declared)
    return isinstance(origin, type) and issubclass(origin, base)


def _has_members(kind: Any) -> bool:
    if typing.is_typeddict(kind) or _origin_is(kind, Mapping):
        return True
    return isinstance(kind, type) and issubclass(kind, Component)


def _items(inner: Any, value: Any, what: str) -> list[Any]:
    if isinstance(value, str) and any(_has_members(kind) for kind in _kinds(inner)):
        value = _json(value, what)
    if isinstance(value, str):
        return [item.strip() for item in value.split(",")]
    return list(value) if isinstance(value, list) else [value]  # pyright: ignore[reportUnknownArgumentType]


def _json(text: str, what: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise ConfigurationError(f"{what} must be JSON ({error}); got {text!r}") from None


def _members(kinds: Sequence[Any], value: Any, what: str) -> Any:
    """A component or a mapping with declared members, from JSON or from members given one by one."""
    if isinstance(value, str):
        value = _json(value, what)
    if not isinstance(value, dict):
        raise ConfigurationError(f"{what} has members: give them as JSON or as NAME.MEMBER=VALUE; got {value!r}")
    given = typing.cast("dict[str, Any]", value)
    components: list[Any] = [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, Component)]
    kind = _chosen(components, given.get("type"), what) if components else kinds[0]
    if not components and not typing.is_typeddict(kind):
        return given
    given = {name: item for name, item in given.items() if name != "type" or not components}
    known = hints(kind)
    if components:
        known = {name: known[name] for name, field in fields(kind).items() if field.writable}
    known_names(given, known, what)
    return kind(**{name: from_text(known[name], item, f"{what}.{name}") for name, item in given.items()})


def _chosen(components: Sequence[Any], named: Any, what: str) -> Any:
    """The component of a type, whose name may be shortened to its first words (`sip` for `sip_configurations`)."""
    if named is None and len(components) == 1:
        return components[0]
    found = [c for c in components if named and (c.type == named or c.type.startswith(f"{named}_"))]
    if len(found) != 1:
        wanted = " or ".join(component.type for component in components)
        raise ConfigurationError(f"{what} needs a type: {wanted}; got {named!r}")
    return found[0]


def _one_of(records: Sequence[type[Record]], value: Any, what: str) -> Record:
    """A relationship that may point to several types names the one it means: `identities/ID`."""
    named, _, id = str(value).partition("/")
    for record in records:
        if record.type == named and id:
            return record(id=id)
    raise ConfigurationError(f"{what} must be {' or '.join(f'{r.type}/ID' for r in records)}; got {value!r}")


def _plain(kinds: Sequence[Any], value: Any, what: str) -> Any:
    if not isinstance(value, str):
        return Decimal(str(value)) if Decimal in kinds and isinstance(value, float) else value
    if bool in kinds:
        if value.lower() in _BOOLEANS:
            return _BOOLEANS[value.lower()]
        raise ConfigurationError(f"{what} must be true or false; got {value!r}")
    if datetime in kinds:
        return moment(value, what)
    try:
        if date in kinds:
            return date.fromisoformat(value)
        if Decimal in kinds:
            return Decimal(value)
        if int in kinds:
            return int(value)
    except (ValueError, InvalidOperation):
        wanted = "a date such as 2026-10-01" if date in kinds else "a number"
        raise ConfigurationError(f"{what} must be {wanted}; got {value!r}") from None
    return value


def moment(text: str, what: str) -> datetime:
    """A date (its midnight) or a datetime, in UTC where it has no offset of its own."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise ConfigurationError(
            f"{what} must be a date or a datetime, such as 2026-10-01 or 2026-10-01T12:30Z; got {text!r}"
        ) from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
