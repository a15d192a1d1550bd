"""API keys (stopgap; the owner replaces it)."""

from __future__ import annotations

from .errors import ConfigurationError

__all__ = ["ApiKey"]


class ApiKey:
    """An API key."""

    def __init__(self, key: str | None) -> None:
        if not key:
            raise ConfigurationError("no API key: give one to Session or set DIDWW_API_KEY")
        if any(c.isspace() or not c.isprintable() for c in key):
            raise ConfigurationError("the API key has whitespace or control characters in it")
        self._key = key

    def __repr__(self) -> str:
        return "ApiKey(***)"
