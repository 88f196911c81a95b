"""Faults, scripted replies and records over HTTP, as a test in another process uses them."""

import time
from collections.abc import AsyncIterator

import httpx2
import pytest
import pytest_asyncio

from palaver.simulator.server import SimulatorServer

pytest_plugins = ["palaver.simulator.testing"]
pytestmark = pytest.mark.component


@pytest_asyncio.fixture
async def http(simulator: SimulatorServer) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(base_url=simulator.url, headers={"authorization": "Bearer sk-secret-key"}) as client:
        yield client


ASK = {"model": "sim-echo", "messages": [{"role": "user", "content": "hi"}]}


async def test_an_armed_fault_strikes_once_and_is_recorded(http: httpx2.AsyncClient) -> None:
    armed = await http.post("/control/faults", json={"model": "sim-echo", "kind": "server_error"})
    assert armed.json()["armed"][0]["left"] == 1
    assert (await http.post("/openai/v1/chat/completions", json=ASK)).status_code == 500
    assert (await http.post("/openai/v1/chat/completions", json=ASK)).status_code == 200
    records = (await http.get("/control/requests", params={"model": "sim-echo"})).json()["requests"]
    assert [(r["status"], r["fault"], r["completed"]) for r in records] == [
        (500, "server_error", False),
        (200, None, True),
    ]
    assert "sk-secret-key" not in str(records)


async def test_a_scripted_reply_is_used_and_everything_can_be_forgotten(http: httpx2.AsyncClient) -> None:
    await http.post("/control/replies", json={"model": "sim-echo", "text": "as told"})
    answer = (await http.post("/openai/v1/chat/completions", json=ASK)).json()
    assert answer["choices"][0]["message"]["content"] == "as told"
    for path in ("faults", "replies", "requests"):
        assert (await http.delete(f"/control/{path}")).status_code == 204
    assert (await http.get("/control/requests")).json() == {"requests": []}


async def test_an_unknown_fault_is_refused(http: httpx2.AsyncClient) -> None:
    assert (await http.post("/control/faults", json={"kind": "meteor"})).status_code == 422


async def test_a_restarted_server_is_found_where_it_was(simulator: SimulatorServer) -> None:
    url = simulator.url
    await simulator.stop()
    await simulator.start()
    assert simulator.url == url
    async with httpx2.AsyncClient() as client:
        assert (await client.get(f"{url}/healthz")).text == "ok"


async def test_a_stamped_reply_says_behind_each_token_when_it_was_sent(http: httpx2.AsyncClient) -> None:
    await http.post("/control/replies", json={"model": "sim-echo", "text": " 0000000 0000001", "stamped": True})
    before = time.monotonic_ns() // 1_000
    await http.post("/openai/v1/chat/completions", json={**ASK, "stream": True})
    after = time.monotonic_ns() // 1_000
    (record,) = (await http.get("/control/requests")).json()["requests"]
    numbers, times = zip(*(token.split("@") for token in record["text"].split(";")[:-1]), strict=True)
    assert numbers == (" 0000000", " 0000001")
    assert before <= int(times[0]) <= int(times[1]) <= after
