"""Numbers that are held, reserved and shared: DIDs, reservations, capacity."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, ClassVar, Final

from ..account import Account, stamp
from ..bodies import Sent
from ..description import VERSIONS, Resource
from ..numbers import history
from ..problems import invalid, rejected
from ..store import Record
from .base import RIVALS, Rules, exclude

__all__ = ["CapacityPools", "DidReservations", "Dids", "SharedCapacityGroups"]

_HOLD: Final = timedelta(minutes=10)


class Dids(Rules):
    """A number goes to a trunk or to a group of them, takes dedicated or shared capacity: one empties the other."""

    def update(self, account: Account, resource: Resource, record: Record, sent: Sent) -> None:
        filled = {name for name, linked in sent.links.items() if linked is not None}
        for first, second in RIVALS.items():
            if {first, second} <= filled:
                message = f"is not allowed beside {first}"
                raise rejected(invalid(f"/data/relationships/{second}", message, second))
        for name in ("address_verification", "emergency_calling_service"):
            if resource.version != VERSIONS[0] and name in filled:
                raise rejected(invalid(f"/data/relationships/{name}", "can only be cleared", name))
        self._dedicate(account, record, sent)
        for name in filled:
            exclude(record, name)
        self._terminate(account, record, sent)
        super().update(account, resource, record, sent)
        if not record.links["emergency_calling_service"]:
            record.attributes["emergency_enabled"] = False

    def _dedicate(self, account: Account, record: Record, sent: Sent) -> None:
        wanted = sent.attributes.get("dedicated_channels_count", 0)
        pool: Record | None = sent.links.get("capacity_pool") or account.store.find(
            "capacity_pools", record.links["capacity_pool"]
        )
        more = wanted - record.attributes["dedicated_channels_count"]
        if not wanted or more == 0:
            return
        pointer = "/data/attributes/dedicated_channels_count"
        if pool is None:
            raise rejected(invalid(pointer, "needs a capacity pool", "dedicated_channels_count"))
        if more > pool.attributes["total_channels_count"] - pool.attributes["assigned_channels_count"]:
            raise rejected(invalid(pointer, "exceeds available channels", "dedicated_channels_count"))
        pool.attributes["assigned_channels_count"] += more
        account.store.touch("capacity_pools")

    def _terminate(self, account: Account, record: Record, sent: Sent) -> None:
        before = record.attributes["billing_cycles_count"]
        if "terminated" in sent.attributes and sent.attributes["terminated"] != record.attributes["terminated"]:
            ends: bool = sent.attributes["terminated"]
            sent.attributes["billing_cycles_count"] = 0 if ends else None
            history(account, record, "canceled" if ends else "restored")
        elif "billing_cycles_count" in sent.attributes and sent.attributes["billing_cycles_count"] != before:
            after = sent.attributes["billing_cycles_count"]
            change: dict[str, Any] = {"from": _text(before), "to": _text(after)}
            history(account, record, "billing_cycles_count_changed", **change)


def _text(value: int | None) -> str | None:
    return None if value is None else str(value)


class DidReservations(Rules):
    """A number is held for ten minutes; how many at a time is limited."""

    def create(self, account: Account, resource: Resource, sent: Sent) -> Record:
        available: Record = sent.links["available_did"]
        pointer = "/data/relationships/available_did"
        if available.hidden.get("reserved"):
            raise rejected(invalid(pointer, "is invalid", "available_did"))
        if len(account.store.table("did_reservations")) >= account.reservation_allowance:
            raise rejected(invalid("/data", "reservation limit is reached"))
        record = super().create(account, resource, sent)
        record.attributes["expires_at"] = stamp(account.now() + _HOLD)
        available.hidden["reserved"] = record.id
        account.store.touch("available_dids")
        account.agenda.after(_HOLD.total_seconds(), lambda: self.delete(account, resource, record))
        return record

    def delete(self, account: Account, resource: Resource, record: Record) -> None:
        available = account.store.find("available_dids", record.links["available_did"])
        if available is not None and available.hidden.get("reserved") == record.id:
            available.hidden["reserved"] = None
            account.store.touch("available_dids")
        super().delete(account, resource, record)


class CapacityPools(Rules):
    """Channels can only be given back here; more of them are ordered."""

    def update(self, account: Account, resource: Resource, record: Record, sent: Sent) -> None:
        wanted = sent.attributes.get("total_channels_count")
        held = record.attributes
        least = max(held["assigned_channels_count"], held["minimum_limit"])
        if wanted is not None and not least <= wanted <= held["total_channels_count"]:
            message = f"must be between {least} and {held['total_channels_count']}"
            raise rejected(invalid("/data/attributes/total_channels_count", message, "total_channels_count"))
        super().update(account, resource, record, sent)


class SharedCapacityGroups(Rules):
    """Channels of a pool that several numbers share."""

    defaults: ClassVar[Mapping[str, Any]] = {"shared_channels_count": 0, "metered_channels_count": 0}

    def create(self, account: Account, resource: Resource, sent: Sent) -> Record:
        pool: Record = sent.links["capacity_pool"]
        self._assign(account, pool, sent.attributes.get("shared_channels_count", 0))
        return super().create(account, resource, sent)

    def update(self, account: Account, resource: Resource, record: Record, sent: Sent) -> None:
        before = account.store.one("capacity_pools", record.links["capacity_pool"])
        after: Record = sent.links.get("capacity_pool", before)
        held = record.attributes["shared_channels_count"]
        wanted = sent.attributes.get("shared_channels_count", held)
        if after is before:
            self._assign(account, after, wanted - held)
        else:
            self._assign(account, after, wanted)
            self._assign(account, before, -held)
        super().update(account, resource, record, sent)

    def delete(self, account: Account, resource: Resource, record: Record) -> None:
        if account.store.linked_ids(record, "dids"):
            raise rejected(invalid("/data", "Group has numbers assigned"))
        pool = account.store.one("capacity_pools", record.links["capacity_pool"])
        self._assign(account, pool, -record.attributes["shared_channels_count"])
        super().delete(account, resource, record)

    def _assign(self, account: Account, pool: Record, more: int) -> None:
        held = pool.attributes
        if more > held["total_channels_count"] - held["assigned_channels_count"]:
            pointer = "/data/attributes/shared_channels_count"
            raise rejected(invalid(pointer, "exceeds available channels", "shared_channels_count"))
        held["assigned_channels_count"] += more
        account.store.touch("capacity_pools")
