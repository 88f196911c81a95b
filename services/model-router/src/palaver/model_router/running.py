"""The turns that this worker holds: their text, and what session has of it."""

from collections.abc import Iterator
from datetime import datetime

from palaver.contracts.ids import TurnId
from palaver.contracts.model_router import RunTurn, Snapshot
from palaver.contracts.session import Checkpoint, OpenCall, Renewal
from palaver.model_router.deltas import DeltaFlow
from palaver.model_router.domain import CallFact
from palaver.model_router.interrupting import Interruptible

MAX_CHECKPOINT_CHARACTERS = 256 * 1024
"""Code points in one checkpoint; more follows with the next renewal."""


class RunningTurn(Interruptible):
    """One attempt at one turn, from its claim until session says `ended`."""

    def __init__(self, order: RunTurn, flow: DeltaFlow) -> None:
        super().__init__()
        self.order = order
        self.flow = flow
        self.calls: list[CallFact] = []
        self.open_call: OpenCall | None = None
        self.first_token_at: datetime | None = None
        self.finished = False
        self._pieces: list[str] = []
        self._length = 0
        self._acknowledged = 0

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
