"""Numbers, reservations and capacity."""

from __future__ import annotations

from ..conftest import Client, Clock, errors, to, to_many


async def test_a_number_that_is_terminated_ends_with_its_period_and_can_be_restored(api: Client) -> None:
    did = await api.first("dids")
    ended = (await api.update("dids", did["id"], {"terminated": True})).json()["data"]["attributes"]
    assert (ended["terminated"], ended["billing_cycles_count"]) == (True, 0)
    assert did["id"] in [one["id"] for one in await api.data("dids", **{"filter[pending_removal]": "true"})]
    kept = (await api.update("dids", did["id"], {"terminated": False})).json()["data"]["attributes"]
    assert (kept["terminated"], kept["billing_cycles_count"]) == (False, None)
    history = await api.data("did_history", **{"filter[did_number]": did["attributes"]["number"]})
    assert {"canceled", "restored"} <= {one["attributes"]["action"] for one in history[:2]}


async def test_a_changed_renewal_is_in_the_history_with_both_values(api: Client) -> None:
    did = await api.first("dids")
    after = (await api.update("dids", did["id"], {"billing_cycles_count": 3})).json()["data"]["attributes"]
    assert after["expires_at"] == did["attributes"]["expires_at"]
    (entry, *_) = await api.data("did_history", **{"filter[did_number]": did["attributes"]["number"]})
    assert entry["attributes"]["action"] == "billing_cycles_count_changed"
    assert entry["meta"] == {"from": None, "to": "3"}


async def test_a_reservation_holds_a_number_for_ten_minutes(api: Client, clock: Clock) -> None:
    available = await api.first("available_dids")
    made = await api.made("did_reservations", {}, {"available_did": to(available)})
    assert made["attributes"]["expires_at"] == "2026-11-24T12:10:00.000Z"
    assert errors(await api.create("did_reservations", {}, {"available_did": to(available)}), 422)
    assert (await api.get("did_reservations")).json()["meta"]["available_count"] == 9
    clock.seconds += 601
    assert (await api.get(f"did_reservations/{made['id']}")).status_code == 404
    assert (await api.create("did_reservations", {}, {"available_did": to(available)})).status_code == 201


async def test_reservations_are_limited_and_can_be_given_back(api: Client) -> None:
    available = await api.data("available_dids")
    made = [await api.made("did_reservations", {}, {"available_did": to(one)}) for one in available[:10]]
    assert errors(await api.create("did_reservations", {}, {"available_did": to(available[10])}), 422)
    assert (await api.delete(f"did_reservations/{made[0]['id']}")).status_code == 204
    assert (await api.create("did_reservations", {}, {"available_did": to(available[10])})).status_code == 201


async def test_a_reservation_needs_a_number_that_is_there(api: Client) -> None:
    gone = {"type": "available_dids", "id": "8bc37f63-acd7-4e43-a760-1a1caa6e9999"}
    response = await api.create("did_reservations", {}, {"available_did": to(gone)})
    assert errors(response, 422) == [("100", "available_did - is invalid", "/data/relationships/available_did")]


async def test_channels_are_given_back_but_not_taken_here(api: Client) -> None:
    pools = await api.data("capacity_pools")
    pool = next(one for one in pools if one["attributes"]["total_channels_count"])
    path = f"{pool['id']}"
    assert (await api.update("capacity_pools", path, {"total_channels_count": 50})).status_code == 200
    assert errors(await api.update("capacity_pools", path, {"total_channels_count": 51}), 422)
    assert errors(await api.update("capacity_pools", path, {"total_channels_count": 1}), 422)


async def test_a_shared_group_takes_channels_and_numbers_and_returns_the_channels(api: Client) -> None:
    pools = await api.data("capacity_pools", **{"filter[has_unassigned_channels]": "true"})
    pool, dids = pools[0], (await api.data("dids"))[:2]
    attributes = {"name": "team", "shared_channels_count": 5}
    group = await api.made("shared_capacity_groups", attributes, {"capacity_pool": to(pool), "dids": to_many(*dids)})
    used = "assigned_channels_count"
    assert (await api.data(f"capacity_pools/{pool['id']}"))["attributes"][used] == pool["attributes"][used] + 5
    assert len(await api.data("dids", **{"filter[shared_capacity_group.id]": group["id"]})) == 2
    assert errors(await api.delete(f"shared_capacity_groups/{group['id']}"), 422)
    await api.update("shared_capacity_groups", group["id"], None, {"dids": {"data": []}})
    assert (await api.delete(f"shared_capacity_groups/{group['id']}")).status_code == 204
    assert (await api.data(f"capacity_pools/{pool['id']}"))["attributes"][used] == pool["attributes"][used]


async def test_more_channels_than_there_are_cannot_be_shared(api: Client) -> None:
    pool = await api.first("capacity_pools")
    attributes = {"name": "team", "shared_channels_count": 5000}
    response = await api.create("shared_capacity_groups", attributes, {"capacity_pool": to(pool)})
    assert errors(response, 422)[0][2] == "/data/attributes/shared_channels_count"


async def test_a_relationship_can_be_changed_by_itself(api: Client) -> None:
    group = await api.first("shared_capacity_groups")
    path = f"shared_capacity_groups/{group['id']}/relationships/dids"
    before = (await api.get(path)).json()["data"]
    did = next(one for one in await api.data("dids") if one["id"] not in [known["id"] for known in before])
    identifier = {"type": "dids", "id": did["id"]}
    assert (await api.send("POST", path, [identifier])).status_code == 204
    assert len((await api.get(path)).json()["data"]) == len(before) + 1
    assert (await api.send("PATCH", path, [identifier])).status_code == 204
    assert (await api.get(path)).json()["data"] == [identifier]
