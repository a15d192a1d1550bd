"""JSON:API documents made from records."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

import msgspec

from .account import Account
from .description import Description, Relation, Resource
from .query import Includes, Query
from .store import Record

__all__ = ["Renderer", "encode"]

encode: Callable[[object], bytes] = msgspec.json.Encoder().encode

_NO_META_WHEN_INCLUDED = frozenset({"did_groups"})


class Renderer:
    """Makes the documents of one version of the API for one account.

    `base` is the address in links, `version` what `meta` says the version is.
    """

    def __init__(self, account: Account, description: Description, base: str, version: str) -> None:
        self._account = account
        self._store = account.store
        self._resources = description.resources
        self._base = base
        self._version = version

    def document(self, record: Record, query: Query, meta: Mapping[str, Any] | None = None) -> bytes:
        """A document with one record."""
        found: dict[str, Any] = {"data": self._resource(record, query, query.include)}
        if query.include:
            found["included"] = self._included([record], query)
        found["meta"] = {"api_version": self._version, **(meta or {})}
        return encode(found)

    def collection(
        self, resource: Resource, records: Sequence[Record], query: Query, meta: Mapping[str, Any] | None = None
    ) -> bytes:
        """A document with a page of `records`, or with all of them where there are no pages."""
        listing = resource.listing
        shown = records
        links: dict[str, str] = {}
        if query.page:
            number, size = query.page
            shown = records[(number - 1) * size : number * size]
            links = self._page_links(resource, number, size, len(records))
        found: dict[str, Any] = {"data": [self._resource(record, query, query.include) for record in shown]}
        if query.include:
            found["included"] = self._included(shown, query)
        if listing is None or listing.meta:
            found["meta"] = {"api_version": self._version, **(meta or {})}
            if listing is not None and listing.total == "total_records":
                found["meta"]["total_records"] = len(records)
        if links:
            found["links"] = links
        return encode(found)

    def related(self, resources: Sequence[Record] | Record | None, query: Query) -> bytes:
        """The records at the end of a relationship."""
        found: dict[str, Any]
        if isinstance(resources, Record):
            return self.document(resources, query)
        found = {"data": None if resources is None else [self._resource(record, query, {}) for record in resources]}
        return encode(found | {"meta": {"api_version": self._version}})

    def linkage(self, record: Record, relation: Relation) -> bytes:
        """A relationship by itself: its links, and who is at its other end."""
        address = f"{self._address(record.type)}/{record.id}"
        links = {"self": f"{address}/relationships/{relation.name}", "related": f"{address}/{relation.name}"}
        return encode({"links": links, "data": self._identifiers(record, relation)})

    def identifier(self, type: str, id: str) -> bytes:
        """The answer of resources that have nothing but an identity."""
        return encode({"data": {"id": id, "type": type}, "meta": {"api_version": self._version}})

    def _page_links(self, resource: Resource, number: int, size: int, total: int) -> dict[str, str]:
        last = max(1, math.ceil(total / size))
        pages = {"first": 1, "prev": number - 1 if number > 1 else None, "next": number + 1 if number < last else None}
        # As in the vendor's samples these name the page and nothing else: who follows them loses the filters.
        return {
            name: f"{self._base}/{resource.path}?{urlencode({'page[number]': page, 'page[size]': size})}"
            for name, page in (pages | {"last": last}).items()
            if page is not None
        }

    def _resource(self, record: Record, query: Query, include: Includes, *, included: bool = False) -> msgspec.Raw:
        resource = self._resources[record.type]
        fields = query.fields.get(record.type)
        values = record.attributes
        attributes = {name: values.get(name) for name in resource.attributes if fields is None or name in fields}
        if record.type == "exports" and attributes.get("url", "") is None:
            attributes["url"] = self._account.file_url(record)
        parts = [f'{{"id":"{record.id}","type":"{record.type}"'.encode()]
        if attributes:
            parts += [b',"attributes":', encode(attributes)]
        if resource.relations and (relationships := self._relationships(record, resource, fields, include)):
            parts += [b',"relationships":{', relationships, b"}"]
        if resource.meta and not (included and record.type in _NO_META_WHEN_INCLUDED) and (meta := self._meta(record)):
            parts += [b',"meta":', encode(meta)]
        parts.append(b"}")
        return msgspec.Raw(b"".join(parts))

    def _relationships(
        self, record: Record, resource: Resource, fields: frozenset[str] | None, include: Includes
    ) -> bytes:
        names = tuple(name for name in resource.relations if fields is None or name in fields)
        shown = tuple(name for name in names if name in include)
        rendered = _links(self._address(record.type), names, shown).replace(b"{id}", record.id.encode())
        for name in shown:
            data = encode(self._identifiers(record, resource.relations[name]))
            rendered = rendered.replace(b'"{%s}"' % name.encode(), data, 1)
        return rendered

    def _identifiers(self, record: Record, relation: Relation) -> Any:
        linked = self._store.linked(record, relation.name, relation.types)
        found = [{"type": one.type, "id": one.id} for one in linked]
        return found if relation.many else (found[0] if found else None)

    def _included(self, records: Iterable[Record], query: Query) -> list[msgspec.Raw]:
        shown: dict[str, tuple[Record, dict[str, Includes]]] = {}
        primary = {record.id for record in records}

        def follow(record: Record, include: Includes) -> None:
            relations = self._resources[record.type].relations
            for name, deeper in include.items():
                if name not in relations:
                    continue
                for found in self._store.linked(record, name, relations[name].types):
                    known = shown.get(found.id)
                    if known is None:
                        known = shown[found.id] = (found, {})
                    known[1].update(deeper)
                    if deeper:
                        follow(found, deeper)

        for record in records:
            follow(record, query.include)
        return [
            self._resource(record, query, deeper, included=True)
            for id, (record, deeper) in shown.items()
            if id not in primary
        ]

    def _meta(self, record: Record) -> dict[str, Any]:
        if record.type == "voice_in_trunk_groups":
            return {"trunks_count": len(self._store.linked_ids(record, "voice_in_trunks"))}
        if record.type == "sms_trunk_groups":
            return {"sms_trunks_count": len(self._store.linked_ids(record, "sms_trunks"))}
        return record.meta

    def _address(self, type: str) -> str:
        return f"{self._base}/{self._resources[type].path or type}"


@lru_cache(4096)
def _links(address: str, names: tuple[str, ...], shown: tuple[str, ...]) -> bytes:
    """The relationships of a type, with places to be filled: `{id}` of the record, and the data of those `shown`."""
    template: dict[str, dict[str, Any]] = {
        name: {"links": {"self": f"{address}/{{id}}/relationships/{name}", "related": f"{address}/{{id}}/{name}"}}
        for name in names
    }
    for name in shown:
        template[name]["data"] = f"{{{name}}}"
    return encode(template)[1:-1]
