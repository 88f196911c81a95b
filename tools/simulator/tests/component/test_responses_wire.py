"""The official OpenAI SDK talks to the running simulator in the Responses format."""

from collections.abc import AsyncIterator
from typing import Any

import openai
import pytest
import pytest_asyncio
from openai import AsyncOpenAI
from openai.types.responses import ResponseStreamEvent

from palaver.simulator.faults import Fault, Script
from palaver.simulator.server import SimulatorServer

pytest_plugins = ["palaver.simulator.testing"]
pytestmark = pytest.mark.component
LONG = "tea is good " * 600


@pytest_asyncio.fixture
async def client(simulator: SimulatorServer) -> AsyncIterator[AsyncOpenAI]:
    async with AsyncOpenAI(api_key="sk-test-1234", base_url=simulator.openai_url, max_retries=0) as made:
        yield made


async def stream(client: AsyncOpenAI, **changes: Any) -> list[ResponseStreamEvent]:
    request: dict[str, Any] = {
        "model": "sim-finch",
        "instructions": "Be brief.",
        "input": [{"role": "user", "content": "[You]\nIs tea good?"}],
        "store": False,
    }
    events = await client.responses.create(**{**request, **changes}, stream=True)
    return [event async for event in events]


async def test_a_stream_is_created_item_deltas_done_and_completed(
    client: AsyncOpenAI, simulator: SimulatorServer
) -> None:
    events = await stream(client)
    assert [e.type for e in events[:4]] == [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.content_part.added",
    ]
    assert [e.sequence_number for e in events] == list(range(len(events)))
    (record,) = simulator.stage.recorder.records()
    assert "".join(e.delta for e in events if e.type == "response.output_text.delta") == record.text
    end = events[-1]
    assert end.type == "response.completed"
    assert end.response.output_text == record.text
    assert end.response.usage is not None
    assert (end.response.usage.input_tokens, end.response.usage.output_tokens) == (
        record.tokens_input,
        record.tokens_sent,
    )


async def test_the_same_request_gets_the_same_text_with_and_without_streaming(client: AsyncOpenAI) -> None:
    end = (await stream(client))[-1]
    whole = await client.responses.create(
        model="sim-finch", instructions="Be brief.", input=[{"role": "user", "content": "[You]\nIs tea good?"}]
    )
    assert end.type == "response.completed"
    assert end.response.output_text == whole.output_text


async def test_a_cut_answer_is_incomplete(client: AsyncOpenAI, simulator: SimulatorServer) -> None:
    simulator.stage.scripts.arm(Script(text="word " * 100, tokens_per_second=10_000))
    end = (await stream(client, max_output_tokens=16))[-1]
    assert end.type == "response.incomplete"
    assert end.response.incomplete_details is not None
    assert end.response.incomplete_details.reason == "max_output_tokens"


async def test_a_reasoning_model_shows_a_summary_when_asked(client: AsyncOpenAI) -> None:
    events = await stream(client, model="sim-ember", reasoning={"summary": "auto"})
    assert any(e.type == "response.reasoning_summary_text.delta" and "tea" in e.delta for e in events)
    assert [e.sequence_number for e in events] == list(range(len(events)))
    assert not any("reasoning" in e.type for e in await stream(client, model="sim-ember"))


async def test_a_beginning_that_was_seen_is_counted_as_cached(client: AsyncOpenAI, simulator: SimulatorServer) -> None:
    await stream(client, input=[{"role": "user", "content": LONG}])
    end = (await stream(client, input=[{"role": "user", "content": LONG}]))[-1]
    assert end.type == "response.completed"
    assert end.response.usage is not None
    cached = end.response.usage.input_tokens_details.cached_tokens
    assert cached == simulator.stage.recorder.records()[-1].tokens_cached >= 1_024


async def test_an_overflow_and_a_bad_key_are_openais(client: AsyncOpenAI, invalid_key: str) -> None:
    with pytest.raises(openai.BadRequestError) as overflow:
        await stream(client, input="word " * 12_000)
    assert (overflow.value.code, overflow.value.param) == ("context_length_exceeded", "input")
    with pytest.raises(openai.AuthenticationError):
        await stream(client.with_options(api_key=invalid_key))


async def test_an_error_event_ends_the_stream(client: AsyncOpenAI, simulator: SimulatorServer) -> None:
    simulator.stage.faults.arm(Fault(kind="error_event", after_tokens=2))
    end = (await stream(client))[-1]
    assert end.type == "error"
    assert end.code == "server_error"


async def test_chat_completions_count_cached_tokens_too(client: AsyncOpenAI) -> None:
    cached: list[int | None] = []
    for _ in range(2):
        whole = await client.chat.completions.create(
            model="sim-echo", messages=[{"role": "user", "content": LONG}], max_completion_tokens=5
        )
        assert whole.usage is not None
        assert whole.usage.prompt_tokens_details is not None
        cached.append(whole.usage.prompt_tokens_details.cached_tokens)
    assert cached[0] == 0
    assert (cached[1] or 0) >= 1_024
