"""The promise of one process: no second too full, no permit lost, nobody forgotten."""

from __future__ import annotations

import asyncio
import gc
import random
import threading
import tracemalloc
from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from didww_async.errors import ConfigurationError
from didww_async.limiter import LocalRateLimiter, Permit, Priority, key_digest, limiter_for
from tests.limiter.virtual import Api, Loop, run, send


async def saturate(
    loop: Loop, api: Api, limiter: LocalRateLimiter, seconds: float, way_in: Callable[[], float], tasks: int = 60
) -> int:
    """Keep `tasks` tasks sending; returns how many requests were answered in time."""
    answered = 0

    async def forever() -> None:
        nonlocal answered
        while True:
            await send(limiter, api, way_in=way_in)
            answered += 1

    senders = [asyncio.create_task(forever()) for _ in range(tasks)]
    await asyncio.sleep(seconds)
    for sender in senders:
        sender.cancel()
    await asyncio.gather(*senders, return_exceptions=True)
    return answered


@pytest.mark.parametrize("jitter", [0.0001, 0.005])
def test_under_load_no_second_holds_more_than_twenty_and_hardly_one_less(jitter: float) -> None:
    dice = random.Random(4)

    def way_in() -> float:
        return 0.01 + dice.expovariate(1 / jitter)

    async def main(loop: Loop) -> None:
        api = Api(loop.time)
        answered = await saturate(loop, api, LocalRateLimiter(clock=loop.time), 120, way_in)
        assert api.refused == 0
        assert api.most_in_any_second() == 20
        assert api.most_in_a_second_of_the_clock() == 20
        assert answered >= 19.5 * 120

    run(main)


@pytest.mark.parametrize("rate", [5, 2.5, 0.5])
def test_a_share_of_the_rate_is_kept_to(rate: float) -> None:
    async def main(loop: Loop) -> None:
        api = Api(loop.time)
        answered = await saturate(loop, api, LocalRateLimiter(rate, clock=loop.time), 60, lambda: 0.01)
        assert api.most_in_any_second() <= max(1, rate + 0.5)
        assert answered == pytest.approx(60 * rate, rel=0.05, abs=1.5)

    run(main)


Step = tuple[str, float]
steps = st.lists(
    st.one_of(
        st.tuples(st.just("arrive"), st.integers(1, 60).map(float)),
        st.tuples(st.just("rest"), st.floats(0, 3)),
        st.tuples(st.just("cancel"), st.integers(1, 40).map(float)),
        st.tuples(st.just("block"), st.floats(0.01, 3)),
        st.tuples(st.just("refuse"), st.floats(0, 2)),
        st.tuples(st.just("unsent"), st.integers(1, 5).map(float)),
    ),
    min_size=3,
    max_size=40,
)


@settings(max_examples=40, deadline=None)
@given(steps)
def test_whatever_happens_no_second_holds_more_than_twenty(what: list[Step]) -> None:
    async def main(loop: Loop) -> None:
        api = Api(loop.time)
        limiter = LocalRateLimiter(clock=loop.time)
        waiting: list[asyncio.Task[float]] = []
        for step, amount in what:
            match step:
                case "arrive":
                    waiting += [
                        asyncio.create_task(send(limiter, api, random.choice(list(Priority))))
                        for _ in range(int(amount))
                    ]
                case "rest":
                    await asyncio.sleep(amount)
                case "cancel":
                    for task in random.sample(waiting, min(len(waiting), int(amount))):
                        task.cancel()
                case "block":
                    loop.block(amount)
                case "refuse":
                    await limiter.refused(amount)
                case _:
                    for _ in range(int(amount)):
                        (await limiter.acquire()).unsent()
        await asyncio.gather(*waiting, return_exceptions=True)
        assert api.refused == 0
        assert api.most_in_any_second() <= 20
        assert all(task.done() for task in waiting)

    run(main)


@settings(max_examples=15, deadline=None, derandomize=True)
@given(st.integers(0, 2**32), st.floats(0.001, 0.02), st.floats(0.005, 0.2))
def test_jitter_of_the_network_does_not_fill_a_second(seed: int, jitter: float, latency: float) -> None:
    dice = random.Random(seed)

    async def main(loop: Loop) -> None:
        api = Api(loop.time)
        limiter = LocalRateLimiter(clock=loop.time)
        await saturate(loop, api, limiter, 20, lambda: latency + dice.choice((0, dice.uniform(0, 2 * jitter))))
        assert api.refused == 0
        assert api.most_in_any_second() <= 20

    run(main)


