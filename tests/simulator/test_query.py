"""Filters, sorts, includes, sparse fields and pages."""

from __future__ import annotations

from typing import Any

import pytest

from didww_async.simulator import Seed

from .conftest import Client, Start, errors


async def test_pages_have_fifty_records_unless_asked_otherwise(api: Client) -> None:
    document = (await api.get("dids")).json()
    assert len(document["data"]) == 50
    assert document["meta"] == {"api_version": "2026-04-16", "total_records": 120}
    assert document["links"].keys() == {"first", "last", "next"}


async def test_pages_together_hold_every_record_once(api: Client) -> None:
    pages = [await api.data("dids", **{"page[number]": str(number), "page[size]": "35"}) for number in range(1, 5)]
    assert [len(page) for page in pages] == [35, 35, 35, 15]
    assert len({did["id"] for page in pages for did in page}) == 120


async def test_the_last_page_has_no_next_one_and_a_page_beyond_it_is_empty(api: Client) -> None:
    links = (await api.get("dids", **{"page[number]": "3", "page[size]": "50"})).json()["links"]
    assert links.keys() == {"first", "last", "prev"}
    beyond = (await api.get("dids", **{"page[number]": "9", "page[size]": "100"})).json()
    assert beyond["data"] == []
    assert beyond["meta"]["total_records"] == 120


async def test_page_links_name_nothing_but_the_page(api: Client) -> None:
    links = (await api.get("dids", **{"filter[blocked]": "false", "page[size]": "10"})).json()["links"]
    assert "blocked" not in links["next"]


@pytest.mark.parametrize(
    ("name", "value"), [("size", "101"), ("size", "0"), ("number", "0"), ("size", "many"), ("size", "٣")]
)
async def test_a_page_that_cannot_be_is_a_400(api: Client, name: str, value: str) -> None:
    ((code, _, _),) = errors(await api.get("dids", **{f"page[{name}]": value}), 400)
    assert code == "118"


async def test_an_account_may_have_larger_pages(start: Start) -> None:
    api = start(largest_page=500)
    assert len(await api.data("dids", **{"page[size]": "500"})) == 120


async def test_cities_come_by_the_thousand(start: Start) -> None:
    api = start(size=Seed(cities=1100))
    assert len(await api.data("cities")) == 1000


@pytest.mark.parametrize("path", ["countries", "regions", "pops", "proof_types"])
async def test_lists_without_pages_refuse_page_parameters_and_count_nothing(api: Client, path: str) -> None:
    document = (await api.get(path)).json()
    assert document.keys() == {"data", "meta"}
    assert document["meta"] == {"api_version": "2026-04-16"}
    assert errors(await api.get(path, **{"page[size]": "10"}), 400)


async def test_available_dids_are_a_capped_sample_with_the_count_of_all(api: Client) -> None:
    first, second = (await api.get("available_dids")).json(), (await api.get("available_dids")).json()
    assert len(first["data"]) == 100 < first["meta"]["total_count"]
    assert first["data"] != second["data"]
    assert "links" not in first


async def test_reservations_say_how_many_more_there_may_be(api: Client) -> None:
    assert (await api.get("did_reservations")).json()["meta"]["available_count"] == 10


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"filter[bogus]": "1"}, "102"),
        ({"filter[number_contains]": "1"}, "102"),
        ({"sort": "bogus"}, "114"),
        ({"include": "bogus"}, "112"),
        ({"include": "did_group.bogus"}, "112"),
        ({"fields[dids]": "bogus"}, "104"),
        ({"fields[bogus]": "id"}, "101"),
        ({"page[bogus]": "1"}, "105"),
        ({"bogus": "1"}, "105"),
        ({"filter[blocked]": "perhaps"}, "107"),
        ({"filter[did_group.features]": "telepathy"}, "107"),
    ],
)
async def test_what_the_description_does_not_know_is_a_400(api: Client, params: dict[str, str], code: str) -> None:
    ((found, _, _),) = errors(await api.get("dids", **params), 400)
    assert found == code


