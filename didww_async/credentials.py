"""What a request proves itself with: the API key as it is, or access tokens that the key mints."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Final, Literal, Protocol

import attrs
import msgspec

from .errors import ConfigurationError, ProtocolError

__all__ = ["AUDIENCES", "AccessTokens", "ApiKey", "Credentials", "Scope"]

Scope = Literal["full", "read"]
Mint = Callable[[Mapping[str, str], bytes], Awaitable[bytes]]
"""Sends a request for a token, given headers and body; returns the body of the answer, or raises."""

AUDIENCES: Final[Mapping[str, str]] = {
    "api": "api.didww.com",
    "voice_in": "api-vin.didww.com",
    "voice_out": "api-vout.didww.com",
    "sms": "api-sms.didww.com",
}
"""The audience of each service: the production host, in the sandbox too (documentation of 2026-11-19)."""

PUBLIC: Final = frozenset({"/public_keys"})
"""Paths that take no credentials."""

_AFTER_FAILURE: Final = 5.0
"""Seconds after a renewal ahead of time that failed before the next is tried."""

_log: Final = logging.getLogger("didww_async")


class Credentials(Protocol):
    """Proves who asks."""

    async def headers(self, service: str, path: str) -> Mapping[str, str]:
        """The headers for one request, minted or renewed where that is needed."""
        ...

    async def refused(self, service: str, sent: Mapping[str, str]) -> bool:
        """These headers were answered with 401: whether others may do better."""
        ...

    def accepted(self, service: str, sent: Mapping[str, str]) -> None:
        """These headers were taken."""

    async def aclose(self) -> None:
        """Stop what is under way."""


class ApiKey:
    """An API key, sent as it is with every request: the way of API versions up to 2026-04-16.

    Raises ConfigurationError where there is no key, or one that cannot be a header.
    """

    def __init__(self, key: str | None) -> None:
        self._headers = {"api-key": checked_key(key)}

    def __repr__(self) -> str:
        return "ApiKey(***)"

    async def headers(self, service: str, path: str) -> Mapping[str, str]:
        """The key, except where the API wants none."""
        if service != "api":
            raise ConfigurationError(
                f"the service {service!r} takes access tokens only: open the session with api_version='2026-11-19'"
            )
        return {} if path in PUBLIC else self._headers

    async def refused(self, service: str, sent: Mapping[str, str]) -> bool:
        """A key that was refused once is refused again."""
        return False

    def accepted(self, service: str, sent: Mapping[str, str]) -> None:
        """Nothing to remember."""

    async def aclose(self) -> None:
        """Nothing is under way."""


def checked_key(key: str | None) -> str:
    """The key, or ConfigurationError; the message never shows it."""
    if not key:
        raise ConfigurationError(
            "no API key: give one to Session, or set DIDWW_API_KEY (keys are made in the panel, under API keys)"
        )
    if not key.isascii() or any(character.isspace() or not character.isprintable() for character in key):
        raise ConfigurationError(
            "the API key has a space, a line break or another character in it that no key has: was it read from a "
            "file with its newline?"
        )
    return key


@attrs.define(repr=False)
class _Token:
    value: str
    renew_at: float
    expires_at: float
    after_refusal: bool
    worked: bool = False


class AccessTokens:
    """Bearer tokens that the key mints at the token service, one for each audience: the way of API 2026-11-19.

    `scope="read"` mints tokens that cannot change anything. `lifetime` is asked for in seconds; the service clamps
    it to 60..3600, and what it answers counts. A token is renewed when nine tenths of its life are over, once
    however many requests wait, and once more after a 401: a second 401 in a row is raised.
    """

    def __init__(
        self,
        key: str | None,
        *,
        api_version: str,
        scope: Scope = "full",
        lifetime: int = 900,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if scope not in ("full", "read"):
            raise ConfigurationError(f"scope must be 'full' or 'read'; got {scope!r}")
        self._key = checked_key(key)
        self._api_version = api_version
        self._scope = scope
        self._lifetime = lifetime
        self._clock = clock
        self._mint: Mint | None = None
        self._tokens: dict[str, _Token] = {}
        self._minting: dict[str, asyncio.Task[_Token]] = {}

    def __repr__(self) -> str:
        return f"AccessTokens(***, scope={self._scope!r})"

    def bind(self, mint: Mint) -> None:
        """Give the way to the token service; the transport does."""
        self._mint = mint

    async def headers(self, service: str, path: str) -> Mapping[str, str]:
        """The bearer token for a service, minted where there is none that lasts."""
        if path in PUBLIC:
            return {}
        now = self._clock()
        token = self._tokens.get(service)
        if token is None or now >= token.expires_at:
            token = await self._minted(service, after_refusal=False)
        elif now >= token.renew_at:
            # Still good: the request goes on with it while a new one is minted.
            self._begin(service, after_refusal=False)
        return {"authorization": f"Bearer {token.value}"}

    async def refused(self, service: str, sent: Mapping[str, str]) -> bool:
        """Mint anew, unless the token that was refused had been minted because of a refusal and never worked."""
        token = self._tokens.get(service)
        if token is None or sent.get("authorization") != f"Bearer {token.value}":
            return "authorization" in sent
        if token.after_refusal and not token.worked:
            return False
        await self._minted(service, after_refusal=True)
        return True

    def accepted(self, service: str, sent: Mapping[str, str]) -> None:
        """The token of a request that was not refused works."""
        token = self._tokens.get(service)
        if token is not None and sent.get("authorization") == f"Bearer {token.value}":
            token.worked = True

    async def aclose(self) -> None:
        """Stop minting."""
        for task in self._minting.values():
            task.cancel()

    async def _minted(self, service: str, *, after_refusal: bool) -> _Token:
        task = self._begin(service, after_refusal=after_refusal)
        try:
            # Whoever is cancelled must not take the token away from all others that wait for it.
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            if task.cancelled():
                raise ConfigurationError("the session was closed while an access token was minted") from None
            raise

    def _begin(self, service: str, *, after_refusal: bool) -> asyncio.Task[_Token]:
        task = self._minting.get(service)
        if task is None:
            task = asyncio.create_task(self._ask(service, after_refusal))
            self._minting[service] = task
            task.add_done_callback(lambda ended: self._ended(service, ended))
        return task

    def _ended(self, service: str, task: asyncio.Task[_Token]) -> None:
        self._minting.pop(service, None)
        if not task.cancelled() and (error := task.exception()) is not None and service in self._tokens:
            _log.warning("the access token for %s was not renewed: %s", AUDIENCES[service], error)
            self._tokens[service].renew_at = self._clock() + _AFTER_FAILURE

    async def _ask(self, service: str, after_refusal: bool) -> _Token:
        if self._mint is None:
            raise ConfigurationError("AccessTokens are used through a Session")
        if service not in AUDIENCES:
            raise ConfigurationError(f"service must be one of {', '.join(AUDIENCES)}; got {service!r}")
        body = {
            "aud": AUDIENCES[service],
            "scope": self._scope,
            "api_version": self._api_version,
            "expires_in": self._lifetime,
        }
        asked = self._clock()
        answer = await self._mint({"api-key": self._key}, msgspec.json.encode(body))
        value, expires_in, scope = _read(answer)
        if scope is not None and scope != self._scope:
            raise ConfigurationError(
                f"asked the token service for scope {self._scope!r}, and it granted {scope!r}: the key cannot do more"
            )
        before = self._tokens.get(service)
        if before is not None and before.after_refusal and not before.worked:
            after_refusal = True
        # The service counts from when it answered, which is not before it was asked.
        token = _Token(value, asked + expires_in * 0.9, asked + expires_in, after_refusal)
        self._tokens[service] = token
        return token


def _read(answer: bytes) -> tuple[str, float, str | None]:
    """The token, its life in seconds, and the scope granted; None where that is the one asked for (RFC 6749, 5.1)."""
    try:
        granted = msgspec.json.decode(answer, type=_Granted)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ProtocolError(f"POST /token was answered by no access token: {error}") from None
    token = granted.access_token
    if granted.token_type.lower() != "bearer" or not (token.isascii() and token.isprintable()) or " " in token:
        raise ProtocolError("POST /token was answered by a token that is no bearer token")
    return token, granted.expires_in, granted.scope


class _Granted(msgspec.Struct):
    access_token: Annotated[str, msgspec.Meta(min_length=1)]
    expires_in: Annotated[float, msgspec.Meta(gt=0)]
    token_type: str = "Bearer"
    scope: str | None = None
