"""Emergency calling: requirements checked, verifications that start a service, services that end."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

from ..account import Account
from ..bodies import Sent
from ..description import Resource
from ..problems import invalid, rejected
from ..store import Record
from .base import Rules
from .orders import money

__all__ = ["EmergencyCallingServices", "EmergencyRequirementValidations", "EmergencyVerifications"]


def _missing(account: Account, requirement: Record, identity: Record | None, address: Record | None) -> list[str]:
    country = account.store.one("countries", requirement.links["country"])
    missing: list[str] = []
    if address is not None:
        if address.links["country"] != country.id:
            missing.append(f"Address in {country.attributes['name']} required")
        identity = identity or account.store.one("identities", address.links["identity"])
    if identity is not None:
        kind = identity.attributes["identity_type"]
        wants_birth_date = "Birth Date" in requirement.attributes[f"{kind}_mandatory_fields"]
        if wants_birth_date and not identity.attributes["birth_date"]:
            missing.append(f"Birth Date is required for {kind.title()} Identity")
    return missing


class EmergencyRequirementValidations(Rules):
    """A dry run: says what is missing and keeps nothing."""

    def create(self, account: Account, resource: Resource, sent: Sent) -> Record:
        identity, address = sent.links.get("identity"), sent.links.get("address")
        requirement: Record = sent.links["emergency_requirement"]
        if identity is None and address is None:
            raise rejected(invalid("/data", "identity or address is required"))
        if identity is not None and address is not None and address.links["identity"] != identity.id:
            raise rejected(invalid("/data/relationships/address", "is invalid", "address"))
        if missing := _missing(account, requirement, identity, address):
            raise rejected(*(invalid("/data", message) for message in missing))
        return Record(resource.type, requirement.id, {})


class EmergencyVerifications(Rules):
    """With numbers it starts a calling service, with a service it verifies a new address for that one."""

    def create(self, account: Account, resource: Resource, sent: Sent) -> Record:
        dids: list[Record] = sent.links.get("dids") or []
        service: Record | None = sent.links.get("emergency_calling_service")
        if service is not None and dids:
            message = "is not allowed beside emergency_calling_service"
            raise rejected(invalid("/data/relationships/dids", message, "dids"))
        if service is None and not dids:
            raise rejected(invalid("/data/relationships/dids", "can't be blank", "dids"))
        if service is None:
            requirement = _requirement(account, dids)
        elif service.attributes["status"] not in ("new", "changes_required", "active"):
            message = "Emergency Calling Service should be in NEW, CHANGES_REQUIRED or ACTIVE status"
            raise rejected(invalid("/data", message))
        else:
            requirement = account.store.one("emergency_requirements", service.links["emergency_requirement"])
        if missing := _missing(account, requirement, None, sent.links["address"]):
            raise rejected(*(invalid("/data", message) for message in missing))
        if service is None:
            service = _start(account, requirement, dids)
        else:
            dids = [account.store.one("dids", id) for id in account.store.linked_ids(service, "dids")]
        record = super().create(account, resource, sent)
        number = len(account.store.table(resource.type))
        record.attributes |= {"reference": f"SIM-{number:06d}", "status": "pending"}
        record.links |= {"emergency_calling_service": service.id, "dids": [did.id for did in dids]}
        service.links["emergency_verification"] = record.id
        for did in dids:
            did.links["emergency_verification"] = record.id
        account.store.touch(resource.type, service.type, "dids")
        account.agenda.after(account.review_seconds, lambda: _approve(account, record, service))
        return record


def _requirement(account: Account, dids: list[Record]) -> Record:
    """The requirement that all the numbers come under, or what is wrong with them."""
    groups = [account.store.one("did_groups", did.links["did_group"]) for did in dids]
    errors: list[Mapping[str, Any]] = []
    pointer = "/data/relationships/dids"
    if len({group.links["did_group_type"] for group in groups}) > 1:
        errors.append(invalid(pointer, "should have the same Did Group Type", "dids"))
    if len({group.links["country"] for group in groups}) > 1:
        errors.append(invalid(pointer, "should have the same Country", "dids"))
    for did, group in zip(dids, groups, strict=True):
        if "emergency" not in group.attributes["features"]:
            errors.append(invalid(f"{pointer}/{did.id}", "does not support Emergency feature", f"dids/{did.id}"))
        if did.links["emergency_calling_service"]:
            errors.append(invalid(f"{pointer}/{did.id}", "has emergency calling already", f"dids/{did.id}"))
    wanted = (groups[0].links["country"], groups[0].links["did_group_type"])
    for requirement in account.store.table("emergency_requirements").values():
        if (requirement.links["country"], requirement.links["did_group_type"]) == wanted:
            break
    else:
        requirement = None
        errors.insert(0, invalid("/data", "Emergency Rate not found"))
    if errors or requirement is None:
        raise rejected(*errors)
    return requirement


def _start(account: Account, requirement: Record, dids: list[Record]) -> Record:
    number = len(account.store.table("emergency_calling_services")) + 1
    service = account.add(
        "emergency_calling_services",
        {
            "name": f"E911 Service {number}",
            "reference": f"ECS-{1000 + number}",
            "status": "in_process",
            "number_type": requirement.attributes["number_type"],
            "activated_at": None,
            "canceled_at": None,
            "renew_date": None,
            "created_at": account.moment(),
        },
        links={
            "country": requirement.links["country"],
            "did_group_type": requirement.links["did_group_type"],
            "order": None,
            "emergency_requirement": requirement.id,
            "emergency_verification": None,
        },
        meta=dict(requirement.meta),
    )
    for did in dids:
        did.links["emergency_calling_service"] = service.id
    return service


def _approve(account: Account, record: Record, service: Record) -> None:
    record.attributes["status"] = "approved"
    if service.attributes["status"] == "in_process":
        renewal = account.now() + timedelta(days=30)
        service.attributes |= {
            "status": "active",
            "activated_at": account.moment(),
            "renew_date": f"{renewal:%Y-%m-%d}",
        }
        service.links["order"] = _charge(account, service).id
    for id in account.store.linked_ids(service, "dids"):
        account.store.one("dids", id).attributes["emergency_enabled"] = True
    account.store.touch(record.type, service.type, "dids")
    account.tell(
        record,
        status="approved",
        reject_reasons="",
        reject_comment=None,
        emergency_calling_service_id=service.id,
    )


def _charge(account: Account, service: Record) -> Record:
    """Activating a service makes an order of its own."""
    setup, monthly = Decimal(service.meta["setup_price"]), Decimal(service.meta["monthly_price"])
    account.balance -= setup + monthly
    today = account.now()
    item = {
        "qty": 1,
        "nrc": money(setup),
        "mrc": money(monthly),
        "prorated_mrc": False,
        "billed_from": f"{today:%Y-%m-%d}",
        "billed_to": f"{today + timedelta(days=30):%Y-%m-%d}",
        "emergency_calling_service_id": service.id,
    }
    return account.add(
        "orders",
        {
            "reference": f"SIM-{300000 + len(account.store.table('orders'))}",
            "description": "Emergency",
            "amount": money(setup + monthly),
            "status": "completed",
            "created_at": account.moment(),
            "callback_url": None,
            "callback_method": None,
            "external_reference_id": None,
            "items": [{"type": "emergency_order_items", "attributes": item}],
        },
    )


class EmergencyCallingServices(Rules):
    """Deleting a service cancels it; the record stays."""

    def delete(self, account: Account, resource: Resource, record: Record) -> None:
        if record.attributes["status"] == "canceled":
            raise rejected(invalid("/data", "Emergency Calling Service is canceled already"))
        for id in list(account.store.linked_ids(record, "dids")):
            did = account.store.one("dids", id)
            did.links["emergency_calling_service"] = None
            did.attributes["emergency_enabled"] = False
        record.attributes |= {"status": "canceled", "canceled_at": account.moment(), "renew_date": None}
        account.store.touch(record.type, "dids")
