"""The prices services of API 2026-11-19: lookups by number and price files, for calls and messages."""

from __future__ import annotations

import csv
import gzip
import io
import json
import math
import re
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any, Final

import attrs
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from .pricelists import BOOKS, COUNTRIES, Book, Row
from .tokens import TokenService

__all__ = ["Plan", "PricesService"]

Endpoint = Callable[[Request], Awaitable[Response]]

_MEDIA_TYPE: Final = "application/vnd.api+json"
_FIRST_PUBLISHED: Final = datetime(2026, 11, 1, tzinfo=UTC)


@attrs.define
class Plan:
    """The price plan of the account in one book: its rows, and how its file is doing.

    `modified` is when rows or assignment changed last. While `generated` is False there is no file yet, and
    while `assigned` is False the account has no plan at all.
    """

    rows: Sequence[Row]
    modified: datetime = _FIRST_PUBLISHED
    generated: bool = True
    assigned: bool = True

    def publish(self, rows: Sequence[Row]) -> None:
        """Change the rows, an hour after the last change."""
        self.rows = rows
        self.modified += timedelta(hours=1)


class PricesService:
    """The three hosts of prices, `voice_in`, `voice_out` and `sms`, with the price plan of one account.

    `plans` has the plan of each book by its name: `voice_in`, `voice_out`, `sms_out/a2p`, `sms_out/p2p`,
    `sms_out/otp`, `sms_in`. `prefix` is where the routes begin, `{service}` in it the name of the host.
    `tokens` checks who asks; without it everybody is let in. Each account may ask `limit` times in `window`
    seconds of `clock`, lookups and files together; `retry_after` is what a file that is not generated asks
    to wait for.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], float],
        tokens: TokenService | None = None,
        prefix: str = "/{service}/v3",
        limit: int = 100,
        window: float = 1.0,
        retry_after: int = 30,
    ) -> None:
        self.plans: dict[str, Plan] = {book.name: Plan(book.rows) for book in BOOKS}
        self.requests: int = 0
        self.refused: int = 0
        self._clock = clock
        self._tokens = tokens
        self._prefix = prefix
        self._limit = limit
        self._window = window
        self._retry_after = retry_after
        self._spent: dict[str, list[float]] = {}

    @property
    def routes(self) -> list[Route]:
        """The routes of all three hosts."""
        return [route for book in BOOKS for route in self._routes(book)]

    def _routes(self, book: Book) -> Sequence[Route]:
        def served(answer: Callable[[Request, Book, Plan], Response]) -> Endpoint:
            async def endpoint(request: Request) -> Response:
                response = self._guard(request, book) or answer(request, book, self.plans[book.name])
                if request.method == "HEAD":
                    # Headers as they are, the length of the file among them, and no body on any status.
                    response.body = b""
                return response

            return endpoint

        base = self._prefix.format(service=book.service) + book.path
        return [
            Route(f"{base}/lookup/prices", served(_lookup), methods=["GET"]),
            Route(f"{base}/prices.csv.gz", served(self._file), methods=["GET"]),
        ]

    def _guard(self, request: Request, book: Book) -> Response | None:
        self.requests += 1
        account = ""
        if self._tokens is not None:
            authorization = request.headers.get("authorization")
            refusal = self._tokens.check(authorization, audience=book.audience, method=request.method)
            if refusal is not None:
                return refusal
            grant = self._tokens.grant(authorization)
            account = grant.key if grant else ""
        now = self._clock()
        spent = [at for at in self._spent.get(account, []) if at > now - self._window]
        if len(spent) >= self._limit:
            self.refused += 1
            wait = max(1, math.ceil(spent[0] + self._window - now))
            return _errors(429, "too_many_requests", "Too Many Requests", {"Retry-After": str(wait)})
        self._spent[account] = [*spent, now]
        if not self.plans[book.name].assigned:
            return _errors(404, "price_plan_not_assigned", "No price plan is assigned")
        return None

    def _file(self, request: Request, book: Book, plan: Plan) -> Response:
        if not plan.generated:
            return _errors(
                503, "serving_failure", "The file is not generated yet", {"Retry-After": str(self._retry_after)}
            )
        headers = {
            "Content-Disposition": f'attachment; filename="{book.file}"',
            "Last-Modified": format_datetime(plan.modified, usegmt=True),
            "Cache-Control": "private",
            "Accept-Ranges": "none",
            "Vary": "Authorization",
        }
        if _unchanged_since(request.headers.get("if-modified-since"), plan.modified):
            return Response(status_code=304, headers=headers)
        content = gzip.compress(_table(book, plan.rows), mtime=0)
        return Response(content, headers=headers, media_type="application/gzip")


def _lookup(request: Request, book: Book, plan: Plan) -> Response:
    accepted = [part.partition(";")[0].strip() for part in request.headers.get("accept", "*/*").split(",")]
    if not {_MEDIA_TYPE, "*/*"} & set(accepted):
        return _errors(406, "406", "Not acceptable")
    filters: dict[str, str] = {}
    for name, value in request.query_params.multi_items():
        inner = re.fullmatch(r"filter\[(.*)\]", name)
        if inner is None:
            return _errors(400, "105", "Param not allowed", detail=f"{name} is not allowed.")
        if inner[1] not in book.filters:
            return _errors(400, "102", "Filter not allowed", detail=f"{inner[1]} is not allowed.")
        if not re.fullmatch(book.filters[inner[1]], value):
            return _errors(400, "107", "Invalid filter value", detail=f"{inner[1]} is invalid.")
        if inner[1].endswith("country_iso") and value not in COUNTRIES:
            return _errors(400, "107", "Invalid filter value", detail=f"{value} is no known country.")
        filters[inner[1]] = value
    if not filters.keys() & book.one_of:
        return _errors(400, "106", "Missing parameter", detail=f"One of {', '.join(sorted(book.one_of))} is required.")
    found = book.match(plan.rows, filters)
    if not found:
        return _errors(404, "price_not_found", "No price covers this number")
    data = [{"id": _id(row), "type": "prices", "attributes": dict(row)} for row in found]
    return _document(200, {"data": data, "meta": {"total_records": len(data)}})


def _id(row: Row) -> str:
    # The id is made of the content: it changes with the price.
    return str(uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(row, sort_keys=True)))


def _table(book: Book, rows: Sequence[Row]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(book.columns)
    writer.writerows([_cell(row[name]) for name in book.columns.values()] for row in rows)
    return text.getvalue().encode()


def _cell(value: object) -> object:
    return str(value).lower() if isinstance(value, bool) else value


def _unchanged_since(header: str | None, modified: datetime) -> bool:
    try:
        since = parsedate_to_datetime(header or "")
    except ValueError:
        return False
    return since.replace(tzinfo=since.tzinfo or UTC) >= modified


def _errors(
    status: int, code: str, title: str, headers: Mapping[str, str] | None = None, *, detail: str = ""
) -> Response:
    entry = {"title": title, "detail": detail or title, "code": code, "status": str(status)}
    return _document(status, {"errors": [entry]}, headers)


def _document(status: int, document: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Response:
    return Response(json.dumps(document), status, headers, media_type=_MEDIA_TYPE)
