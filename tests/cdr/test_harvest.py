"""A harvest does what is missing, whatever stopped the one before; what was finished stays, nothing comes twice."""

from __future__ import annotations

import asyncio
import csv
import json
import os
from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from didww_async import Session
from didww_async.cdr.harvest import Harvest, Progress
from didww_async.errors import (
    AuthenticationError,
    ConfigurationError,
    CorruptDownload,
    HarvestError,
    RowError,
    Timeout,
)

from .fake import INBOUND, NOW, FakeExports, cdrs, hourly, pieces, session, whole

START, END = datetime(2026, 11, 20, tzinfo=UTC), datetime(2026, 11, 23, tzinfo=UTC)


@pytest.fixture(autouse=True)
def no_backoff(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("didww_async.cdr.download.random.random", lambda: 0.0)


async def harvest(
    didww: Session, out: Path, start: datetime = START, end: datetime = END, now: datetime = NOW, **options: Any
) -> Harvest:
    return await cdrs(didww, now).harvest(options.pop("kinds", "in"), start, end, out, **options)


def data_files(out: Path) -> list[str]:
    return sorted(path.relative_to(out).as_posix() for path in out.glob("kind=*/**/*") if path.is_file())


def starts(out: Path) -> list[str]:
    found = [
        row["started_at"] for path in data_files(out) for row in csv.DictReader((out / path).read_text().splitlines())
    ]
    return sorted(found)


def hours(start: datetime, end: datetime) -> list[str]:
    count = int((end - start) / timedelta(hours=1))
    return [str(start + timedelta(hours=hour)) for hour in range(count)]


async def test_a_folder_is_filled_window_by_window(tmp_path: Path) -> None:
    api = FakeExports()
    told: list[Progress] = []
    async with session(api) as didww:
        found = await harvest(didww, tmp_path, kinds=["in", "out"], on_progress=told.append)
    assert data_files(tmp_path)[0] == "kind=in/date=2026-11-20/20261120T000000Z-20261121T000000Z.csv"
    assert len(data_files(tmp_path)) == found.windows == 6
    assert starts(tmp_path) == sorted(2 * hours(START, END))
    assert (found.rows, found.skipped, found.seconds) == (144, 0, 144 * 60)
    assert found.cost == 72 * (Decimal("0.003") + Decimal("0.010"))
    assert (told[0].windows, told[-1].windows, told[-1].of_windows) == (0, 6, 6)
    assert (told[-1].rows, told[-1].left) == (144, 0)


async def test_each_window_has_a_manifest(tmp_path: Path) -> None:
    api = FakeExports()
    async with session(api) as didww:
        found = await harvest(didww, tmp_path)
    told = json.loads((tmp_path / "_harvest/in/20261120T000000Z-20261121T000000Z.json").read_text())
    assert told["export_id"] in api.exports
    assert told["reference"] in api.asked
    assert (told["rows"], told["seconds"], told["cost"], told["settled"]) == (24, 1440, "0.072", True)
    path = tmp_path / told["file"]
    assert (told["bytes"], told["file"]) == (path.stat().st_size, found.files[0].relative_to(tmp_path).as_posix())
    assert told["columns"][0] == "started_at"


async def test_the_folder_reads_as_one_table(tmp_path: Path) -> None:
    dataset: Any = pytest.importorskip("pyarrow.dataset")
    async with session(FakeExports()) as didww:
        await harvest(didww, tmp_path, kinds=["in"], format="parquet")
    table: Any = dataset.dataset(tmp_path, format="parquet", partitioning="hive").to_table()
    assert table.num_rows == 72
    assert set(table.column("date").to_pylist()) == {"2026-11-20", "2026-11-21", "2026-11-22"}


async def test_a_second_run_does_only_what_is_missing(tmp_path: Path) -> None:
    api = FakeExports()
    async with session(api) as didww:
        await harvest(didww, tmp_path)
        sent = len(api.requests)
        again = await harvest(didww, tmp_path)
        assert (again.windows, again.skipped, len(api.requests)) == (0, 3, sent)
        wider = await harvest(didww, tmp_path, START - timedelta(hours=5), END)
    assert (wider.windows, wider.rows) == (1, 5)
    assert starts(tmp_path) == hours(START - timedelta(hours=5), END)


async def test_windows_that_were_open_are_fetched_anew_and_replaced(tmp_path: Path) -> None:
    api = FakeExports()
    today = NOW.replace(hour=0)
    async with session(api) as didww:
        await harvest(didww, tmp_path, today, today + timedelta(days=1))
        assert starts(tmp_path) == hours(today, NOW)
        later = NOW + timedelta(hours=3)
        await harvest(didww, tmp_path, today + timedelta(hours=5), today + timedelta(days=2), later)
        assert starts(tmp_path) == hours(today, later)
        settled = today + timedelta(days=1, hours=8)
        for _ in range(2):
            await harvest(didww, tmp_path, today, today + timedelta(days=1), settled)
    assert starts(tmp_path) == hours(today, today + timedelta(days=1))
    assert len(api.exports) == 3


async def test_a_window_that_may_still_gain_calls_is_not_taken_for_final(tmp_path: Path) -> None:
    """A call that began before midnight and still goes on is written down when it ends."""
    api = FakeExports()
    day = NOW.replace(hour=0) - timedelta(days=1)
    async with session(api) as didww:
        await harvest(didww, tmp_path, day, day + timedelta(days=1), day + timedelta(days=1, minutes=5))
        await harvest(didww, tmp_path, day, day + timedelta(days=1), day + timedelta(days=1, hours=7))
    assert len(set(api.asked)) == 2
    assert starts(tmp_path) == hours(day, day + timedelta(days=1))


def no_calls(*_: object) -> bytes:
    return f"{INBOUND}\n".encode()


async def test_a_window_without_calls_is_done_without_a_file(tmp_path: Path) -> None:
    api = FakeExports(content=no_calls)
    async with session(api) as didww:
        found = await harvest(didww, tmp_path)
        assert (found.windows, found.rows, data_files(tmp_path)) == (3, 0, [])
        assert (await harvest(didww, tmp_path)).skipped == 3


async def test_a_run_that_was_stopped_while_exports_were_made_finds_them(tmp_path: Path) -> None:
    api = FakeExports(polls=10**9)
    async with session(api) as didww:
        running = asyncio.create_task(harvest(didww, tmp_path))
        while len(api.exports) < 3:
            await asyncio.sleep(0.01)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        api.unready = dict.fromkeys(api.unready, 0)
        await harvest(didww, tmp_path)
    assert set(Counter(api.asked).values()) == {1}
    assert starts(tmp_path) == hours(START, END)


async def test_an_export_whose_answer_was_lost_is_found(tmp_path: Path) -> None:
    api = FakeExports()
    lost: list[str] = []

    def refuse(request: httpx.Request) -> httpx.Response | None:
        if request.method == "POST" and not lost:
            lost.append("once")
            api.created(json.loads(request.content)["data"]["attributes"])
            raise httpx.ReadError("gone", request=request)
        return None

    api.refuse = refuse
    async with session(api) as didww:
        await harvest(didww, tmp_path)
    assert lost
    assert set(Counter(api.asked).values()) == {1}


async def test_an_export_of_a_lost_folder_is_found_by_its_reference(tmp_path: Path) -> None:
    api = FakeExports()
    async with session(api) as didww:
        for name in ("one", "other"):
            await harvest(didww, tmp_path / name, END - timedelta(days=8), END)
    assert set(Counter(api.asked).values()) == {1}
    assert starts(tmp_path / "other") == starts(tmp_path / "one")


async def test_what_a_crash_left_is_swept_away_and_other_files_stay(tmp_path: Path) -> None:
    async with session(FakeExports()) as didww:
        await harvest(didww, tmp_path)
        orphan = tmp_path / "kind=in/date=2026-11-20/20261120T000000Z-20261120T120000Z.csv"
        orphan.write_text("started_at\n2026-11-20 00:00:00+00:00\n")
        (tmp_path / "_harvest/tmp/leftover").write_text("x")
        (tmp_path / "kind=in/date=2026-11-20/notes.txt").write_text("mine")
        await harvest(didww, tmp_path)
    assert starts(tmp_path)[:24] == hours(START, START + timedelta(days=1))
    assert not list((tmp_path / "_harvest/tmp").iterdir())
    assert (tmp_path / "kind=in/date=2026-11-20/notes.txt").exists()


async def test_a_key_that_is_refused_in_the_middle_ends_it_and_what_was_finished_stays(tmp_path: Path) -> None:
    api = FakeExports()
    fetched: list[str] = []

    def refuse(request: httpx.Request) -> httpx.Response | None:
        if request.url.path.endswith(".gz"):
            fetched.append(request.url.path)
            return httpx.Response(401) if len(fetched) > 1 else None
        return None

    api.refuse = refuse
    async with session(api) as didww:
        with pytest.raises(AuthenticationError):
            await harvest(didww, tmp_path)
        api.refuse = lambda request: None
        rest = await harvest(didww, tmp_path)
    assert rest.windows >= 2
    assert starts(tmp_path) == hours(START, END)
    assert set(Counter(api.asked).values()) == {1}


async def test_an_export_that_never_completes_fails_its_window_alone(tmp_path: Path) -> None:
    api = FakeExports()
    async with session(api) as didww:
        create = api.created
        api.created = lambda attributes: (  # type: ignore[method-assign]
            create(attributes) if attributes["filters"]["from"] != "2026-11-21 00:00:00" else stuck(attributes)
        )

        def stuck(attributes: Any) -> httpx.Response:
            answer = create(attributes)
            api.unready[json.loads(answer.content)["data"]["id"]] = 10**9
            return answer

        with pytest.raises(HarvestError, match=r"1 of 3 windows failed.*2026-11-21 00:00:00") as caught:
            await harvest(didww, tmp_path, deadline=1.5)
        assert isinstance(caught.value.__cause__, Timeout)
        assert len(data_files(tmp_path)) == 2
        api.unready = dict.fromkeys(api.unready, 0)
        assert (await harvest(didww, tmp_path)).windows == 1
    assert set(Counter(api.asked).values()) == {1}


async def test_three_cuts_and_a_wrong_checksum_are_survived(tmp_path: Path) -> None:
    cuts = ["cut"] * 3
    api = FakeExports()

    def file(request: httpx.Request, content: bytes) -> httpx.Response:
        if cuts:
            cuts.pop()
            return httpx.Response(200, content=pieces(content, 50, 100), headers={"content-length": str(len(content))})
        return whole(content)

    api.file = file
    async with session(api) as didww:
        await harvest(didww, tmp_path, START, START + timedelta(days=1))
    assert starts(tmp_path) == hours(START, START + timedelta(days=1))


def with_a_wrong_checksum(export_type: str, start: datetime, end: datetime) -> bytes:
    return hourly(export_type, start, end)[:-8] + bytes(8)


async def test_a_file_that_stays_damaged_fails_its_window_with_the_reason(tmp_path: Path) -> None:
    api = FakeExports(content=with_a_wrong_checksum)
    async with session(api) as didww:
        with pytest.raises(HarvestError, match="damaged gzip") as caught:
            await harvest(didww, tmp_path)
    assert isinstance(caught.value.__cause__, CorruptDownload)


async def test_malformed_rows_leave_their_window_unfinished_or_are_set_aside(tmp_path: Path) -> None:
    api = FakeExports(content=lambda kind, start, end: f"{INBOUND}\n{start:%Y-%m-%d %H:%M:%S},short\n".encode())
    async with session(api) as didww:
        with pytest.raises(HarvestError, match="line 2") as caught:
            await harvest(didww, tmp_path)
        assert isinstance(caught.value.__cause__, RowError)
        found = await harvest(didww, tmp_path, malformed="set aside")
    assert (found.rows, found.rejected) == (0, 3)
    assert len(list((tmp_path / "_harvest/in").glob("*.rejects.csv"))) == 3


async def test_two_harvesters_in_one_folder_exclude_each_other(tmp_path: Path) -> None:
    api = FakeExports(polls=10**9)
    async with session(api) as didww:
        first = asyncio.create_task(harvest(didww, tmp_path))
        while not api.exports:
            await asyncio.sleep(0.01)
        with pytest.raises(HarvestError, match="another harvest is at work"):
            await harvest(didww, tmp_path)
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
        api.unready = dict.fromkeys(api.unready, 0)
        assert (await harvest(didww, tmp_path)).windows == 3


async def test_a_folder_that_holds_something_else_is_refused(tmp_path: Path) -> None:
    async with session(FakeExports()) as didww:
        await harvest(didww, tmp_path)
        with pytest.raises(HarvestError, match=r"csv.*jsonl"):
            await harvest(didww, tmp_path, format="jsonl")
        with pytest.raises(HarvestError, match="did_number"):
            await harvest(didww, tmp_path, filters={"did_number": "49"})
        other = cdrs(didww, account="another-key")
        with pytest.raises(HarvestError, match="another API key"):
            await other.harvest("in", START, END, tmp_path)


async def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    api = FakeExports()
    async with session(api) as didww:
        with pytest.raises(HarvestError, match="file"):
            await harvest(didww, tmp_path / "file")
    assert api.requests == []


async def test_a_full_disk_ends_it_with_a_clear_error_and_room_completes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    api = FakeExports()

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    async with session(api) as didww:
        with monkeypatch.context() as patch:
            patch.setattr(os, "fsync", full)
            with pytest.raises(HarvestError, match="No space left on device"):
                await harvest(didww, tmp_path)
        assert not list((tmp_path / "_harvest/tmp").iterdir())
        await harvest(didww, tmp_path)
    assert starts(tmp_path) == hours(START, END)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"kinds": "calls"}, "'calls'"),
        ({"format": "xml"}, "'csv'"),
        ({"malformed": "drop"}, "set aside"),
        ({"filters": {"cli": "1"}}, "'did_number'"),
        ({"kinds": "sms_in"}, "2026-11-19"),
        ({"window": timedelta(seconds=1)}, "window"),
        ({"start": datetime(2026, 8, 1, tzinfo=UTC)}, "2026-09-01"),
    ],
)
async def test_what_cannot_be_done_is_refused_before_anything_is_sent(
    tmp_path: Path, options: dict[str, Any], said: str
) -> None:
    api = FakeExports()
    async with session(api) as didww:
        with pytest.raises(ConfigurationError, match=said):
            await harvest(didww, tmp_path / "out", **options)
    assert api.requests == []
    assert not (tmp_path / "out").exists()
