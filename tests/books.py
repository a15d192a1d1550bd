"""An API of orders whose answers can be lost in every way, as an httpx transport."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal
from uuid import UUID, uuid4

import attrs
import httpx

from didww_async import Session
from didww_async.limiter import Priority
from didww_async.records.orders import DidOrderItem
from didww_async.retry import RetryPolicy

Fault = Literal[
    "",
    "lost",  # booked, and the connection breaks
    "reset",  # the connection breaks, and nothing is booked
    "503 after",  # booked, and 503 is answered
    "503",  # 503, and nothing is booked
    "429",
    "html",  # booked, and a proxy answers something else
    "refused",  # no connection
    "late",  # the connection breaks, and 20 seconds later it is booked
    "slow",  # booked and answered after 5 seconds
    "no balance",
]

SKU: Final = "0b6a8a72-5f2e-4f2e-9a42-3b1f0f6f5f0c"
ITEMS: Final = (DidOrderItem(sku_id=SKU, qty=2),)
LATE: Final = 20.0
SLOW: Final = 5.0


@attrs.frozen
class FreePermit:
    """Leave to send at once."""

    waited: float = 0.0

    def answered(self) -> None:
        """Nothing is counted."""

    def unsent(self) -> None:
        """Nothing is counted."""


class FreeLimiter:
    """No limit, for tests that are about something else; `hold` makes it one that never gives leave."""

    def __init__(self) -> None:
        self.hold = False

    async def acquire(self, priority: Priority = Priority.NORMAL) -> FreePermit:
        if self.hold:
            await asyncio.Event().wait()
        return FreePermit()

    async def refused(self, retry_after: float | None = None) -> float:
        await asyncio.sleep(1)
        return 1.0

    async def aclose(self) -> None:
        """Nothing is held."""


class Books(httpx.AsyncBaseTransport):
    """Books orders. `faults` are what happens to the POSTs, one after another; `unseen` is for how many seconds an
    order is not found by a filter, `blind` how many look-ups fail."""

    def __init__(self, *faults: Fault, unseen: float = 0.0, blind: int = 0) -> None:
        self.orders: dict[str, dict[str, Any]] = {}
        self.requests: list[str] = []
        self.faults: Iterator[Fault] = iter(faults)
        self.unseen = unseen
        self.blind = blind
        self.numbers = 2
        self._booked_at: dict[str, float] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def posts(self) -> int:
        return self.requests.count("POST /orders")

    @property
    def looks(self) -> int:
        return self.requests.count("GET /orders")

    def session(self, *, limiter: FreeLimiter | None = None, settle: float = 60.0) -> Session:
        return Session(
            "key",
            base_url="https://books.example/v3",
            api_version="2026-04-16",
            limiter=limiter or FreeLimiter(),
            transport=self,
            retry=RetryPolicy(settle=settle),
        )

    def book(self, attributes: dict[str, Any], *, id: str | None = None, status: str = "pending") -> dict[str, Any]:
        now = datetime(2026, 11, 24, tzinfo=UTC) + timedelta(seconds=len(self.orders))
        items = [
            {"type": item["type"], "attributes": {"qty": item["attributes"].get("qty", 1), "nrc": "1.0", "mrc": "2.0"}}
            for item in attributes["items"]
        ]
        order: dict[str, Any] = {
            "id": id or str(uuid4()),
            "type": "orders",
            "attributes": {
                "reference": f"AAA-{len(self.orders)}",
                "amount": "6.0",
                "status": status,
                "created_at": now.isoformat(),
                "external_reference_id": attributes.get("external_reference_id"),
                "items": items,
            },
        }
        self.orders[order["id"]] = order
        self._booked_at[order["id"]] = asyncio.get_running_loop().time()
        return order

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix("/v3")
        parts = path.strip("/").split("/")
        self.requests.append(f"{request.method} /{parts[0]}{'/id' if len(parts) > 1 else ''}")
        if request.method == "POST":
            return await self._post(request)
        if request.method == "DELETE":
            return self._delete(parts[1])
        if len(parts) > 1:
            order = self.orders.get(parts[1])
            return _answer(200, {"data": order}) if order else _refusal(404, "Record not found")
        if self.blind:
            self.blind -= 1
            raise httpx.ReadError("blind")
        return _list(self._dids(request) if parts[0] == "dids" else self._found(request))

    async def _post(self, request: httpx.Request) -> httpx.Response:
        attributes = json.loads(await request.aread())["data"]["attributes"]
        fault = next(self.faults, "")
        if fault == "refused":
            raise httpx.ConnectError("refused")
        if fault == "429":
            return _refusal(429, "Too Many Requests")
        if fault == "503":
            return _refusal(503, "Unavailable")
        if fault == "reset":
            raise httpx.ReadError("reset")
        if fault == "no balance":
            meta = {"available_balance": "1.9", "total_cost": "6.0"}
            return _refusal(400, "Insufficient balance", title="Insufficient balance", meta=meta)
        if fault == "late":
            task = asyncio.create_task(self._later(attributes))
            self._tasks.add(task)
            raise httpx.ReadError("late")
        if fault == "slow":
            await asyncio.sleep(SLOW)
        order = self.book(attributes)
        if fault == "lost":
            raise httpx.ReadError("lost")
        if fault == "503 after":
            return _refusal(503, "Unavailable")
        if fault == "html":
            return httpx.Response(200, content=b"<html>", headers={"content-type": "text/html"})
        return _answer(201, {"data": order})

    async def _later(self, attributes: dict[str, Any]) -> None:
        await asyncio.sleep(LATE)
        self.book(attributes)

    def _delete(self, id: str) -> httpx.Response:
        order = self.orders.get(id)
        if order is None:
            return _refusal(404, "Record not found")
        if order["attributes"]["status"] != "pending":
            return _refusal(422, "Order not pending")
        order["attributes"]["status"] = "canceled"
        return httpx.Response(204)

    def _found(self, request: httpx.Request) -> Iterable[dict[str, Any]]:
        asked = request.url.params
        seen = asyncio.get_running_loop().time() - self.unseen
        for order in self.orders.values():
            id = order["id"]
            wanted = asked.get("filter[external_reference_id]")
            if wanted is not None and wanted != order["attributes"]["external_reference_id"]:
                continue
            if "filter[id]" in asked and id not in asked["filter[id]"].split(","):
                continue
            if self._booked_at[id] <= seen:
                yield order

    def _dids(self, request: httpx.Request) -> Iterable[dict[str, Any]]:
        for id in request.url.params["filter[order.id]"].split(","):
            for number in range(self.numbers):
                yield {
                    "id": str(UUID(int=UUID(id).int ^ (number + 1))),
                    "type": "dids",
                    "attributes": {"number": f"1212555{number:04}"},
                    "relationships": {"order": {"data": {"type": "orders", "id": id}}},
                }


def _answer(status: int, document: dict[str, Any]) -> httpx.Response:
    content = json.dumps({**document, "meta": {"api_version": "2026-04-16", **document.get("meta", {})}}).encode()
    return httpx.Response(status, content=content, headers={"content-type": "application/vnd.api+json"})


def _list(found: Iterable[dict[str, Any]]) -> httpx.Response:
    data = list(found)
    return _answer(200, {"data": data, "meta": {"total_records": len(data)}})


def _refusal(status: int, detail: str, **more: Any) -> httpx.Response:
    return _answer(status, {"errors": [{"title": "", "detail": detail, "status": str(status), **more}]})
