"""The HTTP side of the simulator: arrival, limit, credentials, media types, and what goes wrong on the way."""

from __future__ import annotations

import json
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl

import attrs

from .api import MEDIA_TYPE, Answer, Request, errors
from .description import VERSIONS, describe
from .downloads import Download
from .faults import ConnectionLost
from .problems import Problem, unauthorized, wrong_media_type

if TYPE_CHECKING:
    from .simulator import Simulator

__all__ = ["Exchange", "serve_request"]

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_ROOT: Final = "/v3/"
_PROXY_PAGE: Final = b"<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"
_TOO_MANY: Final = b'{"errors":[{"status":"429","detail":"Too Many Requests"}]}'
_AUDIENCE: Final = "api.didww.com"


@attrs.frozen
class Exchange:
    """One request in the log of the simulator. `at` is when it was counted, in seconds of the simulator's clock.

    `status` is None where the connection broke instead of an answer.
    """

    method: str
    path: str
    status: int | None
    at: float
    key: str | None = attrs.field(repr=False)


async def serve_request(sim: Simulator, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer one request to the API as an ASGI application does. Raises ConnectionLost where none shall come."""
    began = time.perf_counter()
    request = await _read(scope, receive)
    faults = sim.faults
    delay = sim.dice.delay()
    if delay and faults.delayed == "request":
        await sim.sleep(delay)
    key = sim.key_of(request)
    at = sim.clock()
    status: int | None = None
    try:
        answer = await _answer(sim, request, scope, key)
        if delay and faults.delayed == "answer":
            await sim.sleep(delay)
        status = answer.status
    finally:
        sim.log.append(Exchange(request.method, request.path, status, at, key))
    if isinstance(answer, Download):
        await answer.send(send)
        return
    headers = [
        (b"x-request-id", sim.account.new_id().encode()),
        (b"x-runtime", f"{time.perf_counter() - began:.6f}".encode()),
        *((name.lower().encode(), value.encode()) for name, value in answer.headers.items()),
    ]
    if answer.media_type is not None:
        headers.append((b"content-type", answer.media_type.encode()))
    if answer.status != 204:
        headers.append((b"content-length", str(len(answer.body)).encode()))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})


async def _read(scope: Scope, receive: Receive) -> Request:
    body = b""
    if scope["method"] not in ("GET", "HEAD", "DELETE"):
        pieces: list[bytes] = []
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise ConnectionLost("the request was not sent to its end")
            pieces.append(message.get("body", b""))
            more = message.get("more_body", False)
        body = b"".join(pieces)
    headers: dict[str, str] = {}
    for name, value in scope["headers"]:
        headers[name.decode("latin-1").lower()] = value.decode("latin-1")
    query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    return Request(scope["method"], scope["path"].removeprefix(_ROOT), query, headers, body)


async def _answer(sim: Simulator, request: Request, scope: Scope, key: str | None) -> Answer | Download:
    """The answer of one request, after whatever goes wrong before and after it."""
    faults, dice = sim.faults, sim.dice
    sim.requests += 1
    sim.settle()
    if dice.happens(faults.reset):
        raise ConnectionLost("reset")
    over = key is not None and not sim.limit.admit(key)
    if over or dice.happens(faults.too_many):
        sim.refused += 1
        headers = {"Retry-After": faults.retry_after} if faults.retry_after is not None else {}
        return Answer(429, _TOO_MANY, headers=headers)
    if dice.happens(faults.unavailable):
        return _unavailable()
    if dice.happens(faults.html):
        return Answer(502, _PROXY_PAGE, media_type="text/html; charset=utf-8")
    sim.account.address = f"{scope['scheme']}://{request.headers.get('host', 'simulator.invalid')}/v3"
    try:
        answer = await _carry_out(sim, request)
    except Problem as problem:
        if problem.status == 401 and faults.empty_401:
            problem.errors = None
        return errors(problem)
    if request.method not in ("GET", "HEAD"):
        if dice.happens(faults.lost):
            raise ConnectionLost("lost answer")
        if dice.happens(faults.unavailable_after):
            return _unavailable()
    return answer


def _unavailable() -> Answer:
    return Answer(503, b"Service Unavailable", media_type="text/plain")


async def _carry_out(sim: Simulator, request: Request) -> Answer | Download:
    if request.path.startswith("exports/") and request.path.endswith(".csv.gz"):
        _admit_download(sim, request)
        return await sim.files.download(request, sim.faults, sim.dice)
    version = _version(sim, request)
    if request.path.strip("/") != "public_keys":
        _admit(sim, request, version)
    _check_media_types(request)
    return await sim.api.answer(request, describe(version), sim.answered_version or version)


def _version(sim: Simulator, request: Request) -> str:
    """The version to answer in: the one asked for, unless it is unknown or older than the account's."""
    grant = sim.tokens.grant(request.headers.get("authorization"))
    asked = grant.api_version if grant is not None else request.headers.get("x-didww-api-version", "")
    return asked if asked in VERSIONS and asked >= sim.api_version else sim.api_version


def _admit(sim: Simulator, request: Request, version: str) -> None:
    """Raise Problem for who may not use the API: by key up to 2026-04-16, by token since."""
    if version == VERSIONS[0]:
        if request.headers.get("api-key") not in sim.keys:
            raise unauthorized()
        return
    refusal = sim.tokens.check(request.headers.get("authorization"), audience=_AUDIENCE, method=request.method)
    if refusal is not None:
        errors = json.loads(bytes(refusal.body))["errors"] if refusal.body else None
        challenge = refusal.headers.get("www-authenticate")
        raise Problem(refusal.status_code, errors, {"WWW-Authenticate": challenge} if challenge else None)


def _admit_download(sim: Simulator, request: Request) -> None:
    """Files are given for a key as for a token; who shows a wrong key is told nothing."""
    if request.headers.get("api-key") in sim.keys:
        return
    if sim.api_version == VERSIONS[0] and "authorization" not in request.headers:
        raise unauthorized()
    if "api-key" in request.headers:
        raise Problem(401, None)
    _admit(sim, request, VERSIONS[1])


def _check_media_types(request: Request) -> None:
    """Content-Type and Accept name the media type of JSON:API bare, without parameters."""
    sends = request.headers.get("content-type", "")
    upload = request.path.strip("/") == "encrypted_files"
    if request.method in ("POST", "PATCH", "PUT") and not upload and sends != MEDIA_TYPE:
        raise wrong_media_type(415, "Content-Type", MEDIA_TYPE)
    accepted = [part.strip() for part in request.headers.get("accept", "*/*").split(",")]
    any_type = {"*/*", "application/*", *(["application/json"] if upload else [])}
    if not any(part == MEDIA_TYPE or part.partition(";")[0].strip() in any_type for part in accepted):
        raise wrong_media_type(406, "Accept", MEDIA_TYPE)
