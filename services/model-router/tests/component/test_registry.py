"""Administrators add providers and models while workers run; the database is read in the real store."""

import asyncio
from collections.abc import Awaitable, Mapping
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import pytest

from palaver.contracts.actors import Actor, Role
from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.identity import PersonRole
from palaver.contracts.ids import UserId
from palaver.contracts.model_router import (
    AUDIT_RECORDED,
    MODEL_LIST,
    MODEL_READ,
    PROVIDER_LIST,
    ListModels,
    ListProviders,
    ReadModels,
)
from palaver.contracts.operations import AuditRecorded
from palaver.contracts.registry import (
    MODEL_CREATE,
    MODEL_DELETE,
    MODEL_REGISTERED,
    MODEL_UPDATE,
    PROVIDER_CREATE,
    PROVIDER_DELETE,
    PROVIDER_REGISTERED,
    PROVIDER_UPDATE,
    CreateModel,
    CreateProvider,
    ListRegistered,
    ModelFacts,
    OfModel,
    OfProvider,
    ProviderFacts,
    PutModel,
    PutProvider,
    RegisteredModel,
    RegisteredProvider,
)
from palaver.model_router.testing.world import World
from palaver.servicekit.routes import hear
from palaver.servicekit.service import Service
from palaver.servicekit.testing.fault_proxy import FaultProxy
from palaver.servicekit.testing.kits import KitFor, Running
from palaver.simulator.server import SimulatorServer

pytest_plugins = ["palaver.simulator.testing"]
pytestmark = pytest.mark.component

ADMIN = Actor(
    user_id=UserId("01900000-0000-7000-8000-00000000000a"), role=Role.ADMIN, address="192.0.2.1", device="console/1"
)
MEMBER = ADMIN.model_copy(update={"role": Role.MEMBER})
PROMPT_SECONDS = 10.0
"""Well below the patience for a statement."""
FACTS: dict[str, Any] = {"provider": "ours", "window": 32_768, "max_output": 4_096, "input_price": 0, "output_price": 0}


async def add_provider(world: World, url: str, provider_id: str = "ours", **facts: Any) -> RegisteredProvider:
    given = ProviderFacts.model_validate({"protocol": "openai", "base_url": url, "needs_key": False} | facts)
    return await world.broker.ask(PROVIDER_CREATE, CreateProvider(actor=ADMIN, id=provider_id, facts=given))


async def add_model(world: World, model_id: str = "ours/swift", **facts: Any) -> RegisteredModel:
    given = ModelFacts.model_validate(FACTS | {"upstream": "sim-swift"} | facts)
    return await world.broker.ask(MODEL_CREATE, CreateModel(actor=ADMIN, id=model_id, facts=given))


async def rows(world: World, statement: str) -> list[Mapping[str, Any]]:
    connection: Any = await asyncpg.connect(world.database.url.get_secret_value(), ssl=False)
    try:
        return [dict(row) for row in await connection.fetch(statement)]
    finally:
        await connection.close()


async def test_a_model_that_is_added_answers_at_once(world: World, simulator: SimulatorServer) -> None:
    await world.worker()
    provider = await add_provider(world, simulator.openai_url)
    model = await add_model(world)
    assert (provider.source, provider.host, provider.tokenizer) == ("admin", provider.host, "approximate")
    assert (model.source, model.reserve, model.updated_by) == ("admin", 4_096, ADMIN.user_id)
    outcome = await world.outcome(await world.order("ours/swift"))
    (record,) = simulator.stage.recorder.records()
    assert (outcome.text, outcome.model, record.model) == (record.text, "ours/swift", "sim-swift")
    assert world.neighbours.windows[0].profile.window == 32_768


async def test_every_worker_knows_a_change_within_a_second(world: World, simulator: SimulatorServer) -> None:
    kits = [await world.worker(), await world.worker()]
    await add_provider(world, simulator.openai_url)
    await add_model(world)
    async with asyncio.timeout(1):
        while not await _known_to_all(world, len(kits)):  # noqa: ASYNC110 - only asking shows it
            await asyncio.sleep(0.01)


async def _known_to_all(world: World, workers: int) -> bool:
    """Replicas share the questions, so many of them reach each."""
    answers = [
        await world.broker.ask(MODEL_LIST, ListModels(actor=MEMBER, provider="ours")) for _ in range(8 * workers)
    ]
    return all([card.id for card in answer.models] == ["ours/swift"] for answer in answers)


async def test_what_was_added_outlives_the_workers(world: World, simulator: SimulatorServer) -> None:
    _, life = await world.own_worker()
    async with life:
        await add_provider(world, simulator.openai_url)
        await add_model(world)
    await world.worker()
    answer = await world.broker.ask(MODEL_READ, ReadModels(ids=("ours/swift",)))
    assert [(card.id, card.source) for card in answer.models] == [("ours/swift", "admin")]
    assert [row["id"] for row in await rows(world, "SELECT id FROM model_router.models")] == ["ours/swift"]


