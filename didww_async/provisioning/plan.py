"""What is to be bought and how it is to be set up: a plan, from Python or from a TOML file."""

from __future__ import annotations

import hashlib
import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self, cast

import attrs
import msgspec

from ..errors import ConfigurationError
from ..records.base import Record
from ..records.enumerations import DidGroupFeature, NumberType
from ..records.scalars import Id
from ..values import check, hints, known_names

if TYPE_CHECKING:
    from ..records.capacity import CapacityPool, SharedCapacityGroup
    from ..records.coverage import DidGroup, StockKeepingUnit
    from ..records.voice_in import VoiceInTrunk, VoiceInTrunkGroup

__all__ = ["Plan", "PlanItem"]

MOST: Final = 1000
"""Numbers that one order may have; so says the API description of `qty`."""

_EXCLUSIVE: Final = (
    ("trunk", "trunk_group"),
    ("capacity_pool", "shared_capacity_group"),
    ("sku", "channels"),
    ("prefix", "npa"),
)
_SEARCH: Final = ("country", "region", "city", "number_type", "features", "prefix", "npa", "needs_registration")


def _frozen(given: Sequence[DidGroupFeature]) -> Sequence[DidGroupFeature]:
    return tuple(given) if isinstance(given, list) else given


@attrs.frozen(kw_only=True)
class PlanItem:
    """Numbers of one kind, bought in one order and set up alike.

    Where from: `group`, a DID group or its id; or a search by `country` (ISO code or name), `region` (ISO
    code or name), `city` (name), `number_type`, `features` (all of them), `prefix` (area code; `npa` in North
    America), `nxx` (exchange, with `npa`) and `needs_registration`. Of the groups that fit and have enough in
    stock, the cheapest is taken.

    How many: `quantity`, 1 to 1000. At which price: `sku`, a stock keeping unit or its id; or the cheapest
    that includes `channels` channels; else the cheapest.

    What for: `trunk` or `trunk_group`, `capacity_pool` or `shared_capacity_group` (a record, its id or its
    name), `capacity_limit` (calls at a time), `description`, `billing_cycles_count` (0: not renewed; left
    out: for ever). With `back_order`, what is not in stock is ordered all the same and comes later.

    Raises ConfigurationError for members that the API does not take or that exclude each other.
    """

    quantity: int = 1
    group: DidGroup | Id | None = None
    country: str | None = None
    region: str | None = None
    city: str | None = None
    number_type: NumberType | None = None
    features: Sequence[DidGroupFeature] = attrs.field(default=(), converter=_frozen)
    prefix: str | None = None
    npa: str | None = None
    nxx: str | None = None
    needs_registration: bool | None = None
    sku: StockKeepingUnit | Id | None = None
    channels: int | None = None
    trunk: VoiceInTrunk | Id | str | None = None
    trunk_group: VoiceInTrunkGroup | Id | str | None = None
    capacity_pool: CapacityPool | Id | str | None = None
    shared_capacity_group: SharedCapacityGroup | Id | str | None = None
    capacity_limit: int | None = None
    description: str | None = None
    billing_cycles_count: int | None = None
    back_order: bool = False
    where: str = attrs.field(default="", eq=False, repr=False)
    """Where the item stands in its file, for messages."""

    def __attrs_post_init__(self) -> None:
        _check(self, self.where or "PlanItem")

    def wanted(self) -> dict[str, Any]:
        """The members that were given, records as their ids: what tells one plan from another."""
        return {
            field.name: value.id if isinstance(value, Record) else value
            for field in attrs.fields(PlanItem)
            if field.eq and (value := getattr(self, field.name)) != field.default
        }

    def __str__(self) -> str:
        """In a few words: «10 x US, New York, local»."""
        area = f"{self.npa}-{self.nxx}" if self.nxx else self.npa or self.prefix
        named = [self.country, self.region, self.city, self.number_type, area]
        words = ", ".join(str(word) for word in named if word)
        group = self.group.id if isinstance(self.group, Record) else self.group
        return f"{self.quantity} x {words or f'group {group}'}"


