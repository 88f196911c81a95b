"""One answer through several keys, endpoints and models; and what several workers know of each other's bad luck."""

import asyncio
import time
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest

from palaver.contracts.actors import Actor
from palaver.contracts.failures import ErrorCode
from palaver.contracts.keyvault import KEYS_CHANGED, KeysChanged
from palaver.contracts.model_router import (
    BREAKER_CHANGED,
    KEY_VALIDATE,
    MODEL_LIST,
    BreakerChanged,
    ListModels,
    ModelCard,
    TurnCompleted,
    TurnFailed,
    ValidateKey,
)
from palaver.model_router.circuits import key_circuit
from palaver.model_router.domain import host_of
from palaver.model_router.testing.neighbours import KEY_ID
from palaver.model_router.testing.world import PAYER, World
from palaver.servicekit.testing.infrastructure import RunningValkey
from palaver.simulator.faults import Fault
from palaver.simulator.recorder import KeyTrace
from palaver.simulator.server import SimulatorServer

pytest_plugins = ["palaver.simulator.testing"]
pytestmark = pytest.mark.component

ACTOR = Actor(user_id=PAYER)
OTHER = "sk-of-the-payer-5678"
REFUSED = ("rate_limit", "quota", "invalid_key", "forbidden", "payment_required")
"""What is a key's fault, or that of a key for one model."""


@dataclass(frozen=True)
class Offers:
    """Writes an operator's catalogue: `paid` needs a key, `pair` none; both are swift by another name."""

    path: Path
    url: str

    def written(self, *, also_at: tuple[str, ...] = (), fallbacks: tuple[str, ...] = ()) -> Path:
        elsewhere = ", ".join(f'{{ provider = "{provider}" }}' for provider in also_at)
        model = """
[[models]]
id = "{id}"
upstream = "sim-swift"
provider = "{provider}"
display_name = "Swift by another name"
window = 32768
max_output = 4096
input_price = "0.0001"
output_price = "0.0004"
"""
        provider = f"""
[[providers]]
id = "keyed"
display_name = "With a key"
protocol = "openai"
base_url = "{self.url}"
"""
        paid, pair = model.format(id="paid", provider="keyed"), model.format(id="pair", provider="sim-openai")
        names = ", ".join(f'"{fallback}"' for fallback in fallbacks)
        self.path.write_text(f"{provider}{paid}{pair}also_at = [{elsewhere}]\nfallbacks = [{names}]\n")
        return self.path


@pytest.fixture
def offers(tmp_path: Path, simulator: SimulatorServer) -> Offers:
    return Offers(tmp_path / "catalogue.toml", simulator.openai_url)


def keys_called(simulator: SimulatorServer) -> list[str]:
    return [record.key.last4 for record in simulator.stage.recorder.records() if record.key is not None]


async def card_of(world: World, model: str) -> ModelCard:
    found = (await world.broker.ask(MODEL_LIST, ListModels(actor=ACTOR))).models
    return next(one for one in found if one.id == model)


@pytest.mark.parametrize("kind", REFUSED)
async def test_a_bad_key_is_followed_by_another_one_at_once(
    world: World, simulator: SimulatorServer, kind: str, offers: Offers
) -> None:
    other = world.neighbours.add_key("other", OTHER, order=1)
    simulator.stage.faults.arm(Fault.model_validate({"kind": kind, "key": KeyTrace.of(world.neighbours.secret).sha256}))
    await world.worker(catalogue_file=offers.written(), retry={"first_pause_seconds": 30})
    outcome = await world.outcome(await world.order("paid"))
    assert isinstance(outcome, TurnCompleted)
    assert keys_called(simulator) == ["1234", "5678"]
    assert [(usage.key_id, usage.outcome) for usage in world.neighbours.usages] == [
        (KEY_ID, "failed"),
        (other, "completed"),
    ]
    assert [lease.key_id for lease in world.neighbours.leases] == [KEY_ID, other]


async def test_a_key_is_left_alone_while_its_breaker_is_open_and_used_again_after_it(
    world: World, simulator: SimulatorServer, offers: Offers
) -> None:
    world.neighbours.add_key("other", OTHER, order=1)
    simulator.stage.faults.arm(
        Fault(kind="rate_limit", key=KeyTrace.of(world.neighbours.secret).sha256, retry_after_seconds=1.0)
    )
    await world.worker(catalogue_file=offers.written())
    for _ in range(3):
        await world.outcome(await world.order("paid"))
    assert keys_called(simulator) == ["1234", "5678", "5678", "5678"]
    (refused, *_) = simulator.stage.recorder.records()
    await world.until(lambda: _seconds_since(refused.at) > 1.3)
    await world.outcome(await world.order("paid"))
    assert keys_called(simulator)[-1] == "1234"


