"""Wait for exports: however many there are, one poll at growing intervals watches them all.

The API has no state for an export that failed, so every wait has a deadline.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from ..errors import BadRequest, ConfigurationError, DidwwError, NotFound, Timeout
from ..notices import Notices
from ..records.exports import Export
from ..watching import Watch

if TYPE_CHECKING:
    from ..resources.exports import Exports

__all__ = ["DEADLINE", "ExportWatch"]

DEADLINE: Final = 3600.0
"""Seconds that an export is waited for unless told otherwise."""
_PAGES: Final = 20
"""Pages of the account's exports that are looked through where the API does not take the filter by ids."""


def _completed(export: Export) -> bool:
    """Whether a file can be fetched; older API versions write the status with a capital."""
    return export.url is not None and export.status.lower() == "completed"


class ExportWatch:
    """Waits for exports of one session; everybody who waits shares its requests."""

    def __init__(self, resource: Exports, notices: Notices) -> None:
        self._resource = resource
        self._watch = Watch("exports", self._ask, notices=notices)
        self._by_ids = True

    async def ready(self, export: Export | str, *, deadline: float = DEADLINE) -> Export:
        """The export when its file can be fetched. Raises Timeout after `deadline` seconds."""
        return (await self.all_ready([export], deadline=deadline))[0]

    async def all_ready(self, exports: Sequence[Export | str], *, deadline: float = DEADLINE) -> list[Export]:
        """The exports, given as records or ids, when the files of all can be fetched, in the order given.

        A callback that is received in this process ends the interval. Raises Timeout after `deadline` seconds,
        NotFound where there is no such export, ConfigurationError for a deadline that is none.
        """
        if not deadline > 0:
            raise ConfigurationError(f"deadline must be a number of seconds above 0; got {deadline!r}")
        tasks = [asyncio.create_task(self._one(export)) for export in exports]
        limit = asyncio.timeout(deadline)
        try:
            async with limit:
                return await asyncio.gather(*tasks)
        except TimeoutError:
            if not limit.expired():
                raise
            left = [_id(export) for export, task in zip(exports, tasks, strict=True) if task.cancelled()]
            raise Timeout(
                f"{len(left)} of {len(tasks)} exports are not ready after {deadline:g} seconds: "
                f"{', '.join(left[:10])}. The API does not tell of an export that failed: wait again, or ask for a "
                "new one"
            ) from None
        finally:
            for task in tasks:
                task.cancel()

    async def _one(self, export: Export | str) -> Export:
        if isinstance(export, Export) and _completed(export):
            return export
        return await self._watch.result(_id(export))

    async def _ask(self, ids: Sequence[str]) -> Mapping[str, Export | DidwwError]:
        """Of these exports, those that are completed or not there."""
        found: dict[str, Export] = {}
        if len(ids) > 1 and self._by_ids:
            with contextlib.suppress(BadRequest):
                found = {export.id: export async for export in self._resource.list(filter={"id": ids})}
            # The documents disagree on whether 2026-04-16 takes a list of ids.
            self._by_ids = any(id in found for id in ids)
        if len(ids) > 1 and not self._by_ids:
            found = await self._look_through(set(ids))
        answers: dict[str, Export | DidwwError] = {id: found[id] for id in ids if id in found and _completed(found[id])}
        for id in set(ids) - found.keys():
            try:
                export = await self._resource.get(id)
            except NotFound as error:
                answers[id] = error
            else:
                if _completed(export):
                    answers[id] = export
        return answers

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


def _id(export: Export | str) -> str:
    return export if isinstance(export, str) else export.id
