"""Uses of the library that must type-check, in mypy and in pyright. Read by tests/test_typing.py, never run."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import assert_type
from uuid import UUID

from didww_async import Session
from didww_async.query import IncludePath
from didww_async.records.coverage import AvailableDid, DidGroup
from didww_async.records.geography import Country
from didww_async.records.identities import Address, Identity
from didww_async.records.inventory import Did, DidReservation
from didww_async.records.orders import CapacityOrderItem, DidOrderItem, Order
from didww_async.records.proofs import ProofType
from didww_async.records.voice_in import PstnConfiguration, SipConfiguration, VoiceInTrunk, VoiceInTrunkGroup
from didww_async.records.voice_out import CredentialsAndIp, IpOnly, Twilio


async def what_is_read(didww: Session) -> None:
    async for did in didww.dids.list():
        assert_type(did, Did)
        assert_type(did.number, str)
        assert_type(did.description, str | None)
        assert_type(did.created_at, datetime)
        assert_type(did.capacity_limit, int | None)
        assert_type(did.voice_in_trunk, VoiceInTrunk | None)
    balance = await didww.balance.get()
    assert_type(balance.total_balance, Decimal)
    pool = await didww.capacity_pools.get("0b6a8a72-5f2e-4f2e-9a42-3b1f0f6f5f0c")
    assert_type(pool.renew_date, date)
    assert_type(pool.countries, tuple[Country, ...])
    group = await didww.did_groups.list(include=["stock_keeping_units"]).first()
    assert_type(group, DidGroup | None)
    if group:
        assert_type(group.meta.total_count, int)
        assert_type(group.stock_keeping_units[0].monthly_price, Decimal)
    orders = await didww.orders.list().all()
    assert_type(orders, list[Order])
    for item in orders[0].items:
        if isinstance(item, DidOrderItem):
            assert_type(item.nrc, Decimal)
    trunk = await didww.voice_in_trunks.get("0b6a8a72-5f2e-4f2e-9a42-3b1f0f6f5f0c")
    assert_type(trunk.configuration, SipConfiguration | PstnConfiguration)
    out = await didww.voice_out_trunks.get("0b6a8a72-5f2e-4f2e-9a42-3b1f0f6f5f0c")
    assert_type(out.authentication_method, CredentialsAndIp | IpOnly | Twilio)
    assert_type(out.meta.spent_amount, Decimal)


async def what_is_asked(didww: Session, country: Country, trunk: VoiceInTrunk) -> None:
    didww.dids.list(
        filter={
            "country.id": country,
            "voice_in_trunk.id": [trunk, "0b6a8a72-5f2e-4f2e-9a42-3b1f0f6f5f0c", UUID(int=1)],
            "terminated": False,
            "number": ["+1 212 555 0100", "12125550101"],
            "did_group.features": ["voice_in", "sms_in"],
            "billing_cycles_count": None,
        },
        sort=["-created_at", "number"],
        include=["voice_in_trunk", "did_group", IncludePath("did_group.country")],
        fields={"dids": ["number", "voice_in_trunk"], "voice_in_trunks": ["name"]},
        page_size=50,
    )
    didww.did_history.list(filter={"created_at_gteq": datetime(2026, 10, 1, tzinfo=UTC), "action": "renewed"})
    didww.identities.list(filter={"birth_date": date(1990, 1, 1), "identity_type": "personal"})
    didww.did_groups.list(filter={"meta.total_count_gteq": 5, "nanpa_prefix.npanxx": None})


async def what_is_written(
    didww: Session, did: Did, number: AvailableDid, held: DidReservation, identity: Identity, kind: ProofType
) -> None:
    trunk = await didww.voice_in_trunks.create(
        name="office",
        priority=1,
        configuration=SipConfiguration(host="sip.example.com", port=5060, codec_ids=(9, 10)),
    )
    did = await didww.dids.update(did, voice_in_trunk=trunk, description=None, capacity_limit=2)
    await didww.dids.update(did.id, voice_in_trunk=None, terminated=True)
    group = await didww.voice_in_trunk_groups.create(name="all", voice_in_trunks=[trunk])
    assert_type(group, VoiceInTrunkGroup)
    order = await didww.orders.create(
        items=[DidOrderItem(sku_id="0b6a8a72-5f2e-4f2e-9a42-3b1f0f6f5f0c", qty=2)], external_reference_id="mine"
    )
    assert_type(order, Order)
    await didww.orders.create(items=[DidOrderItem(sku_id=UUID(int=1), available_did_id=number)])
    await didww.orders.create(items=[DidOrderItem(sku_id=UUID(int=1), did_reservation_id=held)])
    await didww.orders.create(items=[CapacityOrderItem(capacity_pool_id=UUID(int=1), qty=3)])
    await didww.voice_out_trunks.create(
        name="out",
        authentication_method=CredentialsAndIp(allowed_sip_ips=("192.0.2.1",)),
        threshold_amount=Decimal("10.5"),
        on_cli_mismatch_action="reject_call",
    )
    address = await didww.addresses.create(
        address="1 Main Street", city_name="Cork", postal_code="T12", identity=identity, country=UUID(int=1)
    )
    assert_type(address, Address)
    await didww.proofs.create(proof_type=kind, entity=identity, files=[UUID(int=1)])
    await didww.proofs.create(proof_type=kind, entity=address, files=[UUID(int=1)])
    await didww.exports.create(
        export_type="cdr_in",
        filters={"from": datetime(2026, 10, 1, tzinfo=UTC), "to": "2026-10-02 00:00:00", "did_number": "+12125550100"},
        callback_url="https://example.com/",
        callback_method="post",
    )
    await didww.voice_in_trunks.delete(trunk)
    await didww.voice_in_trunks.delete(trunk.id)
