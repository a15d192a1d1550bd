"""Processes that share a budget and take all of it they get, until their time is over or they are killed."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from pathlib import Path

import attrs

from didww_async.limiter import FileRateLimiter, RedisRateLimiter

SECONDS = 2.0
"""How long a worker sends, from its first permit on."""


@attrs.frozen
class Outcome:
    """Times on the host's monotonic clock: of every permit, and of those that the others got after one was killed."""

    sent: list[float]
    after: list[float]
    seconds_after: float


def one_of_three_killed(store: str, digest: str) -> Outcome:
    """Run three workers on a store (a directory or an address), and kill the first with -9 halfway."""
    command = [sys.executable, "-m", "tests.limiter.workers", store, digest]
    root = Path(__file__).parents[2]
    workers = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root) for _ in range(3)]
    outputs = [worker.stdout for worker in workers if worker.stdout is not None]
    sent = [float(output.readline()) for output in outputs]
    time.sleep(SECONDS / 2)
    workers[0].kill()
    killed = time.monotonic()
    others: list[list[float]] = []
    for output, worker in zip(outputs, workers, strict=True):
        # The last line of the one that was killed may be half a line.
        moments = [float(line) for line in output if line.endswith("\n")]
        output.close()
        worker.wait()
        sent += moments
        others.append(moments)
    end = min(moments[-1] for moments in others[1:])
    return Outcome(sorted(sent), [moment for moment in sent if killed < moment <= end], end - killed)


async def _work(store: str, digest: str) -> None:
    shared = RedisRateLimiter(store) if store.startswith("redis:") else FileRateLimiter(directory=store)
    limiter = shared.bind(digest)

    async def forever() -> None:
        while True:
            permit = await limiter.acquire()
            print(time.monotonic(), flush=True)
            permit.answered()

    first = await limiter.acquire()
    print(time.monotonic(), flush=True)
    first.answered()
    await asyncio.wait([asyncio.create_task(forever()) for _ in range(10)], timeout=SECONDS)


if __name__ == "__main__":
    asyncio.run(_work(*sys.argv[1:]))
