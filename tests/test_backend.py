"""One session for the life of a web application: a Starlette app on a real server, with real clients."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

import attrs
import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from didww_async import Session
from didww_async.records.orders import DidOrderItem
from didww_async.simulator import Faults, Seed, Simulator
from didww_async.simulator.description import VERSIONS, describe
from didww_async.transport import Timeouts

T = TypeVar("T")

for _version in VERSIONS:
    describe(_version)  # so that no test reads it from the disk while its loop runs

SMALL = Seed(dids=3, orders=0, cities=20, history=0, trunks=2, calls_per_day=0, messages_per_day=0)


async def unless_disconnected(request: Request, work: Awaitable[T]) -> T | None:
    """What a handler does whose work is for nobody when its client is gone: cancel it."""

    async def gone() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass

    working, leaving = asyncio.ensure_future(work), asyncio.ensure_future(gone())
    await asyncio.wait([working, leaving], return_when=asyncio.FIRST_COMPLETED)
    leaving.cancel()
    if not working.done():
        working.cancel()
        return None
    return working.result()


async def until(happened: Callable[[], bool]) -> None:
    """Wait for something that nobody tells of."""
    while not happened():
        await asyncio.sleep(0.005)


async def balance(request: Request) -> Response:
    didww: Session = request.app.state.didww
    found = await unless_disconnected(request, didww.balance.get())
    return JSONResponse({"total": str(found.total_balance)} if found else {})


async def order(request: Request) -> Response:
    didww: Session = request.app.state.didww
    placing = didww.orders.place(
        items=[DidOrderItem(sku_id=request.app.state.sku)],
        external_reference_id=request.path_params["reference"],
        attempted=False,
    )
    placed = await unless_disconnected(request, placing)
    return JSONResponse({"id": placed.id} if placed else {})


@attrs.frozen
class Backend:
    """The application as it runs: its simulator, its session, and where it is."""

    sim: Simulator
    didww: Session
    client: httpx.AsyncClient
    stop: Callable[[], Awaitable[None]]


@asynccontextmanager
async def backend(
    *, rate: float = 1000.0, closing: float = 10.0, faults: Faults | None = None
) -> AsyncGenerator[Backend]:
    """Serve the application in front of a simulator, both over the loopback."""
    sim = Simulator(size=SMALL, rate=rate, faults=faults)
    async with sim.serve() as base_url:
        didww = Session(
            "simulator-key",
            base_url=base_url,
            api_version="2026-04-16",
            rate=rate,
            timeout=Timeouts(closing=closing),
        )

        @asynccontextmanager
        async def lifespan(app: Starlette) -> AsyncGenerator[None]:
            async with didww:
                app.state.didww = didww
                yield

        app = Starlette(routes=[Route("/balance", balance), Route("/orders/{reference}", order)], lifespan=lifespan)
        app.state.sku = next(iter(sim.store.table("stock_keeping_units")))
        server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", lifespan="on"))
        serving = asyncio.create_task(server.serve())
        await until(lambda: server.started)
        port = server.servers[0].sockets[0].getsockname()[1]

        async def stop() -> None:
            server.should_exit = True
            await serving

        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30, trust_env=False) as client:
            yield Backend(sim, didww, client, stop)
        await stop()


async def leave(app: Backend, path: str) -> None:
    """A client that gives up when its request has reached the API."""
    reached = app.sim.requests
    asking = asyncio.create_task(app.client.get(path))
    await until(lambda: app.sim.requests > reached)
    asking.cancel()
    await asyncio.wait([asking])


async def test_handlers_under_load_share_one_limit() -> None:
    async with backend(rate=20) as app:
        began = time.monotonic()
        answers = await asyncio.gather(*(app.client.get("/balance") for _ in range(45)))
        # The API lets twenty through in each second.
        assert time.monotonic() - began > 1.2
        assert {answer.status_code for answer in answers} == {200}
        assert app.sim.refused <= 45 / 20


async def test_clients_that_leave_take_nothing_along() -> None:
    async with backend(faults=Faults(latency=0.2)) as app:
        await asyncio.gather(*(leave(app, "/balance") for _ in range(20)))
        app.sim.faults.latency = 0.0
        answers = await asyncio.gather(*(app.client.get("/balance") for _ in range(20)))
        assert {answer.status_code for answer in answers} == {200}
        names = {task.get_name() for task in asyncio.all_tasks()}
        assert not any(name.startswith("didww_async: orders") for name in names)


async def test_a_client_that_leaves_while_its_order_is_sent_finds_it_when_it_comes_back() -> None:
    async with backend(faults=Faults(latency=0.3, delayed="answer")) as app:
        await leave(app, "/orders/mine")
        answer = await app.client.get("/orders/mine")
        assert [answer.json()["id"]] == list(app.sim.store.table("orders"))


async def test_shutting_down_waits_for_an_order_whose_client_has_left(caplog: pytest.LogCaptureFixture) -> None:
    async with backend(faults=Faults(latency=0.3, delayed="answer")) as app:
        await leave(app, "/orders/mine")
        await asyncio.sleep(0.05)
        await app.stop()
        (id,) = app.sim.store.table("orders")
        assert any("'mine'" in message and "was made" in message and id in message for message in caplog.messages)


async def test_shutting_down_says_which_orders_it_left(caplog: pytest.LogCaptureFixture) -> None:
    async with backend(closing=0.1, faults=Faults(latency=3.0, delayed="answer")) as app:
        await leave(app, "/orders/mine")
        await asyncio.sleep(0.05)
        began = time.monotonic()
        await app.stop()
        assert time.monotonic() - began < 2.0
        assert any("'mine'" in message and "closed before" in message for message in caplog.messages)
