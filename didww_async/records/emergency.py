"""Emergency calling: what it requires, its verification and the service itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, ClassVar, Literal, Required, TypedDict

from ..versions import V2026_04_16, V2026_11_19
from .base import Meta, Record, attribute, component, many, one, read_only, record
from .declaration import Declaration, at_least_one, both_or_neither, exactly_one, on_create
from .enumerations import (
    CallbackMethod,
    EmergencyAddressAreaLevel,
    EmergencyAddressMandatoryField,
    EmergencyBusinessMandatoryField,
    EmergencyCallingServiceStatus,
    EmergencyPersonalMandatoryField,
    IdentityAreaLevel,
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
    from .orders import Order

__all__ = [
    "EmergencyCallingService",
    "EmergencyCallingServiceField",
    "EmergencyCallingServiceFilter",
    "EmergencyCallingServiceInclude",
    "EmergencyCallingServiceMeta",
    "EmergencyCallingServiceSort",
    "EmergencyRequirement",
    "EmergencyRequirementField",
    "EmergencyRequirementFilter",
    "EmergencyRequirementInclude",
    "EmergencyRequirementMeta",
    "EmergencyRequirementValidation",
    "EmergencyRequirementValidationCreate",
    "EmergencyVerification",
    "EmergencyVerificationCreate",
    "EmergencyVerificationField",
    "EmergencyVerificationFilter",
    "EmergencyVerificationInclude",
    "EmergencyVerificationSort",
    "EmergencyVerificationUpdate",
    "emergency_calling_services",
    "emergency_requirement_validations",
    "emergency_requirements",
    "emergency_verifications",
]


@component
class EmergencyRequirementMeta(Meta):
    """What the API says beside an EmergencyRequirement."""

    setup_price: Decimal | None = read_only()
    monthly_price: Decimal | None = read_only()


@record
class EmergencyRequirement(Record):
    """What emergency calling asks of the end user in a country; its prices, in USD, are in `meta`.

    The mandatory fields are in words, not in names of the API; `estimate_setup_time` is free text.
    """

    type: ClassVar[str] = "emergency_requirements"

    meta: EmergencyRequirementMeta = read_only()
    identity_type: RequirementIdentityType | str
    personal_area_level: IdentityAreaLevel | str | None
    business_area_level: IdentityAreaLevel | str | None
    address_area_level: EmergencyAddressAreaLevel | str
    personal_mandatory_fields: tuple[EmergencyPersonalMandatoryField | str, ...]
    business_mandatory_fields: tuple[EmergencyBusinessMandatoryField | str, ...]
    address_mandatory_fields: tuple[EmergencyAddressMandatoryField | str, ...]
    estimate_setup_time: str
    requirement_restriction_message: str | None
    number_type: NumberType | str = attribute(only=V2026_11_19)
    country: Country | None = one()
    did_group_type: DidGroupType | None = one(only=V2026_04_16)


EmergencyRequirementField = Literal[
    "identity_type",
    "personal_area_level",
    "business_area_level",
    "address_area_level",
    "personal_mandatory_fields",
    "business_mandatory_fields",
    "address_mandatory_fields",
    "estimate_setup_time",
    "requirement_restriction_message",
    "number_type",
    "country",
    "did_group_type",
]


EmergencyRequirementFilter = TypedDict(
    "EmergencyRequirementFilter",
    {
        "country.id": "Country | Id | Sequence[Country | Id]",
        "did_group_type.id": "DidGroupType | Id | Sequence[DidGroupType | Id]",
        "id": "EmergencyRequirement | Id | Sequence[EmergencyRequirement | Id]",
        "number_type": "NumberType | Sequence[NumberType]",
    },
    total=False,
)


EmergencyRequirementInclude = Literal["country", "did_group_type"]


emergency_requirements: Declaration = Declaration(
    "emergency_requirements",
    EmergencyRequirement,
    filter=EmergencyRequirementFilter,
    include=EmergencyRequirementInclude,
    only={"filter": {"did_group_type.id": V2026_04_16, "number_type": V2026_11_19}},
)


@record
class EmergencyRequirementValidation(Record):
    """An identity and address that meet a requirement of emergency calling; nothing was stored."""

    type: ClassVar[str] = "emergency_requirement_validations"


class EmergencyRequirementValidationCreate(TypedDict, total=False):
    """Members of a new EmergencyRequirementValidation."""

    emergency_requirement: Required[EmergencyRequirement | Id]
    identity: Identity | Id | None
    address: Address | Id | None


emergency_requirement_validations: Declaration = Declaration(
    "emergency_requirement_validations",
    EmergencyRequirementValidation,
    create=EmergencyRequirementValidationCreate,
    rules=(at_least_one("identity", "address"),),
)


@record
class EmergencyVerification(Record):
    """A request to verify the address that emergency calls are sent to.

    With `dids` it starts a calling service for them, with `emergency_calling_service` it gives that a new address.
    """

    type: ClassVar[str] = "emergency_verifications"

    reference: str
    status: VerificationStatus | str
    reject_reasons: tuple[str, ...] | None
    reject_comment: str | None
    callback_url: str | None
    callback_method: CallbackMethod | str | None
    external_reference_id: str | None
    created_at: datetime
    address: Address | None = one()
    emergency_calling_service: EmergencyCallingService | None = one()
    dids: tuple[Did, ...] = many()


EmergencyVerificationField = Literal[
    "reference",
    "status",
    "reject_reasons",
    "reject_comment",
    "callback_url",
    "callback_method",
    "external_reference_id",
    "created_at",
    "address",
    "emergency_calling_service",
    "dids",
]


EmergencyVerificationFilter = TypedDict(
    "EmergencyVerificationFilter",
    {
        "emergency_calling_service.id": "EmergencyCallingService | Id | Sequence[EmergencyCallingService | Id]",
        "external_reference_id": "str",
        "id": "EmergencyVerification | Id | Sequence[EmergencyVerification | Id]",
        "status": "VerificationStatus",
    },
    total=False,
)


EmergencyVerificationSort = Literal["created_at", "-created_at", "external_reference_id", "-external_reference_id"]


EmergencyVerificationInclude = Literal["address", "emergency_calling_service", "dids"]


class EmergencyVerificationCreate(TypedDict, total=False):
    """Members of a new EmergencyVerification."""

    callback_url: str | None
    callback_method: CallbackMethod | None
    external_reference_id: Reference | None
    address: Required[Address | Id]
    dids: Sequence[Did | Id]
    emergency_calling_service: EmergencyCallingService | Id


class EmergencyVerificationUpdate(TypedDict, total=False):
    """What may be changed of an EmergencyVerification."""

    external_reference_id: Reference | None


emergency_verifications: Declaration = Declaration(
    "emergency_verifications",
    EmergencyVerification,
    filter=EmergencyVerificationFilter,
    sort=EmergencyVerificationSort,
    include=EmergencyVerificationInclude,
    create=EmergencyVerificationCreate,
    update=EmergencyVerificationUpdate,
    rules=(
        both_or_neither("callback_url", "callback_method"),
        on_create(exactly_one("dids", "emergency_calling_service")),
    ),
)


@component
class EmergencyCallingServiceMeta(Meta):
    """What the API says beside an EmergencyCallingService."""

    setup_price: Decimal = read_only()
    monthly_price: Decimal = read_only()


@record
class EmergencyCallingService(Record):
    """Emergency calling for numbers at one address."""

    type: ClassVar[str] = "emergency_calling_services"

    meta: EmergencyCallingServiceMeta = read_only()
    name: str
    reference: str
    status: EmergencyCallingServiceStatus | str
    activated_at: datetime | None
    canceled_at: datetime | None
    renew_date: date | None
    created_at: datetime
    number_type: NumberType | str = attribute(only=V2026_11_19)
    country: Country | None = one()
    did_group_type: DidGroupType | None = one(only=V2026_04_16)
    order: Order | None = one()
    emergency_requirement: EmergencyRequirement | None = one()
    emergency_verification: EmergencyVerification | None = one()
    dids: tuple[Did, ...] = many()


EmergencyCallingServiceField = Literal[
    "name",
    "reference",
    "status",
    "activated_at",
    "canceled_at",
    "renew_date",
    "created_at",
    "number_type",
    "country",
    "did_group_type",
    "order",
    "emergency_requirement",
    "emergency_verification",
    "dids",
]


EmergencyCallingServiceFilter = TypedDict(
    "EmergencyCallingServiceFilter",
    {
        "address.id": "Address | Id",
        "country.id": "Country | Id | Sequence[Country | Id]",
        "did_group_type.id": "DidGroupType | Id | Sequence[DidGroupType | Id]",
        "id": "EmergencyCallingService | Id | Sequence[EmergencyCallingService | Id]",
        "identity.id": "Identity | Id",
        "name": "str",
        "number_type": "NumberType | Sequence[NumberType]",
        "reference": "str",
        "status": "EmergencyCallingServiceStatus",
    },
    total=False,
)


EmergencyCallingServiceSort = Literal[
    "country.name",
    "-country.name",
    "created_at",
    "-created_at",
    "name",
    "-name",
    "renew_date",
    "-renew_date",
    "status",
    "-status",
]


EmergencyCallingServiceInclude = Literal[
    "country", "did_group_type", "order", "emergency_requirement", "emergency_verification", "dids"
]


emergency_calling_services: Declaration = Declaration(
    "emergency_calling_services",
    EmergencyCallingService,
    filter=EmergencyCallingServiceFilter,
    sort=EmergencyCallingServiceSort,
    include=EmergencyCallingServiceInclude,
    only={"filter": {"did_group_type.id": V2026_04_16, "number_type": V2026_11_19}},
)