def _check(item: PlanItem, what: str) -> None:
    declared = hints(PlanItem)
    for field in attrs.fields(PlanItem):
        value = getattr(item, field.name)
        if field.eq and value is not None:
            check(declared[field.name], value, f"{what}: {field.name}")
    if not 1 <= item.quantity <= MOST:
        raise ConfigurationError(f"{what}: quantity must be 1 to {MOST} (one order); got {item.quantity}")
    if item.channels is not None and item.channels < 0:
        raise ConfigurationError(f"{what}: channels must be 0 or more; got {item.channels}")
    for one, other in _EXCLUSIVE:
        if getattr(item, one) is not None and getattr(item, other) is not None:
            raise ConfigurationError(f"{what}: {one!r} and {other!r} exclude each other")
    searched = [name for name in _SEARCH if getattr(item, name) not in (None, ()) and not (name == "npa" and item.nxx)]
    if item.group is not None and searched:
        raise ConfigurationError(f"{what}: 'group' says where from, so {', '.join(map(repr, searched))} cannot")
    if item.group is None and item.country is None:
        raise ConfigurationError(f"{what} needs 'group' or 'country': where are the numbers to be from?")
    if item.nxx is not None and item.npa is None:
        raise ConfigurationError(f"{what}: 'nxx' is within an area code: give 'npa' too")
    for name in ("npa", "nxx"):
        digits = getattr(item, name)
        if digits is not None and not re.fullmatch(r"[0-9]{3}", digits):
            raise ConfigurationError(f"{what}: {name} must be three digits, such as '212'; got {digits!r}")


@attrs.frozen
class Plan:
    """Items to be bought. The first is number 1."""

    items: Sequence[PlanItem] = attrs.field(converter=tuple[PlanItem, ...])

    def __attrs_post_init__(self) -> None:
        if not self.items:
            raise ConfigurationError("the plan has no items: there is nothing to buy")

    @property
    def quantity(self) -> int:
        """Numbers in all."""
        return sum(item.quantity for item in self.items)

    @property
    def digest(self) -> str:
        """The same for plans that say the same, whatever their comments and order of members."""
        said = [sorted(item.wanted().items()) for item in self.items]
        return hashlib.sha256(msgspec.json.encode(said)).hexdigest()

    @classmethod
    def from_toml(cls, path: str | os.PathLike[str]) -> Self:
        """Read a plan from a file: a table `[[numbers]]` for each item, with the members of `PlanItem`.

            [[numbers]]
            country = "US"
            npa = "212"
            features = ["voice_in", "sms_in"]
            quantity = 10
            trunk = "office"
            description = "front desk"

        A table `[defaults]` holds members for every item that does not say otherwise. Raises
        ConfigurationError that names the line.
        """
        try:
            text = Path(path).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigurationError(f"the plan {path} cannot be read: {error}") from None
        return cls.parse(text, name=str(path))

    @classmethod
    def parse(cls, text: str, *, name: str = "plan") -> Self:
        """Read a plan from the text of such a file; `name` is what messages call it."""
        try:
            document = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise ConfigurationError(f"{name} is no TOML: {error}") from None
        known_names(document, {"numbers": None, "defaults": None}, f"{name}: a plan")
        tables, defaults = _tables(document.get("numbers")), _tables([document.get("defaults", {})])
        if not tables:
            raise ConfigurationError(f"{name} has no [[numbers]] table: there is nothing to buy")
        if not defaults:
            raise ConfigurationError(f"{name}: defaults must be a table")
        lines = _lines(text)
        return cls(
            [
                _item(_over(defaults[0], table), f"{name}, {_place(lines, number)}")
                for number, table in enumerate(tables, start=1)
            ]
        )


def _tables(value: Any) -> list[dict[str, Any]]:
    """The tables of an array of tables; none where it is something else."""
    if not isinstance(value, list):
        return []
    items = cast("list[object]", value)
    return [cast("dict[str, Any]", item) for item in items if isinstance(item, dict)]


def _over(defaults: Mapping[str, Any], table: Mapping[str, Any]) -> dict[str, Any]:
    """The members of an item; one that it gives also replaces a default that this one excludes."""
    excluded = {one for pair in _EXCLUSIVE for one, other in (pair, pair[::-1]) if other in table}
    return {name: value for name, value in defaults.items() if name not in excluded} | dict(table)


def _item(members: Mapping[str, Any], where: str) -> PlanItem:
    known = {field.name: None for field in attrs.fields(PlanItem) if field.eq}
    known_names(members, known, where)
    return PlanItem(**members, where=where)


def _lines(text: str) -> list[int]:
    """The lines at which the tables begin; TOML itself tells nothing of them."""
    return [
        number
        for number, line in enumerate(text.splitlines(), start=1)
        if re.match(r"\s*\[\[\s*[\"']?numbers[\"']?\s*\]\]", line)
    ]


def _place(lines: Sequence[int], number: int) -> str:
    return f"line {lines[number - 1]} (item {number})" if number <= len(lines) else f"item {number}"
