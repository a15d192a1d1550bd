"""A loopback HTTP server in its own process that keeps to a limit strictly and can be slow: for every benchmark.

    with StrictServer(window="sliding", latency=0.02, jitter=0.005) as server:
        ...                                   # requests to server.url
        tally = server.tally()                # what it counted

It is a bare asyncio protocol, so that it costs little of the CPU that the client under test is measured on. A request
is counted when it "arrives": half the latency and the jitter after its bytes were read. The limit is per `Api-Key`.
"""

from __future__ import annotations

import argparse
import asyncio
import bisect
import contextlib
import importlib
import json
import math
import random
import socket
import subprocess
import sys
import time
import urllib.request
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Literal

import attrs

__all__ = ["StrictServer", "Tally", "Window"]

Window = Literal["sliding", "fixed", "none"]
"""Sliding: no more than the rate in any second. Fixed: in any second of the server's clock."""

Responder = Callable[[str], bytes]
"""From the target of a request (path and query) to the JSON body of its answer."""

BODY = b'{"data":{"id":"1","type":"balances","attributes":{"balance":"1.00"}},"meta":{"api_version":"2026-04-16"}}'


@attrs.frozen
class Tally:
    """What the server counted since the last `reset`, over all keys. `arrivals` are times in seconds, in order."""

    accepted: int
    refused: int
    arrivals: list[float]
    by_key: dict[str, int]

    @property
    def share_refused(self) -> float:
        """429s among all requests, 0 to 1."""
        return self.refused / max(1, self.accepted + self.refused)

    def most_in_a_second(self, window: Window = "sliding") -> int:
        """The most arrivals, refused ones included, that one second held."""
        if window == "fixed":
            counts: dict[int, int] = defaultdict(int)
            for arrival in self.arrivals:
                counts[math.floor(arrival)] += 1
            return max(counts.values(), default=0)
        return max(
            (bisect.bisect_left(self.arrivals, start + 1) - place for place, start in enumerate(self.arrivals)),
            default=0,
        )


class StrictServer:
    """Runs the server in a process of its own while the `with` block lasts.

    - `window`, `rate`: the limit of each key; `retry_after`: seconds in the 429's `Retry-After`, or no such header.
    - `latency`: seconds of the round trip; `jitter`: mean of the exponential jitter in seconds, all of it on the way
      in (`jitter_on="in"`, the worst case for a limiter) or half on each way (`"both"`).
    - `processing`: mean seconds, exponential, between counting a request and answering it.
    - `responder`: `"module:function"` of type `Responder`, for answers other than a balance.
    """

    def __init__(
        self,
        *,
        window: Window = "sliding",
        rate: int = 20,
        latency: float = 0.0,
        jitter: float = 0.0,
        jitter_on: Literal["in", "both"] = "in",
        processing: float = 0.0,
        retry_after: int | None = None,
        responder: str = "",
    ) -> None:
        self._options = {
            "window": window,
            "rate": rate,
            "latency": latency,
            "jitter": jitter,
            "jitter_on": jitter_on,
            "processing": processing,
            "retry_after": retry_after,
            "responder": responder,
        }

    def __enter__(self) -> StrictServer:
        command = [sys.executable, str(Path(__file__).resolve()), json.dumps(self._options)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())
        self.url = f"http://127.0.0.1:{self.port}"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._process.terminate()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            pipe.close()

    def tally(self) -> Tally:
        """What was counted so far."""
        with urllib.request.urlopen(f"{self.url}/-/tally") as answer:
            return Tally(**json.load(answer))

    def reset(self) -> None:
        """Forget what was counted; the limits' windows stay."""
        with urllib.request.urlopen(f"{self.url}/-/reset") as answer:
            answer.read()


