"""What the library declares, laid out for the tests that walk all of it."""

from __future__ import annotations

import types
from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any, Literal, NotRequired, Required, Union, get_args, get_origin

from didww_async.records import CHAPTERS
from didww_async.records.base import Component, Record
from didww_async.resources import RESOURCES
from didww_async.resources.base import Resource

__all__ = ["attribute_names", "component_classes", "limits_of", "parts_of", "record_classes", "resources"]


@cache
def resources() -> Mapping[str, type[Resource[Any]]]:
    """The class of every resource that a session has, by JSON:API type."""
    return {cls.declaration.type: cls for cls in RESOURCES.values()}


@cache
def attribute_names() -> Mapping[str, str]:
    """The session's attribute for each JSON:API type: they differ for the balance only."""
    return {cls.declaration.type: name for name, cls in RESOURCES.items()}


@cache
def record_classes() -> Mapping[str, type[Record]]:
    """Every record class, by JSON:API type."""
    return {cls.type: cls for cls in _classes() if issubclass(cls, Record) and cls.type}


@cache
def component_classes() -> Mapping[str, type[Component]]:
    """Every component class that has a JSON:API type, by it."""
    return {cls.type: cls for cls in _classes() if issubclass(cls, Component) and cls.type}


def _classes() -> list[type[Any]]:
    return [value for chapter in CHAPTERS for value in vars(chapter).values() if isinstance(value, type)]


def parts_of(declared: Any) -> list[Any]:
    """The alternatives of a type, rules and requirements taken off, aliases opened."""
    origin = get_origin(declared)
    if origin in (Required, NotRequired, Annotated):
        return parts_of(get_args(declared)[0])
    if origin in (Union, types.UnionType):
        return [part for one in get_args(declared) for part in parts_of(one)]
    return [declared]


def limits_of(declared: Any) -> tuple[int | None, int | None]:
    """The least and the most that a rule of the type allows."""
    if get_origin(declared) is Annotated:
        for rule in get_args(declared)[1:]:
            least, most = getattr(rule, "least", None), getattr(rule, "most", None)
            if (least, most) != (None, None):
                return least, most
    found = [limits_of(part) for part in get_args(declared) if get_origin(declared) is not Literal]
    return next((pair for pair in found if pair != (None, None)), (None, None))
