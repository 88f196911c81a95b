"""The official Anthropic SDK talks to the running simulator."""

from collections.abc import AsyncIterator
from typing import Any

import anthropic
import pytest
import pytest_asyncio
from anthropic import AsyncAnthropic
from anthropic.types import RawMessageStreamEvent

from palaver.simulator.faults import Fault, Script
from palaver.simulator.server import SimulatorServer

pytest_plugins = ["palaver.simulator.testing"]
pytestmark = pytest.mark.component


@pytest_asyncio.fixture
async def client(simulator: SimulatorServer) -> AsyncIterator[AsyncAnthropic]:
    async with AsyncAnthropic(api_key="sk-ant-1234", base_url=simulator.anthropic_url, max_retries=0) as made:
        yield made


async def stream(client: AsyncAnthropic, **changes: Any) -> list[RawMessageStreamEvent]:
    request: dict[str, Any] = {
        "model": "sim-sage",
        "max_tokens": 500,
        "system": "Be brief.",
        "messages": [{"role": "user", "content": "[You]\nIs tea good?"}],
    }
    events = await client.messages.create(**{**request, **changes}, stream=True)
    return [event async for event in events]


def text_of(events: list[RawMessageStreamEvent]) -> str:
    return "".join(e.delta.text for e in events if e.type == "content_block_delta" and e.delta.type == "text_delta")


async def test_a_stream_is_start_block_deltas_stop_and_usage(
    client: AsyncAnthropic, simulator: SimulatorServer
) -> None:
    events = await stream(client)
    kinds = [e.type for e in events]
    assert kinds[:2] == ["message_start", "content_block_start"]
    assert kinds[-3:] == ["content_block_stop", "message_delta", "message_stop"]
    assert set(kinds[2:-3]) == {"content_block_delta"}
    (record,) = simulator.stage.recorder.records()
    start, end = events[0], events[-2]
    assert start.type == "message_start"
    assert start.message.usage.input_tokens == record.tokens_input
    assert end.type == "message_delta"
    assert end.delta.stop_reason == "end_turn"
    assert end.usage.output_tokens == record.tokens_sent
    assert text_of(events) == record.text


async def test_the_same_request_gets_the_same_text_with_and_without_streaming(client: AsyncAnthropic) -> None:
    whole = await client.messages.create(
        model="sim-sage",
        max_tokens=500,
        system="Be brief.",
        messages=[{"role": "user", "content": "[You]\nIs tea good?"}],
    )
    (block,) = whole.content
    assert block.type == "text"
    assert block.text == text_of(await stream(client)) == text_of(await stream(client))


async def test_models_are_listed(client: AsyncAnthropic) -> None:
    assert {"sim-sage", "sim-mirror"} <= {m.id async for m in client.models.list()}


async def test_a_bad_key_is_a_401(client: AsyncAnthropic, invalid_key: str) -> None:
    with pytest.raises(anthropic.AuthenticationError, match="invalid x-api-key"):
        await client.with_options(api_key=invalid_key).models.list()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"messages": []}, "at least one message is required"),
        ({"messages": [{"role": "assistant", "content": "x"}]}, "first message must use the"),
        ({"messages": [{"role": "system", "content": "x"}]}, "top-level `system` parameter"),
        (
            {"messages": [{"role": "user", "content": "x"}, {"role": "assistant", "content": "y"}]},
            "must end with a user message",
        ),
        ({"messages": [{"role": "user", "content": ""}]}, "must be non-empty"),
        ({"max_tokens": 1_000_000}, "maximum allowed number of output tokens"),
        ({"messages": [{"role": "user", "content": "word " * 200_000}]}, "prompt is too long"),
    ],
)
async def test_broken_rules_are_400s(client: AsyncAnthropic, changes: dict[str, Any], words: str) -> None:
    with pytest.raises(anthropic.BadRequestError, match=words):
        await stream(client, **changes)


async def test_max_tokens_is_required(client: AsyncAnthropic) -> None:
    with pytest.raises(anthropic.BadRequestError, match="max_tokens: Field required"):
        await client.post("/v1/messages", body={"model": "sim-sage", "messages": []}, cast_to=object)


async def test_an_unknown_model_is_a_404(client: AsyncAnthropic) -> None:
    with pytest.raises(anthropic.NotFoundError):
        await stream(client, model="sim-swift")


@pytest.mark.parametrize(("kind", "status"), [("rate_limit", 429), ("overloaded", 529), ("server_error", 500)])
async def test_troubles_have_their_status(
    client: AsyncAnthropic, simulator: SimulatorServer, kind: str, status: int
) -> None:
    simulator.stage.faults.arm(Fault.model_validate({"kind": kind, "retry_after_seconds": 3}))
    with pytest.raises(anthropic.APIStatusError) as caught:
        await stream(client)
    assert caught.value.status_code == status
    assert (caught.value.response.headers.get("retry-after") == "3") == (kind == "rate_limit")


async def test_an_error_event_ends_the_stream(client: AsyncAnthropic, simulator: SimulatorServer) -> None:
    simulator.stage.faults.arm(Fault(kind="error_event", after_tokens=2))
    with pytest.raises(anthropic.APIStatusError, match="Overloaded"):
        await stream(client)


async def test_a_scripted_reply_is_given_as_it_is(client: AsyncAnthropic, simulator: SimulatorServer) -> None:
    simulator.stage.scripts.arm(Script(model="sim-mirror", text="好 🍵\n\n done"))
    assert text_of(await stream(client, model="sim-mirror")) == "好 🍵\n\n done"


async def test_what_stands_before_a_mark_is_counted_as_written_and_then_as_read(
    client: AsyncAnthropic, simulator: SimulatorServer
) -> None:
    text: Any = [{"type": "text", "text": "tea is good " * 600, "cache_control": {"type": "ephemeral"}}]
    usages: list[anthropic.types.Usage] = []
    for _ in range(2):
        start = (await stream(client, model="sim-mirror", messages=[{"role": "user", "content": text}], max_tokens=5))[
            0
        ]
        assert start.type == "message_start"
        usages.append(start.message.usage)
    first, second = usages
    assert first.cache_read_input_tokens == second.cache_creation_input_tokens == 0
    assert first.cache_creation_input_tokens == second.cache_read_input_tokens
    assert (second.cache_read_input_tokens or 0) > 1_024
    total = second.input_tokens + (second.cache_read_input_tokens or 0)
    assert total == simulator.stage.recorder.records()[-1].tokens_input