async def test_filters_take_lists_follow_relationships_and_combine(api: Client) -> None:
    dids = await api.data("dids", **{"page[size]": "100"})
    numbers = [did["attributes"]["number"] for did in dids[:3]]
    assert {did["attributes"]["number"] for did in await _all(api, **{"filter[number]": ",".join(numbers)})} == set(
        numbers
    )
    country = next(one for one in await api.data("countries") if one["attributes"]["iso"] == "DE")
    german = await _all(api, **{"filter[country.id]": country["id"]})
    assert german
    assert all(did["attributes"]["number"].startswith("49") for did in german)
    blocked = await _all(api, **{"filter[country.id]": country["id"], "filter[blocked]": "true"})
    assert 0 < len(blocked) < len(german)
    assert await _all(api, **{"filter[trunk.id]": "nobody"}) == []


async def test_an_empty_filter_means_that_nothing_is_there(api: Client) -> None:
    nameless = await _all(api, **{"filter[description]": ""})
    assert nameless
    assert all(did["attributes"]["description"] is None for did in nameless)


async def test_names_are_found_in_any_case(api: Client) -> None:
    assert [one["attributes"]["iso"] for one in await api.data("countries", **{"filter[name]": "gErMaNy"})] == ["DE"]
    assert await api.data("did_groups", **{"filter[area_name]": "berlin"})


async def test_features_are_all_wanted(api: Client) -> None:
    groups = await api.data("did_groups", **{"filter[features]": "voice_in,t38"})
    assert groups
    assert all({"voice_in", "t38"} <= set(group["attributes"]["features"]) for group in groups)


async def test_an_external_reference_may_have_a_comma_in_it(api: Client) -> None:
    made = await api.made("voice_in_trunk_groups", {"name": "comma", "external_reference_id": "a,b"})
    (found,) = await api.data("voice_in_trunk_groups", **{"filter[external_reference_id]": "a,b"})
    assert found["id"] == made["id"]


async def test_orders_are_found_to_the_end_of_the_day(api: Client) -> None:
    orders = await api.data("orders", sort="created_at")
    first = orders[0]["attributes"]["created_at"]
    assert orders[0]["id"] in [one["id"] for one in await api.data("orders", **{"filter[created_at_lteq]": first[:10]})]
    later = await api.data("orders", **{"filter[created_at_gteq]": orders[1]["attributes"]["created_at"]})
    assert len(later) == len(orders) - 1


async def test_history_goes_back_ninety_days_newest_first(api: Client) -> None:
    times = [one["attributes"]["created_at"] for one in await api.data("did_history")]
    assert times == sorted(times, reverse=True)
    response = await api.get("did_history", **{"filter[created_at_gteq]": "2025-01-01T00:00:00Z"})
    assert errors(response, 400) == [("107", "Date must be within the last 90 days.", None)]


async def test_a_coverage_filter_can_count_the_stock(api: Client) -> None:
    assert await api.data("did_groups", **{"filter[meta.total_count_gteq]": "2000"})
    assert await api.data("did_groups", **{"filter[meta.total_count_gteq]": "2001"}) == []
    assert errors(await api.get("did_groups", **{"filter[meta.total_count_gteq]": "many"}), 400)


async def test_prefixes_lead_to_groups_and_groups_to_prefixes(api: Client) -> None:
    (prefix,) = await api.data("nanpa_prefixes", **{"filter[npanxx]": "212555"})
    groups = await api.data("did_groups", **{"filter[nanpa_prefix.npanxx]": "212555"})
    assert groups == await api.data("did_groups", **{"filter[nanpa_prefix.id]": prefix["id"]})
    assert groups


