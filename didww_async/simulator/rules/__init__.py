"""The rules of every resource, by type."""

from __future__ import annotations

from typing import Final

from . import emergency, exports, inventory, orders, regulation, trunks
from .base import Rules

__all__ = ["RULES", "Rules"]

RULES: Final[dict[str, Rules]] = {
    "address_requirement_validations": regulation.AddressRequirementValidations(),
    "address_verifications": regulation.AddressVerifications(),
    "addresses": regulation.Addresses(),
    "capacity_pools": inventory.CapacityPools(),
    "did_reservations": inventory.DidReservations(),
    "dids": inventory.Dids(),
    "emergency_calling_services": emergency.EmergencyCallingServices(),
    "emergency_requirement_validations": emergency.EmergencyRequirementValidations(),
    "emergency_verifications": emergency.EmergencyVerifications(),
    "exports": exports.Exports(),
    "identities": regulation.Identities(),
    "orders": orders.Orders(),
    "permanent_supporting_documents": regulation.PermanentDocuments(),
    "proofs": regulation.Proofs(),
    "shared_capacity_groups": inventory.SharedCapacityGroups(),
    "sms_trunk_groups": trunks.SmsTrunkGroups(),
    "sms_trunk_regenerate_credentials": trunks.RegenerateSms(),
    "sms_trunks": trunks.SmsTrunks(),
    "voice_in_trunk_groups": trunks.VoiceInTrunkGroups(),
    "voice_in_trunks": trunks.VoiceInTrunks(),
    "voice_out_trunk_regenerate_credentials": trunks.RegenerateVoiceOut(),
    "voice_out_trunks": trunks.VoiceOutTrunks(),
}
"""Resources that are not here have rules of no one's own: `Rules` does for them."""
