"""What goes wrong when it is asked to."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from didww_async.simulator import Faults

from .conftest import Client, Clock, Start, to

TRUNK = {"name": "lost", "configuration": {"type": "pstn_configurations", "attributes": {"dst": "4420"}}}


async def test_a_lost_answer_is_of_a_write_that_was_carried_out(api: Client) -> None:
    api.sim.faults.lost = 1.0
    with pytest.raises(httpx.RemoteProtocolError):
        await api.create("voice_in_trunks", TRUNK)
    assert (await api.data("voice_in_trunks", **{"filter[name]": "lost"}))[0]["attributes"]["name"] == "lost"
    assert [one.status for one in api.sim.log] == [None, 200]


async def test_a_late_503_is_of_a_write_that_was_carried_out(api: Client) -> None:
    api.sim.faults.unavailable_after = 1.0
    assert (await api.create("voice_in_trunks", TRUNK)).status_code == 503
    assert len(await api.data("voice_in_trunks", **{"filter[name]": "lost"})) == 1


@pytest.mark.parametrize("fault", ["too_many", "unavailable", "reset", "html"])
async def test_what_goes_wrong_before_leaves_nothing_done(api: Client, fault: str) -> None:
    setattr(api.sim.faults, fault, 1.0)
    if fault == "reset":
        with pytest.raises(httpx.RemoteProtocolError):
            await api.create("voice_in_trunks", TRUNK)
    else:
        expected = {"too_many": 429, "unavailable": 503, "html": 502}[fault]
        assert (await api.create("voice_in_trunks", TRUNK)).status_code == expected
    setattr(api.sim.faults, fault, 0.0)
    assert await api.data("voice_in_trunks", **{"filter[name]": "lost"}) == []


async def test_faults_can_be_replaced_while_it_runs(api: Client) -> None:
    api.sim.faults = Faults(unavailable=1.0)
    assert (await api.get("balance")).status_code == 503
    api.sim.faults = Faults()
    assert (await api.get("balance")).status_code == 200


async def test_a_proxy_answers_in_html(api: Client) -> None:
    api.sim.faults.html = 1.0
    response = await api.get("balance")
    assert response.headers["content-type"].startswith("text/html")
    assert response.content.startswith(b"<html>")


async def test_the_same_seed_and_requests_have_the_same_faults(start: Start) -> None:
    def faults() -> Faults:
        return Faults(unavailable=0.3, too_many=0.2)

    runs = [start(faults=faults()), start(faults=faults())]
    statuses = [[(await api.get("balance")).status_code for _ in range(50)] for api in runs]
    assert statuses[0] == statuses[1]
    assert set(statuses[0]) == {200, 429, 503}


async def test_latency_passes_before_a_request_is_counted_or_after(start: Start, clock: Clock) -> None:
    begin = clock.seconds
    api = start(faults=Faults(latency=0.2))
    await api.get("balance")
    assert api.sim.log[-1].at == pytest.approx(begin + 0.2)
    api.sim.faults.delayed = "answer"
    await api.get("balance")
    assert api.sim.log[-1].at == pytest.approx(begin + 0.2)
    assert clock.seconds == pytest.approx(begin + 0.4)


async def test_jitter_has_the_mean_that_was_asked_for(start: Start, clock: Clock) -> None:
    api = start(faults=Faults(jitter=0.1))
    begin = clock.seconds
    for _ in range(500):
        await api.get("balance")
    assert 0.08 < (clock.seconds - begin) / 500 < 0.12


async def test_nothing_of_a_refused_change_is_done(api: Client) -> None:
    did, trunk, group = [await api.first(type) for type in ("dids", "voice_in_trunks", "voice_in_trunk_groups")]
    await api.update("dids", did["id"], None, {"voice_in_trunk_group": to(group)})
    sent: dict[str, Any] = {"dedicated_channels_count": 5000}
    response = await api.update("dids", did["id"], sent, {"voice_in_trunk": to(trunk)})
    assert response.status_code == 422
    assert (await api.data(f"dids/{did['id']}/voice_in_trunk_group"))["id"] == group["id"]
