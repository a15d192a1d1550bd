"""How much a fresh account holds, and the making of it: the same seed makes the same records."""

from __future__ import annotations

from decimal import Decimal

import attrs

from . import coverage, holdings
from .account import Account

__all__ = ["Seed", "populate"]


@attrs.frozen
class Seed:
    """The sizes of what a fresh simulator holds.

    `available_per_group` numbers can be picked one by one in each DID group that allows it, and
    `stock_per_group` are in stock. `calls_per_day` are inbound and, as many again, outbound calls;
    `messages_per_day` are messages each way. `balance` and `credit` are in US dollars.
    """

    dids: int = 300
    cities: int = 1200
    orders: int = 30
    history: int = 120
    trunks: int = 12
    available_per_group: int = 12
    stock_per_group: int = 2000
    calls_per_day: int = 2400
    messages_per_day: int = 240
    balance: Decimal = Decimal("10000.00")
    credit: Decimal = Decimal("100.00")


def populate(account: Account, seed: Seed) -> None:
    """Fill an empty account."""
    account.balance, account.credit = seed.balance, seed.credit
    world = coverage.populate(account, cities=seed.cities, stock=seed.stock_per_group, pick=seed.available_per_group)
    holdings.populate(account, world, seed)
