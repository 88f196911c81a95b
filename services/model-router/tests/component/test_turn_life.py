"""One turn from its order to its outcome, over a real broker and real HTTP."""

import asyncio

import pytest

from palaver.contracts.failures import ErrorCode
from palaver.contracts.ids import TurnId
from palaver.contracts.keyvault import KEY_REVOKED, KeyRevoked
from palaver.contracts.model_router import TURN_SNAPSHOT, ReadSnapshots, TurnCompleted, TurnFailed, TurnStopped
from palaver.contracts.session import TURN_STOP, TurnsStopping
from palaver.model_router.testing.neighbours import KEY_ID
from palaver.model_router.testing.world import PAYER, World
from palaver.simulator.faults import Fault, Script
from palaver.simulator.server import SimulatorServer

pytest_plugins = ["palaver.simulator.testing"]
pytestmark = pytest.mark.component

LONG = "tea 茶 🍵 " * 2_000


@pytest.mark.parametrize("model", ["sim-swift", "sim-sage"])
async def test_a_turn_is_claimed_prepared_streamed_metered_and_ended(
    world: World, simulator: SimulatorServer, model: str
) -> None:
    kit = await world.worker()
    turn_id = await world.order(model)
    outcome = await world.outcome(turn_id)
    said = world.neighbours

    assert isinstance(outcome, TurnCompleted)
    (record,) = simulator.stage.recorder.records(model)
    assert record.completed
    assert outcome.text == record.text == said.shown(turn_id)
    assert outcome.finish_reason == "stop"
    assert outcome.worker == kit.instance
    assert outcome.context is not None
    assert (outcome.context.used, outcome.context.maximum) == (said.window.used, said.window.maximum)

    (claim,) = said.claims
    assert (claim.turn_id, claim.attempt, claim.worker) == (turn_id, 1, kit.instance)
    (window,) = said.windows
    assert (window.min_seq, window.before.round, window.profile.model_id) == (7, 3, model)
    assert said.leases == []  # demo models need no key
    (reservation,) = said.reservations
    assert reservation.payer == PAYER

    (usage,) = said.usages
    assert usage.usage.tokens_input == record.tokens_input
    assert usage.usage.tokens_output == record.tokens_sent
    assert not usage.usage.estimated
    assert usage.outcome == "completed"
    assert outcome.cost == usage.cost > 0
    assert reservation.amount > usage.cost

    (started,) = said.started
    assert (started.turn_id, started.attempt, started.model) == (turn_id, 1, model)
    assert outcome.first_token_at == started.at


async def test_the_provider_gets_exactly_the_window(world: World, simulator: SimulatorServer) -> None:
    await world.worker()
    await world.outcome(await world.order("sim-swift"))
    await world.outcome(await world.order("sim-scribe"))
    system, user = (message.text for message in world.neighbours.window.messages)
    first, second = simulator.stage.recorder.records()
    assert first.body["messages"] == [{"role": "system", "content": system}, {"role": "user", "content": user}]
    assert first.body["model"] == "sim-swift"
    assert (second.body["system"], second.body["messages"]) == (system, [{"role": "user", "content": user}])


async def test_the_other_formats_carry_exactly_the_window_too(world: World, simulator: SimulatorServer) -> None:
    await world.worker()
    await world.outcome(await world.order("sim-finch"))
    await world.outcome(await world.order("sim-comet"))
    system, user = (message.text for message in world.neighbours.window.messages)
    first, second = simulator.stage.recorder.records()
    assert (first.protocol, first.path) == ("openai-responses", "/openai/v1/responses")
    assert (first.body["instructions"], first.body["input"]) == (system, [{"role": "user", "content": user}])
    assert second.path == "/gemini/v1beta/models/sim-comet:streamGenerateContent"
    assert second.body["systemInstruction"] == {"parts": [{"text": system}]}
    assert second.body["contents"] == [{"role": "user", "parts": [{"text": user}]}]


