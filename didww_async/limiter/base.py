"""What a rate limiter is: permits, given in order, within a priority, and paused for everybody at once."""

from __future__ import annotations

import hashlib
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import IntEnum
from typing import Protocol, runtime_checkable

__all__ = ["Permit", "Priority", "RateLimiter", "SharedLimiter", "current_priority", "key_digest", "priority"]


class Priority(IntEnum):
    """Who goes first when several wait for the limit; within one, first come, first served."""

    INTERACTIVE = 0
    """Somebody is waiting for the answer: a web handler."""
    NORMAL = 1
    """The default."""
    BULK = 2
    """Pages fetched ahead, exports polled: moves on, but lets the others pass."""


_priority: ContextVar[Priority | None] = ContextVar("didww_async_priority", default=None)


@contextmanager
def priority(value: Priority) -> Generator[None]:
    """Give every request made inside the block, and in tasks started there, this priority.

    with priority(Priority.INTERACTIVE):
        did = await didww.dids.get(did_id)
    """
    token = _priority.set(value)
    try:
        yield
    finally:
        _priority.reset(token)


def current_priority(default: Priority) -> Priority:
    """The priority asked for with `priority`, or `default` where nobody asked."""
    asked = _priority.get()
    return default if asked is None else asked


class Permit(Protocol):
    """Leave to send one request, now. Say what became of it: the next permits are paced by that."""

    @property
    def waited(self) -> float:
        """Seconds that the caller waited for it."""
        ...

    def answered(self) -> None:
        """The head of the answer is here, so the API has counted the request. Call it at once."""

    def unsent(self) -> None:
        """The request surely never reached the API: the budget may be given to somebody else."""


class RateLimiter(Protocol):
    """Paces the requests of one API key on one host.

    A permit for which neither `answered` nor `unsent` is called (the answer was lost, the task cancelled)
    counts as a request that may have reached the API at any time until now.
    """

    async def acquire(self, priority: Priority = Priority.NORMAL) -> Permit:
        """Wait until a request may be sent. Cancelling the wait costs nobody anything."""
        ...

    async def refused(self, retry_after: float | None = None) -> float:
        """A 429 was seen: nobody with this key sends for `retry_after` seconds, else for a growing, jittered
        time, and the pace is lower for a while. Returns the seconds that everybody now waits."""
        ...

    async def aclose(self) -> None:
        """Give back what the limiter holds outside the process. Waiters of other sessions are not disturbed."""


@runtime_checkable
class SharedLimiter(Protocol):
    """Something that has a `RateLimiter` for any key, shared beyond the process.

    A session that is given one calls `bind(key_digest(api_key, host))` once and uses what it gets.
    """

    def bind(self, digest: str) -> RateLimiter:
        """The limiter of one key on one host; the same object whenever the same digest is given."""
        ...


def key_digest(api_key: str, host: str) -> str:
    """What a limiter knows of a key on a host: a SHA-256 in hexadecimal, which does not reveal the key."""
    return hashlib.sha256(f"didww_async limiter\0{host.lower()}\0{api_key}".encode()).hexdigest()
