"""An answer's status, headers and bytes: its content made whole, or the error that it is.

Nothing here raises anything but the library's own errors, whatever the bytes. Bodies of errors come in five shapes:
a JSON:API list, the object of older uploads (`{"errors": {"base": [...]}}`), OAuth's (`error`, `error_description`)
from the token service, HTML from whatever stands before the API, and nothing at all.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, Final, cast

import attrs
import msgspec

from .errors import (
    ApiError,
    AuthenticationError,
    BadRequest,
    Conflict,
    ErrorDetail,
    InsufficientBalance,
    NotFound,
    PermissionDenied,
    ProtocolError,
    RateLimited,
    ServerError,
    ValidationError,
)
from .retry import retry_after

__all__ = ["Answer", "Body", "BrokenAnswer", "Length", "check_document", "error_of"]

MAX_CONTENT: Final = 512 * 1024 * 1024
"""Bytes of an answer at most, inflated: far beyond any page, and short of what takes a machine down."""

_SHOWN: Final = 200

_BY_STATUS: Final[Mapping[int, type[ApiError]]] = {
    400: BadRequest,
    401: AuthenticationError,
    403: PermissionDenied,
    404: NotFound,
    409: Conflict,
    422: ValidationError,
    429: RateLimited,
}
_HINTS: Final[Mapping[int, str]] = {
    401: (
        "Check that the API key is right, that it is of this environment (sandbox and production have keys of "
        "their own), and that its list of allowed IP addresses has this machine's. An account whose API version is "
        "2026-11-19 takes access tokens only: api_version='2026-11-19'"
    ),
    403: "The account or token may be read-only, or the feature not enabled for the account: ask DIDWW",
    415: "The API takes application/vnd.api+json without parameters only",
    429: "All users of the API key share its limit of requests: see what else uses the key",
}
_BALANCE_TITLES: Final = ("insufficient balance", "insufficient funds")


class BrokenAnswer(ProtocolError):
    """An answer that began and did not come whole."""


@attrs.frozen
class Answer:
    """A complete answer: HTTP status, headers by lower-case name, and the content, inflated where it was packed."""

    status: int
    headers: Mapping[str, str]
    content: bytes


class Length:
    """Counts an answer's bytes as they come, against those that its head announced."""

    __slots__ = ("_announced", "received")

    def __init__(self, method: str, status: int, headers: Mapping[str, str]) -> None:
        bodiless = method == "HEAD" or status in (204, 304)
        self._announced = None if bodiless else _number(headers.get("content-length"))
        self.received: int = 0

    def check(self) -> None:
        """Everything came. Raises BrokenAnswer if it did not."""
        if self._announced is not None and self.received != self._announced:
            raise BrokenAnswer(f"{self.received:,} of {self._announced:,} bytes of the answer came")


class Body:
    """Takes an answer's body piece by piece and gives it whole, inflated, or not at all.

    Raises BrokenAnswer for one that ends early, is longer than announced, or is packed wrongly. HTTP libraries take
    gzip that is cut off for complete.
    """

    __slots__ = ("_inflate", "_length", "_pieces", "_size")

    def __init__(self, method: str, status: int, headers: Mapping[str, str]) -> None:
        self._pieces: list[bytes] = []
        self._length = Length(method, status, headers)
        self._size = 0
        encoding = headers.get("content-encoding", "").strip().lower()
        if encoding in ("", "identity"):
            self._inflate = None
        elif encoding in ("gzip", "x-gzip"):
            self._inflate = zlib.decompressobj(wbits=31)
        else:
            raise BrokenAnswer(f"the answer is packed as {encoding[:40]!r}, which was not asked for")

    def add(self, piece: bytes) -> None:
        """The next bytes, as they came."""
        self._length.received += len(piece)
        if self._inflate is not None:
            piece = self._inflated(piece)
        self._size += len(piece)
        if self._size > MAX_CONTENT:
            raise BrokenAnswer(f"the answer is larger than {MAX_CONTENT:,} bytes")
        self._pieces.append(piece)

    def _inflated(self, piece: bytes) -> bytes:
        inflated: list[bytes] = []
        try:
            while piece and self._inflate is not None:
                if self._inflate.eof:
                    self._inflate = zlib.decompressobj(wbits=31)
                inflated.append(self._inflate.decompress(piece, MAX_CONTENT + 1))
                piece = self._inflate.unused_data
        except zlib.error as error:
            raise BrokenAnswer(f"the answer's gzip is damaged: {error}") from None
        return b"".join(inflated)

    def whole(self) -> bytes:
        """The content, once everything came."""
        self._length.check()
        received = self._length.received
        if self._inflate is not None and received and not self._inflate.eof:
            raise BrokenAnswer(f"the answer's gzip is cut off after {received:,} bytes")
        return self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and text.isascii() and text.isdigit() and len(text) < 19 else None


