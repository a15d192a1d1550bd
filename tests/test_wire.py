"""Exchanges over real connections: answers that break off, callers who go away, sessions that close."""

from __future__ import annotations

import asyncio
import logging
import os
import random
import time
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import attrs
import pytest

from didww_async.credentials import ApiKey
from didww_async.errors import ConfigurationError, ProtocolError, Timeout, TransportError, UnknownOutcome
from didww_async.limiter import LocalRateLimiter, Permit, Priority
from didww_async.retry import RetryPolicy
from didww_async.transport import Timeouts, Transport

STORM = float(os.environ.get("STORM_SECONDS", "1.5"))
"""Seconds of random cancellations."""

CONTENT = b'{"data": [], "meta": {"total_records": 0}}'
ORDER = b'{"data": {"attributes": {"external_reference_id": "r-7"}}}'


async def until(holds: Callable[[], object]) -> None:
    """Wait for something that is sure to come."""
    for _ in range(5000):
        if holds():
            return
        await asyncio.sleep(0.002)
    pytest.fail("it did not come within ten seconds")


Behave = Callable[["Server", str, asyncio.StreamWriter], Coroutine[Any, Any, None]]


async def answer(server: Server, path: str, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(CONTENT))
    await asyncio.sleep(server.pause * random.random())
    writer.write(CONTENT)
    await writer.drain()


