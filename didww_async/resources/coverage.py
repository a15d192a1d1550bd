"""What can be done with coverage: the methods that the API gives each resource."""

from __future__ import annotations

from typing import ClassVar, Never

from ..records import coverage as declared
from ..records.coverage import (
    AvailableDid,
    AvailableDidFilter,
    AvailableDidInclude,
    AvailableDidSort,
    DidGroup,
    DidGroupFilter,
    DidGroupInclude,
    DidGroupSort,
    DidGroupType,
    DidGroupTypeFilter,
    DidGroupTypeSort,
    NanpaPrefix,
    NanpaPrefixFilter,
    NanpaPrefixInclude,
    NanpaPrefixSort,
)
from ..records.declaration import Declaration
from .base import Gets, Lists

__all__ = ["AvailableDids", "DidGroupTypes", "DidGroups", "NanpaPrefixes"]


class DidGroupTypes(Lists[DidGroupType, DidGroupTypeFilter, DidGroupTypeSort, Never], Gets[DidGroupType, Never]):
    """`didww.did_group_types`."""

    declaration: ClassVar[Declaration] = declared.did_group_types


class DidGroups(Lists[DidGroup, DidGroupFilter, DidGroupSort, DidGroupInclude], Gets[DidGroup, DidGroupInclude]):
    """`didww.did_groups`."""

    declaration: ClassVar[Declaration] = declared.did_groups


class NanpaPrefixes(
    Lists[NanpaPrefix, NanpaPrefixFilter, NanpaPrefixSort, NanpaPrefixInclude],
    Gets[NanpaPrefix, NanpaPrefixInclude],
):
    """`didww.nanpa_prefixes`."""

    declaration: ClassVar[Declaration] = declared.nanpa_prefixes


class AvailableDids(
    Lists[AvailableDid, AvailableDidFilter, AvailableDidSort, AvailableDidInclude],
    Gets[AvailableDid, AvailableDidInclude],
):
    """`didww.available_dids`."""

    declaration: ClassVar[Declaration] = declared.available_dids
