"""End users and what proves who they are: identities, addresses, documents, verifications."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from ..account import Account
from ..bodies import Sent
from ..description import Resource
from ..problems import conflict, invalid, rejected
from ..store import Record
from .base import Rules

__all__ = [
    "AddressRequirementValidations",
    "AddressVerifications",
    "Addresses",
    "Identities",
    "PermanentDocuments",
    "Proofs",
    "requirement_errors",
]

_BUSINESS_ONLY = ("company_name", "company_reg_number", "vat_id")


class Identities(Rules):
    """A business has a company name, a person has none; deleting an identity takes its addresses and documents."""

    defaults: ClassVar[Mapping[str, Any]] = {"verified": False}

    def create(self, account: Account, resource: Resource, sent: Sent) -> Record:
        _check_identity(sent.attributes["identity_type"], sent.attributes, {})
        return super().create(account, resource, sent)

    def update(self, account: Account, resource: Resource, record: Record, sent: Sent) -> None:
        _check_identity(record.attributes["identity_type"], sent.attributes, record.attributes)
        super().update(account, resource, record, sent)

    def delete(self, account: Account, resource: Resource, record: Record) -> None:
        store = account.store
        addresses = [store.one("addresses", id) for id in store.linked_ids(record, "addresses")]
        if reasons := [reason for one in (record, *addresses) for reason in _uses(account, one)]:
            raise conflict(reasons)
        for address in addresses:
            store.remove(address)
        for owner in (record, *addresses):
            for id in list(store.index("proofs", "entity").get(owner.id, [])):
                store.remove(store.one("proofs", id))
        for id in list(store.linked_ids(record, "permanent_documents")):
            store.remove(store.one("permanent_supporting_documents", id))
        super().delete(account, resource, record)


def _check_identity(kind: str, sent: Mapping[str, Any], before: Mapping[str, Any]) -> None:
    after = dict(before) | dict(sent)
    errors: list[Mapping[str, Any]] = []
    if kind == "business" and not after.get("company_name"):
        errors.append(invalid("/data/attributes/company_name", "can't be blank", "company_name"))
    if kind == "personal":
        wrong = [name for name in _BUSINESS_ONLY if sent.get(name)]
        errors += [invalid(f"/data/attributes/{name}", "must be blank", name) for name in wrong]
    if "phone_number" in sent and not (sent["phone_number"].isdigit() and sent["phone_number"].isascii()):
        errors.append(invalid("/data/attributes/phone_number", "is invalid", "phone_number"))
    if errors:
        raise rejected(*errors)


def _uses(account: Account, record: Record) -> list[str]:
    reasons: list[str] = []
    for type, name in (
        ("address_verifications", "address"),
        ("emergency_verifications", "address"),
        ("dids", "identity"),
    ):
        if account.store.index(type, name).get(record.id):
            reasons.append(f"is used by {type}")
    return reasons


class Addresses(Rules):
    """An address in use cannot be deleted."""

    defaults: ClassVar[Mapping[str, Any]] = {"verified": False}

    def delete(self, account: Account, resource: Resource, record: Record) -> None:
        if reasons := _uses(account, record):
            raise conflict(reasons)
        for id in list(account.store.index("proofs", "entity").get(record.id, [])):
            account.store.remove(account.store.one("proofs", id))
        super().delete(account, resource, record)


def _attach(account: Account, record: Record, name: str) -> None:
    """Files belong to what they were attached to, and do not expire any more."""
    for id in record.hidden.get(name, []):
        account.store.one("encrypted_files", id).hidden["attached"] = True


class Proofs(Rules):
    """A proof is of the kind that its entity asks for."""

    def create(self, account: Account, resource: Resource, sent: Sent) -> Record:
        entity, proof_type = sent.links["entity"], sent.links["proof_type"]
        kind = "Address" if entity.type == "addresses" else entity.attributes["identity_type"].capitalize()
        if proof_type.attributes["entity_type"] != kind:
            raise rejected(invalid("/data/relationships/proof_type", "is invalid", "proof_type"))
        record = super().create(account, resource, sent)
        _attach(account, record, "files")
        return record


class PermanentDocuments(Rules):
    """One document an identity and template: a new one takes the place of the old one."""

    def create(self, account: Account, resource: Resource, sent: Sent) -> Record:
        template, identity = sent.links["template"], sent.links["identity"]
        if not template.attributes["permanent"]:
            raise rejected(invalid("/data/relationships/template", "is invalid", "template"))
        for id in list(account.store.linked_ids(identity, "permanent_documents")):
            old = account.store.one(resource.type, id)
            if old.links["template"] == template.id:
                account.store.remove(old)
        record = super().create(account, resource, sent)
        _attach(account, record, "files")
        return record


def requirement_errors(
    account: Account, requirement: Record, identity: Record | None, address: Record | None
) -> list[str]:
    """What a requirement for addresses misses of an identity and an address, in the vendor's words."""
    missing: list[str] = []
    store, country = account.store, account.store.one("countries", requirement.links["country"])
    if address is not None:
        if address.links["country"] != country.id:
            missing.append(f"Address in {country.attributes['name']} required")
        missing += _proofs(account, requirement, address, "address", "Address Proof(s)")
        identity = identity or store.find("identities", address.links["identity"])
    if identity is not None:
        kind = identity.attributes["identity_type"]
        missing += _proofs(account, requirement, identity, kind, "Identity Proof(s)")
        fields: list[str] = requirement.attributes.get(f"{kind}_mandatory_fields") or []
        for name in fields:
            if name in identity.attributes and not identity.attributes[name]:
                missing.append(f"{name.replace('_', ' ').title()} is required for {kind.title()} Identity")
    return missing


