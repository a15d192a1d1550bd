"""Records that have nothing but an id, to stand for it in an argument."""

from __future__ import annotations

from typing import Any, TypeVar

from didww_async.records import Record

__all__ = ["stub"]

R = TypeVar("R", bound=Record)


def stub(cls: type[R], id: str) -> R:
    """A record of which nothing is known but its id. Type checkers ask for all of its attributes."""
    make: Any = cls
    record: R = make(id=id)
    return record
