"""The life of a turn as its worker sees it: claimed, renewed, started, ended, handed back."""

from palaver.contracts.failures import ErrorCode
from palaver.contracts.ids import SessionId, TurnId, WorkerId
from palaver.contracts.model_router import Outcome, TurnCompleted, TurnFact, TurnFailed, TurnStarted, TurnStopped
from palaver.contracts.session import ClaimTurn, Renewal, RenewedTurn, RenewedTurns, RenewTurns, TurnClaim
from palaver.contracts.session_log import FinishReason, TurnStart
from palaver.contracts.session_log import TurnStarted as TurnStartedEntry
from palaver.servicekit.database import Database
from palaver.session.domain import Ending, Replied, Silent, Turn, TurnPolicy, storable
from palaver.session.metrics import SessionMetrics
from palaver.session.room import Room, Rooms
from palaver.session.rounds import Rounds
from palaver.session.store import claims, turns


class Turns:
    """Answers workers and takes their outcomes.

    `claims_database` is a pool of its own: a renewal must not wait for a connection behind posts that wait for rooms.
    """

    def __init__(
        self, claims_database: Database, rooms: Rooms, rounds: Rounds, metrics: SessionMetrics, policy: TurnPolicy
    ) -> None:
        self._claims_database = claims_database
        self._rooms = rooms
        self._rounds = rounds
        self._metrics = metrics
        self._policy = policy

    # ---- claims ----------------------------------------------------------------------------------------------------
    async def claim(self, request: ClaimTurn) -> TurnClaim:
        """Let the worker run the attempt, or have it drop the job."""
        lease = self._policy.lease_seconds
        # One statement outside a transaction commits by itself: one round trip instead of three.
        async with self._claims_database.read() as conn:
            taken = await claims.claim(conn, request.turn_id, request.attempt, request.worker, lease)
        verdict = "run" if taken else "drop"
        self._metrics.claims.labels(verdict).inc()
        return TurnClaim(verdict=verdict, lease_seconds=lease)

    async def renew(self, request: RenewTurns) -> RenewedTurns:
        """Prolong a worker's claims, keep its texts, take back what it hands back."""
        lease = self._policy.lease_seconds
        async with self._claims_database.read() as conn:
            renewed = await claims.renew(conn, request.worker, request.turns, lease)
        released = {renewal.turn_id: renewal for renewal in request.turns if renewal.released}
        answers: list[RenewedTurn] = []
        for answer in renewed:
            given_back = released.get(answer.turn_id)
            if given_back is not None and answer.status in ("held", "stopped"):
                await self._release(request.worker, given_back)
                answers.append(answer.model_copy(update={"status": "lost"}))
            else:
                answers.append(answer)
        return RenewedTurns(turns=tuple(answers), lease_seconds=lease)

    async def _release(self, worker: WorkerId, given_back: Renewal) -> None:
        async with self._claims_database.read() as conn:
            session_id = await turns.session_of(conn, given_back.turn_id)
        if session_id is None:
            return
        async with self._rooms.open(session_id) as room:
            turn = await room.turn(given_back.turn_id)
            # A repeated request may come when the turn is long somebody else's.
            if turn is not None and (turn.state, turn.worker, turn.attempt) == ("claimed", worker, given_back.attempt):
                await self._hand_on(room, turn)

    async def _hand_on(self, room: Room, turn: Turn) -> None:
        if turn.stop_requested:
            await self._rounds.end_stopped(room, turn)
        else:
            room.offer(await turns.issue_next_attempt(room.conn, turn, died=False, policy=self._policy))

    # ---- outcomes --------------------------------------------------------------------------------------------------
    async def started(self, fact: TurnStarted) -> None:
        """Log the first token of the current attempt, once; it fixes the reply's place in the round."""
        async with self._rooms.open_if_there(fact.session_id) as room:
            turn = await self._current(room, fact)
            if room is None or turn is None or turn.started_attempt >= fact.attempt:
                return
            rank = turn.rank or (await room.scene()).next_rank(turn.ref.round)
            await room.start_turn(turn, rank)
            room.record(TurnStartedEntry, TurnStart(**turn.ref.model_dump(), attempt=fact.attempt, rank=rank))

    async def completed(self, outcome: TurnCompleted) -> None:
        """The first completed outcome ends the turn, whatever its attempt."""
        async with self._rooms.open_if_there(outcome.session_id) as room:
            turn = None if room is None else await room.turn(outcome.turn_id)
            if room is not None and turn is not None and turn.open:
                silent = Silent(ErrorCode.PROVIDER_REFUSED, "The model answered without any text.", retryable=False)
                await self._rounds.end_turn(room, turn, _ending(outcome, outcome.finish_reason, silent))

    async def failed(self, outcome: TurnFailed) -> None:
        """A failure of the current attempt ends the turn, with the text that came before it."""
        async with self._rooms.open_if_there(outcome.session_id) as room:
            turn = await self._current(room, outcome)
            if room is not None and turn is not None:
                silent = Silent(outcome.code, outcome.message, outcome.retryable)
                await self._rounds.end_turn(room, turn, _ending(outcome, "error", silent))

    async def stopped(self, outcome: TurnStopped) -> None:
        """The current attempt stopped when told to; its text stays."""
        async with self._rooms.open_if_there(outcome.session_id) as room:
            turn = await self._current(room, outcome)
            if room is not None and turn is not None:
                silent = Silent(ErrorCode.STOPPED, "It was stopped.", retryable=False)
                await self._rounds.end_turn(room, turn, _ending(outcome, "stopped", silent))

    async def give_up(self, session_id: SessionId, turn_id: TurnId) -> None:
        """Nothing can be made of what the worker said: the turn fails visibly instead of running for ever."""
        async with self._rooms.open_if_there(session_id) as room:
            turn = None if room is None else await room.turn(turn_id)
            if room is not None and turn is not None and turn.open:
                silent = Silent(ErrorCode.INTERNAL, "The answer could not be stored.", retryable=True)
                await self._rounds.end_turn(room, turn, silent)

    async def _current(self, room: Room | None, fact: TurnFact) -> Turn | None:
        """The turn, if it is open and the fact is about its current attempt."""
        turn = None if room is None else await room.turn(fact.turn_id)
        return turn if turn is not None and turn.open and turn.attempt == fact.attempt else None


def _ending(outcome: Outcome, reason: FinishReason, silent: Silent) -> Ending:
    if not outcome.text:
        return silent
    return Replied(
        text=storable(outcome.text),
        finish_reason=reason,
        model=outcome.model,
        usage=outcome.usage,
        cost=outcome.cost,
        context=outcome.context,
        first_token_at=outcome.first_token_at,
    )
