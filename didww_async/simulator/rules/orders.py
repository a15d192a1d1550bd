"""Orders: priced, charged at once, filled after a while."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import attrs

from ..account import Account
from ..bodies import Sent
from ..description import Resource
from ..numbers import history, make_did
from ..problems import bad_request, forbidden, invalid, rejected
from ..store import Record
from .base import Rules

__all__ = ["Orders", "money"]

_SELECTORS = ("qty", "available_did_id", "did_reservation_id")


def money(amount: Decimal) -> str:
    """An amount as orders write it: no zeros at the end, but one decimal at least."""
    text = f"{amount.normalize():f}"
    return text if "." in text else f"{text}.0"


@attrs.define
class _Line:
    """One item of an order: what it costs, and what filling it needs."""

    kind: str
    quantity: int
    setup: Decimal
    monthly: Decimal
    target: Record
    picked: Record | None = None
    reservation: Record | None = None
    prefix: Record | None = None
    channels: int = 0
    billing_cycles_count: int | None = None

    @property
    def cost(self) -> Decimal:
        return self.quantity * (self.setup + self.monthly)

    def document(self) -> dict[str, Any]:
        setup, monthly = money(self.quantity * self.setup), money(self.quantity * self.monthly)
        attributes: dict[str, Any] = {
            "qty": self.quantity,
            "nrc": setup,
            "mrc": monthly,
            "prorated_mrc": False,
            "billed_from": None,
            "billed_to": None,
        }
        if self.kind == "did_order_items":
            attributes |= {"did_group_id": self.target.id, "setup_price": setup, "monthly_price": monthly}
        else:
            attributes["capacity_pool_id"] = self.target.id
        return {"type": self.kind, "attributes": attributes}


class Orders(Rules):
    """Orders take money when they are placed; their numbers come when they complete."""

    def create(self, account: Account, resource: Resource, sent: Sent) -> Record:
        if account.read_only:
            raise forbidden("The account is in read-only mode")
        items = sent.attributes["items"]
        if len({item["type"] for item in items}) > 1:
            raise bad_request("400", "invalid params", "all items must be of the same type")
        back_ordering = sent.attributes.pop("allow_back_ordering", True)
        lines = [_line(account, item, number) for number, item in enumerate(items)]
        if not back_ordering:
            _check_stock(lines)
        total = sum((line.cost for line in lines), Decimal(0))
        available = account.balance + account.credit
        if total > available:
            meta = {"available_balance": money(available), "total_cost": money(total)}
            raise bad_request("400", "Insufficient balance", "Insufficient balance", meta=meta)
        account.balance -= total
        account.orders_booked += 1
        order = super().create(account, resource, sent)
        order.attributes |= {
            "items": [line.document() for line in lines],
            "amount": money(total),
            "status": "pending",
            "description": "DID" if lines[0].kind == "did_order_items" else "Capacity",
            "reference": f"SIM-{200000 + account.orders_booked}",
        }
        order.hidden["lines"] = lines
        for line in lines:
            _hold(account, line)
        self._schedule(account, order)
        return order

    def _schedule(self, account: Account, order: Record) -> None:
        if order.attributes["description"] == "Capacity" or account.order_seconds <= 0:
            _fill(account, order)
        else:
            account.agenda.after(account.order_seconds, lambda: _fill(account, order))

    def delete(self, account: Account, resource: Resource, record: Record) -> None:
        """Cancel: the money comes back, and the order stays as a canceled one."""
        if record.attributes["status"] != "pending" or record.attributes["description"] != "DID":
            raise rejected(invalid("/data", "Order not pending"))
        for line in record.hidden["lines"]:
            account.balance += line.cost
            if line.picked is None:
                line.target.hidden["stock"] += line.quantity
        _close(account, record, "canceled")


def _line(account: Account, item: dict[str, Any], number: int) -> _Line:
    attributes = item.get("attributes", {})
    pointer = f"/data/attributes/items/{number}"
    if item["type"] == "capacity_order_items":
        return _capacity_line(account, attributes, pointer, number)
    if "sku_id" not in attributes:
        raise bad_request("106", "Missing parameter", "The required parameter, sku_id, is missing.")
    if sum(name in attributes for name in _SELECTORS) > 1:
        raise bad_request("105", "Param not allowed", f"only one of {', '.join(_SELECTORS)} is allowed.")
    known = _sku(account, attributes["sku_id"])
    if known is None:
        raise rejected(invalid(f"{pointer}/sku_id", "is invalid", f"items/{number}/sku_id"))
    sku, group = known
    if attributes.get("qty", 1) > 1000:
        message = "must be less than or equal to 1000"
        raise rejected(invalid(f"{pointer}/qty", message, f"items/{number}/qty"))
    line = _Line(
        item["type"],
        attributes.get("qty", 1),
        Decimal(sku.attributes["setup_price"]),
        Decimal(sku.attributes["monthly_price"]),
        group,
        channels=sku.attributes["channels_included_count"],
        billing_cycles_count=attributes.get("billing_cycles_count"),
    )
    _pick(account, line, attributes, pointer, number)
    return line


def _pick(account: Account, line: _Line, attributes: dict[str, Any], pointer: str, number: int) -> None:
    """Find the one number that an item asks for, if it does."""
    for name, type in (("available_did_id", "available_dids"), ("did_reservation_id", "did_reservations")):
        if name not in attributes:
            continue
        found = account.store.find(type, attributes[name])
        holder = None
        if found is not None and type == "did_reservations":
            line.reservation, holder = found, found.id
            found = account.store.find("available_dids", found.links["available_did"])
        if found is None or found.hidden.get("reserved") != holder or found.links["did_group"] != line.target.id:
            raise rejected(invalid(f"{pointer}/{name}", "is invalid", f"items/{number}/{name}"))
        line.picked = found
    prefix = attributes.get("nanpa_prefix_id")
    if prefix is None:
        return
    if prefix not in line.target.hidden["nanpa_prefixes"]:
        raise rejected(invalid(f"{pointer}/nanpa_prefix_id", "is invalid", f"items/{number}/nanpa_prefix_id"))
    line.prefix = account.store.one("nanpa_prefixes", prefix)


def _capacity_line(account: Account, attributes: dict[str, Any], pointer: str, number: int) -> _Line:
    if "capacity_pool_id" not in attributes:
        raise bad_request("106", "Missing parameter", "The required parameter, capacity_pool_id, is missing.")
    pool = account.store.find("capacity_pools", attributes["capacity_pool_id"])
    if pool is None:
        raise rejected(invalid(f"{pointer}/capacity_pool_id", "is invalid", f"items/{number}/capacity_pool_id"))
    quantity = attributes.get("qty", 1)
    least = pool.attributes["minimum_qty_per_order"]
    if quantity < least:
        raise rejected(invalid(f"{pointer}/qty", f"should be at least {least}", f"items/{number}/qty"))
    monthly = Decimal(pool.attributes["monthly_price"])
    for id in pool.links["qty_based_pricings"]:
        pricing = account.store.one("qty_based_pricings", id)
        if quantity >= pricing.attributes["qty"]:
            monthly = min(monthly, Decimal(pricing.attributes["monthly_price"]))
    return _Line("capacity_order_items", quantity, Decimal(pool.attributes["setup_price"]), monthly, pool)


def _sku(account: Account, id: str) -> tuple[Record, Record] | None:
    """A SKU and the DID group that it is of."""
    sku = account.store.find("stock_keeping_units", id)
    for group in account.store.table("did_groups").values():
        if sku is not None and id in group.links["stock_keeping_units"]:
            return sku, group
    return None


def _check_stock(lines: list[_Line]) -> None:
    wanted: dict[str, int] = {}
    for number, line in enumerate(lines):
        if line.kind != "did_order_items" or line.picked is not None:
            continue
        wanted[line.target.id] = wanted.get(line.target.id, 0) + line.quantity
        if wanted[line.target.id] > line.target.hidden["stock"]:
            pointer = f"/data/attributes/items/{number}/qty"
            raise rejected(invalid(pointer, "exceeds available DIDs count", f"items/{number}/qty"))


def _hold(account: Account, line: _Line) -> None:
    """Take out of stock what was ordered, so that nobody else can order it."""
    if line.kind != "did_order_items":
        return
    if line.picked is not None:
        account.store.remove(line.picked)
        if line.reservation is not None:
            account.store.remove(line.reservation)
        return
    group = line.target
    group.hidden["stock"] -= line.quantity
    group.meta["total_count"] = max(0, group.hidden["stock"])
    group.meta["is_available"] = group.meta["total_count"] > 0
    account.store.touch("did_groups")


def _fill(account: Account, order: Record) -> None:
    """Complete an order, if stock allows: one that waits for stock stays pending."""
    lines: list[_Line] = order.hidden["lines"]
    if order.attributes["status"] != "pending" or any(
        line.kind == "did_order_items" and line.picked is None and line.target.hidden["stock"] < 0 for line in lines
    ):
        return
    for line in lines:
        if line.kind == "capacity_order_items":
            line.target.attributes["total_channels_count"] += line.quantity
            account.store.touch("capacity_pools")
            continue
        for _ in range(line.quantity):
            did = make_did(
                account,
                line.target,
                order,
                number=line.picked.attributes["number"] if line.picked else None,
                prefix=line.prefix,
                channels=line.channels,
                billing_cycles_count=line.billing_cycles_count,
            )
            history(account, did, "assigned")
    today = account.now()
    for item in order.attributes["items"]:
        item["attributes"] |= {
            "billed_from": f"{today:%Y-%m-%d}",
            "billed_to": f"{today + timedelta(days=30):%Y-%m-%d}",
        }
    _close(account, order, "completed")


def _close(account: Account, order: Record, status: str) -> None:
    order.attributes["status"] = status
    account.store.touch("orders")
    account.tell(order, status=status)
