"""What every resource does: it refuses mistakes before anything is sent, and believes only what fits the request."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime
from typing import Any

import httpx
import pytest

from didww_async import Session
from didww_async.errors import ConfigurationError, ProtocolError
from didww_async.records.geography import Country
from didww_async.records.inventory import Did

from ..stubs import stub
from ..unlimited import Unlimited

A = "aaaaaaaa-0000-4000-8000-000000000000"
Ask = Callable[[Any], object]


class Network:
    """Answers everything with the same body, and counts."""

    def __init__(self) -> None:
        self.requests: list[httpx.Request] = []
        self.body = b'{"data": []}'

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return httpx.Response(200, content=self.body)


@pytest.fixture
def network() -> Network:
    return Network()


@pytest.fixture
async def didww(network: Network) -> AsyncIterator[Session]:
    transport = httpx.MockTransport(network.answer)
    async with Session("key", transport=transport, limiter=Unlimited(), api_version="2026-04-16") as didww:
        yield didww


MISTAKES: list[tuple[Ask, str]] = [
    (lambda didww: didww.dids.list(filter={"nmber": "1"}), "dids: filter has no 'nmber', did you mean 'number'"),
    (lambda didww: didww.dids.list(sort=["numbr"]), "dids: sort has no 'numbr', did you mean 'number'"),
    (lambda didww: didww.dids.list(include=["trunk"]), "dids: include has no 'trunk'"),
    (lambda didww: didww.dids.list(fields={"dids": ["numbr"]}), "has no 'numbr', did you mean 'number'"),
    (lambda didww: didww.dids.list(page_size=0), "dids: page_size must be 1 or more; got 0"),
    (lambda didww: didww.did_history.list(filter={"created_at_gteq": datetime(2026, 10, 1)}), "aware"),  # noqa: DTZ001
    (lambda didww: didww.dids.get("12125550100"), "dids: the id must be a record or its id, a UUID"),
    (lambda didww: didww.dids.get(f"{A}/relationships"), "dids: the id must be a record or its id, a UUID"),
    (lambda didww: didww.dids.get(stub(Country, A)), f"dids: the record must be of dids; got countries {A}"),
    (lambda didww: didww.dids.get(A, include=["trunk"]), "dids: include has no 'trunk'"),
    (lambda didww: didww.dids.update(A, nmber="1"), "dids.update has no 'nmber'; there are: address_verification, "),
    (lambda didww: didww.dids.update(A, descripton="1"), "has no 'descripton', did you mean 'description'"),
    (lambda didww: didww.dids.update(stub(Did, "1"), terminated=True), "dids: the id must be a record or its id"),
    (lambda didww: didww.voice_in_trunks.create(name="x"), "voice_in_trunks.create needs 'configuration'"),
    (lambda didww: didww.orders.delete(""), "orders: the id must be a record or its id"),
    (
        lambda didww: didww.voice_in_trunk_groups.add_trunks(A, [stub(Country, A)]),
        "must be of voice_in_trunks; got countries",
    ),
]


async def outcome(ask: Ask, didww: Session) -> None:
    """Some methods give a listing at once, others are awaited."""
    result = ask(didww)
    if isinstance(result, Awaitable):
        await result


@pytest.mark.parametrize(("ask", "said"), MISTAKES, ids=lambda value: value if isinstance(value, str) else "")
async def test_a_mistake_is_refused_before_anything_is_sent(
    didww: Session, network: Network, ask: Ask, said: str
) -> None:
    with pytest.raises(ConfigurationError, match=said):
        await outcome(ask, didww)
    assert network.requests == []


@pytest.mark.parametrize(
    "body",
    [
        b"<html>502</html>",
        b'{"data": {"type": "dids", "id": "1", "attributes": {"num',
        b'{"data": null}',
        b'{"data": {"type": "dids"}}',
        b'{"data": {"type": "countries", "id": "1"}}',
        b'{"data": {"type": "fax_trunks", "id": "1"}}',
        b"",
    ],
)
async def test_an_answer_that_does_not_fit_the_request_is_a_protocol_error(
    didww: Session, network: Network, body: bytes
) -> None:
    network.body = body
    with pytest.raises(ProtocolError, match=f"GET /dids/{A}"):
        await didww.dids.get(A)


async def test_a_record_stands_for_its_id(didww: Session, network: Network) -> None:
    network.body = json.dumps({"data": {"type": "dids", "id": A}}).encode()
    assert await didww.dids.get(stub(Did, A)) == await didww.dids.get(A)
    assert [request.url.path for request in network.requests] == [f"/v3/dids/{A}"] * 2


async def test_more_members_are_added_without_reading_those_that_are_there(didww: Session, network: Network) -> None:
    await didww.shared_capacity_groups.add_dids(A, [stub(Did, A)])
    [request] = network.requests
    assert (request.method, request.url.path) == ("POST", f"/v3/shared_capacity_groups/{A}/relationships/dids")
    assert json.loads(request.content) == {"data": [{"type": "dids", "id": A}]}


async def test_nobody_to_add_is_nothing_to_send(didww: Session, network: Network) -> None:
    await didww.shared_capacity_groups.add_dids(A, [])
    assert network.requests == []


async def test_a_number_is_looked_up_in_one_request(didww: Session, network: Network) -> None:
    assert await didww.dids.by_number("+1 (212) 555-0100") is None
    [request] = network.requests
    assert request.url.params["filter[number]"] == "12125550100"
