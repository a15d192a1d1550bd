"""`didww prices`: what calls and messages cost, number by number or the whole plan."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import click

from ..errors import ConfigurationError, NotFound
from ..versions import V2026_11_19
from .columns import plain
from .connection import Connection, api_command
from .faults import NotWell, Partial
from .output import writer

if TYPE_CHECKING:
    from ..prices import PriceBook

__all__ = ["prices"]

KINDS = ("voice_in", "voice_out", "sms_in", "sms_out_a2p", "sms_out_p2p", "sms_out_otp")


def _kind_option(*names: str, **more: Any) -> click.Option:
    return click.Option(["--kind", *names], type=click.Choice(KINDS), help="Of which traffic.", **more)


async def _lookup(connection: Connection, numbers: Sequence[str], kind: str, country: str | None) -> None:
    missing: list[str] = []
    async with connection.session(api_version=V2026_11_19) as didww:
        book: Any = getattr(didww.prices, kind)
        found: list[dict[str, Any]] = []
        for number in numbers:
            try:
                found += [{"number": number, **_row(price)} for price in await _ask(book, kind, number, country)]
            except NotFound as error:
                missing.append(f"{number}: {error}")
    if found:
        out = writer(connection.style, [(name,) for name in found[0]])
        out.write(found)
        out.close()
    if missing:
        raise (Partial if found else NotWell)("; ".join(missing))


async def _ask(book: Any, kind: str, number: str, country: str | None) -> Any:
    if kind == "sms_in":
        return await book.lookup(number=number)
    if country is None:
        return await book.lookup(number)
    if kind == "voice_out":
        raise ConfigurationError("--country: prices of outbound calls depend on the number alone")
    return await book.lookup(number, **{"source_country" if kind == "voice_in" else "country": country})


def _row(price: Any) -> dict[str, Any]:
    members = attrs.asdict(price, recurse=False)
    known = {name: plain(value) for name, value in members.items() if name not in ("id", "extra")}
    return known | dict(members["extra"])


async def _download(connection: Connection, kinds: Sequence[str], out: Path) -> None:
    async with connection.session(api_version=V2026_11_19) as didww:
        await asyncio.to_thread(out.mkdir, parents=True, exist_ok=True)
        for kind in kinds or KINDS[:2]:
            book: PriceBook[Any] = getattr(didww.prices, kind)
            target = out / f"{kind}_prices.csv.gz"
            # The time of the file is the time of the prices, so that the next run asks only for newer ones.
            seen = datetime.fromtimestamp(target.stat().st_mtime, UTC) if target.exists() else None
            file = await book.download(target, modified_since=seen)
            if file is not None and file.modified is not None:
                await asyncio.to_thread(_set_time, target, file.modified)
            click.echo(f"{target}: {'unchanged' if file is None else f'{target.stat().st_size} bytes'}")


def _set_time(file: Path, modified: datetime) -> None:
    os.utime(file, (modified.timestamp(), modified.timestamp()))


prices: click.Group = click.Group(
    "prices",
    help="What calls and messages cost (API 2026-11-19).",
    commands=[
        api_command(
            "lookup",
            _lookup,
            [
                click.Argument(["numbers"], nargs=-1, required=True, metavar="NUMBER..."),
                _kind_option(default="voice_in", show_default=True),
                click.Option(
                    ["--country"],
                    metavar="ISO",
                    help="The country that is called from (voice_in), or written to (sms_out_...).",
                ),
            ],
            help="What a call or message to a number costs, in US dollars. Numbers in E.164: +37260123456.",
        ),
        api_command(
            "download",
            _download,
            [
                _kind_option("kinds", multiple=True),
                click.Option(
                    ["--out"],
                    type=click.Path(file_okay=False, path_type=Path),
                    default=Path(),
                    metavar="DIR",
                    help="Where to put the files [the current folder].",
                ),
            ],
            help="Download price files (gzip CSV), those that changed since the last time. "
            "Without --kind: of calls, in and out.",
        ),
    ],
)
