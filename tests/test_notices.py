"""What a webhook said reaches whoever waits for it, and nobody else."""

from __future__ import annotations

import asyncio
import threading

from didww_async.notices import Notices


async def test_a_wait_ends_with_the_ids_that_were_heard_of() -> None:
    notices = Notices()
    with notices.waiter("exports", {"a", "b"}) as waiter:
        wait = asyncio.create_task(waiter.wait(60))
        await asyncio.sleep(0)
        notices.heard("exports", "b")
        assert await wait == {"b"}


async def test_what_was_heard_between_two_waits_is_not_missed() -> None:
    notices = Notices()
    with notices.waiter("exports", {"a"}) as waiter:
        notices.heard("exports", "a")
        await asyncio.sleep(0)
        assert await waiter.wait(60) == {"a"}
        assert await waiter.wait(0.001) == set()


async def test_other_records_and_other_types_end_nothing() -> None:
    notices = Notices()
    with notices.waiter("exports", {"a"}) as waiter:
        notices.heard("exports", "z")
        notices.heard("orders", "a")
        assert await waiter.wait(0.001) == set()


async def test_a_notice_may_come_from_another_thread() -> None:
    notices = Notices()
    with notices.waiter("exports", {"a"}) as waiter:
        thread = threading.Thread(target=notices.heard, args=("exports", "a"))
        thread.start()
        assert await waiter.wait(60) == {"a"}
        thread.join()


async def test_ids_may_join_and_leave_while_somebody_listens() -> None:
    notices = Notices()
    ids: set[str] = set()
    with notices.waiter("exports", ids) as waiter:
        ids.add("a")
        notices.heard("exports", "a")
        assert await waiter.wait(60) == {"a"}
        ids.clear()
        notices.heard("exports", "a")
        assert await waiter.wait(0.001) == set()
