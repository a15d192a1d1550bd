"""Trunks for messages, groups of them and verified sender names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Required, TypedDict

import attrs

from ..versions import V2026_11_19
from .base import UNSET, Component, Meta, Record, component, many, one, read_only, record
from .declaration import Declaration
from .enumerations import SmsHttpBodyType, SmsHttpMethod
from .scalars import Between, Id, Longest, Reference

if TYPE_CHECKING:
    from .inventory import Did

__all__ = [
    "SenderIdVerification",
    "SenderIdVerificationField",
    "SenderIdVerificationInclude",
    "SenderIdVerificationUpdate",
    "SmppEsme",
    "SmppSmsc",
    "SmsHttpIn",
    "SmsHttpOut",
    "SmsToEmail",
    "SmsTrunk",
    "SmsTrunkCreate",
    "SmsTrunkField",
    "SmsTrunkFilter",
    "SmsTrunkGroup",
    "SmsTrunkGroupCreate",
    "SmsTrunkGroupField",
    "SmsTrunkGroupFilter",
    "SmsTrunkGroupInclude",
    "SmsTrunkGroupMeta",
    "SmsTrunkGroupSort",
    "SmsTrunkGroupUpdate",
    "SmsTrunkInclude",
    "SmsTrunkMeta",
    "SmsTrunkRegenerateCredentials",
    "SmsTrunkRegenerateCredentialsCreate",
    "SmsTrunkSort",
    "SmsTrunkUpdate",
    "sender_id_verifications",
    "sms_trunk_groups",
    "sms_trunk_regenerate_credentials",
    "sms_trunks",
]


SmsConfigurationType = Literal["sms_to_email", "http_in", "http_out", "smpp_esme", "smpp_smsc"]


@component
class SmsToEmail(Component):
    """Incoming messages go to an email address."""

    type: ClassVar[str] = "sms_to_email"

    send_to: str = UNSET
    subject: str = UNSET
    message: str = UNSET


@component
class SmsHttpIn(Component):
    """Incoming messages are sent to a URL; with `post` and `put`, `body_type` and `body` say what is sent.

    `{SMS_TEXT}`, `{SMS_SRC_ADDR}`, `{SMS_DST_ADDR}` and `{SMS_TIME}` stand for the message's own in parameters, headers
    and body.
    """

    type: ClassVar[str] = "http_in"

    http_method: SmsHttpMethod | str = UNSET
    url: str = UNSET
    query_parameters: Mapping[str, Any] | None = UNSET
    headers: Mapping[str, Any] | None = UNSET
    follow_redirect: bool = UNSET
    validate_https_certificate: bool = UNSET
    body_type: SmsHttpBodyType | str | None = UNSET
    body: Any = UNSET


@component
class SmsHttpOut(Component):
    """Outgoing messages are taken over HTTP, with credentials that the API makes."""

    type: ClassVar[str] = "http_out"

    callback_url: str | None = UNSET
    allowed_ips: tuple[str, ...] | None = UNSET
    auth_name: str | None = read_only()
    auth_password: str | None = read_only(secret=True)


@component
class SmppEsme(Component):
    """The account connects to DIDWW over SMPP, with credentials that the API makes."""

    type: ClassVar[str] = "smpp_esme"

    system_type: Annotated[str, Longest(12)] | None = UNSET
    allowed_ips: tuple[str, ...] | None = UNSET
    server_location: str = UNSET
    system_id: str = read_only()
    password: str = read_only(secret=True)


@component
class SmppSmsc(Component):
    """DIDWW connects to the account over SMPP. `connection_timeout` is in seconds."""

    type: ClassVar[str] = "smpp_smsc"

    system_id: Annotated[str, Longest(15)] = UNSET
    system_type: Annotated[str, Longest(12)] | None = UNSET
    host: str = UNSET
    tx_port: int = UNSET
    rx_port: int = UNSET
    transceiver_mode: bool = UNSET
    connection_timeout: int = UNSET
    use_ssl: bool = UNSET
    password: Annotated[str, Longest(8)] = attrs.field(default=UNSET, metadata={"secret": True})
    server_location: str = UNSET


@record
class SenderIdVerification(Record):
    """A sender name for outgoing messages. Its other attributes are not published: they are in `extra`."""

    type: ClassVar[str] = "sender_id_verifications"

    name: str
    sms_trunk: SmsTrunk | None = one()


SenderIdVerificationField = Literal["name", "sms_trunk"]

SenderIdVerificationInclude = Literal["sms_trunk"]


class SenderIdVerificationUpdate(TypedDict, total=False):
    """What may be changed of a SenderIdVerification."""

    name: str
    sms_trunk: SmsTrunk | Id | None


sender_id_verifications: Declaration = Declaration(
    "sender_id_verifications",
    SenderIdVerification,
    include=SenderIdVerificationInclude,
    update=SenderIdVerificationUpdate,
    version=V2026_11_19,
)


@component
class SmsTrunkMeta(Meta):
    """What the API says beside a SmsTrunk."""

    host: str = read_only()


@record
class SmsTrunk(Record):
    """Where messages are delivered to or come from. `meta.host`, of http_out only, is where to submit messages."""

    type: ClassVar[str] = "sms_trunks"

    meta: SmsTrunkMeta = read_only()
    name: str
    external_reference_id: str | None
    blocked: bool
    priority: int | None
    allow_any_did_as_source: bool
    allow_in: bool
    allow_out: bool
    created_at: datetime
    updated_at: datetime
    configuration: SmsToEmail | SmsHttpIn | SmsHttpOut | SmppEsme | SmppSmsc
    outgoing_dids: tuple[Did, ...] = many()
    incoming_dids: tuple[Did, ...] = many()
    sms_trunk_group: SmsTrunkGroup | None = one()


SmsTrunkField = Literal[
    "name",
    "external_reference_id",
    "blocked",
    "priority",
    "allow_any_did_as_source",
    "allow_in",
    "allow_out",
    "created_at",
    "updated_at",
    "configuration",
    "outgoing_dids",
    "incoming_dids",
    "sms_trunk_group",
]


SmsTrunkFilter = TypedDict(
    "SmsTrunkFilter",
    {
        "configuration.type": "SmsConfigurationType | Sequence[SmsConfigurationType]",
        "external_reference_id": "str",
        "id": "SmsTrunk | Id | Sequence[SmsTrunk | Id]",
        "name": "str | Sequence[str]",
    },
    total=False,
)


SmsTrunkSort = Literal[
    "allow_in",
    "-allow_in",
    "allow_out",
    "-allow_out",
    "blocked",
    "-blocked",
    "created_at",
    "-created_at",
    "external_reference_id",
    "-external_reference_id",
    "name",
    "-name",
    "priority",
    "-priority",
    "updated_at",
    "-updated_at",
]


SmsTrunkInclude = Literal["outgoing_dids", "incoming_dids", "sms_trunk_group"]


class SmsTrunkCreate(TypedDict, total=False):
    """Members of a new SmsTrunk."""

    name: Required[str]
    external_reference_id: Reference | None
    blocked: bool
    priority: Annotated[int, Between(0, 32767)] | None
    allow_any_did_as_source: bool
    configuration: Required[SmsToEmail | SmsHttpIn | SmsHttpOut | SmppEsme | SmppSmsc]
    outgoing_dids: Sequence[Did | Id]
    sms_trunk_group: SmsTrunkGroup | Id | None


class SmsTrunkUpdate(TypedDict, total=False):
    """What may be changed of a SmsTrunk."""

    name: str
    external_reference_id: Reference | None
    blocked: bool
    priority: Annotated[int, Between(0, 32767)] | None
    allow_any_did_as_source: bool
    configuration: SmsToEmail | SmsHttpIn | SmsHttpOut | SmppEsme | SmppSmsc
    outgoing_dids: Sequence[Did | Id]
    sms_trunk_group: SmsTrunkGroup | Id | None


sms_trunks: Declaration = Declaration(
    "sms_trunks",
    SmsTrunk,
    filter=SmsTrunkFilter,
    sort=SmsTrunkSort,
    include=SmsTrunkInclude,
    create=SmsTrunkCreate,
    update=SmsTrunkUpdate,
    version=V2026_11_19,
)


@component
class SmsTrunkGroupMeta(Meta):
    """What the API says beside a SmsTrunkGroup."""

    sms_trunks_count: int = read_only()


@record
class SmsTrunkGroup(Record):
    """Message trunks that work together."""

    type: ClassVar[str] = "sms_trunk_groups"

    meta: SmsTrunkGroupMeta = read_only()
    name: str
    external_reference_id: str | None
    created_at: datetime
    updated_at: datetime
    sms_trunks: tuple[SmsTrunk, ...] = many()
    incoming_dids: tuple[Did, ...] = many()


SmsTrunkGroupField = Literal["name", "external_reference_id", "created_at", "updated_at", "sms_trunks", "incoming_dids"]


class SmsTrunkGroupFilter(TypedDict, total=False):
    external_reference_id: str
    id: SmsTrunkGroup | Id | Sequence[SmsTrunkGroup | Id]
    name: str | Sequence[str]


SmsTrunkGroupSort = Literal[
    "created_at",
    "-created_at",
    "external_reference_id",
    "-external_reference_id",
    "name",
    "-name",
    "updated_at",
    "-updated_at",
]


SmsTrunkGroupInclude = Literal["sms_trunks", "incoming_dids"]


class SmsTrunkGroupCreate(TypedDict, total=False):
    """Members of a new SmsTrunkGroup."""

    name: Required[str]
    external_reference_id: Reference | None
    sms_trunks: Sequence[SmsTrunk | Id]


class SmsTrunkGroupUpdate(TypedDict, total=False):
    """What may be changed of a SmsTrunkGroup."""

    name: str
    external_reference_id: Reference | None
    sms_trunks: Sequence[SmsTrunk | Id]


sms_trunk_groups: Declaration = Declaration(
    "sms_trunk_groups",
    SmsTrunkGroup,
    filter=SmsTrunkGroupFilter,
    sort=SmsTrunkGroupSort,
    include=SmsTrunkGroupInclude,
    create=SmsTrunkGroupCreate,
    update=SmsTrunkGroupUpdate,
    version=V2026_11_19,
)


@record
class SmsTrunkRegenerateCredentials(Record):
    """New credentials were made for a trunk: read the trunk again to see them."""

    type: ClassVar[str] = "sms_trunk_regenerate_credentials"


class SmsTrunkRegenerateCredentialsCreate(TypedDict, total=False):
    """Members of a new SmsTrunkRegenerateCredentials."""

    sms_trunk: Required[SmsTrunk | Id]


sms_trunk_regenerate_credentials: Declaration = Declaration(
    "sms_trunk_regenerate_credentials",
    SmsTrunkRegenerateCredentials,
    create=SmsTrunkRegenerateCredentialsCreate,
    version=V2026_11_19,
)
