"""The overview that a person gets of their own usage."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal

from palaver.analytics.domain import day_of
from palaver.analytics.store.reading import StatisticsStore
from palaver.contracts.analytics import Overview, ReadOverview

DAYS = {"7d": 7, "30d": 30}
"""Days of a period, today included; a period that is not here has no beginning."""


class Statistics:
    """Sums over a period that ends today (UTC)."""

    def __init__(self, store: StatisticsStore, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._clock = clock

    async def overview(self, request: ReadOverview) -> Overview:
        """The actor's own figures. Raises Unavailable."""
        payer, today = request.actor.user_id, day_of(self._clock())
        start = _start(request.period, today)
        days = await self._store.by_day(payer, start)
        return Overview(
            period=request.period,
            start_date=start,
            end_date=today,
            requests=sum(day.requests for day in days),
            tokens_input=sum(day.tokens_input for day in days),
            tokens_output=sum(day.tokens_output for day in days),
            cost=sum((day.cost for day in days), Decimal(0)),
            estimated=await self._store.estimated(payer, start),
            models=tuple(await self._store.by_model(payer, start)),
            days=tuple(days),
        )


def _start(period: str, today: date) -> date | None:
    return today - timedelta(days=DAYS[period] - 1) if period in DAYS else None
