"""Who is served next, where some have just gone away."""

from __future__ import annotations

import asyncio

from didww_async.limiter import Priority
from didww_async.limiter.line import Line


async def test_who_cancelled_a_moment_ago_and_has_not_said_so_is_passed_over() -> None:
    line: Line[None] = Line()
    loop = asyncio.get_running_loop()
    going, staying = loop.create_future(), loop.create_future()
    line.join(going, Priority.INTERACTIVE)
    line.join(staying, Priority.BULK)
    going.cancel()
    assert line.next() is staying
    assert line.next() is None
    line.left(Priority.INTERACTIVE)
    assert len(line) == 0


async def test_a_line_of_nobody_but_those_who_have_gone_serves_nobody_and_fills_again() -> None:
    line: Line[None] = Line()
    loop = asyncio.get_running_loop()
    gone = [loop.create_future() for _ in range(3)]
    for future in gone:
        line.join(future, Priority.NORMAL)
        future.cancel()
    assert line.next() is None
    for _ in gone:
        line.left(Priority.NORMAL)
    newcomer = loop.create_future()
    line.join(newcomer, Priority.NORMAL)
    assert line.next() is newcomer
