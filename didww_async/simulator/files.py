"""The files of exports: made when they are first asked for, and kept while there is room."""

from __future__ import annotations

import asyncio
import json
import zlib
from collections import OrderedDict
from collections.abc import Mapping
from itertools import groupby
from typing import Any, Final

from .cdrs import CallBook
from .rules.exports import moment_of
from .store import Record

__all__ = ["Files"]

_ROOM: Final = 96 * 1024 * 1024


class Files:
    """Compressed files by what they hold. Making one takes time, and does it in a thread."""

    def __init__(self, book: CallBook) -> None:
        self._book = book
        self._kept: OrderedDict[str, bytes] = OrderedDict()

    async def of(self, export: Record, *, members: int = 1) -> bytes:
        """The gzip file of a completed export, of so many members."""
        kind, filters = export.attributes["export_type"], export.attributes["filters"]
        version: str = export.hidden["version"]
        name = json.dumps([kind, version, members, filters], sort_keys=True)
        content = self._kept.pop(name, None)
        if content is None:
            content = await asyncio.to_thread(self._make, kind, version, filters, members)
        self._kept[name] = content
        while len(self._kept) > 1 and sum(map(len, self._kept.values())) > _ROOM:
            self._kept.popitem(last=False)
        return content

    def _make(self, kind: str, version: str, filters: Mapping[str, Any], members: int) -> bytes:
        begin, end = moment_of(filters["from"]), moment_of(filters["to"])
        assert begin is not None
        assert end is not None
        pieces = enumerate(self._book.text(kind, version, begin, end, filters))
        hours = (end - begin).total_seconds() / 3600 + 1
        made: list[bytes] = []
        for _, share in groupby(pieces, key=lambda numbered: int(numbered[0] * members / hours)):
            # gzip's own header and trailer (31), without a time, so that the same rows are the same bytes.
            compressor = zlib.compressobj(1, zlib.DEFLATED, 31)
            made += [compressor.compress(piece.encode()) for _, piece in share]
            made.append(compressor.flush())
        return b"".join(made)
