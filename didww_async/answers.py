"""An answer that is no success, to the error that says so. Pure, and safe for whatever bytes came."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Final, cast

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
    RateLimited,
    ServerError,
    ValidationError,
)

__all__ = ["error_of"]

_CLASSES: Final[Mapping[int, type[ApiError]]] = {
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
        "Check that the key is of this environment (sandbox and production have their own), that it speaks this "
        "API version, and that its allow-list has this machine's address"
    ),
    403: "The account or token may not do this: it is read-only, or the feature is not enabled for it",
    429: "The key's limit is used by others too: share it with FileRateLimiter or RedisRateLimiter",
}
_SHOWN: Final = 200


def error_of(
    status: int,
    headers: Mapping[str, str],
    content: bytes,
    *,
    method: str,
    path: str,
    retry_after: float | None = None,
) -> ApiError:
    """The error for an answer of status 400 and up. `headers` have lower-case names."""
    entries = list(_entries(content))
    cls = _CLASSES.get(status, ServerError if status >= 500 else ApiError)
    short = next((entry for entry in entries if entry.title.lower().startswith("insufficient")), None)
    if status == 400 and short is not None and ("balance" in short.title.lower() or "funds" in short.title.lower()):
        cls = InsufficientBalance
    error = cls(
        status=status,
        method=method,
        path=path,
        errors=entries,
        request_id=headers.get("x-request-id"),
        body="" if entries else content[:_SHOWN].decode("utf-8", "replace"),
        hint=_HINTS.get(status, ""),
        retry_after=retry_after,
    )
    if isinstance(error, InsufficientBalance) and short is not None:
        error.available_balance = _amount(short.meta.get("available_balance"))
        error.total_cost = _amount(short.meta.get("total_cost"))
    return error


def _entries(content: bytes) -> Iterator[ErrorDetail]:
    """What a body says went wrong, in any of the shapes that the services use."""
    try:
        document = msgspec.json.decode(content)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return
    if not isinstance(document, dict):
        return
    body = cast("dict[str, Any]", document)
    errors = body.get("errors")
    if isinstance(errors, list):
        for entry in cast("list[Any]", errors):
            if isinstance(entry, dict):
                yield _entry(cast("dict[str, Any]", entry))
    elif isinstance(errors, dict):
        # Uploads before 2026-04-16: {"errors": {"base": ["outdated fingerprint"]}}.
        for name, texts in cast("dict[str, Any]", errors).items():
            for text in cast("list[Any]", texts) if isinstance(texts, list) else [texts]:
                yield ErrorDetail(title=_text(text), pointer=name)
    elif isinstance(body.get("error"), str):
        # The token service answers as OAuth does.
        yield ErrorDetail(code=_text(body["error"]), detail=_text(body.get("error_description")))


def _entry(entry: dict[str, Any]) -> ErrorDetail:
    source, meta = entry.get("source"), entry.get("meta")
    pointer = cast("dict[str, Any]", source).get("pointer") if isinstance(source, dict) else None
    return ErrorDetail(
        title=_text(entry.get("title")),
        detail=_text(entry.get("detail")),
        code=_text(entry.get("code")),
        status=_text(entry.get("status")),
        pointer=_text(pointer),
        meta=cast("dict[str, Any]", meta) if isinstance(meta, dict) else {},
    )


def _text(value: object) -> str:
    return "" if value is None else value if isinstance(value, str) else str(value)


def _amount(value: object) -> Decimal | None:
    try:
        return None if value is None else Decimal(str(value))
    except InvalidOperation:
        return None
