"""The ability of encrypted files: documents encrypted for DIDWW's keys and uploaded."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path

from .. import documents
from ..encryption import LARGEST, check_document, encrypt, fingerprint, require_cryptography
from ..errors import ConfigurationError, ProtocolError, ValidationError
from ..records.proofs import EncryptedFile, PublicKey
from ..transport import File
from .base import Resource

__all__ = ["Uploads"]


class Uploads(Resource[EncryptedFile]):
    """A resource that takes encrypted documents.

    DIDWW's keys are fetched once and used until DIDWW says that they are no longer its own.
    """

    _keys: Sequence[str] = ()

    async def upload(
        self, document: bytes | str | os.PathLike[str], *, description: str | None = None
    ) -> EncryptedFile:
        """Encrypt a document, given by its path or its bytes, and upload it.

        The record answered goes into a proof, a permanent document or an address verification within 24
        hours; DIDWW deletes it then. Reading and encrypting are done in threads. Where DIDWW has changed its
        keys, they are fetched anew and the document is sent once more.

        Raises ConfigurationError, before anything is sent, for a document that is no JPG, PNG or PDF, that is
        larger than 20 MB or cannot be read, and where `cryptography` is not installed.
        """
        content = await asyncio.to_thread(_read, document)
        keys = self._keys or await self._fetch_keys()
        try:
            return await self._upload(content, keys, description)
        except ValidationError as error:
            if not _outdated(error):
                raise
        return await self._upload(content, await self._fetch_keys(), description)

    async def _fetch_keys(self) -> Sequence[str]:
        answer = await self._transport.request("GET", "/public_keys")
        listed = documents.finish(documents.read_many(answer.content, "GET /public_keys")).records
        keys = [record.key for record in listed if isinstance(record, PublicKey)]
        if len(keys) < 2:
            raise ProtocolError(f"GET /public_keys answered {len(keys)} public keys, and two are needed")
        self._keys = keys
        return keys

    async def _upload(self, content: bytes, keys: Sequence[str], description: str | None) -> EncryptedFile:
        encrypted = await asyncio.to_thread(encrypt, content, keys)
        parts = [
            File("encrypted_files[encryption_fingerprint]", fingerprint(keys).encode()),
            File("encrypted_files[file]", encrypted, "document.enc"),
        ]
        if description is not None:
            parts.append(File("encrypted_files[description]", description.encode()))
        path = self.declaration.path
        answer = await self._transport.request("POST", path, files=parts)
        return self._read(answer.content, f"POST {path}")


def _read(document: bytes | str | os.PathLike[str]) -> bytes:
    require_cryptography()
    if isinstance(document, bytes):
        check_document(document)
        return document
    path = Path(document)
    try:
        if path.stat().st_size > LARGEST:
            raise ConfigurationError(f"{path} is larger than the 20 MB ({LARGEST:,} bytes) that DIDWW takes")
        content = path.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}") from None
    check_document(content, str(path))
    return content


def _outdated(error: ValidationError) -> bool:
    # API versions before 2026-04-16 answer {"errors": {"base": ["outdated fingerprint"]}}, which is no list.
    return any("outdated fingerprint" in text.lower() for text in (error.body, *map(str, error.errors)))
