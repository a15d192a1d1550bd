"""One budget for all processes of a user on a host, kept in a small file: no server to run."""

from __future__ import annotations

import asyncio
import math
import os
import stat
import struct
import sys
import tempfile
import threading
import time
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from ..errors import ConfigurationError
from .ledger import TAG_BITS, Ledger, Note, Reservation
from .local import RATE
from .pacer import Pacer

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

__all__ = ["FileRateLimiter"]

T = TypeVar("T")

MAGIC = b"didww_async limiter 1\n"
RETRY = 0.0005
"""Seconds after which a lock that somebody holds is tried again; they hold it for some microseconds."""


class FileRateLimiter:
    """Twenty requests a second for all processes of this user on this host that use the same key.

        limiter = FileRateLimiter()
        async with Session(api_key, limiter=limiter) as didww: ...

    - `rate`: requests per second of all processes together; all must give the same.
    - `directory`: where the files are. Default: `didww_async` in `XDG_RUNTIME_DIR`, else a directory of this user in
      the one for temporary files. Containers share a budget if they share this directory and the host's clock.
    - `clock`: seconds, the same for all processes. Default: `time.monotonic`, which is system-wide.

    The files are named by a hash of the key and readable by the user only. A process may die at any moment: the lock
    ends with it, and it takes at most one reserved slot along for a second. Raises ConfigurationError if the
    directory belongs to somebody else or is open to others.
    """

    def __init__(
        self,
        rate: float = RATE,
        *,
        directory: str | os.PathLike[str] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        Ledger(rate)
        self._rate = rate
        self._clock = clock
        self._directory = Path(directory) if directory is not None else _runtime_directory()
        self._bound: dict[str, Pacer] = {}

    def bind(self, digest: str) -> Pacer:
        """The limiter of one key on one host (`key_digest`)."""
        if digest not in self._bound:
            store = _File(self._directory / f"{digest}.limit", self._rate, self._clock)
            self._bound[digest] = Pacer(store, rate=self._rate, clock=self._clock)
        return self._bound[digest]

    def __repr__(self) -> str:
        return f"<FileRateLimiter {self._rate:g} a second in {self._directory}>"


class _File:
    """A ledger in a file: locked, read, changed and written within some microseconds."""

    def __init__(self, path: Path, rate: float, clock: Callable[[], float]) -> None:
        self._path = path
        self._rate = rate
        self._clock = clock
        self._layout = struct.Struct(f"<{Ledger(rate).numbers}d")
        self._thread_lock = threading.Lock()
        self._descriptor = -1
        self._process = 0
        self._lost = False

    async def reserve(
        self, now: float, wanted: int, spare: float, notes: Sequence[Note]
    ) -> Sequence[Reservation] | float:
        def reserve(ledger: Ledger, now: float) -> Reservation | float:
            for note in notes:
                ledger.apply(note, now)
            return ledger.reserve(now, spare, os.getpid())

        reserved = await self._change(reserve)
        return [reserved] if isinstance(reserved, Reservation) else reserved

    async def refuse(self, now: float, retry_after: float | None, spread: float) -> float:
        return await self._change(lambda ledger, now: ledger.refuse(now, retry_after, spread))

    def paused_until(self) -> float:
        # Not locked: one number is read whole, and a pause that begins at this very moment comes too late anyhow.
        return _number(_read(self._descriptor, 8, len(MAGIC) + 4 + 16)) if self._descriptor >= 0 else 0.0

    async def sharers(self) -> Sequence[str]:
        holders = await self._change(Ledger.holders)
        return [
            f"process {holder}: {slots} of the last {math.ceil(self._rate)} requests"
            for holder, slots in sorted(holders.items())
            if holder != os.getpid() % 2**TAG_BITS
        ]

    async def aclose(self, notes: Sequence[Note]) -> None:
        def take(ledger: Ledger, now: float) -> None:
            for note in notes:
                ledger.apply(note, now)

        await self._change(take)

    async def _change(self, change: Callable[[Ledger, float], T]) -> T:
        """Lock, read, `change`, write, unlock. The lock is tried again, not waited for: the loop goes on."""
        while True:
            with self._thread_lock:
                if (ours := not self._stale()) and _try_lock(self._descriptor):
                    try:
                        now = self._clock()
                        ledger = self._load(now)
                        result = change(ledger, now)
                        numbers = self._layout.pack(*ledger.dump())
                        _write(self._descriptor, MAGIC + _checksum(numbers) + numbers)
                    finally:
                        _unlock(self._descriptor)
                    return result
            # Opening is the one thing here that may block.
            await (asyncio.sleep(RETRY) if ours else asyncio.to_thread(self._renew))

    def _stale(self) -> bool:
        # A fork shares its parent's lock, and a file that a cleaner removed is not the others' any more.
        return self._descriptor < 0 or self._process != os.getpid() or os.fstat(self._descriptor).st_nlink == 0

    def _renew(self) -> None:
        with self._thread_lock:
            if not self._stale():
                return
            if self._descriptor >= 0 and self._process == os.getpid():
                self._lost = True
                descriptor, self._descriptor = self._descriptor, -1
                os.close(descriptor)
            self._open()

    def _open(self) -> None:
        _make_private(self._path.parent)
        flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
        self._descriptor = os.open(self._path, flags, 0o600)
        self._process = os.getpid()

    def _load(self, now: float) -> Ledger:
        data = _read(self._descriptor, 65536, 0)
        try:
            ledger = self._decode(data, now)
        except ConfigurationError:
            raise
        except (ValueError, struct.error):
            ledger = Ledger(self._rate)
            self._lost = self._lost or bool(data)
        if self._lost:
            ledger.forget(now)
            self._lost = False
        return ledger

    def _decode(self, data: bytes, now: float) -> Ledger:
        head = len(MAGIC)
        checksum, numbers = data[head : head + 4], data[head + 4 :]
        if data[:head] != MAGIC or checksum != _checksum(numbers):
            raise ValueError("not a limiter's file, or half of one")
        rate = _number(numbers[:8])
        if rate != self._rate:
            due = _number(numbers[8:16])
            if now - 10 < due < now + 10:
                raise ConfigurationError(
                    f"rate={self._rate:g}: another process shares the key at {rate:g} a second; "
                    "give all of them the same rate"
                )
            raise ValueError("left by somebody with another rate")
        ledger = Ledger.load(self._layout.unpack(numbers))
        if not ledger.sane(now):
            raise ValueError("times of another clock")
        return ledger

    def __del__(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)


def _checksum(data: bytes) -> bytes:
    return struct.pack("<I", zlib.crc32(data))


def _number(data: bytes) -> float:
    return float(struct.unpack("<d", data)[0]) if len(data) == 8 else 0.0


if sys.platform == "win32":

    def _try_lock(descriptor: int) -> bool:
        os.lseek(descriptor, 2**20, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _unlock(descriptor: int) -> None:
        os.lseek(descriptor, 2**20, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)

    def _read(descriptor: int, size: int, offset: int) -> bytes:
        os.lseek(descriptor, offset, os.SEEK_SET)
        return os.read(descriptor, size)

    def _write(descriptor: int, data: bytes) -> None:
        os.lseek(descriptor, 0, os.SEEK_SET)
        os.write(descriptor, data)

else:

    def _try_lock(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _unlock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_UN)

    def _read(descriptor: int, size: int, offset: int) -> bytes:
        return os.pread(descriptor, size, offset)

    def _write(descriptor: int, data: bytes) -> None:
        os.pwrite(descriptor, data, 0)


def _runtime_directory() -> Path:
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or tempfile.gettempdir()) / "didww_async"
    if runtime := os.environ.get("XDG_RUNTIME_DIR"):
        return Path(runtime) / "didww_async"
    return Path(tempfile.gettempdir()) / f"didww_async-{os.getuid()}"


def _make_private(directory: Path) -> None:
    try:
        directory.mkdir(mode=0o700, exist_ok=True)
        found = directory.lstat()
    except OSError as error:
        raise ConfigurationError(
            f"the limiter's directory {directory} cannot be made: {error}; give FileRateLimiter another `directory`"
        ) from error
    if sys.platform == "win32":
        return
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o022:
        raise ConfigurationError(
            f"the limiter's directory {directory} must be a directory of this user that nobody else can write to; "
            "give FileRateLimiter another `directory`"
        )
