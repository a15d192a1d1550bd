"""Rows on stdout: a table, JSON, JSON lines or CSV, written as they arrive. A row is a mapping as JSON has it."""

from __future__ import annotations

import csv
import json
import re
import sys
from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol, TypeGuard

from .columns import Path
from .grid import Grid, console, pair_lines

__all__ = ["Row", "Writer", "show_one", "text", "writer"]

Row = Mapping[str, Any]

_MONEY: Final = re.compile(r"-?[0-9]+\.[0-9]+")


class Writer(Protocol):
    """Takes rows as they come."""

    def write(self, rows: Sequence[Row]) -> None:
        """Print these."""
        ...

    def close(self) -> None:
        """There are no more."""
        ...


def writer(style: str, paths: Sequence[Path], *, choice: str = "") -> Writer:
    """The writer of a style; `paths` are the columns of a table or of CSV, `choice` the option that chooses them."""
    if style == "csv":
        return _Csv(paths)
    if style == "json":
        return _Json()
    if style == "jsonl":
        return _JsonLines()
    return _Table(paths, choice)


def show_one(style: str, row: Row, paths: Sequence[Path]) -> None:
    """One row: in a table, a line for each of its members."""
    if style == "table":
        pair_lines(_pairs(row))
    elif style == "json":
        sys.stdout.write(_json(row, indent=2) + "\n")
    else:
        out = writer(style, paths)
        out.write([row])
        out.close()


def text(value: Any) -> str:
    """A value in one cell: nothing for null, a comma between the items of a list, JSON for what has members."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if _is_reference(value):
        return str(value["id"])
    if _is_list(value) and not any(map(_has_members, value)):
        return ",".join(map(text, value))
    return _json(value) if isinstance(value, dict | list) else str(value)


def _is_row(value: Any) -> TypeGuard[Row]:
    return isinstance(value, dict)


def _is_list(value: Any) -> TypeGuard[list[Any]]:
    return isinstance(value, list)


def _is_reference(value: Any) -> TypeGuard[Row]:
    return _is_row(value) and set(value) == {"type", "id"}


def _has_members(value: Any) -> bool:
    return _is_row(value) and not _is_reference(value)


def _cell(value: Any, path: Path) -> Any:
    """What stands at the end of a path; None where the way ends before, a list where it forks."""
    for depth, step in enumerate(path):
        if _is_list(value):
            return [_cell(item, path[depth:]) for item in value]
        value = value.get(step) if _is_row(value) else None
    return value


def _json(value: Any, indent: int | None = None) -> str:
    return json.dumps(value, ensure_ascii=False, indent=indent)


class _JsonLines:
    def write(self, rows: Sequence[Row]) -> None:
        sys.stdout.writelines(_json(row) + "\n" for row in rows)
        sys.stdout.flush()

    def close(self) -> None:
        pass


class _Json:
    """An array; its items are written as they come, so that a long listing is never held in memory."""

    def __init__(self) -> None:
        self._before = "["

    def write(self, rows: Sequence[Row]) -> None:
        for row in rows:
            body = _json(row, indent=2).replace("\n", "\n  ")
            sys.stdout.write(f"{self._before}\n  {body}")
            self._before = ","
        sys.stdout.flush()

    def close(self) -> None:
        sys.stdout.write("[]\n" if self._before == "[" else "\n]\n")


class _Csv:
    def __init__(self, paths: Sequence[Path]) -> None:
        self._paths = paths
        self._out = csv.writer(sys.stdout, lineterminator="\n")
        self._out.writerow(map(".".join, paths))

    def write(self, rows: Sequence[Row]) -> None:
        self._out.writerows([text(_cell(row, path)) for path in self._paths] for row in rows)
        sys.stdout.flush()

    def close(self) -> None:
        pass


class _Table:
    def __init__(self, paths: Sequence[Path], choice: str) -> None:
        self._paths = paths
        self._choice = choice
        self._grid: Grid | None = None

    def write(self, rows: Sequence[Row]) -> None:
        if self._grid is None and rows:
            right = (n for n, path in enumerate(self._paths) if _is_amount(_cell(rows[0], path)))
            self._grid = Grid([".".join(path).upper() for path in self._paths], right=frozenset(right))
        if self._grid is not None:
            self._grid.write([[text(_cell(row, path)) for path in self._paths] for row in rows])

    def close(self) -> None:
        err = console(stderr=True)
        if not err.is_terminal:
            return
        if self._grid is None:
            err.print("nothing found", style="dim")
        elif self._grid.left_out:
            chooses = f"{self._choice} chooses, " if self._choice else ""
            missing = f"{self._grid.left_out} of {len(self._paths)} columns did not fit"
            err.print(f"{missing}: {chooses}--json has everything", style="dim")


def _is_amount(value: Any) -> bool:
    if isinstance(value, str):
        return _MONEY.fullmatch(value) is not None
    return isinstance(value, int | float) and not isinstance(value, bool)


def _pairs(members: Row, indent: str = "") -> list[tuple[str, str]]:
    """A line for each member; what has members of its own takes a line each, further in."""
    found: list[tuple[str, str]] = []
    for name, value in members.items():
        several = _is_list(value)
        nested: list[Any] = value if _is_list(value) else [value]
        if not any(map(_has_members, nested)):
            found.append((f"{indent}{name}", text(value)))
            continue
        for number, item in enumerate(nested, 1):
            found.append((f"{indent}{name} {number}" if several else f"{indent}{name}", ""))
            found += _pairs(item, indent + "  ")
    return found
