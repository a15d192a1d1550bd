"""One budget for all processes of a user on a host, kept in a small file: no server to run."""

from __future__ import annotations

import asyncio
import os
import stat
import struct
import sys
import tempfile
import threading
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from ..errors import ConfigurationError
from .ledger import Ledger, Note, Reservation
from .local import RATE
from .pacer import Pacer

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

__all__ = ["FileRateLimiter"]

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
            _make_private(self._directory)
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
        self._open()

    async def reserve(
        self, now: float, wanted: int, spare: float, notes: Sequence[Note]
    ) -> Sequence[Reservation] | float:
        while True:
            with self._locked() as ledger:
                if ledger is not None:
                    # The lock may have been waited for: the time is what it is now.
                    now = self._clock()
                    for note in notes:
                        ledger.apply(note, now)
                    reserved = ledger.reserve(now, spare, os.getpid())
                    return reserved if isinstance(reserved, float) else [reserved]
            await asyncio.sleep(RETRY)

    async def refuse(self, now: float, retry_after: float | None, spread: float) -> float:
        while True:
            with self._locked() as ledger:
                if ledger is not None:
                    return ledger.refuse(self._clock(), retry_after, spread)
            await asyncio.sleep(RETRY)

    def paused_until(self) -> float:
        # Not locked: one number is read whole, and a pause that begins at this very moment comes too late anyhow.
        return _number(os.pread(self._descriptor, 8, len(MAGIC) + 4 + 16)) if hasattr(os, "pread") else 0.0

    async def sharers(self) -> Sequence[str]:
        while True:
            with self._locked() as ledger:
                if ledger is not None:
                    now = self._clock()
                    return [
                        f"process {holder}: {slots} of the last {ledger.size} requests"
                        for holder, slots in sorted(ledger.holders(now).items())
                        if holder != os.getpid()
                    ]
            await asyncio.sleep(RETRY)

    async def aclose(self, notes: Sequence[Note]) -> None:
        with self._locked() as ledger:
            if ledger is not None:
                for note in notes:
                    ledger.apply(note, self._clock())

    @contextmanager
    def _locked(self) -> Iterator[Ledger | None]:
        """The ledger, to be changed, or None while another process has it."""
        with self._thread_lock:
            self._look_after_file()
            if not _try_lock(self._descriptor):
                yield None
                return
            try:
                ledger = self._read()
                yield ledger
                self._write(ledger)
            finally:
                _unlock(self._descriptor)

    def _look_after_file(self) -> None:
        # A fork shares the lock with its parent, and a file that a cleaner removed is not the others' any more.
        gone = os.fstat(self._descriptor).st_nlink == 0
        if gone or self._process != os.getpid():
            if gone:
                os.close(self._descriptor)
            self._open()
            self._lost = self._lost or gone

    def _open(self) -> None:
        flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
        self._descriptor = os.open(self._path, flags, 0o600)
        self._process = os.getpid()

    def _read(self) -> Ledger:
        os.lseek(self._descriptor, 0, os.SEEK_SET)
        data = os.read(self._descriptor, 65536)
        now = self._clock()
        try:
            ledger = self._decode(data, now)
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

    def _write(self, ledger: Ledger) -> None:
        numbers = self._layout.pack(*ledger.dump())
        os.lseek(self._descriptor, 0, os.SEEK_SET)
        os.write(self._descriptor, MAGIC + _checksum(numbers) + numbers)

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

else:

    def _try_lock(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _unlock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_UN)


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
