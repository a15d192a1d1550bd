"""Whatever is asked, the answer is an answer: never a 500, always a document."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from didww_async.simulator.description import VERSIONS, Body, Member, Resource, describe

from .conftest import MEDIA_TYPE
from .test_conformity import asking, simulator

Strategy = st.SearchStrategy[Any]

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
TEXT = st.sampled_from(["", "1", "true", "-5", "a,b", "x" * 150, "2026-11-01 00:00:00", "2026-11-24T00:00:00Z"])
WORDS = TEXT | st.text(max_size=12)
VERSION = st.sampled_from(VERSIONS)


def _mostly(strategy: Strategy, otherwise: Strategy) -> Strategy:
    """What is right in nine cases of ten."""
    return st.integers(0, 9).flatmap(lambda dice: otherwise if dice == 0 else strategy)


def _value(member: Member) -> Strategy:
    if member.enum is not None:
        right: Strategy = st.sampled_from(member.enum)
    elif member.objects:
        right = st.sampled_from(sorted(member.objects)).flatmap(lambda kind: _object(member, kind))
    else:
        right = {
            "string": WORDS | st.sampled_from(["https://example.com", "02b5d6e1-7d63-4a5a-9d4c-63b0c0836abd"]),
            "integer": st.integers(-1, 70) | st.integers(),
            "boolean": st.booleans(),
            "array": st.lists(_value(member.items), max_size=3) if member.items else st.lists(JSON, max_size=2),
            "object": st.dictionaries(st.sampled_from(["from", "to", "did_number", "x"]), WORDS),
            "any": JSON,
        }[member.kind]
    return _mostly(right, JSON)


def _object(member: Member, kind: str) -> Strategy:
    members = {name: _value(one) for name, one in member.objects[kind].items()}
    attributes = st.fixed_dictionaries({}, optional=members)
    return attributes if kind == "" else st.fixed_dictionaries({"type": st.just(kind), "attributes": attributes})


@cache
def _ids(version: str) -> dict[str, list[str]]:
    """Ids by type as they were at first: what is drawn must not depend on what was sent before."""
    store = simulator(version).store
    return {type: list(store.table(type))[:5] for type in describe(version).resources}


def _identifier(version: str, types: tuple[str, ...]) -> Strategy:
    known = [{"type": type, "id": id} for type in types for id in _ids(version)[type]]
    return _mostly(st.sampled_from(known), JSON) if known else JSON


def _document(version: str, resource: Resource, body: Body, id: str | None) -> Strategy:
    relationships = {
        name: _mostly(
            st.fixed_dictionaries(
                {
                    "data": st.lists(_identifier(version, relation.types), max_size=3)
                    if relation.many
                    else st.none() | _identifier(version, relation.types)
                }
            ),
            JSON,
        )
        for name, relation in body.relations.items()
    }
    required = {name: _value(one) for name, one in body.attributes.items() if one.required}
    optional = {name: _value(one) for name, one in body.attributes.items() if not one.required}
    members: dict[str, Strategy] = {
        "type": st.just(resource.type),
        "attributes": st.fixed_dictionaries(required, optional=optional),
        "relationships": st.fixed_dictionaries({}, optional=relationships),
    }
    if id is not None:
        members["id"] = st.just(id)
    return st.fixed_dictionaries({"data": _mostly(st.fixed_dictionaries(members), JSON)})


@st.composite
def writes(draw: st.DrawFn) -> tuple[str, str, str, bytes]:
    """A version, a method, a path and a body."""
    version = draw(VERSION)
    description = describe(version)
    writable = [one for one in description.paths.values() if (one.create or one.update) and not one.upload]
    resource = draw(st.sampled_from(writable))
    ids = _ids(version)[resource.type]
    if resource.update is not None and ids and (resource.create is None or draw(st.booleans())):
        id = draw(st.sampled_from(ids))
        document = draw(_document(version, resource, resource.update, id))
        return version, "PATCH", f"{resource.path}/{id}", _bytes(document)
    body = resource.create or resource.update
    assert body is not None
    return version, "POST", f"{resource.path}", _bytes(draw(_document(version, resource, body, None)))


@st.composite
def reads(draw: st.DrawFn) -> tuple[str, str, dict[str, str]]:
    """A version, a path and a query."""
    version = draw(VERSION)
    resource = draw(st.sampled_from(sorted(describe(version).paths.values(), key=lambda one: one.type)))
    path = f"{resource.path}"
    if draw(st.booleans()):
        ids = _ids(version)[resource.type]
        path += "/" + draw(st.sampled_from([*ids, "x", "relationships"]))
        path += draw(st.sampled_from(["", *(f"/{name}" for name in resource.relations), "/relationships/dids"]))
    listing = resource.listing
    filters = sorted(listing.filters) if listing else []
    sorts = sorted(listing.sorts) if listing else []
    names = [
        *(f"filter[{name}]" for name in filters),
        *("page[number]", "page[size]", "sort", "include", f"fields[{resource.type}]"),
    ]
    relations = sorted(resource.relations)
    known = st.sampled_from(
        [*sorts, *relations, *(f"{name}.country" for name in relations), *resource.attributes, "id"]
    )
    query = st.dictionaries(_mostly(st.sampled_from(names), WORDS), WORDS | known, max_size=4)
    return version, path, draw(query)


@settings(max_examples=100, deadline=None)
@given(reads())
async def test_any_query_is_answered(asked: tuple[str, str, dict[str, str]]) -> None:
    version, path, query = asked
    async with asking(version) as api:
        response = await api.get(path, **query)
    assert response.status_code in (200, 400, 404, 405), response.text
    assert ("errors" in response.json()) == (response.status_code != 200)


@settings(max_examples=150, deadline=None)
@given(writes())
async def test_any_document_is_answered(asked: tuple[str, str, str, bytes]) -> None:
    version, method, path, body = asked
    async with asking(version) as api:
        response = await api.http.request(method, path, content=body, headers={"content-type": MEDIA_TYPE})
    assert response.status_code in (200, 201, 400, 422), response.text
    found = response.json()
    if response.is_success:
        assert found["data"]["type"] == path.partition("/")[0]
    else:
        assert all(error.keys() >= {"title", "detail", "code", "status"} for error in found["errors"])


@settings(max_examples=30, deadline=None)
@given(st.binary(max_size=60), st.sampled_from(["orders", "dids/x", "encrypted_files", "exports"]))
async def test_any_bytes_are_answered(body: bytes, path: str) -> None:
    async with asking(VERSIONS[0]) as api:
        response = await api.http.post(path, content=body, headers={"content-type": MEDIA_TYPE})
    assert response.status_code in (400, 404, 405), response.text


def _bytes(document: Any) -> bytes:
    return json.dumps(document).encode()
