"""One exchange over HTTP: a request out, its answer in, and nothing lost or left behind when the caller goes away.

This is the only module that names httpx, and no exception of httpx leaves it. Two things are its own:

* Cancelling a task that is inside httpx 0.28 can leave a dead connection in the pool for good, because what shields
  its clean-up does not hold against asyncio's `Task.cancel`. So each exchange runs in a task of its own, which
  nobody cancels that way: it is stopped through an anyio scope, which the clean-up is shielded from.
* A write that is on its way when its caller is cancelled is not torn off, which would only hide what becomes of it.
  The caller is cancelled at once, a warning names the write, and the exchange goes on to its end, which is logged.
  Closing waits for it. A write of which nothing was sent yet is stopped instead.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any, Final

import anyio
import anyio.lowlevel
import attrs
import httpx

from .answers import Answer, Body, BrokenAnswer, Length
from .errors import ConfigurationError, TransportError
from .limiter import Permit
from .retry import READS, Phase
from .writes import File, describe

__all__ = ["Failure", "Network", "Outgoing", "StreamedAnswer", "Timeouts", "Wire"]

Network = httpx.AsyncBaseTransport
"""What replaces the network: any transport of httpx, `httpx.ASGITransport` for one."""

_log: Final = logging.getLogger("didww_async")

_KEEP_ALIVE: Final = httpx.Limits(max_connections=None, max_keepalive_connections=32, keepalive_expiry=15.0)
_NOT_SENT: Final = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)
_READ_AHEAD: Final = 4
_CLEAN_UP: Final = 5.0


@attrs.frozen(kw_only=True)
class Timeouts:
    """Seconds: to connect; without a byte of the answer (`read`) or of the request going out (`write`); and for the
    writes in flight when the session is closed (`closing`)."""

    connect: float = 10.0
    read: float = 60.0
    write: float = 30.0
    closing: float = 10.0

    def __attrs_post_init__(self) -> None:
        for name, value in attrs.asdict(self).items():
            if not value > 0:
                raise ConfigurationError(f"Timeouts: {name} must be more than 0 seconds; got {value!r}")


@attrs.frozen(kw_only=True)
class Outgoing:
    """A request as it goes out. `path` names it in messages, `url` is where it goes.

    `on_sent` is called with True when it begins to go out."""

    method: str
    path: str
    url: str
    headers: Mapping[str, str] = attrs.field(repr=False)
    body: bytes | None = attrs.field(default=None, repr=False)
    files: Sequence[File] = ()
    on_sent: Callable[[bool], None] | None = attrs.field(default=None, repr=False)

    @property
    def name(self) -> str:
        """What it is called in messages."""
        return describe(self.method, self.path, self.body)


class Failure(Exception):
    """No answer, or none that is whole. `phase` says how far the request got; `timeout` that time ran out."""

    def __init__(self, said: str, phase: Phase, *, timeout: bool = False, broken: bool = False) -> None:
        super().__init__(said)
        self.phase = phase
        self.timeout = timeout
        self.broken = broken


class StreamedAnswer:
    """An answer whose body is still coming: HTTP status, headers by lower-case name, and `chunks`."""

    def __init__(self, status: int, headers: Mapping[str, str], name: str, scope: anyio.CancelScope) -> None:
        self.status = status
        self.headers = headers
        self._name = name
        self._scope = scope
        self._queue: asyncio.Queue[bytes | Failure | None] = asyncio.Queue(_READ_AHEAD)

    async def chunks(self) -> AsyncIterator[bytes]:
        """The bytes as they come, still packed if they are. For one pass.

        Raises TransportError when the connection breaks or the body is shorter than announced.
        """
        while (piece := await self._queue.get()) is not None:
            if isinstance(piece, Failure):
                self.end(piece)
                raise TransportError(f"{self._name}: {piece}") from piece
            yield piece
        self.end(None)

    def close(self) -> None:
        """Stop: what has not come yet is not wanted."""
        self._scope.cancel()

    @classmethod
    def complete(cls, answer: Answer) -> StreamedAnswer:
        """An answer that came whole, with nothing left to stream."""
        streamed = cls(answer.status, answer.headers, "", anyio.CancelScope())
        streamed.end(None)
        return streamed

    async def feed(self, piece: bytes | Failure | None) -> None:
        """For the exchange: what came next."""
        await self._queue.put(piece)

    def end(self, last: Failure | None) -> None:
        """For the exchange: nothing more comes, whoever reads."""
        while not self._queue.empty():
            self._queue.get_nowait()
        self._queue.put_nowait(last)


class _Client(httpx.AsyncClient):
    """httpx's client without what the API has not: cookies, redirects and challenges cost a tenth of a request."""

    async def begin(self, request: httpx.Request) -> httpx.Response:
        """Send a request, and give its answer as soon as the head is here."""
        return await self._transport_for_url(request.url).handle_async_request(request)


