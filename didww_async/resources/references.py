"""The ability of records that bear the account's own `external_reference_id`: being found by it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Generic, TypeVar, cast

from ..errors import Duplicate
from ..query import IncludePath
from ..records.base import Record
from .base import Lists

__all__ = ["References"]

R = TypeVar("R", bound=Record)
F = TypeVar("F", bound=Mapping[str, object])
S = TypeVar("S", bound=str)
I = TypeVar("I", bound=str)  # noqa: E741 - as in `base`


class References(Lists[R, F, S, I], Generic[R, F, S, I]):
    """A resource that can be listed, and looked up by the reference that its creator chose."""

    async def by_external_reference_id(self, reference: str, /, *, include: Sequence[I | IncludePath] = ()) -> R | None:
        """The record with this `external_reference_id`, None where there is none.

        Raises Duplicate where several have it: the API does not keep references unique.
        """
        wanted = cast("F", {"external_reference_id": reference})
        found = await self.list(filter=wanted, include=include).all()
        if len(found) > 1:
            what = f"{len(found)} {self.declaration.type} have the external_reference_id {reference!r}"
            raise Duplicate(f"{what}: {', '.join(record.id for record in found)}", records=found)
        return found[0] if found else None
