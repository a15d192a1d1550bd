"""Trunks that incoming calls are delivered to, and groups of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Required, TypedDict, get_args

import attrs

from ..errors import ConfigurationError, NotInVersion
from ..versions import V2026_04_16, V2026_11_19
from .base import UNSET, Component, Meta, Record, component, many, one, read_only, record
from .declaration import Act, Declaration
from .enumerations import (
    CliFormat,
    CodecId,
    DiversionInjectMode,
    DiversionRelayPolicy,
    MediaEncryptionMode,
    NetworkProtocolPriority,
    PopCode,
    ReroutingDisconnectCodeId,
    RxDtmfFormatId,
    SstRefreshMethodId,
    StirShakenMode,
    TransportProtocolId,
    TxDtmfFormatId,
)
from .scalars import Between, CallLimit, Digits, Id, Longest, Reference

if TYPE_CHECKING:
    from .geography import Pop

__all__ = [
    "PstnConfiguration",
    "SipConfiguration",
    "VoiceInTrunk",
    "VoiceInTrunkCreate",
    "VoiceInTrunkField",
    "VoiceInTrunkFilter",
    "VoiceInTrunkGroup",
    "VoiceInTrunkGroupCreate",
    "VoiceInTrunkGroupField",
    "VoiceInTrunkGroupFilter",
    "VoiceInTrunkGroupInclude",
    "VoiceInTrunkGroupMeta",
    "VoiceInTrunkGroupSort",
    "VoiceInTrunkGroupUpdate",
    "VoiceInTrunkInclude",
    "VoiceInTrunkSort",
    "VoiceInTrunkUpdate",
    "voice_in_trunk_groups",
    "voice_in_trunks",
]


@component
class SipConfiguration(Component):
    """Delivery to a SIP server. Give what is to be set: on update the other members stay as they are.

    So say the newer description of the API and its behaviour; that of 2026-04-16 says that an update replaces all
    of them, so give every member where that would matter.

    A trunk that registers with DIDWW (`enabled_sip_registration`) has no host and port, and the API makes the
    `incoming_auth_*` credentials. `sip_timer_b` and `dns_srv_failover_timer` are in milliseconds, `rtp_timeout` and
    the `sst_*` timers in seconds. `allowed_rtp_ips` None is any address.
    """

    type: ClassVar[str] = "sip_configurations"

    username: str | None = UNSET
    host: str | None = UNSET
    port: Annotated[int, Between(1, 65535)] | None = UNSET
    codec_ids: tuple[CodecId | int, ...] = UNSET
    rx_dtmf_format_id: RxDtmfFormatId | int | None = UNSET
    tx_dtmf_format_id: TxDtmfFormatId | int | None = UNSET
    resolve_ruri: bool = UNSET
    auth_enabled: bool = UNSET
    auth_user: str | None = UNSET
    auth_password: str | None = attrs.field(default=UNSET, metadata={"secret": True})
    auth_from_user: str | None = UNSET
    auth_from_domain: str | None = UNSET
    sst_enabled: bool = UNSET
    sst_min_timer: Annotated[int, Between(1)] | None = UNSET
    sst_max_timer: int | None = UNSET
    sst_accept_501: bool = UNSET
    sip_timer_b: Annotated[int, Between(1000, 64000)] | None = UNSET
    dns_srv_failover_timer: Annotated[int, Between(1)] | None = UNSET
    rtp_ping: bool | None = UNSET
    rtp_timeout: Annotated[int, Between(5, 600)] | None = UNSET
    force_symmetric_rtp: bool | None = UNSET
    symmetric_rtp_ignore_rtcp: bool | None = UNSET
    rerouting_disconnect_code_ids: tuple[ReroutingDisconnectCodeId | int, ...] | None = UNSET
    sst_session_expires: int | None = UNSET
    sst_refresh_method_id: SstRefreshMethodId | int = UNSET
    transport_protocol_id: TransportProtocolId | int = UNSET
    max_transfers: Annotated[int, Between(0, 8)] = UNSET
    max_30x_redirects: Annotated[int, Between(0, 8)] = UNSET
    media_encryption_mode: MediaEncryptionMode | str = UNSET
    stir_shaken_mode: StirShakenMode | str = UNSET
    allowed_rtp_ips: tuple[str, ...] | None = UNSET
    network_protocol_priority: NetworkProtocolPriority | str = UNSET
    enabled_sip_registration: bool = UNSET
    use_did_in_ruri: bool = UNSET
    diversion_relay_policy: DiversionRelayPolicy | str = UNSET
    diversion_inject_mode: DiversionInjectMode | str = UNSET
    cnam_lookup: bool = UNSET
    incoming_auth_username: str | None = read_only()
    incoming_auth_password: str | None = read_only(secret=True)

    def validate(self) -> None:
        given = self.loaded()
        if given.get("enabled_sip_registration"):
            for name in ("host", "port"):
                if given.get(name) is not None:
                    raise ConfigurationError(
                        f"SipConfiguration: {name!r} and enabled_sip_registration exclude each other: "
                        "a trunk that registers is reached where it registered from"
                    )
        elif given.get("use_did_in_ruri"):
            raise ConfigurationError("SipConfiguration: use_did_in_ruri needs enabled_sip_registration=True")


@component
class PstnConfiguration(Component):
    """Delivery to a phone number, in E.164."""

    type: ClassVar[str] = "pstn_configurations"

    dst: Annotated[str, Digits(15)] | None = UNSET


@record
class VoiceInTrunk(Record):
    """Where incoming calls are delivered: a SIP server or a phone number.

    In a group the lowest `priority` comes first, and `weight` divides calls among equals. `capacity_limit` are calls
    at a time, None for any; `ringing_timeout` is in seconds, None for the API's own. `pop` is a record in API
    2026-04-16 and a code, such as `NYC`, in 2026-11-19; None leaves the choice to DIDWW.
    """

    type: ClassVar[str] = "voice_in_trunks"

    name: str
    description: str | None
    external_reference_id: str | None
    priority: int
    weight: int
    capacity_limit: int | None
    cli_format: CliFormat | str | None
    cli_prefix: str | None
    ringing_timeout: int | None
    created_at: datetime
    configuration: SipConfiguration | PstnConfiguration
    voice_in_trunk_group: VoiceInTrunkGroup | None = one()
    pop: Pop | PopCode | str | None = one(attribute_in=V2026_11_19)


VoiceInTrunkField = Literal[
    "name",
    "description",
    "external_reference_id",
    "priority",
    "weight",
    "capacity_limit",
    "cli_format",
    "cli_prefix",
    "ringing_timeout",
    "created_at",
    "configuration",
    "pop",
    "voice_in_trunk_group",
]


VoiceInTrunkFilter = TypedDict(
    "VoiceInTrunkFilter",
    {
        "configuration.type": "str | Sequence[str]",
        "external_reference_id": "str",
        "id": "VoiceInTrunk | Id | Sequence[VoiceInTrunk | Id]",
        "name": "str | Sequence[str]",
    },
    total=False,
)


VoiceInTrunkSort = Literal[
    "capacity_limit",
    "-capacity_limit",
    "cli_format",
    "-cli_format",
    "cli_prefix",
    "-cli_prefix",
    "created_at",
    "-created_at",
    "description",
    "-description",
    "external_reference_id",
    "-external_reference_id",
    "name",
    "-name",
    "priority",
    "-priority",
    "ringing_timeout",
    "-ringing_timeout",
    "weight",
    "-weight",
]


VoiceInTrunkInclude = Literal["voice_in_trunk_group", "pop"]


class VoiceInTrunkCreate(TypedDict, total=False):
    """Members of a new VoiceInTrunk."""

    name: Required[str]
    description: str | None
    external_reference_id: Reference | None
    priority: Annotated[int, Between(0, 65535)]
    weight: Annotated[int, Between(0, 65535)]
    capacity_limit: CallLimit | None
    cli_format: CliFormat | None
    cli_prefix: Annotated[str, Longest(7)] | None
    ringing_timeout: Annotated[int, Between(1, 32)] | None
    configuration: Required[SipConfiguration | PstnConfiguration]
    voice_in_trunk_group: VoiceInTrunkGroup | Id | None
    pop: Pop | Id | PopCode | None


class VoiceInTrunkUpdate(TypedDict, total=False):
    """What may be changed of a VoiceInTrunk."""

    name: str
    description: str | None
    external_reference_id: Reference | None
    priority: Annotated[int, Between(0, 65535)]
    weight: Annotated[int, Between(0, 65535)]
    capacity_limit: CallLimit | None
    cli_format: CliFormat | None
    cli_prefix: Annotated[str, Longest(7)] | None
    ringing_timeout: Annotated[int, Between(1, 32)] | None
    configuration: SipConfiguration | PstnConfiguration
    voice_in_trunk_group: VoiceInTrunkGroup | Id | None
    pop: Pop | Id | PopCode | None


def _pop_of_the_version(values: Mapping[str, Any], act: Act) -> Mapping[str, Any]:
    pop = values.get("pop")
    if pop is not None and (pop in get_args(PopCode)) != (act.version == V2026_11_19):
        wanted = "a code, such as 'NYC'," if act.version == V2026_11_19 else "a record of pops, or its id,"
        raise NotInVersion(f"{act}: 'pop' must be {wanted} in API version {act.version}; got {pop!r}")
    return values


voice_in_trunks: Declaration = Declaration(
    "voice_in_trunks",
    VoiceInTrunk,
    filter=VoiceInTrunkFilter,
    sort=VoiceInTrunkSort,
    include=VoiceInTrunkInclude,
    create=VoiceInTrunkCreate,
    update=VoiceInTrunkUpdate,
    only={"include": {"pop": V2026_04_16}},
    rules=(_pop_of_the_version,),
)


@component
class VoiceInTrunkGroupMeta(Meta):
    """What the API says beside a VoiceInTrunkGroup."""

    trunks_count: int = read_only()


@record
class VoiceInTrunkGroup(Record):
    """Trunks that share incoming calls by priority and weight."""

    type: ClassVar[str] = "voice_in_trunk_groups"

    meta: VoiceInTrunkGroupMeta = read_only()
    name: str
    capacity_limit: int | None
    external_reference_id: str | None
    created_at: datetime
    voice_in_trunks: tuple[VoiceInTrunk, ...] = many()


VoiceInTrunkGroupField = Literal["name", "capacity_limit", "external_reference_id", "created_at", "voice_in_trunks"]


class VoiceInTrunkGroupFilter(TypedDict, total=False):
    external_reference_id: str
    id: VoiceInTrunkGroup | Id | Sequence[VoiceInTrunkGroup | Id]


VoiceInTrunkGroupSort = Literal[
    "capacity_limit",
    "-capacity_limit",
    "created_at",
    "-created_at",
    "external_reference_id",
    "-external_reference_id",
    "name",
    "-name",
]


VoiceInTrunkGroupInclude = Literal["voice_in_trunks"]


class VoiceInTrunkGroupCreate(TypedDict, total=False):
    """Members of a new VoiceInTrunkGroup."""

    name: Required[str]
    capacity_limit: CallLimit | None
    external_reference_id: Reference | None
    voice_in_trunks: Sequence[VoiceInTrunk | Id]


class VoiceInTrunkGroupUpdate(TypedDict, total=False):
    """What may be changed of a VoiceInTrunkGroup."""

    name: str
    capacity_limit: CallLimit | None
    external_reference_id: Reference | None
    voice_in_trunks: Sequence[VoiceInTrunk | Id]


voice_in_trunk_groups: Declaration = Declaration(
    "voice_in_trunk_groups",
    VoiceInTrunkGroup,
    filter=VoiceInTrunkGroupFilter,
    sort=VoiceInTrunkGroupSort,
    include=VoiceInTrunkGroupInclude,
    create=VoiceInTrunkGroupCreate,
    update=VoiceInTrunkGroupUpdate,
)
