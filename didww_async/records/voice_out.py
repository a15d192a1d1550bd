"""Trunks that outgoing calls are sent through."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Required, TypedDict

from ..errors import ConfigurationError
from ..versions import V2026_11_19
from .base import UNSET, Component, Meta, Record, component, many, one, read_only, record
from .declaration import Act, Declaration, needed_in
from .enumerations import DefaultDstAction, MediaEncryptionMode, OnCliMismatchAction, VoiceOutTrunkStatus
from .scalars import Between, CallLimit, Id, Longest, Reference

if TYPE_CHECKING:
    from .inventory import Did

__all__ = [
    "CredentialsAndIp",
    "IpOnly",
    "Twilio",
    "VoiceOutTrunk",
    "VoiceOutTrunkCreate",
    "VoiceOutTrunkField",
    "VoiceOutTrunkFilter",
    "VoiceOutTrunkInclude",
    "VoiceOutTrunkMeta",
    "VoiceOutTrunkRegenerateCredentials",
    "VoiceOutTrunkRegenerateCredentialsCreate",
    "VoiceOutTrunkSort",
    "VoiceOutTrunkUpdate",
    "voice_out_trunk_regenerate_credentials",
    "voice_out_trunks",
]


@component
class CredentialsAndIp(Component):
    """Calls are accepted with credentials that the API makes, from the addresses given.

    An update replaces an authentication method as a whole.
    """

    type: ClassVar[str] = "credentials_and_ip"

    allowed_sip_ips: tuple[str, ...] | None = UNSET
    tech_prefix: Annotated[str, Longest(8)] | None = UNSET
    username: str | None = read_only()
    password: str | None = read_only(secret=True)


@component
class IpOnly(Component):
    """Calls are accepted from the addresses given. Neither created nor set through the API."""

    type: ClassVar[str] = "ip_only"

    allowed_sip_ips: tuple[str, ...] | None = read_only()
    tech_prefix: str | None = read_only()


@component
class Twilio(Component):
    """Calls are accepted from a Twilio account."""

    type: ClassVar[str] = "twilio"

    twilio_account_sid: str = UNSET


@component
class VoiceOutTrunkMeta(Meta):
    """What the API says beside a VoiceOutTrunk."""

    spent_amount: Decimal = read_only()


@record
class VoiceOutTrunk(Record):
    """Where outgoing calls come from, and what they may cost.

    `threshold_amount` and `meta.spent_amount` are USD of the billing period; a trunk that has reached the threshold is
    blocked. `dst_prefixes` are the exceptions to `default_dst_action`. `rtp_timeout` is in seconds. With
    `allow_any_did_as_cli` or `emergency_enable_all` the API sees to `dids` or `emergency_dids` itself.
    """

    type: ClassVar[str] = "voice_out_trunks"

    meta: VoiceOutTrunkMeta = read_only()
    name: str
    status: VoiceOutTrunkStatus | str
    external_reference_id: str | None
    capacity_limit: int | None
    allow_any_did_as_cli: bool
    on_cli_mismatch_action: OnCliMismatchAction | str
    default_dst_action: DefaultDstAction | str
    dst_prefixes: tuple[str, ...]
    media_encryption_mode: MediaEncryptionMode | str
    allowed_rtp_ips: tuple[str, ...] | None
    force_symmetric_rtp: bool
    rtp_ping: bool
    rtp_timeout: int
    threshold_amount: Decimal
    callback_url: str | None
    emergency_enable_all: bool
    created_at: datetime
    threshold_reached: bool
    authentication_method: CredentialsAndIp | IpOnly | Twilio
    dids: tuple[Did, ...] = many()
    emergency_dids: tuple[Did, ...] = many()
    default_did: Did | None = one()


VoiceOutTrunkField = Literal[
    "name",
    "status",
    "external_reference_id",
    "capacity_limit",
    "allow_any_did_as_cli",
    "on_cli_mismatch_action",
    "default_dst_action",
    "dst_prefixes",
    "media_encryption_mode",
    "allowed_rtp_ips",
    "force_symmetric_rtp",
    "rtp_ping",
    "rtp_timeout",
    "threshold_amount",
    "callback_url",
    "emergency_enable_all",
    "created_at",
    "threshold_reached",
    "authentication_method",
    "dids",
    "emergency_dids",
]


VoiceOutTrunkFilter = TypedDict(
    "VoiceOutTrunkFilter",
    {
        "allow_any_did_as_cli": "bool",
        "authentication_method.type": "str | Sequence[str]",
        "default_did.id": "Did | Id",
        "default_dst_action": "DefaultDstAction",
        "external_reference_id": "str",
        "id": "VoiceOutTrunk | Id | Sequence[VoiceOutTrunk | Id]",
        "media_encryption_mode": "MediaEncryptionMode",
        "name": "str",
        "name_contains": "str",
        "on_cli_mismatch_action": "OnCliMismatchAction",
        "status": "VoiceOutTrunkStatus",
        "threshold_reached": "bool",
    },
    total=False,
)


VoiceOutTrunkSort = Literal[
    "allow_any_did_as_cli",
    "-allow_any_did_as_cli",
    "created_at",
    "-created_at",
    "external_reference_id",
    "-external_reference_id",
    "name",
    "-name",
    "threshold_reached",
    "-threshold_reached",
]


VoiceOutTrunkInclude = Literal["dids", "emergency_dids"]


class VoiceOutTrunkCreate(TypedDict, total=False):
    """Members of a new VoiceOutTrunk."""

    name: Required[str]
    status: VoiceOutTrunkStatus
    external_reference_id: Reference | None
    capacity_limit: CallLimit | None
    allow_any_did_as_cli: bool
    on_cli_mismatch_action: OnCliMismatchAction
    default_dst_action: DefaultDstAction
    dst_prefixes: Sequence[str]
    media_encryption_mode: MediaEncryptionMode
    allowed_rtp_ips: Sequence[str] | None
    force_symmetric_rtp: bool
    rtp_ping: bool
    rtp_timeout: Annotated[int, Between(30, 600)]
    threshold_amount: Decimal | int
    callback_url: str | None
    emergency_enable_all: bool
    authentication_method: Required[CredentialsAndIp | Twilio]
    default_did: Did | Id | None
    dids: Sequence[Did | Id]
    emergency_dids: Sequence[Did | Id]


class VoiceOutTrunkUpdate(TypedDict, total=False):
    """What may be changed of a VoiceOutTrunk."""

    name: str
    status: VoiceOutTrunkStatus
    external_reference_id: Reference | None
    capacity_limit: CallLimit | None
    allow_any_did_as_cli: bool
    on_cli_mismatch_action: OnCliMismatchAction
    default_dst_action: DefaultDstAction
    dst_prefixes: Sequence[str]
    media_encryption_mode: MediaEncryptionMode
    allowed_rtp_ips: Sequence[str] | None
    force_symmetric_rtp: bool
    rtp_ping: bool
    rtp_timeout: Annotated[int, Between(30, 600)]
    threshold_amount: Decimal | int
    callback_url: str | None
    emergency_enable_all: bool
    authentication_method: CredentialsAndIp | Twilio
    default_did: Did | Id | None
    dids: Sequence[Did | Id]
    emergency_dids: Sequence[Did | Id]


def _assignable(values: Mapping[str, Any], act: Act) -> Mapping[str, Any]:
    for switch, name in (("allow_any_did_as_cli", "dids"), ("emergency_enable_all", "emergency_dids")):
        if values.get(switch) and values.get(name):
            raise ConfigurationError(f"{act} takes no {name!r} with {switch}=True: all numbers are taken then")
    return values


voice_out_trunks: Declaration = Declaration(
    "voice_out_trunks",
    VoiceOutTrunk,
    filter=VoiceOutTrunkFilter,
    sort=VoiceOutTrunkSort,
    include=VoiceOutTrunkInclude,
    create=VoiceOutTrunkCreate,
    update=VoiceOutTrunkUpdate,
    rules=(needed_in(V2026_11_19, "on_cli_mismatch_action"), _assignable),
)


@record
class VoiceOutTrunkRegenerateCredentials(Record):
    """New credentials were made for a trunk: read the trunk again to see them."""

    type: ClassVar[str] = "voice_out_trunk_regenerate_credentials"


class VoiceOutTrunkRegenerateCredentialsCreate(TypedDict, total=False):
    """Members of a new VoiceOutTrunkRegenerateCredentials."""

    voice_out_trunk: Required[VoiceOutTrunk | Id]


voice_out_trunk_regenerate_credentials: Declaration = Declaration(
    "voice_out_trunk_regenerate_credentials",
    VoiceOutTrunkRegenerateCredentials,
    create=VoiceOutTrunkRegenerateCredentialsCreate,
)
