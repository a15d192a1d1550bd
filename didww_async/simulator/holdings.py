"""What a fresh account holds: numbers, trunks, capacity, orders, history, end users."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from .account import Account, stamp
from .coverage import World
from .numbers import make_did
from .rules.defaults import SIP, VOICE_OUT
from .store import Record

if TYPE_CHECKING:
    from .seed import Seed

__all__ = ["populate"]

_HISTORY = ("assigned", "renewed", "billing_cycles_count_changed", "canceled", "restored")


def populate(account: Account, world: World, seed: Seed) -> None:
    """Make the account's own records, spread over the months before now."""
    now = account.now()
    trunks, groups = _inbound(account, world, seed.trunks, now)
    _outbound(account, seed.trunks // 3, now)
    shared = _shared_capacity(account, world, now)
    identities = _end_users(account, world, now)
    orders = [
        _order(account, world, number, now - timedelta(days=2 * number, hours=5)) for number in range(seed.orders)
    ]
    for number in range(seed.dids):
        did = make_did(
            account, world.groups[number % len(world.groups)], orders[number % len(orders)] if orders else None
        )
        made = now - timedelta(days=1 + number % 300, seconds=number * 37 % 86400)
        did.attributes["created_at"] = stamp(made)
        did.attributes["description"] = None if number % 3 else f"Line {number}"
        if trunks:
            if number % 4 == 1 and groups:
                did.links["voice_in_trunk_group"] = groups[number % len(groups)].id
            elif number % 4:
                did.links["voice_in_trunk"] = trunks[number % len(trunks)].id
        if number % 50 == 7:
            did.links["shared_capacity_group"] = shared.id
        if number % 100 == 9:
            did.links["identity"] = identities[0].id
    _history(account, seed.history, now)
    _messaging(account, now)
    account.store.touch("dids")


def _inbound(account: Account, world: World, count: int, now: datetime) -> tuple[list[Record], list[Record]]:
    groups = [
        account.add(
            "voice_in_trunk_groups",
            {
                "name": f"Group {number}",
                "capacity_limit": 100,
                "external_reference_id": f"group-{number}",
                "created_at": stamp(now - timedelta(days=200 - number)),
            },
        )
        for number in range(count // 4)
    ]
    pops = list(world.pops.values())
    trunks: list[Record] = []
    for number in range(count):
        if number % 4 == 3:
            configuration: dict[str, Any] = {
                "type": "pstn_configurations",
                "attributes": {"dst": f"4420769{number:05d}"},
            }
        else:
            host = {"host": f"sip{number}.example.com", "port": 5060, "username": "user"}
            configuration = {"type": "sip_configurations", "attributes": SIP | host}
        pop = pops[number % len(pops)] if number % 2 else None
        trunks.append(
            account.add(
                "voice_in_trunks",
                {
                    "name": f"Trunk {number}",
                    "description": None,
                    "external_reference_id": f"trunk-{number}",
                    "priority": 1,
                    "weight": 2,
                    "capacity_limit": 10 if number % 2 else None,
                    "cli_format": "e164",
                    "cli_prefix": None,
                    "ringing_timeout": 30,
                    "pop": pop.hidden["code"] if pop else None,
                    "created_at": stamp(now - timedelta(days=190 - number)),
                    "configuration": configuration,
                },
                links={
                    "voice_in_trunk_group": groups[number % len(groups)].id if groups and number % 2 else None,
                    "pop": pop.id if pop else None,
                },
            )
        )
    return trunks, groups


def _outbound(account: Account, count: int, now: datetime) -> None:
    for number in range(count):
        method = {
            "type": "credentials_and_ip",
            "attributes": {
                "allowed_sip_ips": [f"203.0.113.{10 + number}"],
                "tech_prefix": None,
                "username": account.password(10),
                "password": account.password(),
            },
        }
        account.add(
            "voice_out_trunks",
            VOICE_OUT
            | {
                "name": f"Outbound {number}",
                "external_reference_id": f"outbound-{number}",
                "created_at": stamp(now - timedelta(days=100 - number)),
                "authentication_method": method,
            },
            links={"dids": [], "emergency_dids": []},
            meta={"spent_amount": "1.25"},
        )


def _shared_capacity(account: Account, world: World, now: datetime) -> Record:
    pool = world.pools[0]
    pool.attributes["assigned_channels_count"] += 10
    return account.add(
        "shared_capacity_groups",
        {
            "name": "Shared lines",
            "shared_channels_count": 10,
            "metered_channels_count": 0,
            "external_reference_id": "shared-0",
            "created_at": stamp(now - timedelta(days=90)),
        },
        links={"capacity_pool": pool.id},
    )


def _end_users(account: Account, world: World, now: datetime) -> list[Record]:
    made = stamp(now - timedelta(days=80))
    country = world.countries["DE"]
    identities: list[Record] = []
    for identity_type, company in (("personal", None), ("business", "Example GmbH")):
        business = company is not None
        identity = account.add(
            "identities",
            {
                "identity_type": identity_type,
                "first_name": "Erika",
                "last_name": "Mustermann",
                "phone_number": "493012345678",
                "contact_email": "erika@example.com",
                "company_name": company,
                "company_reg_number": "HRB 1234" if business else None,
                "vat_id": "DE123456789" if business else None,
                "id_number": "L01X00T47",
                "personal_tax_id": None,
                "birth_date": "1990-01-31",
                "description": None,
                "external_reference_id": f"identity-{identity_type}",
                "created_at": made,
                "verified": True,
            },
            links={"country": country.id, "birth_country": country.id},
        )
        identities.append(identity)
        address = account.add(
            "addresses",
            {
                "address": "Musterstrasse 1",
                "city_name": "Berlin",
                "postal_code": "10115",
                "description": None,
                "external_reference_id": f"address-{identity_type}",
                "created_at": made,
                "verified": True,
            },
            links={"identity": identity.id, "country": country.id, "area": None, "city": None},
        )
        for entity, kind in ((identity, "Business" if business else "Personal"), (address, "Address")):
            proof_type = next(one for one in world.proof_types if one.attributes["entity_type"] == kind)
            account.add(
                "proofs",
                {"created_at": made, "expires_at": None, "external_reference_id": None},
                links={"proof_type": proof_type.id, "entity": entity.id},
            )
    return identities


def _order(account: Account, world: World, number: int, made: datetime) -> Record:
    group = world.groups[number % len(world.groups)]
    item = {
        "qty": 1,
        "nrc": "0.4",
        "mrc": "0.8",
        "prorated_mrc": False,
        "billed_from": f"{made:%Y-%m-%d}",
        "billed_to": f"{made + timedelta(days=30):%Y-%m-%d}",
        "did_group_id": group.id,
        "setup_price": "0.4",
        "monthly_price": "0.8",
    }
    return account.add(
        "orders",
        {
            "reference": f"SIM-{100000 + number}",
            "description": "DID",
            "amount": "1.2",
            "status": "completed",
            "created_at": stamp(made),
            "callback_url": None,
            "callback_method": None,
            "external_reference_id": f"order-{number}",
            "items": [{"type": "did_order_items", "attributes": item}],
        },
    )


def _history(account: Account, count: int, now: datetime) -> None:
    numbers = [did.attributes["number"] for did in account.store.table("dids").values()] or ["442037691880"]
    for number in range(count):
        action = _HISTORY[number % len(_HISTORY)]
        account.add(
            "did_history",
            {
                "did_number": numbers[number % len(numbers)],
                "action": action,
                "method": "user_panel" if number % 2 else "api3",
                "created_at": stamp(now - timedelta(hours=17 * number % (88 * 24))),
            },
            meta={"from": None, "to": "3"} if action == "billing_cycles_count_changed" else {},
        )


def _messaging(account: Account, now: datetime) -> None:
    made = stamp(now - timedelta(days=20))
    group = account.add(
        "sms_trunk_groups",
        {"name": "Messages", "external_reference_id": None, "created_at": made, "updated_at": made},
    )
    trunk = account.add(
        "sms_trunks",
        {
            "name": "Mailbox",
            "external_reference_id": None,
            "blocked": False,
            "priority": 100,
            "allow_any_did_as_source": False,
            "allow_in": True,
            "allow_out": False,
            "created_at": made,
            "updated_at": made,
            "configuration": {
                "type": "sms_to_email",
                "attributes": {"send_to": "sms@example.com", "subject": "SMS", "message": "{SMS_TEXT}"},
            },
        },
        links={"outgoing_dids": [], "sms_trunk_group": group.id},
    )
    account.add("sender_id_verifications", {"name": "Example"}, links={"sms_trunk": trunk.id})
