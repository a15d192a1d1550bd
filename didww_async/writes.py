"""A write whose answer is missing: what was sent, with secrets masked, and how to find out what became of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final, cast

import attrs
import msgspec

from .errors import UnknownOutcome

__all__ = ["File", "describe", "masked", "unknown_outcome"]

_SECRET: Final = re.compile(r"password|secret|token|api_?key", re.IGNORECASE)
_MASK: Final = "***"


@attrs.frozen
class File:
    """One part of a multipart body: a file if it has a `filename`, else a plain value."""

    name: str
    content: bytes = attrs.field(repr=lambda content: f"<{len(content)} bytes>")
    filename: str | None = None
    content_type: str = "application/octet-stream"


def masked(value: Any) -> Any:
    """A decoded JSON value in which what is named like a secret is masked."""
    if isinstance(value, dict):
        members = cast("dict[str, Any]", value)
        return {name: _MASK if _SECRET.search(name) and inner else masked(inner) for name, inner in members.items()}
    if isinstance(value, list):
        return [masked(inner) for inner in cast("Sequence[Any]", value)]
    return value


def describe(method: str, path: str, body: bytes | None) -> str:
    """What a write is called in messages: method, path, and its reference where it has one."""
    reference = _reference(_decoded(body))
    return f"{method} {path}" + (f" (external_reference_id {reference!r})" if reference else "")


def unknown_outcome(method: str, path: str, body: bytes | None, files: Sequence[File], why: str) -> UnknownOutcome:
    """The error for a write that may have been carried out. `why` names it, and says how its answer was lost."""
    document = _decoded(body)
    reference = _reference(document)
    look = (
        f"GET {path} with filter external_reference_id={reference!r}"
        if reference
        else f"list {path} and compare with what was sent"
    )
    return UnknownOutcome(
        f"{why}. It may have been carried out: before sending it again, {look}",
        method=method,
        path=path,
        sent=list(files) if files else masked(document),
    )


def _decoded(body: bytes | None) -> Any:
    try:
        return None if body is None else msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _reference(document: Any) -> str | None:
    try:
        reference = document["data"]["attributes"]["external_reference_id"]
    except (KeyError, TypeError, IndexError):
        return None
    return reference if isinstance(reference, str) else None
