"""Rows of text in columns that fit the terminal, printed as they arrive."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from itertools import accumulate

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.text import Text

__all__ = ["Grid", "console", "pair_lines", "printable"]

GAP = 2
WIDEST = 40
"""Cells that a single column may take in a terminal before it is cut."""
NARROWEST = 12


def console(*, stderr: bool = False) -> Console:
    """What knows whether there is a terminal, how wide it is, and whether colour is welcome (NO_COLOR)."""
    return Console(stderr=stderr, highlight=False, soft_wrap=True)


def printable(text: str) -> str:
    """`text` on one line, without anything that a terminal would obey."""
    return "".join(character if character.isprintable() else " " for character in text)


class Grid:
    """Columns as wide as the first rows need; in a terminal, as many of them as fit.

    Columns that the first rows leave empty come last, so that they are the ones left out.
    """

    def __init__(self, titles: Sequence[str], *, right: frozenset[int] = frozenset()) -> None:
        self._titles = titles
        self._right = right
        self._console = console()
        self._shown: list[tuple[int, int]] = []

    @property
    def left_out(self) -> int:
        """How many columns had no place."""
        return len(self._titles) - len(self._shown)

    def write(self, rows: Sequence[Sequence[str]]) -> None:
        """Print the rows, below a head where they are the first."""
        rows = [[printable(text) for text in row] for row in rows]
        if not self._shown:
            self._shown = self._fit(rows)
            self._console.print(Text(self._line(self._titles), style="bold"))
        for row in rows:
            line = self._line(row)
            if self._console.is_terminal:
                self._console.print(Text(line))
            else:
                sys.stdout.write(line + "\n")
        sys.stdout.flush()

    def _fit(self, rows: Sequence[Sequence[str]]) -> list[tuple[int, int]]:
        """The columns to show, each with its width."""
        widths = [
            max(cell_len(title), *(cell_len(row[column]) for row in rows), 0)
            for column, title in enumerate(self._titles)
        ]
        if not self._console.is_terminal:
            return list(enumerate(widths))
        order = sorted(range(len(widths)), key=lambda column: not any(row[column] for row in rows))
        widths = [min(width, WIDEST) for width in widths]
        ends = list(accumulate(widths[column] + GAP for column in order))
        kept = [column for column, end in zip(order, ends, strict=True) if end - GAP <= self._console.width]
        if len(kept) < len(order):
            room = self._console.width - (ends[len(kept) - 1] if kept else 0)
            following = order[len(kept)]
            if room >= NARROWEST or not kept:
                widths[following] = max(room, 1)
                kept.append(following)
        return [(column, widths[column]) for column in sorted(kept)]

    def _line(self, row: Sequence[str]) -> str:
        parts: list[str] = []
        for column, width in self._shown:
            text = row[column]
            if cell_len(text) > width and self._console.is_terminal:
                text = set_cell_size(text, width - 1) + "…"
            space = " " * (width - cell_len(text))
            parts.append(space + text if column in self._right else text + space)
        return (" " * GAP).join(parts).rstrip()


def pair_lines(pairs: Sequence[tuple[str, str]]) -> None:
    """Print names with what belongs to them, in two columns."""
    out = console()
    width = max((cell_len(name) for name, _ in pairs), default=0) + GAP
    for name, text in pairs:
        head = set_cell_size(name, width) if text else name
        out.print(Text(head, style="bold"), Text(printable(text)), sep="")
