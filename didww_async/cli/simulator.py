"""`didww simulator`: a DIDWW API on this machine, to develop against."""

from __future__ import annotations

import sys

import click

from ..versions import VERSIONS
from .connection import LOCAL_KEY, connection_of

__all__ = ["simulator"]


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), default=8099, show_default=True, help="0 takes a free one.")
@click.option("--api-version", type=click.Choice(VERSIONS), default=VERSIONS[0], show_default=True)
@click.option("--seed", default=1, show_default=True, metavar="N", help="Another seed makes other records.")
@click.option("--callback-secret", envvar="DIDWW_CALLBACK_SECRET", hidden=True)
@click.pass_context
def simulator(context: click.Context, port: int, api_version: str, seed: int, callback_secret: str | None) -> None:
    """Serve a DIDWW API on the loopback, in memory: the same paths, rules, errors and limit as the real one.

    \b
    In another terminal:
      export DIDWW_API_KEY=local-simulator-key
      didww --base-url http://127.0.0.1:8099/v3 dids list

    Callbacks are sent where DIDWW_CALLBACK_SECRET is set, signed with it.
    """
    from ..simulator import Simulator, serve_forever

    version = connection_of(context).api_version or api_version
    sim = Simulator(api_version=version, keys=[LOCAL_KEY], seed=seed, callback_secret=callback_secret)

    def ready(base_url: str) -> None:
        click.echo(f"API {version} at {base_url}, key {LOCAL_KEY} (Ctrl-C ends it)")
        sys.stdout.flush()

    serve_forever(sim, port, ready=ready)
    click.echo(f"{sim.requests} requests, {sim.refused} refused as too many", err=True)
