"""A simulator without a limit on a clock of its own, and a plain httpx client for it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from didww_async.simulator import Faults, Seed, Simulator

KEY = "simulator-key"
MEDIA_TYPE = "application/vnd.api+json"
SMALL = Seed(cities=40, dids=120, history=30, available_per_group=4)


class Clock:
    """Time that passes only when it is told to, for everything the simulator measures."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds

    def now(self) -> datetime:
        return datetime(2026, 11, 24, 12, tzinfo=UTC) + timedelta(seconds=self.seconds - 1000)

    async def sleep(self, seconds: float) -> None:
        self.seconds += seconds


class Client:
    """Requests to a simulator, with the headers that the API wants."""

    def __init__(self, sim: Simulator, http: httpx.AsyncClient) -> None:
        self.sim = sim
        self.http = http

    async def get(self, path: str, **params: str) -> httpx.Response:
        return await self.http.get(path, params=params or None)

    async def data(self, path: str, **params: str) -> Any:
        response = await self.get(path, **params)
        assert response.status_code == 200, response.text
        return response.json()["data"]

    async def create(self, type: str, attributes: Any = None, relationships: Any = None) -> httpx.Response:
        return await self.send("POST", type, _resource(type, None, attributes, relationships))

    async def made(self, type: str, attributes: Any = None, relationships: Any = None) -> Any:
        response = await self.create(type, attributes, relationships)
        assert response.status_code == 201, response.text
        return response.json()["data"]

    async def update(self, type: str, id: str, attributes: Any = None, relationships: Any = None) -> httpx.Response:
        return await self.send("PATCH", f"{type}/{id}", _resource(type, id, attributes, relationships))

    async def delete(self, path: str) -> httpx.Response:
        return await self.http.delete(path)

    async def send(self, method: str, path: str, data: Any) -> httpx.Response:
        headers = {"content-type": MEDIA_TYPE}
        return await self.http.request(method, path, json={"data": data}, headers=headers)

    async def first(self, type: str) -> Any:
        return (await self.data(type))[0]


def _resource(type: str, id: str | None, attributes: Any, relationships: Any) -> dict[str, Any]:
    found: dict[str, Any] = {"type": type}
    if id is not None:
        found["id"] = id
    if attributes is not None:
        found["attributes"] = attributes
    if relationships is not None:
        found["relationships"] = relationships
    return found


def to(*records: Any) -> dict[str, Any]:
    """A to-one relationship with a record."""
    (record,) = records
    return {"data": {"type": record["type"], "id": record["id"]}}


def to_many(*records: Any) -> dict[str, Any]:
    """A to-many relationship with records."""
    return {"data": [{"type": record["type"], "id": record["id"]} for record in records]}


def errors(response: httpx.Response, status: int) -> list[tuple[str, str, str | None]]:
    """The code, detail and pointer of each error, after a look at the rest of them."""
    assert response.status_code == status, response.text
    found = response.json()["errors"]
    assert all(error["status"] == str(status) and error["title"] for error in found)
    return [(error["code"], error["detail"], error.get("source", {}).get("pointer")) for error in found]


Start = Callable[..., Client]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def start(clock: Clock) -> AsyncGenerator[Start]:
    """Starts simulators, with what the test wants to be different."""
    async with AsyncExitStack() as stack:

        def started(**settings: Any) -> Client:
            usual: dict[str, Any] = {
                "rate": 0,
                "clock": clock,
                "now": clock.now,
                "sleep": clock.sleep,
                "size": SMALL,
                "faults": Faults(),
            }
            sim = Simulator(**usual | settings)
            http = httpx.AsyncClient(
                transport=sim.transport(), base_url="https://sandbox-api.didww.com/v3/", headers={"api-key": KEY}
            )
            stack.push_async_callback(sim.aclose)
            stack.push_async_callback(http.aclose)
            return Client(sim, http)

        yield started


@pytest.fixture
def api(start: Start) -> Client:
    """A client for a simulator with its usual account and without a limit."""
    return start()
