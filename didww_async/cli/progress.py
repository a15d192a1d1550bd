"""How far work is, on stderr: a bar for each account in a terminal, a line now and then where there is none."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Final, Self

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.text import Text

from .grid import console

__all__ = ["Board"]

EVERY: Final = 5.0
"""Seconds between lines where there is no terminal."""


class Board:
    """Shows how many of the `unit` are done, for each of several names."""

    def __init__(self, unit: str) -> None:
        self._unit = unit
        self._console = console(stderr=True)
        self._bars: Progress | None = None
        self._tasks: dict[str, TaskID] = {}
        self._said: dict[str, float] = {}

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._bars = Progress(
                TextColumn("{task.description}"),
                BarColumn(finished_style="green"),
                MofNCompleteColumn(),
                TextColumn("{task.fields[said]}"),
                TimeElapsedColumn(),
                console=self._console,
            )
            self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._bars is not None:
            self._bars.stop()

    def update(self, name: str, done: int, total: int, said: str) -> None:
        """`name` has come so far; `said` tells more of it."""
        if self._bars is None:
            self._say(name, done, total, said)
        elif name not in self._tasks:
            task = self._bars.add_task(name, total=total, completed=done, said=said)
            self._tasks[name] = task
        else:
            self._bars.update(self._tasks[name], total=total, completed=done, said=said)

    def _say(self, name: str, done: int, total: int, said: str) -> None:
        now = time.monotonic()
        if done == total or now - self._said.setdefault(name, now) >= EVERY:
            self._said[name] = now
            self._console.print(Text(f"{name}: {done} of {total} {self._unit}, {said}"))
