"""What can be made to go wrong, and the dice that decide when."""

from __future__ import annotations

import random
from typing import Literal

import attrs

__all__ = ["ConnectionLost", "Dice", "Faults"]


class ConnectionLost(Exception):
    """The connection breaks before an answer was sent. `read` tells that the request had arrived."""


@attrs.define
class Faults:
    """What goes wrong. Everything may be changed while the simulator runs; chances are from 0 to 1.

    Time, in seconds: `latency` is fixed and `jitter` the mean of an exponential, and `delayed` says which way is
    slow: the `request`, so that it is counted late, or the `answer`.

    Before a request is carried out: `too_many` answers 429 for no reason, with `retry_after` as its header (also
    when the limit is really exceeded) if that is set; `unavailable` answers 503; `reset` breaks the connection;
    `html` answers 502 with a page of a proxy; `empty_401` takes the body from every 401.

    After a write was carried out: `lost` breaks the connection instead of answering, `unavailable_after` answers
    503.

    Downloads: `truncations` of them end at byte `truncate_at`; `corrupt` gives the last member a wrong CRC;
    `ranges` off ignores the header Range; `members` is of how many gzip members a file consists; `stuck` exports
    never complete. `callbacks` off sends none.
    """

    latency: float = 0.0
    jitter: float = 0.0
    delayed: Literal["request", "answer"] = "request"
    too_many: float = 0.0
    retry_after: str | None = None
    unavailable: float = 0.0
    reset: float = 0.0
    html: float = 0.0
    empty_401: bool = False
    lost: float = 0.0
    unavailable_after: float = 0.0
    truncate_at: int = 0
    truncations: int = 0
    corrupt: bool = False
    ranges: bool = True
    members: int = 1
    stuck: bool = False
    callbacks: bool = True


class Dice:
    """Decides by the faults' chances. The same seed and the same requests give the same decisions."""

    def __init__(self, faults: Faults, seed: int) -> None:
        self.faults = faults
        self._random = random.Random(f"faults/{seed}")

    def delay(self) -> float:
        """How long this exchange takes on its slow way, in seconds."""
        jitter = self.faults.jitter
        return self.faults.latency + (self._random.expovariate(1 / jitter) if jitter > 0 else 0.0)

    def happens(self, chance: float) -> bool:
        """Whether something with this chance happens now."""
        return chance > 0 and self._random.random() < chance

    def cut(self, length: int) -> int:
        """At which byte a download of `length` ends, and one truncation less from now on."""
        if self.faults.truncations <= 0 or self.faults.truncate_at >= length:
            return length
        self.faults.truncations -= 1
        return self.faults.truncate_at
