"""Files of exports over HTTP: whole, in ranges, and as broken as was asked for."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

import attrs

from .account import Account
from .api import Request
from .faults import ConnectionLost, Dice, Faults
from .files import Files
from .problems import Problem

__all__ = ["Download", "Downloads"]

_PIECE: Final = 64 * 1024


@attrs.frozen
class Download:
    """A file on its way out. `ends_at` is where the connection breaks, its length where it does not."""

    status: int
    content: memoryview
    ends_at: int
    headers: dict[str, str]

    async def send(self, send: Callable[[MutableMapping[str, Any]], Awaitable[None]]) -> None:
        """Send it in pieces. Raises ConnectionLost where it is cut off."""
        headers = [(name.encode(), value.encode()) for name, value in self.headers.items()]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        for begin in range(0, self.ends_at, _PIECE):
            piece = bytes(self.content[begin : min(begin + _PIECE, self.ends_at)])
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        if self.ends_at < len(self.content):
            raise ConnectionLost("truncated download")
        await send({"type": "http.response.body", "body": b""})


class Downloads:
    """Finds the file that a request names."""

    def __init__(self, account: Account, files: Files) -> None:
        self._account = account
        self._files = files

    async def download(self, request: Request, faults: Faults, dice: Dice) -> Download:
        """The file of a request. Raises Problem, without a body, where no completed export has it."""
        name = request.path.removeprefix("exports/").removesuffix(".csv.gz")
        exports = self._account.store.table("exports").values()
        export = next((one for one in exports if one.hidden.get("file") == name), None)
        if export is None:
            raise Problem(404, None)
        content = await self._files.of(export, members=faults.members)
        if faults.corrupt:
            content = content[:-8] + bytes(byte ^ 0xFF for byte in content[-8:-4]) + content[-4:]
        headers = {
            "content-type": "application/octet-stream",
            "content-disposition": f'attachment; filename="{name}.csv.gz"',
        }
        status, begin, end = 200, 0, len(content)
        if faults.ranges:
            headers["accept-ranges"] = "bytes"
            asked = _range(request.headers.get("range", ""), len(content))
            if asked is not None:
                status, (begin, end) = 206, asked
                headers["content-range"] = f"bytes {begin}-{end - 1}/{len(content)}"
        piece = memoryview(content)[begin:end]
        headers["content-length"] = str(len(piece))
        return Download(status, piece, dice.cut(len(piece)), headers)


def _range(header: str, length: int) -> tuple[int, int] | None:
    """The one range of a header as begin and end; None where there is none, or none that can be read."""
    found = re.fullmatch(r"bytes=(\d*)-(\d*)", header.strip())
    if found is None or found[0] == "bytes=-":
        return None
    first, last = found[1], found[2]
    if not first:
        return max(0, length - int(last)), length
    begin, end = int(first), min(int(last) + 1 if last else length, length)
    if begin >= length:
        raise Problem(416, None, {"Content-Range": f"bytes */{length}"})
    return (begin, end) if begin < end else None
