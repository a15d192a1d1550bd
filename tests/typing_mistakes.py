"""Mistakes that a type checker must find: every line that ends in «# wrong», and no other.

Read by tests/test_typing.py, never run.
"""

from __future__ import annotations

from datetime import UTC, datetime

from didww_async import Session
from didww_async.records.geography import Country
from didww_async.records.inventory import Did
from didww_async.records.orders import DidOrderItem
from didww_async.records.voice_in import SipConfiguration, VoiceInTrunk


async def names(didww: Session, did: Did) -> None:
    didww.dids.list(filter={"contry.id": "x"})  # wrong
    didww.dids.list(filter={"trunk.id": "x"})  # wrong
    didww.dids.list(sort=["numbr"])  # wrong
    didww.dids.list(include=["trunk"])  # wrong
    didww.dids.list(include=["did_group.contry"])  # wrong
    didww.dids.list(fields={"dids": ["numbr"]})  # wrong
    didww.dids.list(fields={"did": ["number"]})  # wrong
    didww.emergency_requirements.list(sort=["id"])  # wrong
    didww.orders.list(include=["items"])  # wrong
    await didww.dids.update(did, nmber="1")  # wrong
    await didww.dids.update(did, number="1")  # wrong
    await didww.voice_in_trunks.create(name="a", config=SipConfiguration())  # wrong
    await didww.balance.get("x")  # wrong
    print(did.numbr)  # wrong
    SipConfiguration(hots="sip.example.com")  # wrong
    SipConfiguration(incoming_auth_username="x")  # wrong
    DidOrderItem(nrc=1)  # wrong


async def methods(didww: Session, did: Did) -> None:
    await didww.countries.create(name="x")  # wrong
    await didww.dids.delete(did)  # wrong
    await didww.dids.create(number="1")  # wrong
    await didww.pops.get("x")  # wrong
    await didww.address_verifications.delete("x")  # wrong
    didww.address_requirement_validations.list()  # wrong
    print(didww.stock_keeping_units)  # wrong


async def values(didww: Session, did: Did, country: Country, trunk: VoiceInTrunk) -> None:
    start = datetime(2026, 10, 1, tzinfo=UTC)
    didww.dids.list(filter={"terminated": "yes"})  # wrong
    didww.dids.list(filter={"did_group.features": ["fax"]})  # wrong
    didww.dids.list(filter={"voice_in_trunk.id": country})  # wrong
    didww.did_history.list(filter={"created_at_gteq": "2026-10-01"})  # wrong
    didww.dids.list(filter={"terminated": [True, False]})  # wrong
    await didww.dids.update(did, capacity_limit="2")  # wrong
    await didww.dids.update(did, terminated=None)  # wrong
    await didww.dids.update(did, voice_in_trunk=country)  # wrong
    await didww.dids.update(trunk, description="x")  # wrong
    await didww.voice_in_trunks.create(name="a")  # wrong
    await didww.voice_in_trunks.create(name=None, configuration=SipConfiguration())  # wrong
    await didww.voice_in_trunks.create(name="a", configuration={"host": "sip.example.com"})  # wrong
    await didww.voice_in_trunks.create(name="a", configuration=SipConfiguration(), cli_format="E164")  # wrong
    await didww.orders.create(items=[SipConfiguration()])  # wrong
    await didww.exports.create(export_type="cdr", filters={"from": start, "to": "x"})  # wrong
    await didww.exports.create(export_type="cdr_in", filters={"from": "2026-10-01 00:00:00"})  # wrong
    await didww.proofs.create(proof_type="x", entity="x", files=["x"])  # wrong
    did.description = "x"  # wrong
