"""The plain values that have a form of their own in the API: ids, phone numbers, timestamps of exports."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

from ..errors import ConfigurationError

__all__ = ["DIGITS", "Id", "Number", "Rule", "UTC_SECONDS", "UUID_TEXT", "UtcSeconds"]

Rule = Callable[[str, str], str]
"""Takes a text and what it stands for; returns it as the API wants it, or raises ConfigurationError."""

_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_PUNCTUATION: Final = str.maketrans("", "", " ()-./\u00a0")


def _uuid_text(value: str, what: str) -> str:
    if _UUID.fullmatch(value):
        return value
    raise ConfigurationError(
        f"{what} must be a record or its id, a UUID such as "
        f"'0b6a8a72-5f2e-4f2e-9a42-3b1f0f6f5f0c'; got {value!r}"
    )


def _digits(value: str, what: str) -> str:
    plain = value.translate(_PUNCTUATION).removeprefix("+")
    if not (plain.isascii() and plain.isdigit()):
        raise ConfigurationError(
            f"{what} must be a phone number in E.164 form, such as '+12125550100'; got {value!r}"
        )
    return plain


def _utc_seconds(value: str, what: str) -> str:
    try:
        datetime.strptime(value, "%Y-%m-%d %H:%M:%S")  # noqa: DTZ007 - the API's own form, in UTC by definition
    except ValueError:
        raise ConfigurationError(
            f"{what} must be an aware datetime or text as '2026-10-01 00:00:00' in UTC; got {value!r}"
        ) from None
    return value


UUID_TEXT: Final[Rule] = _uuid_text
DIGITS: Final[Rule] = _digits
UTC_SECONDS: Final[Rule] = _utc_seconds

Id = Annotated[str, UUID_TEXT] | UUID
"""The id of a record: a UUID, or its text."""
Number = Annotated[str, DIGITS]
"""A phone number in E.164, with or without `+`, spaces and the like; the API takes digits only."""
UtcSeconds = Annotated[str, UTC_SECONDS]
"""A moment as `YYYY-MM-DD HH:MM:SS`, in UTC."""
