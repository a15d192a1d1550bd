"""The declarations say what the API descriptions say: nothing missing, nothing invented, in both versions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal, get_args, get_origin
from uuid import UUID

import pytest

from didww_async.records.base import Component, Record, fields
from didww_async.records.declaration import Declaration
from didww_async.records.fields import Fields
from didww_async.values import hints, literals, record_types, required
from didww_async.versions import V2026_04_16, V2026_11_19, VERSIONS

from .declared import component_classes, limits_of, parts_of, record_classes, resources
from .described import Described, Filter, Member, Relation, described, objects
from .exceptions import EXCEPTIONS

KINDS: Mapping[str, set[Any]] = {
    "string": {str, Decimal},
    "date": {date},
    "date-time": {datetime},
    "uuid": {str, UUID},
    "boolean": {bool},
    "integer": {int},
    "any": {Any},
}


def differences(version: str) -> Iterator[str]:
    """Every difference between a description and the declarations, one line each."""
    known = described(version)
    declared = {
        name
        for name in record_classes()
        if name not in resources() or resources()[name].declaration.version in (None, version)
    }
    yield from _names("resources", set(known), declared)
    for name in sorted(known.keys() & declared):
        yield from (f"{name}: {line}" for line in _resource(version, name, known[name]))
    for name, forms in sorted(objects(version).items()):
        if name not in component_classes():
            yield f"{name}: no such component"
            continue
        for form, members in forms.items():
            yield from (f"{name}, {form}: {line}" for line in _component(component_classes()[name], form, members))


def _names(what: str, described_names: set[str], declared: set[str]) -> Iterator[str]:
    yield from (f"{what}: {name} is missing" for name in sorted(described_names - declared))
    yield from (f"{what}: {name} is invented" for name in sorted(declared - described_names))


def _resource(version: str, name: str, known: Described) -> Iterator[str]:
    cls = record_classes()[name]
    there = {
        field_name: field for field_name, field in fields(cls).items() if field.only is None or field.only == version
    }
    attributes = {n for n, field in there.items() if not field.relationship or field.attribute_in == version}
    yield from _names("attributes", set(known.attributes), attributes)
    yield from _names("relationships", set(known.relationships), there.keys() - attributes)
    for field_name in sorted(known.attributes.keys() & attributes):
        line = _member(hints(cls)[field_name], known.attributes[field_name], written=False)
        yield from (f"{field_name}: {one}" for one in line)
    for field_name in sorted(known.relationships.keys() & there.keys()):
        yield from _relation(field_name, hints(cls)[field_name], known.relationships[field_name])
    meta = fields(hints(cls)["meta"])
    yield from _names("meta", set(known.meta), {field.rstrip("_") for field in meta})
    for field_name in sorted(meta.keys() & known.meta.keys()):
        line = _member(hints(hints(cls)["meta"])[field_name], known.meta[field_name], written=False)
        yield from (f"meta {field_name}: {one}" for one in line)
    yield from _asked(version, name, known)


def _asked(version: str, name: str, known: Described) -> Iterator[str]:
    """What a session may ask of the resource: its methods, filters, sorts, includes and bodies."""
    methods = {"list": "list", "find": "get", "create": "create", "update": "update", "delete": "delete"}
    if name not in resources():
        yield from _names("operations", set(known.operations), set())
        return
    cls = resources()[name]
    declaration = cls.declaration
    yield from _names(
        "operations", set(known.operations), {op for op, method in methods.items() if hasattr(cls, method)}
    )
    if declaration.path != known.path:
        yield f"path: {declaration.path}, not {known.path}"
    if "list" in known.operations and declaration.paged != known.paged:
        yield f"paged: {declaration.paged}"
    if known.largest_page and declaration.page_size > known.largest_page:
        yield f"page_size: {declaration.page_size}, and {known.largest_page} is the most"
    filters = _in_version(declaration, "filter", version, hints(declaration.filter))
    yield from _names("filter", set(known.filters), set(filters))
    for filter_name in sorted(known.filters.keys() & filters.keys()):
        yield from _filter(filter_name, filters[filter_name], known.filters[filter_name])
    sorts = _in_version(declaration, "sort", version, literals(declaration.sort))
    yield from _names("sort", {s for name in known.sort for s in (name, f"-{name}")}, set(sorts))
    includes = _in_version(declaration, "include", version, literals(declaration.include))
    yield from _names("include", set(known.include), set(includes))
    for act, (attributes, relations) in known.bodies.items():
        declared = _in_version(declaration, act, version, hints(getattr(declaration, act)))
        yield from _names(act, attributes.keys() | relations.keys(), set(declared))
        members: dict[str, Member | Relation] = {**attributes, **relations}
        must = {name for name, one in members.items() if one.required}
        yield from _names(f"{act}, required", must & declared.keys(), set(required(getattr(declaration, act))))
        for member in sorted(attributes.keys() & declared.keys()):
            lines = _member(declared[member], attributes[member], written=True)
            yield from (f"{act} {member}: {line}" for line in lines)
        for member in sorted(relations.keys() & declared.keys()):
            yield from _relation(f"{act} {member}", declared[member], relations[member], written=True)


def _in_version(declaration: Declaration, part: Any, version: str, names: Any) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    values: dict[str, Any] = dict(names) if hasattr(names, "keys") else dict.fromkeys(names)
    for name, value in values.items():
        try:
            declaration.in_version(part, name, version)
        except ValueError:
            continue
        kept[name] = value
    return kept


def _member(declared: Any, known: Member, *, written: bool) -> Iterator[str]:
    parts = parts_of(declared)
    if (type(None) in parts) != known.nullable:
        yield f"nullable is {known.nullable}"
    parts = [part for part in parts if part is not type(None) and part not in (Record, UUID)]
    parts = [part for part in parts if not record_types(part)]
    if known.kind == "array":
        inner = [part for one in parts for part in parts_of(get_args(one)[0])]
        if not all(get_origin(part) in (tuple, Sequence) for part in parts):
            yield "is a list"
        parts = inner
    values = {value for part in parts if get_origin(part) is Literal for value in get_args(part)}
    if values != set(known.values):
        yield f"values are {sorted(map(str, known.values)) or 'not listed'}"
    if known.values and not written and not {str, int} & set(parts):
        yield "the enumeration is not open"
    if known.objects:
        named = {part.type for part in parts if isinstance(part, type) and issubclass(part, Component)}
        if named != set(known.objects):
            yield f"objects are {sorted(known.objects)}, not {sorted(named)}"
    elif known.kind not in ("array", "object") and not values and not set(parts) & KINDS[known.kind]:
        yield f"is {known.kind}, not {parts}"
    if written and known.limits is not None and limits_of(declared) != known.limits:
        yield f"limits are {known.limits}, not {limits_of(declared)}"


def _relation(name: str, declared: Any, known: Relation, *, written: bool = False) -> Iterator[str]:
    parts = parts_of(declared)
    many = any(get_origin(part) in (tuple, Sequence) for part in parts)
    if many != known.many:
        yield f"{name}: to {'many' if known.many else 'one'}"
    named = {cls.type for cls in record_types(declared)}
    if named != set(known.types):
        yield f"{name}: points to {sorted(known.types)}, not {sorted(named)}"
    if written and not many and (type(None) in parts) != known.nullable:
        yield f"{name}: nullable is {known.nullable}"


def _filter(name: str, declared: Any, known: Filter) -> Iterator[str]:
    parts = parts_of(declared)
    many = any(get_origin(part) is Sequence for part in parts)
    if known.many is not None and many != known.many:
        yield f"filter {name}: takes {'a list' if known.many else 'one value'}"
    if known.empty is not None and (type(None) in parts) != known.empty:
        yield f"filter {name}: an empty value is {'' if known.empty else 'not '}taken"
    if known.values and set(literals(declared)) != set(known.values):
        yield f"filter {name}: values are {sorted(map(str, known.values))}"
    kinds = {"boolean": bool, "integer": int, "date-time": datetime}
    if known.kind in kinds and kinds[known.kind] not in parts:
        yield f"filter {name}: is {known.kind}"
    ends_in_id = name == "id" or name.endswith(".id")
    if ends_in_id != bool(record_types(declared)):
        yield f"filter {name}: takes {'records' if ends_in_id else 'no records'}"


def _component(cls: type[Component], form: str, known: Mapping[str, Member]) -> Iterator[str]:
    """Answered members are read, and written ones are taken; both stand in one class."""
    there = fields(cls)
    if form == "written":
        there = {name: field for name, field in there.items() if field.writable}
    else:
        there = {name: field for name, field in there.items() if name in known or not field.writable}
    yield from _names("members", set(known), set(there))
    for name in sorted(known.keys() & there.keys()):
        yield from (f"{name}: {line}" for line in _member(hints(cls)[name], known[name], written=form == "written"))
        if known[name].read_only and there[name].writable:
            yield f"{name}: is read-only"


@pytest.mark.parametrize("version", VERSIONS)
def test_the_declarations_are_the_description(version: str) -> None:
    found = list(differences(version))
    unexplained = [line for line in found if line not in EXCEPTIONS[version]]
    assert not unexplained, "\n" + "\n".join(unexplained)


@pytest.mark.parametrize("version", VERSIONS)
def test_every_exception_still_holds(version: str) -> None:
    """An exception that is no difference any more must leave the list."""
    assert not EXCEPTIONS[version].keys() - set(differences(version))


@pytest.mark.parametrize("cls", record_classes().values(), ids=lambda cls: cls.type)
def test_fields_offer_every_member_of_a_record(cls: type[Record]) -> None:
    """The Literal of sparse fieldsets is written out for type checkers, so it could fall behind."""
    offered = hints(Fields).get(cls.type)
    if offered is None:
        assert not fields(cls), f"Fields has no {cls.type}"
    else:
        assert set(literals(offered)) == fields(cls).keys() - {"default_did"}


def test_both_versions_are_known() -> None:
    assert VERSIONS == (V2026_04_16, V2026_11_19)
    assert len(described(V2026_04_16)) == 38