class _Exchange:
    """One exchange, in its own task."""

    __slots__ = ("_client", "_permit", "_request", "_sent", "_streaming", "_told", "outgoing", "result", "scope")

    def __init__(
        self,
        client: _Client,
        outgoing: Outgoing,
        request: httpx.Request,
        permit: Permit,
        *,
        streaming: bool,
        traced: bool,
    ) -> None:
        self.outgoing = outgoing
        self.scope = anyio.CancelScope()
        self.result: asyncio.Future[Answer | StreamedAnswer] = asyncio.get_running_loop().create_future()
        self._client = client
        self._permit = permit
        self._request = request
        self._streaming = streaming
        self._sent = self._told = False
        if traced:
            request.extensions["trace"] = self._trace
        else:
            self._goes_out()

    async def _trace(self, event: str, info: Mapping[str, Any]) -> None:
        if event.endswith(".send_request_headers.started"):
            if self.scope.cancel_called:
                await anyio.lowlevel.checkpoint()
            self._goes_out()

    def _goes_out(self) -> None:
        self._sent = True
        if self.outgoing.on_sent is not None:
            self.outgoing.on_sent(True)

    @property
    def sent(self) -> bool:
        """Whether a byte of the request may have gone out."""
        return self._sent

    def unsent(self) -> None:
        """Say that nothing of it went out."""
        self._told = True
        self._permit.unsent()

    def _answered(self) -> None:
        self._told = True
        self._permit.answered()

    async def run(self) -> None:
        try:
            with self.scope:
                try:
                    await self._converse()
                except _NOT_SENT as error:
                    self.unsent()
                    self._fail(_failure(error, Phase.NOT_SENT))
                except (httpx.HTTPError, httpx.StreamError, OSError, BrokenAnswer) as error:
                    self._fail(_failure(error, Phase.SENT))
                except Exception as error:
                    # Not of the network's making: an ASGI application's own, or a transport's that was given.
                    if not self.result.done():
                        self.result.set_exception(error)
        finally:
            if not self._told:
                # No answer will come: what reached the API did so before now. The limiter would else go on expecting
                # it to arrive at any moment, and keep slots free for that.
                (self._answered if self._sent else self.unsent)()
            phase = Phase.SENT if self._sent else Phase.NOT_SENT
            self._fail(Failure("the session was closed before the answer came", phase))

    async def _converse(self) -> None:
        response = await self._client.begin(self._request)
        try:
            self._answered()
            status = response.status_code
            headers = {name.lower().decode(): value.decode("latin-1") for name, value in response.headers.raw}
            assert isinstance(response.stream, httpx.AsyncByteStream)
            if self._streaming and status < 300:
                await self._pass_on(status, headers, response.stream)
                return
            try:
                body = Body(self.outgoing.method, status, headers)
                async for piece in response.stream:
                    body.add(piece)
                content = body.whole()
            except (httpx.TransportError, BrokenAnswer) as error:
                if status >= 400:
                    content = b""  # the status says it; what was to explain it is lost
                elif isinstance(error, BrokenAnswer | httpx.TimeoutException):
                    raise
                else:
                    raise BrokenAnswer(f"the answer is cut off: {error}") from None
            if not self.result.done():
                self.result.set_result(Answer(status, headers, content))
            elif self.outgoing.method not in READS:
                _log.warning("%s, which was cancelled in flight, was answered %d", self.outgoing.name, status)
        finally:
            await response.aclose()

    async def _pass_on(self, status: int, headers: Mapping[str, str], stream: httpx.AsyncByteStream) -> None:
        answer = StreamedAnswer(status, headers, self.outgoing.name, self.scope)
        if self.result.done():
            return
        self.result.set_result(answer)
        length = Length(self.outgoing.method, status, headers)
        last: Failure | None = Failure("the session was closed before the download ended", Phase.SENT)
        try:
            async for piece in stream:
                length.received += len(piece)
                await answer.feed(piece)
            length.check()
            await answer.feed(None)
            last = None
        except (httpx.HTTPError, httpx.StreamError, OSError, BrokenAnswer) as error:
            last = _failure(error, Phase.SENT)
            await answer.feed(last)
            last = None
        finally:
            if last is not None:
                answer.end(last)

    def _fail(self, failure: Failure) -> None:
        if not self.result.done():
            self.result.set_exception(failure)


