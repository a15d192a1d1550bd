"""Numbers, as they come into the account: from an order's stock or picked one by one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from .account import Account, stamp
from .store import Record

__all__ = ["history", "make_did"]

_NO_LINKS: dict[str, Any] = {
    "capacity_pool": None,
    "shared_capacity_group": None,
    "address_verification": None,
    "voice_in_trunk": None,
    "voice_in_trunk_group": None,
    "sms_trunk": None,
    "sms_trunk_group": None,
    "emergency_calling_service": None,
    "emergency_verification": None,
    "identity": None,
}


def make_did(
    account: Account,
    group: Record,
    order: Record | None,
    *,
    number: str | None = None,
    prefix: Record | None = None,
    channels: int = 0,
    billing_cycles_count: int | None = None,
) -> Record:
    """A number of a DID group that is the account's from now on: `number`, or the next one in stock."""
    if number is None:
        group.hidden["next"] += 1
        number = _next_number(group, prefix, group.hidden["next"])
    now = account.now()
    return account.add(
        "dids",
        {
            "number": number,
            "description": None,
            "blocked": group.meta["needs_registration"],
            "awaiting_registration": group.meta["needs_registration"],
            "terminated": False,
            "emergency_enabled": False,
            "capacity_limit": None,
            "channels_included_count": channels,
            "dedicated_channels_count": 0,
            "billing_cycles_count": billing_cycles_count,
            "created_at": stamp(now),
            "expires_at": stamp(now + timedelta(days=30)),
        },
        links=_NO_LINKS | {"did_group": group.id, "order": order.id if order else None},
    )


def _next_number(group: Record, prefix: Record | None, line: int) -> str:
    # Numbers that are picked one by one end in 9000 and more; these stay clear of them.
    if prefix is not None:
        return f"1{prefix.attributes['npa']}{prefix.attributes['nxx']}{line % 9000:04d}"
    dial = group.hidden["dial"]
    return f"{dial}{100000 + line:0{max(6, 11 - len(dial))}d}"


def history(account: Account, did: Record, action: str, **meta: str | None) -> None:
    """Write down what was done to a number."""
    account.add(
        "did_history",
        {
            "did_number": did.attributes["number"],
            "action": action,
            "method": "api3",
            "created_at": account.moment(),
        },
        meta=meta,
    )
