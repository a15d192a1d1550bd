"""Exports: asked for, pending, processing, completed with a file."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any, Final

from ..account import Account
from ..bodies import Sent, is_list
from ..description import VERSIONS, Resource
from ..problems import invalid, not_allowed, rejected
from ..store import Record
from .base import Rules

__all__ = ["Exports", "moment_of"]

_FILTERS: Final[dict[str, dict[str, frozenset[str]]]] = {
    VERSIONS[0]: {
        "cdr_in": frozenset({"did_number"}),
        "cdr_out": frozenset({"voice_out_trunk.id"}),
    },
    VERSIONS[1]: {
        "cdr_in": frozenset({"did_number", "source_number", "source_number_out", "source_country_iso"}),
        "cdr_out": frozenset({"voice_out_trunk.id", "source", "cli", "destination"}),
        "sms_in": frozenset(
            {
                "source_address_eq",
                "source_address_cont",
                "destination_address_eq",
                "destination_address_cont",
                "status",
                "trunk_type",
                "sms_trunk.id",
                "sms_id",
            }
        ),
        "sms_out": frozenset(
            {
                "source_address_eq",
                "source_address_cont",
                "destination_address_eq",
                "destination_address_cont",
                "status",
                "sms_trunk.id",
                "sms_id",
                "service_type",
                "sender_id_verification.id",
            }
        ),
    },
}
_POINTER: Final = "/data/attributes/filters"
_LISTS: Final = frozenset({"trunk_type", "sms_trunk.id", "sender_id_verification.id"})
_MOMENT: Final = re.compile(r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}", re.ASCII)


def moment_of(text: Any) -> datetime | None:
    """A time of an export's filters, `YYYY-MM-DD HH:MM:SS` in UTC; None for what is none."""
    if not isinstance(text, str) or not _MOMENT.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError:
        return None


class Exports(Rules):
    """The range lies in this month and the two before it; the file's name is not the export's id."""

    def create(self, account: Account, resource: Resource, sent: Sent) -> Record:
        filters: dict[str, Any] = sent.attributes["filters"]
        known = _FILTERS[resource.version][sent.attributes["export_type"]] | {"from", "to"}
        for name in sorted(filters.keys() - known):
            raise not_allowed(name)
        for name, value in filters.items():
            several = value if name in _LISTS and is_list(value) else [value]
            if not all(isinstance(one, str) for one in several):
                raise rejected(invalid(_POINTER, f"{name} not valid", "filters"))
        begin, end = (self._bound(account, name, filters.get(name)) for name in ("from", "to"))
        if begin >= end:
            raise rejected(invalid(_POINTER, "from must be before to", "filters"))
        record = super().create(account, resource, sent)
        record.attributes |= {"status": "pending", "url": None}
        record.hidden["version"] = resource.version
        account.exports_made += 1
        if not account.faults.stuck:
            account.agenda.after(account.export_seconds / 2, lambda: self._process(account, record))
            account.agenda.after(account.export_seconds, lambda: self._complete(account, record))
        return record

    def _bound(self, account: Account, name: str, text: Any) -> datetime:
        moment = moment_of(text)
        if moment is None:
            raise rejected(invalid(_POINTER, f"{name} not valid", "filters"))
        now = account.now()
        month = now.year * 12 + now.month - 1 - 2
        if moment < datetime(month // 12, month % 12 + 1, 1, tzinfo=UTC):
            message = f"{name} must be within the current and 2 previous months"
            raise rejected(invalid(_POINTER, message, "filters"))
        if moment > now:
            raise rejected(invalid(_POINTER, f"{name} must not be in the future", "filters"))
        return moment

    def _process(self, account: Account, record: Record) -> None:
        record.attributes["status"] = "processing"
        account.store.touch(record.type)

    def _complete(self, account: Account, record: Record) -> None:
        record.hidden["file"] = account.new_id()
        record.attributes["status"] = "completed"
        account.store.touch(record.type)
        account.tell(record, status="completed", url=account.file_url(record))
