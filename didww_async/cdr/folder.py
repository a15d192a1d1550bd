"""The folder of a harvest: where files lie, what is done, and who is at work on it.

    kind=in/date=2026-10-01/20261001T000000Z-20261002T000000Z.parquet     one file for each window that has rows
    _harvest/in/20261001T000000Z-20261002T000000Z.json                    its manifest: the window is done
    _harvest/in/20261001T000000Z-20261002T000000Z.asked.json              its export may have been asked for
    _harvest/in/20261001T000000Z-20261002T000000Z.rejects.csv             rows of it that could not be read
    _harvest/folder.json, _harvest/lock, _harvest/tmp/

What begins with `_` or `.` is passed over by DuckDB, Polars, Spark and BigQuery, so that the rest reads as one table.
A data file without a manifest is left over from a crash and is removed by the next harvest.
"""

from __future__ import annotations

import contextlib
import os
import re
import sys
from collections.abc import Generator, Mapping
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO, Final, TypeVar
from uuid import uuid4

import msgspec

from ..errors import HarvestError
from .columns import Kind
from .download import place
from .sinks import Format
from .windows import Window

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

__all__ = ["Asked", "Folder", "Manifest", "Settings"]

_STAMP: Final = "%Y%m%dT%H%M%SZ"
_NAME: Final = re.compile(r"(\d{8}T\d{6}Z)-(\d{8}T\d{6}Z)")

T = TypeVar("T")


class Settings(msgspec.Struct, frozen=True):
    """What a folder holds. A harvest with other settings would mix what must not be mixed."""

    account: str
    format: Format
    filters: Mapping[str, Any] = {}


class Asked(msgspec.Struct, frozen=True):
    """An export that has been asked for, or was about to be, when this was written."""

    reference: str
    at: datetime


class Manifest(msgspec.Struct, frozen=True):
    """What was written of one window. Without rows there is no file.

    `sha256` and `bytes` are of the file, `seconds` is the sum of the durations, `cost` in US dollars. `settled`
    is False where calls of the window may still have been going on: it is fetched anew by the next harvest.
    """

    kind: Kind
    start: datetime
    end: datetime
    settled: bool
    export_id: str
    reference: str
    file: str | None
    rows: int
    rejected: int
    downloaded: int
    bytes: int
    sha256: str
    columns: tuple[str, ...]
    seconds: int
    cost: Decimal
    written_at: datetime

    @property
    def window(self) -> Window:
        """The window that it tells of."""
        return Window(self.start, self.end)


