import asyncio
import json

import pytest

from palaver.model_router.deltas import DeltaFlow
from palaver.model_router.ports import Flushable

WINDOW = 0.05


class Outlet:
    """A `DeltaOutlet` that keeps what is published; what is due is flushed when the test says so."""

    def __init__(self) -> None:
        self.frames: list[dict[str, object]] = []
        self.waiting: list[tuple[Flushable, float | None]] = []

    async def publish(self, subject: str, frame: bytes) -> None:
        assert subject == "live.x"
        self.frames.append(json.loads(frame))

    def due(self, flow: Flushable, at: float | None) -> None:
        self.waiting.append((flow, at))

    async def deliver(self) -> float:
        """Flush the one flow that waits; when it wanted to be flushed, in seconds from now."""
        ((flow, at),) = self.waiting
        self.waiting.clear()
        seconds = 0.0 if at is None else at - asyncio.get_running_loop().time()
        await flow.flush()
        return seconds

    @property
    def pieces(self) -> list[tuple[object, object]]:
        return [(frame["offset"], frame["text"]) for frame in self.frames]


@pytest.fixture
def outlet() -> Outlet:
    return Outlet()


def flow_of(outlet: Outlet, window_seconds: float = WINDOW) -> DeltaFlow:
    return DeltaFlow("live.x", "turn", 2, outlet, window_seconds=window_seconds)


async def test_the_first_text_is_due_at_once(outlet: Outlet) -> None:
    flow_of(outlet).add("茶🍵")
    assert await outlet.deliver() == 0
    assert outlet.frames == [{"type": "delta", "turn_id": "turn", "attempt": 2, "offset": 0, "text": "茶🍵"}]


async def test_what_comes_within_the_window_leaves_as_one_delta_when_it_is_over(outlet: Outlet) -> None:
    flow = flow_of(outlet)
    flow.add("🍵")
    await outlet.deliver()
    for piece in ("a", "b", "c"):
        flow.add(piece)
    assert outlet.pieces == [(0, "🍵")]
    assert 0 < await outlet.deliver() <= WINDOW
    assert outlet.pieces == [(0, "🍵"), (1, "abc")]


async def test_text_that_is_sparse_is_never_delayed(outlet: Outlet) -> None:
    flow = flow_of(outlet, window_seconds=0)
    for piece in ("a", "b", "c"):
        flow.add(piece)
        assert await outlet.deliver() <= 0
    assert outlet.pieces == [(0, "a"), (1, "b"), (2, "c")]


async def test_after_a_flush_by_hand_nothing_is_left_for_the_outlet(outlet: Outlet) -> None:
    flow = flow_of(outlet)
    flow.add("a")
    await flow.flush()
    flow.add("b")
    await flow.flush()
    for waiting, _ in outlet.waiting:
        await waiting.flush()
    assert outlet.pieces == [(0, "a"), (1, "b")]
