"""The way into the simulator from the same process: an httpx transport that streams, and breaks like a network."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from typing import Any

import httpx

from .faults import ConnectionLost

__all__ = ["SimulatorTransport"]

App = Callable[
    [
        MutableMapping[str, Any],
        Callable[[], Awaitable[MutableMapping[str, Any]]],
        Callable[[MutableMapping[str, Any]], Awaitable[None]],
    ],
    Awaitable[None],
]

_AHEAD = 4


class SimulatorTransport(httpx.AsyncBaseTransport):
    """Carries requests to an ASGI application.

    Unlike httpx's own it hands over a body while it is made, keeps to the read timeout, and turns a broken
    connection into the errors of httpx. As on a network, an application that has a request goes on with it when
    its caller has lost patience.
    """

    def __init__(self, app: App) -> None:
        self._app = app
        self._running: set[asyncio.Task[None]] = set()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        body = await request.aread()
        call = _Call(request, body)
        task = asyncio.ensure_future(call.run(self._app))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        timeout = request.extensions.get("timeout", {}).get("read")
        try:
            async with asyncio.timeout(timeout):
                await call.started.wait()
        except TimeoutError:
            call.gone = True
            raise httpx.ReadTimeout("the simulator did not answer in time", request=request) from None
        except asyncio.CancelledError:
            call.gone = True
            raise
        if call.failure is not None:
            raise call.failure
        return httpx.Response(call.status, headers=call.headers, stream=_Body(call, timeout), request=request)

    async def aclose(self) -> None:
        """Stop what is still running."""
        running = list(self._running)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


class _Call:
    """One request on its way through the application. `gone` says that nobody waits for the answer any more."""

    def __init__(self, request: httpx.Request, body: bytes) -> None:
        url = request.url
        self.scope: dict[str, Any] = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": request.method,
            "scheme": url.scheme,
            "path": url.path,
            "raw_path": url.raw_path.partition(b"?")[0],
            "query_string": url.query,
            "root_path": "",
            "headers": [(name.lower(), value) for name, value in request.headers.raw],
            "client": ("127.0.0.1", 0),
            "server": (url.host, url.port),
        }
        self.status = 0
        self.headers: list[tuple[bytes, bytes]] = []
        self.started = asyncio.Event()
        self.pieces: asyncio.Queue[bytes | Exception | None] = asyncio.Queue(_AHEAD)
        self.failure: Exception | None = None
        self.gone = False
        self._request = request
        self._body: bytes | None = body

    async def run(self, app: App) -> None:
        try:
            await app(self.scope, self._receive, self._send)
        except ConnectionLost as lost:
            await self._fail(httpx.RemoteProtocolError(f"the connection broke: {lost}", request=self._request))
        except Exception as error:
            await self._fail(error)

    async def _fail(self, failure: Exception) -> None:
        if self.started.is_set():
            await self.pieces.put(failure)
        else:
            self.failure = failure
            self.started.set()

    async def _receive(self) -> MutableMapping[str, Any]:
        if self._body is None:
            return {"type": "http.disconnect"}
        body, self._body = self._body, None
        return {"type": "http.request", "body": body, "more_body": False}

    async def _send(self, message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = list(message.get("headers", []))
            return
        self.started.set()
        if self.gone:
            return
        if piece := message.get("body", b""):
            await self.pieces.put(piece)
        if not message.get("more_body", False):
            await self.pieces.put(None)


class _Body(httpx.AsyncByteStream):
    def __init__(self, call: _Call, timeout: float | None) -> None:
        self._call = call
        self._timeout = timeout

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            try:
                async with asyncio.timeout(self._timeout):
                    piece = await self._call.pieces.get()
            except TimeoutError:
                raise httpx.ReadTimeout("the simulator stopped in its answer") from None
            if piece is None:
                return
            if isinstance(piece, Exception):
                raise piece
            yield piece

    async def aclose(self) -> None:
        """Whoever still fills the queue is let go on, and what it says is thrown away."""
        self._call.gone = True
        while not self._call.pieces.empty():
            self._call.pieces.get_nowait()
