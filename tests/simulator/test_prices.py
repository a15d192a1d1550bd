"""The simulator's prices services keep to the rules of API 2026-11-19."""

from __future__ import annotations

import csv
import gzip
from collections.abc import AsyncIterator, Mapping
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from didww_async.simulator.pricelists import BOOKS
from didww_async.simulator.prices import PricesService
from didww_async.simulator.tokens import TokenService

FILE = "/voice_in/v3/prices.csv.gz"
LOOKUP = "/voice_in/v3/lookup/prices"


class Server:
    """Token and prices services behind one address, with a clock that stands until it is told."""

    def __init__(self, **options: Any) -> None:
        self.now = 1000.0
        self.tokens = TokenService(keys={"key"}, clock=self.clock)
        self.prices = PricesService(clock=self.clock, tokens=self.tokens, **options)
        app = Starlette(routes=[*self.tokens.routes, *self.prices.routes])
        self.client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1")

    def clock(self) -> float:
        return self.now

    async def authorize(self, *audiences: str, scope: str = "read") -> None:
        asked = {"aud": list(audiences) or [book.audience for book in BOOKS], "scope": scope}
        answer = await self.client.post("/token", json=asked, headers={"Api-Key": "key"})
        self.client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

    async def lookup(self, path: str = LOOKUP, **filters: str) -> httpx.Response:
        params = {f"filter[{name}]": value for name, value in filters.items()}
        return await self.client.get(path, params=params)


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    server = Server()
    await server.authorize()
    yield server
    await server.client.aclose()


def attributes(answer: httpx.Response) -> list[Mapping[str, Any]]:
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/vnd.api+json"
    document = answer.json()
    assert document["meta"] == {"total_records": len(document["data"])}
    assert {resource["type"] for resource in document["data"]} == {"prices"}
    return [resource["attributes"] for resource in document["data"]]


def code(answer: httpx.Response) -> str:
    (entry,) = answer.json()["errors"]
    assert entry["status"] == str(answer.status_code)
    found: str = entry["code"]
    return found


async def test_the_longest_prefix_of_each_kind_of_source_answers(server: Server) -> None:
    rows = attributes(await server.lookup(number="37260123456"))

    assert [(row["source_type"], row["destination"], row["rate"]) for row in rows] == [
        ("fixed", "37260", "0.0025"),
        ("cellular", "3726", "0.015"),
    ]
    assert rows[0] == {
        "destination": "37260",
        "country": "Estonia",
        "src_country_name": None,
        "source_type": "fixed",
        "rate": "0.0025",
        "connection_fee": "0.0",
        "initial_interval": 60,
        "next_interval": 1,
        "reject_calls": False,
    }


async def test_a_price_for_the_source_country_goes_before_others_whatever_its_prefix(server: Server) -> None:
    german = attributes(await server.lookup(number="37260123456", src_country_iso="DE"))
    french = attributes(await server.lookup(number="37260123456", src_country_iso="FR"))

    assert [(row["source_type"], row["destination"]) for row in german] == [("fixed", "37260"), ("cellular", "37")]
    assert [row["destination"] for row in french] == ["37260", "3726"]


async def test_where_calls_are_rejected_there_is_no_rate(server: Server) -> None:
    (row,) = attributes(await server.lookup("/voice_out/v3/lookup/prices", number="19005550100"))

    assert (row["reject_calls"], row["rate"], row["connection_fee"]) == (True, None, None)


async def test_messages_are_looked_up_by_number_or_country(server: Server) -> None:
    for kind in ("a2p", "p2p", "otp"):
        path = f"/sms/v3/sms_out/{kind}/lookup/prices"
        by_number = attributes(await server.lookup(path, dst_number="37255512345"))
        by_country = attributes(await server.lookup(path, dst_country_iso="DE"))
        assert [row["mnc_name"] for row in by_number] == ["Telia", "Elisa"]
        assert [(row["country"], row["reject_sms"], row["price"]) for row in by_country] == [("Germany", True, None)]
        assert (await server.lookup(path)).status_code == 400
    (incoming,) = attributes(await server.lookup("/sms/v3/sms_in/lookup/prices", dst_number="37255512345"))
    assert incoming["price"] == "0.0"
    assert attributes(await server.lookup("/sms/v3/sms_in/lookup/prices", dst_country_iso="EE")) == [incoming]


