"""Counting what keys are used for, and saying so when a quota comes to its end."""

from datetime import datetime, timedelta

import structlog

from palaver.contracts.analytics import CompletionCallLost
from palaver.contracts.ids import KeyId
from palaver.contracts.model_router import CompletionMetered, UsageMetered
from palaver.contracts.session import AttemptLost, OpenCall
from palaver.keyvault import audit_events, store, unusual_store, usage_store
from palaver.keyvault.domain import Key
from palaver.keyvault.metrics import KeyvaultMetrics
from palaver.keyvault.ports import Clock, KeepersEar, Workers
from palaver.keyvault.quota import Limit, day_of, limits_of
from palaver.keyvault.unusual import Unusual, unusual
from palaver.keyvault.usage_store import CountedCall
from palaver.servicekit.transactions import Transactions, Work

PRICE_UNIT = 1_000
"""Prices are per so many tokens."""

_log = structlog.get_logger()


class UsageCounter:
    """Counts each provider call once, however often it is told of it."""

    def __init__(
        self, transactions: Transactions, workers: Workers, ear: KeepersEar, metrics: KeyvaultMetrics, clock: Clock
    ) -> None:
        self._transactions = transactions
        self._workers = workers
        self._ear = ear
        self._metrics = metrics
        self._clock = clock

    async def metered(self, metered: UsageMetered | CompletionMetered) -> None:
        """A call is over; it counts for the day of its end. Calls without a key, or with one that is gone, do not."""
        if metered.key_id is not None:
            await self._count(_counted(metered, metered.key_id))

    async def lost(self, lost: AttemptLost) -> None:
        """A worker died in mid-call: the call counts as estimated, until the worker says otherwise after all."""
        call = lost.open_call
        if call is not None and call.key_id is not None:
            await self._count(_estimated(lost, call, call.key_id))

    async def side_job_lost(self, lost: CompletionCallLost) -> None:
        """The same for a side job's call."""
        await self._count(
            CountedCall(
                call_id=lost.call_id,
                key_id=lost.key_id,
                day=day_of(lost.at),
                failed=False,
                tokens_input=lost.tokens_input,
                tokens_output=0,
                cost=lost.cost,
                estimated=True,
            )
        )

    async def _count(self, call: CountedCall) -> None:
        now = self._clock()
        async with self._transactions.begin() as work:
            before = await store.lock(work.conn, call.key_id, now)
            if before is None or not await usage_store.count(work.conn, call, now):
                return
            after = await store.read(work.conn, call.key_id, now) or before
            news = [limit for limit in limits_of(after.quota, after.spent) if limit.near]
            told = [limit for limit in news if await self._note(work, after, limit)]
            strange = await self._notice(work, after, now)
        self._metrics.calls.inc()
        if before.used_up is None and after.used_up is not None:
            _log.info("key_quota_used_up", key_id=after.id)
            await self._workers.forget(after.id)
            await self._workers.changed(after)
        for limit in told:
            await self._ear.near_quota(after, limit)
        for found in strange:
            await self._ear.unusual(after, day_of(now), found)

    async def _notice(self, work: Work, key: Key, now: datetime) -> list[Unusual]:
        """What is unusual about today and was not noticed yet."""
        today, found = day_of(now), list[Unusual]()
        use, habit = await unusual_store.standing(work.conn, key.id, today, day_of(key.created_at))
        for one in unusual(today, use, habit):
            if await unusual_store.note(work.conn, key.id, today, one):
                details = {"rule": one.rule, "amount": f"{one.amount:.6g}", "usual": f"{one.usual:.6g}"}
                await work.say(audit_events.done(audit_events.UNUSUAL, None, key.id, now, **details))
                self._metrics.unusual.labels(one.rule).inc()
                found.append(one)
        return found

    async def _note(self, work: Work, key: Key, limit: Limit) -> bool:
        """Once for each limit and what became of it."""
        now = self._clock()
        if not await usage_store.note(work.conn, key.id, limit, day_of(now)):
            return False
        details = {
            "limit": f"{limit.measure} a {limit.period}",
            "allowed": f"{limit.allowed:f}",
            "used": f"{limit.used:f}",
        }
        action = audit_events.QUOTA_EXCEEDED if limit.exceeded else audit_events.QUOTA_NEAR
        await work.say(audit_events.done(action, None, key.id, now, **details))
        return True


def _counted(metered: UsageMetered | CompletionMetered, key_id: KeyId) -> CountedCall:
    ended_at = metered.started_at + timedelta(seconds=metered.duration_seconds)
    return CountedCall(
        call_id=metered.call_id,
        key_id=key_id,
        day=day_of(ended_at),
        failed=metered.outcome == "failed",
        tokens_input=metered.usage.tokens_input,
        tokens_output=metered.usage.tokens_output,
        cost=metered.cost,
    )


def _estimated(lost: AttemptLost, call: OpenCall, key_id: KeyId) -> CountedCall:
    cost = (call.tokens_input * call.input_price + lost.tokens_output * call.output_price) / PRICE_UNIT
    return CountedCall(
        call_id=call.call_id,
        key_id=key_id,
        day=day_of(lost.at),
        failed=False,
        tokens_input=call.tokens_input,
        tokens_output=lost.tokens_output,
        cost=cost,
        estimated=True,
    )
