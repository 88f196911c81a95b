"""What a defect of ours does to the turn that meets it."""

from datetime import datetime

import pytest

from palaver.contracts.model_router import TURN_SNAPSHOT, ReadSnapshots, TurnCompleted
from palaver.model_router.testing.world import World

pytest_plugins = ["palaver.simulator.testing"]
pytestmark = pytest.mark.component

WITHOUT_ZONE = datetime(2100, 1, 1)  # noqa: DTZ001 - no sane order says this; comparing it raises TypeError


async def test_a_turn_that_meets_a_defect_is_let_go_and_others_go_on(world: World) -> None:
    kit = await world.worker()
    turn_id = await world.order("sim-swift", deadline=WITHOUT_ZONE)
    await world.until(lambda: len(world.neighbours.claims) == 1)
    assert isinstance(await world.outcome(await world.order("sim-sage")), TurnCompleted)
    held = await world.broker.ask(TURN_SNAPSHOT, ReadSnapshots(turns=(turn_id,)), kit.instance)
    assert held.turns == ()
    assert [o.turn_id for o in world.neighbours.outcomes].count(turn_id) == 0