def _failure(error: Exception, phase: Phase) -> Failure:
    said = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return Failure(
        str(error) if isinstance(error, BrokenAnswer) else said,
        phase,
        timeout=isinstance(error, httpx.TimeoutException),
        broken=isinstance(error, BrokenAnswer),
    )


class Wire:
    """Exchanges over one pool of connections, in one event loop, between `open` and `aclose`."""

    def __init__(self, *, network: Network | None, proxy: str | None, timeouts: Timeouts) -> None:
        self._network = network
        self._proxy = proxy
        self._timeouts = timeouts
        self._extensions = {
            "timeout": {
                "connect": timeouts.connect,
                "read": timeouts.read,
                "write": timeouts.write,
                "pool": None,
            }
        }
        self._client: _Client | None = None
        self._running: dict[asyncio.Task[None], _Exchange] = {}

    async def open(self) -> None:
        """Get ready, in a thread: reading the certificates takes tens of milliseconds."""
        self._client = await asyncio.to_thread(self._make_client)

    def _make_client(self) -> _Client:
        try:
            return _Client(transport=self._network, proxy=self._proxy, limits=_KEEP_ALIVE)
        except (ValueError, httpx.InvalidURL, ImportError) as error:
            raise ConfigurationError(f"proxy: {error}") from None

    async def exchange(self, outgoing: Outgoing, permit: Permit, *, streaming: bool = False) -> Answer | StreamedAnswer:
        """Send a request and give its answer: whole, or for `streaming` as soon as the head of a good one is here.

        Tells the permit what becomes of it. Raises Failure.
        """
        if self._client is None:
            permit.unsent()
            raise Failure("the session was closed", Phase.NOT_SENT)
        exchange = _Exchange(
            self._client,
            outgoing,
            self._request(outgoing),
            permit,
            streaming=streaming,
            traced=self._network is None and outgoing.method not in READS,
        )
        task = asyncio.create_task(exchange.run())
        self._running[task] = exchange
        task.add_done_callback(self._running.pop)
        try:
            return await exchange.result
        except asyncio.CancelledError as cancelled:
            self._abandoned(exchange, task, cancelled)
            raise

    def _request(self, outgoing: Outgoing) -> httpx.Request:
        # A plain value has no media type: with one, form parsers take it for a file.
        files = [
            (part.name, (part.filename, part.content, part.content_type if part.filename else None))
            for part in outgoing.files
        ]
        try:
            return httpx.Request(
                outgoing.method,
                outgoing.url,
                headers=outgoing.headers,
                content=outgoing.body,
                files=files or None,
                extensions=dict(self._extensions),
            )
        except (httpx.InvalidURL, UnicodeEncodeError) as error:
            raise ConfigurationError(f"{outgoing.name} cannot be sent: {error}") from None

    def _abandoned(self, exchange: _Exchange, task: asyncio.Task[None], cancelled: asyncio.CancelledError) -> None:
        outgoing = exchange.outgoing
        if outgoing.method in READS:
            exchange.scope.cancel()
        elif not exchange.sent:
            exchange.scope.cancel()
            exchange.unsent()
        else:
            cancelled.add_note(f"{outgoing.name} was in flight and may have been carried out")
            _log.warning("%s was cancelled in flight: it may have been carried out", outgoing.name)

    def in_flight(self) -> Sequence[str]:
        """The writes in flight, those included whose callers are gone."""
        return [exchange.outgoing.name for exchange in self._running.values() if exchange.outgoing.method not in READS]

    async def aclose(self) -> Sequence[str]:
        """Wait for the writes in flight, as long as `Timeouts.closing`, then close everything.

        Returns the writes that were left without an answer.
        """
        client, self._client = self._client, None
        try:
            writes = [task for task, one in self._running.items() if one.outgoing.method not in READS]
            if writes:
                await asyncio.wait(writes, timeout=self._timeouts.closing)
        finally:
            left = self.in_flight()
            for exchange in self._running.values():
                exchange.scope.cancel()
            if self._running:
                await asyncio.wait(self._running, timeout=_CLEAN_UP)
            if client is not None:
                await client.aclose()
        return left
