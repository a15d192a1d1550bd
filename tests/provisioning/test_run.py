"""A plan is priced, bought and set up, each number once, whatever stops it on the way."""

from __future__ import annotations

import asyncio
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from didww_async import Session
from didww_async.errors import ConfigurationError, InsufficientBalance
from didww_async.provisioning import Outcome, OutcomeLine, Plan, PlanItem
from didww_async.retry import RetryPolicy
from didww_async.simulator import Faults, Seed, Simulator
from didww_async.simulator.description import VERSIONS, describe
from didww_async.simulator.store import Record

from ..unlimited import Unlimited
from ..virtual_time import virtual_time

for _version in VERSIONS:
    describe(_version)  # so that no test reads it from the disk while its loop runs

SMALL = Seed(dids=0, orders=0, cities=20, history=0, calls_per_day=0, messages_per_day=0, stock_per_group=50)


def simulator(**more: Any) -> Simulator:
    """A small account in the time of the running loop, without a limit."""
    loop = asyncio.get_running_loop()
    return Simulator(size=more.pop("size", SMALL), rate=0, clock=loop.time, sleep=asyncio.sleep, **more)


def session(sim: Simulator) -> Session:
    return Session(
        "simulator-key",
        transport=sim.transport(),
        limiter=Unlimited(),
        api_version="2026-11-19" if sim.api_version == "2026-11-19" else "2026-04-16",
        retry=RetryPolicy(settle=30),
    )


def trunk(sim: Simulator) -> Record:
    return next(iter(sim.store.table("voice_in_trunks").values()))


def live(sim: Simulator) -> list[Record]:
    return [order for order in sim.store.table("orders").values() if order.attributes["status"] != "canceled"]


PLAN = Plan(
    [
        PlanItem(country="US", city="New York", quantity=3, description="front desk"),
        PlanItem(country="united kingdom", number_type="mobile", features=["sms_in"], channels=2),
        PlanItem(country="EE", number_type="national", quantity=2),
    ]
)


@pytest.mark.parametrize("version", ["2026-04-16", "2026-11-19"])
@virtual_time
async def test_a_plan_is_bought_and_set_up(tmp_path: Path, version: str) -> None:
    sim = simulator(api_version=version)
    wanted = trunk(sim)
    name = wanted.attributes["name"]
    plan = Plan([*PLAN.items, PlanItem(country="US", npa="212", nxx="555", quantity=2, trunk=name)])
    async with session(sim) as didww:
        outcome = await didww.provision(plan, journal=tmp_path / "journal")
        dids = {did.number: did async for did in didww.dids.list(include=["voice_in_trunk"])}
    assert outcome.complete
    assert [len(line.numbers) for line in outcome.lines] == [3, 1, 2, 2]
    assert sorted(outcome.numbers) == sorted(dids)
    assert {dids[number].description for number in outcome.lines[0].numbers} == {"front desk"}
    assert dids[outcome.lines[1].numbers[0]].channels_included_count == 2
    for number in outcome.lines[3].numbers:
        assert number.startswith("1212555")
        set_up_with = dids[number].voice_in_trunk
        assert set_up_with is not None
        assert set_up_with.id == wanted.id


@virtual_time
async def test_a_plan_is_priced_and_nothing_is_ordered() -> None:
    sim = simulator()
    async with session(sim) as didww:
        quote = await didww.quote(PLAN)
        balance = await didww.balance.get()
    assert [(line.setup, line.monthly) for line in quote.lines] == [
        (Decimal("1.20"), Decimal("2.40")),
        (Decimal("0.40"), Decimal("1.60")),
        (Decimal("0.80"), Decimal("1.60")),
    ]
    assert (quote.setup, quote.monthly, quote.total) == (Decimal("2.40"), Decimal("5.60"), Decimal("8.00"))
    assert quote.balance == balance.total_balance
    assert quote.affordable
    assert not quote.problems
    assert not live(sim)


@virtual_time
async def test_what_a_quote_says_is_what_is_charged(tmp_path: Path) -> None:
    sim = simulator()
    before = sim.account.balance
    async with session(sim) as didww:
        quote = await didww.quote(PLAN)
        outcome = await didww.provision(quote, journal=tmp_path / "journal")
    assert outcome.cost == quote.total == before - sim.account.balance


@pytest.mark.parametrize(
    ("item", "said"),
    [
        (PlanItem(country="XX"), "no country 'XX'"),
        (PlanItem(country="US", region="ZZ"), "no region of United States 'ZZ'"),
        (PlanItem(country="US", city="Gotham"), "no city of United States 'Gotham'"),
        (PlanItem(country="EE", number_type="global"), "no group of numbers fits"),
        (PlanItem(country="EE", features=["a2p", "emergency"]), "no group of numbers fits"),
        (PlanItem(country="EE", quantity=51), "more than 50 in stock"),
        (PlanItem(country="EE", channels=7), "channels included in what is offered: [0, 2]"),
        (PlanItem(country="US", npa="212", nxx="999"), "exchange 212-999"),
        (PlanItem(country="US", trunk="nobody"), "no trunk 'nobody'"),
        (PlanItem(country="US", capacity_pool="nobody"), "no capacity pool 'nobody'"),
        (PlanItem(group="0b6a8a72-5f2e-4f2e-9a42-3b1f0f6f5f0c"), "no DID group 0b6a8a72"),
    ],
)
@virtual_time
async def test_what_cannot_be_bought_is_named_and_does_not_stop_the_rest(
    tmp_path: Path, item: PlanItem, said: str
) -> None:
    sim = simulator()
    async with session(sim) as didww:
        quote = await didww.quote(Plan([item, PlanItem(country="GB")]))
        outcome = await didww.provision(quote, journal=tmp_path / "journal")
    assert [line.number for line in quote.problems] == [1]
    assert said in quote.lines[0].problem
    assert not outcome.complete
    assert [line.step for line in outcome.lines] == ["failed", "done"]
    assert said in outcome.failed[0].error


