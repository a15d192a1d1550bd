"""What every receiver does with a delivery: verify it, tell whoever waits, call the handler."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterable, Awaitable, Callable, Mapping
from typing import Final, Protocol

import attrs

from ..callbacks import CallbackEvent, CallbackVerifier
from ..errors import InvalidCallback

__all__ = ["Handler", "Notices", "Receiver"]

Handler = Callable[[CallbackEvent], Awaitable[None]]
"""Called once for each genuine event, in order. It may be called again with the same event, hours later."""

_log: Final = logging.getLogger("didww_async.receivers")


class Notices(Protocol):
    """Whoever waits in this process for a record to settle: `didww.notices` of a session."""

    def heard(self, type: str, id: str) -> None:
        """A callback about this record came in."""
        ...


@attrs.frozen
class Receiver:
    """Takes deliveries from a framework and answers with an HTTP status.

    200 once `handler` has returned for every event; 403 for what is not DIDWW's; 413 for a body that is too
    large, which is not read to its end. What `handler` raises goes on to the framework, which answers 500,
    and DIDWW sends the delivery again. DIDWW waits 60 seconds for the answer: do there what must not be lost,
    and leave the rest to a task.
    """

    verifier: CallbackVerifier
    handler: Handler
    notices: Notices | None = None

    async def receive(self, method: str, url: str, headers: Mapping[str, str], body: AsyncIterable[bytes]) -> int:
        """The HTTP status to answer with, once the events are handled."""
        content = bytearray()
        async for chunk in body:
            content += chunk
            if len(content) > self.verifier.max_body:
                _log.warning("refused a callback of more than %d bytes", self.verifier.max_body)
                return 413
        try:
            events = self.verifier.parse(method, url, headers, bytes(content))
        except InvalidCallback as error:
            _log.warning("refused a callback: %s", error)
            return 403
        for event in events:
            if self.notices is not None and event.id is not None:
                self.notices.heard(event.type, event.id)
        for event in events:
            await self.handler(event)
        return 200
