"""The simulator over a real connection, in the same process, and as a pytest fixture."""

from __future__ import annotations

import asyncio
import subprocess
import sys

import httpx
import pytest

from didww_async.simulator import Faults, Simulator

from .conftest import KEY, MEDIA_TYPE, SMALL, Client, Start

HEADERS = {"api-key": KEY}


async def test_a_served_simulator_names_its_own_address_in_links() -> None:
    sim = Simulator(rate=0, size=SMALL)
    before = sim.base_url
    async with sim.serve() as base_url, httpx.AsyncClient(headers=HEADERS) as http:
        assert base_url == sim.base_url
        assert base_url.startswith("http://127.0.0.1:")
        document = (await http.get(f"{base_url}/dids")).json()
        assert document["links"]["first"].startswith(f"{base_url}/dids?")
    assert sim.base_url == before


async def test_a_lost_answer_breaks_the_real_connection_after_the_write() -> None:
    sim = Simulator(rate=0, size=SMALL, faults=Faults(lost=1.0))
    async with sim.serve() as base_url, httpx.AsyncClient(headers=HEADERS) as http:
        body = {"data": {"type": "voice_in_trunk_groups", "attributes": {"name": "lost"}}}
        with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
            await http.post(f"{base_url}/voice_in_trunk_groups", json=body, headers={"content-type": MEDIA_TYPE})
        assert (await http.get(f"{base_url}/balance")).status_code == 200
    assert any(one.attributes["name"] == "lost" for one in sim.store.table("voice_in_trunk_groups").values())


async def test_a_truncated_download_breaks_the_real_connection() -> None:
    faults = Faults(truncate_at=1000, truncations=1)
    sim = Simulator(rate=0, size=SMALL, export_seconds=0, faults=faults)
    async with sim.serve() as base_url, httpx.AsyncClient(headers=HEADERS) as http:
        month = f"{sim.account.now():%Y-%m}"
        filters = {"from": f"{month}-01 00:00:00", "to": f"{month}-01 00:00:01"}
        body = {"data": {"type": "exports", "attributes": {"export_type": "cdr_in", "filters": filters}}}
        made = await http.post(f"{base_url}/exports", json=body, headers={"content-type": MEDIA_TYPE})
        found = await http.get(f"{base_url}/exports/{made.json()['data']['id']}")
        faults.truncate_at = 10
        with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
            await http.get(found.json()["data"]["attributes"]["url"])
        assert (await http.get(found.json()["data"]["attributes"]["url"])).content[:2] == b"\x1f\x8b"


async def test_many_connections_at_once_share_one_limit() -> None:
    sim = Simulator(rate=20, size=SMALL)
    async with sim.serve() as base_url, httpx.AsyncClient(headers=HEADERS) as http:
        answers = await asyncio.gather(*(http.get(f"{base_url}/balance") for _ in range(40)))
    accepted = [one.at for one in sim.log if one.status == 200]
    assert len(answers) == 40 == sim.requests
    assert all(late - early >= 1 - 1e-6 for early, late in zip(accepted, accepted[20:], strict=False))


async def test_a_port_that_is_taken_is_refused() -> None:
    sim = Simulator(size=SMALL)
    async with sim.serve() as base_url:
        port = httpx.URL(base_url).port
        assert port is not None
        with pytest.raises(OSError, match="in use"):
            async with sim.serve(port):
                pass


async def test_in_process_the_read_timeout_holds(start: Start) -> None:
    api = start(faults=Faults(latency=30), sleep=asyncio.sleep)
    with pytest.raises(httpx.ReadTimeout):
        await api.http.get("balance", timeout=0.01)


async def test_a_request_whose_caller_left_is_carried_out_all_the_same(start: Start) -> None:
    arrived, may_go_on = asyncio.Event(), asyncio.Event()

    async def slow(seconds: float) -> None:
        arrived.set()
        await may_go_on.wait()

    api = start(faults=Faults(latency=1), sleep=slow)
    caller = asyncio.ensure_future(api.create("voice_in_trunk_groups", {"name": "left"}))
    await arrived.wait()
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    may_go_on.set()
    api.sim.faults.latency = 0
    assert (await api.get("balance")).status_code == 200
    assert any(one.attributes["name"] == "left" for one in api.sim.store.table("voice_in_trunk_groups").values())


async def test_a_large_body_arrives_in_full(api: Client) -> None:
    async with api.http.stream("GET", "dids", params={"page[size]": "100"}) as response:
        body = b"".join([piece async for piece in response.aiter_raw()])
    assert len(body) == int(response.headers["content-length"]) > 200_000


def test_the_fixture_gives_a_fresh_simulator(didww_simulator: Simulator) -> None:
    assert didww_simulator.requests == 0
    assert didww_simulator.keys == {"simulator-key"}


def test_loading_the_plugin_loads_nothing_of_weight() -> None:
    code = (
        "import sys; import didww_async.simulator.pytest_plugin; "
        "print([name for name in ('starlette', 'uvicorn', 'cryptography') if name in sys.modules])"
    )
    assert _run(code) == "[]"


def test_without_its_extra_the_simulator_says_what_to_install() -> None:
    code = (
        "import sys\n"
        "sys.modules['starlette'] = sys.modules['uvicorn'] = None\n"
        "import didww_async.simulator.pytest_plugin\n"
        "from didww_async.errors import ConfigurationError\n"
        "try:\n"
        "    from didww_async.simulator import Simulator\n"
        "except ConfigurationError as error:\n"
        "    print(error)\n"
    )
    assert "pip install 'didww_async[simulator]'" in _run(code)


def _run(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()