async def test_an_echoed_name_is_stripped_and_paid_for(world: World, simulator: SimulatorServer) -> None:
    simulator.stage.scripts.arm(Script(model="sim-echo", text="<<< Ada (model) >>>\nTea is fine."))
    await world.worker()
    turn_id = await world.order("sim-echo")
    assert (await world.outcome(turn_id)).text == world.neighbours.shown(turn_id) == "Tea is fine."


async def test_several_turns_run_at_once(world: World, simulator: SimulatorServer) -> None:
    simulator.stage.scripts.arm(Script(text="tea " * 60, tokens_per_second=20, count=20))
    await world.worker()
    turns = [await world.order("sim-echo" if n % 2 else "sim-mirror") for n in range(20)]
    outcomes = await asyncio.gather(*(world.outcome(turn) for turn in turns))
    records = simulator.stage.recorder.records()
    assert all(isinstance(outcome, TurnCompleted) for outcome in outcomes)
    assert max(r.at for r in records) < min(r.finished_at or 0 for r in records)
    assert all(world.neighbours.shown(turn) == "tea " * 60 for turn in turns)


async def test_a_turn_that_is_somebody_elses_is_dropped(world: World, simulator: SimulatorServer) -> None:
    world.neighbours.verdict = "drop"
    await world.worker()
    await world.order("sim-swift")
    await world.until(lambda: len(world.neighbours.claims) == 1)
    world.neighbours.verdict = "run"
    await world.outcome(await world.order("sim-swift"))
    assert len(simulator.stage.recorder.records()) == 1
    assert len(world.neighbours.reservations) == 1


async def test_while_a_claim_waits_for_its_answer_the_window_is_there_and_nothing_is_called(
    world: World, simulator: SimulatorServer
) -> None:
    world.neighbours.session_up = False
    await world.worker()
    turn_id = await world.order("sim-swift")
    await world.until(lambda: len(world.neighbours.claims) > 1)
    assert len(world.neighbours.windows) == 1
    assert world.neighbours.reservations == []
    assert simulator.stage.recorder.records() == []
    world.neighbours.session_up = True
    assert isinstance(await world.outcome(turn_id), TurnCompleted)


async def test_a_turn_waits_for_a_context_that_is_down(world: World, simulator: SimulatorServer) -> None:
    world.neighbours.context_up = False
    await world.worker()
    turn_id = await world.order("sim-swift")
    await world.until(lambda: len(world.neighbours.windows) > 1)
    assert simulator.stage.recorder.records() == []
    world.neighbours.context_up = True
    assert isinstance(await world.outcome(turn_id), TurnCompleted)


# ---- stop, lost, renewals ------------------------------------------------------------------------------------------


async def _streaming(world: World, simulator: SimulatorServer, model: str = "sim-echo") -> TurnId:
    simulator.stage.scripts.arm(Script(model=model, text=LONG, tokens_per_second=200))
    turn_id = await world.order(model)
    await world.until(lambda: len(world.neighbours.deltas[turn_id]) > 5)
    return turn_id


@pytest.mark.parametrize("model", ["sim-echo", "sim-mirror"])
async def test_a_stop_cuts_the_provider_keeps_the_text_and_is_metered(
    world: World, simulator: SimulatorServer, model: str
) -> None:
    await world.worker()
    turn_id = await _streaming(world, simulator, model)
    await world.broker.send(TURN_STOP, TurnsStopping(turns=(turn_id,)))
    outcome = await world.outcome(turn_id)
    assert isinstance(outcome, TurnStopped)
    assert outcome.text == world.neighbours.shown(turn_id)
    assert LONG.startswith(outcome.text)
    assert outcome.text
    (record,) = simulator.stage.recorder.records()
    await world.until(lambda: record.client_closed_at is not None)
    (usage,) = world.neighbours.usages
    assert (usage.outcome, usage.usage.estimated) == ("stopped", True)
    assert usage.usage.tokens_input > 0
    assert usage.usage.tokens_output > 0


