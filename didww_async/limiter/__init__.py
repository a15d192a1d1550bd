"""The rate limit: 20 requests a second per key, shared by whoever uses the key."""

from .base import Permit, Priority, RateLimiter, current_priority, priority

__all__ = ["Permit", "Priority", "RateLimiter", "current_priority", "priority"]