@virtual_time
async def test_a_plan_that_the_balance_cannot_pay_buys_nothing(tmp_path: Path) -> None:
    sim = simulator()
    sim.account.balance, sim.account.credit = Decimal("4.00"), Decimal("3.00")
    async with session(sim) as didww:
        with pytest.raises(InsufficientBalance, match="nothing was ordered") as caught:
            await didww.provision(PLAN, journal=tmp_path / "journal")
    assert (caught.value.available_balance, caught.value.total_cost) == (Decimal("7.00"), Decimal("8.00"))
    assert not live(sim)


@virtual_time
async def test_when_the_balance_runs_out_on_the_way_no_more_is_begun(tmp_path: Path) -> None:
    sim = simulator()
    plan = Plan([PlanItem(country="US", quantity=5) for _ in range(60)])
    async with session(sim) as didww:
        quote = await didww.quote(plan)
        sim.account.balance, sim.account.credit = Decimal("30.00"), Decimal(0)
        outcome = await didww.provision(quote, journal=tmp_path / "journal")
        done = [line for line in outcome.lines if line.step == "done"]
        assert len(done) == 5
        assert any("not begun" in line.error for line in outcome.failed)
        sim.account.balance = Decimal(10_000)
        for group in sim.store.table("did_groups").values():
            group.hidden["stock"] = 10_000
        again = await didww.provision(plan, journal=tmp_path / "journal")
    assert again.complete
    assert len(live(sim)) == 60


@pytest.mark.parametrize("lines", range(1, 17))
@virtual_time
async def test_wherever_it_is_stopped_the_next_run_completes_it_and_buys_nothing_twice(
    tmp_path: Path, lines: int
) -> None:
    sim, journal = simulator(faults=Faults(lost=0.3, unavailable_after=0.1, reset=0.1)), tmp_path / "journal"

    async with session(sim) as didww:
        run = asyncio.create_task(didww.provision(PLAN, journal=journal))
        for _ in range(10_000):
            if run.done() or (journal.exists() and len(journal.read_bytes().splitlines()) >= lines):
                break
            await asyncio.sleep(0.01)
        run.cancel()
        await asyncio.wait([run])
    async with session(sim) as didww:
        outcome = await didww.provision(PLAN, journal=journal)
        described = [did async for did in didww.dids.list() if did.description == "front desk"]
    assert outcome.complete, outcome.failed
    references = Counter(order.attributes["external_reference_id"] for order in live(sim))
    assert sorted(references.values()) == [1, 1, 1]
    assert len(outcome.numbers) == len(set(outcome.numbers)) == len(sim.store.table("dids")) == 6
    assert len(described) == 3


@virtual_time
async def test_a_plan_that_is_done_is_not_begun_again(tmp_path: Path) -> None:
    sim = simulator()
    async with session(sim) as didww:
        first = await didww.provision(PLAN, journal=tmp_path / "journal")
        before = sim.requests
        again = await didww.provision(PLAN, journal=tmp_path / "journal")
    assert sim.requests == before
    assert again == first


@virtual_time
async def test_an_item_whose_order_was_canceled_is_ordered_anew_by_the_next_run(tmp_path: Path) -> None:
    sim = simulator(order_seconds=60)
    plan = Plan([PlanItem(country="US")])
    async with session(sim) as didww:
        run = asyncio.create_task(didww.provision(plan, journal=tmp_path / "journal"))
        await asyncio.sleep(10)
        (order,) = live(sim)
        await didww.orders.cancel(order.id)
        outcome = await run
        assert "canceled" in outcome.failed[0].error
        again = await didww.provision(plan, journal=tmp_path / "journal")
    assert again.complete
    assert len(sim.store.table("orders")) == 2


@virtual_time
async def test_a_journal_belongs_to_one_plan(tmp_path: Path) -> None:
    sim = simulator()
    async with session(sim) as didww:
        await didww.provision(Plan([PlanItem(country="US")]), journal=tmp_path / "journal")
        with pytest.raises(ConfigurationError, match="another plan"):
            await didww.provision(PLAN, journal=tmp_path / "journal")


@virtual_time
async def test_progress_is_told_and_a_listener_that_fails_stops_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    sim, heard = simulator(), list[OutcomeLine]()

    def listen(line: OutcomeLine) -> None:
        heard.append(line)
        raise RuntimeError("the terminal is gone")

    async with session(sim) as didww:
        outcome: Outcome = await didww.provision(
            Plan([PlanItem(country="US")]), journal=tmp_path / "journal", on_progress=listen
        )
    assert [line.step for line in heard] == ["ordering", "ordered", "bought", "done"]
    assert outcome.complete


@virtual_time
async def test_hundreds_of_numbers_take_little_more_than_a_request_for_each_order_and_number(tmp_path: Path) -> None:
    sim = simulator(size=Seed(dids=0, orders=0, cities=20, stock_per_group=500))
    plan = Plan([PlanItem(country="US", quantity=5, description=f"line {number}") for number in range(60)])
    async with session(sim) as didww:
        outcome = await didww.provision(plan, journal=tmp_path / "journal")
    assert outcome.complete
    assert len(outcome.numbers) == 300
    assert sim.requests < 1.1 * (60 + 300)
