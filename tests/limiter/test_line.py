"""Order, priorities and holes in the queue of those who wait."""

from __future__ import annotations

import asyncio
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from didww_async.limiter import Priority
from didww_async.limiter.line import PATIENCE, Line


def future_of(loop: asyncio.AbstractEventLoop) -> asyncio.Future[None]:
    return loop.create_future()


@given(st.lists(st.tuples(st.sampled_from(Priority), st.sampled_from(["join", "leave", "next"]))))
def test_whoever_joins_and_does_not_leave_is_served_once_and_in_order(
    steps: list[tuple[Priority, str]],
) -> None:
    loop = asyncio.new_event_loop()
    line: Line[None] = Line()
    model: dict[Priority, list[asyncio.Future[None]]] = {priority: [] for priority in Priority}
    for priority, step in steps:
        if step == "join":
            model[priority].append(future_of(loop))
            line.join(model[priority][-1], priority)
        elif step == "leave" and model[priority]:
            model[priority].pop(len(model[priority]) // 2).cancel()
            line.left(priority)
        elif step == "next":
            served = line.next()
            heads = [waiting[0] for waiting in model.values() if waiting]
            assert (served in heads) if heads else (served is None)
            for waiting in model.values():
                if waiting and waiting[0] is served:
                    waiting.pop(0)
        assert len(line) == sum(map(len, model.values()))
        assert all(line.waiting(each) == len(model[each]) for each in Priority)
    loop.close()


def test_under_a_flood_of_interactive_requests_the_others_have_a_turn_now_and_then() -> None:
    loop = asyncio.new_event_loop()
    line: Line[None] = Line()
    whose: dict[asyncio.Future[None], Priority] = {}
    for priority in Priority:
        for _ in range(1000):
            future = future_of(loop)
            whose[future] = priority
            line.join(future, priority)
    turns = Counter(whose[served] for _ in range(500) if (served := line.next()))
    assert turns[Priority.BULK] >= 500 // (2 * PATIENCE)
    assert turns[Priority.NORMAL] >= 500 // (2 * PATIENCE)
    assert turns[Priority.INTERACTIVE] > 350
    loop.close()


def test_those_who_left_do_not_fill_the_memory() -> None:
    loop = asyncio.new_event_loop()
    line: Line[None] = Line()
    first = future_of(loop)
    line.join(first, Priority.BULK)
    for _ in range(10_000):
        future = future_of(loop)
        line.join(future, Priority.BULK)
        future.cancel()
        line.left(Priority.BULK)
    queues = [queue for queue in vars(line)["_queues"] if queue]
    assert sum(map(len, queues)) < 100
    assert line.next() is first
    loop.close()