async def test_a_stop_that_comes_with_a_renewal_counts_too(world: World, simulator: SimulatorServer) -> None:
    await world.worker()
    turn_id = await _streaming(world, simulator)
    world.neighbours.status[turn_id] = "stopped"
    assert isinstance(await world.outcome(turn_id), TurnStopped)


async def test_a_stop_cancels_the_pause_before_a_retry(world: World, simulator: SimulatorServer) -> None:
    # Far within the turn's time, for a breaker waits up to its share longer than it was asked to.
    simulator.stage.faults.arm(Fault(kind="rate_limit", retry_after_seconds=20, count=9))
    await world.worker()
    turn_id = await world.order("sim-swift")
    await world.until(lambda: len(simulator.stage.recorder.records()) == 1)
    await world.broker.send(TURN_STOP, TurnsStopping(turns=(turn_id,)))
    assert isinstance(await world.outcome(turn_id), TurnStopped)


async def test_a_lost_turn_is_aborted_metered_and_says_nothing_more(world: World, simulator: SimulatorServer) -> None:
    await world.worker()
    turn_id = await _streaming(world, simulator)
    world.neighbours.status[turn_id] = "lost"
    await world.until(lambda: len(world.neighbours.usages) == 1)
    assert world.neighbours.usages[0].outcome == "cut"
    await world.outcome(await world.order("sim-swift"))
    assert [o.turn_id for o in world.neighbours.outcomes].count(turn_id) == 0


async def test_renewals_checkpoint_the_text_and_name_the_open_call(world: World, simulator: SimulatorServer) -> None:
    await world.worker()
    turn_id = await _streaming(world, simulator)
    first = next(r for r in world.neighbours.renewals if r.turn_id == turn_id)
    assert first.open_call is not None
    assert (first.open_call.model, first.open_call.tokens_input) == ("sim-echo", world.neighbours.window.used)
    await world.until(lambda: len(world.neighbours.checkpoints[turn_id, 1]) > 100)
    assert LONG.startswith(world.neighbours.checkpoints[turn_id, 1])


async def test_a_worker_that_cannot_renew_goes_on_and_catches_up(world: World, simulator: SimulatorServer) -> None:
    simulator.stage.scripts.arm(Script(model="sim-echo", text="tea " * 600, tokens_per_second=200))
    await world.worker()
    turn_id = await world.order("sim-echo")
    await world.until(lambda: bool(world.neighbours.deltas[turn_id]))
    world.neighbours.session_up = world.neighbours.ends_turns = False
    outcome = await world.outcome(turn_id)
    world.neighbours.session_up = True
    assert isinstance(outcome, TurnCompleted)
    await world.until(lambda: world.neighbours.checkpoints[turn_id, 1] == outcome.text)


async def test_a_turn_is_renewed_until_session_says_ended(world: World) -> None:
    world.neighbours.ends_turns = False
    kit = await world.worker()
    turn_id = await world.order("sim-swift")
    await world.outcome(turn_id)

    async def held() -> int:
        answer = await world.broker.ask(TURN_SNAPSHOT, ReadSnapshots(turns=(turn_id,)), kit.instance)
        return len(answer.turns)

    seen = len(world.neighbours.renewals)
    await world.until(lambda: len(world.neighbours.renewals) > seen + 1)
    assert await held() == 1
    world.neighbours.status[turn_id] = "ended"
    async with asyncio.timeout(5):
        while await held():  # noqa: ASYNC110 - only asking shows it
            await asyncio.sleep(0.01)


async def test_a_snapshot_is_a_prefix_of_the_answer_and_knows_only_own_turns(
    world: World, simulator: SimulatorServer
) -> None:
    kit = await world.worker()
    turn_id = await _streaming(world, simulator)
    request = ReadSnapshots(turns=(turn_id, TurnId("somebody-elses")))
    (snapshot,) = (await world.broker.ask(TURN_SNAPSHOT, request, kit.instance)).turns
    assert (snapshot.turn_id, snapshot.attempt) == (turn_id, 1)
    assert snapshot.text
    assert LONG.startswith(snapshot.text)


