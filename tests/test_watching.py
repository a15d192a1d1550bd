"""Orders are waited for together, with few requests, and end early when something is heard of them."""

from __future__ import annotations

import asyncio

import pytest

from didww_async.errors import ConfigurationError, OrderCanceled, Timeout
from didww_async.notices import Notices

from .books import ITEMS, Books
from .virtual_time import virtual_time


@virtual_time
async def test_waiting_gives_the_order_and_as_many_numbers_as_were_bought() -> None:
    books = Books()
    books.numbers = 1
    async with books.session() as didww:
        order = await didww.orders.place(items=ITEMS)
        waiting = asyncio.create_task(didww.orders.wait(order))
        await asyncio.sleep(10)
        books.orders[order.id]["attributes"]["status"] = "completed"
        await asyncio.sleep(20)
        assert not waiting.done()
        books.numbers = 2
        fulfilled = await waiting
    assert fulfilled.order.status == "completed"
    assert [did.number for did in fulfilled.dids] == ["12125550000", "12125550001"]


@virtual_time
async def test_many_orders_are_waited_for_with_few_requests() -> None:
    books = Books()
    async with books.session() as didww:
        orders = [await didww.orders.place(items=ITEMS) for _ in range(150)]
        books.requests.clear()
        together = asyncio.create_task(didww.orders.wait(orders[:75]))
        alone = asyncio.gather(*(didww.orders.wait(one) for one in orders[75:]))
        await asyncio.sleep(60)
        for order in books.orders.values():
            order["attributes"]["status"] = "completed"
        fulfilled = [*await together, *await alone]
    assert [one.order.id for one in fulfilled] == [order.id for order in orders]
    assert len(books.requests) < 60


@virtual_time
async def test_a_notice_ends_the_wait_at_once() -> None:
    books, notices = Books(), Notices()
    async with books.session() as didww:
        didww.orders.listen(notices)
        order = await didww.orders.place(items=ITEMS)
        waiting = asyncio.create_task(didww.orders.wait(order))
        await asyncio.sleep(300)
        books.orders[order.id]["attributes"]["status"] = "completed"
        heard = asyncio.get_running_loop().time()
        notices.heard("orders", order.id)
        await waiting
        assert asyncio.get_running_loop().time() - heard < 2


@virtual_time
async def test_an_order_that_is_canceled_ends_the_wait_with_the_order() -> None:
    books = Books()
    async with books.session() as didww:
        order = await didww.orders.place(items=ITEMS)
        await didww.orders.cancel(order)
        with pytest.raises(OrderCanceled) as caught:
            await didww.orders.wait(order)
    assert caught.value.order.id == order.id


@virtual_time
async def test_a_deadline_ends_the_wait_and_names_the_orders_that_are_left() -> None:
    books = Books()
    async with books.session() as didww:
        done = await didww.orders.place(items=ITEMS)
        books.orders[done.id]["attributes"]["status"] = "completed"
        left = await didww.orders.place(items=ITEMS)
        with pytest.raises(Timeout, match=f"1 of 2 orders.*{left.id}"):
            await didww.orders.wait([done, left], deadline=60)


@virtual_time
async def test_an_order_that_is_no_longer_pending_is_not_even_asked_to_be_cancelled() -> None:
    books = Books()
    async with books.session() as didww:
        placed = await didww.orders.place(items=ITEMS)
        books.orders[placed.id]["attributes"]["status"] = "completed"
        completed = await didww.orders.get(placed.id)
        with pytest.raises(ConfigurationError, match="terminated=True"):
            await didww.orders.cancel(completed)
    assert "DELETE /orders/id" not in books.requests
