"""What is tried again, when and how often (stopgap; the owner replaces it)."""

from __future__ import annotations

import attrs

__all__ = ["RetryPolicy"]


@attrs.frozen
class RetryPolicy:
    """How often a request is tried."""

    attempts: int = 5
