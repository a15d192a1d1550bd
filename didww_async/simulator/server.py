"""A real HTTP server around the simulator, on the loopback."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, MutableMapping
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any

import uvicorn

if TYPE_CHECKING:
    from .simulator import Simulator

__all__ = ["abort", "serve_forever", "serving"]


class _Server(uvicorn.Server):
    """A server inside somebody else's event loop: signals are not its business."""

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


@asynccontextmanager
async def serving(app: Any, port: int) -> AsyncGenerator[str]:
    """Serve `app` while the context is open, and give the origin, `http://127.0.0.1:port`."""
    listener = _listen(port)
    server = _Server(_config(app))
    task = asyncio.ensure_future(server.serve(sockets=[listener]))
    try:
        while not server.started:
            if task.done():
                await task
            await asyncio.sleep(0.001)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        await task
        listener.close()


def serve_forever(sim: Simulator, port: int = 0, *, ready: Callable[[str], None] = print) -> None:
    """Serve a simulator until the process is told to end. `ready` is called with the base URL first.

    Raises OSError where the port is taken.
    """
    listener = _listen(port)
    sim.base_url = f"http://127.0.0.1:{listener.getsockname()[1]}/v3"
    ready(sim.base_url)
    with listener:
        uvicorn.Server(_config(sim.app)).run(sockets=[listener])


def _listen(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
    except OSError:
        listener.close()
        raise
    return listener


def _config(app: Any) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        log_level="critical",
        access_log=False,
        lifespan="off",
        interface="asgi3",
        server_header=False,
        timeout_graceful_shutdown=1,
        backlog=2048,
    )


async def abort(
    receive: Callable[[], Awaitable[MutableMapping[str, Any]]],
    send: Callable[[MutableMapping[str, Any]], Awaitable[None]],
) -> bool:
    """Break the connection of a request without a word. False where there is none, in the same process.

    ASGI has no way to say this. uvicorn's `send` belongs to the object that holds the connection.
    """
    connection = getattr(getattr(send, "__self__", None), "transport", None)
    if connection is None:
        return False
    connection.abort()
    while (await receive())["type"] != "http.disconnect":
        pass
    return True
