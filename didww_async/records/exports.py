"""Exports of call and message records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal, Required, TypedDict, cast

from ..errors import ConfigurationError, NotInVersion
from ..versions import V2026_04_16, V2026_11_19
from .base import Record, nearest, record
from .declaration import Act, Declaration, both_or_neither
from .enumerations import CallbackMethod, ExportStatus, ExportType, SmsInStatus, SmsOutStatus, SmsTrunkKind
from .scalars import Id, Number, Reference, UtcSeconds

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
        "from": "Required[UtcSeconds]",
        "to": "Required[UtcSeconds]",
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
    """A file of call or message records, ready to download when `url` is set; `exports.download` and `cdrs` read it.

    DIDWW deletes it a month after it was completed. There is no state for failure: an export can only stay away.
    """

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
    external_reference_id: Reference | None


class ExportUpdate(TypedDict, total=False):
    """What may be changed of an Export."""

    external_reference_id: Reference | None


_MESSAGES = ("source_address_eq", "source_address_cont", "destination_address_eq", "destination_address_cont")

FILTERS: Final[Mapping[str, Mapping[str, Sequence[str]]]] = {
    V2026_04_16: {"cdr_in": ("did_number",), "cdr_out": ("voice_out_trunk.id",)},
    V2026_11_19: {
        "cdr_in": ("did_number", "source_number", "source_number_out", "source_country_iso"),
        "cdr_out": ("voice_out_trunk.id", "source", "cli", "destination"),
        "sms_in": (*_MESSAGES, "status", "trunk_type", "sms_trunk.id", "sms_id"),
        "sms_out": (
            *_MESSAGES,
            "status",
            "sms_trunk.id",
            "sms_id",
            "service_type",
            "sender_id_verification.id",
        ),
    },
}
"""The filters of each type of export beside `from` and `to`, by API version."""


def _filters_of_the_type(values: Mapping[str, Any], act: Act) -> Mapping[str, Any]:
    kind, filters = values.get("export_type"), values.get("filters")
    known = FILTERS[act.version]
    if not isinstance(kind, str) or not isinstance(filters, Mapping):
        return values
    newest = FILTERS[V2026_11_19]
    if kind not in known and kind in newest:
        raise NotInVersion(f"{act}: exports of {kind!r} are in API version {V2026_11_19} only")
    for name in cast("Mapping[str, Any]", filters):
        if name in ("from", "to") or name in known.get(kind, (name,)):
            continue
        if name in newest[kind]:
            raise NotInVersion(f"{act}: the filter {name!r} is in API version {V2026_11_19} only")
        hint = nearest(name, dict.fromkeys(("from", "to", *known[kind])))
        raise ConfigurationError(f"{act}: exports of {kind!r} have no filter {name!r}{hint}")
    return values


def _start_before_end(values: Mapping[str, Any], act: Act) -> Mapping[str, Any]:
    filters = values.get("filters")
    if isinstance(filters, Mapping):
        start, end = (_seconds(cast("Mapping[str, Any]", filters).get(name)) for name in ("from", "to"))
        if start and end and start >= end:
            raise ConfigurationError(f"{act}: the export must end after it starts; got {start!r} to {end!r}")
    return values


def _seconds(moment: object) -> str:
    if isinstance(moment, datetime):
        # A naive one is refused afterwards, where values are checked.
        return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S") if moment.utcoffset() is not None else ""
    return moment if isinstance(moment, str) else ""


exports: Declaration = Declaration(
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
    rules=(both_or_neither("callback_url", "callback_method"), _filters_of_the_type, _start_before_end),
)
