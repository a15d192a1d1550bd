"""The rate limit: 20 requests a second per key, shared by whoever uses the key."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from .base import Permit, Priority, RateLimiter, SharedLimiter, current_priority, key_digest, priority
from .local import RATE, LocalRateLimiter, limiter_for

if TYPE_CHECKING:
    from .file import FileRateLimiter
    from .redis import RedisRateLimiter

__all__ = [
    "RATE",
    "FileRateLimiter",
    "LocalRateLimiter",
    "Permit",
    "Priority",
    "RateLimiter",
    "RedisRateLimiter",
    "SharedLimiter",
    "current_priority",
    "key_digest",
    "limiter_for",
    "priority",
]

# Most programs use neither, and both bring modules of the standard library that are slow to import.
_LAZY = {"FileRateLimiter": ".file", "RedisRateLimiter": ".redis"}


def __getattr__(name: str) -> object:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_LAZY[name], __name__), name)
