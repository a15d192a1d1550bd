"""The versions of the API that this library speaks, under the names that the API gives them."""

from __future__ import annotations

from typing import Final, Literal

__all__ = ["ApiVersion", "V2026_04_16", "V2026_11_19", "VERSIONS", "same_version"]

ApiVersion = Literal["2026-04-16", "2026-11-19"]

V2026_04_16: Final = "2026-04-16"
V2026_11_19: Final = "2026-11-19"
VERSIONS: Final[tuple[ApiVersion, ...]] = (V2026_04_16, V2026_11_19)

# The drafts of 2026-11-19 were published as 2026-10-22, and answers may carry either name.
_ALIASES: Final = {"2026-10-22": V2026_11_19}


def same_version(one: str, other: str) -> bool:
    """Whether two names mean the same version of the API."""
    return _ALIASES.get(one, one) == _ALIASES.get(other, other)
