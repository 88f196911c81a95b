"""Providers that misbehave."""

import pytest

from palaver.contracts.context import Window
from palaver.contracts.failures import ErrorCode
from palaver.contracts.model_router import TurnCompleted, TurnFailed
from palaver.model_router.testing.world import World
from palaver.simulator.faults import Fault, Script
from palaver.simulator.server import SimulatorServer
from palaver.simulator.tokens import split

pytest_plugins = ["palaver.simulator.testing"]
pytestmark = pytest.mark.component

EACH = pytest.mark.parametrize("model", ["sim-swift", "sim-finch", "sim-sage", "sim-dune"])
"""One model of each wire format."""


@EACH
@pytest.mark.parametrize("kind", ["rate_limit", "server_error", "overloaded", "cut", "error_event", "malformed_event"])
async def test_what_fails_before_the_first_token_is_tried_again(
    world: World, simulator: SimulatorServer, kind: str, model: str
) -> None:
    simulator.stage.faults.arm(Fault.model_validate({"kind": kind, "retry_after_seconds": 0.05, "count": 2}))
    await world.worker()
    turn_id = await world.order(model)
    outcome = await world.outcome(turn_id)
    assert isinstance(outcome, TurnCompleted)
    assert outcome.text == world.neighbours.shown(turn_id) == simulator.stage.recorder.records()[-1].text
    assert [(u.call, u.outcome) for u in world.neighbours.usages] == [(1, "failed"), (2, "failed"), (3, "completed")]
    assert len({u.call_id for u in world.neighbours.usages}) == 3
    assert len(world.neighbours.started) == 1


@EACH
async def test_an_answer_that_does_not_end_is_ended(world: World, simulator: SimulatorServer, model: str) -> None:
    await world.worker(limits={"max_answer_characters": 40})
    turn_id = await world.order(model)
    outcome = await world.outcome(turn_id)
    assert isinstance(outcome, TurnCompleted)
    assert (outcome.finish_reason, len(outcome.text)) == ("length", 40)
    assert world.neighbours.shown(turn_id) == outcome.text
    (usage,) = world.neighbours.usages
    assert usage.usage.tokens_output > 0
    assert simulator.stage.recorder.records()[-1].text.startswith(outcome.text)


async def test_retry_after_is_honoured(world: World, simulator: SimulatorServer) -> None:
    simulator.stage.faults.arm(Fault(kind="rate_limit", retry_after_seconds=0.7))
    await world.worker()
    await world.outcome(await world.order("sim-swift"))
    first, second = simulator.stage.recorder.records()
    assert second.at - first.at >= 0.7


async def test_calls_are_given_up_after_their_number(world: World, simulator: SimulatorServer) -> None:
    simulator.stage.faults.arm(Fault(kind="server_error", count=9))
    await world.worker(retry={"max_calls": 2})
    outcome = await world.outcome(await world.order("sim-swift"))
    assert isinstance(outcome, TurnFailed)
    assert (outcome.code, outcome.retryable, outcome.text) == (ErrorCode.PROVIDER_UNAVAILABLE, True, "")
    assert len(simulator.stage.recorder.records()) == 2
    assert [(u.outcome, u.cost) for u in world.neighbours.usages] == [("failed", 0), ("failed", 0)]


async def test_an_account_without_credit_is_not_tried_again(world: World, simulator: SimulatorServer) -> None:
    simulator.stage.faults.arm(Fault(kind="quota"))
    await world.worker()
    outcome = await world.outcome(await world.order("sim-swift"))
    assert isinstance(outcome, TurnFailed)
    assert outcome.code is ErrorCode.PROVIDER_QUOTA
    assert len(simulator.stage.recorder.records()) == 1


@EACH
@pytest.mark.parametrize("kind", ["cut", "malformed_event"])
async def test_what_breaks_in_mid_stream_keeps_its_text_and_is_paid_for(
    world: World, simulator: SimulatorServer, kind: str, model: str
) -> None:
    simulator.stage.faults.arm(Fault.model_validate({"kind": kind, "after_tokens": 6}))
    await world.worker()
    turn_id = await world.order(model)
    outcome = await world.outcome(turn_id)
    assert isinstance(outcome, TurnFailed)
    assert outcome.code is ErrorCode.PROVIDER_STREAM_BROKEN
    assert outcome.text
    assert outcome.text == world.neighbours.shown(turn_id)
    (record,) = simulator.stage.recorder.records()
    assert record.text.startswith(outcome.text)
    assert outcome.text.startswith("".join(split(record.text)[:6]))
    (usage,) = world.neighbours.usages
    assert (usage.outcome, usage.usage.estimated) == ("failed", True)
    assert usage.cost > 0


@EACH
async def test_an_overloaded_provider_in_mid_stream_is_unavailable(
    world: World, simulator: SimulatorServer, model: str
) -> None:
    simulator.stage.faults.arm(Fault(kind="error_event", after_tokens=6))
    await world.worker()
    outcome = await world.outcome(await world.order(model))
    assert isinstance(outcome, TurnFailed)
    assert outcome.code is ErrorCode.PROVIDER_UNAVAILABLE
    assert outcome.text


@EACH
async def test_a_stall_in_mid_stream_ends_after_the_allowed_silence(
    world: World, simulator: SimulatorServer, model: str
) -> None:
    simulator.stage.faults.arm(Fault(kind="stall", after_tokens=6))
    await world.worker(limits={"gap_seconds": 0.3})
    outcome = await world.outcome(await world.order(model))
    assert isinstance(outcome, TurnFailed)
    assert outcome.code is ErrorCode.PROVIDER_TIMEOUT
    assert outcome.text
    (record,) = simulator.stage.recorder.records()
    await world.until(lambda: record.client_closed_at is not None)


