"""The token service of API 2026-11-19: keys mint bearer tokens, and hosts ask it whether one is good."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import math
import re
import secrets
from collections.abc import Callable, Collection, Mapping
from typing import Any, Final, cast

import attrs
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

__all__ = ["AUDIENCES", "Grant", "TokenService"]

AUDIENCES: Final = frozenset({"api.didww.com", "api-vin.didww.com", "api-vout.didww.com", "api-sms.didww.com"})
"""What tokens may be for: the names of the production hosts, in the sandbox too."""

_READS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_VERSION: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


@attrs.frozen
class Grant:
    """What one token allows. `expires_at` is a time of the service's clock."""

    key: str
    audiences: frozenset[str]
    scope: str
    api_version: str
    expires_at: float


class TokenService:
    """Mints and checks the tokens of one environment.

    `keys` are the API keys that it knows; a key taken out of the collection later makes its tokens worthless.
    `clock` gives seconds. `lifetimes` are the bounds into which `expires_in` is brought, and `scopes` the
    scopes that can be granted: others below `read` become the nearest one above that is known. More than
    `limit` mints of a key in `window` seconds are refused. `api_version` is the account's: an older one, or
    one that is none of `versions`, cannot be had.
    """

    def __init__(
        self,
        *,
        keys: Collection[str],
        clock: Callable[[], float],
        environment: str = "sandbox",
        api_version: str = "2026-11-19",
        versions: Collection[str] = ("2026-11-19",),
        lifetimes: tuple[int, int] = (60, 3600),
        scopes: Collection[str] = ("full", "read"),
        limit: int = 60,
        window: float = 60.0,
    ) -> None:
        self.environment = environment
        self.minted: int = 0
        self.refused: int = 0
        self._keys = keys
        self._clock = clock
        self._api_version = api_version
        self._versions = versions
        self._lifetimes = lifetimes
        self._scopes = scopes
        self._limit = limit
        self._window = window
        self._signing_key = secrets.token_bytes(32)
        self._grants: dict[str, Grant] = {}
        self._mints: dict[str, list[float]] = {}

    @property
    def routes(self) -> list[Route]:
        """The routes of the service's host."""
        return [Route("/token", self._mint, methods=["POST"])]

    def expire_all(self) -> None:
        """Make every token that was minted until now an expired one."""
        now = self._clock()
        self._grants = {
            token: attrs.evolve(grant, expires_at=min(now, grant.expires_at)) for token, grant in self._grants.items()
        }

    def grant(self, authorization: str | None) -> Grant | None:
        """What the token of an `Authorization` header allows, expired or not; None where it is unknown."""
        return self._grants.get(_bearer(authorization) or "")

    def check(self, authorization: str | None, *, audience: str, method: str) -> Response | None:
        """None where the token allows `method` at `audience`, else the 401 or 403 to answer with.

        Without a bearer token the 401 is empty; a refused one gets an error document and a challenge.
        """
        if _bearer(authorization) is None:
            return Response(status_code=401)
        grant = self.grant(authorization)
        if grant is None:
            return _refusal(401, "Token is malformed or signed with an unknown key", "invalid_token")
        if audience not in grant.audiences:
            return _refusal(401, "Token is for another audience", "invalid_token")
        if self._clock() >= grant.expires_at:
            return _refusal(401, "Token has expired", "invalid_token")
        if grant.key not in self._keys:
            return _refusal(401, "Account is unknown", "invalid_token")
        if grant.scope != "full" and method.upper() not in _READS:
            return _refusal(403, "Insufficient scope", "insufficient_scope")
        return None

    async def _mint(self, request: Request) -> Response:
        try:
            key = self._known_key(request)
            asked = await _document(request)
            audiences = _audiences(asked)
            grant = Grant(
                key=key,
                audiences=audiences,
                scope=self._scope(asked.get("scope", "full")),
                api_version=self._version(asked.get("api_version", self._api_version)),
                expires_at=self._clock() + self._lifetime(asked.get("expires_in", 900)),
            )
        except _Refused as refused:
            self.refused += 1
            return refused.response()
        self.minted += 1
        token = self._token(grant)
        self._grants[token] = grant
        document = {
            "access_token": token,
            "token_type": "Bearer",
            "expires_in": round(grant.expires_at - self._clock()),
            "aud": asked["aud"],
            "scope": grant.scope,
            "api_version": grant.api_version,
        }
        return JSONResponse(document, headers={"Cache-Control": "no-store", "Pragma": "no-cache"})

    def _known_key(self, request: Request) -> str:
        key = request.headers.get("api-key", "")
        if key not in self._keys:
            raise _Refused(401, "invalid_client", "the API key is missing or unknown")
        now = self._clock()
        mints = [at for at in self._mints.get(key, []) if at > now - self._window]
        if len(mints) >= self._limit:
            wait = max(1, math.ceil(mints[0] + self._window - now))
            raise _Refused(429, "rate_limit_exceeded", "too many tokens were asked for", retry_after=wait)
        self._mints[key] = [*mints, now]
        return key

    def _scope(self, asked: object) -> str:
        scope = asked if isinstance(asked, str) else ""
        while scope not in self._scopes:
            if not scope.startswith("read:"):
                raise _Refused(400, "invalid_scope", "scope must be full, read or a scope below read")
            scope = scope.rpartition(":")[0]
        return scope

    def _version(self, asked: object) -> str:
        if not isinstance(asked, str) or not _VERSION.fullmatch(asked):
            raise _Refused(400, "invalid_request", "api_version must be a date")
        return asked if asked in self._versions and asked >= self._api_version else self._api_version

    def _lifetime(self, asked: object) -> int:
        if not isinstance(asked, int) or isinstance(asked, bool):
            raise _Refused(400, "invalid_request", "expires_in must be a number of seconds")
        shortest, longest = self._lifetimes
        return min(max(asked, shortest), longest)

    def _token(self, grant: Grant) -> str:
        """A JWT by its looks. It is known again by its text, so that what it claims is never read."""
        claims = {
            "iss": f"didww-simulator-{self.environment}",
            "jti": f"{self.minted}",
            "aud": sorted(grant.audiences),
            "scope": grant.scope,
            "api_version": grant.api_version,
        }
        signed = ".".join(_base64(json.dumps(part).encode()) for part in ({"alg": "HS256", "typ": "JWT"}, claims))
        return f"{signed}.{_base64(hmac.digest(self._signing_key, signed.encode(), hashlib.sha256))}"