def check_document(asked: str, answer: Answer) -> None:
    """Check that a good answer is a JSON document, as far as can be told without reading it, or empty.

    Raises BrokenAnswer for one that is cut off, ProtocolError for what is no JSON, naming what came. `asked` is the
    method and the path.
    """
    content = answer.content
    if not content:
        return
    # The media type is not asked: what begins and ends as JSON is read as JSON, whatever it is called.
    start, end = content[:64].lstrip()[:1], content[-64:].rstrip()[-1:]
    if start not in (b"{", b"["):
        kind = answer.headers.get("content-type", "no media type")
        raise ProtocolError(
            f"{asked}: expected a JSON:API document, got {kind[:60]}: {_beginning(content)!r}. Check base_url, and "
            "whether a proxy answers in the API's place"
        )
    if end != (b"}" if start == b"{" else b"]"):
        raise BrokenAnswer(f"{asked}: the JSON document is cut off after {len(content):,} bytes")


def error_of(method: str, path: str, answer: Answer, *, hint: str | None = None) -> ApiError:
    """The error that an answer with a status of 400 or more is. Never raises, whatever the body.

    `hint` says what to do, instead of what is said for the status.
    """
    status = answer.status
    errors = tuple(_details(answer.content))
    kind = _BY_STATUS.get(status) or (ServerError if status >= 500 else ApiError)
    money = next((entry for entry in errors if entry.title.lower() in _BALANCE_TITLES), None)
    if status == 400 and money is not None:
        kind = InsufficientBalance
    error = kind(
        status=status,
        method=method,
        path=path,
        errors=errors,
        request_id=_printable(answer.headers.get("x-request-id", ""))[:80] or None,
        body="" if errors else _beginning(answer.content),
        hint=_HINTS.get(status, "") if hint is None else hint,
        retry_after=retry_after(answer.headers),
    )
    if isinstance(error, InsufficientBalance) and money is not None:
        error.available_balance = _amount(money.meta.get("available_balance"))
        error.total_cost = _amount(money.meta.get("total_cost"))
    return error


def _details(content: bytes) -> Iterator[ErrorDetail]:
    try:
        document: Any = msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return
    body = _members(document)
    errors = body.get("errors")
    if isinstance(errors, str):
        yield ErrorDetail(detail=errors)
    elif isinstance(errors, dict):
        for name, said in _members(errors).items():
            for one in _listed(said):
                yield ErrorDetail(detail=_text(one), pointer="" if name == "base" else name)
    elif errors is not None:
        for entry in _listed(errors):
            yield _detail(_members(entry)) if isinstance(entry, dict) else ErrorDetail(detail=_text(entry))
    elif "error" in body:
        error = _text(body["error"])
        yield ErrorDetail(title=error, code=error, detail=_text(body.get("error_description")))


def _detail(entry: dict[str, Any]) -> ErrorDetail:
    return ErrorDetail(
        title=_text(entry.get("title")),
        detail=_text(entry.get("detail")),
        code=_text(entry.get("code")),
        status=_text(entry.get("status")),
        pointer=_text(_members(entry.get("source")).get("pointer")),
        meta=_members(entry.get("meta")),
    )


def _members(value: Any) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _listed(value: Any) -> Sequence[Any]:
    return cast("Sequence[Any]", value) if isinstance(value, list) else [value]


def _text(value: Any) -> str:
    return "" if value is None else value if isinstance(value, str) else str(value)


def _amount(value: Any) -> Decimal | None:
    try:
        amount = Decimal(_text(value))
    except InvalidOperation:
        return None
    return amount if amount.is_finite() else None


def _beginning(content: bytes) -> str:
    return _printable(content[:_SHOWN].decode(errors="replace"))


def _printable(text: str) -> str:
    return "".join(character if character.isprintable() else " " for character in text).strip()
