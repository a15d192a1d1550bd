"""How fast a page of 1,000 full dids becomes records: against orjson alone and against the vendor's SDK.

    python -m benchmarks.parsing

Goals: at least 10 times as fast as `didww` from PyPI doing the same, and within 2.5 times of `orjson.loads`
alone; with pages of 100 records the event loop is held at most 5 ms at a time, with pages of 1,000 at most 25 ms
(99th percentile of a heartbeat while pages are parsed one after the other).
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Callable
from uuid import UUID

import orjson
from didww.resources.did import Did as VendorDid  # type: ignore[import-untyped]
from jsonapi_requests.data import JsonApiResponse  # type: ignore[import-untyped]

from didww_async.documents import finish, read_many
from didww_async.records.base import fields
from didww_async.records.inventory import Did

RELATIONSHIPS = [field.name for field in fields(Did).values() if field.relationship and not field.only]


def did(number: int) -> dict[str, object]:
    """One did as the API answers it: every attribute, and a pair of links for each relationship."""
    id_ = str(UUID(int=number + (7 << 100)))
    address = f"https://api.didww.com/v3/dids/{id_}"
    return {
        "id": id_,
        "type": "dids",
        "attributes": {
            "number": str(12125550000 + number),
            "description": f"desk {number}",
            "blocked": False,
            "awaiting_registration": False,
            "terminated": False,
            "emergency_enabled": False,
            "capacity_limit": None,
            "channels_included_count": 2,
            "dedicated_channels_count": 0,
            "billing_cycles_count": None,
            "created_at": f"2026-03-01T10:00:00.{number % 1000:03d}Z",
            "expires_at": "2026-12-01T10:00:00.000Z",
        },
        "relationships": {
            name: {"links": {"self": f"{address}/relationships/{name}", "related": f"{address}/{name}"}}
            for name in RELATIONSHIPS
        },
    }


def page(size: int) -> bytes:
    """A page of so many dids, as bytes."""
    return orjson.dumps(
        {
            "data": [did(number) for number in range(size)],
            "meta": {"total_records": size, "api_version": "2026-04-16"},
        }
    )


def vendor(content: bytes) -> list[object]:
    """What the vendor's SDK does with a page: decode it, and make a model of each entry."""
    response = JsonApiResponse.from_data(orjson.loads(content))
    return list(VendorDid.from_response_content(response))


def timed(runs: list[tuple[str, Callable[[], object]]], rounds: int = 15) -> dict[str, list[float]]:
    """Seconds of each run, taken in turn so that a slow spell of the machine touches all of them."""
    taken: dict[str, list[float]] = {name: [] for name, _ in runs}
    for _ in range(rounds):
        for name, run in runs:
            start = time.perf_counter()
            run()
            taken[name].append(time.perf_counter() - start)
    return taken


async def held(size: int, pages: int) -> float:
    """The 99th percentile, in seconds, of how long a heartbeat of 1 ms was late while pages were parsed."""
    content = page(size)
    late: list[float] = []
    done = False

    async def beat() -> None:
        while not done:
            start = time.perf_counter()
            await asyncio.sleep(0.001)
            late.append(time.perf_counter() - start - 0.001)

    heart = asyncio.create_task(beat())
    for _ in range(pages):
        await asyncio.sleep(0.005)
        for _ in read_many(content, "GET /dids"):
            await asyncio.sleep(0)
    done = True
    await heart
    return statistics.quantiles(late, n=100)[98]


def main() -> None:
    content = page(1000)
    taken = timed(
        [
            ("orjson.loads alone", lambda: orjson.loads(content)),
            ("didww_async", lambda: finish(read_many(content, "GET /dids"))),
            ("didww 3.2.0 (vendor)", lambda: vendor(content)),
        ]
    )
    ours = statistics.median(taken["didww_async"])
    print(f"a page of 1,000 dids, {len(content) / 1e6:.1f} MB, median of {len(taken['didww_async'])}")
    for name, seconds in taken.items():
        median = statistics.median(seconds)
        print(f"  {name:22} {median * 1000:8.1f} ms   {median / ours:6.2f} times ours")
    for size, goal in ((100, 5), (1000, 25)):
        late = asyncio.run(held(size, 20_000 // size)) * 1000
        print(f"event loop held, pages of {size:5}: {late:5.1f} ms at the 99th percentile (goal {goal} ms)")


if __name__ == "__main__":
    main()
