"""A command for each resource, made from its declaration: list, get, create, update, delete."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, Final

import click

from ..records.base import Record, fields
from ..resources import RESOURCES
from ..resources.base import PREFETCH, Creates, Deletes, Gets, Lists, Resource, Updates
from ..values import hints, literals, required
from .columns import Path, default_paths, select, table_paths, tree
from .connection import Connection, api_command
from .output import Row, Writer, show_one, writer
from .questions import confirm
from .text import pairs

__all__ = ["command_for"]

R = type[Resource[Any]]

PAID = {"orders": "place"}
"""What is paid for when it is created, and the method that does it exactly once."""

VALUES = """

An empty value is null. Times without an offset are UTC. A relationship takes an id. What has members takes them one
by one (configuration.type=sip configuration.host=sip.example.com) or as JSON.
"""


def _summary(record: type[Record]) -> str:
    return re.split("[.:;]( |$)", (record.__doc__ or "").partition("\n")[0])[0]


@cache
def command_for(name: str) -> click.Command:
    """The command of a resource: a group, or the one thing that can be done with it."""
    resource = RESOURCES[name]
    verbs = [make(name, resource) for ability, make in _VERBS if issubclass(resource, ability)]
    if not verbs:
        return _show(name, resource)
    return click.Group(name, help=_summary(resource.declaration.record), commands=verbs)


def _fields_option() -> click.Option:
    return click.Option(
        ["--fields", "-f"],
        multiple=True,
        metavar="NAMES",
        help="Which members to show, in order; they may lead through relationships: number,voice_in_trunk.name",
    )


def _include_option() -> click.Option:
    return click.Option(["--include"], multiple=True, metavar="NAMES", help="Which relationships to bring along.")


def _yes_option() -> click.Option:
    return click.Option(["--yes", "-y"], is_flag=True, help="Do not ask.")


def _id_argument() -> click.Argument:
    return click.Argument(["id"])


def _names(given: Sequence[str]) -> list[str]:
    """Names that were given one by one or with commas between."""
    return [name.strip() for text in given for name in text.split(",") if name.strip()]


class _View:
    """What to ask for and what to show of it, as --fields and --include say."""

    def __init__(self, resource: R, fields: Sequence[str] = (), include: Sequence[str] = ()) -> None:
        self._declaration = resource.declaration
        self._selection = select(resource.declaration, _names(fields))
        self._include = list(dict.fromkeys([*_names(include), *self._selection.include]))

    def query(self) -> dict[str, Any]:
        found: dict[str, Any] = {"include": self._include} if self._include else {}
        return found | ({"fields": self._selection.fields} if self._selection.fields else {})

    def paths(self, style: str, version: str) -> Sequence[Path]:
        usual = table_paths if style == "table" else default_paths
        return self._selection.paths or usual(self._declaration, version, self._include)

    def writer(self, style: str, version: str) -> Writer:
        return writer(style, self.paths(style, version), choice="--fields")

    def row(self, record: Record) -> Row:
        return tree(record, self._selection.paths)


def _list(name: str, resource: R) -> click.Command:
    declaration = resource.declaration

    async def run(
        connection: Connection,
        filter: Sequence[str],
        sort: Sequence[str],
        include: Sequence[str],
        fields: Sequence[str],
        limit: int | None,
        count: bool,
    ) -> None:
        view = _View(resource, fields, include)
        asked: dict[str, Any] = {"filter": pairs(filter, declaration.filter, f"{name}: --filter"), "sort": _names(sort)}
        if limit is not None:
            pages = -(-limit // declaration.page_size)
            asked |= {"page_size": min(limit, declaration.page_size), "prefetch": min(pages - 1, PREFETCH)}
        async with connection.session() as didww:
            listing = getattr(didww, name).list(**asked, **view.query())
            if count:
                click.echo(await listing.total())
                return
            out: Writer | None = None
            left = limit
            async for page in listing.pages():
                out = out or view.writer(connection.style, didww.api_version)
                out.write([view.row(record) for record in page.records[:left]])
                if left is not None:
                    left -= len(page.records)
                    if left <= 0:
                        break
            (out or view.writer(connection.style, didww.api_version)).close()

    return api_command(
        "list",
        run,
        [
            click.Option(
                ["--filter"],
                multiple=True,
                metavar="NAME=VALUE",
                help="Only those that match; a comma separates alternatives.",
            ),
            click.Option(["--sort"], multiple=True, metavar="NAMES", help="By which, with - for descending."),
            _include_option(),
            _fields_option(),
            click.Option(["--limit", "-L"], type=click.IntRange(1), metavar="N", help="No more than N records."),
            click.Option(["--count"], is_flag=True, help="Print how many there are instead."),
        ],
        help=f"List {_spoken(name)}.",
        epilog=_reference(
            Filters=hints(declaration.filter),
            Sorts=[str(s) for s in literals(declaration.sort) if not str(s).startswith("-")],
            Includes=literals(declaration.include),
            Fields=fields(declaration.record),
        ),
    )


def _get(name: str, resource: R) -> click.Command:
    async def run(connection: Connection, id: str, include: Sequence[str], fields: Sequence[str]) -> None:
        view = _View(resource, fields, include)
        async with connection.session() as didww:
            record = await getattr(didww, name).get(id, **view.query())
            show_one(connection.style, view.row(record), view.paths(connection.style, didww.api_version))

    return api_command(
        "get",
        run,
        [_id_argument(), _include_option(), _fields_option()],
        help="Show one, by its id.",
        epilog=_reference(Includes=literals(resource.declaration.include), Fields=fields(resource.declaration.record)),
    )


def _show(name: str, resource: R) -> click.Command:
    view = _View(resource)

    async def run(connection: Connection) -> None:
        async with connection.session() as didww:
            record = await getattr(didww, name).get()
            show_one(connection.style, view.row(record), view.paths(connection.style, didww.api_version))

    return api_command(name, run, [], help=_summary(resource.declaration.record))


def _create(name: str, resource: R) -> click.Command:
    declaration, view = resource.declaration, _View(resource)

    async def run(connection: Connection, members: Sequence[str], yes: bool = True) -> None:
        values = pairs(members, declaration.create, f"{name} create:")
        if not yes:
            confirm(f"Spend money on new {name}?")
        async with connection.session() as didww:
            record = await getattr(getattr(didww, name), PAID.get(name, "create"))(**values)
            show_one(connection.style, view.row(record), view.paths(connection.style, didww.api_version))

    needed = required(declaration.create)
    return api_command(
        "create",
        run,
        [_members_argument(), *([_yes_option()] if name in PAID else [])],
        help="Create one from NAME=VALUE members.",
        epilog=_reference(Needed=sorted(needed), Members=[n for n in hints(declaration.create) if n not in needed])
        + VALUES,
    )


def _update(name: str, resource: R) -> click.Command:
    declaration, view = resource.declaration, _View(resource)

    async def run(connection: Connection, id: str, members: Sequence[str]) -> None:
        values = pairs(members, declaration.update, f"{name} update:")
        async with connection.session() as didww:
            record = await getattr(didww, name).update(id, **values)
            show_one(connection.style, view.row(record), view.paths(connection.style, didww.api_version))

    return api_command(
        "update",
        run,
        [_id_argument(), _members_argument()],
        help="Change NAME=VALUE members of one, and nothing else.",
        epilog=_reference(Members=hints(declaration.update)) + VALUES,
    )


def _delete(name: str, resource: R) -> click.Command:
    async def run(connection: Connection, id: str, yes: bool) -> None:
        if not yes:
            confirm(f"Delete {id} of {name} for good?")
        async with connection.session() as didww:
            await getattr(didww, name).delete(id)
        click.echo(f"deleted {id}", err=True)

    return api_command("delete", run, [_id_argument(), _yes_option()], help="Delete one, by its id.")


def _members_argument() -> click.Argument:
    return click.Argument(["members"], nargs=-1, required=True, metavar="NAME=VALUE...")


def _spoken(name: str) -> str:
    return name.replace("_", " ")


def _reference(**lists: Any) -> str:
    """The names that a command takes, by kind, as paragraphs of its help."""
    return "\n\n".join(f"{kind}: {', '.join(names)}." for kind, names in lists.items() if names)


_VERBS: Final[Sequence[tuple[type[Any], Callable[[str, R], click.Command]]]] = (
    (Lists, _list),
    (Gets, _get),
    (Creates, _create),
    (Updates, _update),
    (Deletes, _delete),
)
