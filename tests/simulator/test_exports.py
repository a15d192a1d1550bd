"""Exports from request to file, and the rows that are in them."""

from __future__ import annotations

import csv
import gzip
import io
import itertools
import zlib
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from didww_async.simulator import Seed
from didww_async.simulator.cdrs import COLUMNS, CallBook

from .conftest import Client, Clock, Start, errors

BOOK = CallBook(7, calls_per_day=50, messages_per_day=0, numbers=["1", "2"], trunks={})
DAY = {"from": "2026-11-01 00:00:00", "to": "2026-11-02 00:00:00"}


async def export(api: Client, kind: str = "cdr_in", **filters: str) -> Any:
    return await api.made("exports", {"export_type": kind, "filters": DAY | filters})


async def download(api: Client, clock: Clock, kind: str = "cdr_in", **filters: str) -> httpx.Response:
    made = await export(api, kind, **filters)
    clock.seconds += 1
    return await api.http.get((await api.data(f"exports/{made['id']}"))["attributes"]["url"])


async def test_an_export_is_pending_then_processing_then_completed_with_a_file(start: Start, clock: Clock) -> None:
    api = start(export_seconds=10)
    made = await export(api)
    states: list[tuple[str, bool]] = []
    for _ in range(3):
        found = (await api.data(f"exports/{made['id']}"))["attributes"]
        states.append((found["status"], found["url"] is not None))
        clock.seconds += 5
    assert states == [("pending", False), ("processing", False), ("completed", True)]
    assert made["id"] not in (await api.data(f"exports/{made['id']}"))["attributes"]["url"]


async def test_the_file_is_gzip_by_itself_and_not_by_its_transfer(api: Client, clock: Clock) -> None:
    response = await download(api, clock)
    assert response.status_code == 200
    assert response.content[:2] == b"\x1f\x8b"
    assert response.headers["content-type"] == "application/octet-stream"
    assert response.headers["content-disposition"].endswith('.csv.gz"')
    assert "content-encoding" not in response.headers


@pytest.mark.parametrize("kind", ["cdr_in", "cdr_out"])
async def test_the_columns_are_those_of_the_version(api: Client, clock: Clock, kind: str) -> None:
    header, *rows = _rows(await download(api, clock, kind))
    assert header == COLUMNS["2026-04-16", kind]
    assert len(header) == {"cdr_in": 22, "cdr_out": 19}[kind]
    assert len(rows) >= 2400
    assert {len(row) for row in rows} == {len(header)}


async def test_rows_are_as_odd_as_those_of_the_vendor(api: Client, clock: Clock) -> None:
    text = gzip.decompress((await download(api, clock)).content).decode()
    lines = text.splitlines()[1:]
    assert {line[0] for line in lines} == {'"', "2"}
    assert any('"",""' in line for line in lines)
    rows = [dict(zip(COLUMNS["2026-04-16", "cdr_in"], row, strict=True)) for row in csv.reader(lines)]
    assert {row["Total (USD)"] for row in rows if row["Status"] == "Failed"} == {"", "0", "0.000"}
    assert {row["Attempt"] for row in rows} == {"1", "2"}
    assert any(row["Call ID"] == "" for row in rows)
    assert any("," in row["Source Name"] for row in rows)


async def test_a_filter_keeps_the_rows_that_meet_it(api: Client, clock: Clock) -> None:
    all_of_them = _rows(await download(api, clock))[1:]
    number = all_of_them[0][6]
    kept = _rows(await download(api, clock, did_number=number))[1:]
    assert kept == [row for row in all_of_them if row[6] == number]
    trunk = await api.first("voice_out_trunks")
    rows = _rows(await download(api, clock, "cdr_out", **{"voice_out_trunk.id": trunk["id"]}))
    assert {row[11] for row in rows[1:]} == {trunk["attributes"]["name"]}


@settings(max_examples=12, deadline=None)
@given(
    cuts=st.lists(st.integers(1, 3 * 86400 - 1), max_size=5, unique=True), kind=st.sampled_from(["cdr_in", "cdr_out"])
)
def test_however_a_period_is_cut_its_pieces_hold_the_same_rows(cuts: list[int], kind: str) -> None:
    begin = datetime.fromisoformat("2026-10-30T00:00:00+00:00")
    bounds = [begin + timedelta(seconds=second) for second in (0, *sorted(cuts), 3 * 86400)]
    whole = _text(BOOK, kind, bounds[0], bounds[-1])
    pieces = [_text(BOOK, kind, early, late) for early, late in itertools.pairwise(bounds)]
    assert sorted(whole) == sorted(line for piece in pieces for line in piece)
    assert len(whole) >= 150


async def test_the_same_seed_makes_the_same_file(start: Start, clock: Clock) -> None:
    one, two, other = start(), start(), start(seed=2)
    files = [(await download(api, clock)).content for api in (one, two, other)]
    assert files[0] == files[1] != files[2]


