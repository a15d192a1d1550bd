"""The records of one account, and how they hang together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

import attrs

__all__ = ["INVERSE", "Record", "Store"]

INVERSE: Final[dict[tuple[str, str], tuple[str, str]]] = {
    ("countries", "regions"): ("regions", "country"),
    ("voice_in_trunk_groups", "voice_in_trunks"): ("voice_in_trunks", "voice_in_trunk_group"),
    ("shared_capacity_groups", "dids"): ("dids", "shared_capacity_group"),
    ("capacity_pools", "shared_capacity_groups"): ("shared_capacity_groups", "capacity_pool"),
    ("identities", "proofs"): ("proofs", "entity"),
    ("addresses", "proofs"): ("proofs", "entity"),
    ("identities", "addresses"): ("addresses", "identity"),
    ("identities", "permanent_documents"): ("permanent_supporting_documents", "identity"),
    ("emergency_calling_services", "dids"): ("dids", "emergency_calling_service"),
    ("sms_trunk_groups", "sms_trunks"): ("sms_trunks", "sms_trunk_group"),
    ("sms_trunk_groups", "incoming_dids"): ("dids", "sms_trunk_group"),
    ("sms_trunks", "incoming_dids"): ("dids", "sms_trunk"),
}
"""To-many relationships that are not kept but looked up: they are the other end of a to-one relationship."""


@attrs.define(eq=False)
class Record:
    """One record. `links` has ids: one or None for to-one relationships, a list for to-many ones.

    `hidden` is what the API keeps to itself: write-only relationships, prices, what is still to happen.
    """

    type: str
    id: str
    attributes: dict[str, Any]
    links: dict[str, Any] = attrs.field(factory=dict[str, Any])
    meta: dict[str, Any] = attrs.field(factory=dict[str, Any])
    hidden: dict[str, Any] = attrs.field(factory=dict[str, Any])


class Store:
    """All records by type and id. Call `touch` after changing one: what was looked up before is forgotten."""

    def __init__(self) -> None:
        self.version: int = 0
        self._tables: dict[str, dict[str, Record]] = {}
        self._versions: dict[str, int] = {}
        self._indexes: dict[tuple[str, str], tuple[int, dict[Any, list[str]]]] = {}
        self._order: dict[str, tuple[int, list[Record]]] = {}

    def table(self, type: str) -> dict[str, Record]:
        """The records of a type by id, in the order in which they were made."""
        return self._tables.setdefault(type, {})

    def find(self, type: str, id: str | None) -> Record | None:
        """The record of a type and id, if there is one."""
        return self.table(type).get(id) if id is not None else None

    def one(self, type: str, id: str) -> Record:
        """The record of a type and id, which must be there."""
        return self._tables[type][id]

    def any_of(self, types: Iterable[str], id: str | None) -> Record | None:
        """The record with an id among several types."""
        return next((found for type in types if (found := self.find(type, id)) is not None), None)

    def add(self, record: Record) -> Record:
        """Take in a new record."""
        self.table(record.type)[record.id] = record
        self.touch(record.type)
        return record

    def remove(self, record: Record) -> None:
        """Forget a record. Links to it become empty."""
        self.table(record.type).pop(record.id, None)
        self.touch(record.type)

    def touch(self, *types: str) -> None:
        """Say that records of these types were changed."""
        self.version += 1
        for type in types:
            self._versions[type] = self.version

    def by_id(self, type: str) -> list[Record]:
        """The records of a type ordered by id."""
        version = self._versions.get(type, 0)
        known = self._order.get(type)
        if known is None or known[0] != version:
            known = (version, sorted(self.table(type).values(), key=lambda record: record.id))
            self._order[type] = known
        return known[1]

    def index(self, type: str, member: str) -> dict[Any, list[str]]:
        """The ids of a type's records by the value of one of their own attributes or to-one links."""
        version = self._versions.get(type, 0)
        known = self._indexes.get((type, member))
        if known is None or known[0] != version:
            found: dict[Any, list[str]] = {}
            for record in self.table(type).values():
                value = record.links[member] if member in record.links else record.attributes.get(member)
                found.setdefault(value, []).append(record.id)
            known = (version, found)
            self._indexes[type, member] = known
        return known[1]

    def linked_ids(self, record: Record, name: str) -> Sequence[str]:
        """The ids that a relationship leads to, of one record, of several, or none."""
        inverse = INVERSE.get((record.type, name))
        if inverse is not None:
            return self.index(*inverse).get(record.id, ())
        ids: str | Sequence[str] | None = record.links.get(name)
        if ids is None:
            return ()
        return (ids,) if isinstance(ids, str) else ids

    def linked(self, record: Record, name: str, types: Iterable[str]) -> Iterator[Record]:
        """The records that a relationship leads to."""
        for id in self.linked_ids(record, name):
            found = self.any_of(types, id)
            if found is not None:
                yield found