async def test_a_job_delivered_twice_is_called_once(world: World, simulator: SimulatorServer) -> None:
    await world.worker()
    turn_id = await _streaming(world, simulator)
    await world.order("sim-echo", turn_id=turn_id)
    await world.outcome(await world.order("sim-swift"))
    assert len(simulator.stage.recorder.records("sim-echo")) == 1


# ---- money and keys ------------------------------------------------------------------------------------------------


async def test_without_money_no_provider_is_called(world: World, simulator: SimulatorServer) -> None:
    world.neighbours.money = False
    await world.worker()
    outcome = await world.outcome(await world.order("sim-swift"))
    assert isinstance(outcome, TurnFailed)
    assert outcome.code is ErrorCode.QUOTA_EXCEEDED
    assert simulator.stage.recorder.records() == []
    assert world.neighbours.usages == []


async def test_a_leased_key_is_used_once_asked_for_and_forgotten_when_revoked(
    world: World, simulator: SimulatorServer
) -> None:
    await world.worker()
    for model in ("gpt-4o", "gpt-4o-mini"):
        await world.outcome(await world.order(model))  # the simulator knows neither, after taking the key
    assert len(world.neighbours.leases) == 1
    assert {r.key.last4 for r in simulator.stage.recorder.records() if r.key} == {"1234"}
    await world.broker.send(KEY_REVOKED, KeyRevoked(key_id=KEY_ID))
    await world.broker.ping()
    await world.outcome(await world.order("gpt-4.1"))
    assert len(world.neighbours.leases) == 2


async def test_a_worker_that_was_away_from_the_broker_forgets_all_keys(world: World) -> None:
    kit = await world.worker()
    back = asyncio.Event()
    kit.broker.listen(back.set)
    await world.outcome(await world.order("gpt-4o"))
    await world.outcome(await world.order("gpt-4o-mini"))
    assert len(world.neighbours.leases) == 1
    kit.broker.nc._transport.close()  # pyright: ignore[reportPrivateUsage, reportOptionalMemberAccess]  # as a network does
    await asyncio.wait_for(back.wait(), 20)
    await world.outcome(await world.order("gpt-4.1"))
    assert len(world.neighbours.leases) == 2


async def test_a_key_for_another_host_is_never_sent(world: World, simulator: SimulatorServer) -> None:
    world.neighbours.lease_host = "elsewhere.example"
    await world.worker()
    outcome = await world.outcome(await world.order("gpt-4o"))
    assert isinstance(outcome, TurnFailed)
    assert outcome.code is ErrorCode.KEY_INVALID
    assert simulator.stage.recorder.records() == []


async def test_a_missing_key_is_said_in_the_keyvaults_words(world: World) -> None:
    world.neighbours.secret = ""
    await world.worker()
    outcome = await world.outcome(await world.order("claude-haiku-4-5"))
    assert isinstance(outcome, TurnFailed)
    assert (outcome.code, outcome.retryable) == (ErrorCode.KEY_MISSING, False)


async def test_a_key_that_the_provider_refuses_is_announced_and_not_used_again(
    world: World, simulator: SimulatorServer, invalid_key: str
) -> None:
    world.neighbours.secret = invalid_key
    await world.worker()
    outcome = await world.outcome(await world.order("gpt-4o"))
    assert isinstance(outcome, TurnFailed)
    assert outcome.code is ErrorCode.KEY_INVALID
    assert invalid_key[-8:] not in outcome.model_dump_json()
    (check,) = world.neighbours.key_checks
    assert (check.key_id, check.valid) == (KEY_ID, False)
    again = await world.outcome(await world.order("gpt-4o"))
    assert isinstance(again, TurnFailed)
    assert again.code is ErrorCode.KEY_INVALID
    assert len(simulator.stage.recorder.records()) == 1


async def test_a_model_that_is_not_in_the_catalogue_fails(world: World) -> None:
    await world.worker()
    outcome = await world.outcome(await world.order("gpt-99"))
    assert isinstance(outcome, TurnFailed)
    assert outcome.code is ErrorCode.MODEL_NOT_FOUND
