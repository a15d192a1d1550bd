"""The rate limit: 20 requests a second per key, shared by whoever uses the key."""

from .base import Permit, Priority, RateLimiter, SharedLimiter, current_priority, key_digest, priority
from .file import FileRateLimiter
from .local import RATE, LocalRateLimiter, limiter_for
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
