"""A download is whole when it appears, however often it was cut off."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from didww_async.cdr.download import Downloader, keep, unpack
from didww_async.cdr.threads import Threads
from didww_async.errors import AuthenticationError, CorruptDownload, TransportError

from .fake import FakeExports, pieces, session, transport_of, whole

URL = "https://sandbox-api.didww.com/v3/exports/{}.csv.gz"
TEXT = b"".join(b"2026-10-01 00:00:00,%d\r\n" % number for number in range(5000))
FILE = gzip.compress(TEXT)
RANGES = {"accept-ranges": "bytes", "etag": '"one"'}
Answer = Callable[[httpx.Request, bytes], httpx.Response]


async def at_once(seconds: float) -> None:
    """Waiting, without."""


async def download(tmp_path: Path, *answers: Answer, name: str = "calls.csv.gz") -> tuple[bytes, list[httpx.Request]]:
    """What is on disk after these answers, the last of which is repeated, and what was asked."""
    asked: list[httpx.Request] = []

    def file(request: httpx.Request, content: bytes) -> httpx.Response:
        asked.append(request)
        return answers[min(len(asked), len(answers)) - 1](request, FILE)

    api = FakeExports(file=file, exports={"a": {"attributes": {"export_type": "cdr_in", "filters": {
        "from": "2026-10-01 00:00:00", "to": "2026-10-02 00:00:00"}}}})  # fmt: skip
    target = tmp_path / name
    async with session(api) as didww:
        with Threads() as threads:
            finish = keep(target) if name.endswith(".gz") else unpack(target)
            downloader = Downloader(transport_of(didww), threads, sleep=at_once)
            try:
                await downloader.fetch(URL.format("a"), tmp_path / ".part", finish)
            finally:
                assert {path.name for path in tmp_path.iterdir()} <= {name}, "nothing half done stays"
    return target.read_bytes(), asked


def good(request: httpx.Request, content: bytes) -> httpx.Response:
    return whole(content)


def cut(at: int, **headers: str) -> Answer:
    def answer(request: httpx.Request, content: bytes) -> httpx.Response:
        told = {"content-length": str(len(content)), **{k.replace("_", "-"): v for k, v in headers.items()}}
        return httpx.Response(200, content=pieces(content, 100, at), headers=told)

    return answer


def rest(request: httpx.Request, content: bytes) -> httpx.Response:
    start = int(request.headers["range"].removeprefix("bytes=").removesuffix("-"))
    told = {"content-range": f"bytes {start}-{len(content) - 1}/{len(content)}", **RANGES}
    return httpx.Response(206, content=pieces(content[start:]), headers=told)


async def test_a_file_is_kept_as_it_is_or_inflated(tmp_path: Path) -> None:
    assert (await download(tmp_path, good))[0] == FILE
    (tmp_path / "calls.csv.gz").unlink()
    assert (await download(tmp_path, good, name="calls.csv"))[0] == TEXT


async def test_a_file_that_was_cut_off_is_resumed_where_the_server_allows_it(tmp_path: Path) -> None:
    content, asked = await download(tmp_path, cut(3000, **{"accept-ranges": "bytes", "etag": '"one"'}), rest)
    assert content == FILE
    assert asked[1].headers["range"] == "bytes=3000-"
    assert asked[1].headers["if-range"] == '"one"'


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"accept_ranges": "none", "etag": '"one"'},
        {"accept_ranges": "bytes"},
        {"accept_ranges": "bytes", "etag": 'W/"1"'},
    ],
)
async def test_elsewhere_it_is_begun_again(tmp_path: Path, headers: dict[str, str]) -> None:
    content, asked = await download(tmp_path, cut(3000, **headers), good)
    assert content == FILE
    assert "range" not in asked[1].headers


async def test_a_server_that_changed_the_file_meanwhile_gives_all_of_it(tmp_path: Path) -> None:
    content, asked = await download(tmp_path, cut(3000, accept_ranges="bytes", etag='"one"'), good)
    assert content == FILE
    assert "range" in asked[1].headers


async def test_a_range_that_is_not_the_one_asked_for_is_not_taken(tmp_path: Path) -> None:
    def other(request: httpx.Request, content: bytes) -> httpx.Response:
        return httpx.Response(206, content=pieces(content[5:]), headers={"content-range": f"bytes 5-9/{len(content)}"})

    content, _ = await download(tmp_path, cut(3000, accept_ranges="bytes", etag='"one"'), other, good)
    assert content == FILE


async def test_a_range_that_is_refused_is_dropped(tmp_path: Path) -> None:
    def refused(request: httpx.Request, content: bytes) -> httpx.Response:
        return httpx.Response(416 if "range" in request.headers else 500)

    content, asked = await download(tmp_path, cut(3000, accept_ranges="bytes", etag='"one"'), refused, good)
    assert content == FILE
    assert "range" not in asked[2].headers


async def test_three_cuts_are_survived(tmp_path: Path) -> None:
    content, asked = await download(tmp_path, cut(1000), cut(2000), cut(3000), good)
    assert (content, len(asked)) == (FILE, 4)


async def test_a_file_that_is_always_cut_off_is_given_up(tmp_path: Path) -> None:
    with pytest.raises(TransportError, match="cut off"):
        await download(tmp_path, cut(1000))


async def test_a_short_file_without_a_length_is_noticed_by_its_content(tmp_path: Path) -> None:
    def short(request: httpx.Request, content: bytes) -> httpx.Response:
        return httpx.Response(200, content=pieces(content[:-9]))

    assert (await download(tmp_path, short, good))[0] == FILE


async def test_a_wrong_checksum_is_fetched_anew_and_then_given_up(tmp_path: Path) -> None:
    def damaged(request: httpx.Request, content: bytes) -> httpx.Response:
        return whole(content[:-8] + bytes(4) + content[-4:])

    assert (await download(tmp_path, damaged, good))[0] == FILE
    (tmp_path / "calls.csv.gz").unlink()
    with pytest.raises(CorruptDownload, match=r"calls\.csv\.gz"):
        await download(tmp_path, damaged)


async def test_an_empty_file_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(CorruptDownload, match="empty"):
        await download(tmp_path, lambda request, content: whole(b""))


async def test_what_the_api_refuses_is_raised_at_once(tmp_path: Path) -> None:
    def refused(request: httpx.Request, content: bytes) -> httpx.Response:
        return httpx.Response(401)

    with pytest.raises(AuthenticationError):
        await download(tmp_path, refused)


async def test_a_file_that_a_proxy_has_inflated_is_taken(tmp_path: Path) -> None:
    content, _ = await download(tmp_path, lambda request, content: whole(TEXT), name="calls.csv")
    assert content == TEXT
