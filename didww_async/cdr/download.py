"""Download an export's file: streamed, resumed or begun again when it is cut off, checked, moved into place whole."""

from __future__ import annotations

import asyncio
import logging
import os
import random
import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from threading import Event
from typing import BinaryIO, Final, TypeVar
from uuid import uuid4

import attrs

from ..errors import ApiError, CorruptDownload, DidwwError, ProtocolError, TransportError
from ..transport import StreamedAnswer, Transport
from .gunzip import inflate, read_chunks
from .threads import Threads

__all__ = ["Check", "Downloader", "Received", "keep", "place", "unpack"]

ATTEMPTS: Final = 5
"""How often a file is asked for before its download is given up."""
_BUFFER: Final = 1 << 20
_LONGEST: Final = 30.0

_log = logging.getLogger("didww_async")


T = TypeVar("T")
Check = Callable[[], None]
"""Called between the steps of long work; raises where that was cancelled."""
Received = Callable[[int], None]
"""Told how many bytes have come."""


@attrs.define
class _Part:
    """What is here of a file, and what the server said of the whole."""

    path: Path
    size: int = 0
    total: int | None = None
    validator: str | None = None

    def headers(self) -> Mapping[str, str]:
        """The headers that ask for the rest, where the server said that it gives one; else none, for the whole."""
        if self.size and self.validator:
            return {"Range": f"bytes={self.size}-", "If-Range": self.validator}
        return {}


@attrs.frozen
class Downloader:
    """Fetches files of exports through a session's transport; files are written and read in `threads`."""

    transport: Transport
    threads: Threads
    attempts: int = ATTEMPTS
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep

    async def fetch(
        self, url: str, part: Path, finish: Callable[[Path, Check], T], *, received: Received | None = None
    ) -> T:
        """Download to `part`, give that to `finish` in a thread, and return what it returns.

        `part` is gone afterwards, whatever happened, and `received` is told the size of each block. `finish`
        reads the file to its end and raises CorruptDownload where it is not whole, which is then fetched again.

        Raises TransportError or CorruptDownload when the file is cut off or damaged `attempts` times in a row,
        and ApiError: NotFound where the API has deleted the file.
        """
        partial = _Part(part)
        problem: DidwwError = TransportError(f"{url} was not asked for")
        try:
            for attempt in range(1, self.attempts + 1):
                try:
                    await self._continue(url, partial, received)
                    return await self.threads.run_stoppable(lambda check: finish(part, check))
                except CorruptDownload as error:
                    problem = error
                    partial.size = 0
                except (TransportError, ProtocolError) as error:
                    problem = error
                except ApiError as error:
                    if error.status != 416 or not partial.size:
                        raise
                    problem, partial.size = error, 0
                if attempt < self.attempts:
                    wait = min(0.5 * 2**attempt, _LONGEST) * random.random()
                    _log.warning("%s; fetched again in %.1f s (attempt %d)", problem, wait, attempt + 1)
                    await self.sleep(wait)
            raise problem
        finally:
            await self.threads.run(_remove, part)

    async def _continue(self, url: str, part: _Part, received: Received | None) -> None:
        """Add to the part what is missing; TransportError where that was cut off again."""
        async with self.transport.stream(url, headers=part.headers()) as answer:
            if not _continues(answer, part):
                part.size = 0
                part.total = _length(answer)
                part.validator = _validator(answer.headers)
            async with _opened(self.threads, part) as file:
                async for block in _blocks(answer):
                    await self.threads.run(file.write, block)
                    part.size += len(block)
                    if received is not None:
                        received(len(block))
        if part.total is not None and part.size != part.total:
            if part.size > part.total:
                part.size = 0
            raise TransportError(f"{url}: cut off after {part.size:,} of {part.total:,} bytes")


async def _blocks(answer: StreamedAnswer) -> AsyncGenerator[bytes]:
    held: list[bytes] = []
    size = 0
    try:
        async for chunk in answer.chunks():
            held.append(chunk)
            size += len(chunk)
            if size >= _BUFFER:
                yield b"".join(held)
                held, size = [], 0
    except TransportError:
        if held:
            yield b"".join(held)  # what came before the cut need not come again
        raise
    if held:
        yield b"".join(held)


def _continues(answer: StreamedAnswer, part: _Part) -> bool:
    """Whether an answer is the rest of the part, and not the whole file again."""
    if answer.status != 206:
        return False
    found = re.fullmatch(r"bytes (\d+)-(\d+)/(\d+|\*)", answer.headers.get("content-range", ""))
    if found is None or int(found[1]) != part.size:
        raise ProtocolError(
            f"asked for the bytes from {part.size} on, the server gave {answer.headers.get('content-range')!r}"
        )
    return True


def _length(answer: StreamedAnswer) -> int | None:
    length = answer.headers.get("content-length", "")
    return int(length) if length.isdecimal() else None


def _validator(headers: Mapping[str, str]) -> str | None:
    """What names this very content in a later request, where the server gives ranges of it at all."""
    if headers.get("accept-ranges", "").strip().lower() != "bytes":
        return None
    tag = headers.get("etag", "")
    return tag if tag.startswith('"') else headers.get("last-modified")


@asynccontextmanager
async def _opened(threads: Threads, part: _Part) -> AsyncGenerator[BinaryIO]:
    """The part's file, closed at the end even where opening or closing it is what was cancelled."""
    held: list[BinaryIO] = []
    left = Event()

    def hold() -> None:
        file = _open(part.path, part.size)
        held.append(file)
        if left.is_set():  # nobody waits for it any more
            file.close()

    try:
        await threads.run(hold)
        yield held[0]
    finally:
        left.set()
        for file in held:
            try:
                await threads.run(file.close)
            finally:
                file.close()


def _open(path: Path, size: int) -> BinaryIO:
    """A file to write to after its first `size` bytes, whatever else it held."""
    file = path.open("r+b" if size else "wb")
    file.truncate(size)
    file.seek(size)
    return file


def keep(path: Path) -> Callable[[Path, Check], int]:
    """Finish a download by checking it and moving it to `path` as it is; gives its size in bytes."""

    def finish(part: Path, check: Check) -> int:
        for _ in inflate(read_chunks(part), file=path.name):
            check()
        size = part.stat().st_size
        if not size:
            raise CorruptDownload(f"{path.name}: the file is empty. Download it again")
        _sync(part)
        place(part, path)
        return size

    return finish


def unpack(path: Path) -> Callable[[Path, Check], int]:
    """Finish a download by inflating it to `path`, which appears when all is there; gives the CSV's bytes."""

    def finish(part: Path, check: Check) -> int:
        plain = path.with_name(f".{path.name}.{uuid4().hex[:8]}.part")
        try:
            with plain.open("wb") as file:
                for piece in inflate(read_chunks(part), file=path.name):
                    check()
                    file.write(piece)
            _sync(plain)
            size = plain.stat().st_size
            place(plain, path)
        finally:
            plain.unlink(missing_ok=True)
        return size

    return finish


def _sync(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def place(part: Path, path: Path) -> None:
    """Move a finished file into place, so that a crash leaves it whole or not there at all."""
    os.replace(part, path)
    if os.name == "posix":
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)
