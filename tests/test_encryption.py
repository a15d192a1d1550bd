"""Documents reach DIDWW encrypted for its two keys, and nothing else leaves the machine."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Sequence
from pathlib import Path

import httpx
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from didww_async.encryption import LARGEST, check_document, encrypt, fingerprint
from didww_async.errors import ConfigurationError, ProtocolError, ValidationError
from didww_async.session import Session

PDF = b"%PDF-1.7 a proof of address"

# The two public keys and the fingerprint that DIDWW publishes with its encryption tools.
PUBLISHED_KEYS = (
    """-----BEGIN PUBLIC KEY-----
MIICIjANBgkqhkiG9w0BAQEFAAOCAg8AMIICCgKCAgEA0eHGTVjy2s+uOfFteMoB
T6TXa0Ra20weFoA/dQB2SsCvZ2zAOJqDuqbjFPdcRPp0TwR0rmDDHaLzV/d8EwF2
XiX9+9lwEGivn4PCz0A49gelNthD2dFR/TxyiVVdRsiaPeGJKVZTkYO3FhCKBpXe
L2h1t+yhIQGGYZjh/fGgahJf2PKzDapHO4p8MZK8KCUBIN5z20cYblRyt39gdHul
sqGvERDUwYdgiEAFv5Y9yyVFUeMmeiswImLj8yHnVdwc2+5jEtWEeGzkZ0LNQCby
nynlGwzkDXcQ98Pm00XDcvPwPk91dBvZvhA/G2n2zXp8WA+MLOkWIi015Lqy4doa
807DYfJW+600c1P0YaOI/pgGO9dGllpFGcZBxoNN5ZMUUOjTmrXYUNYTGSZh93gd
lGP3rlhvAlui17CUW2pLpl4CaSUDJWXQZyJH/ILZ+HMVgOMsc7eyZDLWyWWaNlJg
EKSVNF3A8zx8oCtu+LjNPTqaiRvc3BI/ISRvb6r99v5oozCVQ/QIT24AxMLdmy01
xOhXuDq48uoUTWssquuOnfFdF1WaK3c+AlaomX39re/rj4pvIB0ZlzuVN+LGG5WK
Yb6jCitvl8lnw9yTBZKZeU1+IFBvWgN72o4B+Y/qjZJ5N0pCK+ZSrIeLo8Pse/S6
QIULNIKq3VuvLgliDcsOzIMCAwEAAQ==
-----END PUBLIC KEY-----
""",
    """-----BEGIN PUBLIC KEY-----
