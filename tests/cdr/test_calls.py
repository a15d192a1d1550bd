"""Calls of a range come typed and in order, and leave nothing behind."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from didww_async.cdr.columns import InboundCall
from didww_async.errors import AuthenticationError, ConfigurationError, NotInVersion, RowError

from .fake import INBOUND, NOW, FakeExports, cdrs, session

START, END = datetime(2026, 11, 20, 6, tzinfo=UTC), datetime(2026, 11, 23, 6, tzinfo=UTC)
HOURS = [START + timedelta(hours=hour) for hour in range(72)]


@pytest.fixture(autouse=True)
def temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


async def test_calls_come_in_order_over_all_windows(temporary_folder: Path) -> None:
    api = FakeExports(polls=1)
    async with session(api) as didww:
        found = [call async for call in cdrs(didww).inbound(START, END)]
    assert [call.started_at for call in found] == HOURS
    assert all(isinstance(call, InboundCall) for call in found)
    assert len(api.exports) == 4
    assert not list(temporary_folder.iterdir())


async def test_batches_hold_the_same_calls() -> None:
    api = FakeExports()
    async with session(api) as didww:
        batches = [batch async for batch in cdrs(didww).outbound(START, END).batches(10)]
    assert [call.started_at for batch in batches for call in batch] == HOURS
    assert all(batches)


async def test_arrow_holds_the_same_calls() -> None:
    pytest.importorskip("pyarrow")
    api = FakeExports()
    async with session(api) as didww:
        table = await cdrs(didww).inbound(START, END).to_arrow()
    assert table.column("started_at").to_pylist() == HOURS


async def test_nothing_is_sent_before_the_first_call_is_asked_for() -> None:
    api = FakeExports()
    async with session(api) as didww:
        cdrs(didww).inbound(START, END)
    assert api.requests == []


async def test_leaving_early_leaves_nothing_behind(temporary_folder: Path) -> None:
    api = FakeExports()
    async with session(api) as didww:
        calls = aiter(cdrs(didww).inbound(START, END))
        await anext(calls)
        await calls.aclose()
        assert not list(temporary_folder.iterdir())


async def test_a_second_run_finds_the_exports_of_the_first() -> None:
    api = FakeExports()
    async with session(api) as didww:
        for _ in range(2):
            assert len([call async for call in cdrs(didww).inbound(START, END)]) == 72
    assert len(api.exports) == 4
    assert all(len(reference) <= 100 for reference in api.asked)


async def test_another_filter_asks_for_other_exports() -> None:
    api = FakeExports()
    async with session(api) as didww:
        for number in ("97286259404", "97286259405"):
            assert [call async for call in cdrs(didww).inbound(START, END, did_number=number)]
    assert len(set(api.asked)) == 8
    assert {one["attributes"]["filters"]["did_number"] for one in api.exports.values()} == {
        "97286259404", "97286259405",
    }  # fmt: skip


def malformed(*_: object) -> bytes:
    return f"{INBOUND}\n2026-11-20 07:00:00,too short\n".encode()


async def test_a_malformed_row_is_raised_or_handed_over() -> None:
    api = FakeExports(content=malformed)
    async with session(api) as didww:
        with pytest.raises(RowError, match=r"cdr_in of 2026-11-20 06:00:00.*line 2"):
            _ = [call async for call in cdrs(didww).inbound(START, END)]
        refused: list[RowError] = []
        assert [call async for call in cdrs(didww).inbound(START, END, reject=refused.append)] == []
    assert len(refused) == 4


async def test_a_key_that_is_refused_ends_it_cleanly(temporary_folder: Path) -> None:
    api = FakeExports(refuse=lambda request: httpx.Response(401))
    async with session(api) as didww:
        with pytest.raises(AuthenticationError):
            _ = [call async for call in cdrs(didww).inbound(START, END)]
    assert not list(temporary_folder.iterdir())


async def test_what_cannot_be_asked_for_is_refused_at_once() -> None:
    async with session(FakeExports()) as didww:
        with pytest.raises(ConfigurationError, match="2026-09-01"):
            cdrs(didww).inbound(datetime(2026, 8, 1, tzinfo=UTC), END)
        with pytest.raises(ConfigurationError, match="aware"):
            cdrs(didww).inbound(START.replace(tzinfo=None), END)
        with pytest.raises(NotInVersion, match="2026-11-19"):
            cdrs(didww).inbound(START, END, source_number="49")
        with pytest.raises(ConfigurationError, match="'did_number'"):
            cdrs(didww).inbound(START, END, cli="49")  # type: ignore[call-arg]


async def test_an_open_window_is_asked_for_anew() -> None:
    api = FakeExports()
    async with session(api) as didww:
        for now in (NOW, NOW + timedelta(hours=1)):
            _ = [call async for call in cdrs(didww, now).inbound(NOW - timedelta(hours=3), NOW + timedelta(days=1))]
    assert len(set(api.asked)) == 2