async def test_a_few_digits_alone_do_not_search_available_numbers(api: Client) -> None:
    assert errors(await api.get("available_dids", **{"filter[number_contains]": "12"}), 400)
    assert (await api.get("available_dids", **{"filter[number_contains]": "900"})).status_code == 200


async def test_sorting_goes_both_ways_and_by_several_members(api: Client) -> None:
    numbers = [did["attributes"]["number"] for did in await api.data("dids", sort="-number")]
    assert numbers == sorted(numbers, reverse=True)
    rows = [
        (did["attributes"]["blocked"], did["attributes"]["created_at"])
        for did in await api.data("dids", **{"sort": "blocked,-created_at", "page[size]": "100"})
    ]
    unblocked = [created for blocked, created in rows if not blocked]
    assert [blocked for blocked, _ in rows] == sorted(blocked for blocked, _ in rows)
    assert unblocked == sorted(unblocked, reverse=True)


async def test_what_is_missing_is_sorted_last_and_amounts_as_numbers(api: Client) -> None:
    limits = [one["attributes"]["capacity_limit"] for one in await api.data("voice_in_trunks", sort="capacity_limit")]
    assert limits == [10] * limits.count(10) + [None] * limits.count(None)
    names = [one["relationships"] for one in await api.data("did_groups", sort="country.name")]
    assert len(names) == 50


async def test_relationships_have_links_only_unless_they_are_included(api: Client) -> None:
    (did,) = await api.data("dids", **{"page[size]": "1"})
    assert all(found.keys() == {"links"} for found in did["relationships"].values())
    links = did["relationships"]["voice_in_trunk"]["links"]
    assert links["self"] == f"https://sandbox-api.didww.com/v3/dids/{did['id']}/relationships/voice_in_trunk"
    assert links["related"] == f"https://sandbox-api.didww.com/v3/dids/{did['id']}/voice_in_trunk"


async def test_included_records_are_there_once_and_all_the_way(api: Client) -> None:
    document = (await api.get("dids", include="did_group.country,voice_in_trunk", **{"page[size]": "100"})).json()
    included = [(one["type"], one["id"]) for one in document["included"]]
    assert len(included) == len(set(included))
    assert {type for type, _ in included} == {"did_groups", "countries", "voice_in_trunks"}
    for did in document["data"]:
        group = did["relationships"]["did_group"]["data"]
        assert (group["type"], group["id"]) in included
        assert "data" not in did["relationships"]["order"]
    trunks = [did["relationships"]["voice_in_trunk"]["data"] for did in document["data"]]
    assert None in trunks


async def test_groups_have_their_stock_in_meta_but_not_when_they_are_included(api: Client) -> None:
    group = await api.first("did_groups")
    assert group["meta"].keys() == {"needs_registration", "is_available", "available_dids_enabled", "total_count"}
    document = (await api.get("dids", include="did_group", **{"page[size]": "1"})).json()
    assert "meta" not in document["included"][0]


async def test_sparse_fields_prune_attributes_and_relationships(api: Client) -> None:
    (did,) = await api.data("dids", **{"page[size]": "1", "fields[dids]": "number,did_group"})
    assert did["attributes"].keys() == {"number"}
    assert did["relationships"].keys() == {"did_group"}
    (bare,) = await api.data("dids", **{"page[size]": "1", "fields[dids]": ""})
    assert bare.keys() == {"id", "type"}


async def test_a_relationship_can_be_asked_for_by_itself(api: Client) -> None:
    group = await api.first("did_groups")
    units = await api.data(f"did_groups/{group['id']}/stock_keeping_units")
    linkage = (await api.get(f"did_groups/{group['id']}/relationships/stock_keeping_units")).json()
    assert [one["id"] for one in linkage["data"]] == [one["id"] for one in units]
    country = await api.data(f"did_groups/{group['id']}/country")
    assert country["type"] == "countries"


async def _all(api: Client, **params: str) -> list[Any]:
    found: list[Any] = await api.data("dids", **{"page[size]": "100"}, **params)
    return found
