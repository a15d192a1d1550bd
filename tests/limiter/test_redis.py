"""The same promise for all machines, against a real Valkey, and what happens when it is away."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from didww_async.errors import ConfigurationError
from didww_async.limiter import Permit, RateLimiter, RedisRateLimiter, key_digest
from tests.limiter.stores import Client, Valkey, client_of, cluster_client_of, running, sentinel_client_of
from tests.limiter.workers import one_of_three_killed

HOST = "api.example.com"


@pytest.fixture(scope="module")
def server() -> Generator[Valkey]:
    with running() as valkey:
        yield valkey


@pytest.fixture
def valkey(server: Valkey) -> str:
    """The address of a Valkey."""
    return server.address


@pytest.fixture
def digest(request: pytest.FixtureRequest) -> str:
    """A key of its own for each test."""
    return key_digest(request.node.nodeid, HOST)


@asynccontextmanager
async def limiters(
    store: str | Client, digest: str, count: int = 1, **options: Any
) -> AsyncGenerator[list[RateLimiter]]:
    """What so many workers have."""
    ours = [RedisRateLimiter(store, **options).bind(digest) for _ in range(count)]
    yield list(ours)
    for each in ours:
        await each.aclose()


async def times(limiter: RateLimiter, count: int) -> list[float]:
    """When each of `count` tasks got its permit. Every permit is answered at once."""

    async def one() -> float:
        permit = await limiter.acquire()
        permit.answered()
        return time.monotonic()

    return list(await asyncio.gather(*(one() for _ in range(count))))


def most_in_a_second(moments: list[float]) -> int:
    """Permits within 995 ms: on a busy machine a task may run a little after its permit was given."""
    moments = sorted(moments)
    return max(sum(start <= moment < start + 0.995 for moment in moments) for start in moments)


async def test_workers_share_twenty_a_second_fairly(valkey: str, digest: str) -> None:
    async with limiters(valkey, digest, 4) as workers:
        began = time.monotonic()
        each = await asyncio.gather(*(times(worker, 12) for worker in workers))
    together = [moment for moments in each for moment in moments]
    assert most_in_a_second(together) <= 20
    assert max(together) - began < 3
    assert all(sum(moment < began + 1.5 for moment in moments) >= 4 for moments in each)


async def test_when_one_worker_is_busy_a_round_trip_brings_several_permits(valkey: str, digest: str) -> None:
    async with client_of(valkey) as client:
        await client.config_resetstat()
        async with limiters(valkey, digest) as (worker,):
            await times(worker, 30)
            commands = await client.info("commandstats")
    assert commands["cmdstat_evalsha"]["calls"] <= 20


async def test_a_429_seen_by_one_worker_pauses_all(valkey: str, digest: str) -> None:
    async with limiters(valkey, digest, 2) as (one, other):
        await times(other, 1)
        began = time.monotonic()
        assert await one.refused(0.8) == pytest.approx(0.8, abs=0.1)
        assert min(await times(other, 3)) - began >= 0.79


async def test_the_store_knows_the_key_as_a_hash_only_and_forgets_it(valkey: str) -> None:
    async with limiters(valkey, key_digest("a secret key", HOST)) as (worker,), client_of(valkey) as client:
        await times(worker, 1)
        names = [name.decode() async for name in client.scan_iter(f"*{key_digest('a secret key', HOST)}*")]
        assert len(names) == 2
        # One hash tag: in a cluster the script finds both in one place.
        assert {name[name.index("{") : name.index("}")] for name in names} == {"{" + key_digest("a secret key", HOST)}
        for name in names:
            assert "secret" not in name
            assert b"secret" not in await client.dump(name)
            assert 0 < await client.pttl(name) <= 61_000


async def test_a_store_that_lost_its_scripts_gets_them_again(valkey: str, digest: str) -> None:
    async with limiters(valkey, digest) as (worker,), client_of(valkey) as client:
        await times(worker, 1)
        await client.script_flush()
        await times(worker, 1)


async def test_a_store_that_lost_its_memory_does_not_let_a_burst_through(valkey: str, digest: str) -> None:
    async with limiters(valkey, digest) as (worker,), client_of(valkey) as client:
        before = await times(worker, 15)
        await client.delete(f"didww_async:{{{digest}}}")
        assert most_in_a_second(before + await times(worker, 15)) <= 20


async def test_another_rate_for_the_same_key_is_refused(valkey: str, digest: str) -> None:
    async with limiters(valkey, digest) as (twenty,), limiters(valkey, digest, rate=5) as (five,):
        await twenty.acquire()
        with pytest.raises(ConfigurationError, match="share the key at 20 a second"):
            await five.acquire()


async def test_who_shares_the_budget_is_known(valkey: str, digest: str) -> None:
    one, other = (RedisRateLimiter(valkey).bind(digest) for _ in range(2))
    for limiter in (one, other):
        await limiter.acquire()
    ours, theirs = await one.sharers()
    assert ours.startswith("this process")
    assert str(os.getpid()) in theirs
    await asyncio.gather(one.aclose(), other.aclose())


async def test_a_client_of_the_users_serves_as_well(valkey: str, digest: str) -> None:
    async with client_of(valkey, decode_responses=True) as client, limiters(client, digest) as (worker,):
        assert most_in_a_second(await times(worker, 25)) <= 20
        await worker.aclose()
        assert await client.ping()


async def test_a_cluster_serves_as_well(digest: str) -> None:
    with running(**{"cluster-enabled": "yes"}) as valkey:
        async with client_of(valkey.address) as node:
            await node.execute_command("CLUSTER", "ADDSLOTSRANGE", "0", "16383")
            for _ in range(200):
                if (await node.execute_command("CLUSTER INFO"))["cluster_state"] == "ok":
                    break
                await asyncio.sleep(0.02)
        async with cluster_client_of(valkey.port) as client, limiters(client, digest) as (worker,):
            assert most_in_a_second(await times(worker, 22)) <= 20


async def test_a_sentinel_serves_as_well(server: Valkey, digest: str, tmp_path: Path) -> None:
    async with sentinel_client_of(server, tmp_path) as client, limiters(client, digest) as (worker,):
        assert len(await times(worker, 5)) == 5


@pytest.mark.parametrize("when_away", ["wait", 4.0])
async def test_while_the_store_is_away_a_share_goes_on_or_all_wait(
    digest: str, when_away: Any, caplog: pytest.LogCaptureFixture
) -> None:
    with running() as valkey:
        async with limiters(valkey.address, digest, when_away=when_away) as (worker,):
            await times(worker, 2)
            await asyncio.to_thread(valkey.stop)
            asked: list[asyncio.Task[Permit]] = [asyncio.create_task(worker.acquire()) for _ in range(15)]
            await asyncio.sleep(1)
            served = sum(task.done() for task in asked)
            assert served == 0 if when_away == "wait" else 2 <= served <= 7
            warnings = [each.getMessage() for each in caplog.records if each.levelno == logging.WARNING]
            assert len(warnings) == 1
            assert "store is away" in warnings[0]
            await asyncio.to_thread(valkey.start)
            await asyncio.wait_for(asyncio.gather(*asked), 8)


@pytest.mark.parametrize("when_away", [0, 25, -1.0])
def test_a_share_that_makes_no_sense_is_refused(when_away: float) -> None:
    with pytest.raises(ConfigurationError, match="when_away"):
        RedisRateLimiter("redis://localhost", when_away=when_away)


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL")
def test_a_worker_killed_with_permits_in_hand_slows_the_others_for_less_than_a_second(valkey: str, digest: str) -> None:
    outcome = one_of_three_killed(valkey, digest)
    # What it had reserved is missing for a second: four slots at most, one with three workers.
    assert len(outcome.after) >= 16 * outcome.seconds_after - 3
    assert most_in_a_second(outcome.sent) <= 20
