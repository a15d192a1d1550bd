"""One request (stopgap; the owner replaces it)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import attrs
import httpx
import msgspec

from . import errors as e
from .credentials import ApiKey
from .limiter import Priority, RateLimiter
from .retry import RetryPolicy
from .stats import RequestEvent, Stats

__all__ = ["Answer", "StreamedAnswer", "Timeouts", "Transport"]


@attrs.frozen
class Timeouts:
    """Seconds."""

    connect: float = 10.0
    read: float = 60.0


@attrs.frozen
class Answer:
    """An answer."""

    status: int
    headers: Mapping[str, str]
    content: bytes


@attrs.frozen
class StreamedAnswer:
    """A streamed answer."""

    status: int
    headers: Mapping[str, str]
    chunks: Callable[[], AsyncIterator[bytes]]


class Transport:
    """Stopgap."""

    def __init__(
        self,
        *,
        services: Mapping[str, str],
        credentials: ApiKey,
        limiter: RateLimiter | None,
        retry: RetryPolicy,
        timeout: Timeouts,
        api_version: str,
        transport: httpx.AsyncBaseTransport | None = None,
        proxy: str | None = None,
        observer: Callable[[RequestEvent], None] | None = None,
    ) -> None:
        self.base_url = services["api"]
        self._key = credentials
        self._limiter = limiter
        self.api_version = api_version
        self.stats = Stats()
        self._client = httpx.AsyncClient(
            transport=transport, timeout=60, limits=httpx.Limits(max_connections=None), proxy=proxy
        )
        self._served: set[str] = set()

    async def open(self) -> None:
        """Open."""

    async def aclose(self) -> None:
        """Close."""
        await self._client.aclose()

    def note_version(self, served: str) -> None:
        """Note."""
        self._served.add(served)

    def _headers(self, **more: str) -> dict[str, str]:
        return {"api-key": self._key._key, "X-DIDWW-API-Version": self.api_version, **more}

    async def request(
        self,
        method: str,
        path: str,
        *,
        params: Sequence[tuple[str, str]] = (),
        body: bytes | None = None,
        files: Any = None,
        service: str = "api",
        priority: Priority | None = None,
    ) -> Answer:
        """Send."""
        headers = self._headers(accept="application/vnd.api+json")
        if body is not None:
            headers["content-type"] = "application/vnd.api+json"
        for _ in range(6):
            self.stats.requests += 1
            try:
                response = await self._client.request(
                    method, self.base_url + path, params=list(params), content=body, headers=headers
                )
            except httpx.HTTPError as error:
                if method == "POST":
                    raise e.UnknownOutcome(str(error), method=method, path=path, sent=body) from None
                raise e.TransportError(f"{method} {path}: {error}") from None
            if response.status_code == 429:
                self.stats.refused += 1
                await asyncio.sleep(0.2)
                continue
            break
        if response.status_code >= 400:
            raise self._error(method, path, response)
        return Answer(response.status_code, dict(response.headers), response.content)

    def _error(self, method: str, path: str, response: httpx.Response) -> e.ApiError:
        try:
            entries = msgspec.json.decode(response.content)["errors"]
            details = [
                e.ErrorDetail(
                    title=x.get("title", ""),
                    detail=x.get("detail", ""),
                    code=x.get("code", ""),
                    status=x.get("status", ""),
                    pointer=x.get("source", {}).get("pointer", ""),
                    meta=x.get("meta", {}),
                )
                for x in entries
            ]
        except Exception:
            details = []
        kinds = {
            400: e.BadRequest,
            401: e.AuthenticationError,
            403: e.PermissionDenied,
            404: e.NotFound,
            409: e.Conflict,
            422: e.ValidationError,
            429: e.RateLimited,
        }
        cls = kinds.get(response.status_code, e.ServerError if response.status_code >= 500 else e.ApiError)
        return cls(status=response.status_code, method=method, path=path, errors=details)

    @asynccontextmanager
    async def stream(
        self, url: str, *, headers: Mapping[str, str] | None = None, priority: Priority | None = None
    ) -> AsyncIterator[StreamedAnswer]:
        """Stream."""
        async with self._client.stream("GET", url, headers=self._headers(**(headers or {}))) as response:
            yield StreamedAnswer(response.status_code, dict(response.headers), response.aiter_raw)
