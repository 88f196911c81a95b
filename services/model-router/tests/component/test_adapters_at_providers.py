"""Each adapter talks to its provider, as the simulator plays it: keys, refusals in our words, what caches report."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestServer
from pydantic import SecretStr

from palaver.contracts.failures import ErrorCode
from palaver.contracts.model_router import WindowMessage
from palaver.model_router import catalogue
from palaver.model_router.addresses import Addresses
from palaver.model_router.domain import Key, Model, Progress, ProviderCall, UsageReport
from palaver.model_router.errors import ProviderFailed
from palaver.model_router.providers.loading import LoadedAdapters
from palaver.model_router.providers.network import Network
from palaver.simulator.faults import Fault, Script
from palaver.simulator.server import SimulatorServer

pytest_plugins = ["palaver.simulator.testing"]
pytestmark = pytest.mark.component

EACH = pytest.mark.parametrize("model_id", ["sim-swift", "sim-finch", "sim-scribe", "sim-dune"])
LONG = "tea is good " * 600


@pytest_asyncio.fixture
async def adapters() -> AsyncIterator[LoadedAdapters]:
    made = LoadedAdapters(Network(connect_seconds=5, addresses=Addresses()))
    yield made
    await made.stop()


def model_at(simulator: SimulatorServer, model_id: str) -> Model:
    urls = {
        "sim-openai": simulator.openai_url,
        "sim-responses": simulator.openai_url,
        "sim-anthropic": simulator.anthropic_url,
        "sim-gemini": simulator.gemini_url,
    }
    return catalogue.load(base_urls=urls).model(model_id)


def call(model: Model, text: str = "Is tea good?") -> ProviderCall:
    key = Key(None, model.provider.id, model.provider.host, SecretStr("AIza-key-1234"))
    return ProviderCall(model, key, (WindowMessage(role="user", text=text),), 500)


async def answer(adapters: LoadedAdapters, asked: ProviderCall) -> Progress:
    """All of it as one."""
    whole, usage = Progress(), UsageReport()
    adapter = await adapters.of(asked.model.provider)
    async with adapter.stream(asked) as stream:
        async for progress in stream:
            whole.text += progress.text
            whole.finish_reason = progress.finish_reason or whole.finish_reason
            usage = usage if progress.usage is None else usage.updated(progress.usage)
    return replace(whole, usage=usage)


@EACH
async def test_an_answer_is_what_the_provider_sent_and_counted(
    adapters: LoadedAdapters, simulator: SimulatorServer, model_id: str
) -> None:
    whole = await answer(adapters, call(model_at(simulator, model_id)))
    (record,) = simulator.stage.recorder.records()
    assert (whole.text, whole.finish_reason) == (record.text, "stop")
    assert whole.usage is not None
    assert (whole.usage.tokens_input, whole.usage.tokens_output) == (record.tokens_input, record.tokens_sent)
    assert record.key is not None
    assert record.key.last4 == "1234"
    assert "1234" not in record.path


@EACH
async def test_what_the_cache_gave_is_known(
    adapters: LoadedAdapters, simulator: SimulatorServer, model_id: str
) -> None:
    simulator.stage.scripts.arm(Script(text="Yes.", count=2))
    model = model_at(simulator, model_id)
    first, second = [(await answer(adapters, call(model, LONG))).usage for _ in range(2)]
    before, after = simulator.stage.recorder.records()
    assert first is not None
    assert second is not None
    assert (first.tokens_cached or 0) == before.tokens_cached == 0
    assert second.tokens_cached == after.tokens_cached >= 1_024
    assert first.tokens_input == second.tokens_input == after.tokens_input
    assert ((first.tokens_written or 0) > 0) == (model.cache.kind == "markers")


@EACH
async def test_a_key_is_tried_and_a_wrong_one_found_out(
    adapters: LoadedAdapters, simulator: SimulatorServer, model_id: str, invalid_key: str
) -> None:
    provider = model_at(simulator, model_id).provider
    adapter = await adapters.of(provider)
    await adapter.check_key(provider, SecretStr("AIza-good"))
    with pytest.raises(ProviderFailed) as failed:
        await adapter.check_key(provider, SecretStr(invalid_key))
    assert failed.value.code is ErrorCode.KEY_INVALID
    assert invalid_key[-4:] not in str(failed.value)


@EACH
@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("rate_limit", ErrorCode.PROVIDER_RATE_LIMITED),
        ("quota", ErrorCode.PROVIDER_QUOTA),
        ("overloaded", ErrorCode.PROVIDER_UNAVAILABLE),
        ("server_error", ErrorCode.PROVIDER_UNAVAILABLE),
    ],
)
async def test_a_refusal_has_its_meaning_and_its_pause(
    adapters: LoadedAdapters, simulator: SimulatorServer, model_id: str, kind: str, code: ErrorCode
) -> None:
    simulator.stage.faults.arm(Fault.model_validate({"kind": kind, "retry_after_seconds": 2.5}))
    with pytest.raises(ProviderFailed) as failed:
        await answer(adapters, call(model_at(simulator, model_id)))
    assert (failed.value.code, failed.value.refused) == (code, True)
    assert failed.value.retry_after_seconds == (2.5 if kind == "rate_limit" else None)


@pytest.mark.parametrize("model_id", ["sim-moth", "sim-finch", "sim-wren", "sim-pebble"])
async def test_a_prompt_that_is_too_long_is_known_as_such(
    adapters: LoadedAdapters, simulator: SimulatorServer, model_id: str
) -> None:
    with pytest.raises(ProviderFailed) as failed:
        await answer(adapters, call(model_at(simulator, model_id), "word " * 12_000))
    assert (failed.value.code, failed.value.refused) == (ErrorCode.CONTEXT_OVERFLOW, True)


@EACH
async def test_a_provider_that_is_not_there_is_unavailable(
    adapters: LoadedAdapters, simulator: SimulatorServer, model_id: str
) -> None:
    model = model_at(simulator, model_id)
    await simulator.stop()
    with pytest.raises(ProviderFailed) as failed:
        await answer(adapters, call(model))
    assert (failed.value.code, failed.value.refused) == (ErrorCode.PROVIDER_UNAVAILABLE, True)


async def test_an_answer_that_was_compressed_on_its_way_is_read(adapters: LoadedAdapters) -> None:
    async def completions(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"content-type": "text/event-stream"})
        response.enable_compression(web.ContentCoding.gzip)
        await response.prepare(request)
        for text in ("茶 ", "is 🍵"):
            await response.write(f'data: {{"choices":[{{"delta":{{"content":"{text}"}}}}]}}\n\n'.encode())
        await response.write(b'data: {"choices":[{"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n')
        return response

    app = web.Application()
    app.router.add_post("/chat/completions", completions)
    async with TestServer(app) as proxy:
        urls = {"sim-openai": str(proxy.make_url("")).rstrip("/")}
        whole = await answer(adapters, call(catalogue.load(base_urls=urls).model("sim-swift")))
    assert (whole.text, whole.finish_reason) == ("茶 is 🍵", "stop")
