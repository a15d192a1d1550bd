"""The columns of DIDWW's call and message files, declared once: header names, field, type.

Files are read by header name, never by position: the header changed in 2018, in API version 2026-04-16 and in
2026-11-19, and a file keeps the columns of the version that asked for it. One class holds the columns of all
versions; a field whose column a file does not have is None, or "" for text.

The rows are msgspec structs, not attrs classes: as frozen as those, and made five times as fast.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Final, Literal, TypeAlias, get_args, get_type_hints

import attrs
import msgspec

from ..errors import ConfigurationError
from ..records.enumerations import ExportType

__all__ = [
    "KINDS",
    "Call",
    "Column",
    "InboundCall",
    "Kind",
    "KindOf",
    "OutboundCall",
    "Row",
    "SmsIn",
    "SmsOut",
    "column_name",
    "kind_of",
]

ColumnType = Literal["time", "integer", "money", "text"]


class Row(msgspec.Struct, frozen=True, gc=False):
    """One line of a file. Text is "" where the cell is empty; what is not text is None.

    A field is declared with its type and the names that its column has had in header lines, the newest first.
    """


class InboundCall(Row, frozen=True, gc=False):
    """One attempt to deliver a call to one of your numbers; a call that was tried twice is two rows.

    Times are aware UTC datetimes, `duration` is in seconds, amounts are US dollars, `sell_amount` is points.
    `extra` holds, under their header names, columns that this version of the library does not know.
    """

    started_at: Annotated[datetime, "Date/Time Start (UTC)", "Date/Time (UTC)"]
    connected_at: Annotated[datetime | None, "Date/Time Connect (UTC)"] = None
    ended_at: Annotated[datetime | None, "Date/Time End (UTC)"] = None
    status: Annotated[str, "Status"] = ""
    source: Annotated[str, "Source Number", "Source"] = ""
    source_out: Annotated[str, "Source Number Out"] = ""
    source_name: Annotated[str, "Source Name"] = ""
    source_country: Annotated[str, "Source Country"] = ""
    source_network: Annotated[str, "Source Network"] = ""
    did_number: Annotated[str, "Destination DID", "DID"] = ""
    destination: Annotated[str, "Destination"] = ""
    duration: Annotated[int | None, "Duration (sec)", "Duration (secs)"] = None
    attempt: Annotated[int | None, "Attempt"] = None
    disconnect_code: Annotated[str, "Disconnect Code"] = ""
    response: Annotated[str, "Response"] = ""
    disconnect_initiator: Annotated[str, "Disconnect Initiator"] = ""
    trunk: Annotated[str, "Voice IN Trunk"] = ""
    trunk_group: Annotated[str, "Trunk Group"] = ""
    capacity_group: Annotated[str, "Capacity Group"] = ""
    toll_free: Annotated[Decimal | None, "Toll-free (USD)", "TollFree Amount (USD)"] = None
    pstn: Annotated[Decimal | None, "PSTN (USD)"] = None
    termination: Annotated[Decimal | None, "Termination Amount (USD)"] = None
    metered: Annotated[Decimal | None, "Metered (USD)", "Metered Channels Amount (USD)"] = None
    cnam_in: Annotated[Decimal | None, "CNAM IN (USD)"] = None
    total: Annotated[Decimal | None, "Total (USD)"] = None
    customer_id: Annotated[str, "Customer ID"] = ""
    sell_amount: Annotated[Decimal | None, "Sell Amount (Points)"] = None
    call_id: Annotated[str, "Call ID"] = ""
    extra: Mapping[str, str] = {}


class OutboundCall(Row, frozen=True, gc=False):
    """One call sent through an outbound trunk.

    Times are aware UTC datetimes, `duration` and `billed_duration` seconds, `rate` and `charged` US dollars.
    `extra` holds, under their header names, columns that this version of the library does not know.
    """

    started_at: Annotated[datetime, "Date/Time Start (UTC)", "Date/Time (UTC)"]
    connected_at: Annotated[datetime | None, "Date/Time Connect (UTC)"] = None
    ended_at: Annotated[datetime | None, "Date/Time End (UTC)"] = None
    status: Annotated[str, "Status"] = ""
    source: Annotated[str, "Source Number", "Source"] = ""
    cli: Annotated[str, "CLI"] = ""
    destination: Annotated[str, "Destination Number", "Destination"] = ""
    duration: Annotated[int | None, "Call Duration (sec)", "Duration (sec)", "Duration (secs)"] = None
    billed_duration: Annotated[int | None, "Billing Duration (sec)"] = None
    disconnect_code: Annotated[str, "Disconnect Code"] = ""
    disconnect_reason: Annotated[str, "Disconnect Reason"] = ""
    trunk: Annotated[str, "Voice OUT Trunk"] = ""
    destination_country: Annotated[str, "Destination Country"] = ""
    network: Annotated[str, "Network"] = ""
    call_type: Annotated[str, "Call Type"] = ""
    rate: Annotated[Decimal | None, "Rate (USD)"] = None
    charged: Annotated[Decimal | None, "Charged (USD)"] = None
    p_charge_info: Annotated[str, "P-Charge-Info"] = ""
    call_id: Annotated[str, "Call ID"] = ""
    extra: Mapping[str, str] = {}


class SmsIn(Row, frozen=True, gc=False):
    """One message received.

    The header of these files is not published: the names are those of the panel's log.
    """

    received_at: Annotated[datetime | None, "Time Received", "Time Received (UTC)"] = None
    sent_at: Annotated[datetime | None, "Time Sent", "Time Sent (UTC)"] = None
    status: Annotated[str, "Status"] = ""
    reason: Annotated[str, "Reason"] = ""
    source: Annotated[str, "Source Address"] = ""
    did_number: Annotated[str, "Destination Address"] = ""
    trunk: Annotated[str, "Trunk", "Trunk/Type"] = ""
    trunk_type: Annotated[str, "Type", "Trunk Type"] = ""
    destination: Annotated[str, "Destination"] = ""
    fragments: Annotated[str, "Fragments"] = ""
    attempt: Annotated[int | None, "Attempt"] = None
    sms_id: Annotated[str, "SMS ID"] = ""
    extra: Mapping[str, str] = {}


class SmsOut(Row, frozen=True, gc=False):
    """One message sent.

    The header of these files is not published: the names are those of the panel's log.
    """

    received_at: Annotated[datetime | None, "Time Received", "Time Received (UTC)"] = None
    sent_at: Annotated[datetime | None, "Time Sent", "Time Sent (UTC)"] = None
    status: Annotated[str, "Status"] = ""
    reason: Annotated[str, "Reason"] = ""
    source: Annotated[str, "Source Address"] = ""
    destination: Annotated[str, "Destination Address"] = ""
    trunk: Annotated[str, "Trunk"] = ""
    service_type: Annotated[str, "Service Type"] = ""
    fragments: Annotated[str, "Fragments"] = ""
    sms_id: Annotated[str, "SMS ID"] = ""
    extra: Mapping[str, str] = {}


Call: TypeAlias = InboundCall | OutboundCall
Kind = Literal["in", "out", "sms_in", "sms_out"]


@attrs.frozen
class Column:
    """One field of a row class: its name, type, whether a row must have it, and its names in header lines."""

    field: str
    type: ColumnType
    required: bool
    headers: tuple[str, ...]


_TYPES: Final[Mapping[type, ColumnType]] = {
    datetime: "time",
    int: "integer",
    Decimal: "money",
    str: "text",
}


def _columns_of(row: type[Row]) -> tuple[Column, ...]:
    """The declared columns of a row class, in the order of its fields, without `extra`."""
    return tuple(
        _column(name, hint) for name, hint in get_type_hints(row, include_extras=True).items() if name != "extra"
    )


def _column(name: str, hint: Any) -> Column:
    declared, *headers = get_args(hint)
    kinds = [part for part in (get_args(declared) or (declared,)) if part is not type(None)]
    return Column(name, _TYPES[kinds[0]], declared is datetime, tuple(headers))


@attrs.frozen
class KindOf:
    """A kind of record: what the API calls its export, and the class of its rows.

    `cost` names the field that says what a row cost; where a file lacks it, the sum of `parts` is it. `distinct`
    are the texts that hardly repeat.
    """

    name: Kind
    export_type: ExportType
    row: type[Row]
    cost: str | None = None
    parts: tuple[str, ...] = ()
    distinct: tuple[str, ...] = ()
    columns: tuple[Column, ...] = attrs.field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "columns", _columns_of(self.row))


KINDS: Final[Mapping[str, KindOf]] = {
    kind.name: kind
    for kind in (
        KindOf(
            "in",
            "cdr_in",
            InboundCall,
            "total",
            ("toll_free", "pstn", "termination", "metered", "cnam_in"),
            ("source", "source_out", "source_name", "call_id"),
        ),
        KindOf("out", "cdr_out", OutboundCall, "charged", (), ("source", "cli", "destination", "call_id")),
        KindOf("sms_in", "sms_in", SmsIn, distinct=("source", "sms_id")),
        KindOf("sms_out", "sms_out", SmsOut, distinct=("destination", "sms_id")),
    )
}


def kind_of(name: str) -> KindOf:
    """The kind called `name`, by our name (`in`) or the API's (`cdr_in`). Others raise ConfigurationError."""
    for kind in KINDS.values():
        if name in (kind.name, kind.export_type):
            return kind
    raise ConfigurationError(f"there is no kind of record {name!r}; there are {', '.join(map(repr, KINDS))}")


def column_name(header: str) -> str:
    """A header as a name that every table takes: `Source Prefix (new)` becomes `source_prefix_new`."""
    return re.sub(r"[^0-9a-z]+", "_", header.lower()).strip("_") or "column"