def test_jitter_of_100_ms_costs_few_429s_and_no_request() -> None:
    dice = random.Random(7)

    async def main(loop: Loop) -> None:
        api = Api(loop.time)
        answered = await saturate(
            loop, api, LocalRateLimiter(clock=loop.time), 120, lambda: 0.01 + dice.expovariate(10)
        )
        assert api.refused / len(api.arrivals) <= 0.005
        assert answered >= 17.5 * 120

    run(main)


def test_a_429_pauses_everybody_for_as_long_as_it_says() -> None:
    async def main(loop: Loop) -> None:
        api = Api(loop.time)
        limiter = LocalRateLimiter(clock=loop.time)
        senders = [asyncio.create_task(send(limiter, api)) for _ in range(40)]
        await asyncio.sleep(0.5)
        began = loop.time()
        assert await limiter.refused(3.0) == pytest.approx(3.0, abs=0.01)
        await asyncio.gather(*senders)
        assert not [arrival for arrival in api.arrivals if began + 0.02 < arrival < began + 3]

    run(main)


def test_pauses_without_a_retry_after_grow_while_429s_go_on() -> None:
    async def main(loop: Loop) -> None:
        limiter = LocalRateLimiter(clock=loop.time)
        pauses: list[float] = []
        for _ in range(8):
            (await limiter.acquire()).answered()
            await asyncio.sleep(0.5)
            pauses.append(await limiter.refused())
        assert pauses[0] < 0.1
        assert pauses[-1] > 10 * pauses[0]

    run(main)


def test_429s_of_one_making_count_once() -> None:
    async def main(loop: Loop) -> None:
        limiter = LocalRateLimiter(clock=loop.time)
        pauses = [await limiter.refused() for _ in range(20)]
        assert max(pauses) < 0.1

    run(main)


def test_a_stranger_on_the_key_is_made_room_for_and_missed_when_gone() -> None:
    async def main(loop: Loop) -> None:
        api = Api(loop.time)
        limiter = LocalRateLimiter(clock=loop.time)
        ours: list[float] = []

        async def stranger() -> None:
            for _ in range(5 * 60):
                api.arrive()
                await asyncio.sleep(0.2)

        async def forever() -> None:
            while True:
                await send(limiter, api)
                ours.append(loop.time())

        senders = [asyncio.create_task(forever()) for _ in range(40)]
        started = loop.time()
        await stranger()
        left, refused = loop.time(), api.refused
        await asyncio.sleep(35)
        for sender in senders:
            sender.cancel()
        await asyncio.gather(*senders, return_exceptions=True)
        beside = sum(started + 10 < moment < left for moment in ours) / 50
        afterwards = sum(left + 30 < moment for moment in ours) / 5
        assert 12.5 <= beside <= 15.2
        assert refused / len(ours) < 0.05
        assert afterwards >= 19.5

    run(main)


def test_within_a_priority_first_come_is_first_served() -> None:
    async def main(loop: Loop) -> None:
        limiter = LocalRateLimiter(clock=loop.time)
        served: list[int] = []

        async def one(number: int) -> None:
            await limiter.acquire()
            served.append(number)

        tasks: list[asyncio.Task[None]] = []
        for number in range(100):
            tasks.append(asyncio.create_task(one(number)))
            await asyncio.sleep(0.001)
        await asyncio.gather(*tasks)
        assert served == list(range(100))

    run(main)


def test_an_interactive_request_passes_hundreds_of_bulk_ones_which_still_move() -> None:
    async def main(loop: Loop) -> None:
        api = Api(loop.time)
        limiter = LocalRateLimiter(clock=loop.time)
        bulk = [asyncio.create_task(send(limiter, api, Priority.BULK)) for _ in range(400)]
        await asyncio.sleep(2)
        waits: list[float] = []
        for _ in range(25):
            waits.append(await send(limiter, api, Priority.INTERACTIVE))
            await asyncio.sleep(0.2)
        assert max(waits) <= 0.12
        moved = sum(task.done() for task in bulk)
        many = [asyncio.create_task(send(limiter, api, Priority.INTERACTIVE)) for _ in range(200)]
        await asyncio.sleep(5)
        assert sum(task.done() for task in bulk) >= moved + 8
        await asyncio.gather(*bulk, *many)

    run(main)


def test_a_cancelled_waiter_costs_nothing() -> None:
    async def main(loop: Loop) -> None:
        limiter = LocalRateLimiter(clock=loop.time)
        waiting = [asyncio.create_task(limiter.acquire()) for _ in range(500)]
        await asyncio.sleep(0.2)
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        began = loop.time()
        await asyncio.gather(*(limiter.acquire() for _ in range(14)))
        # The handful that was served before, and these: all within the first second's twenty.
        assert loop.time() - began < 0.8

    run(main)


