"""The services beside the API: tokens and prices, as Starlette routes under the hosts' names."""

from __future__ import annotations

from collections.abc import Callable, Collection, MutableMapping
from typing import Any, Final

from starlette.applications import Starlette

from .prices import PricesService
from .tokens import TokenService

__all__ = ["Services"]

_HOSTS: Final = {"api-vin": "voice_in", "api-vout": "voice_out", "api-sms": "sms"}


class Services:
    """The token service at `/token`, and each prices service under its name, `/voice_in/v3/lookup/prices`."""

    def __init__(self, *, keys: Collection[str], clock: Callable[[], float]) -> None:
        self.tokens: TokenService = TokenService(keys=keys, clock=clock)
        self.prices: PricesService = PricesService(clock=clock, tokens=self.tokens)
        self.app: Starlette = Starlette(routes=[*self.tokens.routes, *self.prices.routes])

    def serves(self, scope: MutableMapping[str, Any]) -> bool:
        """Whether a request is for one of the hosts of prices; their paths get the name of the service in front."""
        host = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"host"), "")
        service = _HOSTS.get(host.partition(".")[0].removesuffix("-sandbox"))
        if service is None:
            return False
        scope["path"] = f"/{service}{scope['path']}"
        scope["raw_path"] = scope["path"].encode("latin-1")
        return True
