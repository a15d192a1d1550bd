"""The API description, read from JSON into what the simulator works from: resources, members, filters, bodies."""

from __future__ import annotations

import json
import pkgutil
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

import attrs

__all__ = ["VERSIONS", "Body", "Description", "Filter", "Listing", "Member", "Relation", "Resource", "describe"]

VERSIONS: Final = ("2026-04-16", "2026-11-19")
"""The versions that the simulator speaks, oldest first."""

# Read when this module is imported: later there may be an event loop, which must not wait for a disk.
_TEXTS: Final = {
    version: pkgutil.get_data(__package__ or "", f"descriptions/{version}.json") or b"" for version in VERSIONS
}

_THOUSANDS: Final = frozenset({"areas", "cities"})
"""Resources whose pages have a thousand records; the description of 2026-04-16 gives one size for all."""

_TOO_WIDE: Final = {"default": 50, "max": 1000}


@attrs.frozen
class Member:
    """An attribute, or a member of a nested object: what its value may be."""

    kind: str
    format: str | None = None
    nullable: bool = False
    required: bool = False
    enum: tuple[Any, ...] | None = None
    items: Member | None = None
    objects: Mapping[str, Mapping[str, Member]] = attrs.field(factory=dict[str, Mapping[str, "Member"]])
    minimum: int | None = None
    maximum: int | None = None
    max_length: int | None = None
    pattern: str | None = None
    min_items: int = 0
    max_items: int | None = None
    unique: bool = False


@attrs.frozen
class Relation:
    """A relationship, of a resource or of a body that is sent."""

    name: str
    many: bool
    types: tuple[str, ...]
    required: bool = False
    nullable: bool = True
    min_items: int = 0
    max_items: int | None = None


@attrs.frozen
class Filter:
    """A filter of a listing. `many` takes a list with commas, `every` wants all of it at once."""

    name: str
    many: bool = True
    every: bool = False
    boolean: bool = False
    accepted: frozenset[str] | None = None


@attrs.frozen
class Listing:
    """What a listing takes. `page` is the default and the greatest size, None where there are no pages."""

    filters: Mapping[str, Filter]
    sorts: frozenset[str]
    page: tuple[int, int] | None
    links: bool
    total: str | None
    meta: bool = True


@attrs.frozen
class Body:
    """What may be sent to create or update a record. Of `one_of` at least one relationship must be there."""

    attributes: Mapping[str, Member]
    relations: Mapping[str, Relation]
    one_of: tuple[str, ...] = ()


@attrs.frozen
class Resource:
    """A resource type: where it is, what can be done with it, and what its records look like."""

    type: str
    version: str
    path: str | None
    operations: frozenset[str]
    attributes: Mapping[str, Member]
    relations: Mapping[str, Relation]
    meta: tuple[str, ...]
    includes: frozenset[str]
    listing: Listing | None
    create: Body | None
    update: Body | None
    upload: bool = False


@attrs.frozen
class Description:
    """One version of the API. `paths` has the resources that have an address, by its first segment."""

    version: str
    resources: Mapping[str, Resource]
    paths: Mapping[str, Resource]


@cache
def describe(version: str) -> Description:
    """The description of a version, one of `VERSIONS`."""
    raw: dict[str, Any] = json.loads(_TEXTS[version])
    resources = {name: _resource(raw, name) for name in raw["resources"]}
    paths = {resource.path: resource for resource in resources.values() if resource.path is not None}
    return Description(version, resources, paths)


def _resource(raw: Mapping[str, Any], name: str) -> Resource:
    found = raw["resources"][name]
    listed = found.get("list")
    operations: list[dict[str, Any]] = [found.get("find") or {}, listed or {}]
    includes = frozenset(name for operation in operations for name in operation.get("include") or ())
    create = found.get("create")
    return Resource(
        type=name,
        version=raw["version"],
        path=found["path"].strip("/") if found.get("path") else None,
        operations=frozenset(found.get("operations", ())),
        attributes=_members(raw, found.get("attributes", {})),
        relations=_relations(found.get("relationships", {})),
        meta=tuple(found.get("resource_meta", ())),
        includes=includes,
        listing=_listing(raw, name, found, listed) if listed else None,
        create=_body(raw, create) if create else None,
        update=_body(raw, found["update"]) if found.get("update") else None,
        upload=bool(create) and create.get("content_type") == "multipart/form-data",
    )


