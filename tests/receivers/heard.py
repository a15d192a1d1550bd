"""What a receiver does with the events it believes, written down."""

from __future__ import annotations

from didww_async.callbacks import CallbackEvent

__all__ = ["ORDER", "Heard"]

ORDER = {"id": "1dd7a68b-e235-402b-8912-fe73ee14243a", "status": "completed", "type": "orders"}


class Heard:
    """A handler and a `Notices` that remember what came; the first `failures` events cannot be handled."""

    def __init__(self, failures: int = 0) -> None:
        self.events: list[CallbackEvent] = []
        self.told: list[tuple[str, str]] = []
        self.failures = failures

    def heard(self, type: str, id: str) -> None:
        self.told.append((type, id))

    async def handle(self, event: CallbackEvent) -> None:
        if self.failures:
            self.failures -= 1
            raise OSError("the database is away")
        self.events.append(event)
