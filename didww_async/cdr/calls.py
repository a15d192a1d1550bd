"""Call records of a range of time as typed rows: exports side by side, read in order, in bounded memory."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from functools import partial
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

__all__ = ["AT_ONCE", "BATCH", "Calls", "Plan", "read_file"]

R = TypeVar("R", bound=Row)

BATCH: Final = 2048
"""Rows in a batch."""
AT_ONCE: Final = 512
"""Rows that are made at once for one who takes them one by one: so few stay in the processor's cache."""
AHEAD: Final = 4
"""Files that are fetched before their turn to be read."""


@attrs.frozen
class Plan:
    """What is to be read: windows, each with the reference of its export, and where their files come from."""

    transport: Transport
    watch: ExportWatch
    requests: Requests
    kind: KindOf
    windows: Sequence[tuple[Window, str]]
    filters: Mapping[str, Any]
    deadline: float = DEADLINE


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

    def __init__(self, plan: Plan, *, reject: Reject | None) -> None:
        self._plan = plan
        self._reject = reject

    async def __aiter__(self) -> AsyncGenerator[R]:
        async with aclosing(self.batches(AT_ONCE)) as batches:
            async for batch in batches:
                for call in batch:
                    yield call

    async def batches(self, size: int = BATCH) -> AsyncGenerator[list[R]]:
        """The calls in lists of about `size`, which costs less than one by one."""
        if size < 1:
            raise ConfigurationError(f"size must be at least 1; got {size!r}")
        async with self._files() as fetching:
            async for file in fetching.files():
                read = partial(read_file, file.path, file.kind, file=file.name, reject=self._reject, size=size)
                async with aclosing(fetching.threads.iterate(read)) as batches:
                    async for batch in batches:
                        yield batch

    async def to_arrow(self) -> pyarrow.Table:
        """All calls as one Arrow table: the columns of `cdr.arrow.schema_of`, and unknown ones as strings.

        Raises ConfigurationError where pyarrow is not installed.
        """
        batches: list[Any] = []
        async with self._files() as fetching:
            pa = await fetching.threads.run(arrow.load_pyarrow)
            async for file in fetching.files():
                batches += await fetching.threads.run_stoppable(partial(_read_arrow, file, self._reject))
        tables = [pa.Table.from_batches([batch]) for batch in batches]
        none = arrow.schema_of(self._plan.kind).empty_table()
        return cast("pyarrow.Table", pa.concat_tables([none, *tables], promote_options="default"))

    @asynccontextmanager
    async def _files(self) -> AsyncGenerator[_Fetching]:
        async with AsyncExitStack() as stack:
            threads = stack.enter_context(Threads())
            folder = await threads.run(partial(tempfile.TemporaryDirectory, prefix="didww-cdr-"))
            stack.push_async_callback(threads.run, folder.cleanup)
            fetching = _Fetching(self._plan, Path(folder.name), threads)
            stack.push_async_callback(fetching.cancel)
            yield fetching


@attrs.frozen
class _File:
    path: Path
    kind: KindOf
    name: str


def _read_arrow(file: _File, reject: Reject | None, check: Check) -> list[Any]:
    batches: list[Any] = []
    for batch in arrow.record_batches(file.path, file.kind, file=file.name, reject=reject):
        check()
        batches.append(batch)
    return batches


class _Fetching:
    """Asks for all exports at once, and fetches a few files ahead of the one that is read."""

    def __init__(self, plan: Plan, folder: Path, threads: Threads) -> None:
        self.threads = threads
        self._plan = plan
        self._folder = folder
        self._tasks: list[asyncio.Task[Any]] = []

    async def files(self) -> AsyncIterator[_File]:
        """The windows' files in order; each is gone when the next is asked for."""
        windows = self._plan.windows
        looked_up = asyncio.create_task(self._look_up())
        turns = [asyncio.Event() for _ in windows]
        for turn in turns[:AHEAD]:
            turn.set()
        files = [asyncio.create_task(self._fetch(index, looked_up, turn)) for index, turn in enumerate(turns)]
        self._tasks = [looked_up, *files]
        for index, task in enumerate(files):
            path = await task
            yield _File(path, self._plan.kind, f"{self._plan.kind.export_type} of {windows[index][0]}")
            await self.threads.run(path.unlink)
            if index + AHEAD < len(turns):
                turns[index + AHEAD].set()

    async def _look_up(self) -> None:
        with priority(Priority.BULK):
            await self._plan.requests.look_up([reference for _, reference in self._plan.windows])

    async def _fetch(self, index: int, looked_up: asyncio.Task[None], turn: asyncio.Event) -> Path:
        plan = self._plan
        window, reference = plan.windows[index]
        await asyncio.shield(looked_up)
        with priority(Priority.BULK):
            asked = await plan.requests.ask(plan.kind, window, plan.filters, reference, None)
            export = await plan.watch.ready(asked, deadline=plan.deadline)
            await turn.wait()
            path = self._folder / f"{index}.gz"
            downloader = Downloader(plan.transport, self.threads)
            await downloader.fetch(cast("str", export.url), self._folder / f"{index}.part", keep(path))
            return path

    async def cancel(self) -> None:
        """End what is still going on."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
