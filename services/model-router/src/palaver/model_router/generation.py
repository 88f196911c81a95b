"""The use-case: run one turn, from its claim to its outcome.

Prepare, call the provider (again, if it fails before its first token), say what happened. Nothing here knows a wire
format or a broker.
"""

import asyncio
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog
from opentelemetry import trace
from opentelemetry.trace import SpanKind, StatusCode, Tracer

from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.ids import WorkerId, made_at
from palaver.contracts.model_router import RunTurn, TurnStarted
from palaver.model_router.answering import TurnCalls
from palaver.model_router.calling import FinishReason
from palaver.model_router.domain import CallFact, Model
from palaver.model_router.errors import ProviderFailed, RouteClosed
from palaver.model_router.interrupting import Interrupted
from palaver.model_router.metrics import RouterMetrics
from palaver.model_router.outcomes import (
    Completed,
    Ending,
    Failed,
    GivenUp,
    ending_of,
    outcome_of,
    usage_fact,
)
from palaver.model_router.ports import Events
from palaver.model_router.preparing import Preparation, Prepared
from palaver.model_router.retrying import Retrying
from palaver.model_router.running import RunningTurn

_log = structlog.get_logger()


@dataclass(slots=True)
class _Run:
    """One run on its way. `saying` holds the announcements that nobody waits for before the end."""

    turn: RunningTurn
    saying: asyncio.TaskGroup
    prepared: Prepared | None = None