async def test_a_key_that_is_found_bad_while_a_turn_waits_for_its_money_is_not_called(
    world: World, simulator: SimulatorServer, offers: Offers
) -> None:
    world.neighbours.add_key("other", OTHER, order=1)
    await world.worker(catalogue_file=offers.written())
    world.neighbours.analytics_up.clear()
    turn_id, job_id = await world.order("paid"), await world.side_job("paid")
    await world.until(lambda: len(world.neighbours.leases) > 0)
    now = time.time()
    await world.broker.send(
        BREAKER_CHANGED,
        BreakerChanged(
            circuit=key_circuit(KEY_ID),
            opened_at=now,
            open_until=now + 60,
            closed_at=0,
            openings=1,
            code=ErrorCode.PROVIDER_QUOTA,
        ),
    )
    async with asyncio.timeout(5):
        while (await card_of(world, "paid")).availability != "degraded":  # noqa: ASYNC110 - a broadcast is on its way
            await asyncio.sleep(0.01)
    world.neighbours.analytics_up.set()
    assert isinstance(await world.outcome(turn_id), TurnCompleted)
    await world.side_job_outcome(job_id)
    assert set(keys_called(simulator)) == {"5678"}


async def test_should_the_worker_die_it_is_known_whose_quota_its_call_counts_to_and_at_what_price(
    world: World, simulator: SimulatorServer, offers: Offers
) -> None:
    simulator.stage.faults.arm(Fault(kind="stall", seconds=2.0))
    await world.worker(catalogue_file=offers.written())
    turn_id = await world.order("paid")
    await world.until(lambda: any(renewal.open_call for renewal in world.neighbours.renewals))
    call = next(renewal.open_call for renewal in world.neighbours.renewals if renewal.open_call)
    assert (call.key_id, call.input_price, call.output_price) == (KEY_ID, Decimal("0.0001"), Decimal("0.0004"))
    assert isinstance(await world.outcome(turn_id), TurnCompleted)


async def test_a_refused_key_is_not_tried_again_until_it_is_changed(
    world: World, simulator: SimulatorServer, offers: Offers
) -> None:
    simulator.stage.faults.arm(Fault(kind="invalid_key", count=99))
    await world.worker(catalogue_file=offers.written())
    for _ in range(3):
        outcome = await world.outcome(await world.order("paid"))
        assert isinstance(outcome, TurnFailed)
        assert outcome.code is ErrorCode.KEY_INVALID
    assert len(simulator.stage.recorder.records()) == 1
    simulator.stage.faults.clear()
    await world.broker.send(KEYS_CHANGED, KeysChanged(user_id=PAYER, provider="keyed"))
    assert isinstance(await world.outcome(await world.order("paid")), TurnCompleted)


async def test_a_key_that_was_tried_with_success_is_used_again(
    world: World, simulator: SimulatorServer, offers: Offers
) -> None:
    simulator.stage.faults.arm(Fault(kind="invalid_key"))
    await world.worker(catalogue_file=offers.written())
    assert isinstance(await world.outcome(await world.order("paid")), TurnFailed)
    world.neighbours.lease_provider, world.neighbours.lease_host = "keyed", host_of(simulator.openai_url)
    verdict = await world.broker.ask(KEY_VALIDATE, ValidateKey(actor=ACTOR, key_id=KEY_ID))
    assert verdict.valid
    assert isinstance(await world.outcome(await world.order("paid")), TurnCompleted)


async def test_an_endpoint_in_trouble_is_followed_by_another_one_of_the_same_model(
    world: World, simulator: SimulatorServer, offers: Offers
) -> None:
    simulator.stage.faults.arm(Fault(kind="server_error", count=2))
    await world.worker(catalogue_file=offers.written(also_at=("sim-responses",)))
    outcome = await world.outcome(await world.order("pair"))
    assert isinstance(outcome, TurnCompleted)
    assert (outcome.model, len(world.neighbours.windows)) == ("pair", 2)  # another format, another window
    assert [usage.provider for usage in world.neighbours.usages] == ["sim-openai", "sim-openai", "sim-responses"]
    assert {usage.model_id for usage in world.neighbours.usages} == {"pair"}


async def test_a_fallback_model_answers_under_its_own_name_window_and_price(
    world: World, simulator: SimulatorServer, offers: Offers
) -> None:
    simulator.stage.faults.arm(Fault(kind="server_error", model="sim-swift", count=99))
    await world.worker(catalogue_file=offers.written(fallbacks=("sim-sage",)))
    turn_id = await world.order("pair")
    outcome = await world.outcome(turn_id)
    assert isinstance(outcome, TurnCompleted)
    assert outcome.model == "sim-sage"
    (started,) = world.neighbours.started
    assert started.model == "sim-sage"
    assert [window.profile.model_id for window in world.neighbours.windows] == ["pair", "sim-sage"]
    assert [reservation.model_id for reservation in world.neighbours.reservations] == ["pair", "sim-sage"]
    assert [(usage.model_id, usage.cost > 0) for usage in world.neighbours.usages] == [
        ("pair", False),
        ("pair", False),
        ("sim-sage", True),
    ]


async def test_a_request_that_is_refused_for_what_it_says_is_not_made_again(
    world: World, simulator: SimulatorServer, offers: Offers
) -> None:
    simulator.stage.faults.arm(Fault(kind="bad_request", count=9))
    await world.worker(catalogue_file=offers.written(fallbacks=("sim-sage",)))
    outcome = await world.outcome(await world.order("pair"))
    assert isinstance(outcome, TurnFailed)
    assert outcome.code is ErrorCode.PROVIDER_REFUSED
    assert len(simulator.stage.recorder.records()) == 1


