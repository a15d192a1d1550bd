"""`didww provision`: numbers in bulk from a plan, shown and asked about before money is spent."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.text import Text

from ..provisioning import Plan
from .columns import plain
from .connection import Connection, api_command
from .faults import NotWell, Partial
from .grid import console, pair_lines
from .output import Row, writer
from .progress import Board
from .questions import confirm

if TYPE_CHECKING:
    from ..provisioning import Outcome, OutcomeLine, Quote

__all__ = ["provision"]


async def _provision(connection: Connection, file: Path, dry_run: bool, yes: bool, journal: Path | None) -> None:
    plan = await asyncio.to_thread(Plan.from_toml, file)
    async with connection.session() as didww:
        quote = await didww.quote(plan)
        if dry_run or connection.style == "table":
            _print(connection.style, _quoted(quote), "problem")
        if connection.style == "table":
            pair_lines(_sums(quote))
        _object(quote, dry_run)
        if dry_run:
            return
        if journal is None:
            # What a simulator sold is gone with it.
            folder = Path(tempfile.mkdtemp(prefix="didww-")) if connection.local else file.parent
            journal = folder / f"{file.stem}.journal"
        if not yes:
            confirm(_question(quote, journal))
        with Board("items") as board:
            steps: dict[int, OutcomeLine] = {}

            def told(line: OutcomeLine) -> None:
                steps[line.number] = line
                ended = sum(line.step in ("done", "failed") for line in steps.values())
                numbers = sum(len(line.numbers) for line in steps.values())
                board.update(file.name, ended, len(plan.items), f"{numbers} numbers")

            outcome = await didww.provision(quote, journal=journal, on_progress=told)
    _print(connection.style, _became(outcome, plan), "error")
    if connection.style == "table":
        bought = [("numbers", str(len(outcome.numbers))), ("cost", f"{outcome.cost} USD")]
        pair_lines([*bought, ("journal", str(journal))])
    if not outcome.complete:
        raise Partial(
            f"{len(outcome.failed)} of {len(outcome.lines)} items are not done. To go on with them and buy nothing "
            f"twice: didww provision {file} --journal {journal}"
        )


def _object(quote: Quote, dry_run: bool) -> None:
    if quote.problems and (dry_run or len(quote.problems) == len(quote.lines)):
        raise NotWell(f"{len(quote.problems)} of {len(quote.lines)} items cannot be bought")
    if dry_run and not quote.affordable:
        raise NotWell(f"the plan comes to {quote.total} USD, and the account has {quote.balance}")


def _question(quote: Quote, journal: Path) -> str:
    resumed = f"What {journal} has as bought is not bought again. " if journal.exists() else ""
    numbers = sum(line.item.quantity for line in quote.lines if not line.problem)
    return f"{resumed}Buy {numbers} numbers for {quote.total} USD now, and {quote.monthly} USD a month?"


def _quoted(quote: Quote) -> list[Row]:
    return [
        {
            "item": line.number,
            "what": str(line.item),
            "group": line.group.area_name if line.group else None,
            "channels": line.sku.channels_included_count if line.sku else None,
            "setup": plain(line.setup) if line.sku else None,
            "monthly": plain(line.monthly) if line.sku else None,
            "problem": line.problem or None,
        }
        for line in quote.lines
    ]


def _sums(quote: Quote) -> list[tuple[str, str]]:
    short = "" if quote.affordable else f": {quote.total - quote.balance} short"
    return [
        ("setup", f"{quote.setup} USD, once"),
        ("monthly", f"{quote.monthly} USD"),
        ("now", f"{quote.total} USD, before taxes"),
        ("balance", f"{quote.balance} USD{short}"),
    ]


def _became(outcome: Outcome, plan: Plan) -> list[Row]:
    return [
        {
            "item": line.number,
            "what": str(plan.items[line.number - 1]),
            "step": line.step,
            "numbers": list(line.numbers),
            "cost": plain(line.cost),
            "order": line.order_id or None,
            "error": line.error or None,
        }
        for line in outcome.lines
    ]


def _print(style: str, rows: Sequence[Row], trouble: str) -> None:
    """Print the rows; in a table, what is wrong with one stands below, where there is room for it."""
    below = style == "table"
    out = writer(style, [(name,) for name in rows[0] if not (below and name == trouble)])
    out.write(rows)
    out.close()
    if below:
        for row in rows:
            if row[trouble]:
                console().print(Text(f"item {row['item']}: {row[trouble]}", style="red"))
        console().print()


provision: click.Command = api_command(
    "provision",
    _provision,
    [
        click.Argument(["file"], type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="PLAN"),
        click.Option(["--dry-run"], is_flag=True, help="Show what it would come to, and buy nothing."),
        click.Option(["--yes", "-y"], is_flag=True, help="Buy without asking."),
        click.Option(
            ["--journal"],
            type=click.Path(dir_okay=False, path_type=Path),
            metavar="FILE",
            help="Where to keep what was bought, so that a run that was broken off goes on without buying twice "
            "[beside the plan].",
        ),
    ],
    help="Buy the numbers of a plan and set them up, each order exactly once. A plan is a TOML file with a table "
    "[[numbers]] for each item: country, city, npa or group, quantity, trunk, description and so on.",
    epilog="The exit code of --dry-run is 4 when something of the plan cannot be bought or paid for.",
)
