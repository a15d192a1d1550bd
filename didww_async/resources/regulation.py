"""What can be done with regulation: the methods that the API gives each resource."""

from __future__ import annotations

from typing import ClassVar, Unpack

from ..records import regulation as declared
from ..records.declaration import Declaration
from ..records.regulation import (
    AddressRequirement,
    AddressRequirementFilter,
    AddressRequirementInclude,
    AddressRequirementSort,
    AddressRequirementValidation,
    AddressRequirementValidationCreate,
    AddressVerification,
    AddressVerificationCreate,
    AddressVerificationFilter,
    AddressVerificationInclude,
    AddressVerificationSort,
    AddressVerificationUpdate,
)
from .base import Creates, Gets, Lists, Updates
from .references import References

__all__ = ["AddressRequirementValidations", "AddressRequirements", "AddressVerifications"]


class AddressRequirements(
    Lists[AddressRequirement, AddressRequirementFilter, AddressRequirementSort, AddressRequirementInclude],
    Gets[AddressRequirement, AddressRequirementInclude],
):
    """`didww.address_requirements`."""

    declaration: ClassVar[Declaration] = declared.address_requirements


class AddressRequirementValidations(Creates[AddressRequirementValidation]):
    """`didww.address_requirement_validations`."""

    declaration: ClassVar[Declaration] = declared.address_requirement_validations

    async def create(self, **values: Unpack[AddressRequirementValidationCreate]) -> AddressRequirementValidation:
        """Create one; what is not named is not sent, and a relationship takes a record or an id."""
        return await self._create(values)


class AddressVerifications(
    References[AddressVerification, AddressVerificationFilter, AddressVerificationSort, AddressVerificationInclude],
    Gets[AddressVerification, AddressVerificationInclude],
    Creates[AddressVerification],
    Updates[AddressVerification],
):
    """`didww.address_verifications`."""

    declaration: ClassVar[Declaration] = declared.address_verifications

    async def create(self, **values: Unpack[AddressVerificationCreate]) -> AddressVerification:
        """Create one; what is not named is not sent, and a relationship takes a record or an id."""
        return await self._create(values)

    async def update(
        self, record: AddressVerification | str, /, **changes: Unpack[AddressVerificationUpdate]
    ) -> AddressVerification:
        """Change what is named and nothing else; None is sent as null."""
        return await self._update(record, changes)
