"""What can be done with exports: the methods that the API gives them, waiting for their files and reading those."""

from __future__ import annotations

import os
import tempfile
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Never, Unpack, overload
from uuid import uuid4

from ..cdr.exports import DEADLINE, ExportWatch
from ..errors import ConfigurationError
from ..notices import Notices
from ..records import exports as declared
from ..records.declaration import Declaration
from ..records.exports import Export, ExportCreate, ExportFilter, ExportSort, ExportUpdate
from ..transport import Transport
from .base import Creates, Gets, Updates
from .references import References

if TYPE_CHECKING:
    from ..cdr.columns import Row
    from ..cdr.rows import Reject

__all__ = ["Exports"]


class Exports(
    References[Export, ExportFilter, ExportSort, Never], Gets[Export, Never], Creates[Export], Updates[Export]
):
    """`didww.exports`."""

    declaration: ClassVar[Declaration] = declared.exports

    def __init__(self, transport: Transport, version: str) -> None:
        super().__init__(transport, version)
        self.listen(Notices())

    def listen(self, notices: Notices) -> None:
        """From now on, end a wait's interval when one of these notices is of an export."""
        self.watch: ExportWatch = ExportWatch(self, notices)

    async def create(self, **values: Unpack[ExportCreate]) -> Export:
        """Ask for an export. `filters` need `from` and `to`: aware datetimes, or text in UTC; half-open."""
        return await self._create(values)

    async def update(self, record: Export | str, /, **changes: Unpack[ExportUpdate]) -> Export:
        """Change the `external_reference_id`, the only member that can be changed."""
        return await self._update(record, changes)

    @overload
    async def wait(self, exports: Export | str, /, *, deadline: float = ...) -> Export: ...
    @overload
    async def wait(self, exports: Sequence[Export], /, *, deadline: float = ...) -> Sequence[Export]: ...
    async def wait(
        self, exports: Export | str | Sequence[Export], /, *, deadline: float = DEADLINE
    ) -> Export | Sequence[Export]:
        """Wait until the file of an export, or of each of several, can be fetched; the export as it is then.

        Everybody who waits in this session shares the requests, at intervals that grow; a callback that is
        received in this process ends the interval. Raises Timeout after `deadline` seconds, NotFound where
        there is no such export.
        """
        if isinstance(exports, Export | str):
            return await self.watch.ready(exports, deadline=deadline)
        return await self.watch.all_ready(exports, deadline=deadline)

    async def download(self, export: Export | str, path: str | os.PathLike[str]) -> Path:
        """Fetch an export's file to `path`, inflated unless that ends in `.gz`; it appears there when all of it
        has been checked.

        Broken off, it goes on where it was, if the server allows; a damaged file is fetched again. Raises
        CorruptDownload or TransportError when that fails several times in a row, ConfigurationError for an
        export that has no file yet, NotFound where the API has deleted it (a month after completion).
        """
        from ..cdr.download import Downloader, keep, unpack
        from ..cdr.threads import Threads

        target = Path(path)
        url = await self._url(export)
        with Threads() as threads:
            part = target.with_name(f".{target.name}.{uuid4().hex[:8]}.part")
            finish = keep(target) if target.suffix == ".gz" else unpack(target)
            await Downloader(self._transport, threads).fetch(url, part, finish)
        return target

    async def rows(self, export: Export | str, *, reject: Reject | None = None) -> AsyncGenerator[Row]:
        """The typed rows of an export, read from its downloaded file in threads.

        `reject` is called, in a thread, with the RowError of each malformed row, which is raised otherwise.
        """
        from ..cdr.calls import AT_ONCE, read_file
        from ..cdr.columns import kind_of
        from ..cdr.threads import Threads

        record = await self._with_url(export)
        with Threads() as threads:
            folder = await threads.run(partial(tempfile.TemporaryDirectory, prefix="didww-export-"))
            try:
                path = await self.download(record, Path(folder.name) / "export.gz")
                kind = kind_of(record.export_type)
                name = f"{record.export_type} export {record.id}"
                read = partial(read_file, path, kind, file=name, reject=reject, size=AT_ONCE)
                async with aclosing(threads.iterate(read)) as batches:
                    async for batch in batches:
                        for row in batch:
                            yield row
            finally:
                await threads.run(folder.cleanup)

    async def _with_url(self, export: Export | str) -> Export:
        record = export if isinstance(export, Export) and export.loaded().get("url") else await self.get(export)
        if record.url is None:
            raise ConfigurationError(f"export {record.id} is {record.status}: wait for it with exports.wait first")
        return record

    async def _url(self, export: Export | str) -> str:
        return str((await self._with_url(export)).url)
