"""The enumerations of the API. A value not listed is read as the string that it is."""

from __future__ import annotations

from typing import Literal

__all__ = [
    "AddressAreaLevel",
    "CallbackMethod",
    "CliFormat",
    "DefaultDstAction",
    "DidGroupFeature",
    "DidHistoryAction",
    "DidHistoryMethod",
    "DiversionInjectMode",
    "DiversionRelayPolicy",
    "EmergencyAddressAreaLevel",
    "EmergencyAddressMandatoryField",
    "EmergencyBusinessMandatoryField",
    "EmergencyCallingServiceStatus",
    "EmergencyPersonalMandatoryField",
    "ExportStatus",
    "ExportType",
    "IdentityAreaLevel",
    "IdentityType",
    "MandatoryField",
    "MediaEncryptionMode",
    "NetworkProtocolPriority",
    "NumberType",
    "OnCliMismatchAction",
    "OrderStatus",
    "PopCode",
    "ProofTypeEntityType",
    "RequirementIdentityType",
    "SmsHttpBodyType",
    "SmsHttpMethod",
    "SmsInStatus",
    "SmsOutStatus",
    "SmsTrunkKind",
    "StirShakenMode",
    "VerificationStatus",
    "VoiceOutTrunkStatus",
]

AddressAreaLevel = Literal["world_wide", "country", "area", "city"]
CallbackMethod = Literal["get", "post"]
CliFormat = Literal["e164", "local", "raw"]
DefaultDstAction = Literal["allow_all", "reject_all"]
DidGroupFeature = Literal["voice_in", "voice_out", "t38", "sms_in", "p2p", "a2p", "emergency", "cnam_out"]
DidHistoryAction = Literal[
    "assigned", "renewed", "canceled", "removed", "billing_cycles_count_changed", "restored"
]
DidHistoryMethod = Literal["system", "api2", "api3", "staff", "user_panel", "mcp"]
DiversionInjectMode = Literal["none", "did_number"]
DiversionRelayPolicy = Literal["none", "as_is", "sip", "tel"]
EmergencyAddressAreaLevel = Literal["country", "area", "city"]
EmergencyAddressMandatoryField = Literal["State/Province/Region"]
EmergencyBusinessMandatoryField = Literal[
    "ID Number",
    "VAT Number / TAX Code",
    "Country of Tax Residence",
    "Company ID",
    "Representative Tax ID",
    "Contact email",
    "Company Representative Date of Birth",
]
EmergencyCallingServiceStatus = Literal[
    "active", "canceled", "new", "changes_required", "in_process", "pending_update"
]
EmergencyPersonalMandatoryField = Literal[
    "Birth Date", "Country of Tax Residence", "ID Number", "Personal Tax ID", "Contact email"
]
ExportStatus = Literal["pending", "completed", "processing"]
ExportType = Literal["cdr_in", "cdr_out", "sms_in", "sms_out"]
IdentityAreaLevel = Literal["world_wide", "country"]
IdentityType = Literal["personal", "business"]
MandatoryField = Literal[
    "birth_date",
    "birth_country",
    "country",
    "personal_tax_id",
    "id_number",
    "vat_id",
    "company_reg_number",
    "contact_email",
]
MediaEncryptionMode = Literal["disabled", "srtp_sdes", "srtp_dtls", "zrtp"]
NetworkProtocolPriority = Literal["force_ipv4", "force_ipv6", "any", "prefer_ipv4", "prefer_ipv6"]
NumberType = Literal["local", "national", "mobile", "toll_free", "shared_cost", "global"]
OnCliMismatchAction = Literal["reject_call", "replace_cli", "send_original_cli", "randomize_cli"]
OrderStatus = Literal["pending", "completed", "canceled"]
PopCode = Literal["NYC", "FRA", "LAC", "MIA", "SG", "HK", "AMS"]
ProofTypeEntityType = Literal["Address", "Business", "Personal", "Porting"]
RequirementIdentityType = Literal["any", "personal", "business"]
SmsHttpBodyType = Literal["json", "html_multipart", "html_url_encoded", "raw"]
SmsHttpMethod = Literal["get", "post", "put"]
SmsInStatus = Literal["Success", "Failed", "Queued"]
SmsOutStatus = Literal["Routing Error", "In Progress", "Queued", "Failed", "Success"]
SmsTrunkKind = Literal["SMPP SMSC", "SMPP ESME", "Email", "HTTP IN"]
StirShakenMode = Literal["disabled", "original", "pai", "original_pai", "verstat"]
VerificationStatus = Literal["pending", "approved", "rejected"]
VoiceOutTrunkStatus = Literal["active", "blocked"]
