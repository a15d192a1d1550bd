"""What can be done with exports: the methods that the API gives each resource."""

from __future__ import annotations

from typing import Never, Unpack

from ..records import exports as declared
from ..records.exports import Export, ExportCreate, ExportFilter, ExportSort, ExportUpdate
from .base import Creates, Gets, Lists, Updates

__all__ = ["Exports"]


class Exports(
    Lists[Export, ExportFilter, ExportSort, Never], Gets[Export, Never], Creates[Export], Updates[Export]
):
    """`didww.exports`."""

    declaration = declared.exports

    async def create(self, **values: Unpack[ExportCreate]) -> Export:
        """Create one; what is not named is not sent, and a relationship takes a record or an id."""
        return await self._create(values)

    async def update(self, record: Export | str, /, **changes: Unpack[ExportUpdate]) -> Export:
        """Change what is named and nothing else; None is sent as null."""
        return await self._update(record, changes)
