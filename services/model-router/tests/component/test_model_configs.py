"""What people choose for a model reaches the provider in its own words, and nothing that nobody chose."""

import asyncio
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select

from palaver.contracts.actors import Actor
from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.identity import USER_DELETED, UserDeleted
from palaver.contracts.ids import UserId
from palaver.contracts.model_configs import CONFIG_GET, CONFIG_PUT, GetModelConfig, ModelConfig, PutModelConfig
from palaver.contracts.session_log import AnswerSettings
from palaver.model_router.app import SCHEMA
from palaver.model_router.tables import configs
from palaver.model_router.testing.world import PAYER, World
from palaver.servicekit.database import Database
from palaver.servicekit.testing.fault_proxy import FaultProxy
from palaver.simulator.server import SimulatorServer

pytest_plugins = ["palaver.simulator.testing"]
pytestmark = pytest.mark.component

ADA = Actor(user_id=PAYER)
EVE = Actor(user_id=UserId("01900000-0000-7000-8000-00000000000e"))


async def choose(world: World, model_id: str, actor: Actor = ADA, **chosen: Any) -> ModelConfig:
    return await world.broker.ask(CONFIG_PUT, PutModelConfig(actor=actor, model_id=model_id, **chosen))


async def request_of_a_turn(world: World, simulator: SimulatorServer, model_id: str, **seat: Any) -> dict[str, Any]:
    """What the provider was asked."""
    await world.outcome(await world.order(model_id, settings=AnswerSettings(**seat)))
    return dict(simulator.stage.recorder.records()[-1].body)


async def test_before_anybody_chose_the_usual_figures_are_shown_and_none_is_sent(
    world: World, simulator: SimulatorServer
) -> None:
    await world.worker()
    shown = await world.broker.ask(CONFIG_GET, GetModelConfig(actor=ADA, model_id="sim-moth"))
    assert (shown.temperature, shown.max_tokens, shown.top_p, shown.chosen) == (0.7, 2_048, 1.0, ())
    body = await request_of_a_turn(world, simulator, "sim-moth")
    assert not {"temperature", "top_p"} & body.keys()


async def test_what_was_chosen_is_asked_of_the_provider_from_the_next_turn_on(
    world: World, simulator: SimulatorServer
) -> None:
    await world.worker()
    await world.worker()  # whoever answers, the other one runs a turn, too
    await request_of_a_turn(world, simulator, "sim-moth")
    kept = await choose(world, "sim-moth", temperature=0.3, max_tokens=77)
    assert (kept.temperature, kept.max_tokens, kept.chosen) == (0.3, 77, ("temperature", "max_tokens"))
    for _ in range(6):
        body = await request_of_a_turn(world, simulator, "sim-moth")
        assert (body["temperature"], body["max_completion_tokens"], "top_p" in body) == (0.3, 77, False)
    await choose(world, "sim-moth", top_p=0.5)
    body = await request_of_a_turn(world, simulator, "sim-moth")
    assert ("temperature" in body, body["top_p"]) == (False, 0.5)


@pytest.mark.parametrize(
    ("model_id", "place", "sent"),
    [("sim-wren", (), 1.0), ("sim-dune", ("generationConfig",), 2.0), ("sim-sage", (), None)],
)
async def test_each_model_gets_what_it_takes(
    world: World, simulator: SimulatorServer, model_id: str, place: tuple[str, ...], sent: float | None
) -> None:
    await world.worker()
    await choose(world, model_id, temperature=2.0)
    body = await request_of_a_turn(world, simulator, model_id)
    for step in place:
        body = body[step]
    assert body.get("temperature") == sent


async def test_a_seats_own_settings_go_first_wish_by_wish(world: World, simulator: SimulatorServer) -> None:
    await world.worker()
    await choose(world, "sim-moth", temperature=0.3, max_tokens=77)
    body = await request_of_a_turn(world, simulator, "sim-moth", temperature=1.5)
    assert (body["temperature"], body["max_completion_tokens"]) == (1.5, 77)


async def test_what_is_chosen_is_ones_own_and_by_model(world: World, simulator: SimulatorServer) -> None:
    await world.worker()
    await choose(world, "sim-moth", EVE, temperature=0.1)
    await choose(world, "sim-pebble", temperature=0.2)
    assert "temperature" not in await request_of_a_turn(world, simulator, "sim-moth")
    theirs = await world.broker.ask(CONFIG_GET, GetModelConfig(actor=EVE, model_id="sim-moth"))
    mine = await world.broker.ask(CONFIG_GET, GetModelConfig(actor=ADA, model_id="sim-moth"))
    assert (theirs.temperature, theirs.chosen, mine.chosen) == (0.1, ("temperature",), ())


async def test_of_somebody_who_is_gone_nothing_is_left(world: World, simulator: SimulatorServer) -> None:
    await world.worker()
    await choose(world, "sim-moth", temperature=0.3)
    await choose(world, "sim-moth", EVE, temperature=0.1)
    await request_of_a_turn(world, simulator, "sim-moth")
    await world.broker.publish(USER_DELETED, UserDeleted(user_id=PAYER, at=datetime.now(UTC)), PAYER)
    database = Database(world.database, schema=SCHEMA)
    async with asyncio.timeout(10):
        while await kept(database) != {EVE.user_id}:  # noqa: ASYNC110 - the store says when
            await asyncio.sleep(0.02)
    await database.stop()
    assert "temperature" not in await request_of_a_turn(world, simulator, "sim-moth")


async def kept(database: Database) -> set[str]:
    """Whose choices there are."""
    async with database.read() as conn:
        return set((await conn.execute(select(configs.c.user_id))).scalars())


@pytest.mark.parametrize(
    ("model_id", "chosen", "code"),
    [
        ("gpt-99", {"temperature": 1}, ErrorCode.MODEL_NOT_FOUND),
        ("sim-moth", {"max_tokens": 1_025}, ErrorCode.VALIDATION_FAILED),
    ],
)
async def test_what_cannot_be_is_refused(world: World, model_id: str, chosen: dict[str, Any], code: ErrorCode) -> None:
    await world.worker()
    with pytest.raises(Failure) as refusal:
        await choose(world, model_id, **chosen)
    assert refusal.value.code is code


async def test_a_database_that_is_away_costs_no_turn_its_answer(world: World, simulator: SimulatorServer) -> None:
    url = urlsplit(world.database.url.get_secret_value())
    proxy = FaultProxy(url.port or 0)
    await proxy.start()
    try:
        there = url.netloc.rpartition("@")[0] + f"@127.0.0.1:{proxy.port}"
        await world.worker(database={"url": url._replace(netloc=there).geturl()})
        await choose(world, "sim-moth", temperature=0.3)
        await request_of_a_turn(world, simulator, "sim-moth")
        proxy.stall()
        body = await request_of_a_turn(world, simulator, "sim-moth")
        assert body["temperature"] == 0.3
    finally:
        proxy.heal()
        await proxy.stop()


async def test_a_payer_who_was_never_read_does_not_wait_for_the_database(
    world: World, simulator: SimulatorServer
) -> None:
    url = urlsplit(world.database.url.get_secret_value())
    proxy = FaultProxy(url.port or 0)
    await proxy.start()
    try:
        there = url.netloc.rpartition("@")[0] + f"@127.0.0.1:{proxy.port}"
        await world.worker(database={"url": url._replace(netloc=there).geturl()})
        proxy.stall()
        assert "temperature" not in await request_of_a_turn(world, simulator, "sim-moth")
    finally:
        proxy.heal()
        await proxy.stop()
