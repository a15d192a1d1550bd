"""Send callbacks as the vendor does: signed, and again at widening intervals until they are answered."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from typing import Final
from urllib.parse import urlencode, urlsplit, urlunsplit

import attrs
import httpx

__all__ = ["Attempt", "CallbackSender", "WAITS", "sign"]

MINUTE: Final = 60.0
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR
WAITS: Final = (
    MINUTE,
    10 * MINUTE,
    30 * MINUTE,
    HOUR,
    3 * HOUR,
    6 * HOUR,
    12 * HOUR,
    DAY,
    2 * DAY,
)
"""Seconds before the second to the tenth attempt."""
TIMEOUT: Final = 60.0

Value = str | bool | int | None
Entry = Mapping[str, Value]


@attrs.frozen
class Attempt:
    """One try at a delivery. `status` is what was answered, None where no answer came within a minute."""

    url: str
    method: str
    status: int | None

    @property
    def delivered(self) -> bool:
        return self.status is not None and 200 <= self.status <= 298


class CallbackSender:
    """Sends the callbacks of one account.

    `secret` is its enabled callback secret: without one nothing is sent, as with the vendor. `sleep` is how
    the time between attempts passes, `transport` what carries the requests instead of the network. Every
    attempt is in `attempts`, in order.
    """

    def __init__(
        self,
        *,
        secret: str | None,
        sleep: Callable[[float], Awaitable[None]],
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.secret = secret
        self.attempts: list[Attempt] = []
        self._sleep = sleep
        self._client = httpx.AsyncClient(transport=transport, timeout=TIMEOUT, trust_env=False)

    async def aclose(self) -> None:
        """Close the connections. Deliveries still under way fail."""
        await self._client.aclose()

    async def send(self, url: str, method: str, payload: Entry | Sequence[Entry]) -> bool:
        """Deliver one event, or an array of them, in up to ten attempts. True once the receiver took it.

        A mapping goes as a form (`post`) or in the query (`get`), a sequence as a JSON array.
        """
        if self.secret is None:
            return False
        request = self._request(url, method.upper(), payload, self.secret)
        for wait in (*WAITS, None):
            attempt = await self._attempt(request)
            self.attempts.append(attempt)
            if attempt.delivered:
                return True
            if wait is not None:
                await self._sleep(wait)
        return False

    async def _attempt(self, request: httpx.Request) -> Attempt:
        status = None
        with suppress(httpx.HTTPError):
            status = (await self._client.send(request)).status_code
        return Attempt(str(request.url), request.method, status)

    def _request(self, url: str, method: str, payload: Entry | Sequence[Entry], secret: str) -> httpx.Request:
        url = url if "://" in url else f"http://{url}"
        entries = [payload] if isinstance(payload, Mapping) else payload
        body, kind = b"", ""
        if not isinstance(payload, Mapping):
            body, kind = json.dumps([dict(entry) for entry in payload]).encode(), "application/json"
        elif method == "GET":
            url = _with_query(url, _encoded(payload))
        else:
            body, kind = _encoded(payload).encode(), "application/x-www-form-urlencoded"
        headers = {"X-DIDWW-Signature": sign(secret, url, entries), "User-Agent": "DIDWW simulator"}
        if kind:
            headers["Content-Type"] = kind
        return self._client.build_request(method, url, content=body or None, headers=headers)


def sign(secret: str, url: str, entries: Sequence[Entry]) -> str:
    """The signature of a delivery: its URL with the port written out, then each entry's names and values."""
    parts = urlsplit(url)
    host = parts.netloc if parts.port else f"{parts.netloc}:{443 if parts.scheme == 'https' else 80}"
    text = urlunsplit(parts._replace(netloc=host))
    for entry in entries:
        for name, value in sorted(entry.items()):
            text += name + _written(value)
    return hmac.digest(secret.encode(), text.encode(), hashlib.sha1).hex()


def _written(value: Value) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)


def _encoded(payload: Entry) -> str:
    return urlencode([(name, _written(value)) for name, value in sorted(payload.items())])


def _with_query(url: str, query: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(query=f"{parts.query}&{query}" if parts.query else query))