@pytest.mark.parametrize(
    ("params", "wanted"),
    [
        ({}, "106"),
        ({"filter[number]": ""}, "107"),
        ({"filter[number]": "+37260123456"}, "107"),
        ({"filter[number]": "0123456789"}, "107"),
        ({"filter[number]": "1234567"}, "107"),
        ({"filter[number]": "3726012345", "filter[src_country_iso]": "de"}, "107"),
        ({"filter[number]": "3726012345", "filter[src_country_iso]": "XX"}, "107"),
        ({"filter[number]": "3726012345", "filter[id]": "1"}, "102"),
        ({"filter[number]": "3726012345", "page[size]": "1"}, "105"),
        ({"filter[number]": "3726012345", "sort": "rate"}, "105"),
    ],
)
async def test_anything_that_is_not_asked_rightly_is_refused(
    server: Server, params: dict[str, str], wanted: str
) -> None:
    answer = await server.client.get(LOOKUP, params=params)

    assert (answer.status_code, code(answer)) == (400, wanted)


async def test_a_number_without_a_price_and_an_account_without_a_plan_are_told_apart(server: Server) -> None:
    nowhere = await server.lookup(number="99912345678")
    server.prices.plans["voice_in"].assigned = False
    unassigned = await server.lookup(number="37260123456")
    file = await server.client.get(FILE)

    assert (nowhere.status_code, code(nowhere)) == (404, "price_not_found")
    assert (unassigned.status_code, code(unassigned)) == (404, "price_plan_not_assigned")
    assert (file.status_code, code(file)) == (404, "price_plan_not_assigned")


async def test_the_id_of_a_price_changes_with_the_price(server: Server) -> None:
    first = (await server.lookup(number="12125550100")).json()["data"][0]
    plan = server.prices.plans["voice_in"]
    again = (await server.lookup(number="12125550100")).json()["data"][0]
    plan.publish([dict(row) | {"rate": "0.5"} for row in plan.rows])
    changed = (await server.lookup(number="12125550100")).json()["data"][0]

    assert first == again
    assert changed["id"] != first["id"]


@pytest.mark.parametrize("accept", ["application/vnd.api+json", "*/*", "text/html, */*;q=0.1"])
async def test_an_answer_is_json_api_and_nothing_else(server: Server, accept: str) -> None:
    params = {"filter[number]": "37260123456"}

    assert (await server.client.get(LOOKUP, params=params, headers={"Accept": accept})).status_code == 200
    refused = await server.client.get(LOOKUP, params=params, headers={"Accept": "application/json"})
    assert refused.status_code == 406


async def test_a_price_file_is_gzip_csv_with_the_headers_documented(server: Server) -> None:
    answer = await server.client.get(FILE)

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/gzip"
    assert answer.headers["content-disposition"] == 'attachment; filename="voice_in_prices.csv.gz"'
    assert answer.headers["last-modified"] == "Sun, 01 Nov 2026 00:00:00 GMT"
    assert answer.headers["cache-control"] == "private"
    assert answer.headers["accept-ranges"] == "none"
    assert answer.headers["vary"] == "Authorization"
    assert "etag" not in answer.headers
    text = gzip.decompress(answer.content).decode()
    assert "\r" not in text
    header, first, *rest = csv.reader(text.splitlines())
    assert header == [
        "Country", "Src country name", "Source type", "Destination", "Rate",
        "Connection fee", "Initial interval", "Next interval", "Reject calls",
    ]  # fmt: skip
    assert first == ["Estonia", "", "fixed", "3726", "0.002", "0.0", "60", "1", "false"]
    assert len(rest) == 6


