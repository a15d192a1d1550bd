"""A rate limiter that never waits, for tests of what is sent and not of when."""

from __future__ import annotations

from didww_async.limiter import Permit, Priority

__all__ = ["Unlimited"]


class _Granted:
    waited = 0.0

    def answered(self) -> None:
        pass

    def unsent(self) -> None:
        pass


class Unlimited:
    """Every request may go at once."""

    async def acquire(self, priority: Priority = Priority.NORMAL) -> Permit:
        return _Granted()

    async def refused(self, retry_after: float | None = None) -> float:
        return 0.0

    async def aclose(self) -> None:
        pass
