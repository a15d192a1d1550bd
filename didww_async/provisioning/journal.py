"""A journal of work that must not be done twice: lines that are on the disk before the next step is taken."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any, Final, Self
from uuid import uuid4

import msgspec

from ..errors import ConfigurationError

fcntl: ModuleType | None
try:
    import fcntl
except ImportError:  # pragma: no cover - Windows
    fcntl = None

__all__ = ["Journal"]

FORMAT: Final = "didww_async journal 1"

_ENCODE: Final = msgspec.json.Encoder().encode
_DECODE: Final = msgspec.json.Decoder(dict[str, Any]).decode


class Journal:
    """An append-only file of JSON lines, one process at a time.

    The first line has the journal's `id`, from which references are derived, and the digest of what it is
    for. A line that `write` returned for is on the disk. A process that dies while it writes leaves at most
    an unfinished last line, which is cut off when the journal is opened next: what it tells of had not been
    begun.
    """

    def __init__(self, path: Path, file: int, id: str, lines: list[dict[str, Any]]) -> None:
        self.path = path
        self.id = id
        self.lines = lines
        """What an earlier run wrote, in order, without the first line."""
        self._open_file: int | None = file
        self._lock = threading.Lock()

    @classmethod
    async def open(cls, path: str | os.PathLike[str], digest: str) -> Self:
        """Open or begin the journal at `path` for the work that `digest` names.

        Raises ConfigurationError where the file is no journal, is one of other work, or is in use.
        """
        opening = asyncio.ensure_future(asyncio.to_thread(cls._open, Path(path), digest))
        try:
            return await asyncio.shield(opening)
        except asyncio.CancelledError:
            opening.add_done_callback(cls._unwanted)
            raise

    @staticmethod
    def _unwanted(opening: asyncio.Task[Journal]) -> None:
        if not opening.cancelled() and opening.exception() is None:
            opening.result().close()

    @classmethod
    def _open(cls, path: Path, digest: str) -> Self:
        try:
            file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        except OSError as error:
            raise ConfigurationError(f"the journal {path} cannot be opened: {error.strerror}") from None
        try:
            _lock(file, path)
            lines = _whole_lines(file, path)
            if not lines:
                head = {"format": FORMAT, "id": uuid4().hex, "digest": digest, "begun": _now()}
                _append(file, head)
                _sync_folder(path)
                lines = [head]
            head, *rest = lines
            if head.get("format") != FORMAT or not isinstance(head.get("id"), str):
                raise ConfigurationError(f"{path} is no journal of this library: its first line says otherwise")
            if head.get("digest") != digest:
                raise ConfigurationError(
                    f"the journal {path} is of another plan, or this plan was changed after it was begun. "
                    "Give the plan as it was to finish it, and another journal for another plan"
                )
            return cls(path, file, head["id"], rest)
        except BaseException:
            os.close(file)
            raise

    async def write(self, **line: Any) -> None:
        """Append a line, with the time, and return when it is on the disk."""
        await asyncio.to_thread(self._write, line | {"at": _now()})

    def _write(self, line: Mapping[str, Any]) -> None:
        with self._lock:
            # A writer that was cancelled may come so late that its descriptor is another file's by now.
            if self._open_file is None:
                raise ConfigurationError(f"the journal {self.path} is closed")
            _append(self._open_file, line)

    def close(self) -> None:
        """Close the file; another process may open it then."""
        with self._lock:
            if self._open_file is not None:
                os.close(self._open_file)
            self._open_file = None


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _append(file: int, line: Mapping[str, Any]) -> None:
    size = os.fstat(file).st_size
    data = _ENCODE(line) + b"\n"
    try:
        written = os.write(file, data)
        if written != len(data):
            raise OSError(f"{written} of {len(data)} bytes were written")
        os.fsync(file)
    except OSError:
        # No half of a line may stay in front of the next one.
        os.ftruncate(file, size)
        raise


def _whole_lines(file: int, path: Path) -> list[dict[str, Any]]:
    with os.fdopen(os.dup(file), "rb") as reader:
        reader.seek(0)
        content = reader.read()
    whole, _, torn = content.rpartition(b"\n")
    if torn:
        os.ftruncate(file, len(content) - len(torn))
        os.fsync(file)
    lines: list[dict[str, Any]] = []
    for number, text in enumerate(whole.split(b"\n") if whole else (), start=1):
        try:
            lines.append(_DECODE(text))
        except msgspec.DecodeError as error:
            raise ConfigurationError(
                f"{path}, line {number} is no JSON object ({error}): the file is damaged"
            ) from None
    return lines


def _lock(file: int, path: Path) -> None:
    if fcntl is None:  # pragma: no cover - Windows
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise ConfigurationError(f"the journal {path} is in use by another process") from None


def _sync_folder(path: Path) -> None:
    """The name of a new file is on the disk only when its folder is."""
    if os.name != "posix":  # pragma: no cover - Windows
        return
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
