"""Inflate a gzip file step by step, and never take a cut-off or damaged one for a whole one.

Every member is read to its end and its CRC and length are checked, one step gives at most `STEP` bytes
however well the file is compressed, and a file that a proxy has inflated on the way is passed on as it is.
`isal` (the extra `fast`) inflates 1.7 times as fast as the standard library; it is used where it is installed.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ..errors import CorruptDownload

if TYPE_CHECKING:
    deflate: Any = zlib
else:
    try:
        from isal import isal_zlib as deflate
    except ImportError:
        deflate = zlib

__all__ = ["MAGIC", "STEP", "inflate", "read_chunks"]

MAGIC: Final = b"\x1f\x8b"
STEP: Final = 1 << 17
"""Bytes that one step of inflation may give: as much as stays in the processor's cache."""
_READ: Final = 1 << 17
_GZIP: Final = 31  # window bits that mean: a gzip header, and a trailer whose CRC and length are checked


def read_chunks(path: Path, size: int = _READ) -> Iterator[bytes]:
    """The bytes of a file, `size` at a time."""
    with path.open("rb", buffering=0) as file:
        while chunk := file.read(size):
            yield chunk


def inflate(chunks: Iterable[bytes], *, file: str, step: int = STEP) -> Iterator[bytes]:
    """The content of the gzip file that `chunks` make up, in pieces of at most `step` bytes.

    `file` names it in errors. A file without the gzip magic is given as it is; one that was compressed a
    second time on its way is inflated twice. Raises `CorruptDownload` when the file ends early, fails a
    checksum, or carries something else behind its last member.
    """
    for _ in range(2):
        packed, chunks = _sniff(chunks)
        if not packed:
            break
        chunks = _members(chunks, file, step)
    return iter(chunks)


def _sniff(chunks: Iterable[bytes]) -> tuple[bool, Iterator[bytes]]:
    source = iter(chunks)
    held: list[bytes] = []
    while sum(map(len, held)) < len(MAGIC) and (chunk := next(source, None)) is not None:
        held.append(chunk)
    return b"".join(held).startswith(MAGIC), chain(held, source)


def _members(chunks: Iterable[bytes], file: str, step: int) -> Iterator[bytes]:
    decoder: Any = None
    seen = 0
    for chunk in chunks:
        seen += len(chunk)
        while chunk:
            if decoder is None:
                chunk = chunk.lstrip(b"\0")  # padding that tape-sized writers leave between members
                if not chunk:
                    break
                decoder = deflate.decompressobj(_GZIP)
            if piece := _step(decoder, chunk, step, file, seen):
                yield piece
            if decoder.eof:
                chunk, decoder = decoder.unused_data, None
            else:
                chunk = decoder.unconsumed_tail
    while decoder is not None and not decoder.eof:
        # All input is in, but the decoder may hold output that went beyond the last step.
        piece = _step(decoder, b"", step, file, seen)
        if not piece and not decoder.eof:
            raise CorruptDownload(f"{file}: the gzip stream is cut off: no end after {seen:,} bytes. Download it again")
        if piece:
            yield piece


def _step(decoder: Any, data: bytes, step: int, file: str, seen: int) -> bytes:
    try:
        piece: bytes = decoder.decompress(data, step)
    except (zlib.error, deflate.error) as error:
        raise CorruptDownload(
            f"{file}: damaged gzip within the first {seen:,} bytes ({error}). Download it again"
        ) from None
    return piece