def _proofs(account: Account, requirement: Record, owner: Record, kind: str, name: str) -> list[str]:
    wanted = requirement.attributes.get(f"{kind}_proof_qty", 0)
    accepted = requirement.links.get(f"{kind}_proof_types", [])
    held = account.store.index("proofs", "entity").get(owner.id, [])
    fitting = [id for id in held if account.store.one("proofs", id).links["proof_type"] in accepted]
    if len(fitting) >= wanted:
        return []
    names = ", ".join(account.store.one("proof_types", id).attributes["name"] for id in accepted)
    return [f"{wanted} {name} ({names}) required"]


class AddressRequirementValidations(Rules):
    """A dry run: says what is missing and keeps nothing."""

    def create(self, account: Account, resource: Resource, sent: Sent) -> Record:
        identity, address = sent.links.get("identity"), sent.links.get("address")
        requirement: Record = sent.links["address_requirement"]
        if identity is None and address is None:
            raise rejected(invalid("/data", "identity or address is required"))
        if identity is not None and address is not None and address.links["identity"] != identity.id:
            raise rejected(invalid("/data/relationships/address", "is invalid", "address"))
        if missing := requirement_errors(account, requirement, identity, address):
            raise rejected(*(invalid("/data", message) for message in missing))
        return Record(resource.type, requirement.id, {})


class AddressVerifications(Rules):
    """Reviewed after a while, and approved; its numbers are registered then."""

    def create(self, account: Account, resource: Resource, sent: Sent) -> Record:
        address, dids = sent.links["address"], sent.links["dids"]
        missing: list[str] = []
        for did in dids:
            group = account.store.one("did_groups", did.links["did_group"])
            requirement = account.store.find("address_requirements", group.links["address_requirement"])
            if requirement is not None:
                missing += requirement_errors(account, requirement, None, address)
        if missing:
            raise rejected(*(invalid("/data", message) for message in dict.fromkeys(missing)))
        record = super().create(account, resource, sent)
        number = len(account.store.table(resource.type))
        record.attributes |= {"reference": f"AV-{1000 + number}", "status": "pending"}
        _attach(account, record, "onetime_files")
        for did in dids:
            did.links["address_verification"] = record.id
        account.store.touch("dids")
        account.agenda.after(account.review_seconds, lambda: self._approve(account, record))
        return record

    def _approve(self, account: Account, record: Record) -> None:
        store = account.store
        record.attributes["status"] = "approved"
        address = store.one("addresses", record.links["address"])
        address.attributes["verified"] = True
        store.one("identities", address.links["identity"]).attributes["verified"] = True
        for id in record.links["dids"]:
            did = store.find("dids", id)
            if did is not None:
                did.attributes |= {"awaiting_registration": False, "blocked": False}
                did.links["identity"] = address.links["identity"]
        store.touch(record.type, "addresses", "identities", "dids")
        account.tell(record, status="approved", reject_reason=None, reject_comment=None)
