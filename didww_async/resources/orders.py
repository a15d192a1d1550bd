"""What can be done with orders: the methods that the API gives each resource."""

from __future__ import annotations

from typing import Never, Unpack

from ..records import orders as declared
from ..records.orders import Balance, Order, OrderCreate, OrderFilter, OrderSort, OrderUpdate
from .base import Creates, Deletes, Gets, Lists, Resource, Updates

__all__ = ["Balances", "Orders"]


class Balances(Resource[Balance]):
    """`didww.balance`."""

    declaration = declared.balances

    async def get(self) -> Balance:
        """What the account has to spend, in USD."""
        return await self._send("GET", self.declaration.path)


class Orders(
    Lists[Order, OrderFilter, OrderSort, Never],
    Gets[Order, Never],
    Creates[Order],
    Updates[Order],
    Deletes[Order],
):
    """`didww.orders`."""

    declaration = declared.orders

    async def create(self, **values: Unpack[OrderCreate]) -> Order:
        """Create one; what is not named is not sent, and a relationship takes a record or an id."""
        return await self._create(values)

    async def update(self, record: Order | str, /, **changes: Unpack[OrderUpdate]) -> Order:
        """Change what is named and nothing else; None is sent as null."""
        return await self._update(record, changes)
