"""The sweeper: what must happen to turns although nobody asks. Every replica sweeps; row locks share the work."""

import asyncio
from collections.abc import Callable
from datetime import datetime

import structlog

from palaver.contracts.failures import ErrorCode
from palaver.servicekit.database import Database
from palaver.servicekit.errors import Unavailable
from palaver.session.domain import Replied, Silent, Turn, TurnPolicy
from palaver.session.losses import report_loss
from palaver.session.metrics import SessionMetrics
from palaver.session.ports import Announcer, BrokerPing, News
from palaver.session.room import Room, Rooms
from palaver.session.rounds import Rounds
from palaver.session.store import claims, turns
from palaver.session.store.turns import OverdueTurn
from palaver.session.vigilance import Vigilance

MAX_GAP_SWEEPS = 2
"""Sweeps further apart than this many intervals are a stall of this replica."""
PATIENCE_SECONDS = 1.0
BATCH = 200
CONCURRENCY = 4
"""Rooms handled at once: a sweep must be over before the next is due, and must not take all connections."""

_log = structlog.get_logger()


class Sweeper:
    """Expires claims of dead workers, repeats unclaimed commands, ends what is past its deadline."""

    def __init__(
        self,
        database: Database,
        broker: BrokerPing,
        rooms: Rooms,
        rounds: Rounds,
        *,
        announcer: Announcer,
        metrics: SessionMetrics,
        policy: TurnPolicy,
        sweep_seconds: float,
        monotonic: Callable[[], float],
    ) -> None:
        self._database = database
        self._broker = broker
        self._rooms = rooms
        self._rounds = rounds
        self._announcer = announcer
        self._metrics = metrics
        self._policy = policy
        self._monotonic = monotonic
        self._sweep_seconds = sweep_seconds
        self._vigilance = Vigilance(policy.lease_seconds, MAX_GAP_SWEEPS * sweep_seconds)
        self._cutoff: datetime | None = None

    async def run(self) -> None:
        """Sweep for ever."""
        while True:
            began = self._monotonic()
            try:
                await self.sweep()
            except Unavailable as outage:
                _log.warning("sweep_waits", dependency=outage.dependency, reason=outage.reason)
            await asyncio.sleep(max(0.0, self._sweep_seconds - (self._monotonic() - began)))

    async def sweep(self) -> None:
        """One pass. Raises Unavailable."""
        began = self._monotonic()
        cutoff, self._cutoff = self._cutoff, await self._signs_of_life()
        self._vigilance = self._vigilance.swept(began, answered=self._cutoff is not None)
        self._metrics.may_expire.set(self._vigilance.may_expire)
        if self._cutoff is None:
            return
        await self._repeat_unclaimed()
        await self._admit_waiting()
        # The cut-off is a sweep old: a renewal that waited as long as we did is processed before we judge by it.
        if cutoff is not None and self._vigilance.may_expire:
            await self._end_overdue(cutoff)

    async def _signs_of_life(self) -> datetime | None:
        """Postgres's time; None unless it and the broker answered within the patience."""
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                async with self._database.read() as conn:
                    now = await turns.postgres_time(conn)
            async with asyncio.timeout(PATIENCE_SECONDS):
                await self._broker.ping()
        except (Unavailable, TimeoutError):
            return None
        return now

    # ---- commands --------------------------------------------------------------------------------------------------
    async def _repeat_unclaimed(self) -> None:
        async with self._database.transaction() as conn:
            repeated = await turns.reissue_unclaimed(conn, self._policy, BATCH)
        if repeated:
            self._metrics.reissued.inc(len(repeated))
            _log.info("turns_issued_again", turns=len(repeated))
            await self._announcer.announce(News(issued=tuple(repeated)))

    async def _admit_waiting(self) -> None:
        """A turn passed over because its row was locked would otherwise wait for the payer's next end of a turn."""
        async with self._database.read() as conn:
            payers = await turns.waiting_payers(conn, BATCH)
        for payer in payers:
            async with self._database.transaction() as conn:
                await turns.lock_payer(conn, payer)
                admitted = await turns.admit(conn, payer, self._policy)
            if admitted:
                await self._announcer.announce(News(issued=tuple(admitted)))

    # ---- claims ----------------------------------------------------------------------------------------------------
    async def _end_overdue(self, cutoff: datetime) -> None:
        async with self._database.read() as conn:
            overdue = await turns.overdue(conn, cutoff, self._policy, BATCH)
        places = asyncio.Semaphore(CONCURRENCY)

        async def handle(found: OverdueTurn) -> None:
            async with places:
                await self._judge(found, cutoff)

        results = await asyncio.gather(*(handle(found) for found in overdue), return_exceptions=True)
        for found, result in zip(overdue, results, strict=True):
            if isinstance(result, Exception):  # one broken room must not keep the others from being swept
                _log.error("turn_not_swept", turn=found.turn_id, exc_info=result)

    async def _judge(self, found: OverdueTurn, cutoff: datetime) -> None:
        async with self._rooms.open_if_free(found.session_id) as room:
            turn = None if room is None else await room.turn(found.turn_id)
            if room is None or turn is None or not turn.open:
                return
            lapsed = turn.state == "claimed" and turn.lease_until is not None and turn.lease_until < cutoff
            if lapsed:
                self._metrics.attempts_lost.inc()
                report_loss(room, turn)
            if turn.past_deadline(cutoff, self._policy):
                await self._interrupt(room, turn, ErrorCode.TIMEOUT, "The answer took too long.")
            elif lapsed:
                await self._next_attempt(room, turn)

    async def _next_attempt(self, room: Room, turn: Turn) -> None:
        if turn.stop_requested:
            await self._rounds.end_stopped(room, turn)
        elif turn.deaths + 1 >= self._policy.max_deaths:
            await self._interrupt(room, turn, ErrorCode.INTERRUPTED, "Every worker that tried to answer died.")
        else:
            room.offer(await turns.issue_next_attempt(room.conn, turn, died=True, policy=self._policy))

    async def _interrupt(self, room: Room, turn: Turn, code: ErrorCode, message: str) -> None:
        """End a turn with whatever text it ever got to."""
        text = await claims.longest_text(room.conn, turn.ref.turn_id)
        if turn.state == "claimed":
            room.call_back(turn.ref.turn_id)
        ending = Replied(text, "interrupted") if text else Silent(code, message, retryable=True)
        await self._rounds.end_turn(room, turn, ending)
