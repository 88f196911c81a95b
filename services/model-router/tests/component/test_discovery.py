"""What providers list, as their real wire formats tell it, beside what the catalogue knows."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import pytest
from aiohttp import web
from aiohttp.test_utils import BaseTestServer, TestServer

from palaver.contracts.actors import Actor, Role
from palaver.contracts.discovery import MODEL_DISCOVER, DiscoveredModel, DiscoveredModels, DiscoverModels
from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.registry import PROVIDER_CREATE, CreateProvider, ProviderFacts
from palaver.model_router.testing.neighbours import KEY_ID
from palaver.model_router.testing.world import PAYER, World
from palaver.simulator.server import SimulatorServer

pytest_plugins = ["palaver.simulator.testing"]
pytestmark = pytest.mark.component

ADA = Actor(user_id=PAYER, role=Role.ADMIN)
VLLM = {
    "object": "list",
    "data": [
        {"id": "qwen", "object": "model", "created": 1, "owned_by": "vllm", "root": "qwen", "max_model_len": 40_960},
        {"id": "odd", "object": "model", "max_model_len": None},
        {"id": 7},
        "nothing",
    ],
}
OPENROUTER = {
    "data": [
        {
            "id": "lab/one",
            "name": "Lab: One",
            "context_length": 131_072,
            "pricing": {"prompt": "0.000002", "completion": "0.00001"},
            "top_provider": {"context_length": 131_072, "max_completion_tokens": 16_384},
        },
        {
            "id": "openrouter/auto",
            "name": "Auto Router",
            "context_length": 2_000_000,
            "pricing": {"prompt": "-1", "completion": "-1"},
            "top_provider": {"max_completion_tokens": None},
        },
    ]
}
OLLAMA: dict[str, Any] = {
    "/v1/models": {"object": "list", "data": [{"id": "llama3.2:latest", "object": "model"}, {"id": "gemma:2b"}]},
    "/api/ps": {"models": [{"name": "llama3.2:latest", "context_length": 8_192}]},
    "/api/show": {"model_info": {"general.architecture": "llama", "llama.context_length": 131_072}},
}


@asynccontextmanager
async def playing(answers: Mapping[str, Any], asked: list[web.Request]) -> AsyncGenerator[BaseTestServer]:
    async def on_request(request: web.Request) -> web.Response:
        asked.append(request)
        answer = answers.get(request.path)
        return web.json_response(answer) if answer is not None else web.Response(status=404)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", on_request)
    async with TestServer(app, host="127.0.0.1") as server:
        yield server


async def add(world: World, preset: str, server: BaseTestServer) -> None:
    facts = ProviderFacts(preset=preset, base_url=str(server.make_url("/v1")), needs_key=False)
    await world.broker.ask(PROVIDER_CREATE, CreateProvider(actor=ADA, id="ours", facts=facts))


async def discovered(world: World, provider: str = "ours", **more: Any) -> DiscoveredModels:
    return await world.broker.ask(MODEL_DISCOVER, DiscoverModels(actor=ADA, provider=provider, **more))


async def test_vllm_tells_its_windows_and_what_it_does_not_tell_is_unknown(world: World) -> None:
    await world.worker()
    asked: list[web.Request] = []
    async with playing({"/v1/models": VLLM}, asked) as server:
        await add(world, "vllm", server)
        found = await discovered(world)
        await discovered(world)
    assert [(m.upstream, m.window) for m in found.models] == [("qwen", 40_960), ("odd", None)]
    assert found.models[0].unknown == ("max_output", "input_price", "output_price")
    assert found.complete
    assert len(asked) == 1  # the second answer was remembered


async def test_openrouter_tells_prices_by_the_token(world: World) -> None:
    await world.worker()
    async with playing({"/v1/models": OPENROUTER}, []) as server:
        await add(world, "openrouter", server)
        one, auto = (await discovered(world)).models
    assert one == DiscoveredModel(
        upstream="lab/one",
        display_name="Lab: One",
        window=131_072,
        max_output=16_384,
        input_price=Decimal("0.002"),
        output_price=Decimal("0.01"),
    )
    assert auto.unknown == ("max_output", "input_price", "output_price")


async def test_ollama_is_asked_what_its_models_are_given_and_what_they_could_read(world: World) -> None:
    await world.worker()
    asked: list[web.Request] = []
    async with playing(OLLAMA, asked) as server:
        await add(world, "ollama", server)
        llama, gemma = (await discovered(world)).models
    assert (llama.upstream, llama.window, llama.longest_window) == ("llama3.2:latest", 8_192, 131_072)
    assert (gemma.window, gemma.longest_window) == (None, 131_072)
    assert "window" in gemma.unknown


async def test_ollamas_own_answers_are_not_needed(world: World) -> None:
    await world.worker()
    async with playing({"/v1/models": OLLAMA["/v1/models"]}, []) as server:
        await add(world, "ollama", server)
        models = (await discovered(world)).models
    assert [(m.upstream, m.window, m.longest_window) for m in models] == [
        ("llama3.2:latest", None, None),
        ("gemma:2b", None, None),
    ]


@pytest.mark.parametrize(
    ("provider", "model_id", "from_provider"),
    [
        ("sim-anthropic", "sim-sage", {"window", "max_output"}),
        ("sim-gemini", "sim-dune", {"window", "max_output"}),
        ("sim-openai", "sim-swift", set[str]()),
        ("sim-responses", "sim-ember", set[str]()),
    ],
)
async def test_what_is_in_the_catalogue_is_joined(
    world: World, provider: str, model_id: str, from_provider: set[str]
) -> None:
    await world.worker()
    (model,) = [m for m in (await discovered(world, provider)).models if m.upstream == model_id]
    facts = {"window", "max_output", "input_price", "output_price"}
    assert (model.model_ids, model.unknown, set(model.from_catalogue)) == ((model_id,), (), facts - from_provider)
    assert model.window
    assert model.display_name


async def test_a_key_is_leased_for_it_and_what_the_provider_says_of_it_is_told(
    world: World, simulator: SimulatorServer
) -> None:
    await world.worker()
    world.neighbours.lease_host = urlsplit(simulator.openai_url).netloc
    assert (await discovered(world, "openai", key_id=KEY_ID)).models
    (lease,) = world.neighbours.leases
    assert (lease.purpose.kind, lease.provider) == ("check", None)
    await world.until(lambda: [c.valid for c in world.neighbours.key_checks] == [True])
    record = simulator.stage.recorder.records()[-1]
    assert record.key is not None
    assert record.key.last4 == world.neighbours.secret[-4:]


async def test_a_key_for_another_place_is_not_sent(world: World, simulator: SimulatorServer) -> None:
    await world.worker()
    world.neighbours.lease_host = "elsewhere.example"
    with pytest.raises(Failure) as refusal:
        await discovered(world, "openai", key_id=KEY_ID)
    assert refusal.value.code is ErrorCode.KEY_INVALID
    assert simulator.stage.recorder.records() == []


async def test_a_provider_that_needs_a_key_is_not_asked_without(world: World) -> None:
    await world.worker()
    for provider, code in (("openai", ErrorCode.KEY_MISSING), ("nobody", ErrorCode.NOT_FOUND)):
        with pytest.raises(Failure) as refusal:
            await discovered(world, provider)
        assert refusal.value.code is code


@pytest.mark.parametrize("body", ["<html>", "[1]"])
async def test_a_list_that_is_none_is_a_clear_error(world: World, body: str) -> None:
    await world.worker()

    async def on_request(_: web.Request) -> web.Response:
        return web.Response(text=body, content_type="application/json")

    app = web.Application()
    app.router.add_get("/v1/models", on_request)
    async with TestServer(app, host="127.0.0.1") as server:
        await add(world, "vllm", server)
        with pytest.raises(Failure) as refusal:
            await discovered(world)
    assert refusal.value.code is ErrorCode.PROVIDER_REFUSED
    assert body not in refusal.value.message
