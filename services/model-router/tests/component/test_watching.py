"""People are told when their models would answer otherwise than before, by whichever worker answered them last."""

import time
from pathlib import Path

import pytest
from nats.aio.msg import Msg

from palaver.contracts.client_protocol import ModelAvailabilityData, ModelAvailabilityNotice
from palaver.contracts.failures import ErrorCode
from palaver.contracts.ids import KeyId
from palaver.contracts.model_router import BREAKER_CHANGED, USER_NOTIFIED, BreakerChanged, TurnCompleted, TurnFailed
from palaver.model_router.circuits import key_circuit
from palaver.model_router.testing.neighbours import KEY_ID
from palaver.model_router.testing.world import PAYER, World
from palaver.simulator.faults import Fault
from palaver.simulator.server import SimulatorServer

pytest_plugins = ["palaver.simulator.testing"]
pytestmark = pytest.mark.component

CATALOGUE = """
[[providers]]
id = "keyed"
display_name = "With a key"
protocol = "openai"
base_url = "{url}"

[[models]]
id = "paid"
upstream = "sim-swift"
provider = "keyed"
display_name = "Swift by another name"
window = 32768
max_output = 4096
input_price = "0.0001"
output_price = "0.0004"
"""


@pytest.fixture
def catalogue_file(tmp_path: Path, simulator: SimulatorServer) -> Path:
    path = tmp_path / "catalogue.toml"
    path.write_text(CATALOGUE.format(url=simulator.openai_url))
    return path


async def told(world: World) -> list[ModelAvailabilityData]:
    """What the payer is told from now on."""
    heard: list[ModelAvailabilityData] = []

    async def hear(msg: Msg) -> None:
        heard.append(ModelAvailabilityNotice.model_validate_json(msg.data).data)

    await world.broker.nc.subscribe(USER_NOTIFIED.at(PAYER), cb=hear)
    await world.broker.nc.flush()
    return heard


async def turns(world: World, key_id: KeyId, *, opens: bool) -> None:
    """Another worker says that a key's breaker opened or closed."""
    now = time.time()
    change = BreakerChanged(
        circuit=key_circuit(key_id),
        opened_at=now if opens else now - 1,
        open_until=now + 3_600 if opens else None,
        closed_at=0 if opens else now,
        openings=1,
        code=ErrorCode.PROVIDER_QUOTA if opens else None,
    )
    await world.broker.send(BREAKER_CHANGED, change)


async def test_a_limited_key_is_told_of_and_that_it_is_well_again_without_anybody_asking(
    world: World, simulator: SimulatorServer, catalogue_file: Path
) -> None:
    heard = await told(world)
    await world.worker(catalogue_file=catalogue_file, retry={"longest_retry_after_seconds": 0.1})
    assert isinstance(await world.outcome(await world.order("paid")), TurnCompleted)
    simulator.stage.faults.arm(Fault(kind="rate_limit", retry_after_seconds=2.0))
    assert isinstance(await world.outcome(await world.order("paid")), TurnFailed)
    await world.until(lambda: len(heard) == 2)
    assert [(one.model_id, one.availability) for one in heard] == [("paid", "unavailable"), ("paid", "ready")]
    assert [one.retry_at is not None for one in heard] == [True, False]
    assert len(simulator.stage.recorder.records()) == 2


async def test_what_another_worker_learns_is_told_if_it_concerns_the_person(world: World, catalogue_file: Path) -> None:
    heard = await told(world)
    other = world.neighbours.add_key("other", "sk-of-the-payer-5678", order=1)
    await world.worker(catalogue_file=catalogue_file)
    for model in ("paid", "sim-sage"):
        assert isinstance(await world.outcome(await world.order(model)), TurnCompleted)
    await turns(world, KeyId("somebody-else-s"), opens=True)
    await turns(world, KEY_ID, opens=True)
    await world.until(lambda: len(heard) == 1)
    await turns(world, other, opens=True)
    await world.until(lambda: len(heard) == 2)
    await turns(world, other, opens=False)
    await turns(world, KEY_ID, opens=False)
    await world.until(lambda: heard[-1].availability == "ready")
    assert [one.availability for one in heard if one.availability != "degraded"] == ["unavailable", "ready"]
    assert {one.model_id for one in heard} == {"paid"}
    assert heard[0].availability == "degraded"
