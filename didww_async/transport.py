"""One request to a service: its credentials, its turn at the rate limiter, its retries, and its answer or error."""

from __future__ import annotations

import asyncio
import logging
import random as randomness
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Final, NoReturn
from urllib.parse import quote, urlencode, urljoin, urlsplit

import attrs

from ._version import __version__
from .answers import Answer, BrokenAnswer, check_document, error_of
from .credentials import AccessTokens, Credentials
from .errors import ConfigurationError, DidwwError, ProtocolError, Timeout, TransportError
from .flights import Flights
from .limiter.base import Permit, Priority, RateLimiter, current_priority
from .retry import READS, Phase, Retries, RetryBudget, RetryPolicy, Verdict, decide, retry_after
from .stats import Observer, RequestEvent, Stats
from .versions import same_version
from .wire import Failure, Network, Outgoing, StreamedAnswer, Timeouts, Wire
from .writes import File, unknown_outcome

__all__ = ["Answer", "File", "StreamedAnswer", "Timeouts", "Transport"]

JSON_API: Final = "application/vnd.api+json"
"""Without parameters: the API answers 406 or 415 to any (its documentation, chapter "Headers")."""

IN_FLIGHT: Final = 256
"""Requests waiting for their answers at once: 20 a second with answers that take ten seconds, and room to spare."""

REDIRECTS: Final = 3

_TOKEN_HINT: Final = (
    "Check that the API key is right, that it is of this environment (sandbox and production have keys of their own), "
    "and that its list of allowed IP addresses has this machine's"
)

_log: Final = logging.getLogger("didww_async")


@attrs.frozen(kw_only=True)
class _Call:
    """What a caller asked for; it may be sent several times. `service` is empty for an address elsewhere."""

    method: str
    path: str
    url: str
    service: str
    headers: Mapping[str, str]
    body: bytes | None = None
    files: Sequence[File] = ()
    priority: Priority = Priority.NORMAL
    harmless: bool | None = None
    streaming: bool = False
    on_sent: Callable[[bool], None] | None = None

    @property
    def asked(self) -> str:
        return f"{self.method} {self.path}"


class _Unpaced:
    """The permit of a request that no rate limiter counts."""

    waited = 0.0

    def answered(self) -> None: ...

    def unsent(self) -> None: ...


_UNPACED: Final = _Unpaced()
_NOTHING: Final[Mapping[str, str]] = {}


