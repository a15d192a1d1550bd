"""Trunks and their groups: inbound, outbound and for messages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from ..account import Account
from ..bodies import Sent
from ..description import VERSIONS, Resource
from ..problems import invalid, rejected
from ..store import Record
from .base import Rules, check_name
from .defaults import SIP, SMS, TRUNK, VOICE_OUT

__all__ = [
    "RegenerateSms",
    "RegenerateVoiceOut",
    "SmsTrunkGroups",
    "SmsTrunks",
    "VoiceInTrunkGroups",
    "VoiceInTrunks",
    "VoiceOutTrunks",
]

_CONFIGURATION = "/data/attributes/configuration"
_METHOD = "/data/attributes/authentication_method"
_INBOUND = ("voice_in_trunks", "voice_in_trunk_groups")


class VoiceInTrunks(Rules):
    """Trunk configurations merge member by member; one that registers has no host, and gets credentials."""

    defaults: ClassVar[Mapping[str, Any]] = TRUNK

    def create(self, account: Account, resource: Resource, sent: Sent) -> Record:
        check_name(account, _INBOUND, sent.attributes["name"])
        sent.attributes["configuration"] = _merged(account, None, sent.attributes["configuration"])
        return super().create(account, resource, sent)

    def update(self, account: Account, resource: Resource, record: Record, sent: Sent) -> None:
        if "name" in sent.attributes:
            check_name(account, _INBOUND, sent.attributes["name"], record)
        if "configuration" in sent.attributes:
            merged = _merged(account, record.attributes["configuration"], sent.attributes["configuration"])
            sent.attributes["configuration"] = merged
        super().update(account, resource, record, sent)

    def link(self, account: Account, resource: Resource, record: Record, sent: Sent) -> None:
        # The newer version writes as a code what the older one has as a relationship.
        pops = account.store.table("pops")
        if "pop" in sent.links:
            pop = sent.links["pop"]
            record.attributes["pop"] = pop.hidden["code"] if pop else None
        elif "pop" in sent.attributes:
            code = sent.attributes["pop"]
            record.links["pop"] = next((pop.id for pop in pops.values() if pop.hidden["code"] == code), None)
        super().link(account, resource, record, sent)


def _merged(account: Account, stored: dict[str, Any] | None, sent: dict[str, Any]) -> dict[str, Any]:
    kind, changes = sent["type"], sent.get("attributes", {})
    if stored is not None and stored["type"] != kind:
        raise rejected(invalid(f"{_CONFIGURATION}/type", "does not match the type of the trunk", "type"))
    before = stored["attributes"] if stored else (SIP if kind == "sip_configurations" else {"dst": None})
    merged = before | changes
    if kind == "pstn_configurations":
        if not merged["dst"]:
            raise rejected(invalid(f"{_CONFIGURATION}/attributes/dst", "can't be blank", "dst"))
    else:
        _check_sip(account, merged)
    return {"type": kind, "attributes": merged}


def _check_sip(account: Account, sip: dict[str, Any]) -> None:
    messages: dict[str, str] = {}
    registers = sip["enabled_sip_registration"]
    if registers:
        messages |= {name: "must be blank" for name in ("host", "port") if sip[name] is not None}
    elif not sip["host"]:
        messages["host"] = "can't be blank"
    if sip["use_did_in_ruri"] and not registers:
        messages["use_did_in_ruri"] = "is allowed only with SIP registration"
    if sip["auth_enabled"]:
        messages |= {name: "can't be blank" for name in ("auth_user", "auth_password") if not sip[name]}
    if messages:
        raise rejected(*(invalid(f"{_CONFIGURATION}/attributes/{name}", text, name) for name, text in messages.items()))
    if not registers:
        sip["incoming_auth_username"] = sip["incoming_auth_password"] = None
    elif sip["incoming_auth_username"] is None:
        sip["incoming_auth_username"], sip["incoming_auth_password"] = account.password(10), account.password()


class VoiceInTrunkGroups(Rules):
    """The list of trunks replaces the whole membership; a deleted group leaves its trunks behind."""

    def create(self, account: Account, resource: Resource, sent: Sent) -> Record:
        check_name(account, _INBOUND, sent.attributes["name"])
        return super().create(account, resource, sent)

    def update(self, account: Account, resource: Resource, record: Record, sent: Sent) -> None:
        if "name" in sent.attributes:
            check_name(account, _INBOUND, sent.attributes["name"], record)
        super().update(account, resource, record, sent)


class VoiceOutTrunks(Rules):
    """Authentication methods are replaced as a whole; credentials are made here and cannot be chosen."""

    defaults: ClassVar[Mapping[str, Any]] = VOICE_OUT

    def create(self, account: Account, resource: Resource, sent: Sent) -> Record:
        sent.attributes["authentication_method"] = _method(account, None, sent.attributes["authentication_method"])
        _check_numbers(resource, self.defaults, None, sent)
        record = super().create(account, resource, sent)
        record.meta["spent_amount"] = "0.0"
        return record

    def update(self, account: Account, resource: Resource, record: Record, sent: Sent) -> None:
        if "authentication_method" in sent.attributes:
            stored = record.attributes["authentication_method"]
            sent.attributes["authentication_method"] = _method(
                account, stored, sent.attributes["authentication_method"]
            )
        _check_numbers(resource, record.attributes, record, sent)
        blocked = "status" in sent.attributes and sent.attributes["status"] != record.attributes["status"]
        super().update(account, resource, record, sent)
        for flag, name in (("allow_any_did_as_cli", "dids"), ("emergency_enable_all", "emergency_dids")):
            if record.attributes[flag]:
                record.links[name] = []
        if blocked:
            account.tell_of_trunk(record)


def _method(account: Account, stored: dict[str, Any] | None, sent: dict[str, Any]) -> dict[str, Any]:
    kind, attributes = sent["type"], dict(sent.get("attributes", {}))
    if kind == "ip_only":
        message = f"is not allowed for {'update' if stored else 'creation'}"
        raise rejected(invalid(f"{_METHOD}/type", message, "type"))
    if kind == "twilio":
        if not attributes.get("twilio_account_sid"):
            pointer = f"{_METHOD}/attributes/twilio_account_sid"
            raise rejected(invalid(pointer, "can't be blank", "twilio_account_sid"))
        return {"type": kind, "attributes": attributes}
    if not attributes.get("allowed_sip_ips"):
        raise rejected(invalid(_METHOD, "is invalid", "authentication_method"))
    kept: dict[str, Any] = stored["attributes"] if stored and stored["type"] == kind else {}
    return {
        "type": kind,
        "attributes": {
            "allowed_sip_ips": attributes["allowed_sip_ips"],
            "tech_prefix": attributes.get("tech_prefix"),
            "username": kept.get("username") or account.password(10),
            "password": kept.get("password") or account.password(),
        },
    }


def _check_numbers(resource: Resource, before: Any, record: Record | None, sent: Sent) -> None:
    after = dict(before) | sent.attributes
    for flag, name in (("allow_any_did_as_cli", "dids"), ("emergency_enable_all", "emergency_dids")):
        if after[flag] and sent.links.get(name):
            raise rejected(invalid(f"/data/relationships/{name}", f"is not allowed with {flag}", name))
    default = sent.links.get("default_did") or (record is not None and record.hidden.get("default_did"))
    if resource.version != VERSIONS[0] and (after["on_cli_mismatch_action"] == "replace_cli") != bool(default):
        message = "is not allowed" if default else "can't be blank"
        raise rejected(invalid("/data/relationships/default_did", message, "default_did"))


class RegenerateVoiceOut(Rules):
    """New credentials for an outbound trunk that has any. Nothing is stored but on the trunk."""

    def create(self, account: Account, resource: Resource, sent: Sent) -> Record:
        trunk: Record = sent.links["voice_out_trunk"]
        method = trunk.attributes["authentication_method"]
        if method["type"] != "credentials_and_ip":
            raise rejected(invalid("/data/relationships/voice_out_trunk", "is invalid", "voice_out_trunk"))
        method["attributes"] |= {"username": account.password(10), "password": account.password()}
        account.store.touch(trunk.type)
        return Record(resource.type, trunk.id, {})


_SMS_REQUIRED = {
    "sms_to_email": ("send_to", "subject", "message"),
    "http_in": ("url", "http_method"),
    "smpp_smsc": ("host", "system_id", "password"),
}
_SMS_SENDS = frozenset({"http_out", "smpp_esme"})
_SMS_GENERATES = {"http_out": "auth_name", "smpp_esme": "system_id"}


class SmsTrunks(Rules):
    """Message trunks of five kinds; what they can do follows from the kind."""

    defaults: ClassVar[Mapping[str, Any]] = {"blocked": False, "priority": 100, "allow_any_did_as_source": False}

    def create(self, account: Account, resource: Resource, sent: Sent) -> Record:
        sent.attributes["configuration"] = _sms_merged(account, None, sent.attributes["configuration"])
        _check_sources(sent.attributes["configuration"], sent)
        record = super().create(account, resource, sent)
        kind = record.attributes["configuration"]["type"]
        record.attributes |= {"allow_in": kind != "http_out", "allow_out": kind in _SMS_SENDS}
        if kind == "http_out":
            record.attributes["priority"] = None
            record.meta["host"] = "sms-out.example.com"
        return record

    def update(self, account: Account, resource: Resource, record: Record, sent: Sent) -> None:
        if "configuration" in sent.attributes:
            stored = record.attributes["configuration"]
            sent.attributes["configuration"] = _sms_merged(account, stored, sent.attributes["configuration"])
        _check_sources(record.attributes["configuration"], sent)
        super().update(account, resource, record, sent)

    def link(self, account: Account, resource: Resource, record: Record, sent: Sent) -> None:
        if record.attributes["allow_any_did_as_source"]:
            sent.links["outgoing_dids"] = []
        super().link(account, resource, record, sent)


def _sms_merged(account: Account, stored: dict[str, Any] | None, sent: dict[str, Any]) -> dict[str, Any]:
    kind, changes = sent["type"], sent.get("attributes", {})
    if stored is not None and stored["type"] != kind:
        raise rejected(invalid(f"{_CONFIGURATION}/type", "does not match the type of the trunk", "type"))
    merged = (stored["attributes"] if stored else SMS[kind]) | changes
    missing = [name for name in _SMS_REQUIRED.get(kind, ()) if not merged.get(name)]
    if missing:
        raise rejected(*(invalid(f"{_CONFIGURATION}/attributes/{name}", "can't be blank", name) for name in missing))
    if stored is None and kind in _SMS_GENERATES:
        merged |= _sms_credentials(account, kind)
    return {"type": kind, "attributes": merged}


def _check_sources(configuration: dict[str, Any], sent: Sent) -> None:
    if sent.attributes.get("allow_any_did_as_source") and configuration["type"] not in _SMS_SENDS:
        pointer = "/data/attributes/allow_any_did_as_source"
        raise rejected(invalid(pointer, "is not allowed", "allow_any_did_as_source"))


def _sms_credentials(account: Account, kind: str) -> dict[str, str]:
    word = "auth_password" if kind == "http_out" else "password"
    return {_SMS_GENERATES[kind]: account.password(10), word: account.password(8)}


class SmsTrunkGroups(Rules):
    """The list of trunks replaces the whole membership."""


class RegenerateSms(Rules):
    """New credentials for a message trunk whose credentials are made here."""

    def create(self, account: Account, resource: Resource, sent: Sent) -> Record:
        trunk: Record = sent.links["sms_trunk"]
        configuration = trunk.attributes["configuration"]
        if configuration["type"] not in _SMS_GENERATES:
            raise rejected(invalid("/data/relationships/sms_trunk", "is invalid", "sms_trunk"))
        configuration["attributes"] |= _sms_credentials(account, configuration["type"])
        account.store.touch(trunk.type)
        return Record(resource.type, trunk.id, {})