MIICIjANBgkqhkiG9w0BAQEFAAOCAg8AMIICCgKCAgEA9L57/eAXG5ILm1CKjDpz
UqqEOq45OyIGXr4lYPPL090C8ulDHkqd8I4Zn1k0ZVLL1SC/mtWaE4+k5jrrQTQN
3pFVDraUsI+ugvtyCwH0IViW0UaASkT26BQwdzN9/iGJACoL1pAOzQaEpBW9LtLB
kgdNYHKZD++RD0gskbkhuaBM5yLx6sK2vES49GhCCog/qGkq9ogZIuXN9UMZpqgv
tF9sBNLixGNxvsz7svxlaPFKim1eetVgWa53KTuypUJcnNWFJdft4NhmOabHfc4M
3IyCtkrkkRmmoaYKr3ZK2fCYIRaUxyEv+YWM3ISV1ZkEEqlRtH2dybOotkxkJpOt
3AKMk86FXrcgMmspf34wN8uFXVrtZht6XkbWWwjlG+I48V1SPM7SK9BrnDQNgoJe
d5LhjyK4dNTJo+XM2C65iwKDc5OzQX+VS9mS5uSKzn9rDOkpjjMLqWxDdmK4X7uZ
ZMkFtDcuf0vYKuMcOQ4w1NH+FcFO1XPtKftIiLLY0SafUIqGEbt1bf0A/whLpTNE
rc1WI1V8+DsYhqZqWDINbqNXS1/iRahiXPanmszR6npkxqdvtMsdM5FJJIz7x9a/
oPNqkDzHWZPwpZCdZO4mijx2CIcMqh8Y2NXlMI/FDlO/qUgmFz1gf9Fm41HLmFzS
5LG5KbxmgbPJlM3Q8s6TAl0CAwEAAQ==
-----END PUBLIC KEY-----
""",
)
PUBLISHED_FINGERPRINT = "ca5af2d14bee923a0a0d1687b7c77e7211a57f84:::683150ee69b4d906aa883d0ac12b0fdd79f95bcf"

_PRIVATE = [rsa.generate_private_key(65537, 2048) for _ in range(4)]


def pem(number: int) -> str:
    public = _PRIVATE[number].public_key()
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def decrypted(content: bytes, private: rsa.RSAPrivateKey, block: int) -> bytes:
    """What the holder of one of two 2048-bit keys reads, by the layout that DIDWW documents."""
    head = content[block * 256 : (block + 1) * 256]
    session = private.decrypt(head, OAEP(MGF1(hashes.SHA256()), hashes.SHA256(), None))
    key, vector = session[:32], session[32:]
    assert len(vector) == 16
    decryptor = Cipher(algorithms.AES(key), modes.CBC(vector)).decryptor()
    padded = decryptor.update(content[512:]) + decryptor.finalize()
    assert padded.endswith(bytes([padded[-1]]) * padded[-1])
    return padded[: -padded[-1]]


@settings(deadline=None)
@given(st.binary(max_size=100))
def test_the_holder_of_either_key_reads_the_document(content: bytes) -> None:
    encrypted = encrypt(content, [pem(0), pem(1)])

    assert len(encrypted) == 512 + len(content) + 16 - len(content) % 16
    assert decrypted(encrypted, _PRIVATE[0], 0) == content
    assert decrypted(encrypted, _PRIVATE[1], 1) == content


def test_the_same_document_is_never_encrypted_the_same_way() -> None:
    assert encrypt(PDF, [pem(0), pem(1)])[512:] != encrypt(PDF, [pem(0), pem(1)])[512:]


def test_the_fingerprint_of_the_published_pair_is_the_published_one() -> None:
    assert fingerprint(PUBLISHED_KEYS) == PUBLISHED_FINGERPRINT
    assert len(encrypt(b"test data", PUBLISHED_KEYS)) == 1040


def test_the_fingerprint_is_that_of_the_first_two_keys_in_order() -> None:
    first, second = (
        hashlib.sha1(_PRIVATE[n].public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()
        for n in (0, 1)
    )

    assert fingerprint([pem(0), pem(1), pem(2)]) == f"{first}:::{second}"
    assert fingerprint([pem(1), pem(0)]) == f"{second}:::{first}"


def test_a_key_is_read_by_its_content_whatever_its_label_and_line_ends() -> None:
    label = pem(0).replace("PUBLIC KEY", "RSA PUBLIC KEY").replace("\n", "\r\n")

    assert fingerprint([label, pem(1)]) == fingerprint([pem(0), pem(1)])
    assert decrypted(encrypt(PDF, [label, pem(1)]), _PRIVATE[0], 0) == PDF


def _curve() -> str:
    public = ec.generate_private_key(ec.SECP256R1()).public_key()
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


@pytest.mark.parametrize(
    "keys",
    [[], [pem(0)], [pem(0), "no key"], [pem(0), "-----BEGIN\n!\n-----END"], [pem(0), _curve()]],
    ids=["none", "one", "text", "no base64", "no RSA"],
)
def test_keys_that_are_not_two_rsa_keys_are_refused(keys: Sequence[str]) -> None:
    with pytest.raises(ConfigurationError, match="public key"):
        encrypt(PDF, keys)


@pytest.mark.parametrize(
    "content", [PDF, b"\xff\xd8\xff\xe0 photo", b"\x89PNG\r\n\x1a\n scan", b"\n\n%PDF-1.4 after a blank line"]
)
def test_the_kinds_of_document_that_didww_takes_are_let_through(content: bytes) -> None:
    check_document(content)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 a docx", b"GIF89a", b"<html>"])
def test_other_kinds_of_document_are_refused(content: bytes) -> None:
    with pytest.raises(ConfigurationError, match="JPG, PNG, PDF"):
        check_document(content, "passport.docx")


def test_a_document_over_20_mb_is_refused_and_one_of_20_mb_is_not() -> None:
    check_document(PDF.ljust(LARGEST))
    with pytest.raises(ConfigurationError, match="20,971,521 bytes"):
        check_document(PDF.ljust(LARGEST + 1))


class Api:
    """DIDWW's two resources for uploads. It decrypts with the keys it has now, and changes them when told."""

    def __init__(self, *, changes: int = 0, shape: str = "list") -> None:
        self.pair = (0, 1)
        self.changes = changes
        self.shape = shape
        self.asked: list[str] = []
        self.received: list[tuple[bytes, dict[str, bytes]]] = []

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(f"{request.method} {request.url.path}")
        if request.url.path.endswith("/public_keys"):
            assert "api-key" not in request.headers, "public keys take no credentials"
            keys = [
                {
                    "id": f"f40e1176-1ab1-47c5-b1b0-7d0c2d4d9b0{n}",
                    "type": "public_keys",
                    "attributes": {"key": pem(n)},
                }
                for n in self.pair
            ]
            return httpx.Response(200, json={"data": keys})
        fields = multipart(request)
        if self.changes:
            self.changes -= 1
            self.pair = (2, 3) if self.pair == (0, 1) else (0, 1)
        if fields["encrypted_files[encryption_fingerprint]"].decode() != fingerprint([*map(pem, self.pair)]):
            return self.outdated()
        self.received.append((decrypted(fields["encrypted_files[file]"], _PRIVATE[self.pair[1]], 1), fields))
        created = {
            "id": "dcf2bfcb-9b3f-4c0c-8c5c-8a1c5c4b2f11",
            "type": "encrypted_files",
            "attributes": {"description": None, "expires_at": "2026-11-25T12:00:00.000Z"},
        }
        return httpx.Response(201, json={"data": created, "meta": {"api_version": "2026-04-16"}})

    def outdated(self) -> httpx.Response:
        error = {
            "title": "outdated fingerprint",
            "detail": "outdated fingerprint",
            "code": "100",
            "status": "422",
        }
        if self.shape == "list":
            return httpx.Response(422, json={"errors": [error | {"source": {"pointer": "/data"}}]})
        return httpx.Response(422, json={"errors": {"base": ["outdated fingerprint"]}})

    def session(self) -> Session:
        return Session("a-key", api_version="2026-04-16", transport=httpx.MockTransport(self))


