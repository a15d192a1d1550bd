"""`didww doctor`: whether key, network, version, clock and limit are as they should be."""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Final, Literal

import attrs
import click
from rich.text import Text

from .._version import __version__
from ..errors import DidwwError
from ..limiter.pacer import Pacer
from ..versions import same_version
from .connection import Account, Connection, api_command
from .faults import NotWell
from .grid import console
from .output import writer

if TYPE_CHECKING:
    from ..session import Session

__all__ = ["doctor"]

Verdict = Literal["ok", "note", "fault"]

MARKS: Final[Mapping[Verdict, tuple[str, str]]] = {
    "ok": ("✓", "green"),
    "note": ("•", "yellow"),
    "fault": ("✗", "red"),
}
EXTRAS: Final[Mapping[str, tuple[str, ...]]] = {
    "cli": ("click", "rich"),
    "simulator": ("starlette", "uvicorn", "cryptography"),
    "parquet": ("pyarrow",),
    "redis": ("redis",),
    "encryption": ("cryptography",),
}
CLOCK: Final = 30.0
"""Seconds that a clock may be off. Tokens and time ranges are by the API's clock."""


@attrs.frozen
class Finding:
    """One thing that was looked at."""

    account: str
    what: str
    verdict: Verdict
    said: str


async def _doctor(connection: Connection) -> None:
    findings = [_installation()]
    for account in connection.accounts():
        findings += await _examine(connection, account)
    _show(connection.style, findings)
    faults = sum(finding.verdict == "fault" for finding in findings)
    if faults:
        raise NotWell(f"{faults} {'fault' if faults == 1 else 'faults'} found")


def _installation() -> Finding:
    there = [extra for extra, modules in EXTRAS.items() if all(map(importlib.util.find_spec, modules))]
    absent = [extra for extra in EXTRAS if extra not in there]
    said = f"didww_async {__version__} with {', '.join(there)}"
    if absent:
        said += f"; without {', '.join(absent)}: pip install 'didww_async[{','.join(absent)}]'"
    return Finding("", "installation", "note" if absent else "ok", said)


async def _examine(connection: Connection, account: Account) -> list[Finding]:
    found: list[Finding] = []

    def note(what: str, verdict: Verdict, said: str) -> None:
        found.append(Finding(account.name, what, verdict, said))

    where = "the simulator in this process" if connection.local else account.name
    note("key", "ok", f"{_masked(account.key)} from {where}")
    try:
        async with connection.session(account) as didww:
            await _ask(didww, note)
            note("requests", "ok", _traffic(didww))
    except DidwwError as error:
        note("API", "fault", str(error))
    return found


async def _ask(didww: Session, note: Callable[[str, Verdict, str], None]) -> None:
    begun = time.perf_counter()
    try:
        balance = await didww.balance.get()
    except DidwwError as error:
        note("API", "fault", str(error))
    else:
        note("API", "ok", f"answers in {1000 * (time.perf_counter() - begun):.0f} ms")
        note("balance", "ok", f"{balance.total_balance} USD, of which {balance.credit} credit")
    note("version", *_version(didww.api_version, didww.served_version))
    offset = didww.stats.clock_offset
    if offset is not None:
        verdict: Verdict = "ok" if abs(offset) <= CLOCK else "fault"
        note("clock", verdict, f"within {abs(offset):.0f} s of the API's" if verdict == "ok" else _off(offset))
    if isinstance(didww.limiter, Pacer):
        for line in await didww.limiter.sharers():
            note("limit", "ok", line)


def _version(asked: str, served: str | None) -> tuple[Verdict, str]:
    if served is None:
        return "note", f"{asked} is asked for; the API did not say which one answers"
    if same_version(asked, served):
        return "ok", f"{asked} is asked for and answers"
    return "fault", f"{asked} is asked for and {served} answers: give --api-version"


def _off(offset: float) -> str:
    return f"{abs(offset):.0f} s {'behind' if offset > 0 else 'ahead of'} the API's: set it, or tokens and ranges fail"


def _traffic(didww: Session) -> str:
    stats = didww.stats
    return f"{stats.requests} sent, {stats.retries} again, {stats.refused} refused, {stats.waited:.2f} s waited"


def _masked(key: str) -> str:
    return f"{key[:4]}…{key[-2:]} ({len(key)} characters)" if len(key) >= 16 else f"({len(key)} characters)"


def _show(style: str, findings: Sequence[Finding]) -> None:
    if style != "table":
        out = writer(style, [("account",), ("what",), ("verdict",), ("said",)])
        out.write([attrs.asdict(finding) for finding in findings])
        out.close()
        return
    out_ = console()
    width = max(len(finding.what) for finding in findings) + 2
    account = ""
    for finding in findings:
        if finding.account != account:
            account = finding.account
            out_.print(Text(account, style="bold"))
        mark, colour = MARKS[finding.verdict]
        out_.print(Text(f"{mark} ", style=colour), Text(finding.what.ljust(width)), Text(finding.said), sep="")


doctor: click.Command = api_command(
    "doctor",
    _doctor,
    [],
    help="Check key, network, version, clock and limit; with --key-env given more than once, of several accounts. "
    "The exit code is 0 only when nothing is at fault.",
)