class Generation:
    """Runs turns, each in its caller's task."""

    def __init__(
        self,
        *,
        worker: WorkerId,
        preparation: Preparation,
        calls: TurnCalls,
        events: Events,
        retrying: Retrying,
        turn_seconds: float,
        metrics: RouterMetrics,
        tracer: Tracer,
    ) -> None:
        self._worker = worker
        self._preparation = preparation
        self._calls = calls
        self._events = events
        self._retrying = retrying
        self._turn_seconds = turn_seconds
        self._metrics = metrics
        self._tracer = tracer

    def ahead(self, order: RunTurn) -> AbstractAsyncContextManager["asyncio.Task[Prepared]"]:
        """Make a call ready while its turn is being claimed; see `Preparation.ahead`."""
        return self._preparation.ahead(order)

    async def run(self, turn: RunningTurn, preparing: "asyncio.Task[Prepared]") -> None:
        """Run it to its end. Returns when the broker has all that is to be said about it."""
        with self._metrics.turns_running.track_inprogress():
            async with asyncio.TaskGroup() as saying:
                run = _Run(turn, saying)
                ending = await self._generate(run, preparing)
                await turn.flow.flush()
                turn.finished = not isinstance(ending, GivenUp)
            self._count(turn, ending)
            outcome = outcome_of(turn, ending, run.prepared, self._worker)
            if outcome is not None:
                await self._events.ended(outcome)

    async def _generate(self, run: _Run, preparing: "asyncio.Task[Prepared]") -> Ending:
        try:
            async with run.turn.interruptible(self._seconds_left(run.turn)):
                run.prepared = prepared = await preparing
                await self._preparation.reserve(run.turn.order, prepared)
                run.turn.raise_if_interrupted()
                return await self._converse(run, prepared)
        except Interrupted as interrupted:
            return ending_of(interrupted)
        except (ProviderFailed, Failure) as failure:
            return Failed(failure.code, failure.message)

    async def _converse(self, run: _Run, prepared: Prepared) -> Ending:
        while True:
            try:
                finish = await self._call(run, prepared)
            except RouteClosed:
                run.prepared = prepared = await self._preparation.again(run.turn.order, prepared)
            except ProviderFailed as failure:
                if _too_long(run.turn, prepared, failure):
                    run.prepared = prepared = await self._tighten(run.turn, prepared, failure)
                else:
                    await self._another_or_give_up(run, prepared, failure)
                    run.prepared = prepared = await self._preparation.again(run.turn.order, prepared)
            else:
                if not run.turn.text:
                    return Failed(ErrorCode.PROVIDER_REFUSED, "The model gave no answer.")
                return Completed(finish)

    async def _call(self, run: _Run, prepared: Prepared) -> FinishReason:
        async with prepared.route.calling():
            model = prepared.model
            # What a provider says of a failure may quote the conversation: the span has its code alone.
            with self._tracer.start_as_current_span(
                f"chat {model.upstream}", kind=SpanKind.CLIENT, record_exception=False, set_status_on_exception=False
            ) as span:
                span.set_attributes(_asked(model))
                try:
                    return await self._calls.make(run.turn, prepared, lambda: self._begin(run, prepared))
                except ProviderFailed as failure:
                    span.set_status(StatusCode.ERROR, failure.code)
                    raise
                finally:
                    self._meter(run)
                    span.set_attributes(_used(run.turn.calls[-1]))

    async def _tighten(self, turn: RunningTurn, prepared: Prepared, failure: ProviderFailed) -> Prepared:
        """A smaller window for one more call. Raises the provider's failure where there is none."""
        _log.warning("window_too_long", turn=turn.turn_id, model=prepared.model.id, used=prepared.window.used)
        try:
            return await self._preparation.tightened(turn.order, prepared)
        except Failure:
            raise failure from None

    async def _another_or_give_up(self, run: _Run, prepared: Prepared, failure: ProviderFailed) -> None:
        """Wait for the next call. Raises the failure if there is to be none."""
        turn = run.turn
        await self._retrying.another_or_give_up(
            failure,
            prepared.route,
            prepared.itinerary,
            run.saying,
            final=turn.first_token_at is not None,
            turn=turn.turn_id,
            attempt=turn.order.attempt,
            call=len(turn.calls),
        )

    def _seconds_left(self, turn: RunningTurn) -> float:
        left = (turn.order.deadline - datetime.now(UTC)).total_seconds()
        return min(left, self._turn_seconds)

    # ---- what is said on the way -----------------------------------------------------------------------------------

    def _begin(self, run: _Run, prepared: Prepared) -> None:
        """There is text: the reply has its place in the round from here on."""
        turn = run.turn
        if turn.first_token_at is not None:
            return
        turn.first_token_at = datetime.now(UTC)
        trace.get_current_span().add_event("first_token")
        turn.flow.gaps = self._metrics.gaps.of(prepared.model.id)
        if (asked_at := made_at(turn.turn_id)) is not None:
            waited = (turn.first_token_at - asked_at).total_seconds()
            self._metrics.turn_first_token_seconds.labels(prepared.model.id).observe(max(0.0, waited))
        if prepared.route.tries:
            run.saying.create_task(prepared.route.heard())
        fact = TurnStarted(
            session_id=turn.order.session_id,
            turn_id=turn.turn_id,
            attempt=turn.order.attempt,
            worker=self._worker,
            at=turn.first_token_at,
            model=prepared.model.id,
        )
        run.saying.create_task(self._events.started(fact))

    def _meter(self, run: _Run) -> None:
        """Book the call that is over; nobody waits for it before the turn's end."""
        fact = usage_fact(run.turn, run.turn.calls[-1])
        run.saying.create_task(self._events.metered(fact))
        self._metrics.count(fact)

    def _count(self, turn: RunningTurn, ending: Ending) -> None:
        code = ending.code if isinstance(ending, Failed) else None
        how = type(ending).__name__.lower()
        self._metrics.turns_ended.labels(how, code or "").inc()
        _log.info(
            "turn_ended",
            session=turn.order.session_id,
            turn=turn.turn_id,
            attempt=turn.order.attempt,
            model=turn.order.turn.model,
            how=how,
            code=code,
            calls=len(turn.calls),
            characters=len(turn.text),
        )


def _asked(model: Model) -> dict[str, str]:
    """Of a call's span, in the words of OpenTelemetry's conventions for generative AI: names, and no text."""
    return {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": model.provider.id,
        "gen_ai.request.model": model.upstream,
    }


def _used(call: CallFact) -> dict[str, str | int]:
    usage = call.usage
    tokens = {"gen_ai.usage.input_tokens": usage.tokens_input, "gen_ai.usage.output_tokens": usage.tokens_output}
    return {"palaver.outcome": call.outcome, **{name: count for name, count in tokens.items() if count is not None}}


def _too_long(turn: RunningTurn, prepared: Prepared, failure: ProviderFailed) -> bool:
    """Whether a smaller window may help: once, and only while nothing was shown."""
    overflowed = failure.code is ErrorCode.CONTEXT_OVERFLOW
    return overflowed and not prepared.tightened and turn.first_token_at is None
