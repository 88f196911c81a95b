"""Side jobs: one text by a model for a service, paid for like a turn, run by whoever holds the broker's delivery."""

import asyncio

import pytest

from palaver.contracts.failures import ErrorCode
from palaver.contracts.ids import CompletionId
from palaver.contracts.keyvault import LeaseForCompletion
from palaver.contracts.model_router import CompletionCompleted, CompletionFailed, TurnCompleted
from palaver.contracts.streams import COMMANDS
from palaver.model_router.app import COMPLETION_RUN
from palaver.model_router.testing.neighbours import KEY_ID
from palaver.model_router.testing.world import PAYER, World
from palaver.servicekit.testing.infrastructure import RunningNats
from palaver.simulator.faults import Fault, Script
from palaver.simulator.server import SimulatorServer

pytest_plugins = ["palaver.simulator.testing"]
pytestmark = pytest.mark.component

EACH = pytest.mark.parametrize("model", ["sim-swift", "sim-finch", "sim-sage", "sim-dune"])
"""One model of each wire format."""
SUMMARY = "They agree that tea is good. "


async def failed(world: World, completion_id: CompletionId) -> CompletionFailed:
    outcome = await world.side_job_outcome(completion_id)
    assert isinstance(outcome, CompletionFailed)
    return outcome


async def completed(world: World, completion_id: CompletionId) -> CompletionCompleted:
    outcome = await world.side_job_outcome(completion_id)
    assert isinstance(outcome, CompletionCompleted)
    return outcome


async def settled(world: World) -> None:
    """No side job waits or is in work any more, at the broker."""
    async with asyncio.timeout(20):
        while await world.unsettled(COMPLETION_RUN):  # noqa: ASYNC110 - the broker is asked
            await asyncio.sleep(0.02)


async def die_of(world: World, times: int) -> None:
    """So many deliveries of the next side job come to nothing."""
    puller = await world.broker.nc.jetstream().pull_subscribe_bind(COMPLETION_RUN, COMMANDS.name)
    for _ in range(times):
        (message,) = await puller.fetch(1, timeout=10)
        await message.nak()
    await puller.unsubscribe()


# ---- what is asked and answered --------------------------------------------------------------------------------------


async def test_a_side_job_is_reserved_called_booked_and_told(world: World, simulator: SimulatorServer) -> None:
    simulator.stage.scripts.arm(Script(model="sim-swift", text=SUMMARY))
    await world.worker()
    job = await world.side_job("sim-swift", system="Summarise.", prompt_tokens=70)
    outcome = await completed(world, job)
    assert (outcome.text, outcome.finish_reason, outcome.delivery) == (SUMMARY, "stop", 1)
    assert (outcome.asker, outcome.payer, outcome.purpose) == ("context", PAYER, "summary")
    (fact,) = world.neighbours.side_job_usages
    assert (fact.completion_id, fact.delivery, fact.call, fact.outcome) == (job, 1, 1, "completed")
    assert (fact.session_id, fact.payer, fact.purpose) == (world.session_id, PAYER, "summary")
    assert (outcome.usage, outcome.cost) == (fact.usage, fact.cost)
    assert fact.usage.tokens_output > 0
    assert fact.cost > 0
    (reserved,) = world.neighbours.side_job_reservations
    assert (reserved.completion_id, reserved.delivery, reserved.call) == (job, 1, 1)
    assert (reserved.prompt_tokens, reserved.payer) == (70, PAYER)
    assert (reserved.call_id, reserved.key_id) == (fact.call_id, fact.key_id)
    assert reserved.call_id is not None
    assert reserved.amount > reserved.prompt_cost > 0
    (record,) = simulator.stage.recorder.records()
    assert record.body["max_completion_tokens"] == 500
    await settled(world)
    assert world.neighbours.claims == []
    assert world.neighbours.usages == []
    assert dict(world.neighbours.deltas) == {}


