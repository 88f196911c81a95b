"""This process as a worker: how many turns it takes, how it gets them, how it hands them back when it stops."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from palaver.contracts.failures import Failure
from palaver.contracts.model_router import TURN_DELTA, RunTurn
from palaver.model_router.deltas import DeltaFlow
from palaver.model_router.generation import Generation
from palaver.model_router.ports import Claims, DeltaOutlet
from palaver.model_router.preparing import Prepared
from palaver.model_router.renewing import Renewals
from palaver.model_router.running import HeldTurns, RunningTurn
from palaver.model_router.slots import Slots
from palaver.servicekit.errors import Unavailable
from palaver.servicekit.jobs import Job

CLAIM_REPEAT_SECONDS = 0.5
RELEASE_SECONDS = 1.5
"""Kept of the time to stop: for metering what was cut and for handing claims back."""

_log = structlog.get_logger()


class Worker:
    """Takes turns while it has slots. A slot is taken from the claim to the outcome."""

    def __init__(
        self,
        *,
        turns: HeldTurns,
        claims: Claims,
        renewals: Renewals,
        generation: Generation,
        outlet: DeltaOutlet,
        max_turns: int,
        max_held: int,
        flush_window_seconds: float,
    ) -> None:
        self._turns = turns
        self._claims = claims
        self._renewals = renewals
        self._generation = generation
        self._outlet = outlet
        self._slots = Slots(max_turns)
        self._max_held = max_held
        self._flush_window_seconds = flush_window_seconds
        self._stopping = False
        self._released: list[RunningTurn] = []

    def free_slots(self) -> int:
        """How many more turns it would take now. Turns that wait for session's `ended` count only towards memory."""
        if self._stopping:
            return 0
        return max(0, min(self._slots.free, self._max_held - len(self._turns)))

    async def take(self, job: Job[RunTurn]) -> None:
        """Claim the job's turn and run it. The job is settled as soon as session has answered.

        Nearly every turn that is offered is given, so that its window and key are asked for meanwhile.
        """
        with self._slots.taken():
            async with self._generation.ahead(job.payload) as preparing:
                turn = await self._claim(job)
                if turn is not None:
                    await self._run(turn, preparing)

    async def _claim(self, job: Job[RunTurn]) -> RunningTurn | None:
        order = job.payload
        while not self._turns.holds(order):  # a job delivered again while it runs here is known already
            if self._stopping:
                await job.nak()
                return None
            try:
                claim = await self._claims.claim(order)
            except Unavailable as outage:
                _log.warning("claim_unanswered", turn=order.turn.turn_id, reason=outage.reason)
                await asyncio.sleep(CLAIM_REPEAT_SECONDS)
                continue
            except Failure as refusal:
                _log.warning("claim_refused", turn=order.turn.turn_id, code=refusal.code)
                break
            if claim.verdict == "drop" or self._turns.holds(order):
                break
            turn = self._hold(order)
            await job.ack()
            return turn
        await job.ack()
        return None

    def _hold(self, order: RunTurn) -> RunningTurn:
        flow = DeltaFlow(
            TURN_DELTA.at(order.session_id),
            order.turn.turn_id,
            order.attempt,
            self._outlet,
            window_seconds=self._flush_window_seconds,
        )
        turn = RunningTurn(order, flow)
        self._turns.add(turn)
        return turn

    async def _run(self, turn: RunningTurn, preparing: "asyncio.Task[Prepared]") -> None:
        over = False
        try:
            await self._generation.run(turn, preparing)
            over = True
        finally:
            if not over:  # a defect, or this process ends: not renewed, the claim expires and the turn runs elsewhere
                self._turns.forget(turn)
        if turn.interruption == "released" and not turn.finished:
            self._released.append(turn)
            self._turns.forget(turn)
        elif turn.finished:
            self._renewals.nudge(turn)

    async def drain(self, stop_pulling: Callable[[], Awaitable[None]], patience_seconds: float) -> None:
        """Take nothing more, let turns finish, cut the rest in time to meter it, and hand those claims back."""
        self._stopping = True
        await stop_pulling()
        if not await self._slots.idle(max(0.0, patience_seconds - RELEASE_SECONDS)):
            for turn in self._turns.running:
                turn.interrupt("released")
            await self._slots.idle(RELEASE_SECONDS / 2)
        if self._released:
            _log.info("claims_released", turns=len(self._released))
            await self._renewals.release(self._released)

    async def resend(self) -> None:
        """The broker is back: what was published around the break may be lost, so running turns are sent again."""
        for turn in self._turns.running:
            await turn.resend()
            self._renewals.nudge(turn)
