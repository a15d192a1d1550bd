"""Receive DIDWW's callbacks in Starlette or FastAPI."""

from __future__ import annotations

from urllib.parse import quote

from ..callbacks import CallbackVerifier
from ..errors import ConfigurationError
from .base import Handler, Notices, Receiver

try:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route
except ModuleNotFoundError as _error:
    raise ConfigurationError("this receiver needs Starlette or FastAPI: pip install starlette") from _error

__all__ = ["callback_route"]


def callback_route(path: str, verifier: CallbackVerifier, handler: Handler, *, notices: Notices | None = None) -> Route:
    """A route that takes callbacks at `path`, by GET and POST, and calls `handler` with each genuine event.

        async def settled(event: CallbackEvent) -> None: ...

        app = FastAPI(routes=[callback_route("/didww", CallbackVerifier(secret), settled)])

    With `notices`, the session's, `orders.wait` and `exports.wait` end as soon as the callback is here.
    Answers 200 when `handler` returned, 403 and 413 to what it never sees; what it raises becomes a 500, and
    DIDWW tries again.
    """
    receiver = Receiver(verifier, handler, notices)

    async def endpoint(request: Request) -> Response:
        status = await receiver.receive(request.method, _url(request), request.headers, request.stream())
        return Response(status_code=status)

    return Route(path, endpoint, methods=["GET", "POST"])


def _url(request: Request) -> str:
    # Not request.url: its path is decoded, and what was signed is the path as it was sent.
    scope = request.scope
    path = scope.get("raw_path") or quote(scope["path"]).encode()
    query = b"?" + scope["query_string"] if scope["query_string"] else b""
    return f"{request.url.scheme}://{request.url.netloc}{(path + query).decode('latin-1')}"
