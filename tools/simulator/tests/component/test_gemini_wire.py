"""A client of the Gemini API talks to the running simulator, by hand: what counts is the bytes."""

from collections.abc import AsyncIterator
from typing import Any

import httpx2
import msgspec
import pytest
import pytest_asyncio

from palaver.simulator.faults import Fault, Script
from palaver.simulator.server import SimulatorServer

pytest_plugins = ["palaver.simulator.testing"]
pytestmark = pytest.mark.component
KEY = {"x-goog-api-key": "AIza-test-1234"}
LONG = "tea is good " * 600


@pytest_asyncio.fixture
async def client(simulator: SimulatorServer) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(base_url=simulator.gemini_url, headers=KEY) as made:
        yield made


def body(text: str = "[You]\nIs tea good?", **changes: Any) -> dict[str, Any]:
    return {"contents": [{"role": "user", "parts": [{"text": text}]}], **changes}


async def stream(client: httpx2.AsyncClient, model: str = "sim-dune", **request: Any) -> list[dict[str, Any]]:
    response = await client.post(f"/models/{model}:streamGenerateContent?alt=sse", json=body(**request))
    assert response.status_code == 200, response.text
    events = response.content.split(b"\r\n\r\n")
    assert events.pop() == b""
    return [msgspec.json.decode(event.removeprefix(b"data: ")) for event in events]


def text_of(chunks: list[dict[str, Any]]) -> str:
    return "".join(part["text"] for chunk in chunks for part in chunk["candidates"][0]["content"]["parts"])


async def test_a_stream_is_chunks_and_the_last_one_says_why(
    client: httpx2.AsyncClient, simulator: SimulatorServer
) -> None:
    chunks = await stream(client)
    (record,) = simulator.stage.recorder.records()
    assert text_of(chunks) == record.text
    assert [chunk["candidates"][0].get("finishReason") for chunk in chunks[-2:]] == [None, "STOP"]
    usage = chunks[-1]["usageMetadata"]
    assert (usage["promptTokenCount"], usage["candidatesTokenCount"]) == (record.tokens_input, record.tokens_sent)
    assert record.key is not None
    assert record.key.last4 == "1234"
    assert "x-goog-api-key" not in record.headers


async def test_the_same_request_gets_the_same_text_with_and_without_streaming(client: httpx2.AsyncClient) -> None:
    whole = (await client.post("/models/sim-dune:generateContent", json=body())).json()
    assert text_of(await stream(client)) == text_of([whole])


async def test_a_cut_answer_says_max_tokens(client: httpx2.AsyncClient, simulator: SimulatorServer) -> None:
    simulator.stage.scripts.arm(Script(text="word " * 100, tokens_per_second=10_000))
    chunks = await stream(client, generationConfig={"maxOutputTokens": 3})
    assert chunks[-1]["candidates"][0]["finishReason"] == "MAX_TOKENS"


async def test_a_beginning_that_was_seen_is_counted_as_cached(
    client: httpx2.AsyncClient, simulator: SimulatorServer
) -> None:
    simulator.stage.scripts.arm(Script(text="Yes.", count=2))
    first, second = [(await stream(client, text=LONG))[-1]["usageMetadata"] for _ in range(2)]
    assert "cachedContentTokenCount" not in first
    assert 1_024 <= second["cachedContentTokenCount"] <= second["promptTokenCount"]


async def test_models_are_listed(client: httpx2.AsyncClient) -> None:
    listed = (await client.get("/models?pageSize=1")).json()["models"]
    assert {"models/sim-dune", "models/sim-comet"} <= {model["name"] for model in listed}


async def test_keys_are_asked_for_and_refused_as_the_api_does(client: httpx2.AsyncClient, invalid_key: str) -> None:
    wrong = await client.get("/models", headers={"x-goog-api-key": invalid_key})
    assert wrong.status_code == 400
    assert wrong.json()["error"]["details"][0]["reason"] == "API_KEY_INVALID"
    assert invalid_key[-4:] not in wrong.text
    async with httpx2.AsyncClient(base_url=client.base_url) as keyless:
        assert (await keyless.get("/models")).status_code == 403


@pytest.mark.parametrize(
    ("kind", "status", "name"),
    [
        ("rate_limit", 429, "RESOURCE_EXHAUSTED"),
        ("quota", 429, "RESOURCE_EXHAUSTED"),
        ("overloaded", 503, "UNAVAILABLE"),
        ("server_error", 500, "INTERNAL"),
    ],
)
async def test_troubles_have_their_status(
    client: httpx2.AsyncClient, simulator: SimulatorServer, kind: str, status: int, name: str
) -> None:
    simulator.stage.faults.arm(Fault.model_validate({"kind": kind, "retry_after_seconds": 2}))
    response = await client.post("/models/sim-dune:generateContent", json=body())
    assert (response.status_code, response.json()["error"]["status"]) == (status, name)
    if kind == "rate_limit":
        assert response.json()["error"]["details"][0]["retryDelay"] == "2s"
