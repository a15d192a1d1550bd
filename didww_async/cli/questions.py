"""Questions before something that cannot be taken back."""

from __future__ import annotations

import sys

import click

from .faults import Misuse

__all__ = ["confirm"]


def confirm(question: str) -> None:
    """Go on only after a yes. Without a terminal there is nobody to ask, and --yes has to be given."""
    if not sys.stdin.isatty():
        raise Misuse(f"{question} There is nobody to ask: give --yes")
    if not click.confirm(question, err=True):
        raise Misuse("nothing was changed")
