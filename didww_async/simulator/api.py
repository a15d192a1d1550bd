"""One request to the API answered: from method, path, query and body to status and document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import attrs

from .account import Account
from .bodies import Sent, read_document, read_linkage
from .description import Body, Description, Listing, Relation, Resource
from .problems import Problem, bad_request, forbidden, no_route, not_found, not_here
from .query import Query, read_query
from .rendering import Renderer, encode
from .rules import RULES, Rules
from .selection import select
from .store import Record
from .uploads import Uploads

__all__ = ["MEDIA_TYPE", "Answer", "Api", "Request", "errors"]

MEDIA_TYPE: Final = "application/vnd.api+json"
_GENERIC: Final = Rules()
_UNROUTED: Final = frozenset({"emergency_calling_services", "emergency_requirements", "emergency_verifications"})
_TERSE: Final = frozenset({"proofs", "permanent_supporting_documents"})
"""Types whose missing records are told of in fewer words."""

_KEPT: Final = 64
"""How many selections are remembered."""


@attrs.frozen
class Request:
    """A request as the API sees it: `path` is without the version, `query` decoded, in the order sent."""

    method: str
    path: str
    query: Sequence[tuple[str, str]]
    headers: Mapping[str, str]
    body: bytes


@attrs.frozen
class Answer:
    """What is answered. `media_type` of None is an answer without a body."""

    status: int
    body: bytes = b""
    media_type: str | None = MEDIA_TYPE
    headers: Mapping[str, str] = attrs.field(factory=dict[str, str])


def errors(problem: Problem) -> Answer:
    """The document of a problem."""
    if problem.errors is None:
        return Answer(problem.status, media_type=None, headers=problem.headers)
    return Answer(problem.status, encode({"errors": problem.errors}), headers=problem.headers)


class Api:
    """The API over one account. `largest_page` is what a page may hold for this account, if it is over 100."""

    def __init__(self, account: Account, uploads: Uploads, *, largest_page: int = 100) -> None:
        self._account = account
        self._uploads = uploads
        self._largest_page = largest_page
        self._selections: dict[Any, list[Record]] = {}
        self._selections_of = -1

    async def answer(self, request: Request, description: Description, version: str) -> Answer:
        """Answer a request that was let in. Raises Problem for what is no success."""
        renderer = Renderer(self._account, description, self._account.address, version)
        segments = [segment for segment in request.path.split("/") if segment]
        resource = description.paths.get(segments[0]) if segments else None
        if resource is None:
            raise no_route(request.path)
        if resource.type == "balances":
            return self._balance(request, description, resource, renderer, segments)
        if resource.type == "voice_out_trunks" and not self._account.outbound:
            raise forbidden("The account has no outbound plan")
        if len(segments) == 1:
            return await self._collection(request, description, resource, renderer)
        record = self._record(resource, segments[1])
        if len(segments) == 2:
            return self._single(request, description, resource, renderer, record, segments[1])
        return self._relationship(request, description, resource, renderer, record, segments)

    def _balance(
        self, request: Request, description: Description, resource: Resource, renderer: Renderer, segments: list[str]
    ) -> Answer:
        if len(segments) > 1:
            raise no_route(request.path)
        _allow(request, {"GET"})
        query = read_query(description, resource, None, request.query, include=False)
        balance, credit = self._account.balance, self._account.credit
        attributes = {
            "balance": f"{balance:.2f}",
            "credit": f"{credit:.2f}",
            "total_balance": f"{balance + credit:.2f}",
        }
        record = Record("balances", "94441ce5-86fa-4700-8ce7-b5e267d0603a", attributes)
        return Answer(200, renderer.document(record, query))

    async def _collection(
        self, request: Request, description: Description, resource: Resource, renderer: Renderer
    ) -> Answer:
        operations = {"list": "GET", "create": "POST"}
        _allow(request, {operations[name] for name in resource.operations if name in operations})
        if request.method == "GET":
            assert resource.listing is not None
            return await self._list(request, description, resource, resource.listing, renderer)
        if resource.upload:
            record = await self._uploads.receive(request.headers.get("content-type", ""), request.body)
            # The one answer that is a JSON:API document by another name.
            return Answer(201, renderer.document(record, Query()), media_type="application/json")
        assert resource.create is not None
        query = read_query(description, resource, None, request.query)
        sent = read_document(request.body, resource, resource.create, self._account.store)
        record = RULES.get(resource.type, _GENERIC).create(self._account, resource, sent)
        if not resource.attributes:
            return Answer(201, renderer.identifier(resource.type, record.id))
        location = {"Location": f"{self._account.address}/{resource.path}/{record.id}"}
        return Answer(201, renderer.document(record, query), headers=location)

    async def _list(
        self, request: Request, description: Description, resource: Resource, listing: Listing, renderer: Renderer
    ) -> Answer:
        if resource.type == "public_keys":
            await self._uploads.publish_keys()
        query = read_query(
            description,
            resource,
            listing,
            request.query,
            largest_page=self._largest_page,
            include=bool(resource.includes),
        )
        if resource.type == "available_dids":
            return self._available(resource, description, query, renderer)
        records = self._select(description, resource, query)
        meta: dict[str, Any] = {}
        if resource.type == "did_reservations":
            meta["available_count"] = self._reservations_left()
        return Answer(200, renderer.collection(resource, records, query, meta))

    def _available(self, resource: Resource, description: Description, query: Query, renderer: Renderer) -> Answer:
        """Numbers to pick from: a random hundred of them, in no order, with the count of all."""
        names = {condition.filter.name for condition in query.conditions}
        for condition in query.conditions:
            if condition.filter.name == "number_contains" and len(condition.values[0]) < 3 and len(names) == 1:
                detail = "number_contains needs three digits, or another filter beside it"
                raise bad_request("107", "Invalid filter value", detail)
        found = select(self._account, description, resource.type, query.conditions, ())
        found = [record for record in found if not record.hidden.get("reserved")]
        shown = self._account.random.sample(found, min(100, len(found)))
        return Answer(200, renderer.collection(resource, shown, query, {"total_count": len(found)}))

    def _select(self, description: Description, resource: Resource, query: Query) -> list[Record]:
        """The selection of a listing, kept as long as nothing changes: the next page asks for it again."""
        if self._selections_of != self._account.store.version or len(self._selections) > _KEPT:
            self._selections.clear()
            self._selections_of = self._account.store.version
        key = (description.version, resource.type, query.conditions, query.sort)
        if key not in self._selections:
            self._selections[key] = select(self._account, description, resource.type, query.conditions, query.sort)
        return self._selections[key]

    def _single(
        self,
        request: Request,
        description: Description,
        resource: Resource,
        renderer: Renderer,
        record: Record | None,
        id: str,
    ) -> Answer:
        operations = {"find": "GET", "update": "PATCH", "delete": "DELETE"}
        allowed = {operations[name] for name in resource.operations if name in operations}
        _allow(request, allowed | ({"PUT"} if "PATCH" in allowed else set()))
        if record is None:
            raise not_found(id, resource.type if resource.type in _TERSE and request.method == "GET" else None)
        if request.method == "DELETE":
            RULES.get(resource.type, _GENERIC).delete(self._account, resource, record)
            return Answer(204, media_type=None)
        query = read_query(description, resource, None, request.query, include=bool(resource.includes))
        if request.method != "GET":
            assert resource.update is not None
            sent = read_document(request.body, resource, resource.update, self._account.store, record.id)
            RULES.get(resource.type, _GENERIC).update(self._account, resource, record, sent)
        meta = {"available_count": self._reservations_left()} if resource.type == "did_reservations" else None
        return Answer(200, renderer.document(record, query, meta))

    def _relationship(
        self,
        request: Request,
        description: Description,
        resource: Resource,
        renderer: Renderer,
        record: Record | None,
        segments: list[str],
    ) -> Answer:
        """`/{type}/{id}/{name}` and `/{type}/{id}/relationships/{name}`."""
        by_itself = len(segments) == 4 and segments[2] == "relationships"
        relation = resource.relations.get(segments[-1])
        if relation is None or len(segments) != (4 if by_itself else 3) or resource.type in _UNROUTED:
            raise no_route(request.path)
        body = resource.update
        written = relation.name in body.relations if body else False
        _allow(
            request,
            {"GET", *(("PATCH", *(["POST", "DELETE"] if relation.many else [])) if by_itself and written else ())},
        )
        if record is None:
            raise not_found(segments[1])
        if not by_itself:
            return self._related(request, description, renderer, record, relation)
        if request.method == "GET":
            return Answer(200, renderer.linkage(record, relation))
        assert body is not None
        self._relink(request, resource, record, relation, body)
        return Answer(204, media_type=None)

    def _related(
        self, request: Request, description: Description, renderer: Renderer, record: Record, relation: Relation
    ) -> Answer:
        query = read_query(description, description.resources[relation.types[0]], None, request.query)
        found = list(self._account.store.linked(record, relation.name, relation.types))
        return Answer(200, renderer.related(found if relation.many else next(iter(found), None), query))

    def _relink(self, request: Request, resource: Resource, record: Record, relation: Relation, body: Body) -> None:
        store = self._account.store
        named = read_linkage(request.body, body.relations[relation.name], store)
        if request.method != "PATCH":
            present = list(store.linked(record, relation.name, relation.types))
            ids = {one.id for one in named}
            rest = [one for one in present if one.id not in ids]
            named = rest if request.method == "DELETE" else [*rest, *named]
        sent = Sent(links={relation.name: named})
        RULES.get(resource.type, _GENERIC).update(self._account, resource, record, sent)

    def _record(self, resource: Resource, id: str) -> Record | None:
        return self._account.store.find(resource.type, id.lower())

    def _reservations_left(self) -> int:
        return max(0, self._account.reservation_allowance - len(self._account.store.table("did_reservations")))


def _allow(request: Request, methods: set[str]) -> None:
    if not methods:
        raise no_route(request.path)
    if request.method not in methods:
        raise not_here(request.method, methods)
