"""`didww.cdrs`: calls of a range of time as typed rows, or harvested into a folder."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict, Unpack, get_args

from ..errors import ConfigurationError
from ..records.scalars import Id, Number
from ..records.voice_out import VoiceOutTrunk
from ..transport import Transport
from . import arrow
from .calls import Calls, Plan
from .columns import InboundCall, Kind, KindOf, OutboundCall, kind_of
from .exports import DEADLINE, ExportWatch
from .folder import Folder, Settings
from .harvest import Harvest, Harvester, Job, Malformed, Progress
from .requests import Requests, check_filters
from .rows import Reject
from .sinks import FORMATS, Format
from .threads import Threads
from .windows import DAY, cut, range_of

if TYPE_CHECKING:
    from ..resources.exports import Exports

__all__ = ["Cdrs"]


class InboundFilters(TypedDict, total=False):
    """Which inbound calls; all but `did_number` from API version 2026-11-19 on."""

    did_number: Number
    source_number: str
    source_number_out: str
    source_country_iso: str


class OutboundFilters(TypedDict, total=False):
    """Which outbound calls; all but `voice_out_trunk` from API version 2026-11-19 on."""

    voice_out_trunk: VoiceOutTrunk | Id
    source: str
    cli: str
    destination: str


class Cdrs:
    """Call detail records. `account` is a digest of the key, `settle` the session's `RetryPolicy.settle`."""

    def __init__(
        self,
        exports: Exports,
        transport: Transport,
        watch: ExportWatch,
        *,
        account: str,
        version: str,
        settle: float,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._exports = exports
        self._transport = transport
        self._watch = watch
        self._account = hashlib.sha256(f"didww_async cdr\0{account}".encode()).hexdigest()[:10]
        self._version = version
        self._settle = settle
        self._now = now

    def inbound(
        self,
        start: datetime,
        end: datetime,
        *,
        window: timedelta = DAY,
        deadline: float = DEADLINE,
        reject: Reject | None = None,
        **filters: Unpack[InboundFilters],
    ) -> Calls[InboundCall]:
        """Inbound calls that started from `start` on and before `end`, both aware, in any time zone.

        `async for call in ...` gives them one by one, `.batches()` in lists, `.to_arrow()` as columns. The range
        is cut into windows of `window`, whose exports are made side by side, each within `deadline` seconds. An
        `end` in the future is taken as now. `reject` is called, in a thread, with the RowError of each malformed
        row, which is raised otherwise.

        Raises ConfigurationError at once for a range outside the current and the two previous calendar months,
        NotInVersion for a filter that the session's API version does not have.
        """
        return Calls(self._plan("in", start, end, window, deadline, dict(filters)), reject=reject)

    def outbound(
        self,
        start: datetime,
        end: datetime,
        *,
        window: timedelta = DAY,
        deadline: float = DEADLINE,
        reject: Reject | None = None,
        **filters: Unpack[OutboundFilters],
    ) -> Calls[OutboundCall]:
        """Outbound calls that started from `start` on and before `end`; everything else as in `inbound`."""
        told: dict[str, Any] = dict(filters)
        if "voice_out_trunk" in told:
            told["voice_out_trunk.id"] = told.pop("voice_out_trunk")
        return Calls(self._plan("out", start, end, window, deadline, told), reject=reject)

    async def harvest(
        self,
        kinds: Kind | Sequence[Kind],
        start: datetime,
        end: datetime,
        out: str | os.PathLike[str],
        *,
        format: Format = "csv",
        window: timedelta = DAY,
        filters: Mapping[str, Any] | None = None,
        malformed: Malformed = "raise",
        deadline: float = DEADLINE,
        on_progress: Callable[[Progress], None] | None = None,
    ) -> Harvest:
        """Fill the folder `out` with the records of `kinds` ("in", "out", "sms_in", "sms_out") in the range.

        Files lie under `kind=in/date=2026-10-01/`, one for each window that has rows, so that DuckDB, Polars,
        Spark and BigQuery read the folder as one table; `_harvest/` holds a manifest for each window. Run again,
        it does only what is missing; windows whose calls may still have been going on are fetched anew. A run
        that was killed loses nothing, and nothing is asked for or written twice.

        `format` is "csv", "jsonl" or "parquet" (which needs pyarrow). `filters` are the API's of an export.
        `malformed` says what becomes of rows that cannot be read: "raise" leaves their window unfinished, "set
        aside" puts them into a file beside the manifest. `on_progress` is called on the event loop, a few times
        a second.

        Raises ConfigurationError before anything is sent; HarvestError where the folder is in use, holds
        something else or cannot be written, or where windows failed while the others were finished; and at once
        what the API answers to a key that it no longer takes. What was finished stays, always.
        """
        chosen = [kind_of(kind) for kind in ([kinds] if isinstance(kinds, str) else kinds)]
        told = dict(filters or {})
        for kind in chosen:
            check_filters(kind, told, self._version)
        if format not in FORMATS:
            raise ConfigurationError(f"format must be {' or '.join(map(repr, FORMATS))}; got {format!r}")
        if malformed not in get_args(Malformed):
            raise ConfigurationError(f"malformed must be {' or '.join(get_args(Malformed))}; got {malformed!r}")
        whole = range_of(start, end, now=self._now())
        cut(whole, window)
        job = Job(
            kinds=chosen,
            whole=whole,
            folder=Folder(Path(out)),
            settings=Settings(self._account, format, {name: str(value) for name, value in told.items()}),
            filters=told,
            size=window,
            malformed=malformed,
            deadline=deadline,
        )
        with Threads() as threads:
            if format == "parquet":
                await threads.run(arrow.load_pyarrow)
            harvester = Harvester(
                job,
                transport=self._transport,
                watch=self._watch,
                requests=self._requests(),
                threads=threads,
                now=self._now,
                on_progress=on_progress,
            )
            return await harvester.run()

    def _plan(
        self, name: Kind, start: datetime, end: datetime, size: timedelta, deadline: float, filters: Mapping[str, Any]
    ) -> Plan:
        kind: KindOf = kind_of(name)
        check_filters(kind, filters, self._version)
        now = self._now()
        requests = self._requests()
        windows = cut(range_of(start, end, now=now), size)
        return Plan(
            transport=self._transport,
            watch=self._watch,
            requests=requests,
            kind=kind,
            windows=[
                (window, requests.reference(kind, window, filters, None if window.settled(now) else now))
                for window in windows
            ],
            filters=filters,
            deadline=deadline,
        )

    def _requests(self) -> Requests:
        return Requests(self._exports, self._account, self._version, self._settle)
