"""Money is set aside before a provider is called; who spends without a limit does not wait for that."""

import asyncio

import pytest

from palaver.contracts.failures import ErrorCode
from palaver.contracts.model_router import TurnCompleted, TurnFailed
from palaver.model_router.testing.world import World
from palaver.simulator.server import SimulatorServer

pytest_plugins = ["palaver.simulator.testing"]
pytestmark = pytest.mark.component


async def _reservations(world: World, count: int) -> None:
    async with asyncio.timeout(10):
        while len(world.neighbours.reservations) < count:  # noqa: ASYNC110 - a list of what was heard
            await asyncio.sleep(0.01)


async def test_who_has_no_limit_does_not_wait_for_analytics(world: World) -> None:
    await world.worker()
    world.neighbours.money_left = None
    assert isinstance(await world.outcome(await world.order("sim-swift")), TurnCompleted)  # says that there is none
    world.neighbours.analytics_up.clear()
    second = await world.order("sim-swift")
    assert isinstance(await world.outcome(second), TurnCompleted)
    assert len(world.neighbours.reservations) == 1
    world.neighbours.analytics_up.set()
    await _reservations(world, 2)
    assert world.neighbours.reservations[1].turn_id == second


async def test_who_has_a_limit_waits(world: World, simulator: SimulatorServer) -> None:
    await world.worker()
    assert isinstance(await world.outcome(await world.order("sim-swift")), TurnCompleted)
    world.neighbours.analytics_up.clear()
    second = await world.order("sim-swift")
    await asyncio.sleep(0.5)
    assert len(simulator.stage.recorder.records()) == 1
    world.neighbours.analytics_up.set()
    assert isinstance(await world.outcome(second), TurnCompleted)


async def test_a_limit_that_is_set_is_kept_from_the_turn_after_next_on(world: World) -> None:
    await world.worker()
    world.neighbours.money_left = None
    assert isinstance(await world.outcome(await world.order("sim-swift")), TurnCompleted)
    world.neighbours.money = False
    assert isinstance(await world.outcome(await world.order("sim-swift")), TurnCompleted)
    await _reservations(world, 2)
    refused = await world.outcome(await world.order("sim-swift"))
    assert isinstance(refused, TurnFailed)
    assert refused.code is ErrorCode.QUOTA_EXCEEDED
