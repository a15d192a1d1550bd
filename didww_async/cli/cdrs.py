"""`didww cdrs harvest`: call and message records of a range of time into files."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast, get_args

import attrs
import click

from ..cdr.columns import Kind
from ..cdr.sinks import FORMATS
from ..errors import ConfigurationError
from ..records.exports import ExportFilters
from .columns import plain
from .connection import Account, Connection, api_command
from .faults import Partial
from .grid import pair_lines
from .output import Row, show_one, writer
from .progress import Board
from .text import moment, pairs

if TYPE_CHECKING:
    from ..cdr.harvest import Harvest, Progress

__all__ = ["cdrs"]

_DURATION: Final = re.compile(r"([0-9]+)([mhdw])")
_UNITS: Final = {
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def duration(text: str) -> timedelta:
    """A length of time: 30m, 6h, 3d, 2w."""
    found = _DURATION.fullmatch(text)
    if found is None or int(found[1]) == 0:
        raise click.BadParameter(f"a length of time is written as 30m, 6h, 3d or 2w; got {text!r}")
    return int(found[1]) * _UNITS[found[2]]


@attrs.define
class Outcome:
    """What became of one account's harvest."""

    account: Account
    progress: Progress | None = None
    harvest: Harvest | None = None
    error: Exception | None = None
    requests: int = 0
    refused: int = 0
    elapsed: float = 0.0

    def row(self) -> Row:
        """The closing summary."""
        done = self.harvest
        return {
            "account": self.account.name,
            "records": done.rows if done else 0,
            "minutes": plain(round(Decimal(done.seconds if done else 0) / 60, 1)),
            "cost": plain(done.cost.normalize() if done else Decimal()),
            "windows": done.windows if done else 0,
            "windows_already_there": done.skipped if done else 0,
            "rejected": done.rejected if done else 0,
            "files": len(done.files) if done else 0,
            "bytes": done.bytes if done else 0,
            "requests": self.requests,
            "too_many_requests": self.refused,
            "seconds": round(self.elapsed, 1),
            "error": str(self.error) if self.error else None,
        }


def _range(since: timedelta | None, start: str | None, end: str | None, now: datetime) -> tuple[datetime, datetime]:
    """The range asked for, half-open. `since` goes back to the beginning of a day, or of an hour if it is shorter:
    a nightly run then asks for the same windows as the last one."""
    if (since is None) == (start is None):
        raise ConfigurationError("say from when: --from 2026-10-01 (and --to), or --since 3d")
    if start is not None:
        return moment(start, "--from"), now if end is None else moment(end, "--to")
    if end is not None:
        raise ConfigurationError("--since ends now: give --from with --to")
    assert since is not None
    whole = timedelta(days=1) if since >= timedelta(days=1) else timedelta(hours=1)
    return now - since - (now - since - _EPOCH) % whole, now


async def _harvest(
    connection: Connection,
    kinds: Sequence[Kind],
    since: timedelta | None,
    start: str | None,
    end: str | None,
    out: Path,
    form: str,
    filters: Sequence[str],
    window: timedelta,
    deadline: timedelta,
    set_aside: bool,
) -> None:
    begin, finish = _range(since, start, end, datetime.now(UTC))
    what: dict[str, Any] = {
        "format": form,
        "window": window,
        "filters": pairs(filters, ExportFilters, "cdrs harvest: --filter"),
        "malformed": "set aside" if set_aside else "raise",
        "deadline": deadline.total_seconds(),
    }
    outcomes = [Outcome(account) for account in connection.accounts()]

    async def one(outcome: Outcome, board: Board) -> None:
        folder = out if len(outcomes) == 1 else out / f"account={outcome.account.name}"
        begun = time.monotonic()

        def told(progress: Progress) -> None:
            outcome.progress = progress
            board.update(outcome.account.name, progress.windows, progress.of_windows, _said(progress))

        async with connection.session(outcome.account) as didww:
            try:
                outcome.harvest = await didww.cdrs.harvest(kinds, begin, finish, folder, on_progress=told, **what)
            except Exception as error:
                outcome.error = error
            finally:
                outcome.requests, outcome.refused = didww.stats.requests, didww.stats.refused
                outcome.elapsed = time.monotonic() - begun

    with Board("windows") as board:
        await asyncio.gather(*(one(outcome, board) for outcome in outcomes))
    _conclude(connection, outcomes, kinds)


