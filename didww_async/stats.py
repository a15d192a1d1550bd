"""What a session has done (stopgap; the owner replaces it)."""

from __future__ import annotations

import attrs

__all__ = ["RequestEvent", "Stats"]


@attrs.frozen
class RequestEvent:
    """One request."""

    method: str
    path: str
    status: int | None


@attrs.define
class Stats:
    """Counts."""

    requests: int = 0
    retries: int = 0
    refused: int = 0
    waited: float = 0.0
