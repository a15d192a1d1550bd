"""Every exception the library raises, in one tree.

DidwwError
├── ConfigurationError          refused before anything was sent: a bad argument, key, address or name
│   └── NotInVersion            the API version in use has no such attribute, filter or resource
├── NotLoaded                   an attribute or a relationship that the answer did not carry (also an AttributeError)
├── TransportError              the network failed, and nothing was changed by it
│   └── Timeout                 no answer, or no file, within the time allowed
├── UnknownOutcome              a write was sent, its answer never came, and it may have been carried out
├── ProtocolError               an answer that is not what the API promises (HTML, a truncated body, no id)
│   └── CorruptDownload         a file that is cut off, damaged or not what it should be
├── RowError                    one row of a CSV file cannot be read; names the file and the line
├── InvalidCallback             a webhook that is unsigned, wrongly signed, too large or malformed
├── HarvestError                a harvest cannot go on; what was finished stays
├── OrderCanceled               an order that was waited for ended without its numbers
├── Duplicate                   one reference, several records: something was made twice
└── ApiError                    the API answered with an error document
    ├── BadRequest              400
    │   └── InsufficientBalance 400 with the two amounts
    ├── AuthenticationError     401
    ├── PermissionDenied        403
    ├── NotFound                404
    ├── Conflict                409
    ├── ValidationError         422
    ├── RateLimited             429, after the retries or when the wait asked for is too long
    └── ServerError             5xx
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import attrs

__all__ = [
    "ApiError",
    "AuthenticationError",
    "BadRequest",
    "ConfigurationError",
    "Conflict",
    "CorruptDownload",
    "DidwwError",
    "Duplicate",
    "ErrorDetail",
    "HarvestError",
    "InsufficientBalance",
    "InvalidCallback",
    "NotFound",
    "NotInVersion",
    "NotLoaded",
    "OrderCanceled",
    "PermissionDenied",
    "ProtocolError",
    "RateLimited",
    "RowError",
    "ServerError",
    "Timeout",
    "TransportError",
    "UnknownOutcome",
    "ValidationError",
]


class DidwwError(Exception):
    """Whatever this library raises of its own."""


class ConfigurationError(DidwwError, ValueError):
    """Refused before anything was sent; the message names the argument and what would be right."""


class NotInVersion(ConfigurationError):
    """The API version in use does not have what was asked for; the message names the one that has."""


class NotLoaded(DidwwError, AttributeError):
    """An attribute or relationship that the answer did not carry; the message says how to ask for it."""


class TransportError(DidwwError):
    """The network failed. The request was not sent, or repeating it is harmless."""


class Timeout(TransportError, TimeoutError):
    """No answer, or no file, within the time allowed."""


class UnknownOutcome(DidwwError):
    """A write was sent and its answer never came: it may have been carried out.

    `method` and `path` name the request, `sent` is the body as it went out, and the message says how to look.
    """

    def __init__(self, message: str, *, method: str, path: str, sent: Any = None) -> None:
        super().__init__(message)
        self.method = method
        self.path = path
        self.sent = sent


class ProtocolError(DidwwError):
    """An answer that is not what the API promises: HTML, a truncated body, a record without an id."""


class CorruptDownload(ProtocolError):
    """A file that is cut off, fails its checksum or is not the kind it should be."""


class RowError(DidwwError):
    """One row of a CSV file that cannot be read. `file`, `line` (1-based) and `row` say which."""

    def __init__(self, message: str, *, file: str, line: int, row: Sequence[str]) -> None:
        super().__init__(f"{file}, line {line}: {message}")
        self.file = file
        self.line = line
        self.row: tuple[str, ...] = tuple(row)


class InvalidCallback(DidwwError):
    """A webhook that must not be believed: unsigned, wrongly signed, too large or malformed."""


class HarvestError(DidwwError):
    """A harvest cannot go on. What was finished before stays and is not fetched again."""


class OrderCanceled(DidwwError):
    """An order that was waited for ended without its numbers. `order` is the record."""

    def __init__(self, message: str, *, order: Any) -> None:
        super().__init__(message)
        self.order = order


class Duplicate(DidwwError):
    """Several records bear a reference that was meant for one, and none may be deleted. `records` are they.

    The API does not keep references unique: two processes that use the same one at the same moment can do this.
    """

    def __init__(self, message: str, *, records: Sequence[Any]) -> None:
        super().__init__(message)
        self.records: tuple[Any, ...] = tuple(records)


@attrs.frozen
class ErrorDetail:
    """One entry of an error document; members the API left out are empty strings, `meta` an empty mapping.

    `code` is the API's own (`"100"` validation, `"102"` filter not allowed), not the HTTP status.
    """

    title: str = ""
    detail: str = ""
    code: str = ""
    status: str = ""
    pointer: str = ""
    meta: Mapping[str, Any] = attrs.field(factory=dict[str, Any])

    def __str__(self) -> str:
        text = self.detail or self.title or self.code or "no detail given"
        if self.title and self.title not in text:
            text = f"{self.title}: {text}"
        return f"{text} (at {self.pointer})" if self.pointer else text


class ApiError(DidwwError):
    """The API answered with an error. `status` is the HTTP status, `errors` every entry of the document.

    `request_id` is the API's X-Request-Id, to quote to its support; `method` and `path` are what was asked.
    `body` is the start of an answer that was no error document.
    """

    def __init__(
        self,
        *,
        status: int,
        method: str,
        path: str,
        errors: Sequence[ErrorDetail] = (),
        request_id: str | None = None,
        body: str = "",
        hint: str = "",
        retry_after: float | None = None,
    ) -> None:
        self.status = status
        self.method = method
        self.path = path
        self.errors: tuple[ErrorDetail, ...] = tuple(errors)
        self.request_id = request_id
        self.body = body
        self.retry_after = retry_after
        said = "; ".join(map(str, self.errors)) or (f"answered {body!r}" if body else "answered without a body")
        parts = [f"{method} {path}: {status}: {said}".rstrip(".")]
        if hint:
            parts.append(hint)
        if request_id:
            parts.append(f"request id {request_id}")
        super().__init__(". ".join(parts))

    @property
    def codes(self) -> frozenset[str]:
        """The `code` of every entry."""
        return frozenset(entry.code for entry in self.errors)


class BadRequest(ApiError):
    """400: a filter, sort, include, page or body member that the API does not take."""


class InsufficientBalance(BadRequest):
    """400: the order costs more than the account has. Amounts in USD, None where the API did not say."""

    available_balance: Decimal | None = None
    total_cost: Decimal | None = None


class AuthenticationError(ApiError):
    """401: the key or token is missing, wrong, of the other environment, or its IP allow-list excludes us."""


class PermissionDenied(ApiError):
    """403: a read-only account or token, or a feature that is not enabled."""


class NotFound(ApiError):
    """404: no such record for this account."""


class Conflict(ApiError):
    """409: the record is in use or was changed meanwhile."""


class ValidationError(ApiError):
    """422: the values were refused; `errors[].pointer` names each."""


class RateLimited(ApiError):
    """429 that outlasted the retries, or that asked for a longer wait than the policy allows."""


class ServerError(ApiError):
    """5xx, after the retries that are safe for the method."""
