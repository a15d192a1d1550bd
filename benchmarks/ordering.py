"""A thousand orders from four processes while everything goes wrong: is each there once, and what does that cost?

    python -m benchmarks.ordering [--orders 1000] [--processes 4] [--settle 60]

The simulator keeps the strict limit of 20 requests a second. With faults on, it loses one answer in ten after it
booked the order, answers one in twenty with 503 after it booked, breaks one connection in fifty before, answers one
in a hundred with 503 before, and refuses one in five hundred with 429 for no reason; one process is killed in the
middle and started again. The same is run without faults, to see what certainty costs then. Beside it stand a client
that repeats whatever fails, and one that gives up.

«per s» is the rate while there is enough to do, until four fifths of the orders were sent. At the end some are
looked for until it is proven that they are not there: that takes the time to settle, and few requests.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import multiprocessing
import sys
import tempfile
import time
from collections import Counter
from datetime import datetime
from decimal import Decimal
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import attrs
import httpx

from didww_async import Session
from didww_async.limiter import FileRateLimiter
from didww_async.provisioning.journal import Journal
from didww_async.records.orders import DidOrderItem
from didww_async.retry import RetryPolicy
from didww_async.simulator import Faults, Seed, Simulator

KEY = "simulator-key"
AT_ONCE = 32
"""Orders that one process has under way."""


@attrs.frozen
class Tally:
    """What became of a run. `rate` is requests a second while there was enough to do."""

    wanted: int
    booked: int
    twice: int
    with_caller: int
    requests: int
    looks: int
    refused: int
    rate: float
    busiest: int
    seconds: float

    @property
    def exact(self) -> bool:
        """Whether every order is there once, and its caller has it."""
        return self.booked == self.wanted == self.with_caller and not self.twice

    @property
    def extra(self) -> float:
        """Requests beside one for each order, as a part of these."""
        return self.requests / self.wanted - 1


def faulty() -> Faults:
    """What goes wrong, as the figures have it: a run makes its own, for they change."""
    return Faults(lost=0.10, unavailable_after=0.05, reset=0.02, unavailable=0.01, too_many=0.002)


async def run(
    orders: int, *, processes: int = 4, faults: Faults | None = None, kill: bool = False, settle: float = 60.0
) -> Tally:
    """Place orders from several processes against a simulator of its own; with `kill`, end one half-way."""
    sim = simulator(faults, rate=20)
    with tempfile.TemporaryDirectory() as folder:
        async with sim.serve() as base_url:
            began = time.monotonic()
            share = orders // processes
            work = (base_url, sku_of(sim), folder, share, settle)
            workers = [_start(number, *work) for number in range(processes)]
            if kill:
                await asyncio.to_thread(_half_done, Path(folder) / "0", share)
                workers[0].kill()
                await asyncio.to_thread(workers[0].join)
                workers[0] = _start(0, *work)
            for process in workers:
                await asyncio.to_thread(process.join)
            seconds = time.monotonic() - began
        if failed := [process.name for process in workers if process.exitcode]:
            raise RuntimeError(f"failed: {', '.join(failed)}")
        callers = [_answered(Path(folder) / str(number)) for number in range(processes)]
    return _tally(sim, {name: id for caller in callers for name, id in caller.items()}, share * processes, seconds)


def simulator(faults: Faults | None, *, rate: float) -> Simulator:
    """An API with money and numbers enough."""
    seed = Seed(dids=0, orders=0, cities=20, stock_per_group=10**6, balance=Decimal(10**9))
    return Simulator(faults=faults, rate=rate, size=seed, order_seconds=3600)


def sku_of(sim: Simulator) -> str:
    """Something to buy."""
    return next(iter(sim.store.table("stock_keeping_units")))


def _start(number: int, *work: Any) -> BaseProcess:
    # A server that has imported everything forks the workers: they start at once, and with nothing of ours open.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(
        ["didww_async.session", "didww_async.limiter.file", "didww_async.simulator.simulator"]
    )
    process = context.Process(target=_work, args=(number, *work), name=f"worker {number}")
    process.start()
    return process


def _work(number: int, *work: Any) -> None:
    logging.getLogger("didww_async").setLevel(logging.ERROR)
    asyncio.run(worker(number, *work))


def _half_done(journal: Path, share: int) -> None:
    while not journal.exists() or len(_answered(journal)) < share // 2:
        time.sleep(0.05)


def _answered(journal: Path) -> dict[str, str]:
    """Reference and order id, as a worker wrote them down."""
    lines = [json.loads(line) for line in journal.read_text().splitlines(keepends=True) if line.endswith("\n")]
    return {line["reference"]: line["order"] for line in lines if "order" in line}


def _tally(sim: Simulator, callers: dict[str, str], wanted: int, seconds: float) -> Tally:
    references = Counter(
        order.attributes["external_reference_id"]
        for order in sim.store.table("orders").values()
        if order.attributes["status"] != "canceled"
    )
    booked = {id: order.attributes["external_reference_id"] for id, order in sim.store.table("orders").items()}
    times = sorted(exchange.at for exchange in sim.log)
    sent = sorted(exchange.at for exchange in sim.log if exchange.method == "POST")
    # Afterwards there is too little to do: some orders are looked for until it is proven that they are not there.
    steady = [at for at in times if at <= sent[int(0.8 * wanted) - 1]]
    return Tally(
        wanted=wanted,
        booked=sum(references.values()),
        twice=sum(count > 1 for count in references.values()),
        with_caller=sum(booked.get(id) == reference for reference, id in callers.items()),
        requests=len(times),
        looks=sum(exchange.method == "GET" for exchange in sim.log),
        refused=sim.refused,
        rate=(len(steady) - 1) / (steady[-1] - steady[0]),
        busiest=max(sum(at <= later < at + 1 for later in times[first : first + 40]) for first, at in enumerate(times)),
        seconds=seconds,
    )


async def worker(number: int, base_url: str, sku: str, folder: str, orders: int, settle: float) -> None:
    """Place a share of the orders. What was begun and what was answered is in a journal, as in any careful program."""
    journal = await Journal.open(Path(folder) / str(number), "benchmark")
    begun = {line["reference"]: datetime.fromisoformat(line["at"]) for line in journal.lines if "order" not in line}
    done = {line["reference"] for line in journal.lines if "order" in line}
    gate = asyncio.Semaphore(AT_ONCE)

    async def place(reference: str) -> None:
        async with gate:
            await journal.write(reference=reference)
            order = await didww.orders.place(
                items=[DidOrderItem(sku_id=sku, qty=1)],
                external_reference_id=reference,
                attempted=begun.get(reference, False),
            )
            await journal.write(reference=reference, order=order.id)

    async with Session(
        KEY,
        base_url=base_url,
        api_version="2026-04-16",
        limiter=FileRateLimiter(directory=Path(folder) / "limit"),
        retry=RetryPolicy(settle=settle),
    ) as didww:
        references = {f"benchmark-{number}-{order}" for order in range(orders)}
        async with asyncio.TaskGroup() as tasks:
            for reference in references - done:
                tasks.create_task(place(reference))
    journal.close()


async def peer(orders: int, *, repeats: int) -> tuple[int, int]:
    """What a client without look-ups makes of the same faults: orders booked, and callers who have an order."""
    sim = simulator(faulty(), rate=0)
    item = {"type": "did_order_items", "attributes": {"sku_id": sku_of(sim), "qty": 1}}
    body = {"data": {"type": "orders", "attributes": {"items": [item]}}}
    headers = {"api-key": KEY, "content-type": "application/vnd.api+json", "accept": "application/vnd.api+json"}
    answered = 0
    async with httpx.AsyncClient(transport=sim.transport(), base_url="https://simulator.invalid/v3") as client:
        for _ in range(orders):
            for _ in range(1 + repeats):
                try:
                    response = await client.post("/orders", content=json.dumps(body), headers=headers)
                except httpx.HTTPError:
                    continue
                if response.status_code == 201:
                    answered += 1
                    break
    return len(sim.store.table("orders")), answered


def show(name: str, run: Tally) -> None:
    """One row."""
    counts = f"{run.wanted:6} {run.booked:7} {run.booked - run.with_caller:7} {run.with_caller:7} {run.requests:8}"
    costs = f"{run.looks:6} {run.extra:7.1%} {run.refused:6} {run.rate:7.2f} {run.busiest:6} {run.seconds:7.1f}"
    print(f"{name:25} {counts} {costs}")


async def main(orders: int, processes: int, settle: float) -> bool:
    """Run and print everything; False where an order is missing, doubled or unknown to its caller."""
    print(
        f"{'':25} {'wanted':>6} {'booked':>7} {'surplus':>7} {'callers':>7} {'requests':>8} {'looks':>6} {'extra':>7} "
        f"{'429s':>6} {'per s':>7} {'in 1 s':>6} {'seconds':>7}"
    )
    clean = await run(orders, processes=processes, settle=settle)
    show("nothing goes wrong", clean)
    faults = await run(orders, processes=processes, faults=faulty(), kill=True, settle=settle)
    show("faults on, one killed", faults)
    for name, repeats in (("repeats what fails", 4), ("gives up", 0)):
        booked, answered = await peer(orders, repeats=repeats)
        print(f"{name:25} {orders:6} {booked:7} {booked - answered:7} {answered:7}   (one process, no limit)")
    return clean.exact and faults.exact and clean.extra < 0.05


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--orders", type=int, default=1000)
    parser.add_argument("--processes", type=int, default=4)
    parser.add_argument("--settle", type=float, default=60.0)
    given = parser.parse_args()
    sys.exit(0 if asyncio.run(main(given.orders, given.processes, given.settle)) else 1)
