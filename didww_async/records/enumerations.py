"""The enumerations of the API. A value not listed is read as the string that it is."""

from __future__ import annotations

from typing import Literal

__all__ = [
    "AddressAreaLevel",
    "CallbackMethod",
    "CliFormat",
    "CodecId",
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
    "ReroutingDisconnectCodeId",
    "RxDtmfFormatId",
    "SmsHttpBodyType",
    "SmsHttpMethod",
    "SmsInStatus",
    "SmsOutStatus",
    "SmsTrunkKind",
    "SstRefreshMethodId",
    "StirShakenMode",
    "TransportProtocolId",
    "TxDtmfFormatId",
    "VerificationStatus",
    "VoiceOutTrunkStatus",
]

AddressAreaLevel = Literal["world_wide", "country", "area", "city"]
CallbackMethod = Literal["get", "post"]
CliFormat = Literal["e164", "local", "raw"]
CodecId = Literal[6, 7, 8, 9, 10, 12, 13, 14, 15, 16, 17, 18, 19]
"""6 telephone-event, 7 G723, 8 G729, 9 PCMU, 10 PCMA, 12 speex, 13 GSM, 14 G726-32, 15 G721, 16 G726-24,
17 G726-40, 18 G726-16, 19 L16."""
DefaultDstAction = Literal["allow_all", "reject_all"]
DidGroupFeature = Literal["voice_in", "voice_out", "t38", "sms_in", "p2p", "a2p", "emergency", "cnam_out"]
DidHistoryAction = Literal["assigned", "renewed", "canceled", "removed", "billing_cycles_count_changed", "restored"]
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
EmergencyCallingServiceStatus = Literal["active", "canceled", "new", "changes_required", "in_process", "pending_update"]
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
ReroutingDisconnectCodeId = Literal[
    56, 57, 58, 59, 60, 64, 65, 66, 67, 68, 69, 70, 71, 72, 73, 74, 75, 76, 77, 78, 79, 80, 81, 82, 83, 84, 86, 87,
    88, 89, 90, 91, 92, 96, 97, 98, 99, 100, 101, 102, 103, 104, 105, 106, 107, 108, 1505,
]  # fmt: skip
"""DIDWW's own ids of the reasons to try the next trunk, not SIP codes."""
RxDtmfFormatId = Literal[1, 2, 3]
"""1 RFC 2833, 2 SIP INFO (relay or dtmf), 3 RFC 2833 or SIP INFO."""
SmsHttpBodyType = Literal["json", "html_multipart", "html_url_encoded", "raw"]
SmsHttpMethod = Literal["get", "post", "put"]
SmsInStatus = Literal["Success", "Failed", "Queued"]
SmsOutStatus = Literal["Routing Error", "In Progress", "Queued", "Failed", "Success"]
SmsTrunkKind = Literal["SMPP SMSC", "SMPP ESME", "Email", "HTTP IN"]
SstRefreshMethodId = Literal[1, 2, 3]
"""1 Invite, 2 Update, 3 Update, and Invite where that fails."""
StirShakenMode = Literal["disabled", "original", "pai", "original_pai", "verstat"]
TransportProtocolId = Literal[1, 2, 3]
"""1 UDP, 2 TCP, 3 TLS."""
TxDtmfFormatId = Literal[0, 1, 2, 4]
"""0 off, 1 RFC 2833, 2 SIP INFO dtmf-relay, 4 SIP INFO dtmf."""
VerificationStatus = Literal["pending", "approved", "rejected"]
VoiceOutTrunkStatus = Literal["active", "blocked"]
