"""Encrypted documents that are uploaded, and the key pairs they are encrypted for."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import re
from datetime import timedelta
from email.message import Message
from typing import TYPE_CHECKING, Any, Final

from .account import Account, stamp
from .problems import bad_request, invalid, rejected
from .store import Record

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

__all__ = ["Uploads"]

_LARGEST: Final = 20 * 1024 * 1024
_LIFETIME: Final = timedelta(hours=24)
_PREFIX: Final = "encrypted_files"
_made: list[RSAPrivateKey] = []
"""Keys are slow to make: those of all simulators in a process are the same."""


class Uploads:
    """Takes uploads in. The two keys of the moment are made when they are first asked for."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._first = 0

    async def publish_keys(self) -> list[Record]:
        """The public keys as records, in their order."""
        await asyncio.to_thread(_make, self._first + 2)
        table = self._account.store.table("public_keys")
        if not table:
            # Lists are ordered by id, and the order of the two keys matters.
            ids = sorted(self._account.new_id() for _ in range(2))
            for id, key in zip(ids, _made[self._first :], strict=False):
                self._account.store.add(Record("public_keys", id, {"key": _pem(key)}))
        return list(table.values())

    async def fingerprint(self) -> str:
        """What uploads must name: the digests of both keys."""
        return ":::".join(_digest(record.attributes["key"]) for record in await self.publish_keys())

    def rotate(self) -> None:
        """Replace both keys; uploads for the old ones are refused from now on."""
        self._first += 2
        for record in list(self._account.store.table("public_keys").values()):
            self._account.store.remove(record)

    async def receive(self, content_type: str, body: bytes) -> Record:
        """Take one upload in. Raises Problem for what is wrong with it."""
        parts = _parts(content_type, body)
        if parts is None or parts.keys() - {"file", "encryption_fingerprint", "description"}:
            raise bad_request("400", "invalid params", "invalid params")
        if not parts.get("file"):
            raise rejected(invalid("/data/attributes/file", "can't be blank", "file"))
        if len(parts["file"]) > _LARGEST:
            raise rejected(invalid("/data/attributes/file", "is too large (maximum is 20 MB)", "file"))
        if parts.get("encryption_fingerprint", b"").decode("ascii", "replace") != await self.fingerprint():
            raise rejected(invalid("/data", "outdated fingerprint"))
        description = parts["description"].decode("utf-8", "replace") if "description" in parts else None
        expires_at = self._account.now() + _LIFETIME
        record = self._account.add(
            "encrypted_files",
            {"description": description, "expires_at": stamp(expires_at)},
            hidden={"content": parts["file"]},
        )
        self._account.agenda.after(_LIFETIME.total_seconds(), lambda: self._expire(record))
        return record

    def decrypt(self, id: str, key: int = 0) -> bytes:
        """What an upload holds, read with the first (0) or the second (1) key of its pair."""
        from cryptography.hazmat.primitives import hashes, padding
        from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
        from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

        content: bytes = self._account.store.one("encrypted_files", id).hidden["content"]
        private = _made[self._first + key]
        size = private.key_size // 8
        sealed = content[key * size : (key + 1) * size]
        secret = private.decrypt(sealed, OAEP(mgf=MGF1(hashes.SHA256()), algorithm=hashes.SHA256(), label=None))
        decryptor = Cipher(algorithms.AES(secret[:32]), modes.CBC(secret[32:])).decryptor()
        padded = decryptor.update(content[2 * size :]) + decryptor.finalize()
        unpadder = padding.PKCS7(128).unpadder()
        return unpadder.update(padded) + unpadder.finalize()

    def _expire(self, record: Record) -> None:
        if not record.hidden.get("attached"):
            self._account.store.remove(record)


def _make(count: int) -> None:
    from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

    while len(_made) < count:
        _made.append(generate_private_key(public_exponent=65537, key_size=2048))


def _pem(key: RSAPrivateKey) -> str:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def _digest(pem: str) -> str:
    der = base64.b64decode("".join(line for line in pem.splitlines() if not line.startswith("-----")))
    return hashlib.sha1(der).hexdigest()


def _parts(content_type: str, body: bytes) -> dict[str, bytes] | None:
    """The parts of a multipart form by their names inside `encrypted_files[...]`; None for what is no such form."""
    message = Message()
    message["Content-Type"] = content_type
    boundary: Any = message.get_param("boundary")
    if message.get_content_type() != "multipart/form-data" or not isinstance(boundary, str):
        return None
    parts: dict[str, bytes] = {}
    delimiter = b"\r\n--" + boundary.encode()
    for piece in (b"\r\n" + body).split(delimiter)[1:-1]:
        head, _, content = piece.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        name = re.search(rb'[; ]name="([^"]*)"', head)
        inner = re.fullmatch(rf"{_PREFIX}\[(\w+)\]", name[1].decode("utf-8", "replace")) if name else None
        if inner is None:
            return None
        parts[inner[1]] = content
    return parts
