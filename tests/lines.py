"""A transport on a network that answers from a list, and a rate limiter that only remembers."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any

import attrs
import httpx

from didww_async.credentials import ApiKey, Credentials
from didww_async.limiter import Priority
from didww_async.retry import RetryPolicy
from didww_async.stats import RequestEvent
from didww_async.transport import Answer, Timeouts, Transport

KEY = "6f1ed002ab5595859014ebf0951522d9"
BASE = "https://api.example/v3"
SERVICES = {
    "api": BASE,
    "token": "https://auth.example",
    "voice_in": "https://vin.example/v3",
}
OK = httpx.Response(200, json={"data": []})

Reply = httpx.Response | Exception | Callable[[httpx.Request], httpx.Response]


@attrs.define
class Permit:
    waited: float = 0.25
    became: list[str] = attrs.field(factory=list[str])

    def answered(self) -> None:
        self.became.append("answered")

    def unsent(self) -> None:
        self.became.append("unsent")


@attrs.define
class Pace:
    """A limiter that never lets anybody wait, and remembers."""

    permits: list[Permit] = attrs.field(factory=list[Permit])
    priorities: list[Priority] = attrs.field(factory=list[Priority])
    refusals: list[float | None] = attrs.field(factory=list["float | None"])

    async def acquire(self, priority: Priority = Priority.NORMAL) -> Permit:
        self.permits.append(Permit())
        self.priorities.append(priority)
        return self.permits[-1]

    async def refused(self, retry_after: float | None = None) -> float:
        self.refusals.append(retry_after)
        return 0.0

    async def aclose(self) -> None: ...


class Network(httpx.AsyncBaseTransport):
    """Answers with the replies in turn, the last for ever."""

    def __init__(self, *replies: Reply) -> None:
        self.replies = list(replies)
        self.seen: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        self.seen.append(request)
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        if isinstance(reply, Exception):
            raise reply
        if isinstance(reply, httpx.Response):
            return httpx.Response(reply.status_code, headers=reply.headers, content=reply.content)
        return reply(request)


@attrs.define
class Line:
    """A transport on a network of ours, and what it did."""

    transport: Transport
    network: Network
    pace: Pace
    slept: list[float]
    events: list[RequestEvent]

    async def get(self, path: str = "/dids", **more: Any) -> Answer:
        return await self.transport.request("GET", path, **more)

    async def post(self, body: bytes = b'{"data": {}}') -> Answer:
        return await self.transport.request("POST", "/orders", body=body)


@asynccontextmanager
async def line(
    *replies: Reply, credentials: Credentials | None = None, retry: RetryPolicy | None = None
) -> AsyncGenerator[Line]:
    network, pace, slept, events = Network(*replies), Pace(), list[float](), list[RequestEvent]()

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    transport = Transport(
        services=SERVICES,
        credentials=credentials or ApiKey(KEY),
        limiter=pace,
        retry=retry or RetryPolicy(),
        timeout=Timeouts(),
        api_version="2026-04-16",
        transport=network,
        observer=events.append,
        sleep=sleep,
        random=lambda: 0.5,
    )
    await transport.open()
    try:
        yield Line(transport, network, pace, slept, events)
    finally:
        await transport.aclose()