class Folder:
    """One folder of harvested files. Every method reads or writes files: call them from a thread."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.notes: Path = path / "_harvest"
        self.temporary: Path = self.notes / "tmp"

    @contextlib.contextmanager
    def locked(self) -> Generator[None]:
        """Keep others away. Raises HarvestError where another harvest is at work, or the folder is not writable."""
        try:
            self.temporary.mkdir(parents=True, exist_ok=True)
            lock = (self.notes / "lock").open("a+b")
        except OSError as error:
            raise HarvestError(f"{self.path} cannot be written to: {error.strerror}") from error
        with lock:
            if not _take(lock):
                lock.seek(0)
                owner = lock.read(100).decode(errors="replace").strip()
                raise HarvestError(
                    f"another harvest is at work on {self.path} (process {owner or 'unknown'}): wait for it, or "
                    "choose another folder"
                )
            lock.truncate(0)
            lock.write(str(os.getpid()).encode())
            lock.flush()
            yield

    def settle_in(self, wanted: Settings) -> None:
        """Note what the folder holds. Raises HarvestError where it holds something else."""
        note = self.notes / "folder.json"
        found = _read(note, Settings)
        if found is None:
            self._write(note, wanted)
            return
        for name, what in (("format", "files of format"), ("filters", "calls filtered by")):
            if getattr(found, name) != getattr(wanted, name):
                raise HarvestError(
                    f"{self.path} holds {what} {getattr(found, name) or 'nothing'}, and "
                    f"{getattr(wanted, name) or 'nothing'} is asked for: choose another folder"
                )
        if found.account != wanted.account:
            raise HarvestError(
                f"{self.path} was filled with another API key. Give each account its own folder; if it is the same "
                f"account with a new key, delete {note}"
            )

    def sweep(self) -> None:
        """Remove what a crash has left: temporary files, and data files without a manifest."""
        for path in self.temporary.iterdir():
            path.unlink(missing_ok=True)
        known = {self.path / one.file for one in self.manifests() if one.file is not None}
        for path in self.path.glob("kind=*/date=*/*"):
            if _NAME.fullmatch(path.stem) and path not in known:
                path.unlink(missing_ok=True)

    def manifests(self, kind: Kind | None = None) -> list[Manifest]:
        """What is done, of one kind or of all."""
        found = (_read(path, Manifest) for path in sorted(self.notes.glob(f"{kind or '*'}/*.json")) if _whole(path))
        return [one for one in found if one is not None]

    def asked(self, kind: Kind, window: Window) -> Asked | None:
        """The export of a window that an earlier run has, or may have, asked for."""
        return _read(self._note(kind, window, ".asked.json"), Asked)

    def asking(self, kind: Kind, window: Window, asked: Asked) -> None:
        """Note, on disk before this returns, that an export is about to be asked for."""
        self._write(self._note(kind, window, ".asked.json"), asked)

    def scratch(self) -> Path:
        """A new name for a temporary file."""
        return self.temporary / uuid4().hex

    def target(self, kind: Kind, window: Window, format: Format) -> Path:
        """Where the file of a window goes."""
        return self.path / f"kind={kind}" / f"date={window.start:%Y-%m-%d}" / f"{_stem(window)}.{format}"

    def finish(self, manifest: Manifest, data: Path, rejects: Path) -> None:
        """Move what was written of a window into place, in the stead of earlier, unsettled files of that time."""
        kind, window = manifest.kind, manifest.window
        for old in self.manifests(kind):
            if old.window.overlaps(window):
                self._note(kind, old.window, ".json").unlink(missing_ok=True)
                self._note(kind, old.window, ".rejects.csv").unlink(missing_ok=True)
                if old.file is not None:
                    (self.path / old.file).unlink(missing_ok=True)
        if manifest.file is not None:
            target = self.path / manifest.file
            target.parent.mkdir(parents=True, exist_ok=True)
            place(data, target)
        if manifest.rejected:
            place(rejects, self._note(kind, window, ".rejects.csv"))
        self._write(self._note(kind, window, ".json"), manifest)
        self._note(kind, window, ".asked.json").unlink(missing_ok=True)

    def _note(self, kind: Kind, window: Window, ending: str) -> Path:
        return self.notes / kind / f"{_stem(window)}{ending}"

    def _write(self, path: Path, value: msgspec.Struct) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        part = self.scratch()
        try:
            with part.open("wb") as file:
                file.write(msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n")
                file.flush()
                os.fsync(file.fileno())
            place(part, path)
        finally:
            part.unlink(missing_ok=True)


def _read(path: Path, type: type[T]) -> T | None:
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    try:
        return msgspec.json.decode(content, type=type)
    except msgspec.MsgspecError as error:
        raise HarvestError(f"{path} is damaged ({error}): delete it, and its window is fetched again") from None


def _stem(window: Window) -> str:
    return f"{window.start:{_STAMP}}-{window.end:{_STAMP}}"


def _whole(path: Path) -> bool:
    return _NAME.fullmatch(path.stem) is not None


def _take(lock: BinaryIO) -> bool:
    """Take the lock of a file without waiting; the system gives it back when the process ends, however it does."""
    try:
        if sys.platform == "win32":
            msvcrt.locking(lock.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
