"""The official OpenAI SDK talks to the running simulator."""

import asyncio
from collections.abc import AsyncIterator

import openai
import pytest
import pytest_asyncio
from openai import AsyncOpenAI
from openai.types.chat import ChatCompletionChunk

from palaver.simulator.faults import Fault, Script
from palaver.simulator.server import SimulatorServer

pytest_plugins = ["palaver.simulator.testing"]
pytestmark = pytest.mark.component


@pytest_asyncio.fixture
async def client(simulator: SimulatorServer) -> AsyncIterator[AsyncOpenAI]:
    async with AsyncOpenAI(api_key="sk-test-1234", base_url=simulator.openai_url, max_retries=0) as made:
        yield made


async def stream(
    client: AsyncOpenAI, model: str = "sim-swift", text: str = "[You]\nIs tea good?"
) -> list[ChatCompletionChunk]:
    chunks = await client.chat.completions.create(
        model=model,
        messages=[{"role": "system", "content": "Be brief."}, {"role": "user", "content": text}],
        stream=True,
        stream_options={"include_usage": True},
    )
    return [chunk async for chunk in chunks]


def text_of(chunks: list[ChatCompletionChunk]) -> str:
    return "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)


async def test_a_stream_is_role_content_finish_usage(client: AsyncOpenAI, simulator: SimulatorServer) -> None:
    chunks = await stream(client)
    assert chunks[0].choices[0].delta.role == "assistant"
    assert chunks[-2].choices[0].finish_reason == "stop"
    assert chunks[-1].choices == []
    usage = chunks[-1].usage
    assert usage is not None
    (record,) = simulator.stage.recorder.records()
    assert usage.prompt_tokens == record.tokens_input > 0
    assert usage.completion_tokens == record.tokens_sent == len(chunks) - 3
    assert record.text == text_of(chunks)
    assert record.completed
    assert record.key is not None
    assert record.key.last4 == "1234"
    assert record.body["model"] == "sim-swift"


async def test_the_same_request_gets_the_same_text_with_and_without_streaming(client: AsyncOpenAI) -> None:
    first, second = text_of(await stream(client)), text_of(await stream(client))
    whole = await client.chat.completions.create(
        model="sim-swift",
        messages=[{"role": "system", "content": "Be brief."}, {"role": "user", "content": "[You]\nIs tea good?"}],
    )
    assert first == second == whole.choices[0].message.content
    assert whole.usage is not None


async def test_models_are_listed(client: AsyncOpenAI) -> None:
    assert {"sim-swift", "sim-echo"} <= {m.id async for m in client.models.list()}


async def test_the_answer_is_cut_at_max_tokens(client: AsyncOpenAI) -> None:
    whole = await client.chat.completions.create(
        model="sim-swift", messages=[{"role": "user", "content": "hello"}], max_completion_tokens=5
    )
    assert whole.choices[0].finish_reason == "length"
    assert whole.usage is not None
    assert whole.usage.completion_tokens == 5


async def test_a_bad_key_is_a_401_that_shows_a_part_of_it(client: AsyncOpenAI, invalid_key: str) -> None:
    with pytest.raises(openai.AuthenticationError) as caught:
        await client.with_options(api_key=invalid_key).models.list()
    assert caught.value.code == "invalid_api_key"
    assert invalid_key[-4:] in caught.value.message


