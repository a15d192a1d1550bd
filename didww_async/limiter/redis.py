"""One budget for many machines, kept in Redis or Valkey, by the server's clock."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
import math
import os
import random
import socket
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

import attrs

from ..errors import ConfigurationError
from .ledger import MAX_PAUSE, TAG_BITS, Ledger, Note, Reservation
from .local import RATE
from .pacer import Pacer

if TYPE_CHECKING:
    from redis.asyncio import Redis, RedisCluster

    Client = Redis | RedisCluster

__all__ = ["RedisRateLimiter"]

PATIENCE = 2.0
"""Seconds that one exchange with the store may take before the store counts as away."""

AGAIN = 0.5
"""Seconds between attempts to reach a store that is away."""

SCRIPT = Path(__file__).with_name("ledger.lua").read_text("utf-8")
SCRIPT_DIGEST = hashlib.sha1(SCRIPT.encode()).hexdigest()

_log = logging.getLogger("didww_async")


class RedisRateLimiter:
    """Twenty requests a second for everybody, on whatever machine, who uses the same key and the same store.

        limiter = RedisRateLimiter("redis://cache.internal:6379", when_away=2.0)
        async with Session(api_key, limiter=limiter) as didww: ...

    - `store`: the address of a Redis 6 or newer or a Valkey, or a client of `redis.asyncio` made by you: `Redis`,
      `RedisCluster`, or what `Sentinel.master_for` gives. A client of yours serves one event loop and is not closed.
    - `rate`: requests per second of all together; all must give the same.
    - `when_away`: what to do while the store cannot be reached. `"wait"`, or the requests per second that this
      process then allows itself: a share, since nobody knows of the others. One warning is logged each time.
    - `prefix`: begins the names of the keys in the store; the API key is in them as a hash only.
    - `clock`: seconds of this process. The store's own clock decides; this one only measures how long ago.

    One script does everything in one round trip for each request, and for up to four requests when many wait. A
    worker that is killed takes the slots it had reserved with it for a second. Needs `didww_async[redis]`.
    """

    def __init__(
        self,
        store: str | Client,
        rate: float = RATE,
        *,
        when_away: Literal["wait"] | float = "wait",
        prefix: str = "didww_async",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        try:
            import redis.asyncio as _  # noqa: F401
        except ImportError as error:
            raise ConfigurationError(
                "RedisRateLimiter needs the redis package: pip install 'didww_async[redis]'"
            ) from error
        Ledger(rate)
        if when_away != "wait" and not 0 < when_away <= rate:
            raise ConfigurationError(
                f'when_away={when_away!r}: "wait", or requests a second, more than 0 and at most rate={rate:g}'
            )
        self._store = store
        self._rate = rate
        self._share = None if when_away == "wait" else float(when_away)
        self._prefix = prefix
        self._clock = clock
        self._bound: dict[str, Pacer] = {}

    def bind(self, digest: str) -> Pacer:
        """The limiter of one key on one host (`key_digest`)."""
        if digest not in self._bound:
            name = f"{self._prefix}:{{{digest}}}"
            remote = _Remote(_Clients(self._store), name, self._rate, self._clock)
            self._bound[digest] = Pacer(_Bridged(remote, self._share, self._clock), rate=self._rate, clock=self._clock)
        return self._bound[digest]

    def __repr__(self) -> str:
        return f"<RedisRateLimiter {self._rate:g} a second>"


class _Clients:
    """The client given, or one of our own for each event loop."""

    def __init__(self, store: str | Client) -> None:
        self._store = store
        self._own: dict[asyncio.AbstractEventLoop, Redis] = {}

    def current(self) -> Client:
        if not isinstance(self._store, str):
            return self._store
        loop = asyncio.get_running_loop()
        if loop not in self._own:
            import redis
            from redis.asyncio import Redis
            from redis.asyncio.retry import Retry
            from redis.backoff import NoBackoff

            for closed in [each for each in self._own if each.is_closed()]:
                del self._own[closed]
            # Without this the client looks its own version up on the disk for each connection, holding the loop.
            quiet = {"driver_info": None} if hasattr(redis, "driver_info") else {"lib_name": None, "lib_version": None}
            self._own[loop] = cast(Any, Redis).from_url(
                self._store,
                socket_connect_timeout=PATIENCE,
                socket_timeout=PATIENCE,
                retry=Retry(NoBackoff(), 1),
                **quiet,
            )
        return self._own[loop]

    async def close(self) -> None:
        """Close what is ours in this event loop."""
        client = self._own.pop(asyncio.get_running_loop(), None)
        if client is not None:
            await client.aclose()


class _Remote:
    """The ledger in the store. Every time that crosses the network is relative, so that no two clocks are compared."""

    def __init__(self, clients: _Clients, name: str, rate: float, clock: Callable[[], float]) -> None:
        self._clients = clients
        self._keys = [name, f"{name}:who"]
        self._ledger = Ledger(rate)
        self._clock = clock
        self._tag = random.getrandbits(TAG_BITS)
        self._name = f"{socket.gethostname()}, process {os.getpid()}"
        self._used_at = -math.inf
        self.paused_until = 0.0

    async def reserve(self, wanted: int, spare: float, notes: Sequence[Note]) -> list[Reservation] | float:
        asked = self._clock()
        rows = [number for note in notes for number in self._relative(note, asked)]
        paused, *answer = await self._run("reserve", wanted, spare, asked - self._used_at, *rows)
        now = self._clock()
        self.paused_until = now + paused / 1e6 if paused else 0.0
        if len(answer) == 1:
            return now + answer[0] / 1e6
        reservations = [
            Reservation(slot, token, now + at / 1e6, now + before / 1e6)
            for slot, token, at, before in zip(*[iter(answer)] * 4, strict=True)
        ]
        self._used_at = max([self._used_at, *(reservation.at for reservation in reservations)])
        return reservations

    async def refuse(self, retry_after: float | None, spread: float) -> float:
        asked = -1 if retry_after is None else min(retry_after, MAX_PAUSE)
        (paused,) = await self._run("refuse", asked, spread, random.uniform(0.5, 1.5))
        self.paused_until = self._clock() + paused / 1e6
        return paused / 1e6

    async def holders(self) -> list[str]:
        client = self._clients.current()
        found = cast(Mapping[bytes | str, bytes | str], await cast(Any, client.hgetall(self._keys[1])))
        # A client of the user's may decode what it gets or leave it bytes.
        names = {
            each.decode() if isinstance(each, bytes) else each for tag, each in found.items() if int(tag) != self._tag
        }
        return sorted(names)

    async def close(self) -> None:
        await self._clients.close()

    def _relative(self, note: Note, now: float) -> tuple[float, ...]:
        ago = -1.0 if note.sent is None else max(0.0, now - note.sent)
        return note.slot + 1, note.token, ago, note.ready - now, int(note.late)

    async def _run(self, *arguments: object) -> list[int]:
        from redis.exceptions import NoScriptError, ResponseError

        client = self._clients.current()
        given = [str(each) for each in (self._ledger.rate, self._tag, self._name, *arguments)]
        try:
            try:
                answer = client.evalsha(SCRIPT_DIGEST, len(self._keys), *self._keys, *given)
                return cast(list[int], await cast(Any, answer))
            except NoScriptError:
                answer = client.eval(SCRIPT, len(self._keys), *self._keys, *given)
                return cast(list[int], await cast(Any, answer))
        except ResponseError as error:
            if (said := str(error)).startswith("RATE "):
                raise ConfigurationError(
                    f"rate={self._ledger.rate:g}: others share the key at {said[5:]} a second; "
                    "give all of them the same rate"
                ) from error
            raise


class _Bridged:
    """A remote ledger, and what to do while it is away: a `Store`.

    Requests that go on with the process's own share have slots of their own, numbered below zero.
    """

    def __init__(self, remote: _Remote, share: float | None, clock: Callable[[], float]) -> None:
        from redis.exceptions import RedisError

        self._failures = (RedisError, OSError, asyncio.TimeoutError)
        self._remote = remote
        self._clock = clock
        self._share = share
        self._own = Ledger(share or RATE)
        self._away = False
        self._ask_at = 0.0
        self._probe: asyncio.Task[None] | None = None

    async def reserve(
        self, now: float, wanted: int, spare: float, notes: Sequence[Note]
    ) -> Sequence[Reservation] | float:
        for note in notes:
            if note.slot < 0:
                self._own.apply(attrs.evolve(note, slot=~note.slot), now)
        if self._share is None or not self._away:
            if now < self._ask_at:
                return self._ask_at
            with self._watched():
                theirs = [note for note in notes if note.slot >= 0]
                async with asyncio.timeout(PATIENCE):
                    return await self._remote.reserve(wanted, spare, theirs)
            if self._share is None:
                return self._ask_at
        if self._probe is None or self._probe.done():
            self._probe = asyncio.create_task(self._look(), name="didww_async limiter store")
        reserved = self._own.reserve(self._clock(), spare)
        return [attrs.evolve(reserved, slot=~reserved.slot)] if isinstance(reserved, Reservation) else reserved

    async def refuse(self, now: float, retry_after: float | None, spread: float) -> float:
        if not self._away:
            with self._watched():
                async with asyncio.timeout(PATIENCE):
                    return await self._remote.refuse(retry_after, spread)
        return self._own.refuse(now, retry_after, spread)

    def paused_until(self) -> float:
        return max(self._own.paused_until, self._remote.paused_until)

    async def sharers(self) -> Sequence[str]:
        with self._watched():
            async with asyncio.timeout(PATIENCE):
                return await self._remote.holders()
        return ["the store is away"]

    async def aclose(self, notes: Sequence[Note]) -> None:
        if self._probe is not None:
            self._probe.cancel()
        if not self._away:
            # A rate that others do not share was refused before, where somebody heard it.
            with contextlib.suppress(ConfigurationError), self._watched():
                async with asyncio.timeout(PATIENCE):
                    await self._remote.reserve(0, 0.0, [note for note in notes if note.slot >= 0])
        with contextlib.suppress(*self._failures):
            await self._remote.close()

    async def _look(self) -> None:
        """Ask until the store answers. What was sent on our own share it does not know: that takes a second to age."""
        while self._away:
            await asyncio.sleep(AGAIN * random.uniform(0.8, 1.2))
            with self._watched(then=self._own.hold):
                async with asyncio.timeout(PATIENCE):
                    await self._remote.reserve(0, 0.0, ())

    @contextmanager
    def _watched(self, then: float = 0.0) -> Generator[None]:
        """Note whether the store was there. A failure ends the block; `then` seconds of rest follow a return."""
        try:
            yield
        except self._failures as error:
            if not self._away:
                meanwhile = "requests wait" if self._share is None else f"{self._share:g} requests a second go on"
                _log.warning("the rate limiter's store is away, meanwhile %s: %r", meanwhile, error)
            self._away = True
            self._ask_at = self._clock() + AGAIN * random.uniform(0.8, 1.2)
        else:
            if self._away:
                _log.info("the rate limiter's store is back")
                self._ask_at = self._clock() + then
            self._away = False