@EACH
async def test_every_provider_takes_instructions_and_a_conversation(
    world: World, simulator: SimulatorServer, model: str
) -> None:
    await world.worker()
    question = "How do we find a good name for an old sailing boat?"
    job = await world.side_job(model, "Is tea good?", "It is.", question, system="Write a title.")
    assert (await completed(world, job)).text == "Old sailing boat"
    assert simulator.stage.recorder.records()[-1].status == 200


async def test_the_payers_key_is_lent_for_the_side_job_by_name(world: World, simulator: SimulatorServer) -> None:
    await world.worker()
    job = await world.side_job("gpt-4o")
    await failed(world, job)  # the simulator does not know the model, after taking the key
    assert [lease.purpose for lease in world.neighbours.leases] == [LeaseForCompletion(completion_id=job, payer=PAYER)]
    (fact,) = world.neighbours.side_job_usages
    assert fact.key_id == KEY_ID
    assert [r.key.last4 for r in simulator.stage.recorder.records() if r.key] == ["1234"]


async def test_an_order_that_is_published_twice_is_run_once(world: World, simulator: SimulatorServer) -> None:
    await world.worker()
    job = await world.side_job("sim-swift")
    await completed(world, job)
    assert await world.side_job("sim-swift", completion_id=job) == job
    await settled(world)
    assert len(simulator.stage.recorder.records()) == 1


async def test_a_text_that_does_not_end_is_ended(world: World) -> None:
    await world.worker(limits={"max_answer_characters": 40})
    outcome = await completed(world, await world.side_job("sim-swift"))
    assert (outcome.finish_reason, len(outcome.text)) == ("length", 40)


# ---- what is refused and what fails ----------------------------------------------------------------------------------


async def test_what_does_not_fit_the_window_is_refused_before_anything_is_paid(
    world: World, simulator: SimulatorServer
) -> None:
    await world.worker()
    estimated = await failed(world, await world.side_job("sim-swift", "tea " * 300_000))
    counted = await failed(world, await world.side_job("sim-swift", prompt_tokens=10_000_000))
    assert {estimated.code, counted.code} == {ErrorCode.CONTEXT_OVERFLOW}
    assert not counted.retryable
    assert "10000000 tokens and 500 for the answer" in counted.message
    assert world.neighbours.side_job_reservations == []
    assert simulator.stage.recorder.records() == []
    assert counted.cost is None


async def test_a_payer_without_money_is_refused_before_the_call(world: World, simulator: SimulatorServer) -> None:
    world.neighbours.money = False
    await world.worker()
    outcome = await failed(world, await world.side_job("sim-swift"))
    assert (outcome.code, outcome.retryable) == (ErrorCode.QUOTA_EXCEEDED, False)
    assert simulator.stage.recorder.records() == []
    await settled(world)


async def test_a_payer_without_a_key_is_told_so(world: World) -> None:
    world.neighbours.secret = ""
    await world.worker()
    assert (await failed(world, await world.side_job("gpt-4o"))).code is ErrorCode.KEY_MISSING


async def test_an_unknown_model_is_told_so(world: World) -> None:
    await world.worker()
    assert (await failed(world, await world.side_job("no-such-model"))).code is ErrorCode.MODEL_NOT_FOUND


@EACH
async def test_whatever_fails_is_tried_again_even_in_mid_stream_for_nobody_has_read_it(
    world: World, simulator: SimulatorServer, model: str
) -> None:
    simulator.stage.faults.arm(Fault(kind="server_error"))
    simulator.stage.faults.arm(Fault(kind="cut", after_tokens=4))
    await world.worker()
    outcome = await completed(world, await world.side_job(model))
    refused, cut, whole = simulator.stage.recorder.records()
    assert (refused.text, outcome.text) == ("", whole.text)
    assert cut.text
    facts = world.neighbours.side_job_usages
    assert [(f.call, f.outcome) for f in facts] == [(1, "failed"), (2, "failed"), (3, "completed")]
    assert [r.call for r in world.neighbours.side_job_reservations] == [1, 2, 3]
    assert outcome.cost == sum(f.cost for f in facts)
    assert facts[1].usage.estimated


