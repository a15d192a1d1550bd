"""A listing yields every record once, in order, and never more pages ahead than asked for."""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import Callable
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from didww_async.documents import ListDocument
from didww_async.errors import ConfigurationError, ProtocolError, ServerError
from didww_async.listing import Listing
from didww_async.records.base import Record
from didww_async.records.geography import Area


def area(number: int) -> Area:
    return Area(id=f"00000000-0000-0000-0000-{number:012d}", name=str(number))


class Server:
    """An API with some areas, paged as the real one pages; it can be told to behave oddly."""

    def __init__(
        self,
        count: int,
        *,
        total: str | None = "total_records",
        links: bool = True,
        cap: int = 100,
        ignores_paging: bool = False,
    ) -> None:
        self.areas = [area(number) for number in range(count)]
        self.total = total
        self.links = links
        self.cap = cap
        self.ignores_paging = ignores_paging
        self.asked: list[int | None] = []
        self.in_flight = 0
        self.most_in_flight = 0
        self.before_page: Callable[[int], None] = lambda number: None
        self.changed: Callable[[int | None, ListDocument], ListDocument] = lambda number, document: document

    async def fetch(self, number: int | None, size: int | None) -> ListDocument:
        self.asked.append(number)
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            await asyncio.sleep(0)
            self.before_page(number or 1)
            return self.changed(number, self.page(number, size))
        finally:
            self.in_flight -= 1

    def page(self, number: int | None, size: int | None) -> ListDocument:
        held: list[Record] = list(self.areas)
        step = min(size or len(held) or 1, self.cap)
        if number is not None and not self.ignores_paging:
            held = held[(number - 1) * step : number * step]
        meta: dict[str, Any] = {self.total: len(self.areas)} if self.total else {}
        links: dict[str, str] = {}
        if self.links and number is not None:
            links = {"first": "?page[number]=1", "last": "?page[number]=last"}
            if number * step < len(self.areas):
                links["next"] = f"?page[number]={number + 1}"
        return ListDocument(held, MappingProxyType(meta), MappingProxyType(links))

    def listing(self, *, page_size: int = 10, prefetch: int = 4, paged: bool = True) -> Listing[Area]:
        return Listing(self.fetch, what="areas", paged=paged, page_size=page_size, prefetch=prefetch)


def names(areas: list[Area]) -> list[int]:
    return [int(one.name) for one in areas]


async def test_nothing_is_sent_before_the_first_record_is_asked_for() -> None:
    server = Server(30)
    listing = server.listing()
    iterator = listing.__aiter__()
    await asyncio.sleep(0)
    assert server.asked == []
    assert int((await iterator.__anext__()).name) == 0


@given(
    count=st.integers(0, 120),
    page_size=st.integers(1, 40),
    prefetch=st.integers(0, 6),
    cap=st.integers(1, 40),
    total=st.sampled_from(["total_records", "total_count", None]),
    links=st.booleans(),
    ignores_paging=st.booleans(),
)
def test_every_record_comes_once_and_in_order_however_the_server_pages(
    count: int, page_size: int, prefetch: int, cap: int, total: str | None, links: bool, ignores_paging: bool
) -> None:
    if total is None and cap < page_size and not links:
        cap = page_size  # with no count, no link and a short page there is nothing that tells of a next one
    server = Server(count, total=total, links=links, cap=cap, ignores_paging=ignores_paging)

    async def everything() -> list[Area]:
        return await server.listing(page_size=page_size, prefetch=prefetch).all()

    assert names(asyncio.run(everything())) == list(range(count))


async def test_pages_are_fetched_ahead_and_no_more_than_asked_for() -> None:
    server = Server(200)
    assert len(await server.listing(prefetch=4).all()) == 200
    assert server.most_in_flight == 4
    assert sorted(number or 0 for number in server.asked) == list(range(1, 21))


async def test_leaving_the_loop_early_cancels_what_was_fetched_ahead() -> None:
    server = Server(200)
    async for _ in server.listing(prefetch=4):
        break
    gc.collect()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert server.in_flight == 0
    assert len(server.asked) <= 5


