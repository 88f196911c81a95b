"""The inbound edge: what arrives goes to its use-case. Decides nothing."""

from palaver.analytics.booking import Bookkeeper
from palaver.analytics.budgeting import Budget
from palaver.analytics.statistics import Statistics
from palaver.analytics.store.forgetting import ForgettingStore
from palaver.contracts.analytics import (
    Overview,
    Quota,
    ReadOverview,
    ReadQuota,
    Reservation,
    ReserveBudget,
    ReserveCompletion,
)
from palaver.contracts.identity import UserDeleted
from palaver.contracts.model_router import CompletionMetered, CompletionOutcome, UsageMetered
from palaver.contracts.session import AttemptLost
from palaver.contracts.session_log import EventFrame, ReplyAppended, TurnFailed, TurnStopped


class Handlers:
    """One method per subject, or per family of subjects."""

    def __init__(self, bookkeeper: Bookkeeper, budget: Budget, statistics: Statistics, books: ForgettingStore) -> None:
        self._bookkeeper = bookkeeper
        self._budget = budget
        self._statistics = statistics
        self._books = books

    async def on_usage_metered(self, event: UsageMetered) -> None:
        """A provider call is over."""
        await self._bookkeeper.metered(event)

    async def on_completion_metered(self, event: CompletionMetered) -> None:
        """A side job's provider call is over."""
        await self._bookkeeper.metered(event)

    async def on_attempt_lost(self, event: AttemptLost) -> None:
        """A worker died in mid-turn."""
        await self._bookkeeper.lost(event)

    async def on_turn_ended(self, event: EventFrame) -> None:
        """A turn's last entry."""
        if isinstance(event, ReplyAppended | TurnFailed | TurnStopped):
            await self._budget.release(event.data.turn_id)

    async def on_completion_ended(self, event: CompletionOutcome) -> None:
        """How a side job ended."""
        await self._budget.release_side_job(event.completion_id, event.delivery)

    async def on_user_deleted(self, event: UserDeleted) -> None:
        """Somebody's account is gone."""
        await self._books.forget(event.user_id)

    async def budget_reserve(self, request: ReserveBudget) -> Reservation:
        """Answer `budget.reserve`."""
        return await self._budget.reserve(request)

    async def completion_reserve(self, request: ReserveCompletion) -> Reservation:
        """Answer `completion.reserve`."""
        return await self._budget.reserve(request)

    async def overview_get(self, request: ReadOverview) -> Overview:
        """Answer `overview.get`."""
        return await self._statistics.overview(request)

    async def quota_get(self, request: ReadQuota) -> Quota:
        """Answer `quota.get`."""
        return await self._budget.quota(request.actor.user_id)
