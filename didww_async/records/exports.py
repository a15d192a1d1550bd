"""Exports of call and message records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Required, TypedDict

from ..versions import V2026_11_19
from .base import Record, record
from .declaration import Declaration, both_or_neither
from .enumerations import CallbackMethod, ExportStatus, ExportType, SmsInStatus, SmsOutStatus, SmsTrunkKind
from .scalars import Id, Number, UtcSeconds

if TYPE_CHECKING:
    from .sms import SenderIdVerification, SmsTrunk
    from .voice_out import VoiceOutTrunk

__all__ = [
    "Export",
    "ExportCreate",
    "ExportField",
    "ExportFilter",
    "ExportFilters",
    "ExportSort",
    "ExportUpdate",
    "exports",
]


ExportFilters = TypedDict(
    "ExportFilters",
    {
        "from": "Required[datetime | UtcSeconds]",
        "to": "Required[datetime | UtcSeconds]",
        "did_number": "Number",
        "source_number": "str",
        "source_number_out": "str",
        "source_country_iso": "str",
        "voice_out_trunk.id": "VoiceOutTrunk | Id",
        "source": "str",
        "cli": "str",
        "destination": "str",
        "source_address_eq": "str",
        "source_address_cont": "str",
        "destination_address_eq": "str",
        "destination_address_cont": "str",
        "status": "SmsInStatus | SmsOutStatus",
        "trunk_type": "SmsTrunkKind | Sequence[SmsTrunkKind]",
        "sms_trunk.id": "SmsTrunk | Id | Sequence[SmsTrunk | Id]",
        "sms_id": "str",
        "service_type": "str",
        "sender_id_verification.id": "SenderIdVerification | Id | Sequence[SenderIdVerification | Id]",
    },
    total=False,
)


@record
class Export(Record):
    """A file of call or message records, ready to download when `url` is set."""

    type: ClassVar[str] = "exports"

    export_type: ExportType | str
    status: ExportStatus | str
    url: str | None
    filters: Mapping[str, Any]
    callback_url: str | None
    callback_method: CallbackMethod | str | None
    external_reference_id: str | None
    created_at: datetime | None


ExportField = Literal[
    "export_type",
    "status",
    "url",
    "filters",
    "callback_url",
    "callback_method",
    "external_reference_id",
    "created_at",
]


class ExportFilter(TypedDict, total=False):
    created_at_gteq: datetime
    created_at_lteq: datetime
    export_type: ExportType | Sequence[ExportType]
    external_reference_id: str
    id: Export | Id | Sequence[Export | Id]
    status: ExportStatus | Sequence[ExportStatus]


ExportSort = Literal[
    "created_at", "-created_at", "external_reference_id", "-external_reference_id", "status", "-status"
]


class ExportCreate(TypedDict, total=False):
    """Members of a new Export."""

    export_type: Required[ExportType]
    filters: Required[ExportFilters]
    callback_url: str | None
    callback_method: CallbackMethod | None
    external_reference_id: str | None


class ExportUpdate(TypedDict, total=False):
    """What may be changed of a Export."""

    external_reference_id: str | None


exports = Declaration(
    "exports",
    Export,
    filter=ExportFilter,
    sort=ExportSort,
    create=ExportCreate,
    update=ExportUpdate,
    only={
        "filter": {
            "created_at_gteq": V2026_11_19,
            "created_at_lteq": V2026_11_19,
            "export_type": V2026_11_19,
            "status": V2026_11_19,
        }
    },
    rules=(both_or_neither("callback_url", "callback_method"),),
)
