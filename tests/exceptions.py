"""Where the declarations differ from the API descriptions on purpose, with the reason for each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from didww_async.versions import V2026_04_16, V2026_11_19

__all__ = ["EXCEPTIONS"]

REFERENCED = (
    "address_verifications", "emergency_verifications", "exports", "orders", "permanent_supporting_documents", "proofs",
)  # fmt: skip
IDS = ("codec_ids", "rerouting_disconnect_code_ids", "rx_dtmf_format_id", "tx_dtmf_format_id",
       "sst_refresh_method_id", "transport_protocol_id")  # fmt: skip

BOTH: Mapping[str, Sequence[str]] = {
    "an old alias of voice_in_trunk.id or voice_in_trunk_group.id, left out": (
        "dids: filter: trunk.id is missing",
        "dids: filter: trunk_group.id is missing",
    ),
    "an old alias of expires_at, left out": (
        "did_reservations: sort: expire_at is missing",
        "did_reservations: sort: -expire_at is missing",
        "encrypted_files: sort: expire_at is missing",
        "encrypted_files: sort: -expire_at is missing",
    ),
    "old aliases of nrc and mrc, left out; an answer's are in `extra`": (
        "did_order_items, answered: members: monthly_price is missing",
        "did_order_items, answered: members: setup_price is missing",
    ),
    "a file is created by encrypted_files.upload, since its body is multipart": (
        "encrypted_files: operations: create is missing",
    ),
    "the API answers it, as its recorded answers show, though the description has it in requests only": (
        "voice_out_trunks: relationships: default_did is invented",
    ),
    "ip_only can be read but neither created nor set, as the description's own notes say": (
        "voice_out_trunks: create authentication_method: objects are ['credentials_and_ip', 'ip_only', 'twilio'], "
        "not ['credentials_and_ip', 'twilio']",
        "voice_out_trunks: update authentication_method: objects are ['credentials_and_ip', 'ip_only', 'twilio'], "
        "not ['credentials_and_ip', 'twilio']",
        "ip_only, written: members: allowed_sip_ips is missing",
        "ip_only, written: members: tech_prefix is missing",
    ),
    "null is answered only, and refused by CapacityOrderItem.validate": (
        "capacity_order_items, written: capacity_pool_id: nullable is False",
    ),
}

OLD: Mapping[str, Sequence[str]] = {
    "null clears a reference in 2026-11-19, and one body serves both versions": (
        *(f"{name}: {act} external_reference_id: nullable is False" for name in REFERENCED
          for act in ("create", "update")),
        "did_reservations: create description: nullable is False",
        "orders: create callback_method: nullable is False",
        "orders: create callback_url: nullable is False",
    ),
    "2026-11-19 lists the values, and the enumerations are open": (
        "emergency_requirements: address_mandatory_fields: values are not listed",
        "emergency_requirements: business_mandatory_fields: values are not listed",
        "emergency_requirements: personal_mandatory_fields: values are not listed",
        "voice_in_trunks: cli_format: values are not listed",
        "voice_in_trunks: create cli_format: values are not listed",
        "voice_in_trunks: update cli_format: values are not listed",
        *(f"sip_configurations, {form}: {name}: values are not listed"
          for form in ("answered", "written") for name in IDS),
    ),
    "exports of messages are in 2026-11-19 only, and refused before that (tests/records/test_exports.py)": (
        "exports: export_type: values are ['cdr_in', 'cdr_out']",
        "exports: create export_type: values are ['cdr_in', 'cdr_out']",
    ),
}  # fmt: skip

NEW: Mapping[str, Sequence[str]] = {
    "assumed by our simulator, and not known of the API": (
        "sender_id_verifications: filter: id is missing",
        "sender_id_verifications: filter: name is missing",
        "sender_id_verifications: sort: name is missing",
        "sender_id_verifications: sort: -name is missing",
    ),
    "answered in 2026-04-16, and the enumeration is open": (
        "proof_types: entity_type: values are ['Address', 'Business', 'Personal']",
    ),
    "needed from 2026-11-19 on, which a rule of the declaration sees to": (
        "voice_out_trunks: create, required: on_cli_mismatch_action is missing",
    ),
    "null in 2026-04-16, and one record serves both versions": (
        "shared_capacity_groups: metered_channels_count: nullable is False",
        "shared_capacity_groups: create metered_channels_count: nullable is False",
        "shared_capacity_groups: update metered_channels_count: nullable is False",
        "credentials_and_ip, answered: allowed_sip_ips: nullable is False",
        "credentials_and_ip, answered: password: nullable is False",
        "credentials_and_ip, answered: username: nullable is False",
        "credentials_and_ip, written: allowed_sip_ips: nullable is False",
        "ip_only, answered: allowed_sip_ips: nullable is False",
        *(f"pstn_configurations, {form}: dst: nullable is False" for form in ("answered", "written")),
        *(f"sip_configurations, {form}: {name}: nullable is False" for form in ("answered", "written")
          for name in ("rtp_timeout", "rx_dtmf_format_id", "sip_timer_b", "tx_dtmf_format_id")),
    ),
}  # fmt: skip


def _by_line(*groups: Mapping[str, Sequence[str]]) -> Mapping[str, str]:
    return {line: reason for group in groups for reason, lines in group.items() for line in lines}


EXCEPTIONS: Mapping[str, Mapping[str, str]] = {V2026_04_16: _by_line(BOTH, OLD), V2026_11_19: _by_line(BOTH, NEW)}
"""By version: a difference as tests/test_conformance.py words it, and why it is there."""
