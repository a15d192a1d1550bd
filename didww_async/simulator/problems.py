"""The errors that the API answers with, as exceptions that carry their error documents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

__all__ = [
    "Problem",
    "bad_request",
    "filter_not_allowed",
    "invalid",
    "not_allowed",
    "not_found",
    "rejected",
]


class Problem(Exception):
    """An answer that is no success: its status, its error objects and headers.

    `errors` of None is an answer without a body.
    """

    def __init__(
        self, status: int, errors: Sequence[Mapping[str, Any]] | None, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(status, errors)
        self.status = status
        self.errors = errors
        self.headers = dict(headers or {})


def _entry(status: int, code: str, title: str, detail: str, **more: Any) -> dict[str, Any]:
    return {"title": title, "detail": detail, "code": code, "status": str(status), **more}


def bad_request(code: str, title: str, detail: str, **more: Any) -> Problem:
    """A 400 with the server framework's own code."""
    return Problem(400, [_entry(400, code, title, detail, **more)])


def filter_not_allowed(name: str) -> Problem:
    """A filter that the listing does not have."""
    return bad_request("102", "Filter not allowed", f"{name} is not allowed.")


def not_allowed(name: str) -> Problem:
    """A parameter or a member of a body that is not accepted."""
    return bad_request("105", "Param not allowed", f"{name} is not allowed.")


def not_found(identifier: str) -> Problem:
    """A record that does not exist, or is somebody else's: both look the same."""
    detail = f"The record identified by {identifier} could not be found."
    return Problem(404, [_entry(404, "404", "Record not found", detail)])


def rejected(*errors: Mapping[str, Any]) -> Problem:
    """A 422 with the given error objects, see `invalid`."""
    return Problem(422, errors)


def invalid(pointer: str, message: str, field: str | None = None) -> dict[str, Any]:
    """One validation error: `field - message`, and the message alone where it is about the whole record."""
    detail = f"{field} - {message}" if field else message
    return _entry(422, "100", message, detail, source={"pointer": pointer})
