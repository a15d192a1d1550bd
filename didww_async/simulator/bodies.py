"""Documents that are sent, read and checked against the description."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, Final, TypeGuard

import attrs
import msgspec

from .description import Body, Member, Relation, Resource
from .problems import bad_request, invalid, not_allowed, rejected
from .store import Record, Store

__all__ = ["Sent", "is_list", "read_document", "read_linkage"]

_BOUNDS: Final[dict[str, tuple[int, int]]] = {
    "capacity_limit": (1, 32767),
    "billing_cycles_count": (0, 999),
    "ringing_timeout": (1, 32),
    "priority": (0, 65535),
    "weight": (0, 65535),
    "qty": (1, 10000),
}
"""Bounds that hold in every version; the older description does not give them."""

_INT32: Final = (-(2**31), 2**31 - 1)
_LENGTHS: Final = {"external_reference_id": 100}
_KINDS: Final[dict[str, Callable[[Any], bool]]] = {
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "boolean": lambda value: isinstance(value, bool),
    "array": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
    "any": lambda value: True,
}
_WRONG_KIND: Final = {"integer": "is not a number", "boolean": "is not included in the list"}
_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE | re.ASCII)
_MALFORMED: Final = frozenset({"configuration", "items"})
"""Members without which the request is malformed (400), where others are only missing (422)."""


@attrs.define
class Sent:
    """What was sent: attributes, and relationships as the records that they name."""

    attributes: dict[str, Any] = attrs.field(factory=dict[str, Any])
    links: dict[str, Any] = attrs.field(factory=dict[str, Any])

    def ids(self, name: str) -> Any:
        """A relationship as ids."""
        value = self.links[name]
        if is_list(value):
            return [record.id for record in value]
        return value.id if value is not None else None


def read_document(content: bytes, resource: Resource, body: Body, store: Store, id: str | None = None) -> Sent:
    """Read the body of a POST, or of a PATCH to the record `id`. Raises Problem for what is wrong with it."""
    data = _data(content)
    _check_identity(data, resource, id)
    attributes = _object(data, "attributes")
    relationships = _object(data, "relationships")
    for name in sorted(data.keys() - {"id", "type", "attributes", "relationships"}):
        raise not_allowed(name)
    for name in sorted(attributes.keys() - body.attributes.keys()):
        raise not_allowed(name)
    for name in sorted(relationships.keys() - body.relations.keys()):
        raise not_allowed(name)
    errors: list[Mapping[str, Any]] = []
    for name, member in body.attributes.items():
        pointer = f"/data/attributes/{name}"
        if name in attributes:
            errors += _check(member, attributes[name], pointer, name)
        elif member.required and name in _MALFORMED:
            raise bad_request("106", "Missing parameter", f"The required parameter, {name}, is missing.")
        elif member.required:
            errors.append(invalid(pointer, "can't be blank", name))
    sent = Sent(attributes)
    for name, relation in body.relations.items():
        pointer = f"/data/relationships/{name}"
        if name in relationships:
            linked, wrong = _linked(relation, relationships[name], pointer, store)
            sent.links[name] = linked
            errors += wrong
        elif relation.required:
            errors.append(invalid(pointer, "can't be blank", name))
    if body.one_of and not any(sent.links.get(name) for name in body.one_of):
        errors.append(invalid("/data", f"one of {', '.join(body.one_of)} is required"))
    if "callback_url" in attributes or "callback_method" in attributes:
        errors += _callback(attributes, body)
    if errors:
        raise rejected(*errors)
    return sent


def read_linkage(content: bytes, relation: Relation, store: Store) -> Any:
    """Read the body of a request to a relationship by itself: the records that it names."""
    document = _json(content)
    if "data" not in document:
        raise bad_request("106", "Missing parameter", "The required parameter, data, is missing.")
    linked, errors = _linked(relation, document, "/data", store)
    if errors:
        raise rejected(*errors)
    return linked


def _is_object(value: Any) -> TypeGuard[dict[str, Any]]:
    return isinstance(value, dict)


def is_list(value: Any) -> TypeGuard[list[Any]]:
    """Whether a value out of JSON is an array."""
    return isinstance(value, list)


def _json(content: bytes) -> dict[str, Any]:
    try:
        document: Any = msgspec.json.decode(content)
        # What cannot be written again, such as a number of a hundred digits, could not be answered with either.
        msgspec.json.encode(document)
    except (msgspec.MsgspecError, RecursionError, OverflowError):
        document = None
    if not _is_object(document):
        raise bad_request("400", "Bad Request", "The body is not a JSON:API document.")
    return document


def _data(content: bytes) -> dict[str, Any]:
    document = _json(content)
    data = document.get("data")
    if data is None:
        raise bad_request("106", "Missing parameter", "The required parameter, data, is missing.")
    if not _is_object(data):
        raise bad_request("122", "Invalid data format", "data must be an object.")
    return data


def _check_identity(data: Mapping[str, Any], resource: Resource, id: str | None) -> None:
    for name in ("type",) if id is None else ("type", "id"):
        if not isinstance(data.get(name), str):
            raise bad_request("106", "Missing parameter", f"The required parameter, {name}, is missing.")
    if data["type"] != resource.type:
        raise bad_request("101", "Invalid resource", f"{data['type']} is not a valid resource.")
    if id is None and "id" in data:
        raise not_allowed("id")
    if id is not None and data["id"] != id:
        raise bad_request("110", "Key not included in URL", f"The URL does not support the key {data['id']}")


def _object(data: Mapping[str, Any], name: str) -> dict[str, Any]:
    found = data.get(name, {})
    if not _is_object(found):
        raise bad_request("122", "Invalid data format", f"{name} must be an object.")
    return found


def _check(member: Member, value: Any, pointer: str, name: str) -> list[Mapping[str, Any]]:
    """The errors of one value."""
    if value is None:
        return [] if member.nullable or member.kind == "any" else [invalid(pointer, "can't be blank", name)]
    if not _KINDS[member.kind](value):
        return [invalid(pointer, _WRONG_KIND.get(member.kind, "is invalid"), name)]
    if member.enum is not None and value not in member.enum:
        return [invalid(pointer, "is not included in the list", name)]
    message = _out_of_bounds(member, value, name) or _malformed(member, value)
    if message:
        return [invalid(pointer, message, name)]
    if member.objects:
        return _check_object(member, value, pointer, name)
    errors: list[Mapping[str, Any]] = []
    if member.items is not None:
        for number, item in enumerate(value):
            errors += _check(member.items, item, f"{pointer}/{number}", f"{name}/{number}")
    return errors


def _check_object(member: Member, value: Any, pointer: str, name: str) -> list[Mapping[str, Any]]:
    if not _is_object(value):
        return [invalid(pointer, "is invalid", name)]
    nested = value
    if "" in member.objects:
        known, attributes = member.objects[""], nested
    else:
        kind = nested.get("type")
        if not isinstance(kind, str) or kind not in member.objects:
            return [invalid(f"{pointer}/type", "is not included in the list", "type")]
        for other in sorted(nested.keys() - {"type", "attributes"}):
            raise not_allowed(other)
        known = member.objects[kind]
        attributes = _object(nested, "attributes")
        pointer += "/attributes"
    for other in sorted(attributes.keys() - known.keys()):
        raise not_allowed(other)
    errors: list[Mapping[str, Any]] = []
    prefix = f"{name}/" if name.startswith("items/") else ""
    for inner, one in known.items():
        if inner in attributes:
            errors += _check(one, attributes[inner], f"{pointer}/{inner}", prefix + inner)
    return errors


def _out_of_bounds(member: Member, value: Any, name: str) -> str | None:
    name = name.rpartition("/")[2]
    if member.kind == "integer":
        low, high = _BOUNDS.get(name, _INT32)
        low = member.minimum if member.minimum is not None else low
        high = member.maximum if member.maximum is not None else high
        if value < low:
            return f"must be greater than or equal to {low}"
        if value > high:
            return f"must be less than or equal to {high}"
    elif member.kind == "string":
        most = member.max_length or _LENGTHS.get(name)
        if most and len(value) > most:
            return f"is too long (maximum is {most} characters)"
        if member.required and not value.strip():
            return "can't be blank"
    elif member.kind == "array":
        if len(value) < member.min_items:
            return "can't be blank"
        if member.max_items and len(value) > member.max_items:
            return f"is too long (maximum is {member.max_items} items)"
        if member.unique and len({json.dumps(one) for one in value}) < len(value):
            return "must be unique"
    return None


def _malformed(member: Member, value: Any) -> str | None:
    if not isinstance(value, str):
        return None
    good = True
    if member.pattern:
        good = re.search(member.pattern, value) is not None
    elif member.format == "uuid":
        good = _UUID.fullmatch(value) is not None
    elif member.format == "email":
        good = "@" in value
    elif member.format in ("date", "date-time"):
        try:
            _ = date.fromisoformat(value) if member.format == "date" else datetime.fromisoformat(value)
        except ValueError:
            good = False
    return None if good else "is invalid"


def _linked(relation: Relation, value: Any, pointer: str, store: Store) -> tuple[Any, list[Mapping[str, Any]]]:
    """The records that a relationship names, and what is wrong with it."""
    if not _is_object(value) or "data" not in value:
        raise bad_request("106", "Missing parameter", "The required parameter, data, is missing.")
    data = value["data"]
    if relation.many:
        if not is_list(data):
            raise bad_request("122", "Invalid data format", f"{relation.name} must be an array.")
        records = [_record(relation, one, store) for one in data]
        message = None
        if len(data) < relation.min_items:
            message = "can't be blank"
        elif None in records:
            message = "are invalid"
        elif relation.max_items and len(data) > relation.max_items:
            message = f"is too long (maximum is {relation.max_items} items)"
        return records, [invalid(pointer, message, relation.name)] if message else []
    if data is None:
        return None, [] if relation.nullable else [invalid(pointer, "can't be blank", relation.name)]
    record = _record(relation, data, store)
    return record, [] if record else [invalid(pointer, "is invalid", relation.name)]


def _record(relation: Relation, identifier: Any, store: Store) -> Record | None:
    if not _is_object(identifier):
        raise bad_request("122", "Invalid data format", f"{relation.name} must be a resource identifier.")
    type, id = identifier.get("type"), identifier.get("id")
    if not isinstance(type, str) or not isinstance(id, str):
        raise bad_request("122", "Invalid data format", f"{relation.name} must be a resource identifier.")
    if type not in relation.types:
        raise bad_request("116", "Type mismatch", f"{type} is not a valid type for {relation.name}.")
    return store.find(type, id)


def _callback(attributes: dict[str, Any], body: Body) -> list[Mapping[str, Any]]:
    """Both members of a callback or neither; an address without a scheme is plain http."""
    url, method = attributes.get("callback_url"), attributes.get("callback_method")
    if isinstance(url, str):
        if url and "://" not in url:
            url = attributes["callback_url"] = f"http://{url}"
        if not re.match(r"https?://[^/\s]", url):
            return [invalid("/data/attributes/callback_url", "is invalid", "callback_url")]
    if "callback_method" in body.attributes and (url is None) != (method is None):
        missing = "callback_url" if url is None else "callback_method"
        return [invalid(f"/data/attributes/{missing}", "can't be blank", missing)]
    return []
