"""One daily money limit per user: set aside before the call, settled by what was booked, given back at the end."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal

import structlog

from palaver.analytics.domain import Demand, OpenCall, Standing, day_of, end_of_day
from palaver.analytics.metrics import AnalyticsMetrics
from palaver.analytics.store.reserving import Exceeded, Outdated, ReservationStore
from palaver.contracts import limits
from palaver.contracts.analytics import Quota, Reservation, ReserveBudget, ReserveCompletion
from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.ids import CompletionId, TurnId, UserId

LONGEST_LIFE = timedelta(seconds=limits.RESERVATION_SECONDS)
"""Nothing runs longer than a turn's deadline; five minutes more are for its end to arrive."""
SWEEP_SECONDS = 60.0

_log = structlog.get_logger()


class Budget:
    """`daily_limit` None means unlimited; reservations are kept all the same, so that they can be shown."""

    def __init__(
        self,
        reservations: ReservationStore,
        metrics: AnalyticsMetrics,
        *,
        daily_limit: Decimal | None,
        clock: Callable[[], datetime],
    ) -> None:
        self._reservations = reservations
        self._metrics = metrics
        self._daily_limit = daily_limit
        self._clock = clock

    async def reserve(self, request: ReserveBudget | ReserveCompletion) -> Reservation:
        """Grant it. Raises Failure(QUOTA_EXCEEDED, CONFLICT), Unavailable."""
        now = self._clock()
        try:
            remaining = await self._reservations.reserve(demand_of(request), self._daily_limit, now)
        except Exceeded as exceeded:
            self._metrics.refused.inc()
            raise _refused(exceeded.standing, request.amount, now) from exceeded
        except Outdated as outdated:
            why = "It is over." if outdated.over else "A later attempt holds the reservation."
            raise Failure(ErrorCode.CONFLICT, why, over=outdated.over) from outdated
        return Reservation(amount=request.amount, remaining=remaining)

    async def release(self, turn_id: TurnId) -> None:
        """The turn is over. Raises Unavailable."""
        await self._reservations.release(turn_id, self._clock())

    async def release_side_job(self, completion_id: CompletionId, delivery: int) -> None:
        """A delivery of the side job has said how it ended. Raises Unavailable."""
        await self._reservations.release_side_job(completion_id, delivery, self._clock())

    async def quota(self, payer: UserId) -> Quota:
        """Where a payer stands today. Raises Unavailable."""
        now = self._clock()
        standing = await self._reservations.standing(payer, self._daily_limit, now)
        return Quota(
            limit=standing.limit,
            spent=standing.spent,
            reserved=standing.reserved,
            resets_at=end_of_day(day_of(now)),
        )

    async def sweep_forever(self) -> None:
        """Remove reservations of what never said its end."""
        while True:
            await self.sweep()
            await asyncio.sleep(SWEEP_SECONDS)

    async def sweep(self) -> None:
        """Once. Raises Unavailable."""
        swept = await self._reservations.sweep(self._clock() - LONGEST_LIFE)
        if swept:
            self._metrics.swept.inc(swept)
            _log.warning("reservations_swept", count=swept)


def demand_of(request: ReserveBudget | ReserveCompletion) -> Demand:
    """What a worker asks for, as it is kept."""
    if isinstance(request, ReserveBudget):
        return Demand(
            work_id=request.turn_id,
            attempt=request.attempt,
            payer=request.payer,
            session_id=request.session_id,
            model_id=request.model_id,
            amount=request.amount,
        )
    return Demand(
        work_id=request.completion_id,
        attempt=request.delivery,
        payer=request.payer,
        session_id=request.session_id,
        model_id=request.model_id,
        amount=request.amount,
        purpose=request.purpose,
        open_call=OpenCall(
            request.call,
            request.provider,
            request.prompt_tokens,
            request.prompt_cost,
            request.call_id,
            request.key_id,
        ),
    )


def _refused(standing: Standing, amount: Decimal, now: datetime) -> Failure:
    return Failure(
        ErrorCode.QUOTA_EXCEEDED,
        f"Today's limit of {standing.limit} US dollars is used up: {standing.spent:.4f} are spent, "
        f"{standing.reserved:.4f} are set aside for running answers, and this one may take {amount:.4f}.",
        limit=str(standing.limit),
        spent=str(standing.spent),
        reserved=str(standing.reserved),
        resets_at=end_of_day(day_of(now)).isoformat(),
    )
