"""The two API descriptions, read into one shape, for the tests that compare the library with them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, cast

import attrs
import pytest

import didww_async
from didww_async.versions import V2026_04_16

__all__ = ["Described", "Filter", "Member", "Relation", "described", "description", "objects", "shared"]

Json = Mapping[str, Any]
DESCRIPTIONS = Path(didww_async.__file__).parent / "simulator" / "descriptions"


def shared(name: str) -> Any:
    """A file of the project's shared material; the test is skipped where it is not at hand."""
    path = Path(__file__).resolve().parents[2] / "shared" / "api" / name
    if not path.exists():
        pytest.skip(f"{name} is not beside the project")
    return json.loads(path.read_text())


@attrs.frozen
class Member:
    """An attribute, or a member of a body: `kind` is its JSON type or format, `objects` what it may hold.

    `limits` are the least and the most (of a text: of its length); None in a description that states no limits.
    """

    kind: str
    nullable: bool
    required: bool
    read_only: bool
    values: frozenset[object]
    limits: tuple[int | None, int | None] | None
    objects: frozenset[str]


@attrs.frozen
class Relation:
    """A relationship, answered or written."""

    many: bool
    types: frozenset[str]
    nullable: bool
    required: bool


@attrs.frozen
class Filter:
    """A filter; `many` is None where the description does not say whether it takes a list."""

    kind: str
    values: frozenset[object]
    many: bool | None
    empty: bool | None


@attrs.frozen
class Described:
    """One resource as a description has it."""

    path: str | None
    operations: frozenset[str]
    attributes: Mapping[str, Member]
    relationships: Mapping[str, Relation]
    meta: Mapping[str, Member]
    filters: Mapping[str, Filter]
    sort: frozenset[str]
    include: frozenset[str]
    bodies: Mapping[str, tuple[Mapping[str, Member], Mapping[str, Relation]]]
    paged: bool
    largest_page: int | None


@cache
def description(version: str) -> Json:
    """The description of one version of the API."""
    return cast("Json", json.loads((DESCRIPTIONS / f"{version}.json").read_text()))


@cache
def described(version: str) -> Mapping[str, Described]:
    """Every resource of a version, by type."""
    whole = description(version)
    return {name: _resource(whole, given) for name, given in whole["resources"].items()}


def objects(version: str) -> Mapping[str, Mapping[str, Mapping[str, Member]]]:
    """The nested objects that have a JSON:API type: by type, then as «answered» or «written», their members."""
    whole = description(version)
    found: dict[str, dict[str, Mapping[str, Member]]] = {}
    for name, given in whole["objects"].items():
        kind = given.get("type") or given.get("discriminator")
        if kind and "anyOf" not in given:
            form = "written" if name.lower().endswith("request") else "answered"
            found.setdefault(kind, {})[form] = _members(whole, given["attributes"])
    return found


def _resource(whole: Json, given: Json) -> Described:
    listing: Json = given.get("list", {})
    page: Mapping[str, int] | None = listing.get("page")
    bodies = {act: given[act] for act in ("create", "update") if act in given}
    return Described(
        path=given.get("path"),
        operations=frozenset(given["operations"]),
        attributes=_members(whole, given["attributes"]),
        relationships=_relations(given["relationships"]),
        meta=_members(whole, given.get("resource_meta") or {}),
        filters={name: _filter(one) for name, one in listing.get("filters", {}).items()},
        sort=frozenset(listing.get("sort", ())),
        include=frozenset(listing.get("include", ())) | frozenset(given.get("find", {}).get("include", ())),
        bodies={
            act: (_members(whole, body.get("attributes", {})), _relations(body.get("relationships", {})))
            for act, body in bodies.items()
        },
        paged=bool(page),
        largest_page=page.get("max") if page else None,
    )


def _members(whole: Json, given: Json) -> dict[str, Member]:
    return {name: _member(whole, one) for name, one in given.items()}


def _member(whole: Json, given: Json) -> Member:
    inner: Json = given.get("items", {})
    values = given.get("enum") or inner.get("enum") or ()
    if isinstance(values, str):
        values = whole["enums"][values.removeprefix("@")]
    form: str = given.get("format", "")
    kind: str = form if form in ("date", "date-time", "uuid") else given["type"]
    named = given.get("ref") or given.get("anyOf") or inner.get("ref") or inner.get("anyOf") or ()
    named = (named,) if isinstance(named, str) else named
    kinds = [whole["objects"].get(one, {}) for one in named if isinstance(one, str)]
    return Member(
        kind=kind,
        nullable=bool(given.get("nullable")) or None in values,
        required=bool(given.get("required")),
        read_only=bool(given.get("readOnly")),
        values=frozenset(values) - {None},
        limits=None
        if whole["version"] == V2026_04_16
        else (given.get("minimum"), given.get("maximum", given.get("maxLength"))),
        objects=frozenset(one.get("type") or one.get("discriminator", "") for one in kinds) - {""},
    )


def _relations(given: Json) -> dict[str, Relation]:
    return {
        name: Relation(
            many=one["to"] == "many",
            types=frozenset(one["types"]),
            nullable=bool(one.get("nullable")),
            required=bool(one.get("required")),
        )
        for name, one in given.items()
    }


def _filter(given: Json) -> Filter:
    told = "meaning" in given
    return Filter(
        kind=given.get("format") or given["type"],
        values=frozenset(given.get("accepted_values") or given.get("enum") or ()),
        many=bool(given.get("list")) if told else None,
        empty=bool(given.get("empty_value_accepted")) if told else None,
    )
