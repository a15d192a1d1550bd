"""The ability of records that others belong to: taking more of them in, without reading who is there already."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from .. import bodies
from ..records.base import Record
from ..records.scalars import Id
from .base import Resource

__all__ = ["Gathers"]

R = TypeVar("R", bound=Record)


class Gathers(Resource[R]):
    """A resource with a relationship to many records that can be added to.

    `update` replaces everything that such a relationship holds; adding leaves the others where they are.
    """

    async def _add(self, record: R | str, relationship: str, members: Sequence[Record | Id]) -> None:
        declaration = self.declaration
        declaration.available(self._version)
        path = f"{declaration.path}/{self._id(record)}/relationships/{relationship}"
        body = bodies.write_members(declaration, relationship, members)
        if members:
            await self._transport.request("POST", path, body=body)
