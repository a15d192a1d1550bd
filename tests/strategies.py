"""Values that the declarations take, for property tests."""

from __future__ import annotations

import string
import typing
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from typing import Annotated, Any, Literal, NotRequired, Required, Union, get_args, get_origin
from uuid import UUID

from hypothesis import strategies as st

from didww_async.records.base import Component, Record, fields
from didww_async.records.scalars import UTC_SECONDS, UUID_TEXT, Between, Digits, Longest
from didww_async.records.voice_in import SipConfiguration
from didww_async.values import hints

__all__ = ["json_values", "valid"]

TEXT = st.text(alphabet=string.ascii_letters + string.digits + " äß+-", min_size=1, max_size=12)
MOMENTS = st.integers(946684800, 4102444800).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@cache
def valid(declared: Any) -> st.SearchStrategy[Any]:
    """Values that a declaration must take."""
    origin = get_origin(declared)
    if origin in (Required, NotRequired):
        return valid(get_args(declared)[0])
    if origin is Annotated:
        inner, *rules = get_args(declared)
        return _ruled(rules[0]) if rules else valid(inner)
    if origin in (Union, type(int | str)):
        return st.one_of([valid(part) for part in get_args(declared)])
    if origin is Literal:
        return st.sampled_from(get_args(declared))
    if origin in (tuple, Sequence):
        return st.lists(valid(get_args(declared)[0]), min_size=1, max_size=3).map(tuple)
    if typing.is_typeddict(declared):
        known = hints(declared)
        must = {name: valid(hint) for name, hint in known.items() if get_origin(hint) is Required}
        return st.fixed_dictionaries(must)
    if isinstance(declared, type) and issubclass(declared, Record):
        return st.uuids().map(lambda id: declared(id=str(id)))
    if isinstance(declared, type) and issubclass(declared, Component):
        return _component(declared)
    return _PLAIN[declared]


_PLAIN: dict[Any, st.SearchStrategy[Any]] = {
    str: TEXT,
    int: st.integers(0, 5),
    bool: st.booleans(),
    float: st.floats(0, 5),
    Decimal: st.decimals(0, 1000, places=2),
    datetime: MOMENTS,
    date: st.dates(date(1900, 1, 1), date(2100, 1, 1)),
    UUID: st.uuids(),
    type(None): st.none(),
    Any: TEXT,
}


def _ruled(rule: object) -> st.SearchStrategy[Any]:
    if isinstance(rule, Between):
        return st.integers(rule.least, rule.most if rule.most is not None else rule.least + 1000)
    if isinstance(rule, Longest):
        return st.text(string.ascii_letters, min_size=1, max_size=rule.most)
    if isinstance(rule, Digits):
        return st.text(string.digits, min_size=8, max_size=15) | st.just("+1 (212) 555-0100")
    if rule is UUID_TEXT:
        return st.uuids().map(str)
    assert rule is UTC_SECONDS
    return MOMENTS | MOMENTS.map(lambda moment: moment.strftime("%Y-%m-%d %H:%M:%S"))


def _component(cls: type[Component]) -> st.SearchStrategy[Any]:
    known = {name: hints(cls)[name] for name, field in fields(cls).items() if field.writable}
    excluded = {"qty", "available_did_id", "did_reservation_id"} if cls.type == "did_order_items" else set[str]()
    if cls is SipConfiguration:
        excluded = {"enabled_sip_registration", "use_did_in_ruri"}
    values = {
        name: valid(hint) for name, hint in known.items() if name not in excluded and type(None) not in get_args(hint)
    }
    needed = {name: values.pop(name) for name in ("sku_id", "capacity_pool_id") if name in values}
    if "capacity_pool_id" in known:
        needed["capacity_pool_id"] = st.uuids()
    return st.fixed_dictionaries(needed, optional=values).map(lambda given: cls(**given))
