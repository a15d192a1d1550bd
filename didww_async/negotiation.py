"""Which version of the API a key speaks: the newest that it can, found out once for each key."""

from __future__ import annotations

import logging
from typing import Final

from .credentials import AccessTokens
from .errors import ApiError, ProtocolError, RateLimited, ServerError, TransportError
from .versions import V2026_04_16, V2026_11_19, ApiVersion

__all__ = ["newest_version"]

_log = logging.getLogger("didww_async")
_found: Final[dict[str, ApiVersion]] = {}


async def newest_version(tokens: AccessTokens, digest: str) -> ApiVersion:
    """2026-11-19 for a key that mints access tokens, else 2026-04-16.

    `digest` stands for the key and its host. A refusal by the token service is remembered; where the service cannot
    be reached, or is overloaded, 2026-04-16 is spoken for now and the next session asks again. `tokens` keeps the
    token that was minted, so that finding out costs no request more.
    """
    known = _found.get(digest)
    if known is not None:
        return known
    try:
        await tokens.headers("api", "/")
    except (TransportError, ServerError, RateLimited) as error:
        _log.warning("cannot tell whether the key speaks API %s, so %s is spoken: %s", V2026_11_19, V2026_04_16, error)
        return V2026_04_16
    except (ApiError, ProtocolError):
        return _found.setdefault(digest, V2026_04_16)
    return _found.setdefault(digest, V2026_11_19)
