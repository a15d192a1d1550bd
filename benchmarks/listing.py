"""How long 10,000 dids take from a server with 200 ms latency that strictly allows 20 requests in any second.

    python -m benchmarks.listing [--quick]

The server is a process of its own on the loopback; its jitter is exponential, 20 ms, before a request is counted.
Goals: within 1.1 times the floor (pages / 20 s plus one latency), no record lost or doubled, memory flat from
10,000 to 100,000 records. Peers: the vendor's SDK page by page, and in 16 threads.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import random
import resource
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from typing import ClassVar
from urllib.parse import parse_qs, urlsplit

import orjson

import didww_async.resources  # noqa: F401 - what is measured is the listing, and not the first import
from benchmarks.parsing import did
from didww_async import Session

LATENCY = 0.2
JITTER = 0.02
RATE = 20
PAGE = 100
REFUSED = b'{"errors":[{"status":"429","detail":"Too Many Requests"}]}'


class DidServer(asyncio.Protocol):
    """Answers `GET /v3/dids` over keep-alive connections, and counts what it lets through in any one second."""

    counted: ClassVar[deque[float]] = deque()
    bodies: ClassVar[dict[int, bytes]] = {}
    total = 0
    random = random.Random(7)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: asyncio.Transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        target = data.split(b" ", 2)[1].decode()
        asyncio.get_running_loop().call_later(self.random.expovariate(1 / JITTER), self.count, target)

    def count(self, target: str) -> None:
        now = time.monotonic()
        while self.counted and self.counted[0] <= now - 1:
            self.counted.popleft()
        allowed = len(self.counted) < RATE
        if allowed:
            self.counted.append(now)
        page = int(parse_qs(urlsplit(target).query).get("page[number]", ["1"])[0])
        asyncio.get_running_loop().call_later(LATENCY, self.answer, page if allowed else None)

    def answer(self, page: int | None) -> None:
        if self.transport.is_closing():
            return
        body = REFUSED if page is None else self.body(page)
        status = b"429 Too Many Requests" if page is None else b"200 OK"
        self.transport.write(
            b"HTTP/1.1 %s\r\nContent-Type: application/vnd.api+json\r\nContent-Length: %d\r\n\r\n%s"
            % (status, len(body), body)
        )

    def body(self, page: int) -> bytes:
        if page not in self.bodies:
            first = (page - 1) * PAGE
            data = [did(number) for number in range(first, min(first + PAGE, self.total))]
            meta = {"total_records": self.total, "api_version": "2026-04-16"}
            self.bodies[page] = orjson.dumps({"data": data, "meta": meta})
        return self.bodies[page]


def serve(total: int, ready: Connection) -> None:
    async def run() -> None:
        DidServer.total = total
        server = await asyncio.get_running_loop().create_server(DidServer, "127.0.0.1", 0)
        ready.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(run())


async def ours(port: int) -> tuple[int, int, int]:
    """Records, distinct records and 429s of one whole listing."""
    count = 0
    digits = 0
    async with Session(f"key-{port}", api_version="2026-04-16", base_url=f"http://127.0.0.1:{port}/v3") as didww:
        async for record in didww.dids.list(page_size=PAGE):
            count += 1
            digits += int(record.number) - 12125550000
        # The sum of 0..n-1 is right only if every record came, and once.
        whole = count if digits == count * (count - 1) // 2 else -1
        return count, whole, didww.stats.refused


def vendor(port: int, total: int, threads: int) -> tuple[int, int, int]:
    """The same with the vendor's SDK, a page at a time or in threads; a refused page is lost, as it has no retry."""
    from didww.client import DidwwClient  # type: ignore[import-untyped]
    from didww.configuration import Environment  # type: ignore[import-untyped]
    from didww.query_params import QueryParams  # type: ignore[import-untyped]

    client = DidwwClient(api_key="vendor", environment=Environment.SANDBOX)
    client.base_url = f"http://127.0.0.1:{port}/v3"

    def page(number: int) -> list[str] | None:
        try:
            answer = client.dids().list(QueryParams().page(number=number, size=PAGE))
            return [str(record.id) for record in answer.data]
        except Exception:
            return None

    with ThreadPoolExecutor(threads) as pool:
        pages = list(pool.map(page, range(1, -(-total // PAGE) + 1)))
    ids = [id_ for found in pages if found for id_ in found]
    return len(ids), len(set(ids)), sum(found is None for found in pages)


def with_server(total: int, run: Callable[[int], tuple[int, int, int]]) -> tuple[float, tuple[int, int, int]]:
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    server = context.Process(target=serve, args=(total, sender), daemon=True)
    server.start()
    port = receiver.recv()
    try:
        start = time.perf_counter()
        found = run(port)
        return time.perf_counter() - start, found
    finally:
        server.kill()
        server.join()


def row(name: str, total: int, taken: float, found: tuple[int, int, int]) -> None:
    floor = total / PAGE / RATE + LATENCY
    count, whole, refused = found
    lost = f"{total - count} lost" if count != total else ("doubled" if whole != count else "all, once")
    print(f"{name:28} {total:7} {taken:8.2f} s  {taken / floor:6.2f} x floor  {refused:4} 429s  {lost}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="2,000 records, without memory")
    parser.add_argument("--memory", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.memory:
        with_server(options.memory, lambda port: asyncio.run(ours(port)))
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
        return
    total = 2_000 if options.quick else 10_000
    print(f"{'':28} {'records':>7}")
    row("didww_async", total, *with_server(total, lambda port: asyncio.run(ours(port))))
    row("didww 3.2.0, page by page", total, *with_server(total, lambda port: vendor(port, total, 1)))
    row("didww 3.2.0, 16 threads", total, *with_server(total, lambda port: vendor(port, total, 16)))
    if not options.quick:
        for size in (10_000, 100_000):
            command = [sys.executable, "-m", "benchmarks.listing", "--memory", str(size)]
            peak = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
            print(f"peak memory, {size:7} records: {float(peak):6.1f} MB", flush=True)


if __name__ == "__main__":
    main()
