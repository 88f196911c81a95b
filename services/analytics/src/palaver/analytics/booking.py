"""Book what calls cost: real facts as workers report them, estimates for workers that died."""

from typing import Any

import structlog

from palaver.analytics.domain import Fact
from palaver.analytics.estimating import estimate
from palaver.analytics.metrics import AnalyticsMetrics
from palaver.analytics.ports import Prices
from palaver.analytics.store.booking import FactStore
from palaver.contracts.model_router import CompletionMetered, Metered, UsageMetered
from palaver.contracts.session import AttemptLost

_log = structlog.get_logger()


def fact_of(metered: UsageMetered | CompletionMetered) -> Fact:
    """What a worker reported, as it is booked."""
    common = _common(metered)
    if isinstance(metered, CompletionMetered):
        return Fact(
            turn_id=metered.completion_id,
            attempt=metered.delivery,
            session_id=metered.session_id,
            participant_id=None,
            purpose=metered.purpose,
            **common,
        )
    return Fact(
        turn_id=metered.turn_id,
        attempt=metered.attempt,
        session_id=metered.session_id,
        participant_id=metered.participant_id,
        **common,
    )


def _common(metered: Metered) -> dict[str, Any]:
    return {
        "call": metered.call,
        "payer": metered.payer,
        "provider": metered.provider,
        "model_id": metered.model_id,
        "key_id": metered.key_id,
        "tokens_input": metered.usage.tokens_input,
        "tokens_output": metered.usage.tokens_output,
        "tokens_cached": metered.usage.tokens_cached,
        "cost": metered.cost,
        "estimated": metered.usage.estimated,
        "outcome": metered.outcome,
        "started_at": metered.started_at,
        "first_token_seconds": metered.first_token_seconds,
        "duration_seconds": metered.duration_seconds,
    }


class Bookkeeper:
    """Books each call once, however often it is told of it."""

    def __init__(self, facts: FactStore, prices: Prices, metrics: AnalyticsMetrics) -> None:
        self._facts = facts
        self._prices = prices
        self._metrics = metrics

    async def metered(self, metered: UsageMetered | CompletionMetered) -> None:
        """A call is over. Raises Unavailable."""
        await self._book(fact_of(metered))

    async def lost(self, lost: AttemptLost) -> None:
        """A worker died. Without an open call nothing was bought. Raises Unavailable."""
        call = lost.open_call
        if call is None:
            return
        card = await self._prices.card(call.model)
        if card is None:
            _log.warning("lost_call_without_price", turn_id=lost.turn_id, model=call.model)
        await self._book(estimate(lost, call, card))

    async def _book(self, fact: Fact) -> None:
        if not await self._facts.book(fact):
            self._metrics.repeated.inc()
            return
        self._metrics.facts.labels(fact.model_id, fact.outcome).inc()
        self._metrics.cost.labels(fact.model_id).inc(float(fact.cost))
