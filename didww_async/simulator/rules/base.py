"""What creating, changing and deleting a record means where no resource says otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from ..account import Account
from ..bodies import Sent
from ..description import Resource
from ..problems import invalid, rejected
from ..store import INVERSE, Record

__all__ = ["RIVALS", "Rules", "check_name", "exclude"]


class Rules:
    """The rules of one resource. Those of its own are in a subclass that extends these methods.

    `defaults` are the values of attributes that a new record has when they were not sent.
    """

    defaults: ClassVar[Mapping[str, Any]] = {}

    def create(self, account: Account, resource: Resource, sent: Sent) -> Record:
        """Make the record that was asked for. Raises Problem where that cannot be."""
        attributes = dict.fromkeys(resource.attributes) | dict(self.defaults) | sent.attributes
        now = account.moment()
        for name in ("created_at", "updated_at"):
            if name in resource.attributes:
                attributes[name] = now
        links: dict[str, Any] = {
            name: [] if relation.many else None
            for name, relation in resource.relations.items()
            if (resource.type, name) not in INVERSE
        }
        record = account.add(resource.type, attributes, links=links)
        self.link(account, resource, record, sent)
        return record

    def update(self, account: Account, resource: Resource, record: Record, sent: Sent) -> None:
        """Change what was sent and nothing else. Raises Problem where that cannot be."""
        record.attributes |= sent.attributes
        if "updated_at" in resource.attributes:
            record.attributes["updated_at"] = account.moment()
        self.link(account, resource, record, sent)
        account.store.touch(record.type)

    def delete(self, account: Account, resource: Resource, record: Record) -> None:
        """Remove the record, and with it every link to it. Raises Problem where that cannot be."""
        account.store.remove(record)
        self.unlink(account, record)

    def link(self, account: Account, resource: Resource, record: Record, sent: Sent) -> None:
        """Carry out the relationships that were sent. Those that are only written are kept out of sight."""
        for name in sent.links:
            inverse = INVERSE.get((resource.type, name))
            if inverse is not None:
                self._take_members(account, record, *inverse, sent.ids(name))
            elif name in resource.relations:
                record.links[name] = sent.ids(name)
            else:
                record.hidden[name] = sent.ids(name)

    def unlink(self, account: Account, record: Record) -> None:
        """Empty the to-one relationships of other records that lead here."""
        for type, name in _LEADING_TO.get(record.type, ()):
            for id in account.store.index(type, name).get(record.id, []):
                account.store.one(type, id).links[name] = None
            account.store.touch(type)

    def _take_members(self, account: Account, record: Record, type: str, name: str, ids: list[str]) -> None:
        for id in account.store.index(type, name).get(record.id, []):
            account.store.one(type, id).links[name] = None
        for id in ids:
            exclude(account.store.one(type, id), name)
            account.store.one(type, id).links[name] = record.id
        account.store.touch(type)


_LEADING_TO: Final[dict[str, list[tuple[str, str]]]] = {
    "voice_in_trunks": [("dids", "voice_in_trunk")],
    "voice_in_trunk_groups": [("dids", "voice_in_trunk_group"), ("voice_in_trunks", "voice_in_trunk_group")],
    "sms_trunks": [("dids", "sms_trunk"), ("sender_id_verifications", "sms_trunk")],
    "sms_trunk_groups": [("dids", "sms_trunk_group"), ("sms_trunks", "sms_trunk_group")],
    "shared_capacity_groups": [("dids", "shared_capacity_group")],
}
RIVALS: Final = {
    "voice_in_trunk": "voice_in_trunk_group",
    "sms_trunk": "sms_trunk_group",
    "capacity_pool": "shared_capacity_group",
}
"""Relationships of a number of which one empties the other."""

_RIVAL_OF: Final = RIVALS | {rival: name for name, rival in RIVALS.items()}


def exclude(did: Record, name: str) -> None:
    """Empty the relationship of a number that cannot be filled beside `name`."""
    rival = _RIVAL_OF.get(name)
    if did.type == "dids" and rival is not None:
        did.links[rival] = None


def check_name(account: Account, types: tuple[str, ...], name: Any, record: Record | None = None) -> None:
    """Raise Problem where another record of these types has the name already."""
    taken = [id for type in types for id in account.store.index(type, "name").get(name, ())]
    if any(record is None or id != record.id for id in taken):
        raise rejected(invalid("/data/attributes/name", "has already been taken", "name"))
