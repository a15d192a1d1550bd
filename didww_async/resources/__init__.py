"""The resources of the API as a session offers them; one module for each chapter, as in `records`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from .base import Resource
from .capacity import CapacityPools, SharedCapacityGroups
from .coverage import AvailableDids, DidGroups, DidGroupTypes, NanpaPrefixes
from .emergency import (
    EmergencyCallingServices,
    EmergencyRequirements,
    EmergencyRequirementValidations,
    EmergencyVerifications,
)
from .exports import Exports
from .geography import Areas, Cities, Countries, Pops, Regions
from .identities import Addresses, Identities
from .inventory import DidHistoryEntries, DidReservations, Dids
from .orders import Balances, Orders
from .proofs import (
    EncryptedFiles,
    PermanentSupportingDocuments,
    Proofs,
    ProofTypes,
    PublicKeys,
    SupportingDocumentTemplates,
)
from .regulation import AddressRequirements, AddressRequirementValidations, AddressVerifications
from .sms import SenderIdVerifications, SmsTrunkCredentials, SmsTrunkGroups, SmsTrunks
from .voice_in import VoiceInTrunkGroups, VoiceInTrunks
from .voice_out import VoiceOutTrunkCredentials, VoiceOutTrunks

__all__ = ["RESOURCES"]

RESOURCES: Final[Mapping[str, type[Resource[Any]]]] = {
    "countries": Countries,
    "regions": Regions,
    "cities": Cities,
    "areas": Areas,
    "pops": Pops,
    "did_group_types": DidGroupTypes,
    "did_groups": DidGroups,
    "nanpa_prefixes": NanpaPrefixes,
    "available_dids": AvailableDids,
    "dids": Dids,
    "did_reservations": DidReservations,
    "did_history": DidHistoryEntries,
    "balance": Balances,
    "orders": Orders,
    "capacity_pools": CapacityPools,
    "shared_capacity_groups": SharedCapacityGroups,
    "voice_in_trunks": VoiceInTrunks,
    "voice_in_trunk_groups": VoiceInTrunkGroups,
    "voice_out_trunks": VoiceOutTrunks,
    "voice_out_trunk_regenerate_credentials": VoiceOutTrunkCredentials,
    "exports": Exports,
    "identities": Identities,
    "addresses": Addresses,
    "proof_types": ProofTypes,
    "proofs": Proofs,
    "supporting_document_templates": SupportingDocumentTemplates,
    "permanent_supporting_documents": PermanentSupportingDocuments,
    "public_keys": PublicKeys,
    "encrypted_files": EncryptedFiles,
    "address_requirements": AddressRequirements,
    "address_requirement_validations": AddressRequirementValidations,
    "address_verifications": AddressVerifications,
    "emergency_requirements": EmergencyRequirements,
    "emergency_requirement_validations": EmergencyRequirementValidations,
    "emergency_verifications": EmergencyVerifications,
    "emergency_calling_services": EmergencyCallingServices,
    "sms_trunks": SmsTrunks,
    "sms_trunk_groups": SmsTrunkGroups,
    "sms_trunk_regenerate_credentials": SmsTrunkCredentials,
    "sender_id_verifications": SenderIdVerifications,
}
"""The class of each resource, by the name of its attribute on a session."""
