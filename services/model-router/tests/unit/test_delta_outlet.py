import asyncio
from collections.abc import AsyncGenerator
from typing import cast

import pytest
import pytest_asyncio
from prometheus_client import CollectorRegistry, Counter

from palaver.contracts.client_protocol import Delta
from palaver.model_router.deltas import BrokerDeltas, DeltaFlow
from palaver.servicekit.broker import Broker

WINDOW = 0.02
TURNS = 50


class Wire:
    """What `BrokerDeltas` needs of a broker; keeps what is published, and counts the turns of the loop that it took."""

    def __init__(self) -> None:
        self.up = True
        self.nc = self
        self.deltas: list[Delta] = []
        self.batches = 0
        self.spoken = asyncio.Event()
        self._in_batch = False

    async def publish(self, subject: str, frame: bytes) -> None:
        assert subject == "live.x"
        self.deltas.append(Delta.model_validate_json(frame))
        self.spoken.set()
        if not self._in_batch:
            self._in_batch = True
            self.batches += 1
            asyncio.get_running_loop().call_soon(self._end_batch)

    def _end_batch(self) -> None:
        self._in_batch = False

    def text_of(self, turn: str) -> str:
        """The fold of a turn's deltas. Fails at a gap."""
        text = ""
        for delta in self.deltas:
            if delta.turn_id == turn:
                assert delta.offset == len(text)
                text += delta.text
        return text


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest_asyncio.fixture
async def outlet(wire: Wire, registry: CollectorRegistry) -> AsyncGenerator[BrokerDeltas]:
    sent, dropped = (Counter(name, name, registry=registry) for name in ("sent", "dropped"))
    outlet = BrokerDeltas(cast("Broker", wire), sent, dropped)
    task = asyncio.create_task(outlet.run())
    yield outlet
    task.cancel()


def flow_of(outlet: BrokerDeltas, turn: int) -> DeltaFlow:
    return DeltaFlow("live.x", f"turn-{turn}", 1, outlet, window_seconds=WINDOW)


async def a_moment() -> None:
    """Let what is ready run; no timer is among it."""
    for _ in range(3):
        await asyncio.sleep(0)


async def test_first_texts_never_wait_however_much_is_said(outlet: BrokerDeltas, wire: Wire) -> None:
    for turn in range(TURNS):
        flow_of(outlet, turn).add("a")
        await a_moment()
        assert len(wire.deltas) == turn + 1


async def test_turns_that_speak_at_the_same_time_share_wake_ups_and_lose_nothing(
    outlet: BrokerDeltas, wire: Wire
) -> None:
    flows = [flow_of(outlet, turn) for turn in range(TURNS)]
    for flow in flows:
        flow.add("茶")
    await a_moment()
    assert wire.batches == 1
    for flow in flows:
        flow.add("🍵")
        await a_moment()
    while len(wire.deltas) < 2 * TURNS:
        wire.spoken.clear()
        await wire.spoken.wait()
    assert wire.batches < TURNS
    assert {wire.text_of(f"turn-{turn}") for turn in range(TURNS)} == {"茶🍵"}


async def test_what_is_said_while_the_broker_is_away_is_dropped_and_counted(
    outlet: BrokerDeltas, wire: Wire, registry: CollectorRegistry
) -> None:
    wire.up = False
    flow_of(outlet, 1).add("a")
    await a_moment()
    assert wire.deltas == []
    assert registry.get_sample_value("dropped_total") == 1
