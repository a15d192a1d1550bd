"""What can be done with voice out: the methods that the API gives each resource."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Unpack

from ..records import voice_out as declared
from ..records.declaration import Declaration
from ..records.inventory import Did
from ..records.scalars import Id
from ..records.voice_out import (
    VoiceOutTrunk,
    VoiceOutTrunkCreate,
    VoiceOutTrunkFilter,
    VoiceOutTrunkInclude,
    VoiceOutTrunkRegenerateCredentials,
    VoiceOutTrunkRegenerateCredentialsCreate,
    VoiceOutTrunkSort,
    VoiceOutTrunkUpdate,
)
from .base import Creates, Deletes, Gets, Updates
from .membership import Gathers
from .references import References

__all__ = ["VoiceOutTrunkCredentials", "VoiceOutTrunks"]


class VoiceOutTrunks(
    References[VoiceOutTrunk, VoiceOutTrunkFilter, VoiceOutTrunkSort, VoiceOutTrunkInclude],
    Gets[VoiceOutTrunk, VoiceOutTrunkInclude],
    Creates[VoiceOutTrunk],
    Updates[VoiceOutTrunk],
    Deletes[VoiceOutTrunk],
    Gathers[VoiceOutTrunk],
):
    """`didww.voice_out_trunks`."""

    declaration: ClassVar[Declaration] = declared.voice_out_trunks

    async def create(self, **values: Unpack[VoiceOutTrunkCreate]) -> VoiceOutTrunk:
        """Create one; what is not named is not sent, and a relationship takes a record or an id."""
        return await self._create(values)

    async def update(self, record: VoiceOutTrunk | str, /, **changes: Unpack[VoiceOutTrunkUpdate]) -> VoiceOutTrunk:
        """Change what is named and nothing else; None is sent as null."""
        return await self._update(record, changes)

    async def add_dids(self, trunk: VoiceOutTrunk | str, dids: Sequence[Did | Id], /) -> None:
        """Allow more numbers as the trunk's caller id. Refused where it allows any (`allow_any_did_as_cli`)."""
        await self._add(trunk, "dids", dids)

    async def add_emergency_dids(self, trunk: VoiceOutTrunk | str, dids: Sequence[Did | Id], /) -> None:
        """Allow emergency calls from more numbers. Refused where all may (`emergency_enable_all`)."""
        await self._add(trunk, "emergency_dids", dids)


class VoiceOutTrunkCredentials(Creates[VoiceOutTrunkRegenerateCredentials]):
    """`didww.voice_out_trunk_regenerate_credentials`."""

    declaration: ClassVar[Declaration] = declared.voice_out_trunk_regenerate_credentials

    async def create(
        self, **values: Unpack[VoiceOutTrunkRegenerateCredentialsCreate]
    ) -> VoiceOutTrunkRegenerateCredentials:
        """Create one; what is not named is not sent, and a relationship takes a record or an id."""
        return await self._create(values)
