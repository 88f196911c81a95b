import asyncio
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest

from palaver.contracts.client_protocol import Delta
from palaver.contracts.ids import SessionId, TurnId, UserId
from palaver.contracts.model_router import RunTurn
from palaver.contracts.session import Checkpoint
from palaver.contracts.testing import turn_ref
from palaver.model_router import running
from palaver.model_router.deltas import DeltaFlow
from palaver.model_router.interrupting import Interrupted, Interruption
from palaver.model_router.ports import Flushable
from palaver.model_router.running import HeldTurns, RunningTurn


class Outlet:
    """A `DeltaOutlet` that keeps what is published."""

    def __init__(self) -> None:
        self.pieces: list[tuple[int, str]] = []

    async def publish(self, subject: str, frame: bytes) -> None:
        assert subject == "live.x"
        delta = Delta.model_validate_json(frame)
        self.pieces.append((delta.offset, delta.text))

    def due(self, flow: Flushable, at: float | None) -> None:
        pass


def turn_of(attempt: int = 1, outlet: Outlet | None = None) -> RunningTurn:
    order = RunTurn(
        session_id=SessionId("s"),
        turn=turn_ref(),
        attempt=attempt,
        issues=1,
        payer=UserId("u"),
        min_seq=1,
        deadline=datetime.now(UTC) + timedelta(minutes=1),
    )
    return RunningTurn(order, DeltaFlow("live.x", "t", attempt, outlet or Outlet(), window_seconds=60))


async def test_a_renewal_carries_the_text_since_the_last_acknowledged_checkpoint() -> None:
    turn = turn_of()
    assert turn.renewal().checkpoint is None
    turn.append("茶🍵")
    turn.append("ab")
    assert turn.renewal().checkpoint == Checkpoint(offset=0, text="茶🍵ab")
    turn.acknowledge(2)
    assert turn.renewal().checkpoint == Checkpoint(offset=2, text="ab")
    turn.acknowledge(4)
    assert turn.renewal().checkpoint is None
    assert turn.snapshot.text == "茶🍵ab"


async def test_an_acknowledgement_that_goes_back_is_believed() -> None:
    turn = turn_of()
    turn.append("abcd")
    turn.acknowledge(4)
    turn.acknowledge(1)
    assert turn.renewal().checkpoint == Checkpoint(offset=1, text="bcd")


async def test_after_a_reconnect_all_that_is_not_acknowledged_is_sent_again_as_one_delta() -> None:
    outlet = Outlet()
    turn = turn_of(outlet=outlet)
    turn.append("茶")
    await turn.flow.flush()
    turn.append("🍵")
    turn.append("ab")
    turn.acknowledge(1)
    await turn.resend()
    assert outlet.pieces == [(0, "茶"), (1, "🍵ab"), (1, "🍵ab")]


async def test_a_long_text_is_checkpointed_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "MAX_CHECKPOINT_CHARACTERS", 3)
    turn = turn_of()
    turn.append("abcdefg")
    assert turn.renewal().checkpoint == Checkpoint(offset=0, text="abc")


@pytest.mark.parametrize("reason", ["stopped", "lost", "released"])
async def test_an_interruption_ends_what_is_awaited_with_its_reason(reason: Interruption) -> None:
    turn = turn_of()
    asyncio.get_running_loop().call_soon(turn.interrupt, reason)
    with pytest.raises(Interrupted) as caught:
        async with turn.interruptible(60):
            await asyncio.Event().wait()
    assert caught.value.reason == reason


async def test_an_interruption_before_the_run_ends_it_at_its_first_await() -> None:
    turn = turn_of()
    turn.interrupt("stopped")
    with pytest.raises(Interrupted, match="stopped"):
        async with turn.interruptible(60):
            await asyncio.Event().wait()


async def test_the_deadline_interrupts_too() -> None:
    with pytest.raises(Interrupted, match="deadline"):
        async with turn_of().interruptible(0.01):
            await asyncio.Event().wait()


async def swallow() -> None:
    """As a library does whose answer comes at the same moment as the cancellation."""
    with suppress(asyncio.CancelledError):
        await asyncio.sleep(60)


@pytest.mark.parametrize("reason", ["stopped", "lost", "deadline"])
async def test_a_swallowed_interruption_comes_again(reason: Interruption) -> None:
    turn = turn_of()
    if reason != "deadline":
        asyncio.get_running_loop().call_later(0.01, turn.interrupt, reason)

    async def run() -> None:
        async with turn.interruptible(0.05):
            await swallow()
            await asyncio.sleep(60)

    with pytest.raises(Interrupted, match=reason):
        await asyncio.wait_for(run(), 30)


async def test_a_turn_that_was_interrupted_unnoticed_says_so_when_asked() -> None:
    turn = turn_of()

    async def run() -> None:
        async with turn.interruptible(60):
            asyncio.get_running_loop().call_soon(turn.interrupt, "stopped")
            await swallow()
            turn.raise_if_interrupted()

    with pytest.raises(Interrupted, match="stopped"):
        await run()
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0


async def test_a_timeout_of_something_inside_is_not_an_interruption() -> None:
    with pytest.raises(TimeoutError):
        async with turn_of().interruptible(60):
            raise TimeoutError


async def test_lost_overrules_an_earlier_reason_and_nothing_else_does() -> None:
    turn = turn_of()
    turn.interrupt("stopped")
    turn.interrupt("released")
    assert turn.interruption == "stopped"
    turn.interrupt("lost")
    assert turn.interruption == "lost"


async def test_a_later_attempt_takes_the_place_of_an_earlier_one() -> None:
    held, first, second = HeldTurns(), turn_of(1), turn_of(2)
    held.add(first)
    assert held.holds(first.order)
    assert not held.holds(second.order)
    held.add(second)
    assert first.interruption == "lost"
    held.forget(first)
    assert held.find(TurnId("t")) is second