class Transport:
    """Sends requests to the services of one environment, with one key.

    `services` are the base URLs: `api`, and `token`, `voice_in`, `voice_out`, `sms` where they are used. Requests
    with a key or token all take their turn at `limiter`, whose 429s are the API's alone; the token service, which
    counts its own requests, is asked without. Used in the event loop in which it was opened.
    """

    def __init__(
        self,
        *,
        services: Mapping[str, str],
        credentials: Credentials,
        limiter: RateLimiter,
        retry: RetryPolicy,
        timeout: Timeouts,
        api_version: str,
        transport: Network | None = None,
        proxy: str | None = None,
        observer: Observer | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        random: Callable[[], float] = randomness.random,
    ) -> None:
        self.base_url: str = services["api"]
        self.limiter = limiter
        self.stats: Stats = Stats(observer)
        self.flights: Flights = Flights(retry.settle)
        self._services = services
        self._origins = {name: _origin(base) for name, base in services.items()}
        self._retry = retry
        self._budget = RetryBudget(retry)
        self._headers = {
            "user-agent": f"didww_async/{__version__}",
            "accept": JSON_API,
            "accept-encoding": "gzip",
        }
        self._clock, self._sleep, self._random = clock, sleep, random
        self._closing = timeout.closing
        self._wire = Wire(network=transport, proxy=proxy, timeouts=timeout)
        # httpx could bound its pool, but then cancelled requests fill it with connections that are never freed.
        self._gate = asyncio.Semaphore(IN_FLIGHT)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closed = False
        self._warned = False
        self.served: str | None = None
        self.speak(api_version, credentials)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Session cannot be pickled or copied: make one in each process, with a shared limiter")

    def speak(self, api_version: str, credentials: Credentials) -> None:
        """From now on ask for this version of the API, with these credentials."""
        self._api_version = api_version
        self._headers["x-didww-api-version"] = api_version
        self._credentials = credentials
        if isinstance(credentials, AccessTokens):
            credentials.bind(self.mint)

    async def open(self) -> None:
        """Get ready, in the running event loop. Raises ConfigurationError if it was open before."""
        if self._loop is not None or self._closed:
            raise ConfigurationError("a Session is opened once: make another one")
        self._loop = asyncio.get_running_loop()
        await self._wire.open()

    async def aclose(self) -> Sequence[str]:
        """Refuse new requests, wait for the writes in flight, then close the connections.

        Waits for `Timeouts.closing` seconds at most. Writes without an answer by then are named in a warning and
        returned: they may have been carried out.
        """
        if self._closed:
            return ()
        await self.flights.aclose(self._closing)
        self._closed = True
        await self._credentials.aclose()
        left = await self._wire.aclose()
        for name in left:
            _log.warning("the session was closed while %s was in flight: it may have been carried out", name)
        return left

    def in_flight(self) -> Sequence[str]:
        """The writes in flight, those included whose callers were cancelled."""
        return self._wire.in_flight()

    def note_version(self, served: str) -> None:
        """Remember in which version the API answers; warn, once, if it is another than was asked for."""
        self.served = served
        if not self._warned and not same_version(served, self._api_version):
            self._warned = True
            _log.warning(
                "API version %s was asked for and %s answers, for an account is never served an older version than "
                "its own: open the session with api_version=%r",
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
        """Send a request to `path` of a service, again where that is right, and give its good answer.

        `priority` holds unless the caller's block says another (`didww_async.priority`).

        Raises the ApiError of the status; ProtocolError for an answer that is none of the API's; TransportError
        where the network failed and nothing was changed; UnknownOutcome for a write that may have been carried out;
        ConfigurationError outside of `async with`, and in another event loop. A write that is cancelled when it was
        already on its way goes on without its caller: a warning names it, and closing the session waits for it.
        `on_sent` is called with True whenever it goes out, with False when it is known not to have been carried out.
        """
        url = self._services[service] + path
        more = {name.lower(): value for name, value in headers.items()} if headers else {}
        if body is not None:
            more.setdefault("content-type", JSON_API)
        call = _Call(
            method=method,
            path=path,
            url=f"{url}?{urlencode(params, quote_via=quote)}" if params else url,
            service=service,
            headers={**self._headers, **more},
            body=body,
            files=files,
            priority=current_priority(Priority.NORMAL if priority is None else priority),
            on_sent=on_sent,
        )
        answer = await self._perform(call)
        assert isinstance(answer, Answer)
        return answer

    @asynccontextmanager
    async def stream(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        service: str | None = None,
        priority: Priority | None = None,
    ) -> AsyncGenerator[StreamedAnswer]:
        """Ask for a file, whose bytes the block takes as they come: nothing is unpacked.

        With `service`, `url` is a path of that service. Credentials and permits are for the services' own hosts.
        Raises as `request` does before the block is entered; in it, `chunks()` raises TransportError where the
        connection breaks.
        """
        if service is None:
            service = self._service_of(url)
        else:
            url = self._services[service] + url
        more = {name.lower(): value for name, value in headers.items()} if headers else {}
        call = _Call(
            method="GET",
            path=urlsplit(url).path,
            url=url,
            service=service,
            headers={**self._headers, "accept": "*/*", "accept-encoding": "identity", **more},
            priority=current_priority(Priority.BULK if priority is None else priority),
            streaming=True,
        )
        answer = await self._perform(call)
        if isinstance(answer, Answer):
            answer = StreamedAnswer.complete(answer)
        try:
            yield answer
        finally:
            answer.close()

    async def _perform(self, call: _Call) -> Answer | StreamedAnswer:
        """Send until there is a good answer, or nothing more to try."""
        retries = Retries(self._retry, self._budget, clock=self._clock, random=self._random)
        renewed = doubtful = False
        while True:
            retries.begin()
            status = asked = None
            try:
                answer, proof = await self._follow(call, retries.attempt)
                status, asked = answer.status, retry_after(answer.headers)
                if status != 401:
                    self._credentials.accepted(call.service, proof)
                elif not renewed and await self._credentials.refused(call.service, proof):
                    renewed = True
                    continue
                problem, phase = _problem(call, answer)
                if problem is None:
                    self._budget.answered()
                    return answer
            except Failure as failure:
                problem, phase = _unanswered(call, failure), failure.phase
            if status == 404 and doubtful and call.method == "DELETE":
                return Answer(204, {}, b"")  # deleted by the attempt whose answer was lost
            verdict = decide(call.method, phase, status, harmless=call.harmless)
            if verdict is Verdict.UNKNOWN:
                raise unknown_outcome(call.method, call.path, call.body, call.files, str(problem)) from problem
            if call.on_sent is not None and (phase is Phase.NOT_SENT or status == 429):
                call.on_sent(False)
            limited = status == 429 and call.service == "api"
            if limited:
                # Everybody with this key pauses, and this request asks the limiter for a new permit.
                await self.limiter.refused(None if asked is None else min(asked, self._retry.retry_after_cap))
            wait = retries.again(asked, free=status == 429) if verdict is Verdict.RETRY else None
            if wait is None:
                raise problem
            doubtful = doubtful or phase is not Phase.NOT_SENT
            if not limited:
                await self._sleep(wait)

    async def _follow(self, call: _Call, attempt: int) -> tuple[Answer | StreamedAnswer, Mapping[str, str]]:
        """Send once, and for a read go where a redirect sends it."""
        url = call.url
        for _ in range(REDIRECTS + 1):
            answer, proof = await self._send(call, url, attempt)
            target = answer.headers.get("location")
            if not target or call.method not in READS or not 300 < answer.status < 400 or answer.status == 304:
                return answer, proof
            url = urljoin(url, target)
            parts = urlsplit(url)
            elsewhere = _origin(url) != _origin(call.url)
            if (elsewhere and parts.scheme != "https") or parts.username is not None:
                raise ProtocolError(f"{call.asked} was redirected to an address that is not safe to follow")
        raise ProtocolError(f"{call.asked} was redirected more than {REDIRECTS} times")

    async def _send(self, call: _Call, url: str, attempt: int) -> tuple[Answer | StreamedAnswer, Mapping[str, str]]:
        """Wait for a turn, send one request, and count it."""
        self._check_usable()
        trusted = bool(call.service) and _origin(url) == self._origins[call.service]
        secured = trusted and call.service != "token"
        proof = await self._credentials.headers(call.service, call.path) if secured else _NOTHING
        # A request that is sent again has waited once: it goes before those of its own priority.
        priority = call.priority if attempt == 1 else Priority(max(call.priority - 1, Priority.INTERACTIVE))
        permit = await self._turn(priority if secured else None)
        started = self._clock()
        status: int | None = None
        try:
            if self._closed:
                permit.unsent()
            self._check_usable()
            answer = await self._wire.exchange(
                Outgoing(
                    method=call.method,
                    path=call.path,
                    url=url,
                    headers={**call.headers, **proof},
                    body=call.body,
                    files=call.files,
                    on_sent=call.on_sent,
                ),
                permit,
                streaming=call.streaming,
            )
            status = answer.status
            if date := answer.headers.get("date"):
                self.stats.dated(date)
            return answer, proof
        finally:
            self._gate.release()
            self._count(call, priority, attempt, status, permit.waited, self._clock() - started)

    async def _turn(self, priority: Priority | None) -> Permit:
        """A place at the gate, and leave to send at once; without `priority` the limiter is not asked."""
        if priority is None:
            await self._gate.acquire()
            return _UNPACED
        permit = await self.limiter.acquire(priority)
        if not self._gate.locked():
            await self._gate.acquire()
            return permit
        # So many answers are outstanding that the permit would be used who knows when: it is given back.
        permit.unsent()
        await self._gate.acquire()
        try:
            return await self.limiter.acquire(priority)
        except BaseException:
            self._gate.release()
            raise

    def _count(
        self, call: _Call, priority: Priority, attempt: int, status: int | None, waited: float, elapsed: float
    ) -> None:
        self.stats.count(
            RequestEvent(
                method=call.method,
                path=call.path,
                service=call.service,
                status=status,
                attempt=attempt,
                waited=waited,
                elapsed=elapsed,
                priority=priority,
            )
        )

    def _check_usable(self) -> None:
        if self._loop is None:
            raise ConfigurationError("the session is not open: use it inside `async with Session(...) as didww:`")
        if asyncio.get_running_loop() is not self._loop:
            raise ConfigurationError(
                "the session was opened in another event loop: open one in each loop; they share the rate limit"
            )
        if self._closed:
            raise ConfigurationError("the session is closed: keep its `async with` open as long as it is used")

    def _service_of(self, url: str) -> str:
        """The service whose base URL an address is under, else one on the same host, else none."""
        origin = _origin(url)
        near = [name for name in self._services if self._origins[name] == origin]
        under = [name for name in near if url.startswith(self._services[name] + "/")]
        return max(under, key=lambda name: len(self._services[name]), default=near[0] if near else "")

    async def mint(self, headers: Mapping[str, str], body: bytes) -> bytes:
        """For `AccessTokens`: ask the token service, again where that is right, and give its good answer's body."""
        self.stats.mints += 1
        json = {"accept": "application/json", "content-type": "application/json"}
        answer = await self._perform(
            _Call(
                method="POST",
                path="/token",
                url=f"{self._services['token']}/token",
                service="token",
                headers={"user-agent": self._headers["user-agent"], **json, **headers},
                body=body,
                harmless=True,
            )
        )
        assert isinstance(answer, Answer)
        return answer.content


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or {"https": 443, "http": 80}.get(parts.scheme)


def _problem(call: _Call, answer: Answer | StreamedAnswer) -> tuple[DidwwError | None, Phase]:
    """What is wrong with an answer, if anything, and whether it came whole."""
    if isinstance(answer, StreamedAnswer) or answer.status == 304:
        return None, Phase.ANSWERED
    if answer.status >= 400:
        hint = _TOKEN_HINT if call.service == "token" and answer.status == 401 else None
        return error_of(call.method, call.path, answer, hint=hint), Phase.ANSWERED
    if answer.status >= 300:
        return ProtocolError(f"{call.asked} was answered with a redirect ({answer.status})"), Phase.ANSWERED
    try:
        check_document(call.asked, answer)
    except BrokenAnswer as error:
        return error, Phase.SENT
    except ProtocolError as error:
        return error, Phase.ANSWERED
    return None, Phase.ANSWERED


def _unanswered(call: _Call, failure: Failure) -> DidwwError:
    if failure.broken:
        return ProtocolError(f"{call.asked}: {failure}")
    if failure.phase is Phase.NOT_SENT:
        said = f"{call.asked} could not be sent: {failure}"
    else:
        said = f"{call.asked} was sent and not answered: {failure}"
    return (Timeout if failure.timeout else TransportError)(said)
