"""End users, their documents, verifications and emergency calling."""

from __future__ import annotations

from typing import Any

from ..conftest import Client, Clock, errors, to, to_many
from ..test_uploads import upload

PERSON: dict[str, Any] = {
    "identity_type": "personal",
    "first_name": "Max",
    "last_name": "Mustermann",
    "phone_number": "493098765432",
}


async def country(api: Client, iso: str) -> Any:
    (found,) = await api.data("countries", **{"filter[iso]": iso})
    return found


async def end_user(api: Client, iso: str) -> tuple[Any, Any]:
    """An identity and an address in a country, both with proof."""
    home = await country(api, iso)
    identity = await api.made("identities", PERSON | {"birth_date": "1990-01-31"}, {"country": to(home)})
    street = {"address": "Musterstrasse 1", "city_name": "Berlin", "postal_code": "10115"}
    address = await api.made("addresses", street, {"identity": to(identity), "country": to(home)})
    for entity, kind in ((identity, "Personal"), (address, "Address")):
        proof_type = (await api.data("proof_types", **{"filter[entity_type]": kind}))[0]
        file = (await upload(api)).json()["data"]
        relationships = {"proof_type": to(proof_type), "entity": to(entity), "files": to_many(file)}
        proof = await api.made("proofs", {}, relationships)
        assert "files" not in proof["relationships"]
    return identity, address


async def german_number(api: Client) -> Any:
    home = await country(api, "DE")
    dids = await api.data("dids", include="did_group", **{"filter[country.id]": home["id"]})
    return next(did for did in dids if did["attributes"]["awaiting_registration"])


async def test_a_business_needs_a_company_name_and_a_person_must_not_have_one(api: Client) -> None:
    business = PERSON | {"identity_type": "business"}
    detail = ("100", "company_name - can't be blank", "/data/attributes/company_name")
    assert errors(await api.create("identities", business), 422) == [detail]
    assert errors(await api.create("identities", PERSON | {"vat_id": "DE1"}), 422)
    assert errors(await api.create("identities", PERSON | {"phone_number": "+49 30"}), 422)


async def test_a_proof_is_of_the_kind_of_its_entity(api: Client) -> None:
    identity, _ = await end_user(api, "DE")
    wrong = (await api.data("proof_types", **{"filter[entity_type]": "Address"}))[0]
    file = (await upload(api)).json()["data"]
    relationships = {"proof_type": to(wrong), "entity": to(identity), "files": to_many(file)}
    assert errors(await api.create("proofs", {}, relationships), 422)


async def test_a_verification_registers_its_numbers_once_it_is_approved(api: Client, clock: Clock) -> None:
    identity, address = await end_user(api, "DE")
    did = await german_number(api)
    made = await api.made("address_verifications", {}, {"address": to(address), "dids": to_many(did)})
    assert made["attributes"]["status"] == "pending"
    clock.seconds += 1
    assert (await api.data(f"address_verifications/{made['id']}"))["attributes"]["status"] == "approved"
    after = await api.data(f"dids/{did['id']}")
    assert (after["attributes"]["blocked"], after["attributes"]["awaiting_registration"]) == (False, False)
    assert (await api.data(f"dids/{did['id']}/identity"))["id"] == identity["id"]
    assert (await api.data(f"identities/{identity['id']}"))["attributes"]["verified"] is True
    (found,) = await api.data("address_verifications", **{"filter[address.identity.id]": identity["id"]})
    assert found["id"] == made["id"]


