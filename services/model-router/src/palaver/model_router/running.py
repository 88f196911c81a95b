"""The turns that this worker holds: their text, what session has of it, and how they are interrupted."""

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Literal

from palaver.contracts.ids import TurnId
from palaver.contracts.model_router import RunTurn, Snapshot
from palaver.contracts.session import Checkpoint, OpenCall, Renewal
from palaver.model_router.deltas import DeltaFlow
from palaver.model_router.domain import CallFact

Interruption = Literal["stopped", "lost", "released", "deadline"]
MAX_CHECKPOINT_CHARACTERS = 256 * 1024
"""Code points in one checkpoint; more follows with the next renewal."""
CANCEL_AGAIN_SECONDS = 1.0
"""Longer than any clean-up of a cancelled call. A library may swallow a cancellation: until Python 3.11
`asyncio.wait_for` does when its answer comes at the same moment. A turn that goes on could not be stopped any more."""


class TurnInterrupted(Exception):  # noqa: N818 - a fact, not a mistake
    """Somebody or the clock ended a running turn."""

    def __init__(self, reason: Interruption) -> None:
        super().__init__(reason)
        self.reason: Interruption = reason


class RunningTurn:
    """One attempt at one turn, from its claim until session says `ended`."""

    def __init__(self, order: RunTurn, flow: DeltaFlow) -> None:
        self.order = order
        self.flow = flow
        self.calls: list[CallFact] = []
        self.open_call: OpenCall | None = None
        self.first_token_at: datetime | None = None
        self.interruption: Interruption | None = None
        self.finished = False
        self._pieces: list[str] = []
        self._length = 0
        self._acknowledged = 0
        self._scope: asyncio.Timeout | None = None
        self._task: asyncio.Task[None] | None = None
        self._again: asyncio.TimerHandle | None = None

    @property
    def turn_id(self) -> TurnId:
        """The turn."""
        return self.order.turn.turn_id

    # ---- text ------------------------------------------------------------------------------------------------------

    def append(self, text: str) -> None:
        """More of the answer; it is on its way to the readers."""
        self._pieces.append(text)
        self._length += len(text)
        self.flow.add(text)

    @property
    def text(self) -> str:
        """The answer so far."""
        if len(self._pieces) > 1:
            self._pieces = ["".join(self._pieces)]
        return self._pieces[0] if self._pieces else ""

    @property
    def length(self) -> int:
        """Code points of the answer so far."""
        return self._length

    @property
    def snapshot(self) -> Snapshot:
        """The answer so far, as readers who come late get it."""
        return Snapshot(turn_id=self.turn_id, attempt=self.order.attempt, text=self.text)

    def acknowledge(self, code_points: int) -> None:
        """Session has stored this much safely. It may say less than before: it restarted from an older checkpoint."""
        self._acknowledged = min(code_points, self._length)

    def renewal(self, *, released: bool = False) -> Renewal:
        """What session is told: the text that it does not have yet, and the call in progress."""
        since = self._acknowledged
        missing = self.text[since : since + MAX_CHECKPOINT_CHARACTERS]
        return Renewal(
            turn_id=self.turn_id,
            attempt=self.order.attempt,
            checkpoint=Checkpoint(offset=since, text=missing) if missing else None,
            open_call=self.open_call,
            released=released,
        )

    async def resend(self) -> None:
        """Publish again what session has not acknowledged: deltas may have been lost with the connection."""
        await self.flow.flush()
        await self.flow.resend(self._acknowledged, self.text[self._acknowledged :])

    # ---- interruption ----------------------------------------------------------------------------------------------

    def interrupt(self, reason: Interruption) -> None:
        """End it at its next await. The first reason counts, except that `lost` overrules: the turn is not ours."""
        if self.interruption is None or reason == "lost":
            self.interruption = reason
        if self._scope is not None and not self._scope.expired():
            self._scope.reschedule(asyncio.get_running_loop().time())
            self._cancel_again_in(CANCEL_AGAIN_SECONDS)

    def raise_if_interrupted(self) -> None:
        """For after something that may have swallowed it. Raises TurnInterrupted."""
        if self.interruption is not None:
            raise TurnInterrupted(self.interruption)

    def _cancel_again_in(self, seconds: float) -> None:
        if self._again is not None:
            self._again.cancel()
        self._again = asyncio.get_running_loop().call_later(seconds, self._cancel_again)

    def _cancel_again(self) -> None:
        if self._task is not None:
            self._task.uncancel()  # the scope counts one cancellation as its own, and no more
            self._task.cancel()
            self._cancel_again_in(CANCEL_AGAIN_SECONDS)

    @asynccontextmanager
    async def interruptible(self, deadline_seconds: float) -> AsyncGenerator[None]:
        """What is awaited inside ends by `interrupt`, or after `deadline_seconds`. Raises TurnInterrupted."""
        patience = 0.0 if self.interruption is not None else max(0.0, deadline_seconds)
        scope = asyncio.timeout(patience)
        self._task = asyncio.current_task()
        self._cancel_again_in(patience + CANCEL_AGAIN_SECONDS)
        try:
            async with scope:
                self._scope = scope
                yield
        except TimeoutError:
            if not scope.expired():
                raise
            raise TurnInterrupted(self.interruption or "deadline") from None
        finally:
            self._scope = self._task = None
            if self._again is not None:
                self._again.cancel()


class HeldTurns:
    """All turns of this worker, by turn id. A later attempt at a turn takes the place of an earlier one."""

    def __init__(self) -> None:
        self._turns: dict[TurnId, RunningTurn] = {}

    def __len__(self) -> int:
        return len(self._turns)

    def __iter__(self) -> Iterator[RunningTurn]:
        return iter(tuple(self._turns.values()))

    def holds(self, order: RunTurn) -> bool:
        """Whether this attempt, or a later one, is here already."""
        held = self._turns.get(order.turn.turn_id)
        return held is not None and held.order.attempt >= order.attempt

    def add(self, turn: RunningTurn) -> None:
        """Hold it. An earlier attempt is lost."""
        earlier = self._turns.get(turn.turn_id)
        self._turns[turn.turn_id] = turn
        if earlier is not None:
            earlier.interrupt("lost")

    def find(self, turn_id: TurnId) -> RunningTurn | None:
        """One of them."""
        return self._turns.get(turn_id)

    def forget(self, turn: RunningTurn) -> None:
        """It is not ours any more."""
        if self._turns.get(turn.turn_id) is turn:
            del self._turns[turn.turn_id]

    @property
    def running(self) -> tuple[RunningTurn, ...]:
        """Those whose outcome is still open."""
        return tuple(turn for turn in self._turns.values() if not turn.finished)
