"""The plain values that the API limits or writes in a form of its own: ids, phone numbers, references, ranges."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

import attrs

from ..errors import ConfigurationError

__all__ = [
    "UTC_SECONDS",
    "UUID_TEXT",
    "Between",
    "CallLimit",
    "CyclesCount",
    "Digits",
    "Id",
    "Longest",
    "Number",
    "Reference",
    "Rule",
    "UtcSeconds",
]

Rule = Callable[[Any, str], Any]
"""Takes a value and what it stands for; returns it as the API wants it, or raises ConfigurationError."""

_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_PUNCTUATION: Final = str.maketrans("", "", " ()-./\u00a0")


@attrs.frozen
class Between:
    """A rule: a whole number from `least` to `most`, or without an upper end."""

    least: int
    most: int | None = None

    def __call__(self, value: int, what: str) -> int:
        if self.least <= value and (self.most is None or value <= self.most):
            return value
        wanted = f"{self.least} or more" if self.most is None else f"from {self.least} to {self.most}"
        raise ConfigurationError(f"{what} must be {wanted}; got {value}")


@attrs.frozen
class Longest:
    """A rule: a text of at most `most` characters."""

    most: int

    def __call__(self, value: str, what: str) -> str:
        if len(value) <= self.most:
            return value
        raise ConfigurationError(f"{what} must have at most {self.most} characters; got {len(value)}: {value!r}")


@attrs.frozen
class Digits:
    """A rule: a phone number in E.164, of at most `most` digits; `+`, spaces and the like are taken off."""

    most: int | None = None

    def __call__(self, value: str, what: str) -> str:
        plain = value.translate(_PUNCTUATION).removeprefix("+")
        if not (plain.isascii() and plain.isdigit()) or (self.most is not None and len(plain) > self.most):
            raise ConfigurationError(
                f"{what} must be a phone number in E.164 form, such as '+12125550100'; got {value!r}"
            )
        return plain


def _uuid_text(value: str, what: str) -> str:
    if _UUID.fullmatch(value):
        return value
    raise ConfigurationError(
        f"{what} must be a record or its id, a UUID such as '0b6a8a72-5f2e-4f2e-9a42-3b1f0f6f5f0c'; got {value!r}"
    )


def _utc_seconds(value: str | datetime, what: str) -> str:
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    try:
        datetime.strptime(value, "%Y-%m-%d %H:%M:%S")  # noqa: DTZ007 - the API's own form, in UTC by definition
    except ValueError:
        raise ConfigurationError(
            f"{what} must be an aware datetime or text as '2026-10-01 00:00:00' in UTC; got {value!r}"
        ) from None
    return value


UUID_TEXT: Final[Rule] = _uuid_text
UTC_SECONDS: Final[Rule] = _utc_seconds

Id = Annotated[str, UUID_TEXT] | UUID
"""The id of a record: a UUID, or its text."""
Number = Annotated[str, Digits()]
"""A phone number in E.164, with or without `+`, spaces and the like; the API takes digits only."""
UtcSeconds = Annotated[datetime | str, UTC_SECONDS]
"""A moment, to the second: an aware datetime, or text as `YYYY-MM-DD HH:MM:SS` in UTC."""
Reference = Annotated[str, Longest(100)]
"""An `external_reference_id`: the account's own name for a record, of at most 100 characters."""
CallLimit = Annotated[int, Between(1, 32767)]
"""A `capacity_limit`: calls at a time."""
CyclesCount = Annotated[int, Between(0, 999)]
"""A `billing_cycles_count`: renewals to come; 0 lets a number go at the end of its period."""
