"""Python values are checked against what a declaration says of them, and put as the API wants them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Annotated, Any, Literal, Required, TypedDict
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from didww_async.errors import ConfigurationError
from didww_async.records.geography import Country
from didww_async.records.orders import CapacityOrderItem, DidOrderItem
from didww_async.records.scalars import Between, Digits, Id, Longest, Number, Reference, UtcSeconds
from didww_async.records.voice_in import PstnConfiguration, SipConfiguration
from didww_async.values import check, check_id

from .stubs import stub

A = "aaaaaaaa-0000-4000-8000-000000000000"
MaybeShort = Annotated[str, Longest(3)] | None
PSTN = PstnConfiguration(dst="+1 212 555 0100")


class Shape(TypedDict, total=False):
    name: Required[str]
    size: Annotated[int, Between(1, 3)] | None


@pytest.mark.parametrize(
    ("declared", "value", "wire"),
    [
        (str, "x", "x"),
        (int, 5, 5),
        (bool, True, True),
        (float, 1, 1),
        (Decimal, Decimal("1E+2"), "100"),
        (Decimal, Decimal("0.10"), "0.10"),
        (Decimal, 7, "7"),
        (datetime, datetime(2026, 10, 1, 2, 0, 0, 5000, timezone(timedelta(hours=2))), "2026-10-01T00:00:00.005Z"),
        (date, date(2026, 10, 1), "2026-10-01"),
        (UtcSeconds, datetime(2026, 10, 1, 2, tzinfo=timezone(timedelta(hours=2))), "2026-10-01 00:00:00"),
        (UtcSeconds, "2026-10-01 00:00:00", "2026-10-01 00:00:00"),
        (str | None, None, None),
        (Literal["get", "post"], "get", "get"),
        (Country | Id, stub(Country, A), A),
        (Country | Id, UUID(A), A),
        (Sequence[str], ("a", "b"), ["a", "b"]),
        (str | Sequence[str], ["a"], ["a"]),
        (Mapping[str, object], {"a": 1}, {"a": 1}),
        (Shape, {"name": "x", "size": 2}, {"name": "x", "size": 2}),
        (PstnConfiguration, PSTN, {"type": "pstn_configurations", "attributes": {"dst": "12125550100"}}),
        (Number, "+1 (212) 555-0100", "12125550100"),
        (Reference, "x" * 100, "x" * 100),
    ],
)  # fmt: skip
def test_a_right_value_goes_out_as_the_api_wants_it(declared: Any, value: object, wire: object) -> None:
    assert check(declared, value, "it") == wire


@pytest.mark.parametrize(
    ("declared", "value", "said"),
    [
        (str, 1, "it must be str; got 1"),
        (int, True, "it must be int; got True"),
        (int, 1.5, "it must be int; got 1.5"),
        (bool, 0, "it must be bool; got 0"),
        (Decimal, 1.5, "it must be Decimal; got 1.5"),
        (Decimal, Decimal("NaN"), "it must be Decimal"),
        (datetime, datetime(2026, 10, 1), "it must be an aware datetime"),  # noqa: DTZ001
        (datetime, date(2026, 10, 1), "it must be a datetime"),
        (datetime, datetime.min.replace(tzinfo=timezone(timedelta(hours=14))), "a datetime that UTC can tell"),
        (date, datetime(2026, 10, 1, tzinfo=UTC), "it must be date"),
        (UtcSeconds, "2026-10-01T00:00:00Z", "must be an aware datetime or text as '2026-10-01 00:00:00'"),
        (Literal["get", "post"], "GET", "it must be 'get' or 'post'; got 'GET'"),
        (Literal["get", "post"], "pots", r"got 'pots', did you mean 'post'\?"),
        (Literal[1, 2], True, "it must be 1 or 2; got True"),
        (Country | Id, "abc", "it must be a record or its id, a UUID such as '0b6a8a72-.*'; got 'abc'"),
        (Country | Id, 5, "it must be Country or str or UUID; got 5"),
        (Sequence[str], "ab", "it must be a list of str; got 'ab'"),
        (Sequence[int], [1, "2"], r"it\[1\] must be int; got '2'"),
        (str | Sequence[str], [1], r"it\[0\] must be str; got 1"),
        (Mapping[str, object], [1], "it must be a mapping"),
        (Shape, {"name": "x", "size": 5}, r"it\['size'\] must be from 1 to 3; got 5"),
        (Shape, {"nme": "x"}, r"it has no 'nme', did you mean 'name'\?"),
        (Shape, {"size": 1}, "it needs 'name'"),
        (Shape, [], "it must be a mapping"),
        (Number, "+1 212 CALLME", "it must be a phone number in E.164 form, such as '.*'; got '.1 212 CALLME'"),
        (Number, "", "it must be a phone number"),
        (Annotated[str, Digits(15)], "1" * 16, "it must be a phone number"),
        (Reference, "x" * 101, "it must have at most 100 characters; got 101"),
        (Annotated[int, Between(1)], 0, "it must be 1 or more; got 0"),
        (MaybeShort, "abcd", "it must have at most 3 characters"),
        (PstnConfiguration, SipConfiguration(), "it must be PstnConfiguration; got SipConfiguration"),
        (SipConfiguration, SipConfiguration(port=0), "it.port must be from 1 to 65535; got 0"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_refused_and_named(declared: Any, value: object, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        check(declared, value, "it")


@pytest.mark.parametrize("id", ["", "abc", f"{A}/relationships", f" {A}", f"{A}\n", "../balance", None, 5])
def test_what_is_no_id_never_gets_into_an_address(id: Any) -> None:
    with pytest.raises(ConfigurationError, match="the id must be a record or its id, a UUID"):
        check_id(id, "the id")


@given(id=st.uuids())
def test_every_uuid_is_an_id_in_all_of_its_forms(id: UUID) -> None:
    assert check_id(id, "it") == check_id(str(id), "it") == check_id(stub(Country, str(id)), "it") == str(id)


@given(moment=st.datetimes(timezones=st.timezones(), allow_imaginary=False))
def test_a_moment_goes_out_in_utc_and_comes_back_the_same(moment: datetime) -> None:
    try:
        wire = check(datetime, moment, "it")
    except ConfigurationError:
        return
    assert datetime.fromisoformat(wire) == moment.astimezone(UTC).replace(microsecond=moment.microsecond // 1000 * 1000)


@pytest.mark.parametrize(
    ("item", "said"),
    [
        (DidOrderItem(), "needs sku_id"),
        (DidOrderItem(sku_id=A, qty=1, available_did_id=A), "at most one of qty, available_did_id"),
        (DidOrderItem(sku_id=A, available_did_id=A, did_reservation_id=A), "at most one of"),
        (DidOrderItem(sku_id=A, qty=1001), "must be from 1 to 1000"),
        (DidOrderItem(sku_id=A, billing_cycles_count=-1), "must be from 0 to 999"),
        (CapacityOrderItem(qty=1), "needs capacity_pool_id"),
        (CapacityOrderItem(capacity_pool_id=None), "needs capacity_pool_id"),
        (SipConfiguration(enabled_sip_registration=True, host="h"), "'host' and enabled_sip_registration exclude"),
        (SipConfiguration(enabled_sip_registration=True, port=5060), "'port' and enabled_sip_registration exclude"),
        (SipConfiguration(use_did_in_ruri=True), "use_did_in_ruri needs enabled_sip_registration"),
    ],
)
def test_members_that_need_or_exclude_each_other_are_refused(item: object, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        check(type(item), item, "it")


def test_a_trunk_that_registers_may_clear_its_host_in_the_same_step() -> None:
    switched = SipConfiguration(enabled_sip_registration=True, host=None, port=None, use_did_in_ruri=True)
    assert check(SipConfiguration, switched, "it")["attributes"]["host"] is None