def _listing(raw: Mapping[str, Any], name: str, found: Mapping[str, Any], listed: Mapping[str, Any]) -> Listing:
    page = listed.get("page")
    if page == _TOO_WIDE:
        page = {"default": 1000, "max": 1000} if name in _THOUSANDS else {"default": 50, "max": 100}
    collection = found.get("collection_doc", {})
    total = "total_records" if page else None
    if name == "available_dids":
        total = "total_count"
    explicit = any("list" in value for value in listed["filters"].values()) or raw["version"] != VERSIONS[0]
    return Listing(
        filters={key: _filter(raw, found, key, value, explicit) for key, value in listed["filters"].items()},
        sorts=frozenset(listed.get("sort") or ()),
        page=(page["default"], page["max"]) if page else None,
        links=bool(page),
        total=total,
        meta=name != "public_keys" and collection.get("meta", "Meta") is not None,
    )


def _filter(
    raw: Mapping[str, Any], found: Mapping[str, Any], name: str, value: Mapping[str, Any], explicit: bool
) -> Filter:
    accepted = value.get("accepted_values") or value.get("enum")
    attribute = found.get("attributes", {}).get(name, {})
    if accepted is None and name.endswith("features"):
        accepted = raw["enums"]["DidGroupFeature"]
    # The older description does not say which filters take lists: free text does not, since text has commas.
    single = name.endswith(("_contains", "_gteq", "_lteq", "external_reference_id", "description"))
    listed = "list" in value
    return Filter(
        name,
        many=listed if explicit else not single,
        every="all" in value.get("list", "") or name.endswith("features"),
        boolean=value.get("type") == "boolean" or attribute.get("type") == "boolean",
        accepted=frozenset(str(one) for one in accepted) if accepted else None,
    )


def _body(raw: Mapping[str, Any], found: Mapping[str, Any]) -> Body:
    attributes = _members(raw, found.get("attributes", {}))
    relations = _relations(found.get("relationships", {}))
    return Body(attributes, relations, tuple(found.get("relationships_anyOf_required", ())))


def _relations(found: Mapping[str, Any]) -> dict[str, Relation]:
    return {
        name: Relation(
            name,
            many=value["to"] == "many",
            types=tuple(value["types"]),
            required=bool(value.get("required")),
            nullable=bool(value.get("nullable")),
            min_items=value.get("minItems", 1 if value.get("required") and value["to"] == "many" else 0),
            max_items=value.get("maxItems"),
        )
        for name, value in found.items()
    }


def _members(raw: Mapping[str, Any], found: Mapping[str, Any]) -> dict[str, Member]:
    return {name: _member(raw, value) for name, value in found.items()}


def _member(raw: Mapping[str, Any], value: Mapping[str, Any]) -> Member:
    refs = value.get("ref") or ()
    if value.get("enum") is None:
        enum = None
    elif isinstance(value["enum"], str):
        enum = tuple(raw["enums"][value["enum"].removeprefix("@")])
    else:
        enum = tuple(one for one in value["enum"] if one is not None)
    return Member(
        kind=value.get("type", "any"),
        format=value.get("format"),
        nullable=bool(value.get("nullable")),
        required=bool(value.get("required")),
        enum=enum,
        items=_member(raw, value["items"]) if value.get("items") else None,
        objects={
            _discriminator(raw, name): _members(raw, raw["objects"][name]["attributes"])
            for name in ([refs] if isinstance(refs, str) else refs)
        },
        minimum=value.get("minimum"),
        maximum=value.get("maximum"),
        max_length=value.get("maxLength"),
        pattern=value.get("pattern"),
        min_items=value.get("minItems", 0),
        max_items=value.get("maxItems"),
        unique=bool(value.get("uniqueItems")),
    )


def _discriminator(raw: Mapping[str, Any], name: str) -> str:
    """The `type` of a nested object, "" for one that has none."""
    found = raw["objects"][name]
    return str(found.get("type") or found.get("discriminator") or "")
