"""What can be done with emergency: the methods that the API gives each resource."""

from __future__ import annotations

from typing import ClassVar, Never, Unpack

from ..records import emergency as declared
from ..records.declaration import Declaration
from ..records.emergency import (
    EmergencyCallingService,
    EmergencyCallingServiceFilter,
    EmergencyCallingServiceInclude,
    EmergencyCallingServiceSort,
    EmergencyRequirement,
    EmergencyRequirementFilter,
    EmergencyRequirementInclude,
    EmergencyRequirementValidation,
    EmergencyRequirementValidationCreate,
    EmergencyVerification,
    EmergencyVerificationCreate,
    EmergencyVerificationFilter,
    EmergencyVerificationInclude,
    EmergencyVerificationSort,
    EmergencyVerificationUpdate,
)
from .base import Creates, Deletes, Gets, Lists, Updates
from .references import References

__all__ = [
    "EmergencyCallingServices",
    "EmergencyRequirementValidations",
    "EmergencyRequirements",
    "EmergencyVerifications",
]


class EmergencyRequirements(
    Lists[EmergencyRequirement, EmergencyRequirementFilter, Never, EmergencyRequirementInclude],
    Gets[EmergencyRequirement, EmergencyRequirementInclude],
):
    """`didww.emergency_requirements`."""

    declaration: ClassVar[Declaration] = declared.emergency_requirements


class EmergencyRequirementValidations(Creates[EmergencyRequirementValidation]):
    """`didww.emergency_requirement_validations`."""

    declaration: ClassVar[Declaration] = declared.emergency_requirement_validations

    async def create(self, **values: Unpack[EmergencyRequirementValidationCreate]) -> EmergencyRequirementValidation:
        """Create one; what is not named is not sent, and a relationship takes a record or an id."""
        return await self._create(values)


class EmergencyVerifications(
    References[
        EmergencyVerification,
        EmergencyVerificationFilter,
        EmergencyVerificationSort,
        EmergencyVerificationInclude,
    ],
    Gets[EmergencyVerification, EmergencyVerificationInclude],
    Creates[EmergencyVerification],
    Updates[EmergencyVerification],
):
    """`didww.emergency_verifications`."""

    declaration: ClassVar[Declaration] = declared.emergency_verifications

    async def create(self, **values: Unpack[EmergencyVerificationCreate]) -> EmergencyVerification:
        """Create one; what is not named is not sent, and a relationship takes a record or an id."""
        return await self._create(values)

    async def update(
        self, record: EmergencyVerification | str, /, **changes: Unpack[EmergencyVerificationUpdate]
    ) -> EmergencyVerification:
        """Change what is named and nothing else; None is sent as null."""
        return await self._update(record, changes)


class EmergencyCallingServices(
    Lists[
        EmergencyCallingService,
        EmergencyCallingServiceFilter,
        EmergencyCallingServiceSort,
        EmergencyCallingServiceInclude,
    ],
    Gets[EmergencyCallingService, EmergencyCallingServiceInclude],
    Deletes[EmergencyCallingService],
):
    """`didww.emergency_calling_services`."""

    declaration: ClassVar[Declaration] = declared.emergency_calling_services
