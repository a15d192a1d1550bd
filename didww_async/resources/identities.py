"""What can be done with identities: the methods that the API gives each resource."""

from __future__ import annotations

from typing import ClassVar, Unpack

from ..records import identities as declared
from ..records.declaration import Declaration
from ..records.identities import (
    Address,
    AddressCreate,
    AddressFilter,
    AddressInclude,
    AddressSort,
    AddressUpdate,
    Identity,
    IdentityCreate,
    IdentityFilter,
    IdentityInclude,
    IdentitySort,
    IdentityUpdate,
)
from .base import Creates, Deletes, Gets, Updates
from .references import References

__all__ = ["Addresses", "Identities"]


class Identities(
    References[Identity, IdentityFilter, IdentitySort, IdentityInclude],
    Gets[Identity, IdentityInclude],
    Creates[Identity],
    Updates[Identity],
    Deletes[Identity],
):
    """`didww.identities`."""

    declaration: ClassVar[Declaration] = declared.identities

    async def create(self, **values: Unpack[IdentityCreate]) -> Identity:
        """Create one; what is not named is not sent, and a relationship takes a record or an id."""
        return await self._create(values)

    async def update(self, record: Identity | str, /, **changes: Unpack[IdentityUpdate]) -> Identity:
        """Change what is named and nothing else; None is sent as null."""
        return await self._update(record, changes)


class Addresses(
    References[Address, AddressFilter, AddressSort, AddressInclude],
    Gets[Address, AddressInclude],
    Creates[Address],
    Updates[Address],
    Deletes[Address],
):
    """`didww.addresses`."""

    declaration: ClassVar[Declaration] = declared.addresses

    async def create(self, **values: Unpack[AddressCreate]) -> Address:
        """Create one; what is not named is not sent, and a relationship takes a record or an id."""
        return await self._create(values)

    async def update(self, record: Address | str, /, **changes: Unpack[AddressUpdate]) -> Address:
        """Change what is named and nothing else; None is sent as null."""
        return await self._update(record, changes)
