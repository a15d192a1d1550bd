"""Wait for exports: however many there are, one poll at growing intervals watches them all.

The API has no state for an export that failed, so every wait has a deadline.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final

from ..errors import (
    BadRequest,
    ConfigurationError,
    NotFound,
    RateLimited,
    ServerError,
    Timeout,
    TransportError,
)
from ..limiter import Priority, priority
from ..notices import Notices, Waiter
from ..records.exports import Export

if TYPE_CHECKING:
    from ..resources.exports import Exports

__all__ = ["DEADLINE", "ExportWatch", "wait_for_exports"]

DEADLINE: Final = 3600.0
"""Seconds that an export is waited for unless told otherwise."""

FIRST, LONGEST = 1.0, 30.0
"""Seconds between polls: the least, and the most however old the export is."""
_GROWTH: Final = 0.2
_AT_ONCE: Final = 100  # ids in one filter: as many as a page holds, and a URL of 4 KB
_PAGES: Final = 20  # of the account's exports, looked through where the filter by id is not taken

_log = logging.getLogger("didww_async")


def completed(export: Export) -> bool:
    """Whether an export's file can be fetched; older API versions write the status with a capital."""
    return export.url is not None and export.status.lower() == "completed"


class ExportWatch:
    """One poll for all exports that are waited for at the moment.

    async with ExportWatch(didww.exports, notices) as watch:
        export = await watch.done(export, deadline=600)
    """

    def __init__(self, resource: Exports, notices: Notices) -> None:
        self._resource = resource
        self._notices = notices
        self._waited: dict[str, asyncio.Future[Export]] = {}
        self._since: dict[str, float] = {}
        self._ids: set[str] = set()
        self._changed = asyncio.Event()
        self._by_filter = True
        self._poller: asyncio.Task[None] | None = None

    async def __aenter__(self) -> ExportWatch:
        self._poller = asyncio.create_task(self._poll(), name="didww exports watched")
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._poller is not None:
            self._poller.cancel()
            await asyncio.wait([self._poller])

    async def done(self, export: Export, deadline: float = DEADLINE) -> Export:
        """The export when its file is ready; Timeout after `deadline` seconds, and what the API answers."""
        if completed(export):
            return export
        loop = asyncio.get_running_loop()
        future = self._waited.setdefault(export.id, loop.create_future())
        self._since.setdefault(export.id, loop.time())
        self._ids.add(export.id)
        self._changed.set()
        try:
            async with asyncio.timeout(deadline):
                return await asyncio.shield(future)
        except TimeoutError:
            raise Timeout(
                f"export {export.id} is not ready after {deadline:g} s. The API has no state for an export that "
                "failed: wait for it again with a longer deadline, or ask for a new one"
            ) from None
        finally:
            if self._waited.get(export.id) is future:
                self._forget(export.id)

    def _forget(self, id: str) -> asyncio.Future[Export] | None:
        self._ids.discard(id)
        self._since.pop(id, None)
        return self._waited.pop(id, None)

    async def _poll(self) -> None:
        with self._notices.waiter("exports", self._ids) as waiter, priority(Priority.BULK):
            while True:
                await self._pause(waiter)
                ids = sorted(self._ids)
                try:
                    found = await self._read(ids)
                except (TransportError, ServerError, RateLimited) as error:
                    _log.warning("exports could not be looked at, which is tried until the deadline: %s", error)
                    continue
                except Exception as error:
                    found = dict.fromkeys(ids, error)
                for id, outcome in found.items():
                    self._settle(id, outcome)

    def _settle(self, id: str, outcome: Export | Exception) -> None:
        if isinstance(outcome, Export) and not completed(outcome):
            return
        future = self._forget(id)
        if future is None or future.done():
            return
        if isinstance(outcome, Export):
            future.set_result(outcome)
        else:
            future.set_exception(outcome)

    async def _pause(self, waiter: Waiter) -> None:
        """Until the next poll is due: the sooner, the younger the youngest export is."""
        while not self._ids:
            self._changed.clear()
            await self._changed.wait()
        age = asyncio.get_running_loop().time() - max(self._since.values())
        seconds = min(max(FIRST, _GROWTH * age), LONGEST)
        await waiter.wait(seconds * random.uniform(0.9, 1.1))

    async def _read(self, ids: Sequence[str]) -> dict[str, Export | Exception]:
        """What became of each of the exports."""
        found: dict[str, Export | Exception] = {}
        if len(ids) > 1 and self._by_filter:
            try:
                for start in range(0, len(ids), _AT_ONCE):
                    some = ids[start : start + _AT_ONCE]
                    async for export in self._resource.list(filter={"id": some}, page_size=_AT_ONCE):
                        found[export.id] = export
            except BadRequest:
                found = {}
            # The documents disagree on whether 2026-04-16 takes a list of ids.
            self._by_filter = any(id in found for id in ids)
        if len(ids) > 1 and not self._by_filter:
            found.update(await self._look_through(set(ids)))
        for id in ids:
            if id not in found:
                try:
                    found[id] = await self._resource.get(id)
                except NotFound as error:
                    found[id] = error
        return {id: found[id] for id in ids}

    async def _look_through(self, ids: set[str]) -> dict[str, Export]:
        """Those of the exports that are among the newest of the account's."""
        found: dict[str, Export] = {}
        pages = 0
        async for page in self._resource.list(sort=["-created_at"], prefetch=1).pages():
            found.update((export.id, export) for export in page.records if export.id in ids)
            pages += 1
            if len(found) == len(ids) or pages >= _PAGES:
                break
        return found


async def wait_for_exports(
    resource: Exports,
    exports: Export | str | Iterable[Export | str],
    *,
    deadline: float = DEADLINE,
    notices: Notices | None = None,
) -> list[Export]:
    """The exports, given as records or ids, when the files of all are ready, in the order given.

    Raises Timeout after `deadline` seconds; ConfigurationError for a deadline that is none.
    """
    if deadline <= 0:
        raise ConfigurationError(f"deadline must be seconds, more than 0; got {deadline!r}")
    given = [exports] if isinstance(exports, Export | str) else list(exports)
    async with ExportWatch(resource, notices or Notices()) as watch:
        waits = [asyncio.create_task(_one(resource, watch, export, deadline)) for export in given]
        try:
            return await asyncio.gather(*waits)
        finally:
            for wait in waits:
                wait.cancel()


async def _one(resource: Exports, watch: ExportWatch, export: Export | str, deadline: float) -> Export:
    if isinstance(export, str):
        export = await resource.get(export)
    return await watch.done(export, deadline)