async def test_a_change_and_its_audit_entry_are_one(
    world: World, simulator: SimulatorServer, kit_for: KitFor, running: Running
) -> None:
    heard: list[AuditRecorded] = []

    async def on_audit(entry: AuditRecorded) -> None:
        heard.append(entry)

    kit = await kit_for("identity")
    async with running(Service("identity", (hear(AUDIT_RECORDED, on_audit),)), kit):
        await world.worker()
        await add_provider(world, simulator.openai_url)
        with pytest.raises(Failure) as refusal:
            await world.broker.ask(PROVIDER_DELETE, OfProvider(actor=MEMBER, id="ours"))
        await world.until(lambda: len(heard) == 2)
    assert refusal.value.code is ErrorCode.FORBIDDEN
    assert [(e.action, e.target_id, e.outcome, e.actor_id, e.address, e.device) for e in heard] == [
        ("provider.create", "ours", "done", ADMIN.user_id, "192.0.2.1", "console/1"),
        ("provider.delete", "ours", "refused", ADMIN.user_id, "192.0.2.1", "console/1"),
    ]


@pytest.mark.parametrize(
    "known",
    [PersonRole(role=Role.MEMBER, active=True), PersonRole(role=Role.OWNER, active=False), None],
    ids=["demoted", "suspended", "gone"],
)
async def test_what_a_token_claims_is_not_enough(
    world: World, simulator: SimulatorServer, known: PersonRole | None
) -> None:
    await world.worker()
    await add_provider(world, simulator.openai_url)
    world.neighbours.person = known
    attempts: tuple[Awaitable[object], ...] = (
        world.broker.ask(PROVIDER_REGISTERED, ListRegistered(actor=ADMIN)),
        world.broker.ask(PROVIDER_DELETE, OfProvider(actor=ADMIN, id="ours")),
        world.broker.ask(MODEL_REGISTERED, ListRegistered(actor=ADMIN)),
        world.broker.ask(MODEL_DELETE, OfModel(actor=ADMIN, id="ours/swift")),
        add_provider(world, simulator.openai_url, "another"),
        add_model(world),
    )
    for answer in await asyncio.gather(*attempts, return_exceptions=True):
        assert isinstance(answer, Failure)
        assert answer.code is ErrorCode.FORBIDDEN
    assert [row["id"] for row in await rows(world, "SELECT id FROM model_router.providers")] == ["ours"]


async def test_members_see_cards_and_change_nothing(world: World) -> None:
    await world.worker()
    facts = ModelFacts.model_validate(FACTS | {"provider": "sim-openai"})
    for ask in (
        world.broker.ask(PROVIDER_REGISTERED, ListRegistered(actor=MEMBER)),
        world.broker.ask(MODEL_REGISTERED, ListRegistered(actor=MEMBER)),
        world.broker.ask(MODEL_CREATE, CreateModel(actor=MEMBER, id="mine", facts=facts)),
        world.broker.ask(MODEL_UPDATE, PutModel(actor=MEMBER, id="sim-swift", facts=facts)),
        world.broker.ask(MODEL_DELETE, OfModel(actor=MEMBER, id="sim-swift")),
    ):
        with pytest.raises(Failure) as refusal:
            await ask
        assert refusal.value.code is ErrorCode.FORBIDDEN
    assert await rows(world, "SELECT id FROM model_router.models") == []


async def test_a_built_in_model_is_replaced_and_comes_back(world: World) -> None:
    await world.worker()
    before = (await world.broker.ask(MODEL_READ, ReadModels(ids=("sim-oak",)))).models[0]
    dearer = ModelFacts.model_validate(
        FACTS | {"provider": "sim-openai", "input_price": "0.5", "display_name": "Oak 2"}
    )
    await world.broker.ask(MODEL_UPDATE, PutModel(actor=ADMIN, id="sim-oak", facts=dearer))
    changed = (await world.broker.ask(MODEL_READ, ReadModels(ids=("sim-oak",)))).models[0]
    assert (changed.display_name, str(changed.input_price), changed.source) == ("Oak 2", "0.5", "admin")
    await world.broker.ask(MODEL_DELETE, OfModel(actor=ADMIN, id="sim-oak"))
    assert (await world.broker.ask(MODEL_READ, ReadModels(ids=("sim-oak",)))).models[0] == before
    with pytest.raises(Failure, match="built in") as refusal:
        await world.broker.ask(MODEL_DELETE, OfModel(actor=ADMIN, id="sim-oak"))
    assert refusal.value.code is ErrorCode.CONFLICT


