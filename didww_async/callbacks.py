"""Verify and parse the webhooks that DIDWW sends: pure, without a web framework.

DIDWW signs the URL that was registered, and the names and values that it sends, with HMAC-SHA1 and the
account's callback secret. Three things follow from its ways, and whoever handles an event should know them:

* A delivery carries no time and no number, so it can come twice: handlers must bear that.
* Names and values are signed run together, and the signature does not say where one ends. What would let a
  text be cut elsewhere is refused here as far as it can be told; read the record itself before money depends
  on it.
* What is not answered with 200 within 60 seconds is sent again, ten times in all within four days.

Facts: DIDWW's «Callbacks Details» and the `callbacks` part of its API description.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, ClassVar, Final, Literal
from urllib.parse import unquote_plus

import attrs
import msgspec

from .errors import ConfigurationError, InvalidCallback
from .records.enumerations import VoiceOutTrunkStatus

__all__ = [
    "SIGNATURE_HEADER",
    "AddressVerificationEvent",
    "CallbackEvent",
    "CallbackVerifier",
    "EmergencyVerificationEvent",
    "ExportEvent",
    "OrderEvent",
    "UnknownEvent",
    "VoiceOutTrunkEvent",
]

SIGNATURE_HEADER: Final = "X-DIDWW-Signature"

Members = Mapping[str, str]

_SIGNATURE: Final = re.compile(r"[0-9a-f]{40}")
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_TYPE: Final = re.compile(r"[a-z0-9_]+")
_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
# An event has seven members at most; the bound keeps a hostile query from costing more than a few hashes.
_MOST_MEMBERS: Final = 32


def _truth(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError
    return text == "true"


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


_READ: Final[Mapping[str, Callable[[str], Any]]] = {"threshold_reached": _truth, "created_at": _moment}
# Callbacks of address verifications have the name in the singular.
_ALSO_SENT_AS: Final = {"reject_reasons": "reject_reason"}


@attrs.frozen(kw_only=True)
class _Event:
    """What the events of known types have: `id` of the record, its `status`, and `extra` unknown members."""

    type: ClassVar[str]
    settled: ClassVar[tuple[str, ...]]

    id: str
    extra: Members = attrs.field(factory=dict[str, str])


@attrs.frozen(kw_only=True)
class OrderEvent(_Event):
    """An order left `pending`."""

    type: ClassVar[Literal["orders"]] = "orders"
    settled: ClassVar[tuple[str, ...]] = ("completed", "canceled")

    status: Literal["completed", "canceled"] | str


@attrs.frozen(kw_only=True)
class ExportEvent(_Event):
    """The file of an export is ready at `url`, which API versions before 2026-04-16 do not send."""

    type: ClassVar[Literal["exports"]] = "exports"
    settled: ClassVar[tuple[str, ...]] = ("completed",)

    status: Literal["completed"] | str
    url: str | None = None


@attrs.frozen(kw_only=True)
class AddressVerificationEvent(_Event):
    """An address was reviewed. `reject_reasons` is one text, joined with `, `, empty when approved."""

    type: ClassVar[Literal["address_verifications"]] = "address_verifications"
    settled: ClassVar[tuple[str, ...]] = ("approved", "rejected")

    status: Literal["approved", "rejected"] | str
    reject_reasons: str = ""
    reject_comment: str = ""


@attrs.frozen(kw_only=True)
class EmergencyVerificationEvent(_Event):
    """An emergency calling service was reviewed. `reject_reasons` is one text, joined with `; `."""

    type: ClassVar[Literal["emergency_verifications"]] = "emergency_verifications"
    settled: ClassVar[tuple[str, ...]] = ("approved", "rejected")

    status: Literal["approved", "rejected"] | str
    reject_reasons: str = ""
    reject_comment: str = ""
    emergency_calling_service_id: str | None = None


@attrs.frozen(kw_only=True)
class VoiceOutTrunkEvent(_Event):
    """An outbound trunk was blocked or unblocked, by its 24 hour limit (`threshold_reached`) or by hand."""

    type: ClassVar[Literal["voice_out_trunks"]] = "voice_out_trunks"
    settled: ClassVar[tuple[str, ...]] = ("blocked", "active")

    status: VoiceOutTrunkStatus | str
    threshold_reached: bool
    created_at: datetime


@attrs.frozen(kw_only=True)
class UnknownEvent:
    """An event, genuine, of a type that this library does not know. `members` is all that came with it."""

    type: str
    members: Members

    @property
    def id(self) -> str | None:
        """The id of the record, where the event names one."""
        return self.members.get("id")


KnownEvent = OrderEvent | ExportEvent | AddressVerificationEvent | EmergencyVerificationEvent | VoiceOutTrunkEvent
CallbackEvent = KnownEvent | UnknownEvent

_KNOWN: Final[Mapping[str, type[KnownEvent]]] = {
    event.type: event
    for event in (
        OrderEvent,
        ExportEvent,
        AddressVerificationEvent,
        EmergencyVerificationEvent,
        VoiceOutTrunkEvent,
    )
}


class CallbackVerifier:
    """Tells genuine callbacks from others, and what they say.

    `secrets` is the account's callback secret, or several while one is being replaced. `public_url` is what
    was registered as `callback_url`, needed where the application sees another address: behind a proxy, or
    when it has a user, a password or a fragment, which no request carries. Give only the origin
    (`https://example.com`) where several paths were registered: path and query are then the request's.
    Bodies of more than `max_body` bytes are refused.

        verifier = CallbackVerifier(secret, "https://example.com/didww")
        for event in verifier.parse(request.method, request.url, request.headers, body):
            match event:
                case OrderEvent(id=order_id, status="completed"): ...

    Raises ConfigurationError without a secret or for a `public_url` that is none.
    """

    def __init__(self, secrets: str | Iterable[str], public_url: str | None = None, *, max_body: int = 262_144) -> None:
        given = (secrets,) if isinstance(secrets, str) else tuple(secrets)
        if not given or not all(given):
            raise ConfigurationError("CallbackVerifier needs the account's callback secret, or several")
        self._secrets = tuple(secret.encode() for secret in given)
        self._public = None if public_url is None else _Url.read(public_url)
        if public_url is not None and not (self._public and self._public.host and self._public.default_port):
            raise ConfigurationError("public_url must be an http or https URL, as registered in callback_url")
        self.max_body = max_body

    def __repr__(self) -> str:
        return f"CallbackVerifier(<{len(self._secrets)} secrets>)"

    def parse(self, method: str, url: str, headers: Mapping[str, str], body: bytes = b"") -> tuple[CallbackEvent, ...]:
        """The events of one genuine delivery, in order: one, or several in a JSON array.

        `url` is the address as the application received it, path and query still percent-encoded. The body
        is a form or a JSON array, whatever the content type says.

        Raises InvalidCallback for a delivery that is unsigned, wrongly signed, too large or malformed.
        """
        signature = _signature(headers)
        if len(body) > self.max_body or len(url) > self.max_body:
            raise InvalidCallback(f"the callback is larger than the {self.max_body} bytes that are allowed")
        registered = self._as_registered(url)
        genuine: Sequence[Members] | None = None
        for entries in _readings(method, registered, body):
            signed = "".join(name + entry[name] for entry in entries for name in sorted(entry))
            for address in registered.spellings():
                if self._matches(address + signed, signature):
                    genuine = entries
        if genuine is None:
            raise InvalidCallback(
                f"the callback's {SIGNATURE_HEADER} matches none of {len(self._secrets)} secrets: it is not "
                "DIDWW's, the secret is another, or the registered URL is not what is seen here (public_url)"
            )
        return tuple(map(_event, genuine))

    def _as_registered(self, url: str) -> _Url:
        seen, public = _Url.read(url), self._public
        if seen is None:
            raise InvalidCallback("the URL of the callback cannot be read")
        if public is None:
            return seen
        query = public.query if seen.query is None else seen.query
        return attrs.evolve(public, path=public.path or seen.path, query=query)

    def _matches(self, signed: str, signature: str) -> bool:
        # Every secret is tried, found or not: how long it takes says nothing about which one was right.
        matches = False
        for secret in self._secrets:
            expected = hmac.new(secret, signed.encode(errors="surrogatepass"), hashlib.sha1).hexdigest()
            matches |= hmac.compare_digest(expected, signature)
        return matches


@attrs.frozen
class _Url:
    """A URL in the parts that the signature puts together anew, each as it was written."""

    scheme: str
    userinfo: str
    host: str
    port: str
    path: str
    query: str | None
    fragment: str | None

    _FORM: ClassVar = re.compile(
        r"(?:([A-Za-z][A-Za-z0-9+.-]*)://|(?![^/?#]*://))([^/?#@]*@)?(\[[^\]/?#]*\]|[^/?#:\[\]]*)(?::([0-9]*))?"
        r"(/[^?#]*)?(?:\?([^#]*))?(?:\#(.*))?"
    )

    @classmethod
    def read(cls, url: str) -> _Url | None:
        found = cls._FORM.fullmatch(url)
        if found is None:
            return None
        scheme, userinfo, host, port, path, query, fragment = found.groups()
        return cls((scheme or "http").lower(), userinfo or "", host, port or "", path or "", query, fragment)

    @property
    def default_port(self) -> str:
        return {"http": "80", "https": "443"}.get(self.scheme, "")

    def spellings(self) -> Iterator[str]:
        """The forms in which the URL may have been signed: a request turns an empty path into `/`, and
        programs on the way may turn a host into lower case."""
        tail = ("" if self.query is None else f"?{self.query}") + ("" if self.fragment is None else f"#{self.fragment}")
        for host in {self.host, self.host.lower()}:
            for path in {self.path, "" if self.path == "/" else self.path}:
                yield f"{self.scheme}://{self.userinfo}{host}:{self.port or self.default_port}{path}{tail}"


def _signature(headers: Mapping[str, str]) -> str:
    found = next((value for name, value in headers.items() if name.lower() == SIGNATURE_HEADER.lower()), None)
    if found is None:
        raise InvalidCallback(f"the callback has no {SIGNATURE_HEADER} header: DIDWW signs every one it sends")
    if not _SIGNATURE.fullmatch(found):
        raise InvalidCallback(f"the callback's {SIGNATURE_HEADER} is not 40 lower-case hexadecimal digits")
    return found


def _readings(method: str, url: _Url, body: bytes) -> Iterator[Sequence[Members]]:
    """What the delivery may say: the entries of each reading, of which the signature tells the right one."""
    if method.upper() == "GET":
        yield from _query(url.query or "")
    elif method.upper() != "POST":
        raise InvalidCallback(f"a callback is a GET or a POST, not a {method}")
    elif body.lstrip()[:1] == b"[":
        yield _array(body)
    else:
        yield [_form(body)]


def _query(query: str) -> Iterator[Sequence[Members]]:
    """The payload is sorted and put behind the query of the registered URL, so it is an end of the whole."""
    members: dict[str, str] = {}
    before: str | None = None
    for piece in reversed(query.split("&")[-_MOST_MEMBERS:]):
        pair = _pair(piece)
        if pair is None or (before is not None and pair[0] >= before):
            return
        before, members[pair[0]] = pair[0], pair[1]
        if "type" in members:
            yield [dict(members)]


def _form(body: bytes) -> Members:
    try:
        pieces = body.decode("utf-8").split("&")
    except UnicodeDecodeError:
        raise InvalidCallback("the callback's form is not UTF-8") from None
    pairs = [_pair(piece) for piece in pieces[: _MOST_MEMBERS + 1]]
    members = dict(pair for pair in pairs if pair is not None)
    if len(members) < len(pieces):
        raise InvalidCallback("the callback's form is malformed, names something twice or has too many members")
    return members


def _pair(piece: str) -> tuple[str, str] | None:
    name, equals, value = piece.partition("=")
    if not equals or not _NAME.fullmatch(name):
        return None
    try:
        return name, unquote_plus(value, errors="strict")
    except UnicodeDecodeError:
        return None


def _array(body: bytes) -> Sequence[Members]:
    try:
        entries = msgspec.json.decode(body, type=list[dict[str, msgspec.Raw]])
        members = [{name: _text(bytes(raw)) for name, raw in entry.items()} for entry in entries]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise InvalidCallback("the callback's body is no JSON array of objects") from None
    if not members or not all(_NAME.fullmatch(name) for entry in members for name in entry):
        raise InvalidCallback("the callback's JSON array is empty or has a member without a proper name")
    return members


def _text(raw: bytes) -> str:
    """A JSON value as it is signed: strings without quotes, null as nothing, others as written."""
    if raw[:1] == b'"':
        return msgspec.json.decode(raw, type=str)
    return "" if raw == b"null" else raw.decode("utf-8")


def _event(members: Members) -> CallbackEvent:
    kind = members.get("type", "")
    if not _TYPE.fullmatch(kind):
        raise InvalidCallback("the callback does not say of what type it is")
    event = _KNOWN.get(kind)
    if event is None:
        return UnknownEvent(type=kind, members=MappingProxyType(dict(members)))
    rest = {name: value for name, value in members.items() if name != "type"}
    values: dict[str, Any] = {}
    for field in attrs.fields(event):
        name = field.name if field.name in rest else _ALSO_SENT_AS.get(field.name, field.name)
        if name in rest and name != "extra":
            try:
                values[field.name] = _READ.get(field.name, str)(rest.pop(name))
            except ValueError:
                raise InvalidCallback(f"the callback of type {kind} has an unreadable {name}") from None
        elif field.default is attrs.NOTHING:
            raise InvalidCallback(f"the callback of type {kind} has no {name}")
    if not _UUID.fullmatch(values["id"]):
        raise InvalidCallback(f"the callback of type {kind} has an id that is no UUID")
    # A status cut short, its rest made a name of its own, has the same signature as the whole.
    if any(whole != values["status"] and whole.startswith(values["status"]) for whole in event.settled):
        raise InvalidCallback(f"the callback of type {kind} has a status that is cut short")
    return event(**values, extra=MappingProxyType(rest))
