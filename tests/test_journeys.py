"""What people come to the API for, from beginning to end, against the simulator and in both versions of the API."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from datetime import date

import pytest

from didww_async import Session
from didww_async.errors import ConfigurationError, Conflict, Duplicate, NotInVersion, ValidationError
from didww_async.query import IncludePath
from didww_async.records import Record
from didww_async.records.coverage import AvailableDid, DidGroup, StockKeepingUnit
from didww_async.records.geography import Country
from didww_async.records.identities import Address, Identity
from didww_async.records.inventory import Did
from didww_async.records.orders import DidOrderItem
from didww_async.records.voice_in import PstnConfiguration, SipConfiguration
from didww_async.records.voice_out import CredentialsAndIp
from didww_async.simulator import Seed, Simulator
from didww_async.versions import V2026_04_16, V2026_11_19, ApiVersion

from .unlimited import Unlimited

PDF = b"%PDF-1.7 a passport"
SMALL = Seed(dids=40, cities=30, orders=3, history=5, trunks=3, available_per_group=4, stock_per_group=50)


@pytest.fixture(params=[V2026_04_16, V2026_11_19])
def version(request: pytest.FixtureRequest) -> ApiVersion:
    version: ApiVersion = request.param
    return version


@pytest.fixture
def sim(version: ApiVersion) -> Simulator:
    return Simulator(api_version=version, rate=0, size=SMALL, order_seconds=0, review_seconds=0)


@pytest.fixture
async def didww(sim: Simulator, version: ApiVersion) -> AsyncIterator[Session]:
    session = Session("simulator-key", transport=sim.transport(), limiter=Unlimited(), api_version=version)
    async with sim, session as didww:
        yield didww


async def country_of(didww: Session, iso: str) -> Country:
    country = await didww.countries.by_iso(iso)
    assert country
    return country


async def group_in(didww: Session, iso: str) -> DidGroup:
    """A group of local numbers with its prices."""
    country = await country_of(didww, iso)
    listing = didww.did_groups.list(
        filter={"country.id": country, "available_dids_enabled": True, "is_available": True},
        include=["stock_keeping_units", "city"],
        sort=["area_name"],
    )
    group = next(group for group in await listing.all() if group.city)
    assert group.meta.total_count > 0
    return group


def ids(records: Iterable[Record]) -> set[str]:
    return {record.id for record in records}


def cheapest(group: DidGroup) -> StockKeepingUnit:
    return min(group.stock_keeping_units, key=lambda sku: sku.monthly_price)


async def bought(didww: Session, item: DidOrderItem) -> Did:
    before = (await didww.balance.get()).total_balance
    order = await didww.orders.place(items=[item])
    fulfilled = await didww.orders.wait(order)
    assert (await didww.balance.get()).total_balance == before - fulfilled.order.amount
    [did] = fulfilled.dids
    return did


async def numbers(didww: Session, count: int) -> list[Did]:
    group = await group_in(didww, "US")
    order = await didww.orders.place(items=[DidOrderItem(sku_id=cheapest(group), qty=count)])
    return list((await didww.orders.wait(order)).dids)


async def test_a_random_number_of_a_group_is_bought(didww: Session) -> None:
    group = await group_in(didww, "GB")
    did = await bought(didww, DidOrderItem(sku_id=cheapest(group), qty=1))
    found = await didww.dids.by_number(f"+{did.number}", include=["did_group", IncludePath("did_group.country")])
    assert found
    assert found == did
    assert found.did_group
    assert found.did_group.id == group.id
    assert found.did_group.country
    assert found.did_group.country.iso == "GB"


async def test_a_number_that_was_seen_is_bought(didww: Session) -> None:
    country = await country_of(didww, "US")
    listing = didww.available_dids.list(
        filter={"country.id": country, "number_contains": "+1 212"},
        include=["did_group", IncludePath("did_group.stock_keeping_units")],
    )
    seen = await listing.first()
    assert seen
    assert seen.did_group
    did = await bought(didww, DidOrderItem(sku_id=cheapest(seen.did_group), available_did_id=seen))
    assert did.number == seen.number


async def test_a_number_is_bought_by_its_area_and_exchange_code(didww: Session) -> None:
    [prefix] = await didww.nanpa_prefixes.list(filter={"npa": "212", "nxx": "555"}).all()
    group = await didww.did_groups.list(
        filter={"nanpa_prefix.id": prefix, "is_available": True}, include=["stock_keeping_units"]
    ).first()
    assert group
    did = await bought(didww, DidOrderItem(sku_id=cheapest(group), nanpa_prefix_id=prefix))
    assert did.number.startswith("1212555")


async def test_a_number_is_held_back_and_then_bought(didww: Session) -> None:
    seen: AvailableDid | None = await didww.available_dids.list(
        include=["did_group", IncludePath("did_group.stock_keeping_units")]
    ).first()
    assert seen
    assert seen.did_group
    held = await didww.did_reservations.create(available_did=seen, description="for a customer")
    page = await anext(didww.did_reservations.list(include=["available_did"]).pages())
    assert [one.available_did for one in page.records] == [seen]
    assert page.meta["available_count"] == 9
    did = await bought(didww, DidOrderItem(sku_id=cheapest(seen.did_group), did_reservation_id=held))
    assert did.number == seen.number
    assert await didww.did_reservations.list().all() == []


async def test_calls_to_a_number_go_to_a_trunk_or_to_a_group_and_never_to_both(didww: Session) -> None:
    [did] = await numbers(didww, 1)
    office = await didww.voice_in_trunks.create(name="office", configuration=SipConfiguration(host="sip.example.com"))
    mobile = await didww.voice_in_trunks.create(name="mobile", configuration=PstnConfiguration(dst="+44 7700 900123"))
    assert mobile.configuration == PstnConfiguration(dst="447700900123")
    group = await didww.voice_in_trunk_groups.create(name="all", voice_in_trunks=[office])
    await didww.voice_in_trunk_groups.add_trunks(group, [mobile])
    group = await didww.voice_in_trunk_groups.get(group, include=["voice_in_trunks"])
    assert group.meta.trunks_count == 2
    assert set(group.voice_in_trunks) == {office, mobile}

    await didww.dids.update(did, voice_in_trunk=office)
    read = await didww.dids.get(did, include=["voice_in_trunk", "voice_in_trunk_group"])
    assert (read.voice_in_trunk, read.voice_in_trunk_group) == (office, None)
    await didww.dids.update(did, voice_in_trunk_group=group)
    read = await didww.dids.get(did, include=["voice_in_trunk", "voice_in_trunk_group"])
    assert (read.voice_in_trunk, read.voice_in_trunk_group) == (None, group)
    with pytest.raises(ConfigurationError, match="not both"):
        await didww.dids.update(did, voice_in_trunk=office, voice_in_trunk_group=group)


async def test_a_change_of_a_configuration_leaves_the_rest_of_it(didww: Session) -> None:
    trunk = await didww.voice_in_trunks.create(
        name="office", configuration=SipConfiguration(host="sip.example.com", port=5080, codec_ids=(9, 10))
    )
    changed = await didww.voice_in_trunks.update(trunk, configuration=SipConfiguration(port=5060))
    assert isinstance(changed.configuration, SipConfiguration)
    assert (changed.configuration.host, changed.configuration.port) == ("sip.example.com", 5060)
    assert changed.configuration.codec_ids == (9, 10)


async def test_credentials_of_a_trunk_are_made_anew(didww: Session) -> None:
    trunk = await didww.voice_out_trunks.create(
        name="out",
        on_cli_mismatch_action="reject_call",
        authentication_method=CredentialsAndIp(allowed_sip_ips=("192.0.2.1",)),
    )
    await didww.voice_out_trunk_regenerate_credentials.create(voice_out_trunk=trunk)
    again = await didww.voice_out_trunks.get(trunk)
    assert isinstance(trunk.authentication_method, CredentialsAndIp)
    assert isinstance(again.authentication_method, CredentialsAndIp)
    assert again.authentication_method.password != trunk.authentication_method.password
    assert again.authentication_method.allowed_sip_ips == ("192.0.2.1",)


async def test_numbers_share_the_channels_of_a_group(didww: Session) -> None:
    first, second, third = await numbers(didww, 3)
    pool = await didww.capacity_pools.list(filter={"name": "Standard"}, include=["qty_based_pricings"]).first()
    assert pool
    assert pool.qty_based_pricings
    group = await didww.shared_capacity_groups.create(
        name="office", capacity_pool=pool, shared_channels_count=5, dids=[first, second]
    )
    await didww.shared_capacity_groups.add_dids(group, [third.id])
    group = await didww.shared_capacity_groups.get(group, include=["dids"])
    assert {did.number for did in group.dids} == {first.number, second.number, third.number}
    await didww.dids.update(first, capacity_pool=pool, dedicated_channels_count=1)
    read = await didww.dids.get(first, include=["capacity_pool", "shared_capacity_group"])
    assert read.capacity_pool
    assert (read.capacity_pool.id, read.shared_capacity_group) == (pool.id, None)


async def end_user(didww: Session, iso: str) -> tuple[Identity, Address]:
    country = await country_of(didww, iso)
    identity = await didww.identities.create(
        identity_type="personal",
        first_name="Ada",
        last_name="Byron",
        phone_number="+44 20 7946 0100",
        birth_date=None,
        country=country,
        external_reference_id="customer 7",
    )
    address = await didww.addresses.create(
        identity=identity, country=country, address="1 Main Street", city_name="Springfield", postal_code="12345"
    )
    return identity, address


async def test_an_end_user_is_registered_with_an_address_and_proofs(didww: Session) -> None:
    identity, address = await end_user(didww, "DE")
    country = await country_of(didww, "DE")
    requirement = await didww.address_requirements.list(
        filter={"country.id": country}, include=["personal_proof_types", "address_proof_types"]
    ).first()
    assert requirement
    with pytest.raises(ValidationError) as caught:
        await didww.address_requirement_validations.create(
            address_requirement=requirement, identity=identity, address=address
        )
    assert caught.value.errors
    await didww.identities.update(identity, birth_date=date(1815, 12, 10))
    for entity, kinds in ((identity, requirement.personal_proof_types), (address, requirement.address_proof_types)):
        file = await didww.encrypted_files.upload(PDF, description="proof")
        await didww.proofs.create(proof_type=kinds[0], entity=entity, files=[file])
    met = await didww.address_requirement_validations.create(
        address_requirement=requirement, identity=identity, address=address
    )
    assert (met.type, met.loaded()) == ("address_requirement_validations", {})
    read = await didww.identities.get(identity, include=["proofs", "addresses"])
    assert read.addresses == (address,)
    assert len(read.proofs) == 1

    [did] = await numbers(didww, 1)
    verification = await didww.address_verifications.create(address=address, dids=[did])
    read_back = await didww.address_verifications.get(verification)
    assert read_back.status == "approved"
    with pytest.raises(Conflict):
        await didww.addresses.delete(address)


async def test_emergency_calling_is_activated_for_numbers(didww: Session) -> None:
    dids = await numbers(didww, 2)
    identity, address = await end_user(didww, "US")
    country = await country_of(didww, "US")
    requirement = await didww.emergency_requirements.list(filter={"country.id": country}).first()
    assert requirement
    assert requirement.meta.monthly_price
    with pytest.raises(ValidationError, match="Birth Date"):
        await didww.emergency_requirement_validations.create(
            emergency_requirement=requirement, identity=identity, address=address
        )
    await didww.identities.update(identity, birth_date=date(1815, 12, 10))
    await didww.emergency_requirement_validations.create(
        emergency_requirement=requirement, identity=identity, address=address
    )
    verification = await didww.emergency_verifications.create(address=address, dids=dids)
    verification = await didww.emergency_verifications.get(verification, include=["emergency_calling_service", "dids"])
    assert verification.status == "approved"
    assert ids(verification.dids) == ids(dids)
    service = verification.emergency_calling_service
    assert service
    assert service.status == "active"
    assert (await didww.dids.get(dids[0])).emergency_enabled
    await didww.emergency_calling_services.delete(service)
    assert not (await didww.dids.get(dids[0])).emergency_enabled


async def test_a_record_is_found_by_the_reference_that_it_was_given(didww: Session) -> None:
    trunk = await didww.voice_in_trunks.create(
        name="a", configuration=PstnConfiguration(dst="442079460100"), external_reference_id="mine"
    )
    assert await didww.voice_in_trunks.by_external_reference_id("mine") == trunk
    assert await didww.voice_in_trunks.by_external_reference_id("nobody's") is None
    other = await didww.voice_in_trunks.create(name="b", configuration=PstnConfiguration(dst="442079460100"))
    await didww.voice_in_trunks.update(other, external_reference_id="mine")
    with pytest.raises(Duplicate, match="2 voice_in_trunks have the external_reference_id 'mine'") as caught:
        await didww.voice_in_trunks.by_external_reference_id("mine")
    assert ids(caught.value.records) == ids([trunk, other])


async def test_a_number_or_country_that_is_not_there_is_none(didww: Session) -> None:
    assert await didww.dids.by_number("+1 999 999 9999") is None
    assert await didww.countries.by_iso("xx") is None


async def test_what_a_version_does_not_have_is_said_before_anything_is_sent(
    didww: Session, sim: Simulator, version: ApiVersion
) -> None:
    resource = didww.pops if version == V2026_11_19 else didww.sms_trunks
    with pytest.raises(NotInVersion, match=f"API version {version} has no {resource.declaration.type}"):
        resource.list()
    assert sim.requests == 0
