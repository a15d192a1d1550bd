"""Python values checked against the type that a declaration gives them, and put as the API wants them.

A declaration is an annotation: `str`, `int`, `bool`, `Decimal`, `datetime`, `date`, a Literal, a record class (a
record or its id), a component class, a TypedDict, a Sequence of these, None where null may be sent, and unions.
`Annotated[..., rule]` adds a rule of `records.scalars`.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal, NotRequired, Required, Union, cast, get_args, get_origin
from uuid import UUID

from .errors import ConfigurationError
from .records.base import Component, Record, cached, fields, nearest
from .records.scalars import UUID_TEXT, Rule

__all__ = ["check", "check_id", "hints", "known_names", "literals", "record_types", "required"]


def check_id(value: object, what: str) -> str:
    """The id in `value` (a record, a UUID or its text), or ConfigurationError: it goes into a URL."""
    if isinstance(value, Record):
        value = value.id
    return str(UUID_TEXT(str(value), what))


@cached
def hints(declared: Any) -> Mapping[str, Any]:
    """The members of a TypedDict or component class with their types, names of records resolved."""
    from . import records

    return typing.get_type_hints(declared, localns=records.namespace(), include_extras=True)


@cached
def required(declared: Any) -> frozenset[str]:
    """The members of a TypedDict that must be given."""
    # Not `__required_keys__`: it misses a Required that stands in a postponed annotation.
    return frozenset(name for name, hint in hints(declared).items() if get_origin(hint) is Required)


@cached
def literals(declared: Any) -> tuple[Any, ...]:
    """Every value of the Literals in a declaration, whatever union they stand in."""
    if get_origin(declared) is Literal:
        return get_args(declared)
    return tuple(value for part in get_args(declared) for value in literals(part))


def record_types(declared: Any) -> tuple[type[Record], ...]:
    """The record classes that a declaration names: what a relationship may point to."""
    if isinstance(declared, type):
        return (declared,) if issubclass(declared, Record) else ()
    return tuple(found for part in get_args(declared) for found in record_types(part))


def known_names(given: Mapping[str, object], known: Mapping[str, Any], what: str) -> None:
    """Raise for a name that a declaration does not have, with the nearest one that it has."""
    for name in given:
        if name not in known:
            offered = nearest(name, known) or f"; there are: {', '.join(sorted(known)) or 'none'}"
            raise ConfigurationError(f"{what} has no {name!r}{offered}")


def check(declared: Any, value: object, what: str, rule: Rule | None = None) -> Any:
    """`value` as JSON carries it (str, int, float, bool, None, list, dict), or ConfigurationError naming `what`."""
    origin = get_origin(declared)
    if origin is Annotated:
        inner, *rules = get_args(declared)
        return check(inner, value, what, next((r for r in rules if callable(r)), rule))
    if origin in (Required, NotRequired):
        return check(get_args(declared)[0], value, what, rule)
    if origin in (Union, types.UnionType):
        return _check_union(get_args(declared), value, what, rule)
    if origin is Literal:
        return _check_literal(get_args(declared), value, what)
    if origin is not None and isinstance(origin, type) and issubclass(origin, Mapping):
        if isinstance(value, Mapping):
            return dict(cast("Mapping[str, Any]", value))
        raise _wrong("a mapping", value, what)
    if origin is not None and isinstance(origin, type) and issubclass(origin, Sequence):
        return _check_sequence(get_args(declared)[0], value, what, rule)
    if typing.is_typeddict(declared):
        return _check_members(declared, value, what)
    return _check_plain(declared, value, what, rule)


def _wrong(wanted: str, value: object, what: str) -> ConfigurationError:
    return ConfigurationError(f"{what} must be {wanted}; got {value!r}")


def _name(declared: Any) -> str:
    if declared is type(None):
        return "None"
    if get_origin(declared) is Literal:
        return " or ".join(map(repr, get_args(declared)))
    if get_origin(declared) is Annotated:
        return _name(get_args(declared)[0])
    if get_args(declared):
        return f"a list of {' or '.join(_name(part) for part in get_args(declared))}"
    return getattr(declared, "__name__", str(declared))


def _check_union(parts: Sequence[Any], value: object, what: str, rule: Rule | None) -> Any:
    refused: ConfigurationError | None = None
    for part in parts:
        try:
            return check(part, value, what, rule)
        except ConfigurationError as error:
            # A value of the right kind with a fault of its own says more than «none of these kinds».
            refused = error if _is_meant(part, value) else refused
    if refused is None and isinstance(value, Record):
        wanted = dict.fromkeys(target.type for part in parts for target in record_types(part))
        kinds = f"of {' or '.join(wanted)}" if wanted else "no record"
        raise ConfigurationError(f"{what} must be {kinds}; got {value.type} {value.id}")
    raise refused or _wrong(" or ".join(_name(part) for part in parts), value, what)


def _is_meant(part: Any, value: object) -> bool:
    """Whether `value` is of the kind that this part of a union is for."""
    origin = get_origin(part)
    if origin is Annotated:
        return _is_meant(get_args(part)[0], value)
    if origin is Literal:
        return isinstance(value, str)
    if origin is Sequence:
        return isinstance(value, list | tuple)
    return isinstance(part, type) and isinstance(value, part)


def _check_literal(allowed: Sequence[Any], value: object, what: str) -> Any:
    if any(value is one or (type(value) is type(one) and value == one) for one in allowed):
        return value
    wanted = " or ".join(map(repr, allowed))
    hint = nearest(value, {str(one): None for one in allowed}) if isinstance(value, str) else ""
    raise ConfigurationError(f"{what} must be {wanted}; got {value!r}{hint}")


def _check_sequence(inner: Any, value: object, what: str, rule: Rule | None) -> list[Any]:
    if isinstance(value, str | bytes) or not isinstance(value, Sequence | set | frozenset):
        raise ConfigurationError(f"{what} must be a list of {_name(inner)}; got {value!r}")
    items = cast("Sequence[object]", value)
    return [check(inner, item, f"{what}[{index}]", rule) for index, item in enumerate(items)]


def _check_members(declared: Any, value: object, what: str) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise _wrong("a mapping", value, what)
    given = cast("Mapping[str, object]", value)
    known = hints(declared)
    known_names(given, known, what)
    for name in sorted(required(declared) - given.keys()):
        raise ConfigurationError(f"{what} needs {name!r}")
    return {name: check(known[name], item, f"{what}[{name!r}]") for name, item in given.items()}


def _check_plain(declared: Any, value: object, what: str, rule: Rule | None) -> Any:
    if declared is type(None):
        if value is None:
            return None
    elif declared is datetime:
        return _check_moment(value, what, rule)
    elif declared is date:
        if isinstance(value, date) and not isinstance(value, datetime):
            return value.isoformat()
    elif declared is Decimal:
        if isinstance(value, Decimal) and value.is_finite():
            return format(value, "f")
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
    elif declared is bool or declared is int:
        if type(value) is declared:
            return rule(value, what) if rule else value
    elif declared is float:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return value
    elif declared is str:
        if isinstance(value, str):
            return rule(value, what) if rule else value
    elif declared is UUID:
        if isinstance(value, UUID):
            return str(value)
    elif declared is object or declared is Any:
        return value
    elif isinstance(declared, type) and isinstance(value, declared):
        return value.id if isinstance(value, Record) else _component(value, what)
    raise _wrong(_name(declared), value, what)


def _check_moment(value: object, what: str, rule: Rule | None) -> str:
    if not isinstance(value, datetime):
        raise _wrong("a datetime", value, what)
    if value.utcoffset() is None:
        raise ConfigurationError(
            f"{what} must be an aware datetime, such as datetime(2026, 10, 1, tzinfo=UTC); got {value!r}"
        )
    try:
        moment = value.astimezone(UTC)
    except OverflowError:
        raise _wrong("a datetime that UTC can tell", value, what) from None
    if rule is not None:
        return str(rule(moment, what))
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _component(value: object, what: str) -> dict[str, Any]:
    if not isinstance(value, Component):
        raise _wrong("a component", value, what)
    declared, known = hints(type(value)), fields(type(value))
    value.validate()
    given = {
        name: check(declared[name], item, f"{what}.{name}")
        for name, item in value.loaded().items()
        if known[name].writable
    }
    return {"type": value.type, "attributes": given} if value.type else given