def test_a_waiter_cancelled_in_the_moment_it_is_served_gives_its_permit_back() -> None:
    async def main(loop: Loop) -> None:
        limiter = LocalRateLimiter(clock=loop.time)
        for _ in range(200):
            waiter = asyncio.create_task(limiter.acquire())
            for _ in range(5):
                await asyncio.sleep(0)
            waiter.cancel()
            await asyncio.gather(waiter, return_exceptions=True)
        waiters = [asyncio.create_task(limiter.acquire()) for _ in range(30)]
        await asyncio.sleep(3)
        assert all(waiter.done() for waiter in waiters)

    run(main)


def test_a_loop_blocked_for_two_seconds_is_followed_by_no_burst() -> None:
    async def main(loop: Loop) -> None:
        api = Api(loop.time)
        limiter = LocalRateLimiter(clock=loop.time)
        senders = [asyncio.create_task(send(limiter, api)) for _ in range(120)]
        await asyncio.sleep(1.517)
        loop.block(2)
        await asyncio.gather(*senders)
        assert api.most_in_any_second() <= 20
        gaps = [later - earlier for earlier, later in pairwise(api.arrivals)]
        assert not [start for start in range(len(gaps) - 6) if sum(gaps[start : start + 6]) < 0.1]

    run(main)


def test_a_permit_that_is_used_late_does_not_fill_the_second() -> None:
    async def main(loop: Loop) -> None:
        api = Api(loop.time)
        limiter = LocalRateLimiter(clock=loop.time)
        held = [await limiter.acquire() for _ in range(3)]
        loop.block(5)
        others = [asyncio.create_task(send(limiter, api)) for _ in range(60)]
        for permit in held:
            api.arrive()
            permit.answered()
        await asyncio.gather(*others)
        assert api.most_in_any_second() <= 20

    run(main)


def test_a_request_that_was_never_sent_leaves_its_place() -> None:
    async def main(loop: Loop) -> None:
        limiter = LocalRateLimiter(clock=loop.time)
        began = loop.time()
        for _ in range(10):
            (await limiter.acquire()).unsent()
        for _ in range(20):
            await limiter.acquire()
        # Thirty that had all been sent would take a second and six tenths: ten of them need a slot again.
        assert loop.time() - began < 1.4

    run(main)


def test_loops_in_several_threads_share_one_budget() -> None:
    limiter = LocalRateLimiter(40)
    sent: list[float] = []

    async def ten() -> None:
        for _ in range(10):
            (await limiter.acquire()).answered()
            sent.append(limiter.clock())

    threads = [threading.Thread(target=asyncio.run, args=(ten(),)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sent.sort()
    assert len(sent) == 60
    # In any second 40, counted between the moments at which permits were given: the 41st later is a second later.
    assert sent[-1] - sent[0] > 1


def test_a_loop_that_ends_with_waiters_queued_holds_up_nobody() -> None:
    clock = [0.0]

    def now() -> float:
        clock[0] += 1e-4
        return clock[0]

    limiter = LocalRateLimiter(clock=now)
    loop = asyncio.new_event_loop()
    left = [loop.create_task(limiter.acquire()) for _ in range(50)]
    loop.run_until_complete(asyncio.sleep(0))
    for task in left:
        task.cancel()
    loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
    loop.run_until_complete(asyncio.sleep(0.1))
    loop.close()
    clock[0] += 2

    async def later() -> Permit:
        return await limiter.acquire()

    assert asyncio.run(later()).waited < 1


async def test_ten_thousand_wait_in_less_than_two_kilobytes_each() -> None:
    limiter = LocalRateLimiter()
    gc.collect()
    tracemalloc.start()
    waiting = [asyncio.create_task(limiter.acquire(Priority.BULK)) for _ in range(10_000)]
    await asyncio.sleep(0)
    memory, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    assert memory / 10_000 < 2048


def test_sessions_with_the_same_key_and_host_get_the_same_limiter() -> None:
    ours, theirs = key_digest("key", "API.example.com"), key_digest("other", "api.example.com")
    assert limiter_for(ours) is limiter_for(key_digest("key", "api.example.com"))
    assert limiter_for(ours) is not limiter_for(theirs)
    assert "key" not in ours
    with pytest.raises(ConfigurationError, match="already paces the key at 20 a second"):
        limiter_for(ours, 5)


@pytest.mark.parametrize("rate", [0, -1, float("nan"), 1001])
def test_a_rate_that_makes_no_sense_is_refused(rate: float) -> None:
    with pytest.raises(ConfigurationError, match="requests per second"):
        LocalRateLimiter(rate)
