"""The state of the one account that a simulator serves, and the time it lives in."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import attrs

from .agenda import Agenda
from .faults import Faults
from .store import Record, Store

__all__ = ["Account", "Event", "stamp"]


@attrs.frozen
class Event:
    """A callback that is to be sent: where to, how, and what it says."""

    url: str
    method: str
    payload: dict[str, Any] | list[dict[str, Any]]


def stamp(moment: datetime) -> str:
    """A timestamp as the API writes it: UTC, milliseconds, `Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


@attrs.define(eq=False)
class Account:
    """Records, money, and what is still to happen.

    `order_seconds`, `export_seconds` and `review_seconds` are how long orders, exports and verifications take.
    A `read_only` account orders nothing, and one without `outbound` has no outbound trunks. `events` are
    callbacks whose time has come, and `address` is where the API was last asked.
    """

    version: str
    seed: int
    now: Callable[[], datetime]
    agenda: Agenda
    faults: Faults
    order_seconds: float
    export_seconds: float
    review_seconds: float
    store: Store = attrs.field(factory=Store)
    balance: Decimal = Decimal(0)
    credit: Decimal = Decimal(0)
    reservation_allowance: int = 10
    read_only: bool = False
    outbound: bool = True
    address: str = ""
    orders_booked: int = 0
    exports_made: int = 0
    events: list[Event] = attrs.field(factory=list[Event])
    notify: Callable[[], None] = lambda: None
    random: random.Random = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.random = random.Random(f"account/{self.seed}")

    def new_id(self) -> str:
        """A fresh UUID from the account's own dice, so that runs repeat."""
        digits = f"{self.random.getrandbits(128):032x}"
        return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"

    def moment(self) -> str:
        """The present as the API writes it."""
        return stamp(self.now())

    def add(self, type: str, attributes: dict[str, Any], **more: Any) -> Record:
        """Make a record with a fresh id. `more` are its links, meta and hidden members."""
        return self.store.add(Record(type, self.new_id(), attributes, **more))

    def file_url(self, export: Record) -> str | None:
        """Where the file of an export is, None while there is none."""
        name = export.hidden.get("file")
        return f"{self.address}/exports/{name}.csv.gz" if name else None

    def password(self, length: int = 16) -> str:
        """Generated credentials."""
        return "".join(self.random.choices("abcdefghjkmnpqrstuvwxyz23456789", k=length))

    def tell(self, record: Record, **payload: Any) -> None:
        """Send the callback of a record that asked for one."""
        url, method = record.attributes.get("callback_url"), record.attributes.get("callback_method")
        if url and method and self.faults.callbacks:
            self.events.append(Event(url, method, {"id": record.id, "type": record.type, **payload}))
            self.notify()

    def tell_of_trunk(self, trunk: Record) -> None:
        """Send the callback of an outbound trunk that was blocked or unblocked: always a JSON array."""
        url = trunk.attributes.get("callback_url")
        if url and self.faults.callbacks:
            entry = {
                "id": trunk.id,
                "type": trunk.type,
                "status": trunk.attributes["status"],
                "threshold_reached": trunk.attributes["threshold_reached"],
                "created_at": self.moment(),
            }
            self.events.append(Event(url, "post", [entry]))
            self.notify()
