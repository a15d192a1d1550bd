"""One request: credentials, limiter, send, retry, error. The only file that names httpx."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, Final, NoReturn, TypeVar
from urllib.parse import urlsplit

import attrs
import httpx

from ._version import __version__
from .answers import error_of
from .credentials import AccessTokens, Credentials
from .errors import (
    ApiError,
    ConfigurationError,
    DidwwError,
    ProtocolError,
    Timeout,
    TransportError,
    UnknownOutcome,
)
from .flights import Flights
from .limiter.base import Permit, Priority, RateLimiter, current_priority
from .retry import READS, Decision, Phase, RetryBudget, RetryPolicy, decide, retry_after_of
from .stats import RequestEvent, Stats
from .versions import same_version

__all__ = ["Answer", "File", "StreamedAnswer", "Timeouts", "Transport"]

T = TypeVar("T")

JSON_API: Final = "application/vnd.api+json"
IN_FLIGHT: Final = 256
"""Requests in flight at once: 20 a second with answers that take 10 seconds, and room to spare."""
REDIRECTS: Final = 5
GRACE: Final = 30.0
"""Seconds that closing waits for writes in flight."""

_log = logging.getLogger("didww_async")


@attrs.frozen(kw_only=True)
class Timeouts:
    """Seconds: `connect` to a connection, `write` and `read` without a byte sent or received, each.

    The API answers most requests within a second; orders and large pages can take many.
    """

    connect: float = 10.0
    write: float = 30.0
    read: float = 60.0


@attrs.frozen
class Answer:
    """A whole answer: status, headers by lower-case name, body."""

    status: int
    headers: Mapping[str, str]
    content: bytes


@attrs.frozen
class StreamedAnswer:
    """The head of an answer; `chunks()` yields the body as it came over the wire, content encoding and all."""

    status: int
    headers: Mapping[str, str]
    chunks: Callable[[], AsyncIterator[bytes]]


@attrs.frozen
class File:
    """One part of a multipart body: a file if it has a `filename`, else a plain value."""

    name: str
    content: bytes
    filename: str | None = None
    content_type: str = "application/octet-stream"


@attrs.define
class _Call:
    """One request that may be sent several times."""

    method: str
    path: str
    url: str
    service: str
    params: Sequence[tuple[str, str]] = ()
    headers: Mapping[str, str] = attrs.field(factory=dict[str, str])
    body: bytes | None = None
    files: Sequence[File] = ()
    priority: Priority = Priority.NORMAL
    repeatable: bool = False
    proof: Mapping[str, str] = attrs.field(factory=dict[str, str])
    on_sent: Callable[[bool], None] | None = None
    sent: bool = False
    renewed: bool = False

    def went(self, sent: bool) -> None:
        """It is on its way, or known not to have been carried out."""
        self.sent = sent
        if self.on_sent is not None:
            self.on_sent(sent)

    @property
    def asked(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def kind(self) -> str:
        """The method that says how harmful a repetition is."""
        return "GET" if self.repeatable else self.method


@attrs.define
class _Failure(Exception):
    """No whole answer came."""

    phase: Phase
    why: str
    timed_out: bool


class Transport:
    """Sends requests to the services, through one connection pool, one limiter and one retry policy."""

    def __init__(
        self,
        *,
        services: Mapping[str, str],
        credentials: Credentials,
        limiter: RateLimiter,
        retry: RetryPolicy,
        timeout: Timeouts,
        api_version: str,
        transport: httpx.AsyncBaseTransport | None = None,
        proxy: str | None = None,
        observer: Callable[[RequestEvent], None] | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Any] = asyncio.sleep,
        draw: Callable[[], float] = random.random,
    ) -> None:
        self.base_url = services["api"]
        self.limiter = limiter
        self.stats = Stats()
        self.flights = Flights(retry.settle)
        self._services = services
        self._credentials = credentials
        self._retry = retry
        self._budget = RetryBudget(retry)
        self._timeout = timeout
        self._api_version = api_version
        self._transport = transport
        self._proxy = proxy
        self._observer = observer
        self._clock, self._sleep, self._draw = clock, sleep, draw
        self._client: httpx.AsyncClient | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closed = False
        self._warned = False
        # Not httpx's own limit: its pool keeps dead connections when requests are cancelled, until nothing passes.
        self._gate = asyncio.Semaphore(IN_FLIGHT)
        self._writes: dict[asyncio.Task[Any], _Call] = {}
        if isinstance(credentials, AccessTokens):
            credentials.bind(self._mint)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Session cannot be pickled or copied: make one in each process, with a shared limiter")

    async def open(self) -> None:
        """Make the connection pool, in the running event loop."""
        if self._client is not None or self._closed:
            raise ConfigurationError("a Session is opened once: make another one")
        self._loop = asyncio.get_running_loop()
        timeout = httpx.Timeout(self._timeout.read, connect=self._timeout.connect, write=self._timeout.write, pool=None)
        # In a thread: reading the certificates takes tens of milliseconds.
        self._client = await asyncio.to_thread(
            httpx.AsyncClient,
            transport=self._transport,
            proxy=self._proxy,
            timeout=timeout,
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=64, keepalive_expiry=30.0),
            follow_redirects=False,
            headers={"User-Agent": f"didww_async/{__version__}", "Accept-Encoding": "gzip"},
        )

    async def aclose(self, grace: float = GRACE) -> None:
        """Wait up to `grace` seconds for writes in flight, say which were left, and close the connections."""
        if self._closed:
            return
        await self.flights.aclose(grace)
        self._closed = True
        if self._writes:
            await asyncio.wait(self._writes, timeout=grace)
        for task, call in list(self._writes.items()):
            _log.warning("closed while %s was in flight: it may have been carried out", call.asked)
            task.cancel()
        if self._client is not None:
            await self._client.aclose()

    def note_version(self, served: str) -> None:
        """Warn, once, that the API answers in another version than it was asked for."""
        if not self._warned and not same_version(served, self._api_version):
            self._warned = True
            _log.warning(
                "asked for API version %s, and %s answers: the account was moved to it and cannot go back. "
                "Open the session with api_version=%r",
                self._api_version,
                served,
                served,
            )

    async def request(
        self,
        method: str,
        path: str,
        *,
        params: Sequence[tuple[str, str]] = (),
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        files: Sequence[File] = (),
        service: str = "api",
        priority: Priority | None = None,
        on_sent: Callable[[bool], None] | None = None,
    ) -> Answer:
        """Send a request to a service, again where that is right, and return the answer below status 400.

        Raises the ApiError of the status; TransportError where the network failed and nothing was changed;
        UnknownOutcome where a write may have been carried out; ConfigurationError where the session is not open.

        A write that is cancelled after it went out is a lost answer: it is seen through in the background, what
        became of it is logged, and closing the session waits for it. `on_sent` is called with True whenever it goes
        out, and with False when it is known that the API did not carry it out.
        """
        call = _Call(
            method,
            path,
            self._services[service] + path,
            service,
            params,
            headers or {},
            body,
            files,
            current_priority(priority or Priority.NORMAL) if priority != Priority.INTERACTIVE else priority,
            on_sent=on_sent,
        )
        self._usable()
        if method in READS:
            return await self._until_answered(call)
        task = asyncio.ensure_future(self._until_answered(call))
        self._writes[task] = call
        task.add_done_callback(lambda ended: self._writes.pop(ended, None))
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            if not call.sent:
                task.cancel()
            elif not task.done():
                _log.warning("%s was cancelled while it was in flight: its answer is waited for", call.asked)
                task.add_done_callback(lambda ended: _tell(call, ended))
            raise

    @asynccontextmanager
    async def stream(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        service: str | None = None,
        priority: Priority | None = None,
    ) -> AsyncIterator[StreamedAnswer]:
        """Ask for a file; the body is read by the block. Credentials go to the API's own host and to no other.

        With `service`, `url` is a path of that service, as in `request`.

        Raises as `request` does before the block is entered; inside it `chunks()` raises TransportError where the
        connection breaks.
        """
        self._usable()
        url = url if service is None else self._services[service] + url
        parts = urlsplit(url)
        call = _Call(
            "GET",
            parts.path,
            url,
            service or self._service_of(url),
            headers={"Accept": "*/*", **(headers or {})},
            priority=current_priority(priority or Priority.BULK),
        )
        response = await self._until(call, self._head)
        try:
            yield StreamedAnswer(response.status_code, _lower(response), lambda: self._chunks(call, response))
        finally:
            await response.aclose()

    async def _chunks(self, call: _Call, response: httpx.Response) -> AsyncIterator[bytes]:
        try:
            async for chunk in response.aiter_raw():
                yield chunk
        except (httpx.HTTPError, httpx.StreamError) as error:
            raise _unreachable(call, _failure(error)) from None

    async def _until_answered(self, call: _Call) -> Answer:
        return await self._until(call, self._whole)

    async def _until(self, call: _Call, send: Callable[[_Call, int], Any]) -> Any:
        """Send until there is an answer to return, or nothing more to try."""
        began = self._clock()
        attempt = 0
        while True:
            attempt += 1
            problem: DidwwError
            try:
                answer = await send(call, attempt)
                self._budget.success()
                return answer
            except _Failure as failure:
                decision = decide(call.kind, failure.phase)
                problem = _unreachable(call, failure)
                status, retry_after = None, None
            except ApiError as error:
                if call.method == "DELETE" and error.status == 404 and attempt > 1:
                    return Answer(204, {}, b"")  # the one before had been carried out
                status, retry_after = error.status, error.retry_after
                if status == 401 and not call.renewed and await self._renew(call):
                    continue
                decision = decide(call.kind, Phase.ANSWERED, status)
                problem = error
            if decision is Decision.UNKNOWN:
                raise _unknown(call, problem) from None
            wait = self._retry.wait(attempt, retry_after, self._draw) if decision is Decision.RETRY else None
            if wait is None or attempt >= self._retry.attempts:
                raise problem
            if self._clock() - began + wait > self._retry.total_time:
                raise problem
            if status == 429:
                call.went(False)
            if status == 429 and call.service == "api":
                # The limiter holds everybody with this key, and this request takes its place in the line again.
                await self.limiter.refused(retry_after)
            elif status != 429 and not self._budget.take():
                raise problem
            else:
                await self._sleep(wait)
            _log.debug("%s is sent again: attempt %d after %s", call.asked, attempt + 1, problem)

    async def _renew(self, call: _Call) -> bool:
        call.renewed = True
        return await self._credentials.refused(call.service, call.proof)

    async def _whole(self, call: _Call, attempt: int) -> Answer:
        """Send once, and read the answer to its end."""
        response = await self._head(call, attempt)
        try:
            content = await response.aread()
        except (httpx.HTTPError, httpx.StreamError) as error:
            raise _failure(error) from None
        finally:
            await response.aclose()
        return Answer(response.status_code, _lower(response), content)

    async def _head(self, call: _Call, attempt: int) -> httpx.Response:
        """Send once, following redirects of reads, to the head of an answer below 400."""
        url = call.url
        for _ in range(REDIRECTS):
            response = await self._sent(call, url, attempt)
            if response.status_code < 300 or response.status_code == 304:
                return response
            if response.status_code >= 400:
                raise await self._error(call, response)
            await response.aclose()
            target = response.headers.get("location")
            if call.method not in READS or not target:
                break
            url = str(httpx.URL(url).join(target))
            if urlsplit(url).scheme != "https" and _origin(url) != _origin(call.url):
                break
        raise ProtocolError(f"{call.asked} was answered with a redirect ({response.status_code}) that is not followed")

    async def _sent(self, call: _Call, url: str, attempt: int) -> httpx.Response:
        """Wait for the limiter, send one request, and return the open response."""
        client = self._usable()
        own = _origin(url) == _origin(self._services.get(call.service, ""))
        proves = own and call.service != "token"
        call.proof = await self._credentials.headers(call.service, call.path) if proves else {}
        request = self._build(client, call, url)
        permit = await self.limiter.acquire(call.priority) if own and call.service == "api" else None
        started = self._clock()
        status: int | None = None
        try:
            async with self._gate:
                call.went(True)
                response = await client.send(request, stream=True)
            status = response.status_code
            if permit:
                permit.answered()
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError) as error:
            failure = _failure(error)
            if failure.phase is Phase.NOT_SENT:
                call.went(False)
                if permit:
                    permit.unsent()
            raise failure from None
        finally:
            self._count(call, attempt, status, permit, self._clock() - started)
        if status != 401:
            self._credentials.accepted(call.service, call.proof)
        return response

    def _build(self, client: httpx.AsyncClient, call: _Call, url: str) -> httpx.Request:
        headers = {"Accept": JSON_API, "X-DIDWW-API-Version": self._api_version, **call.headers, **call.proof}
        if call.body is not None:
            headers.setdefault("Content-Type", JSON_API)
        params = list(call.params) if call.params and url == call.url else None
        # A plain value has no content type: with one, form parsers take it for a file.
        files = [
            (part.name, (part.filename, part.content, part.content_type if part.filename else None))
            for part in call.files
        ]
        return client.build_request(
            call.method, url, params=params, content=call.body, files=files or None, headers=headers
        )

    async def _error(self, call: _Call, response: httpx.Response) -> ApiError:
        try:
            content = await response.aread()
        except (httpx.HTTPError, httpx.StreamError):
            content = b""
        finally:
            await response.aclose()
        headers = _lower(response)
        return error_of(
            response.status_code,
            headers,
            content,
            method=call.method,
            path=call.path,
            retry_after=retry_after_of(headers.get("retry-after"), datetime.now(UTC)),
        )

    def _count(self, call: _Call, attempt: int, status: int | None, permit: Permit | None, elapsed: float) -> None:
        event = RequestEvent(
            method=call.method,
            path=call.path,
            status=status,
            attempt=attempt,
            waited=permit.waited if permit else 0.0,
            elapsed=elapsed,
            priority=call.priority,
        )
        self.stats.add(event)
        _log.debug("%s: %s in %.3f s after %.3f s in line", call.asked, status, elapsed, event.waited)
        if self._observer is not None:
            try:
                self._observer(event)
            except Exception:
                _log.exception("the observer of requests failed")

    def _usable(self) -> httpx.AsyncClient:
        if self._client is None:
            raise ConfigurationError("the Session is not open: use it inside «async with Session(...) as didww:»")
        if self._closed and asyncio.current_task() not in self._writes:
            raise ConfigurationError("the Session is closed: keep its «async with» open for as long as it is used")
        if asyncio.get_running_loop() is not self._loop:
            raise ConfigurationError(
                "the Session was opened in another event loop: open one in each loop (they share the limit)"
            )
        return self._client

    def _service_of(self, url: str) -> str:
        return next((name for name, base in self._services.items() if _origin(base) == _origin(url)), "elsewhere")

    async def _mint(self, headers: Mapping[str, str], body: bytes) -> bytes:
        # The token service counts its own requests, and the API's limiter does not.
        call = _Call(
            "POST",
            "/token",
            self._services["token"] + "/token",
            "token",
            headers={**headers, "Content-Type": "application/json", "Accept": "application/json"},
            body=body,
            repeatable=True,
        )
        self.stats.mints += 1
        return (await self._until_answered(call)).content


def _lower(response: httpx.Response) -> Mapping[str, str]:
    return {name.lower(): value for name, value in response.headers.items()}


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or {"https": 443, "http": 80}.get(parts.scheme)


# What httpx raises before a byte of the request can have gone out.
_NOT_SENT: Final = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.InvalidURL,
    httpx.LocalProtocolError,
)


def _failure(error: Exception) -> _Failure:
    phase = Phase.NOT_SENT if isinstance(error, _NOT_SENT) else Phase.UNCLEAR
    why = str(error) or type(error).__name__
    return _Failure(phase, why, isinstance(error, httpx.TimeoutException))


def _unreachable(call: _Call, failure: _Failure) -> TransportError:
    cls = Timeout if failure.timed_out else TransportError
    how = "could not be sent" if failure.phase is Phase.NOT_SENT else "got no whole answer"
    return cls(f"{call.asked} {how}: {failure.why}")


def _unknown(call: _Call, problem: DidwwError) -> UnknownOutcome:
    look = (
        "list with the filter external_reference_id, if the body had one" if call.body else "read what it was to change"
    )
    return UnknownOutcome(
        f"{problem}. It may have been carried out and is not sent again: {look}, before sending it anew",
        method=call.method,
        path=call.path,
        sent=call.body,
    )


def _tell(call: _Call, task: asyncio.Task[Any]) -> None:
    """Say what became of a write whose caller had gone."""
    if task.cancelled():
        _log.warning("%s was given up: it may have been carried out", call.asked)
    elif (error := task.exception()) is not None:
        _log.warning("%s, cancelled by its caller, failed: %s", call.asked, error)
    else:
        _log.info("%s, cancelled by its caller, was carried out", call.asked)