class _Refused(Exception):
    """What the token service refuses, in the form of OAuth."""

    def __init__(self, status: int, error: str, description: str, *, retry_after: int | None = None) -> None:
        super().__init__(description)
        self.status = status
        self.document = {"error": error, "error_description": description}
        self.retry_after = retry_after

    def response(self) -> Response:
        headers = {"Cache-Control": "no-store", "Pragma": "no-cache"}
        if self.retry_after is not None:
            headers["Retry-After"] = str(self.retry_after)
        return JSONResponse(self.document, self.status, headers)


async def _document(request: Request) -> Mapping[str, Any]:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    try:
        document = json.loads(await request.body()) if kind == "application/json" else None
    except ValueError:
        document = None
    if not isinstance(document, dict):
        raise _Refused(400, "invalid_request", "the body must be a JSON object, sent as application/json")
    return cast("Mapping[str, Any]", document)


def _audiences(asked: Mapping[str, Any]) -> frozenset[str]:
    given = asked.get("aud")
    named = cast("list[object]", given) if isinstance(given, list) else [given]
    known = [name for name in named if isinstance(name, str) and name in AUDIENCES]
    if not named or len(known) < len(named):
        raise _Refused(400, "invalid_request", f"aud must be one or several of {', '.join(sorted(AUDIENCES))}")
    return frozenset(known)


def _bearer(authorization: str | None) -> str | None:
    scheme, _, token = (authorization or "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _refusal(status: int, title: str, error: str) -> Response:
    entry = {"title": title, "detail": title, "code": str(status), "status": str(status)}
    return JSONResponse(
        {"errors": [entry]},
        status,
        {"WWW-Authenticate": f'Bearer error="{error}"'},
        media_type="application/vnd.api+json",
    )
