"""What a country asks of the end user of a number, and whether it is met."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar, Literal, Required, TypedDict

from ..versions import V2026_04_16, V2026_11_19
from .base import Record, attribute, many, one, record
from .declaration import Declaration, at_least_one, both_or_neither
from .enumerations import (
    AddressAreaLevel,
    CallbackMethod,
    IdentityAreaLevel,
    MandatoryField,
    NumberType,
    RequirementIdentityType,
    VerificationStatus,
)
from .scalars import Id, Reference

if TYPE_CHECKING:
    from .coverage import DidGroupType
    from .geography import Country
    from .identities import Address, Identity
    from .inventory import Did
    from .proofs import EncryptedFile, ProofType, SupportingDocumentTemplate

__all__ = [
    "AddressRequirement",
    "AddressRequirementField",
    "AddressRequirementFilter",
    "AddressRequirementInclude",
    "AddressRequirementSort",
    "AddressRequirementValidation",
    "AddressRequirementValidationCreate",
    "AddressVerification",
    "AddressVerificationCreate",
    "AddressVerificationField",
    "AddressVerificationFilter",
    "AddressVerificationInclude",
    "AddressVerificationSort",
    "AddressVerificationUpdate",
    "address_requirement_validations",
    "address_requirements",
    "address_verifications",
]


@record
class AddressRequirement(Record):
    """What a country asks of the end user of a kind of number.

    An area level of None means that such an identity is not accepted.
    """

    type: ClassVar[str] = "address_requirements"

    identity_type: RequirementIdentityType | str
    personal_area_level: IdentityAreaLevel | str | None
    business_area_level: IdentityAreaLevel | str | None
    address_area_level: AddressAreaLevel | str
    personal_proof_qty: int
    business_proof_qty: int
    address_proof_qty: int
    personal_mandatory_fields: tuple[MandatoryField | str, ...] | None
    business_mandatory_fields: tuple[MandatoryField | str, ...] | None
    service_description_required: bool
    restriction_message: str
    number_type: NumberType | str = attribute(only=V2026_11_19)
    country: Country | None = one()
    did_group_type: DidGroupType | None = one(only=V2026_04_16)
    personal_permanent_document: SupportingDocumentTemplate | None = one()
    business_permanent_document: SupportingDocumentTemplate | None = one()
    personal_onetime_document: SupportingDocumentTemplate | None = one()
    business_onetime_document: SupportingDocumentTemplate | None = one()
    personal_proof_types: tuple[ProofType, ...] = many()
    business_proof_types: tuple[ProofType, ...] = many()
    address_proof_types: tuple[ProofType, ...] = many()


AddressRequirementField = Literal[
    "identity_type",
    "personal_area_level",
    "business_area_level",
    "address_area_level",
    "personal_proof_qty",
    "business_proof_qty",
    "address_proof_qty",
    "personal_mandatory_fields",
    "business_mandatory_fields",
    "service_description_required",
    "restriction_message",
    "number_type",
    "country",
    "did_group_type",
    "personal_permanent_document",
    "business_permanent_document",
    "personal_onetime_document",
    "business_onetime_document",
    "personal_proof_types",
    "business_proof_types",
    "address_proof_types",
]


AddressRequirementFilter = TypedDict(
    "AddressRequirementFilter",
    {
        "country.id": "Country | Id | Sequence[Country | Id]",
        "did_group_type.id": "DidGroupType | Id | Sequence[DidGroupType | Id]",
        "id": "AddressRequirement | Id | Sequence[AddressRequirement | Id]",
        "number_type": "NumberType | Sequence[NumberType]",
    },
    total=False,
)


AddressRequirementSort = Literal[
    "address_proof_qty",
    "-address_proof_qty",
    "business_proof_qty",
    "-business_proof_qty",
    "personal_proof_qty",
    "-personal_proof_qty",
    "restriction_message",
    "-restriction_message",
    "service_description_required",
    "-service_description_required",
]


AddressRequirementInclude = Literal[
    "country",
    "did_group_type",
    "personal_permanent_document",
    "business_permanent_document",
    "personal_onetime_document",
    "business_onetime_document",
    "personal_proof_types",
    "business_proof_types",
    "address_proof_types",
]


address_requirements: Declaration = Declaration(
    "address_requirements",
    AddressRequirement,
    filter=AddressRequirementFilter,
    sort=AddressRequirementSort,
    include=AddressRequirementInclude,
    only={"filter": {"did_group_type.id": V2026_04_16, "number_type": V2026_11_19}},
)


@record
class AddressRequirementValidation(Record):
    """An identity and address that meet a requirement; nothing was stored."""

    type: ClassVar[str] = "address_requirement_validations"


class AddressRequirementValidationCreate(TypedDict, total=False):
    """Members of a new AddressRequirementValidation."""

    address_requirement: Required[AddressRequirement | Id]
    identity: Identity | Id | None
    address: Address | Id | None


address_requirement_validations: Declaration = Declaration(
    "address_requirement_validations",
    AddressRequirementValidation,
    create=AddressRequirementValidationCreate,
    rules=(at_least_one("identity", "address"),),
)


@record
class AddressVerification(Record):
    """A request to verify the address that numbers are used at. `reject_reasons` is None unless it was rejected."""

    type: ClassVar[str] = "address_verifications"

    reference: str
    status: VerificationStatus | str
    reject_reasons: tuple[str, ...] | None
    reject_comment: str | None
    service_description: str | None
    callback_url: str | None
    callback_method: CallbackMethod | str | None
    external_reference_id: str | None
    created_at: datetime
    address: Address | None = one()
    dids: tuple[Did, ...] = many()


AddressVerificationField = Literal[
    "reference",
    "status",
    "reject_reasons",
    "reject_comment",
    "service_description",
    "callback_url",
    "callback_method",
    "external_reference_id",
    "created_at",
    "address",
    "dids",
]


AddressVerificationFilter = TypedDict(
    "AddressVerificationFilter",
    {
        "address.id": "Address | Id | Sequence[Address | Id]",
        "address.identity.id": "Identity | Id | Sequence[Identity | Id]",
        "external_reference_id": "str",
        "id": "AddressVerification | Id | Sequence[AddressVerification | Id]",
        "reference": "str",
        "reference_in": "str | Sequence[str]",
        "status": "VerificationStatus",
    },
    total=False,
)


AddressVerificationSort = Literal["created_at", "-created_at", "external_reference_id", "-external_reference_id"]


AddressVerificationInclude = Literal["address", "dids"]


class AddressVerificationCreate(TypedDict, total=False):
    """Members of a new AddressVerification."""

    service_description: str | None
    callback_url: str | None
    callback_method: CallbackMethod | None
    external_reference_id: Reference | None
    address: Required[Address | Id]
    dids: Required[Sequence[Did | Id]]
    onetime_files: Sequence[EncryptedFile | Id]


class AddressVerificationUpdate(TypedDict, total=False):
    """What may be changed of an AddressVerification."""

    external_reference_id: Reference | None


address_verifications: Declaration = Declaration(
    "address_verifications",
    AddressVerification,
    filter=AddressVerificationFilter,
    sort=AddressVerificationSort,
    include=AddressVerificationInclude,
    create=AddressVerificationCreate,
    update=AddressVerificationUpdate,
    rules=(both_or_neither("callback_url", "callback_method"),),
)
