"""Callbacks: sent when something settles, to who asked for them, signed."""

from __future__ import annotations

import asyncio
from urllib.parse import parse_qs

import httpx

from didww_async.simulator import Faults, Simulator

from .conftest import Client, Start
from .rules.test_orders import items, sku_of

URL = "https://example.com/hook"


class Receiver(httpx.AsyncBaseTransport):
    """Keeps the callbacks that are sent."""

    def __init__(self) -> None:
        self.heard: list[httpx.Request] = []
        self.called = asyncio.Event()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.heard.append(request)
        self.called.set()
        return httpx.Response(200)


async def order(api: Client) -> None:
    _, sku = await sku_of(api)
    callback = {"callback_url": URL, "callback_method": "post"}
    await api.made("orders", {"items": items(sku_id=sku["id"]), **callback})


async def heard(receiver: Receiver) -> httpx.Request:
    async with asyncio.timeout(5):
        await receiver.called.wait()
    return receiver.heard[0]


async def test_a_completed_order_is_told_without_anybody_asking(start: Start) -> None:
    receiver = Receiver()
    api = start(callback_secret="s3cret", callback_transport=receiver)
    await order(api)
    request = await heard(receiver)
    payload = parse_qs(request.content.decode())
    assert (payload["type"], payload["status"]) == (["orders"], ["completed"])
    assert len(request.headers["x-didww-signature"]) == 40


async def test_a_blocked_trunk_is_told_as_a_json_array(start: Start) -> None:
    receiver = Receiver()
    api = start(callback_secret="s3cret", callback_transport=receiver)
    trunk = await api.first("voice_out_trunks")
    await api.update("voice_out_trunks", trunk["id"], {"callback_url": URL, "status": "blocked"})
    request = await heard(receiver)
    assert request.headers["content-type"] == "application/json"
    assert b'"status": "blocked"' in request.content


async def test_a_finished_file_is_told_with_its_address(start: Start) -> None:
    receiver = Receiver()
    api = start(callback_secret="s3cret", callback_transport=receiver)
    filters = {"from": "2026-11-01 00:00:00", "to": "2026-11-02 00:00:00"}
    callback = {"callback_url": URL, "callback_method": "get"}
    await api.made("exports", {"export_type": "cdr_in", "filters": filters, **callback})
    told = (await heard(receiver)).url.params
    assert told["status"] == "completed"
    assert (await api.http.get(told["url"])).content[:2] == b"\x1f\x8b"


async def test_without_a_secret_or_with_the_fault_nothing_is_sent(start: Start) -> None:
    receiver = Receiver()
    silent = [
        start(callback_transport=receiver),
        start(callback_secret="s3cret", callback_transport=receiver, faults=Faults(callbacks=False)),
    ]
    for api in silent:
        await order(api)
        for _ in range(20):
            await asyncio.sleep(0)
    assert receiver.heard == []


async def test_closing_gives_up_what_is_still_to_be_sent() -> None:
    receiver = Receiver()
    async with Simulator(rate=0, order_seconds=3600, callback_secret="s", callback_transport=receiver) as sim:
        headers = {"api-key": "simulator-key"}
        base_url = "https://sandbox-api.didww.com/v3/"
        async with httpx.AsyncClient(transport=sim.transport(), base_url=base_url, headers=headers) as http:
            await order(Client(sim, http))
    assert receiver.heard == []