async def test_a_provider_that_stays_away_is_given_up(world: World, simulator: SimulatorServer) -> None:
    simulator.stage.faults.arm(Fault(kind="server_error", count=9))
    await world.worker(retry={"max_calls": 2})
    outcome = await failed(world, await world.side_job("sim-swift"))
    assert (outcome.code, outcome.retryable) == (ErrorCode.PROVIDER_UNAVAILABLE, True)
    assert len(simulator.stage.recorder.records()) == 2
    assert len(world.neighbours.side_job_usages) == 2
    await settled(world)


async def test_a_key_that_its_provider_refuses_is_reported(world: World, invalid_key: str) -> None:
    world.neighbours.secret = invalid_key
    await world.worker()
    assert (await failed(world, await world.side_job("gpt-4o"))).code is ErrorCode.KEY_INVALID
    await world.until(lambda: [c.valid for c in world.neighbours.key_checks] == [False])


async def test_a_side_job_that_takes_too_long_ends_and_its_call_is_booked(
    world: World, simulator: SimulatorServer
) -> None:
    simulator.stage.faults.arm(Fault(kind="stall", after_tokens=3))
    await world.worker(limits={"completion_seconds": 0.7})
    outcome = await failed(world, await world.side_job("sim-swift"))
    assert (outcome.code, outcome.retryable) == (ErrorCode.TIMEOUT, True)
    (fact,) = world.neighbours.side_job_usages
    assert (fact.outcome, fact.usage.estimated) == ("cut", True)
    (record,) = simulator.stage.recorder.records()
    await world.until(lambda: record.client_closed_at is not None)


# ---- beside turns ----------------------------------------------------------------------------------------------------


async def test_side_jobs_are_few_at_a_time_and_take_no_turns_place(world: World, simulator: SimulatorServer) -> None:
    simulator.stage.scripts.arm(Script(model="sim-echo", text=SUMMARY, first_token_seconds=1.0, count=5))
    await world.worker(limits={"max_side_jobs": 2, "max_turns": 1})
    jobs = [await world.side_job("sim-echo") for _ in range(5)]
    await world.until(lambda: len(simulator.stage.recorder.records()) == 2)
    assert isinstance(await world.outcome(await world.order("sim-swift")), TurnCompleted)
    assert len(world.neighbours.side_job_outcomes) < 5
    for job in jobs:
        await completed(world, job)
    spans = [(r.at, r.finished_at or 0) for r in simulator.stage.recorder.records("sim-echo")]
    assert max(sum(begin <= at < end for begin, end in spans) for at, _ in spans) == 2


# ---- deliveries ------------------------------------------------------------------------------------------------------


async def test_the_job_of_a_worker_that_vanished_is_done_by_another_one(
    world: World, simulator: SimulatorServer
) -> None:
    simulator.stage.scripts.arm(Script(model="sim-echo", text="tea " * 400, tokens_per_second=20))
    simulator.stage.scripts.arm(Script(model="sim-echo", text=SUMMARY))
    kit, life = await world.own_worker(drain_seconds=0.1)
    async with life:
        job = await world.side_job("sim-echo")
        await world.until(lambda: any(r.text for r in simulator.stage.recorder.records()))
        await kit.broker.nc.close()
    await world.worker()
    outcome = await completed(world, job)
    assert (outcome.text, outcome.delivery) == (SUMMARY, 2)
    await settled(world)
    assert len(world.neighbours.side_job_outcomes) == 1
    assert [(r.delivery, r.call) for r in world.neighbours.side_job_reservations] == [(1, 1), (2, 1)]
    assert [(f.delivery, f.outcome) for f in world.neighbours.side_job_usages] == [(2, "completed")]


