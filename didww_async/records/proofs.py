"""Documents of end users, and the keys that they are encrypted with before upload."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar, Literal, Required, TypedDict

from ..versions import V2026_04_16
from .base import Record, one, record
from .declaration import Declaration
from .enumerations import ProofTypeEntityType
from .scalars import Id, Reference

if TYPE_CHECKING:
    from .identities import Address, Identity

__all__ = [
    "EncryptedFile",
    "EncryptedFileField",
    "EncryptedFileFilter",
    "EncryptedFileSort",
    "PermanentSupportingDocument",
    "PermanentSupportingDocumentCreate",
    "PermanentSupportingDocumentField",
    "PermanentSupportingDocumentFilter",
    "PermanentSupportingDocumentInclude",
    "PermanentSupportingDocumentSort",
    "PermanentSupportingDocumentUpdate",
    "Proof",
    "ProofCreate",
    "ProofField",
    "ProofFilter",
    "ProofInclude",
    "ProofSort",
    "ProofType",
    "ProofTypeField",
    "ProofTypeFilter",
    "ProofTypeSort",
    "ProofUpdate",
    "PublicKey",
    "PublicKeyField",
    "PublicKeyFilter",
    "PublicKeySort",
    "SupportingDocumentTemplate",
    "SupportingDocumentTemplateField",
    "SupportingDocumentTemplateFilter",
    "SupportingDocumentTemplateSort",
    "encrypted_files",
    "permanent_supporting_documents",
    "proof_types",
    "proofs",
    "public_keys",
    "supporting_document_templates",
]


@record
class ProofType(Record):
    """A kind of document that proves an identity or an address."""

    type: ClassVar[str] = "proof_types"

    name: str
    entity_type: ProofTypeEntityType | str


ProofTypeField = Literal["name", "entity_type"]


class ProofTypeFilter(TypedDict, total=False):
    entity_type: Literal["Address", "Business", "Personal"] | Sequence[Literal["Address", "Business", "Personal"]]
    id: ProofType | Id | Sequence[ProofType | Id]


ProofTypeSort = Literal["entity_type", "-entity_type", "name", "-name"]


proof_types: Declaration = Declaration(
    "proof_types",
    ProofType,
    filter=ProofTypeFilter,
    sort=ProofTypeSort,
    paged=False,
    only={"sort": {"entity_type": V2026_04_16, "name": V2026_04_16}},
)


@record
class Proof(Record):
    """A document that proves an identity or an address; its files are never shown again. `expires_at` None is never."""

    type: ClassVar[str] = "proofs"

    created_at: datetime
    expires_at: datetime | None
    external_reference_id: str | None
    proof_type: ProofType | None = one()
    entity: Identity | Address | None = one()


ProofField = Literal["created_at", "expires_at", "external_reference_id", "proof_type", "entity"]


class ProofFilter(TypedDict, total=False):
    external_reference_id: str
    id: Proof | Id | Sequence[Proof | Id]


ProofSort = Literal[
    "created_at",
    "-created_at",
    "expires_at",
    "-expires_at",
    "external_reference_id",
    "-external_reference_id",
]


ProofInclude = Literal["proof_type", "entity"]


class ProofCreate(TypedDict, total=False):
    """Members of a new Proof."""

    external_reference_id: Reference | None
    proof_type: Required[ProofType | Id]
    entity: Required[Identity | Address]
    files: Required[Sequence[EncryptedFile | Id]]


class ProofUpdate(TypedDict, total=False):
    """What may be changed of a Proof."""

    external_reference_id: Reference | None


proofs: Declaration = Declaration(
    "proofs",
    Proof,
    filter=ProofFilter,
    sort=ProofSort,
    include=ProofInclude,
    create=ProofCreate,
    update=ProofUpdate,
)


@record
class SupportingDocumentTemplate(Record):
    """A form that a country asks for, to be filled in.

    A `permanent` one stays on file for the identity; others go with each address verification.
    """

    type: ClassVar[str] = "supporting_document_templates"

    name: str
    permanent: bool
    url: str


SupportingDocumentTemplateField = Literal["name", "permanent", "url"]


class SupportingDocumentTemplateFilter(TypedDict, total=False):
    id: SupportingDocumentTemplate | Id | Sequence[SupportingDocumentTemplate | Id]
    name: str | Sequence[str]
    name_contains: str
    permanent: bool


SupportingDocumentTemplateSort = Literal["name", "-name", "permanent", "-permanent"]


supporting_document_templates: Declaration = Declaration(
    "supporting_document_templates",
    SupportingDocumentTemplate,
    filter=SupportingDocumentTemplateFilter,
    sort=SupportingDocumentTemplateSort,
)


@record
class PermanentSupportingDocument(Record):
    """A filled-in form that serves all numbers of an identity; a new one replaces that of the same template."""

    type: ClassVar[str] = "permanent_supporting_documents"

    created_at: datetime
    external_reference_id: str | None
    template: SupportingDocumentTemplate | None = one()
    identity: Identity | None = one()


PermanentSupportingDocumentField = Literal["created_at", "external_reference_id", "template", "identity"]


class PermanentSupportingDocumentFilter(TypedDict, total=False):
    external_reference_id: str
    id: PermanentSupportingDocument | Id | Sequence[PermanentSupportingDocument | Id]


PermanentSupportingDocumentSort = Literal[
    "created_at", "-created_at", "external_reference_id", "-external_reference_id"
]


PermanentSupportingDocumentInclude = Literal["template", "identity"]


class PermanentSupportingDocumentCreate(TypedDict, total=False):
    """Members of a new PermanentSupportingDocument."""

    external_reference_id: Reference | None
    template: Required[SupportingDocumentTemplate | Id]
    identity: Required[Identity | Id]
    files: Required[Sequence[EncryptedFile | Id]]


class PermanentSupportingDocumentUpdate(TypedDict, total=False):
    """What may be changed of a PermanentSupportingDocument."""

    external_reference_id: Reference | None
    template: SupportingDocumentTemplate | Id
    identity: Identity | Id
    files: Sequence[EncryptedFile | Id]


permanent_supporting_documents: Declaration = Declaration(
    "permanent_supporting_documents",
    PermanentSupportingDocument,
    filter=PermanentSupportingDocumentFilter,
    sort=PermanentSupportingDocumentSort,
    include=PermanentSupportingDocumentInclude,
    create=PermanentSupportingDocumentCreate,
    update=PermanentSupportingDocumentUpdate,
    only={"update": dict.fromkeys(("template", "identity", "files"), V2026_04_16)},
)


@record
class PublicKey(Record):
    """A key that documents are encrypted with, in PEM form."""

    type: ClassVar[str] = "public_keys"

    key: str


PublicKeyField = Literal["key"]


class PublicKeyFilter(TypedDict, total=False):
    id: PublicKey | Id | Sequence[PublicKey | Id]


PublicKeySort = Literal["key", "-key"]


public_keys: Declaration = Declaration(
    "public_keys",
    PublicKey,
    filter=PublicKeyFilter,
    sort=PublicKeySort,
    paged=False,
    only={"sort": {"key": V2026_04_16}},
)


@record
class EncryptedFile(Record):
    """An uploaded document; kept for 24 hours unless it is attached to something."""

    type: ClassVar[str] = "encrypted_files"

    description: str | None
    expires_at: datetime


EncryptedFileField = Literal["description", "expires_at"]


class EncryptedFileFilter(TypedDict, total=False):
    id: EncryptedFile | Id | Sequence[EncryptedFile | Id]


EncryptedFileSort = Literal["description", "-description", "expires_at", "-expires_at"]


encrypted_files: Declaration = Declaration(
    "encrypted_files", EncryptedFile, filter=EncryptedFileFilter, sort=EncryptedFileSort
)
