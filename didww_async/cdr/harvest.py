"""Fill a folder with the calls of a range of time, window by window, and do only what is missing."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any, Final, Literal, cast

import attrs

from ..errors import (
    CorruptDownload,
    DidwwError,
    HarvestError,
    NotFound,
    ProtocolError,
    RowError,
    ServerError,
    TransportError,
    UnknownOutcome,
)
from ..limiter import Priority, priority
from ..transport import Transport
from .columns import KindOf
from .download import Check, Downloader
from .exports import ExportWatch
from .folder import Asked, Folder, Manifest, Settings
from .requests import Requests
from .sinks import Written, write_rows
from .threads import Threads
from .windows import Window, cut, joined, without

__all__ = ["Harvest", "Harvester", "Job", "Malformed", "Progress"]

Malformed = Literal["raise", "set aside"]

_ASKING: Final = 8
"""Exports that are asked for at once: enough for 20 requests a second, few to look up after a crash."""
_FETCHING: Final = 8
_TOLD: Final = 0.2
"""Seconds between reports of progress."""

# Of one window; the others go on. Anything else ends the harvest.
_FAILURES: Final = (
    CorruptDownload,
    NotFound,
    ProtocolError,
    RowError,
    ServerError,
    TransportError,
    UnknownOutcome,
)


@attrs.frozen
class Progress:
    """How far a harvest is: windows done of all to do, bytes downloaded, rows written, seconds.

    `left` is an estimate of the seconds that remain, None before the first window is done.
    """

    windows: int
    of_windows: int
    bytes: int
    rows: int
    elapsed: float
    left: float | None


@attrs.frozen
class Harvest:
    """What a harvest did. `skipped` windows had been done before; `manifests` are of those done now."""

    manifests: tuple[Manifest, ...]
    skipped: int
    files: tuple[Path, ...]

    @property
    def windows(self) -> int:
        """Windows done now."""
        return len(self.manifests)

    @property
    def rows(self) -> int:
        """Rows written now."""
        return sum(one.rows for one in self.manifests)

    @property
    def rejected(self) -> int:
        """Malformed rows set aside now."""
        return sum(one.rejected for one in self.manifests)

    @property
    def bytes(self) -> int:
        """Bytes written now."""
        return sum(one.bytes for one in self.manifests)

    @property
    def seconds(self) -> int:
        """The durations of the calls written now."""
        return sum(one.seconds for one in self.manifests)

    @property
    def cost(self) -> Decimal:
        """What the calls written now cost, in US dollars."""
        return sum((one.cost for one in self.manifests), Decimal())


@attrs.frozen
class Job:
    """What is to be harvested where."""

    kinds: Sequence[KindOf]
    whole: Window
    folder: Folder
    settings: Settings
    filters: Mapping[str, Any]
    size: timedelta
    malformed: Malformed
    deadline: float


class Harvester:
    """Does one job through a session."""

    def __init__(
        self,
        job: Job,
        *,
        transport: Transport,
        watch: ExportWatch,
        requests: Requests,
        threads: Threads,
        now: Callable[[], datetime],
        on_progress: Callable[[Progress], None] | None,
    ) -> None:
        self.job = job
        self.watch = watch
        self.requests = requests
        self.threads = threads
        self.now = now
        self.downloader: Downloader = Downloader(transport, threads)
        self.on_progress = on_progress
        self.asking: asyncio.Semaphore = asyncio.Semaphore(_ASKING)
        self.fetching: asyncio.Semaphore = asyncio.Semaphore(_FETCHING)
        self.done: list[Manifest] = []
        self.failed: list[tuple[KindOf, Window, DidwwError]] = []
        self.bytes: int = 0
        self.total: int = 0
        self.began: float = time.monotonic()
        self.told: float = self.began

    async def run(self) -> Harvest:
        """Do what is missing, and tell what was done; HarvestError where something could not be."""
        folder = self.job.folder
        lock = folder.locked()
        await self.threads.run(lock.__enter__)
        try:
            return await self._run_locked(folder)
        except OSError as error:
            raise HarvestError(
                f"{error.filename or folder.path} cannot be written: {error.strerror or error}. "
                f"{len(self.done)} windows are finished and stay; make room or give access, and run it again"
            ) from error
        finally:
            await self.threads.run(lock.__exit__, None, None, None)

    async def _run_locked(self, folder: Folder) -> Harvest:
        await self.threads.run(folder.settle_in, self.job.settings)
        await self.threads.run(folder.sweep)
        manifests = await self.threads.run(folder.manifests)
        work = [(kind, window) for kind in self.job.kinds for window in self._missing(kind, manifests)]
        skipped = sum(one.settled and one.window.overlaps(self.job.whole) for one in manifests)
        self.total = len(work)
        self._tell(force=True)
        await self._all(work)
        if self.failed:
            told = "; ".join(f"{kind.name}, {window}: {error}" for kind, window, error in self.failed[:5])
            raise HarvestError(
                f"{len(self.failed)} of {self.total} windows failed, the others are finished and stay. "
                f"Run it again for what is missing. {told}"
            ) from self.failed[0][2]
        done = sorted(self.done, key=lambda one: (one.kind, one.start))
        files = tuple(folder.path / one.file for one in done if one.file is not None)
        return Harvest(tuple(done), skipped, files)

    def _missing(self, kind: KindOf, manifests: Sequence[Manifest]) -> list[Window]:
        """What is not done, cut into windows. One that was open when it was fetched is done anew, whole."""
        mine = [one for one in manifests if one.kind == kind.name]
        whole = joined(self.job.whole, [one.window for one in mine if not one.settled])
        parts = without(whole, [one.window for one in mine if one.settled])
        return [window for part in parts for window in cut(part, self.job.size)]

    async def _all(self, work: Sequence[tuple[KindOf, Window]]) -> None:
        now = self.now()
        references = {
            item: self.requests.reference(*item, self.job.filters, None if item[1].settled(now) else now)
            for item in work
        }
        with priority(Priority.BULK):
            await self.requests.look_up(list(references.values()))
            tasks = [asyncio.create_task(self._window(*item, references[item], now)) for item in work]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _window(self, kind: KindOf, window: Window, reference: str, now: datetime) -> None:
        try:
            async with self.asking:
                asked = await self.threads.run(self.job.folder.asked, kind.name, window)
                before = asked.at if asked is not None and asked.reference == reference else None
                if before is None:
                    note = Asked(reference, self.now())
                    await self.threads.run(self.job.folder.asking, kind.name, window, note)
                export = await self.requests.ask(kind, window, self.job.filters, reference, before)
            export = await self.watch.ready(export, deadline=self.job.deadline)
            async with self.fetching:
                finish = partial(self._write, kind, window, export.id, reference, window.settled(now))
                part = self.job.folder.scratch()
                manifest = await self.downloader.fetch(cast("str", export.url), part, finish, received=self._received)
        except _FAILURES as error:
            self.failed.append((kind, window, error))
        else:
            self.done.append(manifest)
            self._tell(force=True)

    def _write(
        self, kind: KindOf, window: Window, export_id: str, reference: str, settled: bool, part: Path, check: Check
    ) -> Manifest:
        """Write the rows of a downloaded file and put them in their place; runs in a thread."""
        folder, format = self.job.folder, self.job.settings.format
        data, rejects = folder.scratch(), folder.scratch()
        try:
            written: Written = write_rows(
                part,
                data,
                kind,
                format,
                file=f"{kind.export_type} of {window}",
                rejects=rejects if self.job.malformed == "set aside" else None,
                check=check,
            )
            target = folder.target(kind.name, window, format)
            manifest = Manifest(
                kind=kind.name,
                start=window.start,
                end=window.end,
                settled=settled,
                export_id=export_id,
                reference=reference,
                file=target.relative_to(folder.path).as_posix() if written.rows else None,
                rows=written.rows,
                rejected=written.rejected,
                downloaded=part.stat().st_size,
                bytes=written.bytes,
                sha256=written.sha256,
                columns=written.columns,
                seconds=written.seconds,
                cost=written.cost,
                written_at=self.now(),
            )
            folder.finish(manifest, data, rejects)
        finally:
            data.unlink(missing_ok=True)
            rejects.unlink(missing_ok=True)
        return manifest

    def _received(self, size: int) -> None:
        self.bytes += size
        self._tell()

    def _tell(self, *, force: bool = False) -> None:
        if self.on_progress is None:
            return
        now = time.monotonic()
        if not force and now - self.told < _TOLD:
            return
        self.told = now
        done, elapsed = len(self.done), now - self.began
        left = elapsed / done * (self.total - done) if done else None
        rows = sum(one.rows for one in self.done)
        self.on_progress(Progress(done, self.total, self.bytes, rows, elapsed, left))