def _conclude(connection: Connection, outcomes: Sequence[Outcome], kinds: Sequence[Kind]) -> None:
    """Print the summary; end with what went wrong."""
    failed = [outcome for outcome in outcomes if outcome.error is not None]
    kept = any(outcome.harvest or (outcome.progress and outcome.progress.windows) for outcome in outcomes)
    if failed and not kept:
        raise cast("Exception", failed[0].error)
    rows = [outcome.row() for outcome in outcomes]
    if connection.style == "table" and len(rows) == 1:
        if not failed:
            pair_lines(_spoken(rows[0], kinds))
    elif len(rows) == 1:
        show_one(connection.style, rows[0], [(name,) for name in rows[0]])
    else:
        out = writer(connection.style, [(name,) for name in rows[0]])
        out.write(rows)
        out.close()
    if failed:
        names = "; ".join(f"{outcome.account.name}: {outcome.error}" for outcome in failed)
        raise Partial(names if len(outcomes) > 1 else str(failed[0].error))


def _said(progress: Progress) -> str:
    left = f", {progress.left:.0f} s left" if progress.left else ""
    return f"{progress.rows:,} records, {_size(progress.bytes)}{left}"


def _size(size: float) -> str:
    for unit in ("B", "kB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"


def _spoken(row: Row, kinds: Sequence[Kind]) -> list[tuple[str, str]]:
    messages = [kind.startswith("sms") for kind in kinds]
    what = "messages" if all(messages) else "records" if any(messages) else "calls"
    already = f" ({row['windows_already_there']} were there already)" if row["windows_already_there"] else ""
    return [
        (what, f"{row['records']:,}" + (f", and {row['rejected']} set aside" if row["rejected"] else "")),
        ("minutes", f"{Decimal(row['minutes']):,}"),
        ("cost", f"{row['cost']} USD"),
        ("windows", f"{row['windows']}{already}"),
        ("files", f"{row['files']}, {row['bytes']:,} bytes"),
        ("requests", str(row["requests"])),
        ("429s seen", str(row["too_many_requests"])),
        ("time", f"{row['seconds']} s"),
    ]


cdrs: click.Group = click.Group(
    "cdrs",
    help="Call and message records.",
    commands=[
        api_command(
            "harvest",
            _harvest,
            [
                click.Option(
                    ["--kind", "kinds"],
                    type=click.Choice(get_args(Kind)),
                    multiple=True,
                    required=True,
                    help="Which records; give it again for more.",
                ),
                click.Option(
                    ["--since"],
                    type=duration,
                    metavar="3d",
                    help="From so long ago (from the beginning of that day) until now: the nightly form.",
                ),
                click.Option(
                    ["--from", "start"], metavar="TIME", help="From then on: a date (UTC midnight) or datetime."
                ),
                click.Option(["--to", "end"], metavar="TIME", help="Before then [now]."),
                click.Option(
                    ["--out"],
                    type=click.Path(file_okay=False, path_type=Path),
                    required=True,
                    metavar="DIR",
                    help="The folder to fill; with several accounts, account=NAME in it.",
                ),
                click.Option(
                    ["--format", "form"],
                    type=click.Choice(FORMATS),
                    default="csv",
                    show_default=True,
                    help="The form of the files.",
                ),
                click.Option(
                    ["--filter", "filters"],
                    multiple=True,
                    metavar="NAME=VALUE",
                    help="Only those that match, as did_number=37260123456.",
                ),
                click.Option(
                    ["--window"],
                    type=duration,
                    default="1d",
                    show_default=True,
                    metavar="1d",
                    help="How much to ask for in one export.",
                ),
                click.Option(
                    ["--deadline"],
                    type=duration,
                    default="1h",
                    show_default=True,
                    metavar="1h",
                    help="How long to wait for an export.",
                ),
                click.Option(
                    ["--set-aside"],
                    is_flag=True,
                    help="Put rows that cannot be read into a file of their own, instead of failing.",
                ),
            ],
            help="Fill a folder with the records of a time range, laid out so that DuckDB, Polars, Spark and "
            "BigQuery read it as one table. Run again, it fetches only what is missing.",
            epilog="Several accounts side by side: --key-env ACME_KEY --key-env OTHER_KEY.",
        )
    ],
)
