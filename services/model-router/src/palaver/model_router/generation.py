"""The use-case: run one turn, from its claim to its outcome.

Prepare, call the provider (again, if it fails before its first token), say what happened. Nothing here knows a wire
format or a broker.
"""

import asyncio
import random
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Literal

import structlog

from palaver.contracts.failures import TRAITS, ErrorCode, Failure
from palaver.contracts.ids import WorkerId
from palaver.contracts.model_router import (
    Outcome,
    TurnCompleted,
    TurnFailed,
    TurnStarted,
    TurnStopped,
    UsageMetered,
)
from palaver.contracts.session_log import ContextFill, Usage
from palaver.model_router import cost
from palaver.model_router.calling import ProviderCalls
from palaver.model_router.errors import ProviderFailed
from palaver.model_router.metrics import RouterMetrics
from palaver.model_router.ports import Events, KeySource
from palaver.model_router.preparing import Preparation, Prepared
from palaver.model_router.routing import RetryPolicy, pause_before_retry
from palaver.model_router.running import RunningTurn, TurnInterrupted

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Completed:
    reason: Literal["stop", "length"]


@dataclass(frozen=True, slots=True)
class _Failed:
    code: ErrorCode
    message: str


@dataclass(frozen=True, slots=True)
class _Stopped:
    pass


_Ending = _Completed | _Failed | _Stopped | None
"""How an attempt ended; None if it is somebody else's now and there is nothing to say."""