async def test_an_error_on_a_page_reaches_the_loop_and_ends_the_rest() -> None:
    server = Server(200)

    def fail(number: int) -> None:
        if number == 3:
            raise ServerError(status=503, method="GET", path="/areas")

    server.before_page = fail
    seen: list[Area] = []

    async def read() -> None:
        async for one in server.listing(prefetch=6):
            seen.append(one)  # noqa: PERF401 - what was seen before the error is what is tested

    with pytest.raises(ServerError):
        await read()
    assert names(seen) == list(range(20))
    await asyncio.sleep(0)
    assert server.in_flight == 0


async def test_records_that_come_meanwhile_are_not_yielded_twice() -> None:
    server = Server(50)
    added = iter(range(100, 200))

    def insert(number: int) -> None:
        if number == 3:
            server.areas.insert(0, area(next(added)))

    server.before_page = insert
    found = names(await server.listing(prefetch=0).all())
    assert len(found) == len(set(found))
    assert set(range(50)) <= set(found)


@given(gone=st.lists(st.tuples(st.integers(2, 5), st.integers(0, 49)), max_size=4), prefetch=st.integers(0, 5))
def test_records_that_stay_are_all_yielded_while_others_go(gone: list[tuple[int, int]], prefetch: int) -> None:
    server = Server(50)
    pending = list(gone)

    def delete(number: int) -> None:
        for when, which in list(pending):
            if when == number:
                pending.remove((when, which))
                server.areas = [one for one in server.areas if int(one.name) != which]

    server.before_page = delete

    async def everything() -> list[int]:
        return names(await server.listing(prefetch=prefetch).all())

    found = asyncio.run(everything())
    assert len(found) == len(set(found))
    assert set(names(server.areas)) <= set(found)


async def test_a_page_that_comes_out_short_is_an_error_and_not_the_end() -> None:
    server = Server(50)

    def shorten(number: int | None, document: ListDocument) -> ListDocument:
        return ListDocument(document.records[:-3], document.meta, document.links) if number == 3 else document

    server.changed = shorten
    with pytest.raises(ProtocolError, match="held 47 records, and the API counts 50"):
        await server.listing().all()


async def test_a_count_that_moved_is_said_and_no_error(caplog: pytest.LogCaptureFixture) -> None:
    server = Server(50)

    def promise_more(number: int | None, document: ListDocument) -> ListDocument:
        return ListDocument(document.records, {"total_records": 53}, {}) if number in (5, 6) else document

    server.changed = promise_more
    with caplog.at_level(logging.WARNING, "didww_async"):
        assert len(await server.listing(prefetch=0).all()) == 50
    assert "held 50 records, and the API counts 53" in caplog.text


async def test_an_endpoint_without_pages_is_asked_once_and_without_page_parameters() -> None:
    server = Server(200, total=None, links=False)
    assert len(await server.listing(paged=False).all()) == 200
    assert server.asked == [None]


async def test_a_capped_answer_with_a_larger_count_is_taken_as_it_is() -> None:
    server = Server(30, total="total_count")
    server.changed = lambda number, document: ListDocument(document.records[:10], document.meta, document.links)
    assert len(await server.listing(paged=False).all()) == 10


async def test_the_first_record_costs_one_request_for_a_page_of_one() -> None:
    server = Server(30)
    first = await server.listing().first()
    assert first is not None
    assert first.name == "0"
    assert server.asked == [1]
    assert await Server(0).listing().first() is None


@pytest.mark.parametrize("total", ["total_records", "total_count", None])
async def test_the_total_is_the_apis_own_or_counted(total: str | None) -> None:
    assert await Server(30, total=total).listing().total() == 30


async def test_pages_carry_their_number_total_and_meta() -> None:
    pages = [page async for page in Server(25).listing().pages()]
    assert [page.number for page in pages] == [1, 2, 3]
    assert [len(page.records) for page in pages] == [10, 10, 5]
    assert all(page.total == 25 and page.meta["total_records"] == 25 for page in pages)


async def test_iterating_again_asks_again() -> None:
    server = Server(5)
    listing = server.listing()
    assert names(await listing.all()) == names(await listing.all())
    assert server.asked == [1, 1]


@pytest.mark.parametrize(
    ("page_size", "prefetch", "named"),
    [(0, 4, "page_size"), (-1, 4, "page_size"), (True, 4, "page_size"), (10, -1, "prefetch")],
)
def test_a_page_size_or_prefetch_that_cannot_be_is_refused(page_size: int, prefetch: int, named: str) -> None:
    with pytest.raises(ConfigurationError, match=named):
        Server(5).listing(page_size=page_size, prefetch=prefetch)
