"""What can be done with sms: the methods that the API gives each resource."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Never, Unpack

from ..records import sms as declared
from ..records.declaration import Declaration, Nothing
from ..records.inventory import Did
from ..records.scalars import Id
from ..records.sms import (
    SenderIdVerification,
    SenderIdVerificationInclude,
    SenderIdVerificationUpdate,
    SmsTrunk,
    SmsTrunkCreate,
    SmsTrunkFilter,
    SmsTrunkGroup,
    SmsTrunkGroupCreate,
    SmsTrunkGroupFilter,
    SmsTrunkGroupInclude,
    SmsTrunkGroupSort,
    SmsTrunkGroupUpdate,
    SmsTrunkInclude,
    SmsTrunkRegenerateCredentials,
    SmsTrunkRegenerateCredentialsCreate,
    SmsTrunkSort,
    SmsTrunkUpdate,
)
from .base import Creates, Deletes, Gets, Lists, Updates
from .membership import Gathers
from .references import References

__all__ = ["SenderIdVerifications", "SmsTrunkCredentials", "SmsTrunkGroups", "SmsTrunks"]


class SmsTrunks(
    References[SmsTrunk, SmsTrunkFilter, SmsTrunkSort, SmsTrunkInclude],
    Gets[SmsTrunk, SmsTrunkInclude],
    Creates[SmsTrunk],
    Updates[SmsTrunk],
    Deletes[SmsTrunk],
    Gathers[SmsTrunk],
):
    """`didww.sms_trunks`."""

    declaration: ClassVar[Declaration] = declared.sms_trunks

    async def create(self, **values: Unpack[SmsTrunkCreate]) -> SmsTrunk:
        """Create one; what is not named is not sent, and a relationship takes a record or an id."""
        return await self._create(values)

    async def update(self, record: SmsTrunk | str, /, **changes: Unpack[SmsTrunkUpdate]) -> SmsTrunk:
        """Change what is named and nothing else; None is sent as null."""
        return await self._update(record, changes)

    async def add_outgoing_dids(self, trunk: SmsTrunk | str, dids: Sequence[Did | Id], /) -> None:
        """Allow more numbers as the sender. Refused where the trunk allows any (`allow_any_did_as_source`)."""
        await self._add(trunk, "outgoing_dids", dids)


class SmsTrunkGroups(
    References[SmsTrunkGroup, SmsTrunkGroupFilter, SmsTrunkGroupSort, SmsTrunkGroupInclude],
    Gets[SmsTrunkGroup, SmsTrunkGroupInclude],
    Creates[SmsTrunkGroup],
    Updates[SmsTrunkGroup],
    Deletes[SmsTrunkGroup],
    Gathers[SmsTrunkGroup],
):
    """`didww.sms_trunk_groups`."""

    declaration: ClassVar[Declaration] = declared.sms_trunk_groups

    async def create(self, **values: Unpack[SmsTrunkGroupCreate]) -> SmsTrunkGroup:
        """Create one; what is not named is not sent, and a relationship takes a record or an id."""
        return await self._create(values)

    async def update(self, record: SmsTrunkGroup | str, /, **changes: Unpack[SmsTrunkGroupUpdate]) -> SmsTrunkGroup:
        """Change what is named and nothing else; None is sent as null."""
        return await self._update(record, changes)

    async def add_trunks(self, group: SmsTrunkGroup | str, trunks: Sequence[SmsTrunk | Id], /) -> None:
        """Move more trunks into the group; those that are in it stay."""
        await self._add(group, "sms_trunks", trunks)


class SmsTrunkCredentials(Creates[SmsTrunkRegenerateCredentials]):
    """`didww.sms_trunk_regenerate_credentials`."""

    declaration: ClassVar[Declaration] = declared.sms_trunk_regenerate_credentials

    async def create(self, **values: Unpack[SmsTrunkRegenerateCredentialsCreate]) -> SmsTrunkRegenerateCredentials:
        """Create one; what is not named is not sent, and a relationship takes a record or an id."""
        return await self._create(values)


class SenderIdVerifications(
    Lists[SenderIdVerification, Nothing, Never, SenderIdVerificationInclude],
    Gets[SenderIdVerification, SenderIdVerificationInclude],
    Updates[SenderIdVerification],
):
    """`didww.sender_id_verifications`."""

    declaration: ClassVar[Declaration] = declared.sender_id_verifications

    async def update(
        self, record: SenderIdVerification | str, /, **changes: Unpack[SenderIdVerificationUpdate]
    ) -> SenderIdVerification:
        """Change what is named and nothing else; None is sent as null."""
        return await self._update(record, changes)
