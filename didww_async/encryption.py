"""Encrypt documents of end users so that only DIDWW can read them.

What is uploaded is a session key and its initial vector, encrypted to each of DIDWW's two public keys in turn
(RSA-OAEP with SHA-256), and after them the document (AES-256-CBC, PKCS#7 padding). The fingerprint of the two
keys goes along, for DIDWW to know which pair it was. Layout and fingerprint are those of DIDWW's own tools.
"""

from __future__ import annotations

import base64
import hashlib
import importlib
import secrets
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from .errors import ConfigurationError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

__all__ = ["LARGEST", "check_document", "encrypt", "fingerprint", "require_cryptography"]

LARGEST: Final = 20 * 1024 * 1024
"""Bytes of the largest document that DIDWW takes."""

_IMAGES: Final = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")


def require_cryptography() -> None:
    """Raise ConfigurationError where the package that encrypts is not installed."""
    try:
        importlib.import_module("cryptography")
    except ModuleNotFoundError:
        raise ConfigurationError(
            "documents are encrypted with the package cryptography: pip install 'didww_async[encryption]'"
        ) from None


def check_document(content: bytes, name: str = "the document") -> None:
    """Raise ConfigurationError for what DIDWW would refuse: it takes JPG, PNG and PDF of up to 20 MB.

    The kind is told by the first bytes. `name` is what the message calls the document.
    """
    # Readers of PDF allow something before its mark, and writers of PDF do it.
    if not content.startswith(_IMAGES) and b"%PDF-" not in content[:1024]:
        raise ConfigurationError(f"{name} is none of the kinds that DIDWW takes: JPG, PNG, PDF")
    if len(content) > LARGEST:
        raise ConfigurationError(f"{name} has {len(content):,} bytes, and DIDWW takes up to 20 MB ({LARGEST:,} bytes)")


def fingerprint(keys: Sequence[str]) -> str:
    """The fingerprint of DIDWW's pair of public keys, given in PEM and in the order that the API lists them.

    Keys after the second are left aside. Raises ConfigurationError for fewer than two, or for what is no PEM.
    """
    return ":::".join(hashlib.sha1(key).hexdigest() for key in _pair(keys))


def encrypt(content: bytes, keys: Sequence[str]) -> bytes:
    """`content` as DIDWW wants it, for its pair of public keys. Takes about 0.1 s for 20 MB: use a thread.

    Raises ConfigurationError for keys that are not two RSA keys, and where `cryptography` is not installed.
    """
    require_cryptography()
    from cryptography.hazmat.primitives import hashes, padding
    from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    key, vector = secrets.token_bytes(32), secrets.token_bytes(16)
    oaep = OAEP(MGF1(hashes.SHA256()), hashes.SHA256(), None)
    parts = [_rsa(der).encrypt(key + vector, oaep) for der in _pair(keys)]
    padder = padding.PKCS7(128).padder()
    cipher = Cipher(algorithms.AES(key), modes.CBC(vector)).encryptor()
    parts += [cipher.update(padder.update(content)), cipher.update(padder.finalize()), cipher.finalize()]
    return b"".join(parts)


def _pair(keys: Sequence[str]) -> list[bytes]:
    if len(keys) < 2:
        raise ConfigurationError(f"documents are encrypted for two public keys, and there are {len(keys)}")
    return [_der(pem) for pem in keys[:2]]


def _der(pem: str) -> bytes:
    # By hand, for the label of the PEM is not always the one of its content, which is what counts.
    lines = [line.strip() for line in pem.strip().splitlines()]
    body = "".join(line for line in lines if not line.startswith("-----"))
    try:
        der = base64.b64decode(body, validate=True)
    except ValueError:
        der = b""
    if len(lines) < 3 or not der:
        raise ConfigurationError("a public key to encrypt documents with is not in PEM")
    return der


def _rsa(der: bytes) -> RSAPublicKey:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    try:
        key = load_der_public_key(der)
    except (ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, RSAPublicKey):
        raise ConfigurationError("a public key to encrypt documents with is no RSA key")
    return key