async def test_a_preset_fills_in_what_is_not_said(world: World) -> None:
    await world.worker()
    facts = ProviderFacts(preset="vllm", display_name="Our cards", base_url="https://vllm.example.org/v1")
    made = await world.broker.ask(PROVIDER_CREATE, CreateProvider(actor=ADMIN, id="cards", facts=facts))
    assert (made.protocol, made.cache.block_tokens, made.needs_key) == ("openai", 16, False)
    moved = facts.model_copy(update={"base_url": "https://other.example.org/v1", "needs_key": True})
    await world.broker.ask(PROVIDER_UPDATE, PutProvider(actor=ADMIN, id="cards", facts=moved))
    cards = (await world.broker.ask(PROVIDER_LIST, ListProviders(actor=MEMBER))).providers
    assert [(c.host, c.needs_key, c.source) for c in cards if c.id == "cards"] == [("other.example.org", True, "admin")]


@pytest.mark.parametrize(
    ("provider", "field"),
    [
        ({"base_url": "https://169.254.169.254/v1"}, "base_url"),
        ({"base_url": "https://10.0.0.7/v1"}, "base_url"),
        ({"base_url": "http://api.example.com/v1"}, "base_url"),
        ({"base_url": None}, "base_url"),
        ({"protocol": "telnet"}, "protocol"),
        ({"protocol": None}, "protocol"),
        ({"preset": "nobody"}, "preset"),
    ],
)
async def test_a_provider_that_cannot_be_is_refused_by_its_field(
    world: World, provider: dict[str, Any], field: str
) -> None:
    await world.worker()
    with pytest.raises(Failure) as refusal:
        await add_provider(world, "https://api.example.com/v1", **provider)
    assert (refusal.value.code, refusal.value.details["field"]) == (ErrorCode.VALIDATION_FAILED, field)


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"provider": "nobody"}, "provider"),
        ({"window": 4_000}, "reserve"),
        ({"reserve": 5_000}, "reserve"),
    ],
)
async def test_a_model_that_cannot_be_is_refused_by_its_field(world: World, facts: dict[str, Any], field: str) -> None:
    await world.worker()
    with pytest.raises(Failure) as refusal:
        await add_model(world, **{"provider": "sim-openai"} | facts)
    assert (refusal.value.code, refusal.value.details["field"]) == (ErrorCode.VALIDATION_FAILED, field)


async def test_ids_are_unique_and_providers_in_use_stay(world: World, simulator: SimulatorServer) -> None:
    await world.worker()
    await add_provider(world, simulator.openai_url)
    await add_model(world)
    for again in (add_provider(world, simulator.openai_url), add_model(world), add_model(world, "sim-swift")):
        with pytest.raises(Failure) as refusal:
            await again
        assert refusal.value.code is ErrorCode.CONFLICT
    with pytest.raises(Failure) as used:
        await world.broker.ask(PROVIDER_DELETE, OfProvider(actor=ADMIN, id="ours"))
    assert (used.value.code, used.value.details["models"]) == (ErrorCode.CONFLICT, ["ours/swift"])
    await world.broker.ask(MODEL_DELETE, OfModel(actor=ADMIN, id="ours/swift"))
    await world.broker.ask(PROVIDER_DELETE, OfProvider(actor=ADMIN, id="ours"))
    assert await rows(world, "SELECT id FROM model_router.providers") == []


async def test_what_a_worker_cannot_use_does_not_keep_it_from_the_rest(
    world: World, simulator: SimulatorServer
) -> None:
    _, life = await world.own_worker()
    async with life:
        await add_provider(world, simulator.openai_url)
        await add_model(world)
    await rows(world, """UPDATE model_router.providers SET facts = facts || '{"protocol": "gone"}' RETURNING id""")
    await world.worker()
    assert (await world.broker.ask(MODEL_READ, ReadModels(ids=("ours/swift",)))).models == ()
    assert (await world.outcome(await world.order("sim-swift"))).text


async def test_turns_go_on_without_the_database(world: World, simulator: SimulatorServer) -> None:
    url = urlsplit(world.database.url.get_secret_value())
    proxy = FaultProxy(url.port or 0)
    await proxy.start()
    try:
        there = url.netloc.rpartition("@")[0] + f"@127.0.0.1:{proxy.port}"
        await world.worker(database={"url": url._replace(netloc=there).geturl()})
        await add_provider(world, simulator.openai_url)
        await add_model(world)
        proxy.stall()
        before = monotonic()
        assert (await world.outcome(await world.order("ours/swift"))).text
        assert monotonic() - before < PROMPT_SECONDS
    finally:
        proxy.heal()
        await proxy.stop()
