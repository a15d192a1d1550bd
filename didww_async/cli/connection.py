"""Which API is asked, with which key: the options that every command takes, and the sessions they open."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections.abc import AsyncGenerator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import click

from ..environments import Environment
from ..errors import ConfigurationError
from ..versions import VERSIONS, ApiVersion

if TYPE_CHECKING:
    from ..session import Session

__all__ = ["Account", "Connection", "LOG", "api_command", "connection_of", "options"]

ALSO = "The options of `didww --help`, such as --local and --json, may stand here too."

LOG = logging.getLogger("didww_async")

STYLES = {
    "table": "Print what fits the terminal (unless another form is asked for).",
    "json": "Print JSON: attributes, ids, and the relationships that were included.",
    "jsonl": "Print JSON, a line for each record, as they arrive.",
    "csv": "Print CSV, the same columns whatever the records hold.",
}

LOCAL_KEY = "local-simulator-key"
"""Opens the simulators that the command makes; it is no secret."""


@attrs.frozen
class Account:
    """A key, and the name that it goes by in what is printed."""

    name: str
    key: str = attrs.field(repr=False)


@attrs.define
class Connection:
    """What the options said."""

    local: bool = False
    environment: Environment | None = None
    api_version: ApiVersion | None = None
    base_url: str | None = None
    key_env: tuple[str, ...] = ()
    key_file: Path | None = None
    ask_key: bool = False
    rate: float | None = None
    redis: str | None = None
    debug: bool = False
    style: str = "table"

    def accounts(self) -> list[Account]:
        """The accounts to work for. Raises ConfigurationError where there is no key, or an empty one."""
        if self.local:
            return [Account("local", LOCAL_KEY)]
        if self.ask_key:
            return [Account("asked", click.prompt("API key", hide_input=True, err=True))]
        if self.key_file is not None:
            return [Account(str(self.key_file), _first_line(self.key_file))]
        names = self.key_env or ("DIDWW_API_KEY",)
        for name in names:
            if not os.environ.get(name):
                raise ConfigurationError(
                    f"no API key: {name} is not set. Set it, name a file with --key-file, or see everything "
                    "work without a key: didww --local ..."
                )
        return [Account(name, os.environ[name]) for name in names]

    def account(self) -> Account:
        """The one account to work for."""
        accounts = self.accounts()
        if len(accounts) > 1:
            raise ConfigurationError("this command works for one account: give --key-env once")
        return accounts[0]

    @asynccontextmanager
    async def session(
        self, account: Account | None = None, *, api_version: ApiVersion | None = None
    ) -> AsyncGenerator[Session]:
        """A session as the options describe it, for `account` or the only one there is.

        `api_version` is for what only one version can do; it gives way to --api-version.
        """
        from ..session import Session

        key = (account or self.account()).key
        version = self.api_version or api_version
        asked = self._simulated(key, version or VERSIONS[0]) if self.local else nullcontext(self._asked(version))
        async with asked as more, Session(key, **more) as didww:
            yield didww

    def _asked(self, version: ApiVersion | None) -> dict[str, Any]:
        """All commands on this host share the key's budget, unless a share was set aside for this one."""
        from ..limiter import FileRateLimiter, RedisRateLimiter

        where = {"api_version": version, "environment": self.environment, "base_url": self.base_url}
        if self.rate is not None:
            return {**where, "rate": self.rate}
        return {**where, "limiter": RedisRateLimiter(self.redis) if self.redis else FileRateLimiter()}

    @asynccontextmanager
    async def _simulated(self, key: str, version: ApiVersion) -> AsyncGenerator[dict[str, Any]]:
        from ..simulator import Simulator

        async with Simulator(api_version=version, keys=[key]) as simulator:
            yield {
                "api_version": version,
                "environment": "sandbox",
                "base_url": simulator.base_url,
                "transport": simulator.transport(),
            }


def _first_line(file: Path) -> str:
    with sys.stdin if str(file) == "-" else file.open(encoding="utf-8") as stream:
        key = stream.readline().strip()
    if not key:
        raise ConfigurationError(f"{file}: the first line, which should be the API key, is empty")
    return key


def connection_of(context: click.Context) -> Connection:
    """What the options have said so far, for the whole command line."""
    return context.ensure_object(Connection)


def _remember(context: click.Context, option: click.Parameter, value: Any) -> None:
    if value not in (None, (), False):
        setattr(connection_of(context), option.name or "", value)


def _debug(context: click.Context, option: click.Parameter, value: bool) -> None:
    if value:
        connection_of(context).debug = True
        LOG.setLevel(logging.DEBUG)


def _remember_style(context: click.Context, option: click.Parameter, value: bool) -> None:
    if value:
        connection_of(context).style = option.name


def _option(*names: str, callback: Callable[..., None] = _remember, **attributes: Any) -> click.Option:
    return click.Option(names, expose_value=False, callback=callback, **attributes)


def options(*, hidden: bool = False) -> list[click.Parameter]:
    """The options. They may stand before the command, or after it, where they are not listed again."""
    listed: dict[str, Any] = {"hidden": hidden}
    return [
        _option("--local", is_flag=True, help="Ask a simulator inside this process: needs no key.", **listed),
        _option(
            "--environment",
            type=click.Choice(["sandbox", "production"]),
            help="Which DIDWW to ask [DIDWW_ENVIRONMENT, else sandbox].",
            **listed,
        ),
        _option(
            "--api-version",
            type=click.Choice(VERSIONS),
            help="The version to speak [DIDWW_API_VERSION, else the newest that the key can use].",
            **listed,
        ),
        _option("--base-url", metavar="URL", help="The address of an API elsewhere [DIDWW_BASE_URL].", **listed),
        _option(
            "--key-env",
            metavar="NAME",
            multiple=True,
            help="The environment variable that holds the key [DIDWW_API_KEY].",
            **listed,
        ),
        _option(
            "--key-file",
            metavar="FILE",
            type=click.Path(path_type=Path),
            help="A file whose first line is the key; - for stdin.",
            **listed,
        ),
        _option("--ask-key", is_flag=True, help="Ask for the key in the terminal.", **listed),
        _option(
            "--rate",
            metavar="N",
            type=click.FloatRange(0, 20, min_open=True),
            help="Take a fixed share of the 20 requests a second that the key allows [all commands of this "
            "host share them].",
            **listed,
        ),
        _option(
            "--redis",
            metavar="URL",
            help="Share them with other machines through a Redis or Valkey.",
            **listed,
        ),
        *(
            _option(f"--{style}", is_flag=True, callback=_remember_style, help=text, **listed)
            for style, text in STYLES.items()
        ),
        _option(
            "--debug",
            is_flag=True,
            callback=_debug,
            help="Log every request; show where a failure came from.",
            **listed,
        ),
    ]


def api_command(
    name: str,
    run: Callable[..., Coroutine[Any, Any, None]],
    params: Sequence[click.Parameter],
    *,
    help: str,
    epilog: str = "",
) -> click.Command:
    """A command that talks to the API: `run` is given the connection and the values of `params`."""

    def callback(**values: Any) -> None:
        asyncio.run(run(connection_of(click.get_current_context()), **values))

    return click.Command(
        name,
        callback=callback,
        params=[*params, *options(hidden=True)],
        help=help,
        epilog="\n\n".join(filter(None, (epilog, ALSO))),
    )
