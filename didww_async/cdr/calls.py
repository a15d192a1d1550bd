"""Call records of a range of time as typed rows: exports side by side, read in order, in bounded memory."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar, cast

import attrs

from ..errors import ConfigurationError
from ..limiter import Priority, priority
from ..transport import Transport
from . import arrow
from .columns import KindOf, Row
from .download import Check, Downloader, keep
from .exports import DEADLINE, ExportWatch
from .gunzip import inflate, read_chunks
from .requests import Requests
from .rows import Reject, read_batches
from .threads import Threads
from .windows import Window

if TYPE_CHECKING:
    import pyarrow

__all__ = ["BATCH", "Calls", "Source", "read_file"]

R = TypeVar("R", bound=Row)

BATCH: Final = 4096
"""Rows in a batch."""
AHEAD: Final = 4
"""Files that are fetched before their turn to be read."""


@attrs.frozen
class Source:
    """Where call files come from: one session's exports."""

    transport: Transport
    watch: ExportWatch
    requests: Requests


def read_file(path: Path, kind: KindOf, *, file: str, reject: Reject | None, size: int) -> Iterator[list[Any]]:
    """The rows of a downloaded file in lists of about `size`."""
    held: list[Any] = []
    for batch in read_batches(inflate(read_chunks(path), file=file), kind, file=file, reject=reject):
        held += batch.rows()
        if len(held) >= size:
            yield held
            held = []
    if held:
        yield held


class Calls(Generic[R]):
    """The calls of a range of time, in the order of the windows that it was cut into.

        async for call in didww.cdrs.inbound(start, end): ...

    Nothing is sent before the first call is asked for, and each iteration begins anew. Files are kept in the
    system's temporary folder while they are read.
    """

    def __init__(
        self,
        source: Source,
        kind: KindOf,
        windows: list[tuple[Window, str]],
        filters: Mapping[str, Any],
        *,
        reject: Reject | None,
        deadline: float = DEADLINE,
    ) -> None:
        self._source = source
        self._kind = kind
        self._windows = windows
        self._filters = filters
        self._reject = reject
        self._deadline = deadline

    async def __aiter__(self) -> AsyncGenerator[R]:
        batches = self.batches()
        try:
            async for batch in batches:
                for call in batch:
                    yield call
        finally:
            await batches.aclose()

    async def batches(self, size: int = BATCH) -> AsyncGenerator[list[R]]:
        """The calls in lists of about `size`, which costs less than one by one."""
        if size < 1:
            raise ConfigurationError(f"size must be at least 1; got {size!r}")
        async with self._files() as files:
            async for path, file, threads in files:
                steps = threads.iterate(
                    lambda path=path, file=file: read_file(path, self._kind, file=file, reject=self._reject, size=size)
                )
                async for batch in steps:
                    yield batch

    async def to_arrow(self) -> pyarrow.Table:
        """All calls as one Arrow table: the columns of `cdr.arrow.schema_of`, and unknown ones as strings.

        Raises ConfigurationError where pyarrow is not installed.
        """
        pa = arrow.load_pyarrow()
        batches: list[Any] = []
        async with self._files() as files:
            async for path, file, threads in files:

                def read(check: Check, path: Path = path, file: str = file) -> list[Any]:
                    found: list[Any] = []
                    for batch in arrow.record_batches(path, self._kind, file=file, reject=self._reject):
                        check()
                        found.append(batch)
                    return found

                batches += await threads.run_stoppable(read)
        tables = [pa.Table.from_batches([batch]) for batch in batches]
        return pa.concat_tables([arrow.schema_of(self._kind).empty_table(), *tables], promote_options="default")

    @asynccontextmanager
    async def _files(self) -> AsyncIterator[AsyncIterator[tuple[Path, str, Threads]]]:
        """The windows' files in order: path, what to call it in errors, threads to read it in."""
        async with AsyncExitStack() as stack:
            threads = stack.enter_context(Threads())
            folder = await threads.run(lambda: tempfile.TemporaryDirectory(prefix="didww-cdr-"))
            stack.push_async_callback(threads.run, folder.cleanup)
            stack.enter_context(priority(Priority.BULK))
            fetching = _Fetching(self, Path(folder.name), threads)
            stack.push_async_callback(fetching.cancel)
            yield fetching.files()


class _Fetching:
    """Asks for all exports at once, and fetches a few files ahead of the one that is read."""

    def __init__(self, calls: Calls[Any], folder: Path, threads: Threads) -> None:
        self._calls = calls
        self._folder = folder
        self._threads = threads
        self._ahead = asyncio.Semaphore(AHEAD)
        self._tasks: list[asyncio.Task[Path]] = []

    async def files(self) -> AsyncIterator[tuple[Path, str, Threads]]:
        windows = self._calls._windows
        await self._calls._source.requests.look_up([reference for _, reference in windows])
        ready = [asyncio.Event() for _ in windows]
        for event in ready[:AHEAD]:
            event.set()
        self._tasks = [asyncio.create_task(self._fetch(index, ready[index])) for index in range(len(windows))]
        for index, task in enumerate(self._tasks):
            path = await task
            yield path, f"{self._calls._kind.export_type} of {windows[index][0]}", self._threads
            await self._threads.run(path.unlink)
            if index + AHEAD < len(ready):
                ready[index + AHEAD].set()

    async def _fetch(self, index: int, turn: asyncio.Event) -> Path:
        calls, source = self._calls, self._calls._source
        window, reference = calls._windows[index]
        asked = await source.requests.ask(calls._kind, window, calls._filters, reference, None)
        export = await source.watch.ready(asked, deadline=calls._deadline)
        await turn.wait()
        path = self._folder / f"{index}.gz"
        downloader = Downloader(source.transport, self._threads)
        await downloader.fetch(cast("str", export.url), self._folder / f"{index}.part", keep(path))
        return path

    async def cancel(self) -> None:
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
            for task in self._tasks:
                if not task.cancelled():
                    task.exception()