class Generation:
    """Runs turns, each in its caller's task."""

    def __init__(
        self,
        *,
        worker: WorkerId,
        preparation: Preparation,
        calls: ProviderCalls,
        keys: KeySource,
        events: Events,
        retry: RetryPolicy,
        turn_seconds: float,
        metrics: RouterMetrics,
    ) -> None:
        self._worker = worker
        self._preparation = preparation
        self._calls = calls
        self._keys = keys
        self._events = events
        self._retry = retry
        self._turn_seconds = turn_seconds
        self._metrics = metrics

    async def run(self, turn: RunningTurn) -> None:
        """Run it to its end. Returns when the broker has all that is to be said about it."""
        with self._metrics.turns_running.track_inprogress():
            async with asyncio.TaskGroup() as saying:
                run = _Run(turn, saying)
                ending = await self._generate(run)
                await turn.flow.flush()
                if turn.interruption != "lost":
                    turn.finished = ending is not None
            self._count(run, ending)
            outcome = self._outcome(run, ending)
            if outcome is not None:
                await self._events.ended(outcome)

    # ---- until it ends -----------------------------------------------------------------------------------------------

    async def _generate(self, run: "_Run") -> _Ending:
        turn = run.turn
        try:
            async with turn.interruptible(self._seconds_left(turn)):
                run.prepared = await self._preparation.prepare(turn.order)
                return await self._converse(run, run.prepared)
        except TurnInterrupted as interrupted:
            return _ending_of(interrupted)
        except ProviderFailed as failure:
            return _Failed(failure.code, failure.message)
        except Failure as failure:
            return _Failed(failure.code, failure.message)

    async def _converse(self, run: "_Run", prepared: Prepared) -> _Ending:
        while True:
            try:
                finish = await self._call(run, prepared)
            except ProviderFailed as failure:
                await self._pause_or_give_up(run, prepared, failure)
            else:
                if not run.turn.text:
                    return _Failed(ErrorCode.PROVIDER_REFUSED, "The model gave no answer.")
                return _Completed(finish)

    async def _call(self, run: "_Run", prepared: Prepared) -> Literal["stop", "length"]:
        try:
            return await self._calls.make(run.turn, prepared, lambda: self._begin(run, prepared))
        finally:
            self._meter(run)

    async def _pause_or_give_up(self, run: "_Run", prepared: Prepared, failure: ProviderFailed) -> None:
        """Wait for the next call. Raises the failure if there is to be none."""
        turn = run.turn
        _log.warning(
            "provider_call_failed",
            turn=turn.turn_id,
            attempt=turn.order.attempt,
            call=len(turn.calls),
            model=prepared.model.id,
            code=failure.code,
            reason=failure.reason,
        )
        key_id = prepared.call.key.id
        if failure.code is ErrorCode.KEY_INVALID and key_id is not None:
            self._keys.forget(key_id)
            run.saying.create_task(self._events.key_checked(key_id, failure.code))
        pause = pause_before_retry(
            failure,
            self._retry,
            calls=len(turn.calls),
            seconds_left=self._seconds_left(turn),
            spread=random.random(),  # noqa: S311 - spreads load, guards nothing
        )
        if pause is None or turn.first_token_at is not None:
            raise failure
        await asyncio.sleep(pause)

    def _seconds_left(self, turn: RunningTurn) -> float:
        left = (turn.order.deadline - datetime.now(UTC)).total_seconds()
        return min(left, self._turn_seconds)

    def _begin(self, run: "_Run", prepared: Prepared) -> None:
        """There is text: the reply has its place in the round from here on."""
        turn = run.turn
        if turn.first_token_at is not None:
            return
        turn.first_token_at = datetime.now(UTC)
        fact = TurnStarted(
            session_id=turn.order.session_id,
            turn_id=turn.turn_id,
            attempt=turn.order.attempt,
            worker=self._worker,
            at=turn.first_token_at,
            model=prepared.model.id,
        )
        run.saying.create_task(self._events.started(fact))

    def _meter(self, run: "_Run") -> None:
        """Book the call that is over; nobody waits for it before the turn's end."""
        fact = run.turn.calls[-1]
        usage = cost.usage_of(fact)
        amount = cost.cost_of(usage, fact.model.price)
        run.cost += amount
        run.usage = usage
        order, provider = run.turn.order, fact.model.provider.id
        metered = UsageMetered(
            session_id=order.session_id,
            turn_id=order.turn.turn_id,
            participant_id=order.turn.participant_id,
            attempt=order.attempt,
            call=fact.call,
            call_id=fact.call_id,
            payer=order.payer,
            provider=provider,
            model_id=fact.model.id,
            key_id=fact.key_id,
            usage=usage,
            cost=amount,
            outcome=fact.outcome,
            started_at=fact.started_at,
            first_token_seconds=fact.first_token_seconds,
            duration_seconds=fact.duration_seconds,
        )
        run.saying.create_task(self._events.metered(metered))
        self._metrics.calls.labels(provider, fact.outcome).inc()
        self._metrics.tokens.labels(provider, "input").inc(usage.tokens_input)
        self._metrics.tokens.labels(provider, "output").inc(usage.tokens_output)
        if fact.first_token_seconds is not None:
            self._metrics.first_token_seconds.labels(provider).observe(fact.first_token_seconds)

    # ---- what is said about it ---------------------------------------------------------------------------------------

    def _outcome(self, run: "_Run", ending: _Ending) -> Outcome | None:
        turn, prepared = run.turn, run.prepared
        common = {
            "session_id": turn.order.session_id,
            "turn_id": turn.turn_id,
            "attempt": turn.order.attempt,
            "worker": self._worker,
            "at": datetime.now(UTC),
            "text": turn.text,
            "model": turn.order.turn.model,
            "usage": run.usage,
            "cost": run.cost if turn.calls else None,
            "context": (
                None if prepared is None else ContextFill(used=prepared.window.used, maximum=prepared.window.maximum)
            ),
            "first_token_at": turn.first_token_at,
        }
        match ending:
            case _Completed(reason):
                return TurnCompleted.model_validate({**common, "finish_reason": reason})
            case _Failed(code, message):
                retryable = TRAITS[code].retryable
                return TurnFailed.model_validate({**common, "code": code, "message": message, "retryable": retryable})
            case _Stopped():
                return TurnStopped.model_validate(common)
            case None:
                return None

    def _count(self, run: "_Run", ending: _Ending) -> None:
        turn = run.turn
        code = ending.code if isinstance(ending, _Failed) else ""
        how = "given_up" if ending is None else type(ending).__name__.removeprefix("_").lower()
        self._metrics.turns_ended.labels(how, code).inc()
        _log.info(
            "turn_ended",
            session=turn.order.session_id,
            turn=turn.turn_id,
            attempt=turn.order.attempt,
            model=turn.order.turn.model,
            how=how,
            code=code or None,
            calls=len(turn.calls),
            characters=len(turn.text),
        )


class _Run:
    """What one run collects on its way. `saying` holds the announcements that nobody waits for before the end."""

    def __init__(self, turn: RunningTurn, saying: asyncio.TaskGroup) -> None:
        self.turn = turn
        self.saying = saying
        self.prepared: Prepared | None = None
        self.usage: Usage | None = None
        self.cost = Decimal(0)


def _ending_of(interrupted: TurnInterrupted) -> _Ending:
    match interrupted.reason:
        case "stopped":
            return _Stopped()
        case "deadline":
            return _Failed(ErrorCode.TIMEOUT, "The turn's time is over.")
        case "lost" | "released":
            return None