async def test_the_third_delivery_only_says_that_it_failed(world: World, simulator: SimulatorServer) -> None:
    job = await world.side_job("sim-swift")
    await die_of(world, times=2)
    await world.worker()
    outcome = await failed(world, job)
    assert (outcome.code, outcome.retryable, outcome.delivery) == (ErrorCode.INTERRUPTED, True, 3)
    assert simulator.stage.recorder.records() == []
    assert world.neighbours.side_job_reservations == []
    await settled(world)


async def test_a_defect_is_given_up_at_the_third_delivery(world: World) -> None:
    await world.worker(base_urls={"sim-openai": "http://localhost:nowhere/openai/v1"})  # nobody expects that
    outcome = await failed(world, await world.side_job("sim-swift"))
    assert (outcome.code, outcome.delivery) == (ErrorCode.INTERRUPTED, 3)
    await settled(world)


async def test_a_delivery_that_was_overtaken_says_nothing_and_leaves_the_job_to_the_other(world: World) -> None:
    world.neighbours.overtaken = "elsewhere"
    await world.worker()
    job = await world.side_job("sim-swift")
    await world.until(lambda: len(world.neighbours.side_job_reservations) == 1)
    world.neighbours.overtaken = "no"
    assert (await completed(world, job)).delivery == 2
    await settled(world)
    assert len(world.neighbours.side_job_outcomes) == 1


async def test_a_job_that_is_over_is_taken_off_the_queue_in_silence(world: World, simulator: SimulatorServer) -> None:
    world.neighbours.overtaken = "over"
    await world.worker()
    await world.side_job("sim-swift")
    await world.until(lambda: len(world.neighbours.side_job_reservations) == 1)
    await settled(world)
    assert world.neighbours.side_job_outcomes == []
    assert simulator.stage.recorder.records() == []


async def test_a_broker_restart_repeats_no_side_job(
    world: World, simulator: SimulatorServer, nats_server: RunningNats
) -> None:
    simulator.stage.scripts.arm(Script(model="sim-echo", text="tea " * 60, tokens_per_second=20))
    await world.worker()
    job = await world.side_job("sim-echo")
    await world.until(lambda: any(r.text for r in simulator.stage.recorder.records()))
    await nats_server.stop()
    await asyncio.sleep(0.5)
    await nats_server.start()
    assert (await completed(world, job)).text == "tea " * 60
    await settled(world)
    assert len(simulator.stage.recorder.records()) == 1
    assert len(world.neighbours.side_job_usages) == 1


# ---- stopping --------------------------------------------------------------------------------------------------------


async def test_a_worker_that_stops_lets_side_jobs_finish(world: World, simulator: SimulatorServer) -> None:
    simulator.stage.scripts.arm(Script(model="sim-echo", text="tea " * 50, tokens_per_second=50))
    _, life = await world.own_worker()
    async with life:
        job = await world.side_job("sim-echo")
        await world.until(lambda: any(r.text for r in simulator.stage.recorder.records()))
    assert (await completed(world, job)).text == "tea " * 50
    await settled(world)


async def test_a_worker_that_must_stop_meters_what_it_cut_and_gives_the_job_back(
    world: World, simulator: SimulatorServer
) -> None:
    simulator.stage.scripts.arm(Script(model="sim-echo", text="tea " * 4_000, tokens_per_second=50))
    simulator.stage.scripts.arm(Script(model="sim-echo", text=SUMMARY))
    _, life = await world.own_worker(drain_seconds=2.0)
    async with life:
        job = await world.side_job("sim-echo")
        await world.until(lambda: any(r.text for r in simulator.stage.recorder.records()))
    await world.until(lambda: [f.outcome for f in world.neighbours.side_job_usages] == ["cut"])
    assert world.neighbours.side_job_outcomes == []
    await world.worker()
    outcome = await completed(world, job)
    assert (outcome.text, outcome.delivery) == (SUMMARY, 2)
    facts = [(f.delivery, f.call, f.outcome) for f in world.neighbours.side_job_usages]
    assert facts == [(1, 1, "cut"), (2, 1, "completed")]