async def test_a_first_token_that_does_not_come_is_tried_again(world: World, simulator: SimulatorServer) -> None:
    simulator.stage.faults.arm(Fault(kind="slow_first_token"))
    await world.worker(limits={"first_token_seconds": 0.5, "gap_seconds": 0.1})
    assert isinstance(await world.outcome(await world.order("sim-echo")), TurnCompleted)
    assert [(u.outcome, u.usage.estimated) for u in world.neighbours.usages] == [("failed", True), ("completed", False)]


async def test_a_call_that_never_ends_is_ended_however_lively_it_is(world: World, simulator: SimulatorServer) -> None:
    simulator.stage.scripts.arm(Script(text="word " * 1_000, tokens_per_second=50))
    await world.worker(
        limits={"connect_seconds": 1.0, "call_seconds": 1.0, "first_token_seconds": 1.0, "gap_seconds": 0.9}
    )
    outcome = await world.outcome(await world.order("sim-echo"))
    assert isinstance(outcome, TurnFailed)
    assert (outcome.code, outcome.message) == (ErrorCode.PROVIDER_TIMEOUT, "The provider took too long.")
    assert outcome.text.startswith("word word")
    (record,) = simulator.stage.recorder.records()
    await world.until(lambda: record.client_closed_at is not None)


async def test_a_turn_ends_when_its_time_is_over(world: World, simulator: SimulatorServer) -> None:
    simulator.stage.faults.arm(Fault(kind="stall", after_tokens=3))
    await world.worker()
    outcome = await world.outcome(await world.order("sim-swift", seconds=1))
    assert isinstance(outcome, TurnFailed)
    assert outcome.code is ErrorCode.TIMEOUT
    assert outcome.text


@EACH
async def test_characters_split_anywhere_arrive_whole(world: World, simulator: SimulatorServer, model: str) -> None:
    simulator.stage.faults.arm(Fault(kind="split_utf8"))
    simulator.stage.scripts.arm(Script(text="茶 is 🍵, 好喝。 Ünïcode\r\n" * 10))
    await world.worker()
    turn_id = await world.order(model)
    assert (await world.outcome(turn_id)).text == world.neighbours.shown(turn_id) == "茶 is 🍵, 好喝。 Ünïcode\r\n" * 10


async def test_usage_that_is_not_reported_is_estimated(world: World, simulator: SimulatorServer) -> None:
    simulator.stage.faults.arm(Fault(kind="no_usage"))
    await world.worker()
    outcome = await world.outcome(await world.order("sim-swift"))
    assert outcome.usage is not None
    assert outcome.usage.estimated
    assert outcome.usage.tokens_input == world.neighbours.window.used
    assert outcome.usage.tokens_output > 0


async def test_an_answer_cut_at_its_limit_says_so(world: World, simulator: SimulatorServer) -> None:
    simulator.stage.scripts.arm(Script(text="word " * 3_000, tokens_per_second=100_000))
    await world.worker()
    outcome = await world.outcome(await world.order("sim-swift"))
    assert isinstance(outcome, TurnCompleted)
    assert outcome.finish_reason == "length"


def too_long(window: Window) -> Window:
    system, user = window.messages
    return window.model_copy(
        update={"messages": (system, user.model_copy(update={"text": "word " * 20_000})), "used": 6_000}
    )


async def test_a_window_that_overflows_is_made_smaller_once(world: World) -> None:
    world.neighbours.window = too_long(world.neighbours.window)
    await world.worker()
    turn_id = await world.order("sim-oak")
    outcome = await world.outcome(turn_id)
    assert isinstance(outcome, TurnCompleted)
    assert outcome.text == world.neighbours.shown(turn_id)
    assert [request.at_most for request in world.neighbours.windows] == [None, 4_500]
    assert outcome.context is not None
    assert outcome.context.used == world.neighbours.tighter_window.used
    assert [(u.outcome, u.usage.tokens_input > 0) for u in world.neighbours.usages] == [
        ("failed", False),
        ("completed", True),
    ]
    assert world.neighbours.usages[-1].prompt == world.neighbours.tighter_window.count
    assert len(world.neighbours.reservations) == 1


async def test_a_window_that_overflows_after_all_is_said_so(world: World) -> None:
    world.neighbours.window = world.neighbours.tighter_window = too_long(world.neighbours.window)
    await world.worker()
    outcome = await world.outcome(await world.order("sim-oak"))
    assert isinstance(outcome, TurnFailed)
    assert outcome.code is ErrorCode.CONTEXT_OVERFLOW
    assert [request.at_most for request in world.neighbours.windows] == [None, 4_500]


@EACH
async def test_an_empty_answer_is_a_failure(world: World, simulator: SimulatorServer, model: str) -> None:
    simulator.stage.scripts.arm(Script(text=""))
    await world.worker()
    outcome = await world.outcome(await world.order(model))
    assert isinstance(outcome, TurnFailed)
    assert outcome.code is ErrorCode.PROVIDER_REFUSED


async def test_a_provider_that_is_away_is_tried_again_and_then_given_up(
    world: World, simulator: SimulatorServer
) -> None:
    await simulator.stop()
    await world.worker(retry={"max_calls": 2})
    outcome = await world.outcome(await world.order("sim-swift"))
    assert isinstance(outcome, TurnFailed)
    assert outcome.code is ErrorCode.PROVIDER_UNAVAILABLE
    assert [u.cost for u in world.neighbours.usages] == [0, 0]