class _Limit:
    """The strict limit, and the count of what came."""

    def __init__(self, window: Window, rate: int) -> None:
        self._window, self._rate = window, rate
        self._accepted: dict[str, list[float]] = defaultdict(list)
        self.reset()

    def reset(self) -> None:
        self._arrivals: list[float] = []
        self._refused = 0
        self._by_key: dict[str, int] = defaultdict(int)

    def admits(self, key: str, now: float) -> bool:
        self._arrivals.append(now)
        since = now - 1 if self._window == "sliding" else math.floor(now)
        accepted = self._accepted[key]
        del accepted[: bisect.bisect_right(accepted, since) if self._window == "sliding" else 0]
        if self._window == "fixed" and accepted and accepted[0] < since:
            accepted.clear()
        if self._window != "none" and len(accepted) >= self._rate:
            self._refused += 1
            return False
        accepted.append(now)
        self._by_key[key] += 1
        return True

    def tally(self) -> bytes:
        accepted = sum(self._by_key.values())
        tally = Tally(accepted, self._refused, self._arrivals, self._by_key)
        return json.dumps(attrs.asdict(tally)).encode()


class _Server:
    def __init__(
        self,
        *,
        window: Window,
        rate: int,
        latency: float,
        jitter: float,
        jitter_on: str,
        processing: float,
        retry_after: int | None,
        responder: str,
    ) -> None:
        self.limit = _Limit(window, rate)
        self._half = latency / 2
        self._jitter_in = jitter if jitter_on == "in" else jitter / 2
        self._jitter_out = jitter - self._jitter_in
        self._processing = processing
        self._retry_after = f"retry-after: {retry_after}\r\n" if retry_after is not None else ""
        self._respond: Responder = lambda target: BODY
        if responder:
            module, _, name = responder.partition(":")
            self._respond = getattr(importlib.import_module(module), name)

    def received(self, connection: _Connection, target: str, key: str) -> None:
        if target.startswith("/-/"):
            if target == "/-/reset":
                self.limit.reset()
            connection.answer(200, self.limit.tally())
            return
        _after(self._half + _exponential(self._jitter_in), self._arrived, connection, target, key)

    def _arrived(self, connection: _Connection, target: str, key: str) -> None:
        admitted = self.limit.admits(key, time.monotonic())
        delay = self._half + _exponential(self._jitter_out)
        if admitted:
            _after(delay + _exponential(self._processing), self._answer, connection, target)
        else:
            body = b'{"errors":[{"status":"429","detail":"Too Many Requests"}]}'
            _after(delay, connection.answer, 429, body, self._retry_after)

    def _answer(self, connection: _Connection, target: str) -> None:
        connection.answer(200, self._respond(target))


class _Connection(asyncio.Protocol):
    """One request at a time, as HTTP/1.1 clients that do not pipeline send them."""

    def __init__(self, server: _Server) -> None:
        self._server = server
        self._received = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, end, rest = self._received.partition(b"\r\n\r\n")
        if not end:
            return
        request, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        if len(rest) < int(headers.get("content-length", 0)):
            return
        self._received = b""
        self._server.received(self, request.split(" ")[1], headers.get("api-key", ""))

    def answer(self, status: int, body: bytes, more: str = "") -> None:
        if self._transport is None:
            return
        reason = "OK" if status == 200 else "Too Many Requests"
        head = (
            f"HTTP/1.1 {status} {reason}\r\ncontent-type: application/vnd.api+json\r\n"
            f"content-length: {len(body)}\r\n{more}\r\n"
        )
        self._transport.write(head.encode() + body)


def _after(seconds: float, call: Callable[..., None], *arguments: object) -> None:
    if seconds > 0:
        asyncio.get_running_loop().call_later(seconds, call, *arguments)
    else:
        call(*arguments)


def _exponential(mean: float) -> float:
    return random.expovariate(1 / mean) if mean else 0.0


async def _run(options: str) -> None:
    server = _Server(**json.loads(options))
    loop = asyncio.get_running_loop()
    listening = socket.create_server(("127.0.0.1", 0), backlog=1024)
    await loop.create_server(lambda: _Connection(server), sock=listening)
    print(listening.getsockname()[1], flush=True)
    # The end of standard input is the end of the parent, however it ended.
    await loop.run_in_executor(None, sys.stdin.read)


def main() -> None:
    """Serve with the options given as one JSON object: what `StrictServer` starts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("options")
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_run(parser.parse_args().options))


if __name__ == "__main__":
    main()
