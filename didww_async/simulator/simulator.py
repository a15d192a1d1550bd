"""The simulator: an account with its clock, its limit, its faults, and the ways to reach it."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from ..errors import ConfigurationError
from .account import Account
from .agenda import Agenda
from .api import Api, Request
from .app import Exchange, Receive, Scope, Send, serve_request
from .cdrs import CallBook
from .courier import Courier
from .description import VERSIONS
from .downloads import Downloads
from .faults import ConnectionLost, Dice, Faults
from .files import Files
from .limit import RateLimit, Window
from .seed import Seed, populate
from .server import abort, serving
from .services import Services
from .transport import SimulatorTransport
from .uploads import Uploads

if TYPE_CHECKING:
    import httpx

    from .prices import PricesService
    from .store import Store
    from .tokens import TokenService

__all__ = ["Simulator"]

_IN_PROCESS: Final = "https://simulator.invalid/v3"
_LOGGED: Final = 100_000


class Simulator:
    """A DIDWW API in memory, with one account.

    `api_version` is the account's, one of `VERSIONS`: up to 2026-04-16 its `keys` open the API themselves, since
    2026-11-19 they mint tokens. `answered_version` is what answers say in `meta`, if that shall be another.
    `seed` and `size` decide what the account holds. `rate` requests of a key are let in each second of `window`;
    0 lets in all. `largest_page` is what pages may hold at most.

    `clock` gives seconds, for the limit and for all that takes time; `now` the time of day, which must be aware;
    `sleep` lets time pass. Orders complete after `order_seconds`, exports after `export_seconds`, verifications are
    approved after `review_seconds`. Callbacks are signed with `callback_secret` and sent through
    `callback_transport`; without a secret none is sent, as with the vendor.

    Reach it through `transport()` in this process, or through `serve()` over the loopback. `app` is the ASGI
    application. Everything but `faults` and `store` is to look at.
    """

    def __init__(
        self,
        *,
        api_version: str = "2026-04-16",
        keys: Collection[str] = ("simulator-key",),
        seed: int = 1,
        size: Seed | None = None,
        rate: float = 20,
        window: Window = "sliding",
        largest_page: int = 100,
        faults: Faults | None = None,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        order_seconds: float = 0.5,
        export_seconds: float = 0.5,
        review_seconds: float = 0.5,
        callback_secret: str | None = None,
        callback_transport: httpx.AsyncBaseTransport | None = None,
        answered_version: str | None = None,
        log_size: int = _LOGGED,
    ) -> None:
        if api_version not in VERSIONS:
            raise ConfigurationError(f"api_version must be one of {', '.join(VERSIONS)}; got {api_version!r}")
        size = size or Seed()
        self.api_version = api_version
        self.answered_version = answered_version
        self.keys: frozenset[str] = frozenset(keys)
        self.dice: Dice = Dice(faults or Faults(), seed)
        self.clock = clock
        self.sleep = sleep
        self.limit: RateLimit = RateLimit(rate, window, clock)
        self.requests = 0
        self.refused = 0
        self.log: deque[Exchange] = deque(maxlen=log_size)
        self.base_url: str = _IN_PROCESS
        self.account: Account = Account(
            api_version,
            seed,
            now,
            Agenda(clock),
            self.dice.faults,
            order_seconds=order_seconds,
            export_seconds=export_seconds,
            review_seconds=review_seconds,
        )
        populate(self.account, size)
        self.uploads: Uploads = Uploads(self.account)
        self.api: Api = Api(self.account, self.uploads, largest_page=largest_page)
        self.files: Downloads = Downloads(self.account, Files(self._call_book(seed, size)))
        self.services: Services = Services(keys=self.keys, clock=clock)
        self.tokens: TokenService = self.services.tokens
        self.prices: PricesService = self.services.prices
        self.courier: Courier = Courier(self.account, sleep, callback_secret, callback_transport)

    def _call_book(self, seed: int, size: Seed) -> CallBook:
        store = self.account.store
        return CallBook(
            seed,
            calls_per_day=size.calls_per_day,
            messages_per_day=size.messages_per_day,
            numbers=[did.attributes["number"] for did in store.table("dids").values()],
            trunks={trunk.id: trunk.attributes["name"] for trunk in store.table("voice_out_trunks").values()},
        )

    @property
    def faults(self) -> Faults:
        """What goes wrong. Its members may be changed, and all of it replaced, at any time."""
        return self.account.faults

    @faults.setter
    def faults(self, faults: Faults) -> None:
        self.account.faults = self.dice.faults = faults

    @property
    def store(self) -> Store:
        """The account's records. Whoever changes one says so with `store.touch(type)`."""
        return self.account.store

    @property
    def orders_booked(self) -> int:
        """How many orders were placed and charged."""
        return self.account.orders_booked

    @property
    def exports_made(self) -> int:
        """How many exports were asked for."""
        return self.account.exports_made

    def settle(self) -> None:
        """Let everything happen whose time has come, as every request does."""
        self.account.agenda.settle()

    def key_of(self, request: Request) -> str | None:
        """Whose request it is, None for those of nobody in particular."""
        grant = self.tokens.grant(request.headers.get("authorization"))
        key = grant.key if grant is not None else request.headers.get("api-key")
        return key if key in self.keys else None

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI application: the API below `/v3`, the token service at `/token`, prices below their service."""
        if scope["type"] != "http":
            return
        try:
            if scope["path"].startswith("/v3/") and not self.services.serves(scope):
                await serve_request(self, scope, receive, send)
            else:
                await self.services.app(scope, receive, send)
        except ConnectionLost:
            if not await abort(receive, send):
                raise

    def transport(self) -> SimulatorTransport:
        """A transport for httpx that leads here, whatever host a request is for. No network is involved."""
        return SimulatorTransport(self.app)

    @asynccontextmanager
    async def serve(self, port: int = 0) -> AsyncGenerator[str]:
        """Serve on the loopback while the context is open, and give the base URL. Port 0 takes one that is free."""
        async with serving(self.app, port) as origin:
            before, self.base_url = self.base_url, f"{origin}/v3"
            try:
                yield self.base_url
            finally:
                self.base_url = before

    async def aclose(self) -> None:
        """Stop sending callbacks, and close what that needed."""
        await self.courier.aclose()

    async def __aenter__(self) -> Simulator:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()
