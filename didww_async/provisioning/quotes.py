"""What a plan comes to: each item's group, price and settings looked up, and the sum beside the balance."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

import attrs

from ..errors import NotFound
from ..records.base import Record
from ..records.capacity import CapacityPool, SharedCapacityGroup
from ..records.coverage import DidGroup, DidGroupFilter, NanpaPrefix, StockKeepingUnit
from ..records.geography import City, CityFilter, Country, Region
from ..records.voice_in import VoiceInTrunk, VoiceInTrunkGroup
from ..versions import V2026_04_16
from .plan import Plan, PlanItem

if TYPE_CHECKING:
    from ..session import Session

__all__ = ["Quote", "QuoteLine", "quote"]

_Target = VoiceInTrunk | VoiceInTrunkGroup | CapacityPool | SharedCapacityGroup

R = TypeVar("R", bound=Record)
T = TypeVar("T")

# How a DID calls what a plan sets it up with.
_SETTINGS: Final[Mapping[str, str]] = {
    "trunk": "voice_in_trunk",
    "trunk_group": "voice_in_trunk_group",
    "capacity_pool": "capacity_pool",
    "shared_capacity_group": "shared_capacity_group",
}


@attrs.frozen
class QuoteLine:
    """What one item of a plan comes to. Amounts are USD, for all its numbers, without taxes.

    `problem` says why it cannot be bought; it is empty where it can. `settings` are the changes that each
    number is given once it is bought.
    """

    number: int
    item: PlanItem
    problem: str = ""
    group: DidGroup | None = None
    sku: StockKeepingUnit | None = None
    nanpa_prefix: NanpaPrefix | None = None
    settings: Mapping[str, Any] | None = None

    @property
    def setup(self) -> Decimal:
        """Charged once, when the numbers are bought."""
        return self.sku.setup_price * self.item.quantity if self.sku else Decimal(0)

    @property
    def monthly(self) -> Decimal:
        """Charged when they are bought and every month from then on."""
        return self.sku.monthly_price * self.item.quantity if self.sku else Decimal(0)


@attrs.frozen
class Quote:
    """What a plan comes to, line by line, and what the account has to spend (`balance`: with its credit)."""

    plan: Plan
    lines: Sequence[QuoteLine]
    balance: Decimal

    @property
    def setup(self) -> Decimal:
        """Charged once, in all."""
        return sum((line.setup for line in self.lines), Decimal(0))

    @property
    def monthly(self) -> Decimal:
        """Charged every month, in all."""
        return sum((line.monthly for line in self.lines), Decimal(0))

    @property
    def total(self) -> Decimal:
        """Charged now: the setup and the first month. Taxes come on top where the account pays them."""
        return self.setup + self.monthly

    @property
    def affordable(self) -> bool:
        """Whether the balance covers the total."""
        return self.total <= self.balance

    @property
    def problems(self) -> Sequence[QuoteLine]:
        """The lines that cannot be bought."""
        return [line for line in self.lines if line.problem]


async def quote(didww: Session, plan: Plan, *, numbers: Iterable[int] | None = None) -> Quote:
    """Look up and price a plan, or the items of it with these `numbers`. Nothing is ordered."""
    wanted = set(numbers) if numbers is not None else None
    search = _Search(didww)
    try:
        async with asyncio.TaskGroup() as tasks:
            balance = tasks.create_task(didww.balance.get())
            lines = [
                tasks.create_task(_line(search, number, item))
                for number, item in enumerate(plan.items, start=1)
                if wanted is None or number in wanted
            ]
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from None
    return Quote(plan, [line.result() for line in lines], balance.result().total_balance)


class _Problem(Exception):
    """Why an item cannot be bought."""


async def _line(search: _Search, number: int, item: PlanItem) -> QuoteLine:
    line = QuoteLine(number, item)
    try:
        line = attrs.evolve(line, settings=await _settings(search, item))
        prefix = await search.nanpa_prefix(item)
        group, sku = _cheapest(item, await search.groups(item, prefix))
    except _Problem as problem:
        return attrs.evolve(line, problem=str(problem))
    return attrs.evolve(line, group=group, sku=sku, nanpa_prefix=prefix)


async def _settings(search: _Search, item: PlanItem) -> Mapping[str, Any]:
    settings: dict[str, Any] = {
        name: await search.setting(member, value)
        for member, name in _SETTINGS.items()
        if (value := getattr(item, member)) is not None
    }
    for name in ("capacity_limit", "description"):
        if (value := getattr(item, name)) is not None:
            settings[name] = value
    return settings


def _cheapest(item: PlanItem, groups: Sequence[DidGroup]) -> tuple[DidGroup, StockKeepingUnit]:
    """The group and stock keeping unit to buy from: the cheapest by the month of those that fit."""
    fitting = [group for group in groups if set(item.features) <= set(group.features)]
    if not fitting:
        raise _Problem("no group of numbers fits the search")
    stocked = [group for group in fitting if item.back_order or _stock(group) >= item.quantity]
    if not stocked:
        most = max(map(_stock, fitting))
        raise _Problem(f"{item.quantity} wanted, and no group that fits has more than {most} in stock")
    offers = [(group, sku) for group in stocked for sku in group.stock_keeping_units if _is_wanted(item, sku)]
    if not offers:
        offered = sorted({sku.channels_included_count for group in stocked for sku in group.stock_keeping_units})
        raise _Problem(f"no such stock keeping unit; channels included in what is offered: {offered or 'none'}")
    return min(
        offers, key=lambda offer: (offer[1].monthly_price, offer[1].setup_price, offer[0].area_name, offer[0].id)
    )


def _stock(group: DidGroup) -> float:
    """Numbers that a group has; infinite where the API does not say."""
    return group.meta.total_count if hasattr(group.meta, "total_count") else float("inf")


def _is_wanted(item: PlanItem, sku: StockKeepingUnit) -> bool:
    if item.sku is not None:
        return sku.id == (item.sku.id if isinstance(item.sku, Record) else str(item.sku))
    return item.channels is None or sku.channels_included_count == item.channels


class _Search:
    """Look-ups for many items, each made once however many ask for it."""

    def __init__(self, didww: Session) -> None:
        self._didww = didww
        self._asked: dict[tuple[object, ...], asyncio.Future[Any]] = {}

    async def _once(self, key: tuple[object, ...], ask: Callable[[], Awaitable[T]]) -> T:
        if key not in self._asked:
            self._asked[key] = asyncio.ensure_future(ask())
        return cast("T", await self._asked[key])

    async def groups(self, item: PlanItem, prefix: NanpaPrefix | None) -> Sequence[DidGroup]:
        """The groups that an item may be bought from."""
        if item.group is not None:
            id = item.group.id if isinstance(item.group, Record) else str(item.group)
            return await self._once(("group", id), lambda: self._group(id))
        filter = await self._filter(item, prefix)
        key = tuple(sorted((name, repr(value)) for name, value in filter.items()))
        listing = self._didww.did_groups.list(filter=cast("DidGroupFilter", filter), include=["stock_keeping_units"])
        return await self._once(("groups", *key), listing.all)

    async def _group(self, id: str) -> Sequence[DidGroup]:
        try:
            return [await self._didww.did_groups.get(id, include=["stock_keeping_units"])]
        except NotFound:
            raise _Problem(f"there is no DID group {id}") from None

    async def _filter(self, item: PlanItem, prefix: NanpaPrefix | None) -> dict[str, object]:
        country = await self.country(item.country or "")
        filter: dict[str, object] = {"country.id": country.id}
        region = await self.region(country, item.region) if item.region else None
        if region:
            filter["region.id"] = region.id
        if item.city:
            filter["city.id"] = (await self.city(country, region, item.city)).id
        if item.number_type:
            filter |= await self.number_type(item.number_type)
        if item.features:
            filter["features"] = tuple(item.features)
        if prefix:
            filter["nanpa_prefix.id"] = prefix.id
        elif area := item.npa or item.prefix:
            # The documents disagree on whether 2026-04-16 has the country's code in front of it.
            filter["prefix"] = (area, f"{country.prefix or ''}{area}")
        if item.needs_registration is not None:
            filter["needs_registration"] = item.needs_registration
        if not item.back_order:
            filter["is_available"] = True
        return filter

    async def country(self, name: str) -> Country:
        countries = await self._once(("countries",), self._didww.countries.list().all)
        return _one(countries, name, "country", lambda one: one.iso, lambda one: one.name)

    async def region(self, country: Country, name: str) -> Region:
        listing = self._didww.regions.list(filter={"country.id": country})
        regions = await self._once(("regions", country.id), listing.all)
        # «US-CA» since 2026-11-19, «CA» before: both are understood in either version.
        stem = f"{country.iso}-"
        name = name.removeprefix(stem)
        what = f"region of {country.name}"
        return _one(regions, name, what, lambda one: (one.iso or "").removeprefix(stem), lambda one: one.name)

    async def city(self, country: Country, region: Region | None, name: str) -> City:
        filter: CityFilter = {"country.id": country, "name": name}
        if region:
            filter["region.id"] = region
        listing = self._didww.cities.list(filter=filter)
        cities = await self._once(("cities", country.id, region and region.id, name), listing.all)
        return _one(cities, name, f"city of {country.name}", lambda one: one.name)

    async def number_type(self, name: str) -> Mapping[str, object]:
        if self._didww.api_version != V2026_04_16:
            return {"number_type": name}
        types = await self._once(("number types",), self._didww.did_group_types.list().all)
        # «Toll-free» and «Shared Cost» are what API 2026-04-16 calls toll_free and shared_cost.
        for one in types:
            if one.name.lower().replace("-", "_").replace(" ", "_") == name:
                return {"did_group_type.id": one.id}
        raise _Problem(f"there are no numbers of type {name!r}")

    async def nanpa_prefix(self, item: PlanItem) -> NanpaPrefix | None:
        npa, nxx = item.npa, item.nxx
        if npa is None or nxx is None:
            return None
        listing = self._didww.nanpa_prefixes.list(filter={"npa": npa, "nxx": nxx})
        found = await self._once(("nanpa", npa, nxx), listing.first)
        if found is None:
            raise _Problem(f"there are no numbers in exchange {npa}-{nxx}")
        return found

    async def setting(self, member: str, value: Any) -> str:
        """The id of the trunk, group or pool that an item names: it must be there before money is spent."""
        listings: Mapping[str, Callable[[], Awaitable[Sequence[_Target]]]] = {
            "trunk": self._didww.voice_in_trunks.list().all,
            "trunk_group": self._didww.voice_in_trunk_groups.list().all,
            "capacity_pool": self._didww.capacity_pools.list().all,
            "shared_capacity_group": self._didww.shared_capacity_groups.list().all,
        }
        known = await self._once((member,), listings[member])
        wanted = value.id if isinstance(value, Record) else str(value)
        return _one(known, wanted, member.replace("_", " "), lambda one: one.id, lambda one: one.name).id


def _one(records: Sequence[R], name: str, what: str, *called: Callable[[R], str]) -> R:
    """The record that is called so, in the first way in which any is, whatever the case."""
    for call in called:
        found = [one for one in records if call(one).casefold() == name.casefold()]
        if len(found) == 1:
            return found[0]
        if found:
            raise _Problem(f"{len(found)} are called {name!r}: say which {what} more exactly")
    raise _Problem(f"there is no {what} {name!r}")
