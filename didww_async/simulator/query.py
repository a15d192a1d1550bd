"""Query strings, read and checked against the description: filter, sort, include, fields, page."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from .description import Description, Filter, Listing, Resource
from .problems import bad_request, filter_not_allowed, not_allowed

__all__ = ["Condition", "Includes", "Query", "read_query"]

Includes = Mapping[str, Any]
"""The relationships to include, by name, each with what to include from there."""

_BRACKETS = re.compile(r"(filter|fields|page)\[([^\[\]]*)\]")
_TRUE, _FALSE = frozenset({"true", "t", "1"}), frozenset({"false", "f", "0"})


@attrs.frozen
class Condition:
    """A filter and the values that it takes; any of them will do unless the filter wants all."""

    filter: Filter
    values: tuple[str, ...]


@attrs.frozen
class Query:
    """What a request asks for. `sort` has names and whether they go down; `page` is number and size."""

    conditions: tuple[Condition, ...] = ()
    sort: tuple[tuple[str, bool], ...] = ()
    include: Includes = attrs.field(factory=dict[str, Any])
    fields: Mapping[str, frozenset[str]] = attrs.field(factory=dict[str, frozenset[str]])
    page: tuple[int, int] | None = None


def read_query(
    description: Description,
    resource: Resource,
    listing: Listing | None,
    pairs: Sequence[tuple[str, str]],
    *,
    largest_page: int = 0,
    include: bool = True,
) -> Query:
    """Check a query string. Without `listing` only `fields` and, where `include` says so, `include` are allowed.

    `largest_page` is what the account's pages may hold at most where that is more than the description says.
    """
    conditions: list[Condition] = []
    sort: tuple[tuple[str, bool], ...] = ()
    included: Includes = {}
    fields: dict[str, frozenset[str]] = {}
    page: dict[str, str] = {}
    for name, value in pairs:
        family, inner = (found[1], found[2]) if (found := _BRACKETS.fullmatch(name)) else (name, "")
        if family == "filter" and inner and listing:
            conditions.append(_condition(listing, inner, value))
        elif family == "sort" and listing and listing.sorts:
            sort = tuple(_sort(resource, listing, one) for one in value.split(",") if one)
        elif family == "include" and include and not inner:
            included = _includes(description, resource, value)
        elif family == "fields" and inner:
            fields[inner] = _fields(description, inner, value)
        elif family == "page" and listing and listing.page:
            page[inner] = value
        else:
            raise not_allowed(name)
    return Query(
        tuple(conditions),
        sort,
        included,
        fields,
        _page(page, listing.page, largest_page) if listing and listing.page else None,
    )


def _condition(listing: Listing, name: str, value: str) -> Condition:
    found = listing.filters.get(name)
    if found is None:
        raise filter_not_allowed(name)
    values = tuple(_split(value)) if found.many and "," in value else (value,)
    if found.boolean:
        if any(one.lower() not in _TRUE | _FALSE for one in values):
            raise _invalid(name, value)
        values = tuple("true" if one.lower() in _TRUE else "false" for one in values)
    if found.accepted and any(one and one not in found.accepted for one in values):
        raise _invalid(name, value)
    return Condition(found, values)


def _split(value: str) -> list[str]:
    try:
        return next(csv.reader([value], strict=True))
    except csv.Error:
        return value.split(",")


def _invalid(name: str, value: str) -> Exception:
    return bad_request("107", "Invalid filter value", f"{value} is not a valid value for {name}.")


def _sort(resource: Resource, listing: Listing, criterion: str) -> tuple[str, bool]:
    name = criterion.removeprefix("-")
    if name not in listing.sorts:
        raise bad_request("114", "Invalid sort criteria", f"{name} is not a valid sort criteria for {resource.type}")
    return name, criterion.startswith("-")


def _includes(description: Description, resource: Resource, value: str) -> Includes:
    wanted: dict[str, Any] = {}
    for path in value.split(","):
        within: dict[str, Any] = wanted
        types, allowed = [resource.type], resource.includes
        for segment in path.split(".") if path else ():
            if segment not in allowed:
                detail = f"{segment} is not a valid includable relationship of {' or '.join(types)}"
                raise bad_request("112", "Invalid field", detail)
            within = within.setdefault(segment, {})
            relations = [description.resources[type].relations for type in types]
            types = [type for found in relations if segment in found for type in found[segment].types]
            allowed = frozenset(name for type in types for name in description.resources[type].relations)
    return wanted


def _fields(description: Description, type: str, value: str) -> frozenset[str]:
    resource = description.resources.get(type)
    if resource is None:
        raise bad_request("101", "Invalid resource", f"{type} is not a valid resource.")
    names = frozenset(name for name in value.split(",") if name)
    for name in sorted(names):
        if name not in resource.attributes and name not in resource.relations and name not in ("id", "type"):
            raise bad_request("104", "Invalid field", f"{name} is not a valid field for {type}.")
    return names


def _page(asked: Mapping[str, str], sizes: tuple[int, int], largest: int) -> tuple[int, int]:
    default, most = sizes
    numbers = {"number": 1, "size": default}
    for name, value in asked.items():
        if name not in numbers:
            raise bad_request("105", "Param not allowed", f"page[{name}] is not allowed.")
        limit = max(most, largest) if name == "size" else None
        if not re.fullmatch(r"\d{1,9}", value, re.ASCII) or int(value) < 1 or (limit and int(value) > limit):
            raise bad_request("118", "Invalid page value", f"{value} is not a valid value for {name} page parameter.")
        numbers[name] = int(value)
    return numbers["number"], numbers["size"]
