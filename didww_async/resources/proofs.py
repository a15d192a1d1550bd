"""What can be done with proofs: the methods that the API gives each resource."""

from __future__ import annotations

from typing import ClassVar, Never, Unpack

from ..records import proofs as declared
from ..records.declaration import Declaration
from ..records.proofs import (
    EncryptedFile,
    EncryptedFileFilter,
    EncryptedFileSort,
    PermanentSupportingDocument,
    PermanentSupportingDocumentCreate,
    PermanentSupportingDocumentFilter,
    PermanentSupportingDocumentInclude,
    PermanentSupportingDocumentSort,
    PermanentSupportingDocumentUpdate,
    Proof,
    ProofCreate,
    ProofFilter,
    ProofInclude,
    ProofSort,
    ProofType,
    ProofTypeFilter,
    ProofTypeSort,
    ProofUpdate,
    PublicKey,
    PublicKeyFilter,
    PublicKeySort,
    SupportingDocumentTemplate,
    SupportingDocumentTemplateFilter,
    SupportingDocumentTemplateSort,
)
from .base import Creates, Deletes, Gets, Lists, Updates
from .references import References
from .uploads import Uploads

__all__ = [
    "EncryptedFiles",
    "PermanentSupportingDocuments",
    "ProofTypes",
    "Proofs",
    "PublicKeys",
    "SupportingDocumentTemplates",
]


class ProofTypes(Lists[ProofType, ProofTypeFilter, ProofTypeSort, Never], Gets[ProofType, Never]):
    """`didww.proof_types`."""

    declaration: ClassVar[Declaration] = declared.proof_types


class Proofs(
    References[Proof, ProofFilter, ProofSort, ProofInclude],
    Gets[Proof, ProofInclude],
    Creates[Proof],
    Updates[Proof],
    Deletes[Proof],
):
    """`didww.proofs`."""

    declaration: ClassVar[Declaration] = declared.proofs

    async def create(self, **values: Unpack[ProofCreate]) -> Proof:
        """Create one; what is not named is not sent, and a relationship takes a record or an id."""
        return await self._create(values)

    async def update(self, record: Proof | str, /, **changes: Unpack[ProofUpdate]) -> Proof:
        """Change what is named and nothing else; None is sent as null."""
        return await self._update(record, changes)


class SupportingDocumentTemplates(
    Lists[SupportingDocumentTemplate, SupportingDocumentTemplateFilter, SupportingDocumentTemplateSort, Never],
    Gets[SupportingDocumentTemplate, Never],
):
    """`didww.supporting_document_templates`."""

    declaration: ClassVar[Declaration] = declared.supporting_document_templates


class PermanentSupportingDocuments(
    References[
        PermanentSupportingDocument,
        PermanentSupportingDocumentFilter,
        PermanentSupportingDocumentSort,
        PermanentSupportingDocumentInclude,
    ],
    Gets[PermanentSupportingDocument, PermanentSupportingDocumentInclude],
    Creates[PermanentSupportingDocument],
    Updates[PermanentSupportingDocument],
    Deletes[PermanentSupportingDocument],
):
    """`didww.permanent_supporting_documents`."""

    declaration: ClassVar[Declaration] = declared.permanent_supporting_documents

    async def create(self, **values: Unpack[PermanentSupportingDocumentCreate]) -> PermanentSupportingDocument:
        """Create one; what is not named is not sent, and a relationship takes a record or an id."""
        return await self._create(values)

    async def update(
        self,
        record: PermanentSupportingDocument | str,
        /,
        **changes: Unpack[PermanentSupportingDocumentUpdate],
    ) -> PermanentSupportingDocument:
        """Change what is named and nothing else; None is sent as null."""
        return await self._update(record, changes)


class PublicKeys(Lists[PublicKey, PublicKeyFilter, PublicKeySort, Never]):
    """`didww.public_keys`."""

    declaration: ClassVar[Declaration] = declared.public_keys


class EncryptedFiles(
    Lists[EncryptedFile, EncryptedFileFilter, EncryptedFileSort, Never],
    Gets[EncryptedFile, Never],
    Deletes[EncryptedFile],
    Uploads,
):
    """`didww.encrypted_files`."""

    declaration: ClassVar[Declaration] = declared.encrypted_files