def multipart(request: httpx.Request) -> dict[str, bytes]:
    kind = request.headers["content-type"]
    boundary = re.fullmatch(r"multipart/form-data; boundary=(\S+)", kind)
    assert boundary, kind
    parts = request.content.split(b"--" + boundary[1].encode())[1:-1]
    fields: dict[str, bytes] = {}
    for part in parts:
        head, _, content = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        name = re.search(rb'name="([^"]*)"', head)
        assert name, head
        fields[name[1].decode()] = content.removesuffix(b"\r\n")
    return fields


async def test_a_document_is_uploaded_encrypted_with_its_fingerprint_and_description(tmp_path: Path) -> None:
    api = Api()
    path = tmp_path / "proof.pdf"
    path.write_bytes(PDF)

    async with api.session() as didww:
        file = await didww.encrypted_files.upload(path, description="Stromrechnung für März")

    assert file.id == "dcf2bfcb-9b3f-4c0c-8c5c-8a1c5c4b2f11"
    assert file.expires_at.isoformat() == "2026-11-25T12:00:00+00:00"
    ((content, fields),) = api.received
    assert content == PDF
    assert fields["encrypted_files[description]"].decode() == "Stromrechnung für März"
    assert PDF not in fields["encrypted_files[file]"]


async def test_the_keys_are_fetched_once_for_many_documents() -> None:
    api = Api()

    async with api.session() as didww:
        for _ in range(3):
            await didww.encrypted_files.upload(PDF)

    assert [content for content, _ in api.received] == [PDF] * 3
    assert "encrypted_files[description]" not in api.received[0][1]
    assert api.asked == ["GET /v3/public_keys"] + ["POST /v3/encrypted_files"] * 3


@pytest.mark.parametrize("shape", ["list", "object"])
async def test_when_the_keys_have_changed_they_are_fetched_anew_and_the_document_is_sent_once_more(
    shape: str,
) -> None:
    api = Api(changes=1, shape=shape)

    async with api.session() as didww:
        await didww.encrypted_files.upload(PDF)
        await didww.encrypted_files.upload(PDF)

    assert [content for content, _ in api.received] == [PDF, PDF]
    assert api.asked == [
        *["GET /v3/public_keys", "POST /v3/encrypted_files"] * 2,
        "POST /v3/encrypted_files",
    ]


async def test_keys_that_change_all_the_time_are_not_followed_for_ever() -> None:
    api = Api(changes=100)

    async with api.session() as didww:
        with pytest.raises(ValidationError, match="outdated fingerprint"):
            await didww.encrypted_files.upload(PDF)

    assert api.asked == ["GET /v3/public_keys", "POST /v3/encrypted_files"] * 2


async def test_another_refusal_is_not_tried_again() -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return httpx.Response(
                200,
                json={"data": [{"id": "1", "type": "public_keys", "attributes": {"key": pem(n)}} for n in (0, 1)]},
            )
        asked.append(request.method)
        return httpx.Response(422, json={"errors": [{"title": "can't be blank", "code": "100", "status": "422"}]})

    asked: list[str] = []
    async with Session("a-key", api_version="2026-04-16", transport=httpx.MockTransport(refuse)) as didww:
        with pytest.raises(ValidationError, match="blank"):
            await didww.encrypted_files.upload(PDF)

    assert asked == ["POST"]


async def test_what_cannot_be_uploaded_is_refused_before_anything_is_sent(tmp_path: Path) -> None:
    api = Api()
    big, odd = tmp_path / "big.pdf", tmp_path / "odd.docx"
    big.write_bytes(b"%PDF-")
    os.truncate(big, LARGEST + 1)
    odd.write_bytes(b"PK\x03\x04")

    async with api.session() as didww:
        for document, reason in (
            (big, "20 MB"),
            (odd, r"odd\.docx is none of the kinds"),
            (str(tmp_path / "none.pdf"), "cannot be read"),
            (b"", "none of the kinds"),
        ):
            with pytest.raises(ConfigurationError, match=reason):
                await didww.encrypted_files.upload(document)

    assert api.asked == []


async def test_an_api_without_two_keys_is_a_protocol_error() -> None:
    def one(request: httpx.Request) -> httpx.Response:
        key = {"id": "1", "type": "public_keys", "attributes": {"key": pem(0)}}
        return httpx.Response(200, content=json.dumps({"data": [key]}))

    async with Session("a-key", api_version="2026-04-16", transport=httpx.MockTransport(one)) as didww:
        with pytest.raises(ProtocolError, match="1 public key"):
            await didww.encrypted_files.upload(PDF)
