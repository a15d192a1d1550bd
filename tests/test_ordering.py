"""An order is placed once, and its caller gets it, whatever becomes of requests and answers on the way."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from didww_async import Session
from didww_async.errors import (
    ConfigurationError,
    Duplicate,
    InsufficientBalance,
    TransportError,
    UnknownOutcome,
    ValidationError,
)
from didww_async.records.orders import DidOrderItem
from didww_async.resources.base import Resource
from didww_async.simulator import Seed, Simulator
from didww_async.simulator.description import VERSIONS, describe
from didww_async.values import hints

from .books import ITEMS, LATE, SKU, Books, Fault, FreeLimiter
from .declared import resources
from .virtual_time import virtual_time

for _version in VERSIONS:
    describe(_version)  # so that no test reads it from the disk while its loop runs


def _may_have_a_reference(resource: type[Resource[Any]]) -> bool:
    return "external_reference_id" in hints(resource.declaration.create)


BOOKED: list[Fault] = ["lost", "503 after", "html", "late"]
NOT_BOOKED: list[Fault] = ["reset", "503"]


@virtual_time
async def test_an_ordinary_order_takes_one_request_and_has_a_reference_of_its_own() -> None:
    books = Books()
    async with books.session() as didww:
        order = await didww.orders.place(items=ITEMS)
    assert books.requests == ["POST /orders"]
    assert order.external_reference_id
    assert order.external_reference_id.startswith("da-")
    assert len(order.external_reference_id) <= 100


@pytest.mark.parametrize("fault", [*BOOKED, *NOT_BOOKED, "429", "slow", "refused"])
@virtual_time
async def test_one_fault_of_any_kind_leaves_one_order_and_the_caller_gets_it(fault: Fault) -> None:
    books = Books(fault)
    async with books.session() as didww:
        order = await didww.orders.place(items=ITEMS)
    assert [order.id] == list(books.orders)


@given(st.lists(st.sampled_from([*BOOKED, *NOT_BOOKED, "429", "slow"]), max_size=4), st.sampled_from([0.0, 1.5]))
@settings(deadline=None, max_examples=60)
def test_any_run_of_faults_that_ends_leaves_one_order(faults: list[Fault], unseen: float) -> None:
    @virtual_time
    async def run() -> None:
        books = Books(*faults, unseen=unseen)
        async with books.session() as didww:
            order = await didww.orders.place(items=ITEMS)
        assert [order.id] == list(books.orders)

    run()


@pytest.mark.parametrize("fault", NOT_BOOKED)
@virtual_time
async def test_a_run_of_faults_that_does_not_end_is_raised_with_nothing_ordered(fault: Fault) -> None:
    books = Books(fault, fault, fault, fault, fault)
    async with books.session() as didww:
        with pytest.raises(TransportError, match="never carried out"):
            await didww.orders.place(items=ITEMS)
    assert books.posts == 5
    assert not books.orders


@virtual_time
async def test_a_limit_that_others_use_up_is_waited_for() -> None:
    refusals: list[Fault] = ["429" for _ in range(8)]
    books = Books(*refusals)
    async with books.session() as didww:
        order = await didww.orders.place(items=ITEMS)
    assert books.requests == ["POST /orders"] * 9
    assert [order.id] == list(books.orders)


@virtual_time
async def test_a_write_that_is_booked_late_is_waited_for_and_not_sent_again() -> None:
    books = Books("late")
    async with books.session() as didww:
        began = asyncio.get_running_loop().time()
        await didww.orders.place(items=ITEMS)
        assert LATE <= asyncio.get_running_loop().time() - began < 2 * LATE
    assert books.posts == 1


@virtual_time
async def test_nothing_is_sent_again_before_the_time_in_which_it_may_still_be_booked() -> None:
    books = Books("reset")
    async with books.session(settle=60) as didww:
        began = asyncio.get_running_loop().time()
        await didww.orders.place(items=ITEMS)
        assert 60 <= asyncio.get_running_loop().time() - began < 75
    assert books.posts == 2
    assert books.looks < 15


@virtual_time
async def test_a_look_up_that_fails_is_no_proof() -> None:
    books = Books("lost", blind=6 * 4)
    async with books.session() as didww:
        order = await didww.orders.place(items=ITEMS)
    assert [order.id] == list(books.orders)
    assert books.posts == 1


@virtual_time
async def test_where_nothing_can_be_proven_the_caller_is_told_what_was_sent_and_how_to_look() -> None:
    books = Books("lost", blind=10_000)
    async with books.session() as didww:
        with pytest.raises(UnknownOutcome, match="Call again later with the same reference") as caught:
            await didww.orders.place(items=ITEMS, external_reference_id="mine", attempted=False)
    assert caught.value.sent["data"]["attributes"]["external_reference_id"] == "mine"
    assert books.posts == 1


@virtual_time
async def test_a_refusal_is_raised_with_what_it_says_and_nothing_is_looked_up() -> None:
    books = Books("no balance")
    async with books.session() as didww:
        with pytest.raises(InsufficientBalance) as caught:
            await didww.orders.place(items=ITEMS)
    assert (caught.value.available_balance, caught.value.total_cost) == (Decimal("1.9"), Decimal("6.0"))
    assert books.requests == ["POST /orders"]


@virtual_time
async def test_a_restart_with_the_same_reference_gives_the_order_that_is_there() -> None:
    books = Books()
    async with books.session() as didww:
        first = await didww.orders.place(items=ITEMS, external_reference_id="mine")
    async with books.session() as didww:
        again = await didww.orders.place(items=ITEMS, external_reference_id="mine")
    assert first.id == again.id
    assert books.posts == 1


@virtual_time
async def test_a_reference_that_is_known_to_be_new_costs_no_look_up() -> None:
    books = Books()
    async with books.session() as didww:
        await didww.orders.place(items=ITEMS, external_reference_id="mine", attempted=False)
    assert books.requests == ["POST /orders"]


@virtual_time
async def test_an_order_that_a_killed_process_had_just_sent_is_waited_for() -> None:
    books = Books()
    async with books.session() as didww:
        placing = asyncio.create_task(
            didww.orders.place(items=ITEMS, external_reference_id="mine", attempted=datetime.now(UTC))
        )
        await asyncio.sleep(5)
        books.book({"items": [{"type": "did_order_items", "attributes": {"qty": 2}}], "external_reference_id": "mine"})
        order = await placing
    assert [order.id] == list(books.orders)
    assert books.posts == 0


@virtual_time
async def test_an_order_that_another_process_began_long_ago_is_not_waited_for() -> None:
    books = Books()
    async with books.session() as didww:
        began = asyncio.get_running_loop().time()
        long_ago = datetime.now(UTC) - timedelta(hours=2)
        await didww.orders.place(items=ITEMS, external_reference_id="mine", attempted=long_ago)
        assert asyncio.get_running_loop().time() - began < 1
    assert books.posts == 1


@virtual_time
async def test_a_reference_that_belongs_to_other_items_is_refused_before_anything_is_sent() -> None:
    books = Books()
    async with books.session() as didww:
        await didww.orders.place(items=ITEMS, external_reference_id="mine")
        with pytest.raises(ConfigurationError, match="other items"):
            await didww.orders.place(items=[DidOrderItem(sku_id=SKU, qty=9)], external_reference_id="mine")
    assert books.posts == 1


@pytest.mark.parametrize("reference", ["", "x" * 101])
@virtual_time
async def test_a_reference_that_the_api_does_not_take_is_refused_before_anything_is_sent(reference: str) -> None:
    books = Books()
    async with books.session() as didww:
        with pytest.raises(ConfigurationError, match="1 to 100 characters"):
            await didww.orders.place(items=ITEMS, external_reference_id=reference)
    assert not books.requests


@virtual_time
async def test_two_callers_with_one_reference_share_one_order() -> None:
    books = Books("slow")
    async with books.session() as didww:
        both = await asyncio.gather(
            *(didww.orders.place(items=ITEMS, external_reference_id="mine", attempted=False) for _ in range(2))
        )
    assert both[0].id == both[1].id
    assert books.posts == 1


@virtual_time
async def test_two_callers_with_one_reference_and_other_items_do_not_share() -> None:
    books = Books("slow")
    async with books.session() as didww:
        first = asyncio.create_task(didww.orders.place(items=ITEMS, external_reference_id="mine", attempted=False))
        await asyncio.sleep(1)
        with pytest.raises(ConfigurationError, match="at this moment"):
            await didww.orders.place(items=[DidOrderItem(sku_id=SKU)], external_reference_id="mine", attempted=False)
        await first
    assert len(books.orders) == 1


@virtual_time
async def test_of_two_orders_with_one_reference_the_older_is_kept_and_the_other_cancelled() -> None:
    books = Books("slow")
    async with books.session() as didww:
        placing = asyncio.create_task(didww.orders.place(items=ITEMS, external_reference_id="mine"))
        await asyncio.sleep(1)
        other = books.book(
            {"items": [{"type": "did_order_items", "attributes": {"qty": 2}}], "external_reference_id": "mine"}
        )
        order = await placing
    assert order.id == other["id"]
    assert [one["attributes"]["status"] for one in books.orders.values()] == ["pending", "canceled"]


@virtual_time
async def test_two_orders_with_one_reference_of_which_none_can_be_cancelled_are_both_named() -> None:
    books = Books()
    for _ in range(2):
        books.book(
            {"items": [{"type": "did_order_items", "attributes": {"qty": 2}}], "external_reference_id": "mine"},
            status="completed",
        )
    async with books.session() as didww:
        with pytest.raises(Duplicate) as caught:
            await didww.orders.place(items=ITEMS, external_reference_id="mine")
    assert all(id in str(caught.value) for id in books.orders)
    assert {order.id for order in caught.value.records} == set(books.orders)


@virtual_time
async def test_a_caller_cancelled_before_the_order_went_out_has_placed_none() -> None:
    books, limiter = Books(), FreeLimiter()
    limiter.hold = True
    async with books.session(limiter=limiter) as didww:
        placing = asyncio.create_task(didww.orders.place(items=ITEMS, external_reference_id="mine", attempted=False))
        await asyncio.sleep(1)
        placing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await placing
        limiter.hold = False
        await asyncio.sleep(100)
        assert not books.requests
        await didww.orders.place(items=ITEMS, external_reference_id="mine", attempted=False)
    assert books.posts == 1


@pytest.mark.parametrize("fault", ["slow", "lost", "late"])
@virtual_time
async def test_a_caller_cancelled_while_it_is_sent_finds_the_order_with_its_reference(
    fault: Fault, caplog: pytest.LogCaptureFixture
) -> None:
    books = Books(fault)
    async with books.session() as didww:
        placing = asyncio.create_task(didww.orders.place(items=ITEMS, external_reference_id="mine", attempted=False))
        await asyncio.sleep(0.1)
        placing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await placing
        order = await didww.orders.place(items=ITEMS, external_reference_id="mine")
    assert [order.id] == list(books.orders)
    assert books.posts == 1


@virtual_time
async def test_what_became_of_an_order_whose_caller_was_cancelled_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    books = Books("lost")
    async with books.session() as didww:
        placing = asyncio.create_task(didww.orders.place(items=ITEMS))
        await asyncio.sleep(0.1)
        placing.cancel()
        await asyncio.sleep(30)
        (id,) = books.orders
        assert any("was made" in message and id in message for message in caplog.messages)


@virtual_time
async def test_an_order_that_nobody_wants_any_more_is_not_sent_again() -> None:
    books = Books("reset")
    async with books.session() as didww:
        placing = asyncio.create_task(didww.orders.place(items=ITEMS))
        await asyncio.sleep(0.1)
        placing.cancel()
        await asyncio.sleep(200)
    assert books.posts == 1
    assert not books.orders


@virtual_time
async def test_an_order_whose_caller_was_cancelled_while_a_429_was_waited_out_is_not_sent_again() -> None:
    books = Books("429")
    async with books.session() as didww:
        placing = asyncio.create_task(didww.orders.place(items=ITEMS))
        await asyncio.sleep(0.1)
        placing.cancel()
        await asyncio.sleep(100)
    assert books.posts == 1
    assert not books.orders


@virtual_time
async def test_closing_waits_for_an_order_in_flight() -> None:
    books = Books("slow")
    async with books.session() as didww:
        placing = asyncio.create_task(didww.orders.place(items=ITEMS))
        await asyncio.sleep(1)
    assert (await placing).id in books.orders


@virtual_time
async def test_closing_says_what_it_left_and_so_do_its_callers(caplog: pytest.LogCaptureFixture) -> None:
    books = Books("reset")
    async with books.session() as didww:
        placing = asyncio.create_task(didww.orders.place(items=ITEMS, external_reference_id="mine", attempted=False))
        await asyncio.sleep(1)
    with pytest.raises(UnknownOutcome, match=r"'mine'.*closed"):
        await placing
    assert any("'mine'" in r.message for r in caplog.records if r.levelno >= logging.ERROR)


@pytest.mark.parametrize("fault", ["lost", "503 after"])
@virtual_time
async def test_any_record_that_is_created_with_a_reference_is_looked_up_when_its_answer_is_lost(fault: Fault) -> None:
    books = Books(fault)
    async with books.session() as didww:
        order = await didww.orders.create(items=ITEMS, external_reference_id="mine")
    assert [order.id] == list(books.orders)


@virtual_time
async def test_a_create_without_a_reference_is_unknown_when_its_answer_is_lost() -> None:
    books = Books("lost")
    async with books.session() as didww:
        with pytest.raises(UnknownOutcome, match="external_reference_id"):
            await didww.orders.create(items=ITEMS)
    assert books.posts == 1


def simulator() -> Simulator:
    """A small account in the time of the running loop, without a limit."""
    loop = asyncio.get_running_loop()
    size = Seed(dids=0, orders=0, cities=20, history=0, trunks=0, calls_per_day=0, messages_per_day=0)
    return Simulator(size=size, rate=0, clock=loop.time, sleep=asyncio.sleep, order_seconds=600)


def session(sim: Simulator) -> Session:
    return Session("simulator-key", transport=sim.transport(), limiter=FreeLimiter(), api_version="2026-04-16")


@virtual_time
async def test_a_cancellation_whose_answer_is_lost_is_a_cancellation() -> None:
    sim = simulator()
    (sku, *_) = sim.store.table("stock_keeping_units")
    async with session(sim) as didww:
        order = await didww.orders.place(items=[DidOrderItem(sku_id=sku)])
        sim.faults.lost = 1.0
        await didww.orders.cancel(order)
        assert (await didww.orders.get(order)).status == "canceled"
        sim.faults.lost = 0.0
        completed = await didww.orders.place(items=[DidOrderItem(sku_id=sku)])
        await asyncio.sleep(601)
        with pytest.raises(ValidationError, match="not pending"):
            await didww.orders.cancel(completed.id)


@virtual_time
async def test_a_trunk_with_a_reference_is_made_once_when_its_answer_is_lost() -> None:
    sim = simulator()
    sim.faults.lost = 1.0
    async with session(sim) as didww:
        group = await didww.voice_in_trunk_groups.create(name="sales", external_reference_id="sales-1")
        with pytest.raises(UnknownOutcome, match="external_reference_id"):
            await didww.voice_in_trunk_groups.create(name="support")
    assert group.name == "sales"
    names = [record.attributes["name"] for record in sim.store.table("voice_in_trunk_groups").values()]
    assert sorted(names) == ["sales", "support"]


@pytest.mark.parametrize("name", [name for name, cls in resources().items() if _may_have_a_reference(cls)])
def test_every_record_that_may_have_a_reference_can_be_found_by_it(name: str) -> None:
    assert "external_reference_id" in hints(resources()[name].declaration.filter)
