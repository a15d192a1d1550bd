"""End users of numbers: who they are and where they live."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, Required, TypedDict

from .base import Record, many, one, record
from .declaration import Declaration
from .enumerations import IdentityType
from .scalars import Id, Longest, Number, Reference

if TYPE_CHECKING:
    from .geography import Area, City, Country
    from .proofs import PermanentSupportingDocument, Proof

__all__ = [
    "Address",
    "AddressCreate",
    "AddressField",
    "AddressFilter",
    "AddressInclude",
    "AddressSort",
    "AddressUpdate",
    "Identity",
    "IdentityCreate",
    "IdentityField",
    "IdentityFilter",
    "IdentityInclude",
    "IdentitySort",
    "IdentityUpdate",
    "addresses",
    "identities",
]


@record
class Identity(Record):
    """A person or business that uses numbers. `verified` once it is registered to a number.

    A business has `company_name`; a person has neither that nor `company_reg_number` and `vat_id`.
    """

    type: ClassVar[str] = "identities"

    identity_type: IdentityType | str
    first_name: str
    last_name: str
    phone_number: str
    contact_email: str | None
    company_name: str | None
    company_reg_number: str | None
    vat_id: str | None
    id_number: str | None
    personal_tax_id: str | None
    birth_date: date | None
    description: str | None
    external_reference_id: str | None
    created_at: datetime
    verified: bool
    country: Country | None = one()
    birth_country: Country | None = one()
    proofs: tuple[Proof, ...] = many()
    addresses: tuple[Address, ...] = many()
    permanent_documents: tuple[PermanentSupportingDocument, ...] = many()


IdentityField = Literal[
    "identity_type",
    "first_name",
    "last_name",
    "phone_number",
    "contact_email",
    "company_name",
    "company_reg_number",
    "vat_id",
    "id_number",
    "personal_tax_id",
    "birth_date",
    "description",
    "external_reference_id",
    "created_at",
    "verified",
    "country",
    "birth_country",
    "proofs",
    "addresses",
    "permanent_documents",
]


IdentityFilter = TypedDict(
    "IdentityFilter",
    {
        "birth_date": "date",
        "company_name": "str",
        "company_name_contains": "str",
        "company_reg_number": "str",
        "company_reg_number_contains": "str",
        "country.id": "Country | Id | Sequence[Country | Id]",
        "description": "str",
        "description_contains": "str",
        "external_reference_id": "str",
        "first_name": "str",
        "first_name_contains": "str",
        "id": "Identity | Id | Sequence[Identity | Id]",
        "id_number": "str",
        "id_number_contains": "str",
        "identity_type": "IdentityType",
        "last_name": "str",
        "last_name_contains": "str",
        "personal_tax_id": "str",
        "personal_tax_id_contains": "str",
        "phone_number": "Number",
        "phone_number_contains": "Number",
        "vat_id": "str",
        "vat_id_contains": "str",
    },
    total=False,
)


IdentitySort = Literal[
    "birth_date",
    "-birth_date",
    "company_name",
    "-company_name",
    "company_reg_number",
    "-company_reg_number",
    "contact_email",
    "-contact_email",
    "created_at",
    "-created_at",
    "description",
    "-description",
    "external_reference_id",
    "-external_reference_id",
    "first_name",
    "-first_name",
    "id_number",
    "-id_number",
    "last_name",
    "-last_name",
    "personal_tax_id",
    "-personal_tax_id",
    "phone_number",
    "-phone_number",
    "vat_id",
    "-vat_id",
    "verified",
    "-verified",
]


IdentityInclude = Literal["country", "birth_country", "proofs", "addresses", "permanent_documents"]


class IdentityCreate(TypedDict, total=False):
    """Members of a new Identity."""

    identity_type: Required[IdentityType]
    first_name: Required[str]
    last_name: Required[str]
    phone_number: Required[Number]
    contact_email: str | None
    company_name: str | None
    company_reg_number: str | None
    vat_id: str | None
    id_number: str | None
    personal_tax_id: str | None
    birth_date: date | None
    description: str | None
    external_reference_id: Reference | None
    country: Country | Id | None
    birth_country: Country | Id | None


class IdentityUpdate(TypedDict, total=False):
    """What may be changed of an Identity."""

    first_name: str
    last_name: str
    phone_number: Number
    contact_email: str | None
    company_name: str | None
    company_reg_number: str | None
    vat_id: str | None
    id_number: str | None
    personal_tax_id: str | None
    birth_date: date | None
    description: str | None
    external_reference_id: Reference | None
    country: Country | Id | None
    birth_country: Country | Id | None


identities: Declaration = Declaration(
    "identities",
    Identity,
    filter=IdentityFilter,
    sort=IdentitySort,
    include=IdentityInclude,
    create=IdentityCreate,
    update=IdentityUpdate,
)


@record
class Address(Record):
    """An address of an identity. `verified` once it is registered to a number."""

    type: ClassVar[str] = "addresses"

    address: str
    city_name: str
    postal_code: str
    description: str | None
    external_reference_id: str | None
    created_at: datetime
    verified: bool
    identity: Identity | None = one()
    country: Country | None = one()
    area: Area | None = one()
    city: City | None = one()
    proofs: tuple[Proof, ...] = many()


AddressField = Literal[
    "address",
    "city_name",
    "postal_code",
    "description",
    "external_reference_id",
    "created_at",
    "verified",
    "identity",
    "country",
    "area",
    "city",
    "proofs",
]


AddressFilter = TypedDict(
    "AddressFilter",
    {
        "address": "str",
        "address_contains": "str",
        "area.id": "Area | Id | Sequence[Area | Id]",
        "city.id": "City | Id | Sequence[City | Id]",
        "city_name": "str",
        "city_name_contains": "str",
        "country.id": "Country | Id | Sequence[Country | Id]",
        "description": "str",
        "description_contains": "str",
        "external_reference_id": "str",
        "id": "Address | Id | Sequence[Address | Id]",
        "identity.external_reference_id": "str",
        "identity.id": "Identity | Id | Sequence[Identity | Id]",
        "postal_code": "str",
        "postal_code_contains": "str",
    },
    total=False,
)


AddressSort = Literal[
    "address",
    "-address",
    "city_name",
    "-city_name",
    "created_at",
    "-created_at",
    "description",
    "-description",
    "external_reference_id",
    "-external_reference_id",
    "postal_code",
    "-postal_code",
    "verified",
    "-verified",
]


AddressInclude = Literal["identity", "country", "area", "city", "proofs"]


class AddressCreate(TypedDict, total=False):
    """Members of a new Address."""

    address: Required[Annotated[str, Longest(200)]]
    city_name: Required[str]
    postal_code: Required[str]
    description: str | None
    external_reference_id: Reference | None
    identity: Required[Identity | Id]
    country: Required[Country | Id]


class AddressUpdate(TypedDict, total=False):
    """What may be changed of an Address."""

    address: Annotated[str, Longest(200)]
    city_name: str
    postal_code: str
    description: str | None
    external_reference_id: Reference | None


addresses: Declaration = Declaration(
    "addresses",
    Address,
    filter=AddressFilter,
    sort=AddressSort,
    include=AddressInclude,
    create=AddressCreate,
    update=AddressUpdate,
)
