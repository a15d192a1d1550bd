"""Receive DIDWW's callbacks in an aiohttp server."""

from __future__ import annotations

from collections.abc import Sequence

from ..callbacks import CallbackVerifier
from ..errors import ConfigurationError
from .base import Handler, Notices, Receiver

try:
    from aiohttp import web
except ModuleNotFoundError as _error:
    raise ConfigurationError("this receiver needs aiohttp: pip install aiohttp") from _error

__all__ = ["callback_routes"]


def callback_routes(
    path: str, verifier: CallbackVerifier, handler: Handler, *, notices: Notices | None = None
) -> Sequence[web.RouteDef]:
    """Routes that take callbacks at `path`, by GET and POST, and call `handler` with each genuine event.

        async def settled(event: CallbackEvent) -> None: ...

        app.add_routes(callback_routes("/didww", CallbackVerifier(secret), settled))

    With `notices`, the session's, `orders.wait` and `exports.wait` end as soon as the callback is here.
    Answers 200 when `handler` returned, 403 and 413 to what it never sees; what it raises becomes a 500, and
    DIDWW tries again.
    """
    receiver = Receiver(verifier, handler, notices)

    async def endpoint(request: web.Request) -> web.Response:
        url = f"{request.scheme}://{request.host}{request.raw_path}"
        status = await receiver.receive(request.method, url, request.headers, request.content.iter_any())
        return web.Response(status=status)

    return [web.get(path, endpoint, allow_head=False), web.post(path, endpoint)]
