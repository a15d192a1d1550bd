"""What can be done with inventory: the methods that the API gives each resource."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Never, Unpack

from ..query import IncludePath
from ..records import inventory as declared
from ..records.declaration import Declaration
from ..records.inventory import (
    Did,
    DidFilter,
    DidHistory,
    DidHistoryFilter,
    DidHistorySort,
    DidInclude,
    DidReservation,
    DidReservationCreate,
    DidReservationFilter,
    DidReservationInclude,
    DidReservationSort,
    DidSort,
    DidUpdate,
)
from .base import Creates, Deletes, Gets, Lists, Updates

__all__ = ["DidHistoryEntries", "DidReservations", "Dids"]


class Dids(Lists[Did, DidFilter, DidSort, DidInclude], Gets[Did, DidInclude], Updates[Did]):
    """`didww.dids`."""

    declaration: ClassVar[Declaration] = declared.dids

    async def by_number(self, number: str, /, *, include: Sequence[DidInclude | IncludePath] = ()) -> Did | None:
        """The account's number in E.164, with or without `+`, spaces and the like; None where it has no such."""
        return await self.list(filter={"number": number}, include=include).first()

    async def update(self, record: Did | str, /, **changes: Unpack[DidUpdate]) -> Did:
        """Change what is named and nothing else; None is sent as null."""
        return await self._update(record, changes)


class DidReservations(
    Lists[DidReservation, DidReservationFilter, DidReservationSort, DidReservationInclude],
    Gets[DidReservation, DidReservationInclude],
    Creates[DidReservation],
    Deletes[DidReservation],
):
    """`didww.did_reservations`."""

    declaration: ClassVar[Declaration] = declared.did_reservations

    async def create(self, **values: Unpack[DidReservationCreate]) -> DidReservation:
        """Create one; what is not named is not sent, and a relationship takes a record or an id."""
        return await self._create(values)


class DidHistoryEntries(Lists[DidHistory, DidHistoryFilter, DidHistorySort, Never], Gets[DidHistory, Never]):
    """`didww.did_history`."""

    declaration: ClassVar[Declaration] = declared.did_history
