"""What the simulator answers is what the description promises, in both versions."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import cache
from typing import Any

import httpx
import pytest

from didww_async.simulator import Seed, Simulator
from didww_async.simulator.account import stamp
from didww_async.simulator.description import VERSIONS, Description, Filter, Member, Resource, describe

from .conftest import KEY, Client
from .test_versions import bearer

LISTED = [
    (version, name)
    for version in VERSIONS
    for name, resource in describe(version).resources.items()
    if resource.listing is not None
]


TOKENS: dict[Simulator, str] = {}
"""One token for each: minting has a limit."""


@cache
def simulator(version: str) -> Simulator:
    """One simulator a version: these tests only read."""
    return Simulator(api_version=version, rate=0, size=Seed(cities=40))


@asynccontextmanager
async def asking(version: str) -> AsyncGenerator[Client]:
    """A client that may ask everything in a version."""
    sim = simulator(version)
    base_url = "https://sandbox-api.didww.com/v3/"
    async with httpx.AsyncClient(transport=sim.transport(), base_url=base_url, headers={"api-key": KEY}) as http:
        api = Client(sim, http)
        if version == VERSIONS[1]:
            http.headers["authorization"] = TOKENS.get(sim) or await bearer(api)
            TOKENS[sim] = http.headers["authorization"]
        yield api


@pytest.mark.parametrize(("version", "name"), LISTED)
async def test_every_record_has_exactly_the_members_of_its_description(version: str, name: str) -> None:
    description = describe(version)
    resource = description.resources[name]
    includes = ",".join(sorted(resource.includes))
    async with asking(version) as api:
        document = (await api.get(f"{resource.path}", **({"include": includes} if includes else {}))).json()
    for record in [*document["data"], *document.get("included", [])]:
        _check(record, description, included=record not in document["data"])


@pytest.mark.parametrize(("version", "name"), LISTED)
async def test_every_filter_sort_and_include_of_the_description_is_served(version: str, name: str) -> None:
    resource = describe(version).resources[name]
    listing = resource.listing
    assert listing is not None
    queries = [{f"filter[{filter.name}]": _sample(filter)} for filter in listing.filters.values()]
    queries += [{"sort": f"{way}{sort}"} for sort in sorted(listing.sorts) for way in ("", "-")]
    queries += [{"include": include} for include in sorted(resource.includes)]
    async with asking(version) as api:
        for query in queries:
            response = await api.get(f"{resource.path}", **query)
            alone = name == "available_dids" and "filter[number_contains]" in query
            assert response.status_code == (400 if alone else 200), response.text


def _sample(filter: Filter) -> str:
    if filter.name.startswith("created_at"):
        return stamp(simulator(VERSIONS[0]).account.now())
    if filter.boolean or filter.name in ("threshold_reached", "permanent"):
        return "true"
    return min(filter.accepted) if filter.accepted else "1"


def _check(record: dict[str, Any], description: Description, *, included: bool) -> None:
    resource: Resource = description.resources[record["type"]]
    assert record.get("attributes", {}).keys() == resource.attributes.keys()
    assert record.get("relationships", {}).keys() == resource.relations.keys()
    for name, value in record.get("attributes", {}).items():
        _check_value(f"{record['type']}.{name}", resource.attributes[name], value)
    for name, found in record.get("relationships", {}).items():
        relation, linked = resource.relations[name], found.get("data")
        many = linked if relation.many else [linked]
        assert all(one is None or one["type"] in relation.types for one in many or ()), name
    if not included:
        assert set(record.get("meta", {})) <= set(resource.meta)


def _check_value(name: str, member: Member, value: Any) -> None:
    if value is None:
        assert member.nullable or member.kind == "any", name
        return
    assert _is(value, member.kind), name
    assert member.enum is None or value in member.enum, name
    if member.format == "date-time":
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", value), name
    if member.items is not None:
        for one in value:
            _check_value(name, member.items, one)
    if member.objects and "" not in member.objects:
        assert value.keys() == {"type", "attributes"}, name
        known = member.objects[value["type"]]
        assert value["attributes"].keys() == known.keys(), name
        for inner, nested in value["attributes"].items():
            _check_value(f"{name}.{inner}", known[inner], nested)


def _is(value: Any, kind: str) -> bool:
    kinds = {"string": str, "integer": int, "boolean": bool, "array": list, "object": dict}
    return isinstance(value, kinds.get(kind, object)) and isinstance(value, bool) <= (kind in ("boolean", "any"))