async def test_a_range_is_given_where_it_is_asked_for(api: Client, clock: Clock) -> None:
    whole = await download(api, clock)
    part = await api.http.get(whole.url, headers={"range": "bytes=10-"})
    assert (part.status_code, part.content) == (206, whole.content[10:])
    assert part.headers["content-range"] == f"bytes 10-{len(whole.content) - 1}/{len(whole.content)}"
    beyond = await api.http.get(whole.url, headers={"range": f"bytes={len(whole.content)}-"})
    assert beyond.status_code == 416
    api.sim.faults.ranges = False
    ignored = await api.http.get(whole.url, headers={"range": "bytes=10-"})
    assert (ignored.status_code, ignored.content) == (200, whole.content)


async def test_a_download_breaks_as_often_as_was_asked_for(api: Client, clock: Clock) -> None:
    whole = await download(api, clock)
    api.sim.faults.truncate_at, api.sim.faults.truncations = 1000, 2
    for _ in range(2):
        with pytest.raises(httpx.RemoteProtocolError):
            await api.http.get(whole.url)
    assert (await api.http.get(whole.url)).content == whole.content


async def test_a_wrong_checksum_and_several_members_can_be_asked_for(api: Client, clock: Clock) -> None:
    whole = await download(api, clock)
    api.sim.faults.members = 3
    members = await api.http.get(whole.url)
    assert members.content.count(b"\x1f\x8b\x08\x00\x00\x00\x00\x00") == 3
    assert gzip.decompress(members.content) == gzip.decompress(whole.content)
    api.sim.faults.corrupt = True
    corrupt = await api.http.get(whole.url)
    with pytest.raises((gzip.BadGzipFile, zlib.error)):
        gzip.decompress(corrupt.content)


async def test_an_export_can_be_stuck_for_good(api: Client, clock: Clock) -> None:
    api.sim.faults.stuck = True
    made = await export(api)
    clock.seconds += 1e6
    assert (await api.data(f"exports/{made['id']}"))["attributes"]["status"] == "pending"


@pytest.mark.parametrize(
    ("filters", "status"),
    [
        ({"from": ""}, 422),
        ({"from": "2026-11-01T00:00:00Z"}, 422),
        ({"from": "2026-08-31 23:59:59"}, 422),
        ({"from": "2026-11-02 00:00:00"}, 422),
        ({"to": "2026-11-24 12:00:01"}, 422),
        ({"did_number": 5}, 422),
        ({"voice_out_trunk.id": "5"}, 400),
        ({"source_number": "5"}, 400),
    ],
)
async def test_a_period_or_filter_that_cannot_be_is_refused(api: Client, filters: Any, status: int) -> None:
    response = await api.create("exports", {"export_type": "cdr_in", "filters": DAY | filters})
    assert errors(response, status)
    assert api.sim.exports_made == 0


async def test_this_month_and_the_two_before_it_can_be_exported(api: Client) -> None:
    filters = {"from": "2026-09-01 00:00:00", "to": "2026-11-24 12:00:00"}
    assert (await api.create("exports", {"export_type": "cdr_in", "filters": filters})).status_code == 201


async def test_messages_are_not_exported_in_the_older_version(api: Client) -> None:
    assert errors(await api.create("exports", {"export_type": "sms_in", "filters": DAY}), 422)


async def test_an_export_is_found_by_its_reference(api: Client) -> None:
    attributes = {"export_type": "cdr_in", "filters": DAY, "external_reference_id": "november"}
    made = await api.made("exports", attributes)
    await export(api)
    found = await api.data("exports", **{"filter[external_reference_id]": "november"})
    assert [one["id"] for one in found] == [made["id"]]


async def test_a_file_is_for_its_owner_only(api: Client, clock: Clock) -> None:
    whole = await download(api, clock)
    refused = await api.http.get(whole.url, headers={"api-key": "another"})
    assert refused.status_code == 401
    missing = await api.get("exports/02b5d6e1-7d63-4a5a-9d4c-63b0c0836abd.csv.gz")
    assert (missing.status_code, missing.content) == (404, b"")


async def test_an_account_without_calls_has_files_without_rows(start: Start, clock: Clock) -> None:
    api = start(size=Seed(dids=0, trunks=0, cities=40, calls_per_day=0))
    assert len(_rows(await download(api, clock))) == 1


def _rows(response: httpx.Response) -> list[list[str]]:
    return list(csv.reader(io.StringIO(gzip.decompress(response.content).decode())))


def _text(book: CallBook, kind: str, begin: datetime, end: datetime) -> list[str]:
    return "".join(book.text(kind, "2026-04-16", begin, end, {})).splitlines()[1:]
