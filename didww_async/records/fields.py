"""The `fields` argument: which attributes and relationships of each type an answer carries."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypedDict

if TYPE_CHECKING:
    from .capacity import CapacityPoolField, QtyBasedPricingField, SharedCapacityGroupField
    from .coverage import (
        AvailableDidField,
        DidGroupField,
        DidGroupTypeField,
        NanpaPrefixField,
        StockKeepingUnitField,
    )
    from .emergency import EmergencyCallingServiceField, EmergencyRequirementField, EmergencyVerificationField
    from .exports import ExportField
    from .geography import AreaField, CityField, CountryField, PopField, RegionField
    from .identities import AddressField, IdentityField
    from .inventory import DidField, DidHistoryField, DidReservationField
    from .orders import BalanceField, OrderField
    from .proofs import (
        EncryptedFileField,
        PermanentSupportingDocumentField,
        ProofField,
        ProofTypeField,
        PublicKeyField,
        SupportingDocumentTemplateField,
    )
    from .regulation import AddressRequirementField, AddressVerificationField
    from .sms import SenderIdVerificationField, SmsTrunkField, SmsTrunkGroupField
    from .voice_in import VoiceInTrunkField, VoiceInTrunkGroupField
    from .voice_out import VoiceOutTrunkField

__all__ = ["Fields"]


class Fields(TypedDict, total=False):
    """Sparse fieldsets by resource type; what is left out raises NotLoaded when it is read."""

    countries: Sequence[CountryField]
    regions: Sequence[RegionField]
    cities: Sequence[CityField]
    areas: Sequence[AreaField]
    pops: Sequence[PopField]
    did_group_types: Sequence[DidGroupTypeField]
    stock_keeping_units: Sequence[StockKeepingUnitField]
    did_groups: Sequence[DidGroupField]
    nanpa_prefixes: Sequence[NanpaPrefixField]
    available_dids: Sequence[AvailableDidField]
    dids: Sequence[DidField]
    did_reservations: Sequence[DidReservationField]
    did_history: Sequence[DidHistoryField]
    balances: Sequence[BalanceField]
    orders: Sequence[OrderField]
    qty_based_pricings: Sequence[QtyBasedPricingField]
    capacity_pools: Sequence[CapacityPoolField]
    shared_capacity_groups: Sequence[SharedCapacityGroupField]
    voice_in_trunks: Sequence[VoiceInTrunkField]
    voice_in_trunk_groups: Sequence[VoiceInTrunkGroupField]
    voice_out_trunks: Sequence[VoiceOutTrunkField]
    exports: Sequence[ExportField]
    identities: Sequence[IdentityField]
    addresses: Sequence[AddressField]
    proof_types: Sequence[ProofTypeField]
    proofs: Sequence[ProofField]
    supporting_document_templates: Sequence[SupportingDocumentTemplateField]
    permanent_supporting_documents: Sequence[PermanentSupportingDocumentField]
    public_keys: Sequence[PublicKeyField]
    encrypted_files: Sequence[EncryptedFileField]
    address_requirements: Sequence[AddressRequirementField]
    address_verifications: Sequence[AddressVerificationField]
    emergency_requirements: Sequence[EmergencyRequirementField]
    emergency_verifications: Sequence[EmergencyVerificationField]
    emergency_calling_services: Sequence[EmergencyCallingServiceField]
    sms_trunks: Sequence[SmsTrunkField]
    sms_trunk_groups: Sequence[SmsTrunkGroupField]
    sender_id_verifications: Sequence[SenderIdVerificationField]
