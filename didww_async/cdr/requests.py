"""Ask for the export of a window once, whatever happens on the way.

The reference of an export is made from the account, the kind, the filters and the window, so that a later run, here
or on another machine, finds what an earlier one has asked for.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, cast

import attrs

from ..errors import ConfigurationError, NotInVersion
from ..ordering import Creation, create_once
from ..records.base import Record
from ..records.exports import Export, ExportFilters
from ..versions import V2026_11_19
from .columns import Kind, KindOf
from .windows import Window

if TYPE_CHECKING:
    from ..resources.exports import Exports

__all__ = ["Requests", "check_filters"]

_EVERY: Final = ""
_SMS: Final = dict.fromkeys(
    (
        "source_address_eq",
        "source_address_cont",
        "destination_address_eq",
        "destination_address_cont",
        "status",
        "sms_trunk.id",
        "sms_id",
    ),
    V2026_11_19,
)
_FILTERS: Final[Mapping[Kind, Mapping[str, str]]] = {
    "in": {
        "did_number": _EVERY,
        "source_number": V2026_11_19,
        "source_number_out": V2026_11_19,
        "source_country_iso": V2026_11_19,
    },
    "out": {
        "voice_out_trunk.id": _EVERY,
        "source": V2026_11_19,
        "cli": V2026_11_19,
        "destination": V2026_11_19,
    },
    "sms_in": {**_SMS, "trunk_type": V2026_11_19},
    "sms_out": {**_SMS, "service_type": V2026_11_19, "sender_id_verification.id": V2026_11_19},
}
"""The filters of each kind, and the API version that brought them."""

FEW: Final = 3
"""Windows that are looked up one by one; for more, the account's exports are listed once."""


def check_filters(kind: KindOf, filters: Mapping[str, Any], version: str) -> None:
    """Raise ConfigurationError for a filter, or a kind, that the version does not have."""
    if kind.name.startswith("sms") and version != V2026_11_19:
        raise NotInVersion(
            f"exports of {kind.export_type} came with API version {V2026_11_19}, and this session speaks {version}"
        )
    for name in filters:
        since = _FILTERS[kind.name].get(name)
        if since is None:
            raise ConfigurationError(
                f"exports of {kind.export_type} have no filter {name!r}; there are "
                f"{', '.join(map(repr, _FILTERS[kind.name]))}"
            )
        if since not in (_EVERY, version):
            raise NotInVersion(f"the filter {name!r} came with API version {since}, and this session speaks {version}")


@attrs.define
class Requests:
    """Asks for exports of one account; `settle` is the session's `RetryPolicy.settle`."""

    exports: Exports
    account: str
    version: str
    settle: float
    known: dict[str, Export] = attrs.field(init=False, factory=dict[str, Export])
    listed: bool = attrs.field(init=False, default=False)

    def reference(self, kind: KindOf, window: Window, filters: Mapping[str, Any], now: datetime | None = None) -> str:
        """The `external_reference_id` of a window's export.

        With `now` it is one of its own: a window that may still gain calls must not be taken for final later.
        """
        told = json.dumps([self.version, filters], default=_plain, sort_keys=True)
        parts = [
            "cdr",
            self.account,
            kind.name,
            hashlib.sha256(told.encode()).hexdigest()[:8],
            *(f"{moment:%Y%m%d%H%M%S}" for moment in (window.start, window.end, *([now] if now else ()))),
        ]
        return "-".join(parts)

    async def look_up(self, references: Sequence[str]) -> None:
        """Learn which exports have been asked for, with one listing, before many are asked for."""
        if len(references) <= FEW:
            return
        wanted = set(references)
        async for export in self.exports.list(sort=["created_at"]):
            if export.external_reference_id in wanted:
                self.known.setdefault(export.external_reference_id, export)
        self.listed = True

    async def ask(
        self, kind: KindOf, window: Window, filters: Mapping[str, Any], reference: str, attempted: datetime | None
    ) -> Export:
        """The window's export: the one that was asked for before, or a new one.

        `attempted` is when a request may have been sent whose answer nobody saw. Raises what the API answers, and
        UnknownOutcome where it cannot be told whether the export was made.
        """
        if (found := self.known.get(reference)) is not None:
            return found
        members = {**filters, "from": window.start, "to": window.end}

        async def send() -> Export:
            return await self.exports.create(
                export_type=kind.export_type,
                filters=cast("ExportFilters", members),
                external_reference_id=reference,
            )

        async def look() -> Sequence[Export]:
            return await self.exports.list(filter={"external_reference_id": reference}).all()

        async def keep(found: Sequence[Export]) -> Export:
            return min(found, key=lambda export: export.created_at or datetime.max.replace(tzinfo=UTC))

        creation = Creation(
            what=f"the export of {kind.export_type} from {window}",
            send=send,
            look=look,
            keep=keep,
            settle=self.settle,
        )
        return await create_once(creation, attempted=attempted if attempted is not None else not self.listed)


def _plain(value: object) -> str:
    return value.id if isinstance(value, Record) else str(value)
