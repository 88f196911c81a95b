"""The texts so far of running turns: from the worker that runs them, else from session's checkpoint."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby

from palaver.contracts.client_protocol import LiveTurn
from palaver.contracts.failures import Failure
from palaver.contracts.ids import TurnId, WorkerId
from palaver.contracts.model_router import TURN_SNAPSHOT, ReadSnapshots, Snapshot
from palaver.contracts.session import RunningTurn
from palaver.servicekit.broker import Broker
from palaver.servicekit.errors import Unavailable
from palaver.servicekit.tasks import TaskSet

Texts = Mapping[TurnId, Snapshot]

MAX_TURNS_PER_QUESTION = 8
"""So many of the longest answers fit into one broker message."""


class _Batch:
    """Turns to ask one worker for, and all who wait for the answer."""

    def __init__(self) -> None:
        self.turns: set[TurnId] = set()
        self.answer: asyncio.Future[Texts] = asyncio.get_running_loop().create_future()

    def settle(self, texts: Texts) -> None:
        """Answer all who wait."""
        if not self.answer.done():
            self.answer.set_result(texts)


class Snapshots:
    """Asks each worker for one batch at a time: a reconnect storm becomes two questions, not a thousand."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._waiting: dict[WorkerId, _Batch] = {}
        self._asking: set[WorkerId] = set()
        self._tasks = TaskSet("gateway.snapshots")

    async def live(self, running: Sequence[RunningTurn]) -> tuple[LiveTurn, ...]:
        """The text of every running turn that has any, in the order given."""
        texts: dict[TurnId, Snapshot] = {}
        for answer in await asyncio.gather(*(self._ask(worker, turns) for worker, turns in _by_worker(running))):
            texts.update(answer)
        found = (_live_turn(turn, texts.get(turn.turn.turn_id)) for turn in running)
        return tuple(turn for turn in found if turn.text)

    async def stop(self) -> None:
        """End the questions under way."""
        await self._tasks.cancel()

    async def _ask(self, worker: WorkerId, turns: Iterable[TurnId]) -> Texts:
        batch = self._waiting.setdefault(worker, _Batch())
        batch.turns.update(turns)
        if worker not in self._asking:
            self._asking.add(worker)
            self._tasks.spawn(self._serve(worker))
        return await asyncio.shield(batch.answer)

    async def _serve(self, worker: WorkerId) -> None:
        try:
            while (batch := self._waiting.pop(worker, None)) is not None:
                texts: Texts = {}
                try:
                    texts = await self._read(worker, sorted(batch.turns))
                finally:  # whatever becomes of the question, those who wait go on with session's checkpoint
                    batch.settle(texts)
        finally:
            self._asking.discard(worker)
            if (left := self._waiting.pop(worker, None)) is not None:
                left.settle({})

    async def _read(self, worker: WorkerId, turns: Sequence[TurnId]) -> Texts:
        texts: dict[TurnId, Snapshot] = {}
        for start in range(0, len(turns), MAX_TURNS_PER_QUESTION):
            request = ReadSnapshots(turns=tuple(turns[start : start + MAX_TURNS_PER_QUESTION]))
            try:
                answer = await self._broker.ask(TURN_SNAPSHOT, request, worker)
            except (Unavailable, Failure):  # a dead or silent worker: session's checkpoint stands in
                break
            texts.update((snapshot.turn_id, snapshot) for snapshot in answer.turns)
        return texts


def _by_worker(running: Sequence[RunningTurn]) -> list[tuple[WorkerId, list[TurnId]]]:
    claimed = sorted(
        ((turn.worker, turn.turn.turn_id) for turn in running if turn.worker is not None), key=lambda pair: pair[0]
    )
    return [(worker, [turn for _, turn in pairs]) for worker, pairs in groupby(claimed, key=lambda pair: pair[0])]


def _live_turn(running: RunningTurn, snapshot: Snapshot | None) -> LiveTurn:
    same = snapshot is not None and snapshot.attempt == running.attempt
    return LiveTurn(
        turn_id=running.turn.turn_id,
        reply_id=running.turn.reply_id,
        participant_id=running.turn.participant_id,
        attempt=running.attempt,
        rank=running.rank,
        text=snapshot.text if snapshot is not None and same else running.checkpoint,
    )
