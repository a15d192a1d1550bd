"""Documents become records whatever their relationships look like, and only our errors come out of bad ones."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from didww_async.documents import STEP, ListDocument, finish, read_many, read_one
from didww_async.errors import DidwwError, NotLoaded, ProtocolError
from didww_async.records import types
from didww_async.records.base import Record
from didww_async.records.capacity import CapacityPool
from didww_async.records.identities import Address, Identity
from didww_async.records.inventory import Did
from didww_async.records.orders import CapacityOrderItem, DidOrderItem, Order
from didww_async.records.proofs import Proof
from didww_async.records.voice_in import (
    PstnConfiguration,
)
from didww_async.versions import V2026_04_16

from .strategies import json_values

A, B, C = (f"{letter * 8}-0000-4000-8000-000000000000" for letter in "abc")


def resource(type_name: str, id: str, related: dict[str, Any] | None = None, **attributes: Any) -> dict[str, Any]:
    relationships = {name: {"links": {"self": "s", "related": "r"}} | one for name, one in (related or {}).items()}
    return {"type": type_name, "id": id, "attributes": attributes, "relationships": relationships}


def to(*pairs: tuple[str, str]) -> dict[str, Any]:
    return {"data": [{"type": type_name, "id": id} for type_name, id in pairs]}


def to_one(type_name: str, id: str) -> dict[str, Any]:
    return {"data": {"type": type_name, "id": id}}


def many(*data: dict[str, Any], included: tuple[dict[str, Any], ...] = (), **more: Any) -> ListDocument:
    document = {"data": data, "included": included, "meta": {"api_version": V2026_04_16}} | more
    return finish(read_many(json.dumps(document).encode(), "GET /x"))


def one(data: dict[str, Any], *included: dict[str, Any]) -> Any:
    return read_one(json.dumps({"data": data, "included": included}).encode(), "GET /x/1")[0]


class TestReading:
    def test_values_are_read_by_what_they_are_declared(self) -> None:
        order = one(resource("orders", A, amount="12.50", created_at="2026-10-01T12:00:00.123Z", status="pending"))
        assert isinstance(order, Order)
        assert order.amount == Decimal("12.50")
        assert order.created_at == datetime(2026, 10, 1, 12, 0, 0, 123000, UTC)
        pool = one(resource("capacity_pools", A, renew_date="2026-10-01", total_channels_count=3))
        assert isinstance(pool, CapacityPool)
        assert (pool.renew_date, pool.total_channels_count) == (date(2026, 10, 1), 3)

    @pytest.mark.parametrize("text", ["2026-10-01 12:00:00", "2026-10-01T14:00:00+02:00", "2026-10-01T12:00:00Z"])
    def test_timestamps_are_aware_and_in_utc_whatever_form_they_had(self, text: str) -> None:
        created = one(resource("did_reservations", A, created_at=text)).created_at
        assert created == datetime(2026, 10, 1, 12, tzinfo=UTC)
        assert created.tzinfo is UTC

    def test_prices_may_be_numbers_too(self) -> None:
        data = resource("emergency_requirements", A) | {"meta": {"setup_price": 0, "monthly_price": "1.5"}}
        assert one(data).meta.setup_price == Decimal(0)
        assert one(data).meta.monthly_price == Decimal("1.5")

    def test_an_unknown_value_of_an_enumeration_stays_the_text_that_it_is(self) -> None:
        assert one(resource("orders", A, status="frozen")).status == "frozen"
        assert one(resource("did_groups", A, features=["voice_in", "fax"])).features == ("voice_in", "fax")

    def test_an_unknown_kind_of_component_stays_the_mapping_that_it_is(self) -> None:
        unknown = {"type": "iax_configurations", "attributes": {"host": "x"}}
        assert one(resource("voice_in_trunks", A, configuration=unknown)).configuration == unknown
        known = one(resource("voice_in_trunks", A, configuration={"type": "pstn_configurations", "attributes": {}}))
        assert known.configuration == PstnConfiguration()

    def test_items_are_read_by_their_types(self) -> None:
        items = [
            {
                "type": "did_order_items",
                "attributes": {"qty": 1, "nrc": "1.0", "billed_from": None, "setup_price": "1.0"},
            },
            {"type": "capacity_order_items", "attributes": {"qty": 2, "billed_from": "2026-10-01"}},
        ]
        number, channels = one(resource("orders", A, items=items)).items
        assert isinstance(number, DidOrderItem)
        assert (number.nrc, number.billed_from, number.extra) == (Decimal(1), None, {"setup_price": "1.0"})
        assert isinstance(channels, CapacityOrderItem)
        assert channels.billed_from == date(2026, 10, 1)

    def test_a_null_where_none_is_declared_is_still_none(self) -> None:
        """The API answers null in places where its description has none."""
        assert one(resource("dids", A, number=None)).number is None

    def test_the_version_that_answered_is_on_every_record(self) -> None:
        document = many(resource("dids", A, {"order": to_one("orders", B)}), included=(resource("orders", B),))
        [did] = document.records
        assert isinstance(did, Did)
        assert did.order
        assert (did.version, did.order.version) == (V2026_04_16, V2026_04_16)

    def test_a_large_page_is_read_in_steps(self) -> None:
        content = json.dumps({"data": [resource("countries", A, name="x")] * (3 * STEP)}).encode()
        assert sum(1 for _ in read_many(content, "GET /x")) >= 3

    @pytest.mark.parametrize(
        ("meta", "total"),
        [({"total_records": 7}, 7), ({"total_count": 8}, 8), ({}, None), ({"total_records": True}, None), (None, None)],
    )
    def test_the_total_is_read_under_both_of_its_names(self, meta: Any, total: int | None) -> None:
        assert many(meta=meta).total == total


class TestRelationships:
    def test_links_alone_are_not_loaded(self) -> None:
        did = one(resource("dids", A, {"order": {}}))
        assert not hasattr(did, "order")
        with pytest.raises(NotLoaded, match=r"include=\['order'\]"):
            _ = did.order

    def test_null_and_an_empty_list_are_none_and_nobody(self) -> None:
        assert one(resource("dids", A, {"order": {"data": None}})).order is None
        assert one(resource("voice_in_trunk_groups", A, {"voice_in_trunks": to()})).voice_in_trunks == ()

    def test_an_included_record_is_there_with_all_that_it_carries(self) -> None:
        did = one(resource("dids", A, {"order": to_one("orders", B)}), resource("orders", B, reference="ABC-1"))
        assert did.order.reference == "ABC-1"

    def test_a_record_that_is_only_referred_to_has_its_id_and_says_so(self) -> None:
        did = one(resource("dids", A, {"order": to_one("orders", B)}))
        assert (did.order.type, did.order.id) == ("orders", B)
        with pytest.raises(NotLoaded, match="the record was only referred to"):
            _ = did.order.reference

    def test_an_included_record_is_built_once_and_shared(self) -> None:
        country = resource("countries", C, name="Ireland")
        cities = [resource("cities", id, {"country": to_one("countries", C)}) for id in (A, B)]
        first, second = many(*cities, included=(country,)).records
        assert first.country is second.country  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]

    def test_records_may_refer_to_each_other_in_a_circle(self) -> None:
        group = resource(
            "voice_in_trunk_groups", A, {"voice_in_trunks": to(("voice_in_trunks", B), ("voice_in_trunks", C))}
        )
        trunks = [
            resource("voice_in_trunks", id, {"voice_in_trunk_group": to_one("voice_in_trunk_groups", A)})
            for id in (B, C)
        ]
        read = one(group, *trunks)
        assert [trunk.id for trunk in read.voice_in_trunks] == [B, C]
        assert all(trunk.voice_in_trunk_group is read for trunk in read.voice_in_trunks)
        assert read == read
        assert repr(read)

    def test_a_record_of_the_data_stands_for_itself_where_an_included_one_has_its_id(self) -> None:
        did = resource("dids", A, {"shared_capacity_group": to_one("shared_capacity_groups", B)}, number="1")
        group = resource("shared_capacity_groups", B, {"dids": to(("dids", A))})
        [read] = many(did, included=(group, resource("dids", A, number="other"))).records
        assert isinstance(read, Did)
        assert read.shared_capacity_group
        assert read.shared_capacity_group.dids[0] is read

    @pytest.mark.parametrize(("type_name", "cls"), [("identities", Identity), ("addresses", Address)])
    def test_a_relationship_may_be_of_several_types(self, type_name: str, cls: type[Record]) -> None:
        proof = one(resource("proofs", A, {"entity": to_one(type_name, B)}), resource(type_name, B))
        assert isinstance(proof, Proof)
        assert isinstance(proof.entity, cls)

    def test_an_unknown_relationship_is_kept(self) -> None:
        did = one(resource("dids", A, {"fax_trunk": to_one("fax_trunks", B), "tags": to(("tags", C))}))
        assert did.extra["fax_trunk"].id == B
        assert [tag.type_name for tag in did.extra["tags"]] == ["tags"]

    def test_a_relationship_that_was_an_attribute_of_another_version_is_read_as_it_came(self) -> None:
        assert one(resource("voice_in_trunks", A, pop="NYC")).pop == "NYC"
        assert one(resource("voice_in_trunks", A, {"pop": to_one("pops", B)})).pop.id == B


class TestBadDocuments:
    @pytest.mark.parametrize(
        "content",
        [
            b"",
            b"<html><body>502 Bad Gateway</body></html>",
            b'{"data": [{"type": "dids", "id": "1", "attr',
            b'{"data": null}',
            b'{"data": [{"type": "dids"}]}',
            b'{"data": [{"type": "dids", "id": null}]}',
            b'{"data": [{"id": "1"}]}',
            b'{"data": [{"type": "dids", "id": "1", "attributes": []}]}',
            b'{"data": [{"type": "dids", "id": "1", "attributes": {"number": 5}}]}',
            b'{"data": [{"type": "dids", "id": "1", "attributes": {"created_at": "yesterday"}}]}',
            b'{"data": [{"type": "dids", "id": "1", "attributes": {"created_at": "0001-01-01T00:00:00+14:00"}}]}',
            b'{"data": [{"type": "orders", "id": "1", "attributes": {"amount": "NaN"}}]}',
            b'{"data": [{"type": "orders", "id": "1", "attributes": {"items": {}}}]}',
            b'{"data": [{"type": "dids", "id": "1", "relationships": {"order": {"data": []}}}]}',
            b'{"data": [{"type": "dids", "id": "1", "relationships": {"order": {"data": {"type": "orders"}}}}]}',
            b'{"errors": []}',
            b"[" * 100_000,
            b"\xff\xfe",
        ],
    )
    def test_a_list_that_is_no_document_is_a_protocol_error_that_names_the_request(self, content: bytes) -> None:
        with pytest.raises(ProtocolError, match="GET /dids was answered"):
            finish(read_many(content, "GET /dids"))

    @pytest.mark.parametrize("content", [b'{"data": null}', b'{"data": []}', b"{}", b'{"data": {"type": "dids"}}'])
    def test_neither_is_one_record_that_is_none(self, content: bytes) -> None:
        with pytest.raises(ProtocolError):
            read_one(content, "GET /dids/1")

    def test_the_error_says_which_record_and_which_member(self) -> None:
        with pytest.raises(ProtocolError, match=f"dids {A}: 'blocked' is 'no', not bool"):
            one(resource("dids", A, blocked="no"))

    @settings(max_examples=150, deadline=None)
    @given(content=st.binary(max_size=40) | json_values.map(lambda value: json.dumps(value).encode()))
    def test_random_bytes_and_random_json_raise_our_errors_and_no_others(self, content: bytes) -> None:
        for read in (lambda: finish(read_many(content, "GET /x")), lambda: read_one(content, "GET /x")):
            with pytest.raises(DidwwError):
                read()

    @settings(max_examples=60, deadline=None)
    @given(data=st.data())
    def test_nor_do_documents_of_the_right_outline_with_random_values(self, data: st.DataObject) -> None:
        def random_resource() -> dict[str, Any]:
            cls = types()[data.draw(st.sampled_from(sorted(types())))]
            names = st.sampled_from(["id", "extra", "type_name", *cls.__annotations__])
            identifier = st.fixed_dictionaries(
                {"type": st.sampled_from(sorted(types())), "id": st.sampled_from([A, B])}
            )
            linkage = json_values | identifier | st.lists(identifier, max_size=2)
            return {
                "type": cls.type,
                "id": data.draw(st.sampled_from([A, B])),
                "attributes": data.draw(st.dictionaries(names, json_values, max_size=4)),
                "relationships": data.draw(
                    st.dictionaries(names, st.fixed_dictionaries({"data": linkage}), max_size=3)
                ),
                "meta": data.draw(
                    st.none() | st.dictionaries(st.sampled_from(["from", "host"]), json_values, max_size=2)
                ),
            }

        document = {"data": [random_resource()], "included": [random_resource()], "meta": data.draw(json_values)}
        try:
            [record] = finish(read_many(json.dumps(document).encode(), "GET /x")).records
        except ProtocolError:
            return
        assert repr(record)
        assert record == record