@attrs.define
class Server:
    """An HTTP server with bad habits, and a count of what reached it."""

    port: int = 0
    behave: Behave = answer
    pause: float = 0.0
    received: list[str] = attrs.field(factory=list[str])
    connections: int = 0
    opened: int = 0
    release: asyncio.Event = attrs.field(factory=asyncio.Event)

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}/v3"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.opened += 1
        self.connections += 1
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
                length = head.partition("content-length: ")[2].partition("\r\n")[0]
                await reader.readexactly(int(length or 0))
                method, path, _ = head.split(" ", 2)
                self.received.append(f"{method.upper()} {path.removeprefix('/v3')}")
                await asyncio.sleep(self.pause * random.random())
                await self.behave(self, path, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self.connections -= 1
            writer.close()


@asynccontextmanager
async def server(behave: Behave = answer, *, pause: float = 0.0) -> AsyncGenerator[Server]:
    serving = Server(behave=behave, pause=pause)
    listening = await asyncio.start_server(serving.serve, "127.0.0.1", 0)
    serving.port = listening.sockets[0].getsockname()[1]
    try:
        yield serving
    finally:
        listening.close()
        serving.release.set()
        await until(lambda: not serving.connections)


@attrs.define
class Ledger:
    """A limiter that lets everybody pass, and says what became of its permits."""

    given: int = 0
    answered: int = 0
    unsent: int = 0

    async def acquire(self, priority: Priority = Priority.NORMAL) -> Permit:
        await asyncio.sleep(0)
        self.given += 1
        return _Given(self)

    async def refused(self, retry_after: float | None = None) -> float:
        return 0.0

    async def aclose(self) -> None: ...


@attrs.define
class _Given:
    ledger: Ledger
    waited: float = 0.0

    def answered(self) -> None:
        self.ledger.answered += 1

    def unsent(self) -> None:
        self.ledger.unsent += 1


@asynccontextmanager
async def client(
    to: Server, *, limiter: Ledger | LocalRateLimiter | None = None, attempts: int = 1, **timeouts: float
) -> AsyncGenerator[Transport]:
    transport = Transport(
        services={"api": to.base},
        credentials=ApiKey("key"),
        limiter=limiter or Ledger(),
        retry=RetryPolicy(attempts=attempts, base_delay=0.01),
        timeout=Timeouts(**timeouts),
        api_version="2026-04-16",
    )
    await transport.open()
    try:
        yield transport
    finally:
        await transport.aclose()


# Answers that break off.


def once(broken: Behave) -> Behave:
    """Break the first answer, and give the others whole."""

    async def behave(to: Server, path: str, writer: asyncio.StreamWriter) -> None:
        await (broken if len(to.received) == 1 else answer)(to, path, writer)

    return behave


async def cut_off(to: Server, path: str, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n" + CONTENT)
    raise ConnectionResetError


async def without_length(to: Server, path: str, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + CONTENT[:20])
    raise ConnectionResetError


async def hang_up(to: Server, path: str, writer: asyncio.StreamWriter) -> None:
    raise ConnectionResetError


async def no_http(to: Server, path: str, writer: asyncio.StreamWriter) -> None:
    writer.write(b"220 smtp.example ESMTP\r\n\r\n")
    raise ConnectionResetError


async def silence(to: Server, path: str, writer: asyncio.StreamWriter) -> None:
    await to.release.wait()
    raise ConnectionResetError


@pytest.mark.parametrize("broken", [cut_off, without_length, hang_up, no_http])
async def test_a_read_whose_answer_breaks_off_is_sent_again(broken: Behave) -> None:
    async with server(once(broken)) as to, client(to, attempts=2) as transport:
        assert (await transport.request("GET", "/dids")).content == CONTENT
    assert to.received == ["GET /dids"] * 2


@pytest.mark.parametrize("broken", [cut_off, without_length, hang_up, no_http])
async def test_a_post_whose_answer_breaks_off_is_not(broken: Behave) -> None:
    async with server(once(broken)) as to, client(to, attempts=5) as transport:
        with pytest.raises(UnknownOutcome, match="r-7"):
            await transport.request("POST", "/orders", body=ORDER)
    assert to.received == ["POST /orders"]


@pytest.mark.parametrize("broken", [cut_off, without_length])
async def test_a_body_that_is_cut_off_for_good_is_a_protocol_error(broken: Behave) -> None:
    async with server(broken) as to, client(to, attempts=2) as transport:
        with pytest.raises(ProtocolError, match="GET /dids"):
            await transport.request("GET", "/dids")
    assert len(to.received) == 2


async def test_an_answer_that_does_not_come_in_time_is_a_timeout() -> None:
    async with server(silence) as to, client(to, read=0.05) as transport:
        with pytest.raises(Timeout, match="GET /dids"):
            await transport.request("GET", "/dids")
        with pytest.raises(UnknownOutcome):
            await transport.request("POST", "/orders", body=ORDER)


async def test_a_post_to_nobody_is_a_transport_error_and_costs_no_permit() -> None:
    ledger = Ledger()
    async with server() as to:
        pass
    async with client(to, limiter=ledger, attempts=2) as transport:
        with pytest.raises(TransportError, match="could not be sent"):
            await transport.request("POST", "/orders", body=ORDER)
    assert (ledger.given, ledger.unsent) == (2, 2)


async def test_a_download_that_breaks_off_gives_what_came_and_then_an_error() -> None:
    async with server(cut_off) as to, client(to) as transport:
        async with transport.stream(f"{to.base}/exports/a.csv.gz") as download:
            chunks = download.chunks()
            assert await anext(chunks) == CONTENT
            with pytest.raises(TransportError, match=r"GET /v3/exports/a\.csv\.gz"):
                await anext(chunks)


async def endless(to: Server, path: str, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
    while True:
        writer.write(b"x" * 65536)
        await writer.drain()


async def test_a_download_that_is_left_early_closes_its_connection() -> None:
    async with server(endless) as to, client(to) as transport:
        async with transport.stream(f"{to.base}/exports/a.csv.gz") as download:
            async for chunk in download.chunks():
                assert chunk
                break
        await until(lambda: not to.connections)


async def test_closing_ends_downloads_with_an_error() -> None:
    async with server(endless) as to, client(to) as transport:
        async with transport.stream(f"{to.base}/exports/a.csv.gz") as download:
            chunks = download.chunks()
            await anext(chunks)
            await transport.aclose()
            with pytest.raises(TransportError, match="closed"):
                await anext(chunks)


# Callers who go away.


async def test_a_write_that_is_cancelled_in_flight_goes_on_and_its_end_is_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def when_released(to: Server, path: str, writer: asyncio.StreamWriter) -> None:
        await to.release.wait()
        await answer(to, path, writer)

    async with server(when_released) as to:
        async with client(to) as transport:
            writing = asyncio.create_task(transport.request("POST", "/orders", body=ORDER))
            await until(lambda: to.received)
            writing.cancel()
            with pytest.raises(asyncio.CancelledError) as cancelled:
                await writing
            assert "may have been carried out" in cancelled.value.__notes__[0]
            assert "POST /orders (external_reference_id 'r-7') was cancelled in flight" in caplog.text
            to.release.set()
        assert "cancelled in flight, was answered 200" in caplog.text


async def test_closing_waits_for_writes_and_names_those_it_leaves(caplog: pytest.LogCaptureFixture) -> None:
    async with server(silence) as to, client(to, closing=0.05) as transport:
        writing = asyncio.create_task(transport.request("POST", "/orders", body=ORDER))
        reading = asyncio.create_task(transport.request("GET", "/dids"))
        await until(lambda: len(to.received) == 2)
        assert await transport.aclose() == ["POST /orders (external_reference_id 'r-7')"]
        with pytest.raises(UnknownOutcome, match="closed"):
            await writing
        with pytest.raises(TransportError, match="closed"):
            await reading
        assert "closed while POST /orders (external_reference_id 'r-7') was in flight" in caplog.text


async def test_a_write_that_is_answered_while_the_session_closes_is_answered() -> None:
    async with server(pause=0.05) as to, client(to) as transport:
        writing = asyncio.create_task(transport.request("POST", "/orders", body=ORDER))
        await until(lambda: to.received)
        assert not await transport.aclose()
        assert (await writing).status == 200


async def test_a_request_that_waits_for_the_limiter_when_the_session_closes_is_not_sent() -> None:
    limiter = LocalRateLimiter(2)
    async with server() as to, client(to, limiter=limiter) as transport:
        waiting = [asyncio.create_task(transport.request("POST", "/orders", body=ORDER)) for _ in range(4)]
        await until(lambda: to.received)
        await transport.aclose()
        ended = await asyncio.gather(*waiting, return_exceptions=True)
    refused = [one for one in ended if isinstance(one, ConfigurationError)]
    assert len(refused) + len(to.received) == 4
    assert refused


async def gone(transport: Transport, to: Server) -> None:
    """Wait until nothing is left of requests that were cancelled."""
    await until(lambda: not transport.in_flight())
    seen = -1
    while seen != len(to.received):
        seen = len(to.received)
        await asyncio.sleep(0.1)


async def no_connection_is_lost(transport: Transport, to: Server) -> None:
    """Whatever connections there are can be used: as many requests at once open not one more."""
    gate = asyncio.Event()

    async def all_at_once(to: Server, path: str, writer: asyncio.StreamWriter) -> None:
        await gate.wait()
        await answer(to, path, writer)

    open_before, opened_before, received = to.connections, to.opened, len(to.received)
    usual, to.behave = to.behave, all_at_once
    requests = [asyncio.create_task(transport.request("GET", "/again")) for _ in range(open_before)]
    await until(lambda: len(to.received) == received + len(requests))
    gate.set()
    assert {(await request).status for request in requests} <= {200}
    assert to.opened == opened_before
    to.behave = usual


async def test_a_storm_of_cancellations_leaves_the_session_answering(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR, "didww_async")
    limiter = LocalRateLimiter(1000)
    done = cancelled = 0
    async with server(pause=0.01) as to, client(to, limiter=limiter) as transport:

        async def send() -> None:
            await transport.request(random.choice(["GET", "PATCH", "POST"]), "/dids")

        began = time.monotonic()
        for _ in range(5):
            await asyncio.gather(*(send() for _ in range(10)))
        usual = (time.monotonic() - began) / 5
        end = time.monotonic() + STORM

        async def worker() -> None:
            nonlocal done, cancelled
            while time.monotonic() < end:
                try:
                    async with asyncio.timeout(random.random() * 2 * usual):
                        await send()
                        done += 1
                except TimeoutError:
                    cancelled += 1

        await asyncio.gather(*(worker() for _ in range(10)))
        await gone(transport, to)
        assert done
        assert cancelled > 5
        await no_connection_is_lost(transport, to)
        async with asyncio.timeout(30):
            await asyncio.gather(*(transport.request("GET", "/dids") for _ in range(40)))


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_cancelling_at_each_await_in_turn_loses_nothing(method: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR, "didww_async")
    ledger = Ledger()
    noted = finished = 0
    async with server() as to, client(to, limiter=ledger) as transport:
        for step in range(400):
            request = asyncio.create_task(transport.request(method, "/orders", body=ORDER))
            for _ in range(step):
                await asyncio.sleep(0)
            request.cancel()
            try:
                await request
                finished += 1
            except asyncio.CancelledError as cancelled:
                noted += bool(getattr(cancelled, "__notes__", None))
            if finished == 20:
                break
        await gone(transport, to)
        assert finished == 20
        if method == "POST":
            # Each one either never left, or was seen through and its caller told so.
            assert len(to.received) == noted + finished
            assert ledger.given == ledger.answered + ledger.unsent
        await no_connection_is_lost(transport, to)
