"""What can be done with capacity: the methods that the API gives each resource."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Unpack

from ..records import capacity as declared
from ..records.capacity import (
    CapacityPool,
    CapacityPoolFilter,
    CapacityPoolInclude,
    CapacityPoolSort,
    CapacityPoolUpdate,
    SharedCapacityGroup,
    SharedCapacityGroupCreate,
    SharedCapacityGroupFilter,
    SharedCapacityGroupInclude,
    SharedCapacityGroupSort,
    SharedCapacityGroupUpdate,
)
from ..records.declaration import Declaration
from ..records.inventory import Did
from ..records.scalars import Id
from .base import Creates, Deletes, Gets, Lists, Updates
from .membership import Gathers
from .references import References

__all__ = ["CapacityPools", "SharedCapacityGroups"]


class CapacityPools(
    Lists[CapacityPool, CapacityPoolFilter, CapacityPoolSort, CapacityPoolInclude],
    Gets[CapacityPool, CapacityPoolInclude],
    Updates[CapacityPool],
):
    """`didww.capacity_pools`."""

    declaration: ClassVar[Declaration] = declared.capacity_pools

    async def update(self, record: CapacityPool | str, /, **changes: Unpack[CapacityPoolUpdate]) -> CapacityPool:
        """Change what is named and nothing else; None is sent as null."""
        return await self._update(record, changes)


class SharedCapacityGroups(
    References[SharedCapacityGroup, SharedCapacityGroupFilter, SharedCapacityGroupSort, SharedCapacityGroupInclude],
    Gets[SharedCapacityGroup, SharedCapacityGroupInclude],
    Creates[SharedCapacityGroup],
    Updates[SharedCapacityGroup],
    Deletes[SharedCapacityGroup],
    Gathers[SharedCapacityGroup],
):
    """`didww.shared_capacity_groups`."""

    declaration: ClassVar[Declaration] = declared.shared_capacity_groups

    async def create(self, **values: Unpack[SharedCapacityGroupCreate]) -> SharedCapacityGroup:
        """Create one; what is not named is not sent, and a relationship takes a record or an id."""
        return await self._create(values)

    async def update(
        self, record: SharedCapacityGroup | str, /, **changes: Unpack[SharedCapacityGroupUpdate]
    ) -> SharedCapacityGroup:
        """Change what is named and nothing else; None is sent as null."""
        return await self._update(record, changes)

    async def add_dids(self, group: SharedCapacityGroup | str, dids: Sequence[Did | Id], /) -> None:
        """Let more numbers share the group's channels; those that do already go on doing so."""
        await self._add(group, "dids", dids)
