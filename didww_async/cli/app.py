"""`didww` itself: the options, the commands and what each is for, and how it ends."""

from __future__ import annotations

import importlib
import logging
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import click

from .._version import __version__
from ..session import Session
from .connection import LOG, connection_of, options
from .faults import EXIT_CODES, boundary

__all__ = ["didww"]

COMMANDS: Mapping[str, str] = {
    "cdrs": "Harvest call and message records into files.",
    "provision": "Order numbers in bulk from a plan, each exactly once.",
    "prices": "Look up call prices, or download them.",
    "doctor": "Check key, network, version, clock and limit.",
    "simulator": "Serve a local DIDWW API to develop against.",
}


RESOURCES: Sequence[str] = tuple(Session.__annotations__)
"""By the names that a session has for them: their declarations take too long to import for a page of help."""


class Didww(click.Group):
    """The root: loads a command's module when the command is asked for, and turns errors into exit codes."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*COMMANDS, *RESOURCES]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        name = cmd_name.replace("-", "_")
        if name in COMMANDS:
            command: click.Command = getattr(importlib.import_module(f".{name}", __package__), name)
            return command
        if name not in RESOURCES:
            return None
        from .resources import command_for

        return command_for(name)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if self.get_command(ctx, args[0]) is None and not args[0].startswith("-"):
            from ..records.base import nearest

            known = dict.fromkeys(self.list_commands(ctx))
            ctx.fail(f"No such command {args[0]!r}{nearest(args[0].replace('-', '_'), known)}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Jobs"):
            formatter.write_dl(list(COMMANDS.items()))
        with formatter.section("Resources, each with list, get, create, update and delete as the API offers them"):
            formatter.write_text(", ".join(RESOURCES))

    def invoke(self, ctx: click.Context) -> Any:
        connection = connection_of(ctx)
        with _log_on_stderr(connection.debug), boundary(connection):
            return super().invoke(ctx)


@contextmanager
def _log_on_stderr(debug: bool) -> Generator[None]:
    """Show the library's warnings as the command's own."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("didww: %(message)s"))
    before = LOG.level
    LOG.addHandler(handler)
    LOG.setLevel(logging.DEBUG if debug else logging.WARNING)
    try:
        yield
    finally:
        LOG.removeHandler(handler)
        LOG.setLevel(before)


@click.command(
    cls=Didww,
    params=options(),
    epilog=EXIT_CODES,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
@click.version_option(__version__, prog_name="didww")
def didww() -> None:
    """DIDWW from the command line: look up, order, harvest.

    \b
    Try it without a key:
      didww --local dids list
      didww --local cdrs harvest --kind in --since 3d --out calls

    The API key comes from DIDWW_API_KEY, another variable (--key-env), a file (--key-file) or a question
    (--ask-key). No option takes the key itself: every user of the machine could read it in the list of
    processes.
    """
