"""The vendor's own 279 exchanges, replayed through the public methods of a session.

Each example's request is made by the method that a user would call. What the client sends must be what the vendor
wrote, and every attribute, relationship and error of the vendor's answer must be on what the client returns.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal, cast, get_args, get_origin
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from didww_async import Session
from didww_async.errors import (
    ApiError,
    AuthenticationError,
    BadRequest,
    ConfigurationError,
    InsufficientBalance,
    NotFound,
    ValidationError,
)
from didww_async.records import class_of
from didww_async.records.base import Component, Record, fields
from didww_async.values import hints, record_types

from .declared import attribute_names, component_classes, parts_of
from .examples import EXAMPLES, PUBLIC_KEYS, REFUSED, UNKNOWN, Example, name_of, path_of, query_of, segments_of
from .unlimited import Unlimited

EXPORT_ID = "a4f6b765-f20c-45c7-98d2-80c2f3a41517"


# Functions, so that a type checker does not turn Any into a list of something unknown.
def is_list(value: Any) -> bool:
    return isinstance(value, list)


def is_object(value: Any) -> bool:
    return isinstance(value, dict)


def is_tuple(value: Any) -> bool:
    return isinstance(value, tuple)


class Replay:
    """A network that gives the example's answer to whatever is asked, and keeps what was asked."""

    def __init__(self, example: Example) -> None:
        self.example = example
        self.asked: list[httpx.Request] = []

    def answer(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/public_keys") and self.example["method"] == "POST":
            return httpx.Response(200, json=PUBLIC_KEYS)
        self.asked.append(request)
        if self.example["response"] is None:
            return httpx.Response(self.example["status"])
        return httpx.Response(self.example["status"], json=self.example["response"])

    async def run(self) -> Any:
        """Call the method that makes the example's request."""
        example, transport = self.example, httpx.MockTransport(self.answer)
        body: Mapping[str, Any] = example["request"]["data"] if example["request"] else {}
        name, *ids = segments_of(example)
        async with Session("key", transport=transport, limiter=Unlimited(), api_version="2026-04-16") as didww:
            resource = getattr(didww, attribute_names().get(name, name))
            declaration = resource.declaration
            query = asked_for(declaration, query_of(example))
            match example["method"], ids:
                case "GET", []:
                    return await resource.get() if name == "balance" else await first_page(resource, query)
                case "GET", [id]:
                    return await resource.get(id, **query)
                case "DELETE", [id]:
                    return await resource.delete(id)
                case "POST", []:
                    if name == "encrypted_files":
                        return await resource.upload(b"%PDF-1.7 sample", description="my file")
                    return await resource.create(**given(declaration.create, body))
                case "PATCH", [id]:
                    return await resource.update(id, **given(declaration.update, body))
                case unknown:
                    raise AssertionError(f"no method for {unknown}")


async def first_page(resource: Any, query: Mapping[str, Any]) -> list[Record]:
    async for page in resource.list(**query, prefetch=0).pages():
        return cast("list[Record]", page.records)
    return []


def asked_for(declaration: Any, query: str) -> dict[str, Any]:
    """The vendor's query string as the arguments that a user would give."""
    asked: dict[str, Any] = {}
    for name, text in parse_qsl(query):
        if name.startswith("filter["):
            name = name[7:-1]
            asked.setdefault("filter", {})[name] = pythonic(hints(declaration.filter)[name], text)
        else:
            asked.setdefault(name, []).extend(text.split(","))
    return asked


def given(shape: Any, body: Mapping[str, Any]) -> dict[str, Any]:
    """The vendor's body as the keyword arguments that a user would give."""
    declared = hints(shape)
    attributes = {
        name: pythonic(declared[name], value)
        for name, value in body.get("attributes", {}).items()
        if name != "pending_removal"  # billing_cycles_count took its place in 2021-04-19
    }
    related = {name: identified(declared[name], one["data"]) for name, one in body.get("relationships", {}).items()}
    return attributes | related


def identified(declared: Any, data: Any) -> Any:
    if is_list(data):
        return [identified(declared, one) for one in data]
    if data is None:
        return None
    # Where a relationship may be of several types, only a record says which.
    return class_of(data["type"])(id=data["id"]) if len(record_types(declared)) > 1 else data["id"]


def pythonic(declared: Any, wire: Any) -> Any:
    """A JSON value as what Python has for it. Vendors write "true" for true and "1" for 1 here and there."""
    parts = parts_of(declared)
    if wire is None:
        return None
    for part in parts:
        if isinstance(part, type) and issubclass(part, Component) and is_object(wire):
            cls = component_classes()[wire["type"]]
            given = {name: value for name, value in wire["attributes"].items() if fields(cls)[name].writable}
            return cls(**{name: pythonic(hints(cls)[name], value) for name, value in given.items()})
        if is_list(wire) and get_origin(part) is not None:
            return tuple(pythonic(get_args(part)[0], one) for one in wire)
    if bool in parts:
        return wire in (True, "true")
    if datetime in parts and "T" in str(wire):
        return datetime.fromisoformat(wire)
    if date in parts:
        return date.fromisoformat(wire)
    for kind in (int, Decimal):
        if kind in parts and str not in parts:
            return kind(wire)
    return wire


def loose(wire: Any) -> Any:
    """A JSON value with its scalars as text, so that "1" and 1, "true" and true are the same."""
    if is_object(wire):
        return {name: loose(value) for name, value in wire.items() if name != "pending_removal"}
    if is_list(wire):
        return [loose(value) for value in wire]
    return str(wire).lower() if isinstance(wire, bool) else str(wire) if isinstance(wire, int | float) else wire


def wanted_body(example: Example) -> Any:
    """The vendor's body as the client writes it: the id is that of the path, and empty members are left out."""
    data = {name: value for name, value in example["request"]["data"].items() if value != {}}
    if example["method"] == "PATCH":
        data["id"] = path_of(example).split("/")[-1]
    related = data.get("relationships", {})
    for one, other in (("voice_in_trunk", "voice_in_trunk_group"), ("capacity_pool", "shared_capacity_group")):
        # Setting one of the two clears the other, which the vendor's own SDKs send and these examples do not.
        for name, cleared in ((one, other), (other, one)):
            if data["type"] == "dids" and related.get(name, {}).get("data"):
                data["relationships"] = {**related, cleared: {"data": None}}
    return loose({"data": data})


def check_sent(example: Example, request: httpx.Request) -> None:
    assert request.method == example["method"]
    assert request.url.path == "/".join(["/v3", *segments_of(example)])
    if example["method"] == "GET":
        asked: dict[str, list[str]] = {}
        for name, text in parse_qsl(query_of(example)):
            asked.setdefault(name, []).extend(text.replace("00:00:00Z", "00:00:00.000Z").split(","))
        sent = {name: text.split(",") for name, text in request.url.params.multi_items()}
        assert {name: values for name, values in sent.items() if not name.startswith("page[")} == asked
    elif example["request"]:
        assert loose(json.loads(request.content)) == wanted_body(example)


def check_record(record: Record, answered: Mapping[str, Any], what: str) -> None:
    """Every member of the answered resource is on the record, with the type that is declared."""
    assert (record.type, record.id) == (answered["type"], answered["id"])
    check_members(record, answered.get("attributes", {}), what)
    # `from` is a word of Python's own.
    meta = {"from_" if name == "from" else name: value for name, value in answered.get("meta", {}).items()}
    check_members(record.meta, meta, what)
    for name, relationship in answered.get("relationships", {}).items():
        if "data" in relationship:
            data, value = relationship["data"], getattr(record, name)
            for identifier, other in zip(data, value, strict=True) if is_list(data) else [(data, value)]:
                assert (other and (other.type, other.id)) == (identifier and (identifier["type"], identifier["id"]))


def check_members(holder: Any, answered: Mapping[str, Any], what: str) -> None:
    for name, wire in answered.items():
        where = f"{holder.type or type(holder).__name__}.{name}"
        if name in holder.extra:
            assert holder.extra[name] == wire
            assert where in UNKNOWN, f"{what}: {where} is not known"
            continue
        value = getattr(holder, name)
        assert fits(hints(type(holder))[name], value), f"{what}: {where} is {value!r}"
        assert same(value, wire), f"{what}: {where} is {value!r}, and {wire!r} was answered"


def fits(declared: Any, value: Any) -> bool:
    """Whether a value has a type that is declared for it."""
    for part in parts_of(declared):
        kind = get_origin(part) or part
        if kind is tuple and is_tuple(value):
            return all(fits(get_args(part)[0], one) for one in value)
        if kind is Literal and value in get_args(part):
            return True
        if isinstance(kind, type) and isinstance(value, kind) and (kind is bool) is isinstance(value, bool):
            return True
    return False


def same(value: Any, wire: Any) -> bool:
    """Whether a value is what the JSON says."""
    if isinstance(value, datetime):
        moment = datetime.fromisoformat(wire)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return (value, value.utcoffset()) == (moment, timedelta(0))
    if isinstance(value, date):
        return bool(value.isoformat() == wire)
    if isinstance(value, Decimal):
        return value == Decimal(str(wire))
    if isinstance(value, Component):
        check_members(value, wire["attributes"] if value.type else wire, type(value).__name__)
        return True
    if is_tuple(value):
        return len(value) == len(wire) and all(map(same, value, wire))
    return bool(value == wire) and type(value) is type(wire)


def reached(records: Sequence[Record]) -> dict[tuple[str, str], Record]:
    """Every record that can be reached, by type and id."""
    found: dict[tuple[str, str], Record] = {}
    waiting: list[Any] = list(records)
    while waiting:
        one = waiting.pop()
        if is_tuple(one):
            waiting += one
        elif isinstance(one, Record) and (one.type, one.id) not in found:
            found[one.type, one.id] = one
            waiting += one.loaded().values()
    return found


def check_answer(example: Example, result: Any) -> None:
    answer = example["response"]
    if answer is None:
        assert result is None
        return
    data = answer["data"] if is_list(answer["data"]) else [answer["data"]]
    records: list[Record] = result if is_list(result) else [result]
    assert len(records) == len({(one["type"], one["id"]) for one in data})
    known = {(one["type"], one["id"]): one for one in data}
    for record in records:
        check_record(record, known[record.type, record.id], name_of(example))
    found = reached(records)
    for one in answer.get("included", ()):
        if (one["type"], one["id"]) in referred([*data, *answer["included"]]):
            check_record(found[one["type"], one["id"]], one, f"{name_of(example)}, included")


def referred(resources: Sequence[Mapping[str, Any]]) -> set[tuple[str, str]]:
    """What the resources refer to: some examples include records that nothing in them refers to."""
    found: set[tuple[str, str]] = set()
    for resource in resources:
        for relationship in resource.get("relationships", {}).values():
            data = relationship.get("data") or ()
            found |= {(one["type"], one["id"]) for one in (data if is_list(data) else [data] if data else ())}
    return found


ERRORS: Mapping[int, type[ApiError]] = {400: BadRequest, 401: AuthenticationError, 404: NotFound, 422: ValidationError}


def check_error(example: Example, error: ApiError) -> None:
    assert type(error) is (InsufficientBalance if "Insufficient" in example["example"] else ERRORS[example["status"]])
    assert error.status == example["status"]
    for entry, answered in zip(error.errors, example["response"]["errors"], strict=True):
        for name in ("title", "detail", "code", "status"):
            assert getattr(entry, name) == answered.get(name, "")
        assert entry.pointer == answered.get("source", {}).get("pointer", "")
        assert dict(entry.meta) == answered.get("meta", {})
    if isinstance(error, InsufficientBalance):
        amounts = example["response"]["errors"][0]["meta"]
        assert error.available_balance == Decimal(amounts["available_balance"])
        assert error.total_cost == Decimal(amounts["total_cost"])


@pytest.mark.skipif(not EXAMPLES, reason="the vendor's examples are not beside the project")
def test_there_are_279_examples() -> None:
    assert len(EXAMPLES) == 279


@pytest.mark.parametrize("example", [e for e in EXAMPLES if not e["url"].endswith(".csv.gz")], ids=name_of)
async def test_replay(example: Example) -> None:
    replay = Replay(example)
    answer: Mapping[str, Any] = example["response"] or {}
    details: list[str] = [entry["detail"] for entry in answer.get("errors", ())]
    refused = next((REFUSED[detail] for detail in details if detail in REFUSED), None)
    if refused is not None:
        with pytest.raises(ConfigurationError, match=refused):
            await replay.run()
        assert not replay.asked
        return
    if example["status"] < 400:
        check_answer(example, await replay.run())
    else:
        with pytest.raises(ApiError) as caught:
            await replay.run()
        check_error(example, caught.value)
    check_sent(example, replay.asked[-1])


@pytest.mark.parametrize("example", [e for e in EXAMPLES if e["url"].endswith(".csv.gz")], ids=name_of)
async def test_replay_of_a_file(example: Example) -> None:
    """Every line of the vendor's sample files is a row, and every one of their columns is known."""
    text: str = example["response"]
    lines = list(csv.DictReader(io.StringIO(text)))
    kind = "cdr_in" if "Destination DID" in text else "cdr_out"
    host = "https://sandbox-api.didww.com"
    url = f"{host}{urlsplit(str(example['url'])).path}"
    attributes = {"export_type": kind, "status": "completed", "url": url}
    export = {"data": {"type": "exports", "id": EXPORT_ID, "attributes": attributes}}

    def answer(request: httpx.Request) -> httpx.Response:
        if str(request.url) == url:
            return httpx.Response(200, content=gzip.compress(text.encode()))
        return httpx.Response(200, json=export)

    transport = httpx.MockTransport(answer)
    async with Session("key", transport=transport, limiter=Unlimited(), api_version="2026-04-16") as didww:
        rows: list[Any] = [row async for row in didww.exports.rows(EXPORT_ID)]
    assert [row.call_id for row in rows] == [line["Call ID"] for line in lines]
    assert [f"{row.started_at:%Y-%m-%d %H:%M:%S}" for row in rows] == [line["Date/Time Start (UTC)"] for line in lines]
    assert not any(row.extra for row in rows)
