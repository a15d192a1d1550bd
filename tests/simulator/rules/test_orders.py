"""Orders: priced, charged once, filled later, cancelled while they wait."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from didww_async.simulator import Seed

from ..conftest import Client, Clock, Start, errors, to


async def sku_of(api: Client, **params: str) -> tuple[Any, Any]:
    """A DID group and its first SKU."""
    document = (await api.get("did_groups", include="stock_keeping_units", **params)).json()
    group = document["data"][0]
    id = group["relationships"]["stock_keeping_units"]["data"][0]["id"]
    return group, next(one for one in document["included"] if one["id"] == id)


def items(**attributes: Any) -> list[dict[str, Any]]:
    return [{"type": "did_order_items", "attributes": attributes}]


async def balance(api: Client) -> Decimal:
    return Decimal((await api.data("balance"))["attributes"]["balance"])


async def test_an_order_is_charged_at_once_and_filled_later(api: Client, clock: Clock) -> None:
    group, sku = await sku_of(api)
    before = await balance(api)
    order = await api.made("orders", {"items": items(sku_id=sku["id"], qty=3), "external_reference_id": "mine"})
    assert order["attributes"]["status"] == "pending"
    price = 3 * (Decimal(sku["attributes"]["setup_price"]) + Decimal(sku["attributes"]["monthly_price"]))
    assert Decimal(order["attributes"]["amount"]) == price == before - await balance(api)
    assert await api.data("dids", **{"filter[order.id]": order["id"]}) == []
    clock.seconds += 0.5
    (found,) = await api.data("orders", **{"filter[external_reference_id]": "mine"})
    assert found["attributes"]["status"] == "completed"
    item = found["attributes"]["items"][0]["attributes"]
    assert (item["qty"], item["did_group_id"], item["billed_from"]) == (3, group["id"], "2026-11-24")
    assert len(await api.data("dids", **{"filter[order.id]": order["id"]})) == 3
    assert api.sim.orders_booked == 1


async def test_two_orders_with_one_reference_are_two_orders(api: Client) -> None:
    _, sku = await sku_of(api)
    for _ in range(2):
        await api.made("orders", {"items": items(sku_id=sku["id"]), "external_reference_id": "same"})
    assert len(await api.data("orders", **{"filter[external_reference_id]": "same"})) == 2


async def test_who_cannot_pay_is_told_both_amounts(start: Start) -> None:
    api = start(size=Seed(cities=40, balance=Decimal("1.5"), credit=Decimal("0.4")))
    _, sku = await sku_of(api)
    response = await api.create("orders", {"items": items(sku_id=sku["id"], qty=15)})
    (error,) = response.json()["errors"]
    assert response.status_code == 400
    assert (error["title"], error["code"]) == ("Insufficient balance", "400")
    assert error["meta"] == {"available_balance": "1.9", "total_cost": "18.0"}
    assert await balance(api) == Decimal("1.50")


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"qty": 1}, 400),
        ({"sku_id": "02b5d6e1-7d63-4a5a-9d4c-63b0c0836abd"}, 422),
        ({"sku_id": "no uuid"}, 422),
        ({"sku": "02b5d6e1-7d63-4a5a-9d4c-63b0c0836abd"}, 400),
    ],
)
async def test_an_item_that_cannot_be_bought_is_refused(api: Client, sent: Any, status: int) -> None:
    assert errors(await api.create("orders", {"items": items(**sent)}), status)
    assert api.sim.orders_booked == 0


async def test_an_item_has_one_selector_at_most(api: Client) -> None:
    _, sku = await sku_of(api)
    available = await api.first("available_dids")
    sent = items(sku_id=sku["id"], qty=1, available_did_id=available["id"])
    assert errors(await api.create("orders", {"items": sent}), 400)


@pytest.mark.parametrize("sent", [None, [], "all of it"])
async def test_an_order_without_items_is_refused(api: Client, sent: Any) -> None:
    attributes = {} if sent is None else {"items": sent}
    assert (await api.create("orders", attributes)).status_code in (400, 422)


async def test_stock_that_is_missing_is_waited_for_unless_that_is_declined(start: Start, clock: Clock) -> None:
    api = start(size=Seed(cities=40, stock_per_group=2))
    _, sku = await sku_of(api)
    declined = {"items": items(sku_id=sku["id"], qty=3), "allow_back_ordering": False}
    detail = "items/0/qty - exceeds available DIDs count"
    assert errors(await api.create("orders", declined), 422) == [("100", detail, "/data/attributes/items/0/qty")]
    order = await api.made("orders", {"items": items(sku_id=sku["id"], qty=3)})
    clock.seconds += 60
    assert (await api.data(f"orders/{order['id']}"))["attributes"]["status"] == "pending"


async def test_a_pending_order_can_be_cancelled_and_the_money_comes_back(api: Client, clock: Clock) -> None:
    _, sku = await sku_of(api)
    before = await balance(api)
    order = await api.made("orders", {"items": items(sku_id=sku["id"])})
    assert (await api.delete(f"orders/{order['id']}")).status_code == 204
    clock.seconds += 60
    assert (await api.data(f"orders/{order['id']}"))["attributes"]["status"] == "canceled"
    assert await balance(api) == before
    assert await api.data("dids", **{"filter[order.id]": order["id"]}) == []
    assert errors(await api.delete(f"orders/{order['id']}"), 422)[0][1] == "Order not pending"


async def test_a_given_number_is_bought_by_its_id(api: Client, clock: Clock) -> None:
    group, sku = await sku_of(api)
    (available, *_) = await api.data("available_dids", **{"filter[did_group.id]": group["id"]})
    order = await api.made("orders", {"items": items(sku_id=sku["id"], available_did_id=available["id"])})
    clock.seconds += 1
    (did,) = await api.data("dids", **{"filter[order.id]": order["id"]})
    assert did["attributes"]["number"] == available["attributes"]["number"]
    assert (await api.get(f"available_dids/{available['id']}")).status_code == 404
    again = items(sku_id=sku["id"], available_did_id=available["id"])
    assert errors(await api.create("orders", {"items": again}), 422)


async def test_a_reserved_number_is_bought_by_its_reservation_and_by_nothing_else(api: Client, clock: Clock) -> None:
    group, sku = await sku_of(api)
    (available, *_) = await api.data("available_dids", **{"filter[did_group.id]": group["id"]})
    reservation = await api.made("did_reservations", {"description": "mine"}, {"available_did": to(available)})
    rival = items(sku_id=sku["id"], available_did_id=available["id"])
    assert errors(await api.create("orders", {"items": rival}), 422)
    order = await api.made("orders", {"items": items(sku_id=sku["id"], did_reservation_id=reservation["id"])})
    clock.seconds += 1
    (did,) = await api.data("dids", **{"filter[order.id]": order["id"]})
    assert did["attributes"]["number"] == available["attributes"]["number"]
    assert await api.data("did_reservations") == []


async def test_a_number_is_bought_by_its_prefix(api: Client, clock: Clock) -> None:
    (prefix,) = await api.data("nanpa_prefixes", **{"filter[npanxx]": "646201"})
    _, sku = await sku_of(api, **{"filter[nanpa_prefix.id]": prefix["id"]})
    order = await api.made("orders", {"items": items(sku_id=sku["id"], nanpa_prefix_id=prefix["id"])})
    clock.seconds += 1
    (did,) = await api.data("dids", **{"filter[order.id]": order["id"]})
    assert did["attributes"]["number"].startswith("1646201")


async def test_capacity_completes_at_once_and_has_a_discount(api: Client) -> None:
    pool = await api.first("capacity_pools")
    sent = [{"type": "capacity_order_items", "attributes": {"capacity_pool_id": pool["id"], "qty": 10}}]
    order = await api.made("orders", {"items": sent})
    assert order["attributes"]["status"] == "completed"
    assert order["attributes"]["amount"] == "140.0"
    after = await api.data(f"capacity_pools/{pool['id']}")
    held = "total_channels_count"
    assert after["attributes"][held] == pool["attributes"][held] + 10


async def test_only_the_reference_of_an_order_changes(api: Client) -> None:
    order = await api.first("orders")
    response = await api.update("orders", order["id"], {"external_reference_id": "x" * 101})
    detail = "external_reference_id - is too long (maximum is 100 characters)"
    assert errors(response, 422) == [("100", detail, "/data/attributes/external_reference_id")]
    assert errors(await api.update("orders", order["id"], {"status": "canceled"}), 400)


@pytest.mark.parametrize("half", [{"callback_url": "http://example.com"}, {"callback_method": "post"}])
async def test_a_callback_is_an_address_and_a_method_or_neither(api: Client, half: Any) -> None:
    _, sku = await sku_of(api)
    assert errors(await api.create("orders", {"items": items(sku_id=sku["id"]), **half}), 422)
