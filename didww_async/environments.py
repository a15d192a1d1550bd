"""The addresses of DIDWW's services, by environment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal
from urllib.parse import urlsplit

from .errors import ConfigurationError

__all__ = ["Environment", "services_of"]

Environment = Literal["sandbox", "production"]

_SERVICES: Final[Mapping[str, Mapping[str, str]]] = {
    "production": {
        "api": "https://api.didww.com/v3",
        "token": "https://auth.didww.com",
        "voice_in": "https://api-vin.didww.com/v3",
        "voice_out": "https://api-vout.didww.com/v3",
        "sms": "https://api-sms.didww.com/v3",
    },
    "sandbox": {
        "api": "https://sandbox-api.didww.com/v3",
        "token": "https://auth-sandbox.didww.com",
        "voice_in": "https://api-vin-sandbox.didww.com/v3",
        "voice_out": "https://api-vout-sandbox.didww.com/v3",
        "sms": "https://api-sms-sandbox.didww.com/v3",
    },
}
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


def services_of(environment: str, base_url: str | None = None) -> Mapping[str, str]:
    """The base URL of each service: `api`, `token`, `voice_in`, `voice_out`, `sms`.

    With `base_url`, the address of an API elsewhere (a simulator, a gateway), the other services are looked for
    beside it on the same host. Raises ConfigurationError for an unknown environment, an address that is no URL,
    and plain http to a host that is not the loopback: it would show the key to everybody on the way.
    """
    if environment not in _SERVICES:
        raise ConfigurationError(f"environment must be 'sandbox' or 'production'; got {environment!r}")
    if base_url is None:
        return _SERVICES[environment]
    parts = urlsplit(base_url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None:
        raise ConfigurationError("base_url must be an address such as 'https://api.didww.com/v3', without credentials")
    if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
        raise ConfigurationError(
            f"base_url: plain http is for the loopback only, and would show the API key on the way to "
            f"{parts.hostname}: use https"
        )
    origin = f"{parts.scheme}://{parts.netloc}"
    beside = {name: f"{origin}/{name}/v3" for name in ("voice_in", "voice_out", "sms")}
    return {"api": base_url.rstrip("/"), "token": origin, **beside}
