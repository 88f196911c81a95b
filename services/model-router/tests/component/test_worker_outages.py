"""The worker when the broker goes, when it is told to stop, and when it is one of two."""

import asyncio

import pytest

from palaver.contracts.actors import Actor
from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.model_router import (
    KEY_VALIDATE,
    MODEL_LIST,
    MODEL_READ,
    PROVIDER_LIST,
    ListModels,
    ListProviders,
    ReadModels,
    TurnCompleted,
    ValidateKey,
)
from palaver.model_router.testing.neighbours import KEY_ID
from palaver.model_router.testing.world import PAYER, World
from palaver.servicekit.testing.infrastructure import RunningNats
from palaver.simulator.faults import Fault, Script
from palaver.simulator.server import SimulatorServer

pytest_plugins = ["palaver.simulator.testing"]
pytestmark = pytest.mark.component

ACTOR = Actor(user_id=PAYER)
WORDS = "tea 茶 🍵 " * 400


async def test_a_broker_restart_repeats_no_call_and_loses_no_text(
    world: World, simulator: SimulatorServer, nats_server: RunningNats
) -> None:
    simulator.stage.scripts.arm(Script(model="sim-echo", text=WORDS, tokens_per_second=300))
    await world.worker()
    turn_id = await world.order("sim-echo")
    await world.until(lambda: len(world.neighbours.deltas[turn_id]) > 10)
    await nats_server.stop()
    await asyncio.sleep(0.5)
    await nats_server.start()
    outcome = await world.outcome(turn_id)
    assert isinstance(outcome, TurnCompleted)
    assert outcome.text == WORDS
    assert len(simulator.stage.recorder.records()) == 1
    assert len(world.neighbours.usages) == 1
    last = max(world.neighbours.deltas[turn_id], key=lambda delta: delta.offset + len(delta.text))
    assert last.offset + len(last.text) == len(WORDS)


async def test_a_worker_that_stops_lets_turns_finish(world: World, simulator: SimulatorServer) -> None:
    simulator.stage.scripts.arm(Script(model="sim-echo", text="tea " * 100, tokens_per_second=100))
    _, life = await world.own_worker()
    async with life:
        turn_id = await world.order("sim-echo")
        await world.until(lambda: bool(world.neighbours.deltas[turn_id]))
    outcome = await world.outcome(turn_id)
    assert isinstance(outcome, TurnCompleted)
    assert outcome.text == "tea " * 100


async def test_a_worker_that_must_stop_meters_what_it_cut_and_hands_the_claim_back(
    world: World, simulator: SimulatorServer
) -> None:
    simulator.stage.scripts.arm(Script(model="sim-echo", text=WORDS * 50, tokens_per_second=100))
    _, life = await world.own_worker(drain_seconds=2.0)
    async with life:
        turn_id = await world.order("sim-echo")
        await world.until(lambda: len(world.neighbours.deltas[turn_id]) > 3)
    released = [r for r in world.neighbours.renewals if r.released]
    assert [r.turn_id for r in released] == [turn_id]
    assert [u.outcome for u in world.neighbours.usages] == ["cut"]
    assert world.neighbours.outcomes == []
    (record,) = simulator.stage.recorder.records()
    await world.until(lambda: record.client_closed_at is not None)


async def test_a_stopping_worker_takes_nothing_new(world: World, simulator: SimulatorServer) -> None:
    simulator.stage.scripts.arm(Script(model="sim-echo", text="tea " * 100, tokens_per_second=100))
    kit, life = await world.own_worker()
    async with life:
        running = await world.order("sim-echo")
        await world.until(lambda: bool(world.neighbours.deltas[running]))
    later = await world.order("sim-swift")
    other = await world.worker()
    assert (await world.outcome(later)).worker == other.instance != kit.instance


async def test_two_workers_share_the_turns_and_no_slot_is_exceeded(world: World, simulator: SimulatorServer) -> None:
    simulator.stage.scripts.arm(Script(text="tea " * 30, tokens_per_second=60, count=8))
    kits = [await world.worker(limits={"max_turns": 2}) for _ in range(2)]
    turns = [await world.order("sim-echo") for _ in range(8)]
    outcomes = await asyncio.gather(*(world.outcome(turn) for turn in turns))
    assert {outcome.worker for outcome in outcomes} == {kit.instance for kit in kits}
    spans = [(r.at, r.finished_at or 0) for r in simulator.stage.recorder.records()]
    most = max(sum(begin <= at < end for begin, end in spans) for at, _ in spans)
    assert most <= 4


# ---- questions -----------------------------------------------------------------------------------------------------


async def test_models_and_providers_are_listed_as_cards(world: World) -> None:
    await world.worker()
    listed = await world.broker.ask(MODEL_LIST, ListModels(actor=ACTOR, provider="sim-anthropic"))
    assert {"sim-sage", "sim-scribe"} <= {model.id for model in listed.models}
    assert {model.provider for model in listed.models} == {"sim-anthropic"}
    read = await world.broker.ask(MODEL_READ, ReadModels(ids=("gpt-4o", "nothing", "sim-swift")))
    assert [model.id for model in read.models] == ["gpt-4o", "sim-swift"]
    providers = await world.broker.ask(PROVIDER_LIST, ListProviders(actor=ACTOR))
    assert {p.id: p.needs_key for p in providers.providers}["sim-openai"] is False


async def test_a_good_key_is_found_valid(world: World, simulator: SimulatorServer) -> None:
    world.neighbours.lease_host = simulator.url.removeprefix("http://")
    await world.worker()
    verdict = await world.broker.ask(KEY_VALIDATE, ValidateKey(actor=ACTOR, key_id=KEY_ID))
    assert (verdict.valid, verdict.code) == (True, None)
    await world.until(lambda: [c.valid for c in world.neighbours.key_checks] == [True])


async def test_a_bad_key_is_found_invalid(world: World, simulator: SimulatorServer, invalid_key: str) -> None:
    world.neighbours.lease_host = simulator.url.removeprefix("http://")
    world.neighbours.secret = invalid_key
    await world.worker()
    verdict = await world.broker.ask(KEY_VALIDATE, ValidateKey(actor=ACTOR, key_id=KEY_ID))
    assert (verdict.valid, verdict.code) == (False, ErrorCode.KEY_INVALID)
    assert invalid_key[-8:] not in verdict.message


async def test_a_provider_that_is_away_proves_nothing_about_a_key(world: World, simulator: SimulatorServer) -> None:
    world.neighbours.lease_host = simulator.url.removeprefix("http://")
    await simulator.stop()
    await world.worker()
    with pytest.raises(Failure) as caught:
        await world.broker.ask(KEY_VALIDATE, ValidateKey(actor=ACTOR, key_id=KEY_ID))
    assert caught.value.code is ErrorCode.PROVIDER_UNAVAILABLE
    assert world.neighbours.key_checks == []


async def test_a_fault_of_one_model_is_that_models_alone(world: World, simulator: SimulatorServer) -> None:
    simulator.stage.faults.arm(Fault(model="sim-swift", kind="quota"))
    await world.worker()
    bad, good = await world.order("sim-swift"), await world.order("sim-sage")
    assert not isinstance(await world.outcome(bad), TurnCompleted)
    assert isinstance(await world.outcome(good), TurnCompleted)
