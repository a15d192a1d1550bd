"""Every record of the API, and what may be filtered, sorted, included and written of it.

One module for each chapter of the vendor's documentation; a record's class, its TypedDicts and Literals and its
declaration stand together.
"""

from __future__ import annotations

from functools import cache
from typing import Any, ClassVar

from . import (
    capacity,
    coverage,
    emergency,
    exports,
    geography,
    identities,
    inventory,
    orders,
    proofs,
    regulation,
    scalars,
    sms,
    voice_in,
    voice_out,
)
from .base import Component, Meta, Record, record
from .declaration import Declaration

__all__ = ["CHAPTERS", "Component", "Declaration", "Meta", "Record", "UnknownRecord", "class_of", "namespace", "types"]

CHAPTERS = (
    geography,
    coverage,
    inventory,
    orders,
    voice_in,
    voice_out,
    capacity,
    exports,
    identities,
    proofs,
    regulation,
    emergency,
    sms,
)


@record
class UnknownRecord(Record):
    """A record of a type that this version of the library does not know; everything it carries is in `extra`."""

    type: ClassVar[str] = ""

    type_name: str


@cache
def namespace() -> dict[str, Any]:
    """Every name that the declarations use, so that their postponed annotations can be resolved."""
    return {name: value for module in (*CHAPTERS, scalars) for name, value in vars(module).items()}


@cache
def types() -> dict[str, type[Record]]:
    """Every record class, by its JSON:API type."""
    found = (value for value in namespace().values() if isinstance(value, type))
    return {cls.type: cls for cls in found if issubclass(cls, Record) and cls.type}


def class_of(type_name: str) -> type[Record]:
    """The record class of a JSON:API type; `UnknownRecord` for a type that this library does not know."""
    return types().get(type_name, UnknownRecord)
