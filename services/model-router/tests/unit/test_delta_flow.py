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
        self.waiting: list[Flushable] = []
        self.became_due = asyncio.Event()

    async def publish(self, subject: str, frame: bytes) -> None:
        assert subject == "live.x"
        self.frames.append(json.loads(frame))

    def due(self, flow: Flushable) -> None:
        self.waiting.append(flow)
        self.became_due.set()

    @property
    def pieces(self) -> list[tuple[object, object]]:
        return [(frame["offset"], frame["text"]) for frame in self.frames]


@pytest.fixture
def outlet() -> Outlet:
    return Outlet()


def flow_of(outlet: Outlet, window_seconds: float = WINDOW) -> DeltaFlow:
    return DeltaFlow("live.x", "turn", 2, outlet, window_seconds=window_seconds)


async def test_the_first_text_leaves_at_once(outlet: Outlet) -> None:
    await flow_of(outlet).add("茶🍵")
    assert outlet.frames == [{"type": "delta", "turn_id": "turn", "attempt": 2, "offset": 0, "text": "茶🍵"}]


async def test_what_comes_within_the_window_leaves_as_one_delta_after_it(outlet: Outlet) -> None:
    flow = flow_of(outlet)
    for piece in ("🍵", "a", "b", "c"):
        await flow.add(piece)
    assert outlet.pieces == [(0, "🍵")]
    await outlet.became_due.wait()
    (due,) = outlet.waiting
    await due.flush()
    assert outlet.pieces == [(0, "🍵"), (1, "abc")]


async def test_text_that_is_sparse_is_never_delayed(outlet: Outlet) -> None:
    flow = flow_of(outlet, window_seconds=0)
    for piece in ("a", "b", "c"):
        await flow.add(piece)
    assert outlet.pieces == [(0, "a"), (1, "b"), (2, "c")]
    assert not outlet.waiting


async def test_a_flush_by_hand_cancels_the_timer(outlet: Outlet) -> None:
    flow = flow_of(outlet)
    await flow.add("a")
    await flow.add("b")
    await flow.flush()
    await asyncio.sleep(2 * WINDOW)
    assert outlet.pieces == [(0, "a"), (1, "b")]
    assert not outlet.waiting
