"""The exports part of the API in a few lines, as a transport: for tests of what is done with its files."""

from __future__ import annotations

import gzip
import json
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx

from didww_async import Session
from didww_async.cdr.cdrs import Cdrs
from didww_async.cdr.exports import ExportWatch
from didww_async.limiter import Permit, Priority
from didww_async.notices import Notices
from didww_async.transport import Transport

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
INBOUND = (
    "Date/Time Start (UTC),Date/Time Connect (UTC),Date/Time End (UTC),Status,Source,Source Name,Destination DID,"
    "Duration (sec),Attempt,Disconnect Code,Response,Disconnect Initiator,Voice IN Trunk,Destination,Trunk Group,"
    "Capacity Group,Toll-free (USD),PSTN (USD),Metered (USD),CNAM IN (USD),Total (USD),Call ID"
)
OUTBOUND = (
    "Date/Time Start (UTC),Date/Time Connect (UTC),Date/Time End (UTC),Status,Source,CLI,Destination Number,"
    "Call Duration (sec),Billing Duration (sec),Disconnect Code,Disconnect Reason,Voice OUT Trunk,"
    "Destination Country,Network,Call Type,Rate (USD),Charged (USD),P-Charge-Info,Call ID"
)
Content = Callable[[str, datetime, datetime], bytes]


def hourly(export_type: str, start: datetime, end: datetime) -> bytes:
    """A file with a call at each full hour."""
    lines = [INBOUND if export_type == "cdr_in" else OUTBOUND]
    moment = start.replace(minute=0, second=0)
    while moment < end:
        if moment >= start:
            at, to = f"{moment:%Y-%m-%d %H:%M:%S}", f"{moment + timedelta(seconds=61):%Y-%m-%d %H:%M:%S}"
            call = f"{moment:%Y%m%d%H}"
            if export_type == "cdr_in":
                lines.append(
                    f"{at},{at},{to},Completed,4930,,97286259404,60,1,200,Bye,Origination,t,sip:a@b.c,g,,"
                    f"0.000,0.003,0.000,0.000,0.003,{call}"
                )
            else:
                lines.append(f"{at},{at},{to},Completed,1,2,3,60,60,200,OK,t,UK,BT,Local,0.010,0.010,,{call}")
        moment += timedelta(hours=1)
    return gzip.compress(("\r\n".join(lines) + "\r\n").encode())


class Unlimited:
    """A limiter that lets everything pass at once."""

    waited = 0.0

    async def acquire(self, priority: Priority = Priority.NORMAL) -> Permit:
        return self

    def answered(self) -> None: ...

    def unsent(self) -> None: ...

    async def refused(self, retry_after: float | None = None) -> float:
        return 0.0

    async def aclose(self) -> None: ...


@dataclass
class FakeExports(httpx.AsyncBaseTransport):
    """Answers for /exports and their files; `polls` is how often an export is pending when it is looked at."""

    content: Content = hourly
    polls: int = 0
    ids_filter: bool = True
    exports: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    requests: list[str] = field(default_factory=list[str])
    unready: dict[str, int] = field(default_factory=dict[str, int])
    file: Callable[[httpx.Request, bytes], httpx.Response] = lambda request, content: whole(content)
    refuse: Callable[[httpx.Request], httpx.Response | None] = lambda request: None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(f"{request.method} {request.url.path}")
        if (refused := self.refuse(request)) is not None:
            return refused
        if request.url.path.endswith(".csv.gz"):
            export = self.exports[request.url.path.rsplit("/", 1)[1].removesuffix(".csv.gz")]
            return self.file(request, self._content(export["attributes"]))
        if request.method == "POST":
            return self.created(json.loads(request.content)["data"]["attributes"])
        id = request.url.path.rsplit("/", 1)[1]
        if id != "exports":
            if id not in self.exports:
                return httpx.Response(404, json={"errors": [{"title": "Record not found", "status": "404"}]})
            return _answer(self._looked_at(id))
        return self._list(request.url.params)

    def created(self, attributes: Mapping[str, Any]) -> httpx.Response:
        id = str(uuid4())
        self.unready[id] = self.polls
        self.exports[id] = {
            "id": id,
            "type": "exports",
            "attributes": {
                "status": "pending",
                "url": None,
                "created_at": "2026-11-24T12:00:00.000Z",
                "callback_url": None,
                "callback_method": None,
                "external_reference_id": None,
                **attributes,
            },
        }
        return _answer(self.exports[id], 201)

    def _looked_at(self, id: str) -> dict[str, Any]:
        export = self.exports[id]
        if self.unready[id] <= 0:
            url = f"https://sandbox-api.didww.com/v3/exports/{id}.csv.gz"
            export["attributes"].update(status="completed", url=url)
        self.unready[id] -= 1
        return export

    def _list(self, params: httpx.QueryParams) -> httpx.Response:
        found = list(self.exports)
        if "filter[id]" in params:
            if not self.ids_filter:
                error = {"title": "Filter not allowed", "code": "102", "status": "400"}
                return httpx.Response(400, json={"errors": [error]})
            found = [id for id in found if id in params["filter[id]"].split(",")]
        if "filter[external_reference_id]" in params:
            wanted = params["filter[external_reference_id]"]
            found = [id for id in found if self.exports[id]["attributes"]["external_reference_id"] == wanted]
        number, size = int(params.get("page[number]", 1)), int(params.get("page[size]", 50))
        page = found[(number - 1) * size : number * size]
        return _answer([self._looked_at(id) for id in page], total=len(found))

    def _content(self, attributes: Mapping[str, Any]) -> bytes:
        bounds = (datetime.fromisoformat(attributes["filters"][name] + "+00:00") for name in ("from", "to"))
        return self.content(attributes["export_type"], *bounds)

    @property
    def asked(self) -> list[str]:
        """The reference of every export that was made."""
        return [one["attributes"]["external_reference_id"] for one in self.exports.values()]


def _answer(data: Any, status: int = 200, total: int | None = None) -> httpx.Response:
    meta: dict[str, Any] = {"api_version": "2026-04-16"}
    if total is not None:
        meta["total_records"] = total
    return httpx.Response(
        status, json={"data": data, "meta": meta}, headers={"content-type": "application/vnd.api+json"}
    )


def session(api: FakeExports) -> Session:
    """A session with the fake, and no limit."""
    return Session("a-key", api_version="2026-04-16", transport=api, limiter=Unlimited())


def transport_of(didww: Session) -> Transport:
    """What the session sends through: what is tested here stands below the session."""
    transport: Transport = vars(didww)["_transport"]
    return transport


def cdrs(didww: Session, now: datetime = NOW, notices: Notices | None = None, account: str = "a-key") -> Cdrs:
    """The call records of a session at a moment of its own."""
    return Cdrs(
        didww.exports,
        transport_of(didww),
        ExportWatch(didww.exports, notices or Notices()),
        account=account,
        version="2026-04-16",
        settle=60.0,
        now=lambda: now,
    )


def whole(content: bytes) -> httpx.Response:
    """A file as the API sends it."""
    return httpx.Response(200, content=pieces(content), headers={"content-length": str(len(content))})


async def pieces(content: bytes, size: int = 1000, until: int | None = None) -> AsyncIterator[bytes]:
    """A body in pieces that breaks after `until` bytes."""
    for start in range(0, len(content) if until is None else until, size):
        yield content[start : min(start + size, until or len(content))]
    if until is not None:
        raise httpx.ReadError("cut off")
