"""What can be done with a resource of the API: list, get, create, update, delete.

Each class here is one ability; the modules beside this one put together for each resource those that the API gives it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar, Generic, TypeVar, cast

from .. import bodies, documents, query
from ..errors import ConfigurationError, ProtocolError, UnknownOutcome
from ..flights import Flight
from ..limiter import Priority
from ..listing import Listing
from ..ordering import Creation, create_once, keep_only
from ..query import IncludePath, Query
from ..records.base import Record
from ..records.declaration import Declaration
from ..records.fields import Fields
from ..transport import Transport
from ..values import check_id, hints

__all__ = ["Creates", "Deletes", "Gets", "Lists", "Resource", "Updates"]

T = TypeVar("T")
R = TypeVar("R", bound=Record)
F = TypeVar("F", bound=Mapping[str, object])
S = TypeVar("S", bound=str)
I = TypeVar("I", bound=str)  # noqa: E741 - F, S and I stand for filter, sort and include

PREFETCH = 12
"""Pages fetched ahead: a dozen in flight reach 20 requests a second at up to 600 ms each."""


class Resource(Generic[R]):
    """One resource of the API in a session."""

    declaration: ClassVar[Declaration]

    def __init__(self, transport: Transport, version: str) -> None:
        self._transport = transport
        self._version = version

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of API {self._version}>"

    async def _send(self, method: str, path: str, *, params: Query | None = None, body: bytes | None = None) -> R:
        answer = await self._transport.request(method, path, params=params or (), body=body)
        return self._read(answer.content, f"{method} {path}")

    def _read(self, content: bytes, asked: str) -> R:
        record, meta = documents.read_one(content, asked)
        self._note(meta)
        if not isinstance(record, self.declaration.record):
            raise ProtocolError(f"{asked} was answered with {record.type or 'an unknown type'} {record.id}")
        return cast("R", record)

    def _note(self, meta: Mapping[str, Any]) -> None:
        served = meta.get("api_version")
        if isinstance(served, str):
            self._transport.note_version(served)

    def _id(self, record: Record | str) -> str:
        if isinstance(record, Record) and not isinstance(record, self.declaration.record):
            raise ConfigurationError(
                f"{self.declaration.type}: the record must be of {self.declaration.type}; got {record.type} {record.id}"
            )
        return check_id(record, f"{self.declaration.type}: the id")


class Lists(Resource[R], Generic[R, F, S, I]):
    """A resource that can be listed."""

    def list(
        self,
        *,
        filter: F | None = None,
        sort: Sequence[S] = (),
        include: Sequence[I | IncludePath] = (),
        fields: Fields | None = None,
        page_size: int | None = None,
        prefetch: int = PREFETCH,
    ) -> Listing[R]:
        """The records that match, as a `Listing`: nothing is sent until the first is asked for.

        `filter` maps the API's filter names to Python values (records, ids, bools, datetimes, lists of them),
        `sort` names attributes, with `-` for descending, `include` the relationships to answer with, `fields`
        the attributes and relationships of each type. `page_size` is records in a page (100 unless given; the
        API takes up to 100 for most accounts), `prefetch` how many pages are fetched ahead.

        Raises ConfigurationError at once for a name or value that the API does not take.
        """
        declaration, version = self.declaration, self._version
        declaration.available(version)
        params = query.build(declaration, version, filter=filter, sort=sort, include=include, fields=fields_of(fields))

        async def fetch(number: int | None, size: int | None) -> documents.ListDocument:
            page = [] if number is None else [("page[number]", str(number)), ("page[size]", str(size))]
            priority = Priority.BULK if number is not None and number > 1 else Priority.NORMAL
            answer = await self._transport.request("GET", declaration.path, params=[*params, *page], priority=priority)
            document = await _in_turns(documents.read_many(answer.content, f"GET {declaration.path}"))
            self._note(document.meta)
            return document

        return Listing(
            fetch,
            what=declaration.type,
            paged=declaration.paged,
            page_size=declaration.page_size if page_size is None else page_size,
            prefetch=prefetch,
        )


class Gets(Resource[R], Generic[R, I]):
    """A resource whose records can be read one at a time."""

    async def get(
        self,
        id: R | str,
        /,
        *,
        include: Sequence[I | IncludePath] = (),
        fields: Fields | None = None,
    ) -> R:
        """One record by its id, or read anew. Raises NotFound where the account has no such record."""
        self.declaration.available(self._version)
        params = query.build(self.declaration, self._version, include=include, fields=fields_of(fields))
        return await self._send("GET", f"{self.declaration.path}/{self._id(id)}", params=params)


class Creates(Resource[R]):
    """A resource that can be created.

    With an `external_reference_id` that can be filtered by, a lost answer is looked up: the record is made once and
    returned. Use a reference for one record only. Elsewhere a lost answer raises UnknownOutcome.
    """

    async def _create(self, values: Mapping[str, Any], *, attempted: bool | datetime = False) -> R:
        declaration = self.declaration
        declaration.available(self._version)
        body = bodies.write(declaration, values, version=self._version)
        reference = values.get("external_reference_id")
        if not reference or "external_reference_id" not in hints(declaration.filter):
            try:
                return await self._post(body)
            except UnknownOutcome as lost:
                raise self._untold(lost) from lost
        what = f"{declaration.type} with external_reference_id {reference!r}"

        async def look() -> Sequence[R]:
            listing = cast("Lists[R, Any, Any, Any]", self).list(filter={"external_reference_id": reference})
            found = await listing.all()
            for record in found:
                self._compare(what, record, values)
            return found

        def begin(flight: Flight) -> Coroutine[Any, Any, R]:
            creation = Creation(
                what,
                send=lambda: self._post(body, flight),
                look=look,
                keep=lambda found: self._keep(what, found),
                settle=self._transport.flights.settle,
            )
            return create_once(creation, attempted=attempted, wanted=lambda: flight.wanted)

        return await self._transport.flights.join(what, body, begin)

    async def _post(self, body: bytes, flight: Flight | None = None) -> R:
        path = self.declaration.path
        answer = await self._transport.request("POST", path, body=body, on_sent=flight.went if flight else None)
        return self._read(answer.content, f"POST {path}")

    def _compare(self, what: str, record: R, values: Mapping[str, Any]) -> None:
        """Raise ConfigurationError where a record with the reference is not what `values` would make."""

    async def _keep(self, what: str, found: Sequence[R]) -> R:
        """The record to return, where several have the reference."""
        return await keep_only(what, found)

    def _untold(self, lost: UnknownOutcome) -> UnknownOutcome:
        """The same, and how to find out."""
        name = self.declaration.type
        if "external_reference_id" in hints(self.declaration.filter):
            how = f"List {name} to see. With an external_reference_id it is looked up by itself"
        elif isinstance(self, Lists):
            how = f"List {name} to see"
        else:
            how = f"{name} cannot be listed: look in the panel"
        return UnknownOutcome(f"{lost}. {how}", method=lost.method, path=lost.path, sent=lost.sent)


class Updates(Resource[R]):
    """A resource whose records can be changed."""

    async def _update(self, record: R | str, changes: Mapping[str, Any]) -> R:
        self.declaration.available(self._version)
        id = self._id(record)
        body = bodies.write(self.declaration, changes, version=self._version, id=id)
        return await self._send("PATCH", f"{self.declaration.path}/{id}", body=body)


class Deletes(Resource[R]):
    """A resource whose records can be deleted."""

    async def delete(self, record: R | str, /) -> None:
        """Delete a record. Raises Conflict or ValidationError where it is in use, NotFound where it is not there."""
        self.declaration.available(self._version)
        await self._transport.request("DELETE", f"{self.declaration.path}/{self._id(record)}")


def fields_of(fields: Fields | None) -> Mapping[str, Sequence[str]] | None:
    """`fields` as the plain mapping that it is."""
    return cast("Mapping[str, Sequence[str]] | None", fields)


async def _in_turns(steps: documents.Steps[T]) -> T:
    """Take the steps with a turn of the event loop between them."""
    while True:
        try:
            next(steps)
        except StopIteration as ended:
            return cast("T", ended.value)
        await asyncio.sleep(0)
