"""A listing: pages fetched ahead, records yielded in order."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any, Generic, TypeVar, cast

import attrs

from .documents import ListDocument
from .errors import ConfigurationError, ProtocolError
from .records.base import Record

__all__ = ["Listing", "Page"]

R = TypeVar("R", bound=Record)
Fetch = Callable[[int | None, int | None], Awaitable[ListDocument]]

_log = logging.getLogger("didww_async")


@attrs.frozen
class Page(Generic[R]):
    """One page as the API answered it, without records that an earlier page had.

    `total` is how many records there are in all, None where the API does not say; `meta` the document's meta.
    """

    number: int
    records: list[R]
    total: int | None
    meta: Mapping[str, Any]


class Listing(Generic[R]):
    """The records of a list, fetched as they are asked for; nothing is sent before the first one is.

        async for did in didww.dids.list():
            ...

    Records come in the API's order, each once. Up to `prefetch` pages are fetched ahead; leaving the loop cancels
    them. Iterating again asks again. Raises what a request can raise, and ProtocolError where the pages hold
    fewer records than the API says there are.
    """

    def __init__(self, fetch: Fetch, *, what: str, paged: bool, page_size: int, prefetch: int) -> None:
        for name, value, least in (("page_size", page_size, 1), ("prefetch", prefetch, 0)):
            if type(value) is not int or value < least:
                raise ConfigurationError(f"{what}: {name} must be {least} or more; got {value!r}")
        self._fetch = fetch
        self._what = what
        self._paged = paged
        self._page_size = page_size
        self._prefetch = prefetch

    def __repr__(self) -> str:
        return f"<Listing of {self._what}>"

    def __aiter__(self) -> AsyncIterator[R]:
        return _Records(self._pages())

    def pages(self) -> AsyncIterator[Page[R]]:
        """The pages, in order, for whoever works in batches."""
        return self._pages()

    def _pages(self) -> _Pages[R]:
        return _Pages(self._fetch, self._what, self._paged, self._page_size, self._prefetch)

    async def first(self) -> R | None:
        """The first record, None where there is none: one request, for a page of one."""
        document = await self._fetch(*((1, 1) if self._paged else (None, None)))
        return cast("R", document.records[0]) if document.records else None

    async def all(self) -> list[R]:
        """Every record, in a list."""
        return [record async for page in self._pages() for record in page.records]

    async def total(self) -> int:
        """How many records there are: one request where the API counts them, else they are counted."""
        document = await self._fetch(*((1, 1) if self._paged else (None, None)))
        if document.total is not None:
            return document.total
        if not self._paged:
            return len(document.records)
        return sum([len(page.records) async for page in self._pages()])


class _Records(AsyncIterator[R]):
    def __init__(self, pages: _Pages[R]) -> None:
        self._pages = pages
        self._waiting: deque[R] = deque()

    async def __anext__(self) -> R:
        while not self._waiting:
            self._waiting.extend((await self._pages.__anext__()).records)
        return self._waiting.popleft()


class _Pages(AsyncIterator[Page[R]]):
    """The state of one iteration. It is a class and no generator so that dropping it cancels at once."""

    def __init__(self, fetch: Fetch, what: str, paged: bool, page_size: int, prefetch: int) -> None:
        self._fetch = fetch
        self._what = what
        self._paged = paged
        self._asked_size = page_size
        self._prefetch = prefetch
        self._number = 1
        self._size = page_size
        self._last: int | None = None if paged else 1
        self._ahead: dict[int, asyncio.Task[ListDocument]] = {}
        self._done = False
        self._yielded = 0
        self._total: int | None = None
        self._moved = False
        # Records move between neighbouring pages when others come or go, so the ids of recent pages are enough,
        # and memory does not grow with the listing.
        self._seen: set[tuple[str, str]] = set()
        self._seen_by_page: deque[list[tuple[str, str]]] = deque()

    async def __anext__(self) -> Page[R]:
        if self._done:
            raise StopAsyncIteration
        try:
            page = await self._next()
        except BaseException:
            self._close()
            raise
        if self._done and not page.records and page.number > 1:
            raise StopAsyncIteration
        return page

    async def _next(self) -> Page[R]:
        number = self._number
        task = self._ahead.pop(number, None)
        document = await (task if task else self._get(number))
        before = self._total
        self._look(number, document)
        if not self._done:
            self._fetch_ahead(number)
        found = self._unseen(document)
        if number > 1 and before is not None and document.total is not None and document.total != before:
            self._moved = True
            if document.total < before:
                # One of the two pages was read before a change and the other after it: what moved across the
                # border between them is on one of them now.
                for again in (number - 1, number):
                    found += self._unseen(await self._get(again))
        if not found and self._last is None:
            self._done = True
        self._yielded += len(found)
        self._number += 1
        if self._done:
            self._close()
            self._count(document.total)
        return Page(number, found, document.total, document.meta)

    def _get(self, number: int) -> Awaitable[ListDocument]:
        return self._fetch(number, self._asked_size) if self._paged else self._fetch(None, None)

    def _look(self, number: int, document: ListDocument) -> None:
        """Learn from a page how many there are."""
        held = len(document.records)
        if document.total is not None and self._paged:
            if number == 1 and 0 < held < min(self._size, document.total):
                # The server gives smaller pages than it was asked for, and numbers them by its own size.
                self._size = held
            self._total = document.total
            self._last = 1 if number == 1 and held >= document.total else -(-document.total // self._size)
        elif self._paged and "next" not in document.links and held < self._size:
            self._last = number
        self._done = held == 0 or (self._last is not None and number >= self._last)

    def _fetch_ahead(self, number: int) -> None:
        if self._last is None:
            return
        for ahead in range(number + 1, min(self._last, number + self._prefetch) + 1):
            if ahead not in self._ahead:
                self._ahead[ahead] = asyncio.ensure_future(self._get(ahead))

    def _unseen(self, document: ListDocument) -> list[R]:
        found: list[R] = []
        keys: list[tuple[str, str]] = []
        for record in document.records:
            key = (type(record).type, record.id)
            if key not in self._seen:
                self._seen.add(key)
                keys.append(key)
                found.append(cast("R", record))
        self._seen_by_page.append(keys)
        if len(self._seen_by_page) > 2 * max(self._prefetch, 4):
            self._seen.difference_update(self._seen_by_page.popleft())
        return found

    def _count(self, total: int | None) -> None:
        """A page that came out short must not pass as the end."""
        if not self._paged or total is None or self._yielded >= total:
            return
        said = f"{self._what}: the pages held {self._yielded} records, and the API counts {total}"
        if self._moved:
            _log.warning("%s; records came or went while it was listed", said)
        else:
            raise ProtocolError(f"{said}. Ask again; if it stays so, ask for a smaller page_size")

    def _close(self) -> None:
        self._done = True
        for task in self._ahead.values():
            # A failure that nobody will read any more is no «exception was never retrieved».
            task.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
            if not task.get_loop().is_closed():
                task.cancel()
        self._ahead.clear()

    def __del__(self) -> None:
        if self._ahead:
            self._close()
