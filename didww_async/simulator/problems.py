"""The errors that the API answers with, as exceptions that carry their error documents."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

__all__ = [
    "Problem",
    "bad_request",
    "conflict",
    "filter_not_allowed",
    "forbidden",
    "invalid",
    "no_route",
    "not_allowed",
    "not_found",
    "not_here",
    "rejected",
    "unauthorized",
    "wrong_media_type",
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
        self.headers: dict[str, str] = dict(headers or {})


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


def forbidden(detail: str) -> Problem:
    """A 403: what the account may not do."""
    return Problem(403, [_entry(403, "403", "Forbidden", detail)])


def not_found(identifier: str, type: str | None = None) -> Problem:
    """A record that does not exist, or is somebody else's: both look the same. `type` is for a shorter wording."""
    detail = f"{type} - Record not found" if type else f"The record identified by {identifier} could not be found."
    return Problem(404, [_entry(404, "404", "Record not found", detail)])


def no_route(path: str) -> Problem:
    """An address that leads nowhere."""
    return Problem(404, [_entry(404, "404", "Not found", f"No route matches {path}")])


def not_here(method: str, allowed: Collection[str]) -> Problem:
    """A method that an address does not have."""
    entry = _entry(405, "405", "Method not allowed", f"{method} is not allowed here")
    return Problem(405, [entry], {"Allow": ", ".join(sorted(allowed))})


def conflict(reasons: Sequence[str]) -> Problem:
    """A 409: what keeps a record from being deleted."""
    return Problem(409, [_entry(409, "409", "Conflict", reason) for reason in reasons])


def unauthorized() -> Problem:
    """A key that is missing or unknown."""
    return Problem(401, [_entry(401, "401", "Unauthorized", "Authorization failed")])


def wrong_media_type(status: int, header: str, media_type: str) -> Problem:
    """A 406 or 415: a header that does not name the media type bare, without parameters."""
    title = "Not acceptable" if status == 406 else "Unsupported media type"
    detail = f"{header} must be '{media_type}', without parameters."
    return Problem(status, [_entry(status, str(status), title, detail)])


def rejected(*errors: Mapping[str, Any]) -> Problem:
    """A 422 with the given error objects, see `invalid`."""
    return Problem(422, errors)


def invalid(pointer: str, message: str, field: str | None = None) -> dict[str, Any]:
    """One validation error: `field - message`, and the message alone where it is about the whole record."""
    detail = f"{field} - {message}" if field else message
    return _entry(422, "100", message, detail, source={"pointer": pointer})