async def test_an_unknown_model_is_a_404(client: AsyncOpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as caught:
        await stream(client, model="sim-sage")
    assert caught.value.code == "model_not_found"


async def test_an_overflow_is_a_400_with_its_code(client: AsyncOpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        await stream(client, model="sim-oak", text="word " * 12_000)
    assert caught.value.code == "context_length_exceeded"


@pytest.mark.parametrize(
    ("messages", "param"),
    [([], "messages"), ([{"role": "narrator", "content": "x"}], "messages[0].role")],
)
async def test_broken_rules_are_400s(client: AsyncOpenAI, messages: list[object], param: str) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        await client.post("/chat/completions", body={"model": "sim-swift", "messages": messages}, cast_to=object)
    assert caught.value.param == param


async def test_a_rate_limit_says_when_to_retry_and_passes(client: AsyncOpenAI, simulator: SimulatorServer) -> None:
    simulator.stage.faults.arm(Fault(model="sim-swift", kind="rate_limit", retry_after_seconds=2))
    with pytest.raises(openai.RateLimitError) as caught:
        await stream(client)
    assert caught.value.response.headers["retry-after"] == "2"
    assert text_of(await stream(client))


@pytest.mark.parametrize(("kind", "status"), [("server_error", 500), ("overloaded", 503), ("quota", 429)])
async def test_other_troubles_have_their_status(
    client: AsyncOpenAI, simulator: SimulatorServer, kind: str, status: int
) -> None:
    simulator.stage.faults.arm(Fault.model_validate({"kind": kind}))
    with pytest.raises(openai.APIStatusError) as caught:
        await stream(client)
    assert caught.value.status_code == status


async def test_a_cut_stream_breaks_after_the_given_tokens(client: AsyncOpenAI, simulator: SimulatorServer) -> None:
    simulator.stage.faults.arm(Fault(kind="cut", after_tokens=4))
    with pytest.raises(openai.APIConnectionError):
        await stream(client)
    (record,) = simulator.stage.recorder.records()
    assert (record.tokens_sent, record.completed, record.client_closed_at) == (4, False, None)


async def test_a_stall_lasts_until_the_client_leaves(client: AsyncOpenAI, simulator: SimulatorServer) -> None:
    simulator.stage.faults.arm(Fault(kind="stall", after_tokens=3))
    chunks = await client.chat.completions.create(
        model="sim-swift", messages=[{"role": "user", "content": "hello"}], stream=True
    )
    received = 0
    async for chunk in chunks:
        received += bool(chunk.choices and chunk.choices[0].delta.content)
        if received == 3:
            break
    await chunks.close()
    (record,) = simulator.stage.recorder.records()
    while record.client_closed_at is None:  # noqa: ASYNC110 - the record has no event to wait for
        await asyncio.sleep(0.01)
    assert record.tokens_sent == 3
    assert not record.completed


async def test_a_malformed_event_is_no_json(client: AsyncOpenAI, simulator: SimulatorServer) -> None:
    simulator.stage.faults.arm(Fault(kind="malformed_event", after_tokens=2))
    with pytest.raises(ValueError, match="Unterminated string"):
        await stream(client)


async def test_an_error_event_ends_the_stream(client: AsyncOpenAI, simulator: SimulatorServer) -> None:
    simulator.stage.faults.arm(Fault(kind="error_event", after_tokens=2))
    with pytest.raises(openai.APIError, match="The server had an error"):
        await stream(client)


async def test_split_characters_arrive_whole(client: AsyncOpenAI, simulator: SimulatorServer) -> None:
    simulator.stage.faults.arm(Fault(kind="split_utf8"))
    simulator.stage.scripts.arm(Script(model="sim-echo", text="茶 is 🍵, 好喝"))
    assert text_of(await stream(client, model="sim-echo")) == "茶 is 🍵, 好喝"


async def test_usage_can_be_missing(client: AsyncOpenAI, simulator: SimulatorServer) -> None:
    simulator.stage.faults.arm(Fault(kind="no_usage"))
    assert all(chunk.usage is None for chunk in await stream(client))


async def test_a_hundred_streams_run_at_once(client: AsyncOpenAI, simulator: SimulatorServer) -> None:
    simulator.stage.scripts.arm(Script(model="sim-echo", text="tea " * 50, tokens_per_second=50, count=100))
    answers = await asyncio.gather(*(stream(client, model="sim-echo") for _ in range(100)))
    assert {text_of(chunks) for chunks in answers} == {"tea " * 50}
    assert all(r.completed for r in simulator.stage.recorder.records())
