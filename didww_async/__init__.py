"""An asyncio client for the DIDWW API that keeps to its rate limit, retries, pages and harvests."""

from .session import Session

__all__ = ["Session"]
