"""Keeps session told: every two seconds all claims in one request, with the text that session does not have yet.

What session answers decides: `lost` aborts, `stopped` stops, `ended` is forgotten. A worker that cannot renew keeps
streaming: a stall of session or broker is no reason to cut an answer.
"""

import asyncio
from collections.abc import Iterable, Sequence
from contextlib import suppress

import structlog

from palaver.contracts.failures import Failure
from palaver.contracts.limits import TURN_RENEW_REPEAT_SECONDS, TURN_RENEW_SECONDS
from palaver.contracts.session import Renewal, RenewedTurn
from palaver.model_router.ports import Claims
from palaver.model_router.running import HeldTurns, RunningTurn
from palaver.servicekit.errors import Unavailable

NUDGE_SECONDS = 0.03
"""Nobody waits for it, so that it comes after the request for the answer is out, and together with others."""
MAX_REQUEST_CHARACTERS = 1024**2
"""Code points of checkpoints in one request; more claims go into a further one (the broker takes 8 MiB)."""

_log = structlog.get_logger()


class Renewals:
    """Renews the claims of the turns held. `run` is a task of the service."""

    def __init__(self, claims: Claims, turns: HeldTurns) -> None:
        self._claims = claims
        self._turns = turns
        self._urgent: dict[RunningTurn, None] = {}
        self._wake = asyncio.Event()
        self._answered = True

    def nudge(self, turn: RunningTurn) -> None:
        """Renew this one now, without anybody waiting for it: its call begins, or its outcome is out."""
        if not self._urgent:
            asyncio.get_running_loop().call_later(NUDGE_SECONDS, self._wake.set)
        self._urgent[turn] = None

    async def run(self) -> None:
        """Renew for ever."""
        loop = asyncio.get_running_loop()
        due_at = loop.time() + TURN_RENEW_SECONDS
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout_at(due_at):
                    await self._wake.wait()
            self._wake.clear()
            urgent, self._urgent = tuple(self._urgent), {}
            began = loop.time()
            if began < due_at:
                await self._renew(urgent)
            else:
                answered = await self._renew(tuple(self._turns))
                due_at = began + (TURN_RENEW_SECONDS if answered else TURN_RENEW_REPEAT_SECONDS)

    async def release(self, turns: Sequence[RunningTurn]) -> None:
        """Hand these claims back, once; what does not arrive expires."""
        await self._renew(turns, released=True)

    async def _renew(self, turns: Iterable[RunningTurn], *, released: bool = False) -> bool:
        answered = True
        for batch in _batches(turns, released=released):
            answered = await self._ask(batch) and answered
        return answered

    async def _ask(self, batch: Sequence[tuple[RunningTurn, Renewal]]) -> bool:
        try:
            renewed = await self._claims.renew([renewal for _, renewal in batch])
        except (Unavailable, Failure) as error:
            if self._answered:  # said once per outage, not twice a second
                _log.warning("renewals_unanswered", turns=len(batch), error=str(error))
            self._answered = False
            return False
        if not self._answered:
            _log.info("renewals_answered_again", turns=len(batch))
        self._answered = True
        if [r.turn_id for r in renewed.turns] != [turn.turn_id for turn, _ in batch]:
            _log.error("renewal_answer_mismatched", asked=len(batch), answered=len(renewed.turns))
            return False
        for (turn, _), answer in zip(batch, renewed.turns, strict=True):
            self._heed(turn, answer)
        return True

    def _heed(self, turn: RunningTurn, answer: RenewedTurn) -> None:
        match answer.status:
            case "held":
                turn.acknowledge(answer.acknowledged)
            case "stopped":
                turn.acknowledge(answer.acknowledged)
                turn.interrupt("stopped")
            case "lost":
                _log.warning("claim_lost", turn=turn.turn_id, attempt=turn.order.attempt)
                self._turns.forget(turn)
                turn.interrupt("lost")
            case "ended":
                self._turns.forget(turn)
                turn.interrupt("lost")


def _batches(turns: Iterable[RunningTurn], *, released: bool) -> Iterable[list[tuple[RunningTurn, Renewal]]]:
    batch: list[tuple[RunningTurn, Renewal]] = []
    size = 0
    for turn in turns:
        renewal = turn.renewal(released=released)
        length = len(renewal.checkpoint.text) if renewal.checkpoint is not None else 0
        if batch and size + length > MAX_REQUEST_CHARACTERS:
            yield batch
            batch, size = [], 0
        batch.append((turn, renewal))
        size += length
    if batch:
        yield batch
