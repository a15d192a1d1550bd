"""The same promise for all processes of a host, whatever happens to the processes and to the file."""

from __future__ import annotations

import asyncio
import os
import stat
from pathlib import Path

import pytest

from didww_async.errors import ConfigurationError
from didww_async.limiter import FileRateLimiter, RateLimiter, key_digest
from tests.limiter.virtual import Api, Loop, run, send
from tests.limiter.workers import one_of_three_killed

DIGEST = key_digest("a key", "api.example.com")
posix = pytest.mark.skipif(os.name != "posix", reason="modes and owners are POSIX's")


def limiters(loop: Loop, directory: Path, count: int, rate: float = 20) -> list[RateLimiter]:
    """What so many processes have: each its own, sharing nothing but the directory."""
    return [FileRateLimiter(rate, directory=directory, clock=loop.time).bind(DIGEST) for _ in range(count)]


def test_together_no_second_holds_more_than_twenty_and_each_has_its_share(tmp_path: Path) -> None:
    async def main(loop: Loop) -> None:
        api = Api(loop.time)
        counts = [0, 0, 0, 0]

        async def forever(place: int, limiter: RateLimiter) -> None:
            while True:
                await send(limiter, api)
                counts[place] += 1

        senders = [
            asyncio.create_task(forever(place, limiter))
            for place, limiter in enumerate(limiters(loop, tmp_path, 4))
            for _ in range(15)
        ]
        await asyncio.sleep(30)
        for sender in senders:
            sender.cancel()
        await asyncio.gather(*senders, return_exceptions=True)
        assert api.refused == 0
        assert api.most_in_any_second() <= 20
        assert sum(counts) >= 19 * 30
        assert min(counts) > sum(counts) / 6

    run(main)


def test_a_429_seen_by_one_pauses_all(tmp_path: Path) -> None:
    async def main(loop: Loop) -> None:
        api = Api(loop.time)
        one, other = limiters(loop, tmp_path, 2)
        senders = [asyncio.create_task(send(other, api)) for _ in range(40)]
        await asyncio.sleep(0.5)
        began = loop.time()
        await one.refused(3)
        await asyncio.gather(*senders)
        assert not [arrival for arrival in api.arrivals if began + 0.02 < arrival < began + 3]

    run(main)


@pytest.mark.parametrize("damage", [b"", b"garbage", "half", "future"], ids=["empty", "garbage", "half", "future"])
def test_a_damaged_file_is_begun_anew_without_a_burst(tmp_path: Path, damage: bytes | str) -> None:
    async def main(loop: Loop) -> None:
        loop.passed = 500.0
        api = Api(loop.time)
        (limiter,) = limiters(loop, tmp_path, 1)
        for _ in range(10):
            await send(limiter, api)
        file = tmp_path / f"{DIGEST}.limit"
        whole = file.read_bytes()
        if damage == "future":
            # The host was started again, and its clock with it.
            loop.passed = 60.0
        else:
            file.write_bytes(whole[: len(whole) // 2] if isinstance(damage, str) else damage)
        (fresh,) = limiters(loop, tmp_path, 1)
        began = loop.time()
        await asyncio.gather(*(send(fresh, api) for _ in range(25)))
        assert loop.time() - began < 5
        recent = api.arrivals[10:]
        assert all(later - earlier >= 1 for earlier, later in zip(recent, recent[20:], strict=False))

    run(main)


def test_a_file_that_a_cleaner_removed_is_made_anew(tmp_path: Path) -> None:
    async def main(loop: Loop) -> None:
        api = Api(loop.time)
        one, other = limiters(loop, tmp_path, 2)
        await asyncio.gather(*(send(limiter, api) for limiter in (one, other) for _ in range(8)))
        file = tmp_path / f"{DIGEST}.limit"
        file.unlink()
        await asyncio.gather(*(send(limiter, api) for limiter in (one, other) for _ in range(20)))
        assert file.exists()
        assert api.refused == 0
        assert api.most_in_any_second() <= 20

    run(main)


def test_a_pause_outlives_the_process_that_saw_the_429(tmp_path: Path) -> None:
    async def main(loop: Loop) -> None:
        (one,) = limiters(loop, tmp_path, 1)
        await one.refused(2)
        await one.aclose()
        del one
        (other,) = limiters(loop, tmp_path, 1)
        assert (await other.acquire()).waited == pytest.approx(2, abs=0.1)

    run(main)


def test_another_rate_for_the_same_key_is_refused(tmp_path: Path) -> None:
    async def main(loop: Loop) -> None:
        (twenty,) = limiters(loop, tmp_path, 1)
        await twenty.acquire()
        (five,) = limiters(loop, tmp_path, 1, rate=5)
        with pytest.raises(ConfigurationError, match="shares the key at 20 a second"):
            await five.acquire()

    run(main)


@posix
def test_the_file_is_the_users_own_and_does_not_name_the_key(tmp_path: Path) -> None:
    async def main(loop: Loop) -> None:
        (limiter,) = limiters(loop, tmp_path / "new", 1)
        await limiter.acquire()

    run(main)
    (file,) = (tmp_path / "new").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert "a key" not in file.name
    assert b"a key" not in file.read_bytes()


@posix
@pytest.mark.parametrize("how", ["open to others", "a link"])
def test_a_directory_that_is_not_private_is_refused(tmp_path: Path, how: str) -> None:
    directory = tmp_path / "limits"
    if how == "a link":
        (tmp_path / "elsewhere").mkdir(mode=0o700)
        directory.symlink_to(tmp_path / "elsewhere")
    else:
        directory.mkdir()
        directory.chmod(0o777)

    async def main(loop: Loop) -> None:
        (limiter,) = limiters(loop, directory, 1)
        with pytest.raises(ConfigurationError, match="nobody else can write to"):
            await limiter.acquire()

    run(main)


@posix
def test_a_process_killed_at_any_moment_slows_the_others_for_less_than_a_second(tmp_path: Path) -> None:
    directory = tmp_path / "limits"
    outcome = one_of_three_killed(str(directory), DIGEST)
    # It takes one reserved slot along, and a machine that is busy may be late.
    assert len(outcome.after) >= 16 * outcome.seconds_after - 2
    assert all(later - earlier >= 0.99 for earlier, later in zip(outcome.sent, outcome.sent[20:], strict=False))