@pytest.mark.parametrize("book", [book.name for book in BOOKS])
async def test_every_book_has_a_file_whose_head_says_how_long_it_is(server: Server, book: str) -> None:
    path = "/sms/v3/" + book if book.startswith("sms") else f"/{book}/v3"

    whole = await server.client.get(f"{path}/prices.csv.gz")
    head = await server.client.head(f"{path}/prices.csv.gz")

    assert head.content == b""
    assert dict(head.headers) == dict(whole.headers)
    assert int(head.headers["content-length"]) == len(whole.content)
    name = book.replace("/", "_")
    assert f'"{name}_prices.csv.gz"' in whole.headers["content-disposition"]


async def test_a_file_that_has_not_changed_since_is_not_sent_again(server: Server) -> None:
    modified = (await server.client.get(FILE)).headers["last-modified"]

    for method in ("GET", "HEAD"):
        same = await server.client.request(method, FILE, headers={"If-Modified-Since": modified})
        assert (same.status_code, same.content) == (304, b"")
        assert same.headers["last-modified"] == modified
    earlier = {"If-Modified-Since": "Sat, 31 Oct 2026 23:59:59 GMT", "If-None-Match": "*"}
    assert (await server.client.get(FILE, headers=earlier)).status_code == 200
    assert (await server.client.get(FILE, headers={"If-Modified-Since": "yesterday"})).status_code == 200

    plan = server.prices.plans["voice_in"]
    plan.publish(plan.rows)
    newer = await server.client.get(FILE, headers={"If-Modified-Since": modified})
    assert newer.status_code == 200
    assert newer.headers["last-modified"] == "Sun, 01 Nov 2026 01:00:00 GMT"


async def test_a_file_that_is_not_generated_yet_says_when_to_come_back(server: Server) -> None:
    server.prices.plans["voice_in"].generated = False

    answer = await server.client.get(FILE)
    head = await server.client.head(FILE)

    assert (answer.status_code, code(answer), answer.headers["retry-after"]) == (503, "serving_failure", "30")
    assert (head.status_code, head.content, head.headers["retry-after"]) == (503, b"", "30")
    assert (await server.lookup(number="37260123456")).status_code == 200


async def test_lookups_and_files_spend_one_budget_of_the_account() -> None:
    server = Server(limit=3, window=10)
    await server.authorize()
    await server.lookup(number="37260123456")
    server.now += 4.5
    await server.client.head(FILE)
    await server.client.get(FILE)

    refused = await server.lookup(number="37260123456")
    head = await server.client.head(FILE)

    assert (refused.status_code, code(refused), refused.headers["retry-after"]) == (429, "too_many_requests", "6")
    assert (head.status_code, head.content) == (429, b"")
    assert server.prices.refused == 2
    server.now += 6
    assert (await server.lookup(number="37260123456")).status_code == 200


async def test_each_service_wants_a_token_of_its_own_audience() -> None:
    server = Server()
    assert (await server.client.get(FILE)).content == b""
    assert (await server.client.get(FILE)).status_code == 401
    await server.authorize("api-vin.didww.com")

    assert (await server.client.get(FILE)).status_code == 200
    for path in ("/voice_out/v3/prices.csv.gz", "/sms/v3/sms_in/prices.csv.gz"):
        refused = await server.client.get(path)
        assert (refused.status_code, code(refused)) == (401, "401")
        assert refused.headers["www-authenticate"] == 'Bearer error="invalid_token"'


async def test_the_routes_stand_where_they_are_asked_to_and_need_no_token_service() -> None:
    service = PricesService(clock=lambda: 0.0, prefix="/v3/{service}")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(Starlette(routes=service.routes))) as client:
        answer = await client.get("http://127.0.0.1/v3/voice_in/lookup/prices?filter[number]=37260123456")

    assert len(attributes(answer)) == 2
    assert service.requests == 1
