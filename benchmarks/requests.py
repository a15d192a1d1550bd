"""The CPU that a request costs, against bare httpx doing the same, and what importing the library costs.

    python -m benchmarks.requests [--quick]

A server in a process of its own answers at once, without a limit; the limiter of the session lets 1,000 a second
pass, so that what is measured is work and not waiting. Bare httpx sends the same headers, and reads the same JSON with
orjson. The ways take turns, twenty requests each, and the median counts: other work on the machine hits all alike.

Goals: a request at most 1.3 times bare httpx; the import at most 1.5 times importing httpx, attrs, cattrs, orjson and
aiolimiter.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable

import httpx
import orjson

from benchmarks.strict_server import StrictServer
from didww_async import LocalRateLimiter, Session

KEY = "benchmark"
ID = "0a6d3c4e-6a5b-4c1f-8e39-0f5a0d1d3f11"
BALANCE = orjson.dumps(
    {
        "data": {
            "id": ID,
            "type": "balances",
            "attributes": {"total_balance": "60.00", "credit": "10.00", "balance": "50.00"},
        },
        "meta": {"api_version": "2026-04-16"},
    }
)
IMPORTS = {
    "nothing": "pass",
    "httpx, attrs, cattrs, orjson, aiolimiter": "import httpx, attrs, cattrs, orjson, aiolimiter",
    "didww_async": "import didww_async",
}


def balance(_: str) -> bytes:
    """What the server answers to whatever it is asked."""
    return BALANCE


async def cpu_per_request(send: Callable[[], Awaitable[object]], requests: int, at_once: int) -> float:
    """Seconds of CPU for one request, `at_once` in flight."""
    left = requests

    async def worker() -> None:
        nonlocal left
        while left > 0:
            left -= 1
            await send()

    began = time.process_time()
    await asyncio.gather(*(worker() for _ in range(at_once)))
    return (time.process_time() - began) / requests


async def measure(url: str, at_once: int, rounds: int) -> tuple[float, float, float]:
    """Medians for bare httpx, the transport with orjson, and a session's `balance.get()`."""
    headers = {
        "Api-Key": KEY,
        "X-DIDWW-API-Version": "2026-04-16",
        "Accept": "application/vnd.api+json",
        "Accept-Encoding": "gzip",
        "User-Agent": "didww_async/benchmark",
    }
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=32)
    async with (
        httpx.AsyncClient(limits=limits) as client,
        Session(KEY, base_url=f"{url}/v3", api_version="2026-04-16", limiter=LocalRateLimiter(1000)) as didww,
    ):

        async def bare() -> object:
            response = await client.get(f"{url}/v3/balance", headers=headers)
            return orjson.loads(response.content)

        async def request() -> object:
            answer = await didww._transport.request("GET", "/balance")  # pyright: ignore[reportPrivateUsage]
            return orjson.loads(answer.content)

        ways: tuple[Callable[[], Awaitable[object]], ...] = (bare, request, didww.balance.get)
        costs: tuple[list[float], ...] = ([], [], [])
        for round in range(-3, rounds):
            for way, cost in zip(ways, costs, strict=True):
                one = await cpu_per_request(way, max(20, at_once), at_once)
                if round >= 0:
                    cost.append(one)
    return statistics.median(costs[0]), statistics.median(costs[1]), statistics.median(costs[2])


def import_seconds(code: str, rounds: int) -> float:
    """The best of several fresh interpreters, in seconds of CPU."""
    timed = f"import time, sys; b = time.process_time(); {code}; print(time.process_time() - b)"
    return min(
        float(subprocess.run([sys.executable, "-c", timed], capture_output=True, text=True, check=True).stdout)
        for _ in range(rounds)
    )


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer requests and rounds")
    quick = parser.parse_args().quick
    rounds = 15 if quick else 60

    print(f"{'CPU for one GET, ms':34}{'bare httpx':>12}{'transport':>12}{'':>8}{'session':>12}{'':>8}")
    with StrictServer(window="none", responder="benchmarks.requests:balance") as server:
        for at_once in (1, 5, 20):
            bare, request, session = asyncio.run(measure(server.url, at_once, rounds))
            print(
                f"{f'{at_once} in flight':34}{bare * 1e3:12.2f}{request * 1e3:12.2f}{request / bare:7.2f}x"
                f"{session * 1e3:12.2f}{session / bare:7.2f}x"
            )
    print()
    print(f"{'CPU for an import, ms':44}{'':>10}")
    seconds = {name: import_seconds(code, 3 if quick else 9) for name, code in IMPORTS.items()}
    for name, one in seconds.items():
        print(f"{name:44}{one * 1e3:10.1f}")
    floor, ours = list(seconds.values())[1:]
    print(f"{'didww_async, against the parts':44}{ours / floor:9.2f}x")


if __name__ == "__main__":
    main()