async def test_what_one_worker_learns_holds_for_all_and_for_one_that_starts_later(
    world: World, simulator: SimulatorServer, own_valkey: RunningValkey, offers: Offers
) -> None:
    simulator.stage.faults.arm(Fault(kind="quota", count=99))
    redis = {"url": own_valkey.url()}
    for _ in range(2):
        await world.worker(catalogue_file=offers.written(), limits={"max_turns": 1}, redis=redis)
    outcomes = [await world.outcome(await world.order("paid")) for _ in range(6)]
    assert {outcome.code for outcome in outcomes if isinstance(outcome, TurnFailed)} == {ErrorCode.PROVIDER_QUOTA}
    assert len(simulator.stage.recorder.records()) == 1
    await world.worker(catalogue_file=offers.written(), limits={"max_turns": 50}, redis=redis)
    for turn_id in [await world.order("paid") for _ in range(20)]:
        await world.outcome(turn_id)
    assert len(simulator.stage.recorder.records()) == 1


async def test_without_redis_turns_go_on_and_workers_still_tell_each_other(
    world: World, simulator: SimulatorServer, own_valkey: RunningValkey, offers: Offers
) -> None:
    simulator.stage.faults.arm(Fault(kind="quota", count=99))
    for _ in range(2):
        await world.worker(
            catalogue_file=offers.written(),
            limits={"max_turns": 1},
            redis={"url": own_valkey.url(), "timeout_seconds": 0.2},
        )
    await own_valkey.stop()
    for _ in range(6):
        assert isinstance(await world.outcome(await world.order("paid")), TurnFailed)
    assert len(simulator.stage.recorder.records()) == 1
    simulator.stage.faults.clear()
    assert isinstance(await world.outcome(await world.order("sim-sage")), TurnCompleted)


async def test_one_call_at_a_time_tries_what_was_broken(
    world: World, simulator: SimulatorServer, own_valkey: RunningValkey, offers: Offers
) -> None:
    simulator.stage.faults.arm(Fault(kind="rate_limit", retry_after_seconds=1.0))
    for _ in range(2):
        await world.worker(catalogue_file=offers.written(), redis={"url": own_valkey.url()})
    first = await world.order("paid")
    await world.until(lambda: len(simulator.stage.recorder.records()) == 1)
    simulator.stage.faults.arm(Fault(kind="slow_first_token", seconds=1.0))
    others = [await world.order("paid") for _ in range(10)]
    await world.until(lambda: len(simulator.stage.recorder.records()) == 2)
    tried = simulator.stage.recorder.records()[1]
    for turn_id in (first, *others):
        assert isinstance(await world.outcome(turn_id), TurnCompleted)
    assert tried.first_token_at is not None
    later = simulator.stage.recorder.records()[2:]
    assert len(later) == len(others)
    assert all(record.at >= tried.first_token_at for record in later)


async def test_a_provider_has_so_many_calls_at_once_and_payers_take_turns(
    world: World, simulator: SimulatorServer
) -> None:
    await world.worker(limits={"max_provider_calls": 2})
    for turn_id in [await world.order("sim-swift") for _ in range(8)]:
        assert isinstance(await world.outcome(turn_id), TurnCompleted)
    edges = sorted(
        edge
        for record in simulator.stage.recorder.records()
        for edge in ((record.at, 1), (record.finished_at or record.at, -1))
    )
    running = most = 0
    for _, step in edges:
        running += step
        most = max(most, running)
    assert most == 2
    assert [usage.outcome for usage in world.neighbours.usages] == ["completed"] * 8


def _seconds_since(moment: float) -> float:
    return time.time() - moment


async def test_a_models_card_says_whether_it_would_answer(
    world: World, simulator: SimulatorServer, offers: Offers
) -> None:
    async def card(model: str = "paid") -> tuple[str, bool]:
        one = await card_of(world, model)
        return one.availability, one.retry_at is not None

    world.neighbours.add_key("other", OTHER, order=1)
    await world.worker(catalogue_file=offers.written(fallbacks=("sim-sage",)))
    assert await card() == ("ready", False)
    simulator.stage.faults.arm(Fault(kind="quota", key=KeyTrace.of(world.neighbours.secret).sha256))
    assert isinstance(await world.outcome(await world.order("paid")), TurnCompleted)
    assert await card() == ("degraded", True)
    simulator.stage.faults.arm(Fault(kind="invalid_key"))
    assert isinstance(await world.outcome(await world.order("paid")), TurnFailed)
    assert await card() == ("unavailable", True)
    assert await card("sim-sage") == ("ready", False)
    world.neighbours.secret = ""
    world.neighbours.more_keys.clear()
    await world.broker.send(KEYS_CHANGED, KeysChanged(user_id=PAYER, provider="keyed"))
    async with asyncio.timeout(5):
        while await card() != ("no_key", False):  # noqa: ASYNC110 - a broadcast is on its way
            await asyncio.sleep(0.01)
