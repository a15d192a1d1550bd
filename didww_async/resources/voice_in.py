"""What can be done with voice in: the methods that the API gives each resource."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Unpack

from ..records import voice_in as declared
from ..records.declaration import Declaration
from ..records.scalars import Id
from ..records.voice_in import (
    VoiceInTrunk,
    VoiceInTrunkCreate,
    VoiceInTrunkFilter,
    VoiceInTrunkGroup,
    VoiceInTrunkGroupCreate,
    VoiceInTrunkGroupFilter,
    VoiceInTrunkGroupInclude,
    VoiceInTrunkGroupSort,
    VoiceInTrunkGroupUpdate,
    VoiceInTrunkInclude,
    VoiceInTrunkSort,
    VoiceInTrunkUpdate,
)
from .base import Creates, Deletes, Gets, Updates
from .membership import Gathers
from .references import References

__all__ = ["VoiceInTrunkGroups", "VoiceInTrunks"]


class VoiceInTrunks(
    References[VoiceInTrunk, VoiceInTrunkFilter, VoiceInTrunkSort, VoiceInTrunkInclude],
    Gets[VoiceInTrunk, VoiceInTrunkInclude],
    Creates[VoiceInTrunk],
    Updates[VoiceInTrunk],
    Deletes[VoiceInTrunk],
):
    """`didww.voice_in_trunks`."""

    declaration: ClassVar[Declaration] = declared.voice_in_trunks

    async def create(self, **values: Unpack[VoiceInTrunkCreate]) -> VoiceInTrunk:
        """Create one; what is not named is not sent, and a relationship takes a record or an id."""
        return await self._create(values)

    async def update(self, record: VoiceInTrunk | str, /, **changes: Unpack[VoiceInTrunkUpdate]) -> VoiceInTrunk:
        """Change what is named and nothing else; None is sent as null."""
        return await self._update(record, changes)


class VoiceInTrunkGroups(
    References[VoiceInTrunkGroup, VoiceInTrunkGroupFilter, VoiceInTrunkGroupSort, VoiceInTrunkGroupInclude],
    Gets[VoiceInTrunkGroup, VoiceInTrunkGroupInclude],
    Creates[VoiceInTrunkGroup],
    Updates[VoiceInTrunkGroup],
    Deletes[VoiceInTrunkGroup],
    Gathers[VoiceInTrunkGroup],
):
    """`didww.voice_in_trunk_groups`."""

    declaration: ClassVar[Declaration] = declared.voice_in_trunk_groups

    async def create(self, **values: Unpack[VoiceInTrunkGroupCreate]) -> VoiceInTrunkGroup:
        """Create one; what is not named is not sent, and a relationship takes a record or an id."""
        return await self._create(values)

    async def update(
        self, record: VoiceInTrunkGroup | str, /, **changes: Unpack[VoiceInTrunkGroupUpdate]
    ) -> VoiceInTrunkGroup:
        """Change what is named and nothing else; None is sent as null."""
        return await self._update(record, changes)

    async def add_trunks(self, group: VoiceInTrunkGroup | str, trunks: Sequence[VoiceInTrunk | Id], /) -> None:
        """Move more trunks into the group; those that are in it stay."""
        await self._add(group, "voice_in_trunks", trunks)
