"""Which records a listing shows, and in which order: filters and sorts, carried out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import Any, Final

from .account import Account
from .description import Description
from .problems import bad_request
from .query import Condition
from .store import Record

__all__ = ["select"]

Test = Callable[[Record], bool]

_PATHS: Final[dict[tuple[str, str], str]] = {
    **{
        (type, f"{place}.id"): f"did_group.{place}.id"
        for type in ("dids", "available_dids")
        for place in ("country", "region", "city", "did_group_type")
    },
    ("dids", "trunk.id"): "voice_in_trunk.id",
    ("dids", "trunk_group.id"): "voice_in_trunk_group.id",
    ("capacity_pools", "country.id"): "countries.id",
    ("emergency_calling_services", "address.id"): "emergency_verification.address.id",
    ("emergency_calling_services", "identity.id"): "emergency_verification.address.identity.id",
    ("did_reservations", "expire_at"): "expires_at",
    ("encrypted_files", "expire_at"): "expires_at",
}
"""Names of filters and sorts that stand for a longer path."""

_CONTAINS: Final = frozenset(
    {
        ("dids", "description"),
        ("did_reservations", "description"),
        ("emergency_calling_services", "name"),
        ("address_verifications", "reference"),
    }
)
"""Filters that look for a part of the value though their name does not say so."""

_ANY_CASE: Final = frozenset(
    [(type, "name") for type in ("countries", "regions", "cities", "areas")] + [("did_groups", "area_name")]
)
_NUMERIC: Final = frozenset({"amount", "setup_price", "monthly_price", "metered_rate"})
_KEYS: Final = frozenset({"number", "external_reference_id"})
_RETENTION: Final = timedelta(days=90)


def select(
    account: Account,
    description: Description,
    type: str,
    conditions: tuple[Condition, ...],
    sort: tuple[tuple[str, bool], ...],
) -> list[Record]:
    """The records that meet all conditions, sorted; ordered by id where nothing is asked for."""
    picker = _Picker(account, description, type)
    records = picker.candidates(conditions)
    for condition in conditions:
        test = picker.test(condition)
        records = [record for record in records if test(record)]
    if not sort and type == "did_history":
        sort = (("created_at", True),)
    # A stable sort by the last criterion first leaves them nested in the right order, and ids last of all.
    for name, down in reversed(sort):
        records = sorted(records, key=partial(picker.key, name), reverse=down)
    return records


class _Picker:
    def __init__(self, account: Account, description: Description, type: str) -> None:
        self._account = account
        self._store = account.store
        self._resources = description.resources
        self._type = type

    def candidates(self, conditions: tuple[Condition, ...]) -> list[Record]:
        """Few records that hold all that can match: an index spares looking at every record of a large table."""
        relations = self._resources[self._type].relations
        table = self._store.table(self._type)
        for condition in conditions:
            path = _PATHS.get((self._type, condition.filter.name), condition.filter.name)
            if path == "id":
                found = [record for id in set(condition.values) if (record := table.get(id)) is not None]
            elif path in _KEYS or (path.endswith(".id") and path[:-3] in relations and not relations[path[:-3]].many):
                index = self._store.index(self._type, path.removesuffix(".id"))
                found = [table[id] for value in set(condition.values) if value for id in index.get(value, ())]
                if "" in condition.values:
                    continue
            else:
                continue
            return sorted(found, key=lambda record: record.id)
        return self._store.by_id(self._type)

    def test(self, condition: Condition) -> Test:
        """Whether one record meets a condition, as a function."""
        name, values = condition.filter.name, condition.values
        special = _SPECIAL.get((self._type, name))
        if special is not None:
            return lambda record: special(self._account, record, values)
        path = _PATHS.get((self._type, name), name)
        if path == "meta.total_count_gteq":
            least = _number(name, values[0])
            return lambda record: Decimal(record.meta["total_count"]) >= least
        if path.endswith(("_gteq", "_lteq")):
            return self._moment(path, values[0])
        if path.endswith("_contains") or (self._type, name) in _CONTAINS:
            wanted = values[0].casefold()
            if not wanted:
                return lambda record: next(self._values(record, path), None) in (None, "")
            stem = path.removesuffix("_contains")
            return lambda record: any(wanted in text.casefold() for text in self._texts(record, stem))
        path = path.removesuffix("_in")
        fold = (self._type, name) in _ANY_CASE
        accepted = frozenset(value.casefold() if fold else value for value in values)
        if condition.filter.every:
            return lambda record: accepted <= frozenset(self._texts(record, path))
        if fold:
            return lambda record: any(text.casefold() in accepted for text in self._texts(record, path))
        return lambda record: not accepted.isdisjoint(self._texts(record, path))

    def key(self, name: str, record: Record) -> tuple[bool, Any]:
        """What to sort by: values that are missing come last, as the database has it."""
        value = next(self._values(record, _PATHS.get((self._type, name), name)), None)
        if name in _NUMERIC and value is not None:
            value = Decimal(value)
        return value is None, value if value is not None else 0

    def _moment(self, path: str, text: str) -> Test:
        stem, _, way = path.rpartition("_")
        bound = _time(path, text)
        if self._type == "did_history" and bound < self._account.now() - _RETENTION:
            raise bad_request("107", "Invalid filter value", "Date must be within the last 90 days.")
        if self._type == "orders" and way == "lteq":
            bound = bound.replace(hour=23, minute=59, second=59, microsecond=999999)
        if way == "gteq":
            return lambda record: any(_time(path, text) >= bound for text in self._texts(record, stem))
        return lambda record: any(_time(path, text) <= bound for text in self._texts(record, stem))

    def _texts(self, record: Record, path: str) -> Iterator[str]:
        for value in self._values(record, path):
            if value is None:
                yield ""
            elif isinstance(value, bool):
                yield "true" if value else "false"
            else:
                yield str(value)

    def _values(self, record: Record, path: str) -> Iterator[Any]:
        if path in record.attributes:
            value = record.attributes[path]
            yield from value if isinstance(value, list) else [value]
        elif path == "id":
            yield record.id
        elif path in record.meta:
            yield record.meta[path]
        elif "." in path:
            name, _, rest = path.partition(".")
            relation = self._resources[record.type].relations.get(name)
            if relation is not None:
                linked = list(self._store.linked(record, name, relation.types))
                for found in linked:
                    yield from self._values(found, rest)
                if not linked:
                    yield None
            elif isinstance(record.attributes.get(name), dict):
                nested: dict[str, Any] = record.attributes[name]
                yield nested.get(rest)
            elif rest == "id":
                yield record.hidden.get(name)


def _time(name: str, text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text.replace(" ", "T", 1) if re.match(r"\d{4}-\d\d-\d\d \d", text) else text)
    except ValueError:
        raise bad_request("107", "Invalid filter value", f"{text} is not a valid value for {name}.") from None
    return moment.replace(tzinfo=moment.tzinfo or UTC)


def _number(name: str, text: str) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise bad_request("107", "Invalid filter value", f"{text} is not a valid value for {name}.")
    return number


def _says(values: tuple[str, ...], fact: bool) -> bool:
    return ("true" if fact else "false") in values


def _groups_of(account: Account, member: str, id: str) -> list[Record]:
    groups = account.store.table("did_groups")
    return [groups[one] for one in account.store.index("did_groups", member).get(id, ())]


def _groups_of_prefix(account: Account, prefix: Record) -> list[Record]:
    return [group for group in account.store.by_id("did_groups") if prefix.id in group.hidden["nanpa_prefixes"]]


def _npanxx(prefix: Record) -> str:
    return f"{prefix.attributes['npa']}{prefix.attributes['nxx']}"


def _sold_here(member: str) -> Callable[[Account, Record, tuple[str, ...]], bool]:
    def test(account: Account, record: Record, values: tuple[str, ...]) -> bool:
        return _says(values, any(group.meta["is_available"] for group in _groups_of(account, member, record.id)))

    return test


def _by_npanxx(account: Account, group: Record, values: tuple[str, ...]) -> bool:
    prefixes = (account.store.one("nanpa_prefixes", id) for id in group.hidden["nanpa_prefixes"])
    return any(value in _npanxx(prefix) for prefix in prefixes for value in values)


def _channels_left(account: Account, pool: Record, values: tuple[str, ...]) -> bool:
    left = pool.attributes["total_channels_count"] - pool.attributes["assigned_channels_count"]
    return _says(values, left > 0)


_SPECIAL: Final[dict[tuple[str, str], Callable[[Account, Record, tuple[str, ...]], bool]]] = {
    ("countries", "is_available"): _sold_here("country"),
    ("cities", "is_available"): _sold_here("city"),
    ("did_groups", "nanpa_prefix.id"): lambda account, group, values: any(
        value in group.hidden["nanpa_prefixes"] for value in values
    ),
    ("did_groups", "nanpa_prefix.npanxx"): _by_npanxx,
    ("nanpa_prefixes", "npanxx"): lambda account, prefix, values: any(value in _npanxx(prefix) for value in values),
    ("nanpa_prefixes", "did_group.features"): lambda account, prefix, values: any(
        set(values) <= set(group.attributes["features"]) for group in _groups_of_prefix(account, prefix)
    ),
    ("nanpa_prefixes", "did_group.is_available"): lambda account, prefix, values: _says(
        values, any(group.meta["is_available"] for group in _groups_of_prefix(account, prefix))
    ),
    ("capacity_pools", "has_unassigned_channels"): _channels_left,
    ("dids", "pending_removal"): lambda account, did, values: _says(
        values, did.attributes["billing_cycles_count"] == 0
    ),
    # Every key is shown whatever is asked for.
    ("public_keys", "id"): lambda account, key, values: True,
}