async def test_what_is_missing_is_named_before_a_verification_and_by_it(api: Client) -> None:
    identity = await api.made("identities", PERSON, {"country": to(await country(api, "FR"))})
    street = {"address": "Rue 1", "city_name": "Paris", "postal_code": "75001"}
    relationships = {"identity": to(identity), "country": to(await country(api, "FR"))}
    address = await api.made("addresses", street, relationships)
    did = await german_number(api)
    response = await api.create("address_verifications", {}, {"address": to(address), "dids": to_many(did)})
    said = {detail for _, detail, _ in errors(response, 422)}
    assert "Address in Germany required" in said
    group = await api.data(f"dids/{did['id']}/did_group")
    requirement = await api.data(f"did_groups/{group['id']}/address_requirement")
    relationships = {"address_requirement": to(requirement), "address": to(address)}
    checked = await api.create("address_requirement_validations", None, relationships)
    assert {detail for _, detail, _ in errors(checked, 422)} == said


async def test_a_validation_that_passes_keeps_nothing(api: Client) -> None:
    identity, address = await end_user(api, "DE")
    requirements = await api.data("address_requirements", **{"filter[country.id]": (await country(api, "DE"))["id"]})
    relationships = {"address_requirement": to(requirements[0]), "identity": to(identity), "address": to(address)}
    made = await api.made("address_requirement_validations", None, relationships)
    assert made == {"type": "address_requirement_validations", "id": requirements[0]["id"]}


async def test_an_identity_goes_with_what_hangs_on_it_unless_it_is_used(api: Client) -> None:
    identity, address = await end_user(api, "DE")
    did = await german_number(api)
    await api.made("address_verifications", {}, {"address": to(address), "dids": to_many(did)})
    assert errors(await api.delete(f"addresses/{address['id']}"), 409)
    assert errors(await api.delete(f"identities/{identity['id']}"), 409)
    other, home = await end_user(api, "FR")
    assert (await api.delete(f"identities/{other['id']}")).status_code == 204
    assert (await api.get(f"addresses/{home['id']}")).status_code == 404


async def test_emergency_calling_starts_with_a_verification_and_ends_with_a_delete(api: Client, clock: Clock) -> None:
    _, address = await end_user(api, "GB")
    home = await country(api, "GB")
    filters = {"filter[country.id]": home["id"], "filter[did_group.features]": "emergency"}
    did = (await api.data("dids", **filters))[0]
    made = await api.made("emergency_verifications", {}, {"address": to(address), "dids": to_many(did)})
    service = (await api.data("emergency_calling_services", include="dids"))[0]
    assert service["attributes"]["status"] == "in_process"
    assert service["meta"] == {"setup_price": "2.00", "monthly_price": "1.50"}
    clock.seconds += 1
    assert (await api.data(f"emergency_verifications/{made['id']}"))["attributes"]["status"] == "approved"
    (active,) = await api.data("emergency_calling_services", **{"filter[status]": "active"}, include="order,dids")
    assert active["relationships"]["dids"]["data"] == [{"type": "dids", "id": did["id"]}]
    assert active["relationships"]["order"]["data"]["type"] == "orders"
    assert (await api.data(f"dids/{did['id']}"))["attributes"]["emergency_enabled"] is True
    assert (await api.delete(f"emergency_calling_services/{active['id']}")).status_code == 204
    ended = (await api.data(f"emergency_calling_services/{active['id']}"))["attributes"]
    assert (ended["status"], ended["renew_date"]) == ("canceled", None)
    assert (await api.data(f"dids/{did['id']}"))["attributes"]["emergency_enabled"] is False


async def test_an_emergency_verification_is_for_numbers_or_for_a_service(api: Client) -> None:
    _, address = await end_user(api, "GB")
    response = await api.create("emergency_verifications", {}, {"address": to(address)})
    assert errors(response, 422) == [("100", "dids - can't be blank", "/data/relationships/dids")]


async def test_numbers_without_the_feature_are_named(api: Client) -> None:
    _, address = await end_user(api, "GB")
    home = await country(api, "GB")
    dids = await api.data("dids", **{"filter[country.id]": home["id"], "filter[did_group.features]": "p2p"})
    response = await api.create("emergency_verifications", {}, {"address": to(address), "dids": to_many(dids[0])})
    pointers = [pointer for _, _, pointer in errors(response, 422)]
    assert f"/data/relationships/dids/{dids[0]['id']}" in pointers
