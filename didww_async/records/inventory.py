"""The numbers of the account: what it holds, holds back and has held."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar, Literal, Required, TypedDict

from ..versions import V2026_04_16, V2026_11_19
from .base import Meta, Record, component, one, read_only, record
from .declaration import Declaration, clears_the_other
from .enumerations import DidGroupFeature, DidHistoryAction, DidHistoryMethod
from .scalars import CallLimit, CyclesCount, Id, Number

if TYPE_CHECKING:
    from .capacity import CapacityPool, SharedCapacityGroup
    from .coverage import AvailableDid, DidGroup
    from .emergency import EmergencyCallingService, EmergencyVerification
    from .geography import City, Country, Region
    from .identities import Identity
    from .orders import Order
    from .regulation import AddressVerification
    from .sms import SmsTrunk, SmsTrunkGroup
    from .voice_in import VoiceInTrunk, VoiceInTrunkGroup

__all__ = [
    "Did",
    "DidField",
    "DidFilter",
    "DidHistory",
    "DidHistoryField",
    "DidHistoryFilter",
    "DidHistoryMeta",
    "DidHistorySort",
    "DidInclude",
    "DidReservation",
    "DidReservationCreate",
    "DidReservationField",
    "DidReservationFilter",
    "DidReservationInclude",
    "DidReservationSort",
    "DidSort",
    "DidUpdate",
    "did_history",
    "did_reservations",
    "dids",
]


@record
class Did(Record):
    """A phone number of the account.

    `number` is in E.164 without `+`. `terminated` can be set: True cancels the number, False restores it.
    `billing_cycles_count` are the renewals to come: None renews for ever, 0 lets it go when `expires_at` comes, the end
    of the billing period. `capacity_limit` are calls at a time, None for any. `blocked` numbers carry no traffic.
    """

    type: ClassVar[str] = "dids"

    number: str
    description: str | None
    blocked: bool
    awaiting_registration: bool
    terminated: bool
    emergency_enabled: bool
    capacity_limit: int | None
    channels_included_count: int
    dedicated_channels_count: int
    billing_cycles_count: int | None
    created_at: datetime
    expires_at: datetime | None
    did_group: DidGroup | None = one()
    order: Order | None = one()
    capacity_pool: CapacityPool | None = one()
    shared_capacity_group: SharedCapacityGroup | None = one()
    address_verification: AddressVerification | None = one()
    voice_in_trunk: VoiceInTrunk | None = one()
    voice_in_trunk_group: VoiceInTrunkGroup | None = one()
    emergency_calling_service: EmergencyCallingService | None = one()
    emergency_verification: EmergencyVerification | None = one()
    identity: Identity | None = one()
    sms_trunk: SmsTrunk | None = one(only=V2026_11_19)
    sms_trunk_group: SmsTrunkGroup | None = one(only=V2026_11_19)


DidField = Literal[
    "number",
    "description",
    "blocked",
    "awaiting_registration",
    "terminated",
    "emergency_enabled",
    "capacity_limit",
    "channels_included_count",
    "dedicated_channels_count",
    "billing_cycles_count",
    "created_at",
    "expires_at",
    "did_group",
    "order",
    "capacity_pool",
    "shared_capacity_group",
    "address_verification",
    "voice_in_trunk",
    "voice_in_trunk_group",
    "emergency_calling_service",
    "emergency_verification",
    "identity",
    "sms_trunk",
    "sms_trunk_group",
]


DidFilter = TypedDict(
    "DidFilter",
    {
        "address_verification.id": "AddressVerification | Id | Sequence[AddressVerification | Id]",
        "awaiting_registration": "bool",
        "billing_cycles_count": "int | Sequence[int] | None",
        "blocked": "bool",
        "capacity_pool.id": "CapacityPool | Id | Sequence[CapacityPool | Id]",
        "city.id": "City | Id | Sequence[City | Id]",
        "country.id": "Country | Id | Sequence[Country | Id] | None",
        "description": "str | None",
        "did_group.features": "DidGroupFeature | Sequence[DidGroupFeature]",
        "did_group.id": "DidGroup | Id | Sequence[DidGroup | Id]",
        "emergency_calling_service.id": "EmergencyCallingService | Id | Sequence[EmergencyCallingService | Id]",
        "emergency_enabled": "bool",
        "id": "Did | Id | Sequence[Did | Id]",
        "number": "Number | Sequence[Number]",
        "order.id": "Order | Id | Sequence[Order | Id]",
        "order.reference": "str | Sequence[str]",
        "pending_removal": "bool",
        "region.id": "Region | Id | Sequence[Region | Id]",
        "shared_capacity_group.id": "SharedCapacityGroup | Id | Sequence[SharedCapacityGroup | Id]",
        "sms_trunk.id": "SmsTrunk | Id | Sequence[SmsTrunk | Id]",
        "sms_trunk_group.id": "SmsTrunkGroup | Id | Sequence[SmsTrunkGroup | Id]",
        "terminated": "bool",
        "voice_in_trunk.id": "VoiceInTrunk | Id | Sequence[VoiceInTrunk | Id]",
        "voice_in_trunk_group.id": "VoiceInTrunkGroup | Id | Sequence[VoiceInTrunkGroup | Id]",
    },
    total=False,
)


"""`description` finds what contains it, `did_group.features` what has all of them."""

DidSort = Literal[
    "awaiting_registration",
    "-awaiting_registration",
    "billing_cycles_count",
    "-billing_cycles_count",
    "blocked",
    "-blocked",
    "capacity_limit",
    "-capacity_limit",
    "channels_included_count",
    "-channels_included_count",
    "created_at",
    "-created_at",
    "dedicated_channels_count",
    "-dedicated_channels_count",
    "description",
    "-description",
    "expires_at",
    "-expires_at",
    "number",
    "-number",
    "terminated",
    "-terminated",
]


DidInclude = Literal[
    "did_group",
    "order",
    "capacity_pool",
    "shared_capacity_group",
    "address_verification",
    "voice_in_trunk",
    "voice_in_trunk_group",
    "emergency_calling_service",
    "emergency_verification",
    "identity",
    "sms_trunk",
    "sms_trunk_group",
]


class DidUpdate(TypedDict, total=False):
    """What may be changed of a Did.

    A trunk excludes a trunk group, and a capacity pool a shared capacity group: setting one clears the other.
    `address_verification` and `emergency_calling_service` can only be cleared from API 2026-11-19 on.
    """

    capacity_limit: CallLimit | None
    description: str | None
    terminated: bool
    billing_cycles_count: CyclesCount | None
    dedicated_channels_count: int
    capacity_pool: CapacityPool | Id | None
    shared_capacity_group: SharedCapacityGroup | Id | None
    address_verification: AddressVerification | Id | None
    voice_in_trunk: VoiceInTrunk | Id | None
    voice_in_trunk_group: VoiceInTrunkGroup | Id | None
    emergency_calling_service: EmergencyCallingService | Id | None
    sms_trunk: SmsTrunk | Id | None
    sms_trunk_group: SmsTrunkGroup | Id | None


dids: Declaration = Declaration(
    "dids",
    Did,
    filter=DidFilter,
    sort=DidSort,
    include=DidInclude,
    update=DidUpdate,
    only={
        "filter": {
            "pending_removal": V2026_04_16,
            "sms_trunk.id": V2026_11_19,
            "sms_trunk_group.id": V2026_11_19,
        }
    },
    rules=(
        clears_the_other("voice_in_trunk", "voice_in_trunk_group"),
        clears_the_other("sms_trunk", "sms_trunk_group"),
        clears_the_other("capacity_pool", "shared_capacity_group"),
    ),
)


@record
class DidReservation(Record):
    """A number that is held back until `expires_at`, ten minutes as a rule, to be ordered meanwhile.

    How many more the account may hold is `available_count` in the meta of the list's pages.
    """

    type: ClassVar[str] = "did_reservations"

    description: str | None
    created_at: datetime
    expires_at: datetime
    available_did: AvailableDid | None = one()


DidReservationField = Literal["description", "created_at", "expires_at", "available_did"]


class DidReservationFilter(TypedDict, total=False):
    description: str | None
    id: DidReservation | Id | Sequence[DidReservation | Id]


DidReservationSort = Literal[
    "created_at",
    "-created_at",
    "description",
    "-description",
    "expires_at",
    "-expires_at",
]


DidReservationInclude = Literal["available_did"]


class DidReservationCreate(TypedDict, total=False):
    """Members of a new DidReservation."""

    description: str | None
    available_did: Required[AvailableDid | Id]


did_reservations: Declaration = Declaration(
    "did_reservations",
    DidReservation,
    filter=DidReservationFilter,
    sort=DidReservationSort,
    include=DidReservationInclude,
    create=DidReservationCreate,
)


@component
class DidHistoryMeta(Meta):
    """What the API says beside a DidHistory."""

    from_: str | None = read_only()
    to: str | None = read_only()


@record
class DidHistory(Record):
    """Something that happened to a number within the last 90 days; the API knows and finds nothing older.

    Where a value was changed, `meta.from_` and `meta.to` are the old one and the new one.
    """

    type: ClassVar[str] = "did_history"

    meta: DidHistoryMeta = read_only()
    did_number: str | None
    action: DidHistoryAction | str
    method: DidHistoryMethod | str
    created_at: datetime


DidHistoryField = Literal["did_number", "action", "method", "created_at"]


class DidHistoryFilter(TypedDict, total=False):
    action: DidHistoryAction
    created_at_gteq: datetime
    created_at_lteq: datetime
    did_number: Number
    id: DidHistory | Id | Sequence[DidHistory | Id]
    method: DidHistoryMethod


DidHistorySort = Literal["created_at", "-created_at"]


did_history: Declaration = Declaration("did_history", DidHistory, filter=DidHistoryFilter, sort=DidHistorySort)
