"""The analytics service, wired: every subject in, every adapter out."""

import time
from datetime import UTC, datetime
from pathlib import Path

from palaver.analytics.booking import Bookkeeper
from palaver.analytics.budgeting import Budget
from palaver.analytics.handlers import Handlers
from palaver.analytics.metrics import AnalyticsMetrics
from palaver.analytics.neighbours import BrokerPrices
from palaver.analytics.settings import Settings
from palaver.analytics.statistics import Statistics
from palaver.analytics.store.booking import FactStore
from palaver.analytics.store.forgetting import ForgettingStore
from palaver.analytics.store.reading import StatisticsStore
from palaver.analytics.store.reserving import ReservationStore
from palaver.contracts.analytics import BUDGET_RESERVE, COMPLETION_RESERVE, LIMITS_GET, OVERVIEW_GET, OWNER, QUOTA_GET
from palaver.contracts.catalogue import DURABLES
from palaver.contracts.identity import USER_DELETED
from palaver.contracts.model_router import COMPLETION_COMPLETED, COMPLETION_FAILED, COMPLETION_METERED, USAGE_METERED
from palaver.contracts.session import ATTEMPT_LOST, LOG_EVENTS
from palaver.servicekit.configured import limits_route
from palaver.servicekit.database import Database
from palaver.servicekit.routes import answer, bind, consume
from palaver.servicekit.service import Kit, Service
from palaver.servicekit.transactions import Transactions

SCHEMA = "analytics"
MIGRATIONS = Path(__file__).parent / "migrations"
TURN_ENDS = ("reply.appended", "turn.failed", "turn.stopped")
"""The log entries with which a turn ends."""


def build(settings: Settings, kit: Kit) -> Service:
    """Make the service; nothing runs yet."""
    database = Database(settings.database, schema=SCHEMA)
    transactions = Transactions(database, kit.broker)
    metrics = AnalyticsMetrics(kit.metrics)
    prices = BrokerPrices(kit.broker, ttl_seconds=settings.price_ttl_seconds, clock=time.monotonic)
    budget = Budget(ReservationStore(database), metrics, daily_limit=settings.daily_limit_usd, clock=_now)
    handlers = Handlers(
        Bookkeeper(FactStore(database), prices, metrics),
        budget,
        Statistics(StatisticsStore(database), _now),
        ForgettingStore(database),
    )
    return Service(
        name=OWNER,
        routes=(
            limits_route(LIMITS_GET, settings, OWNER),
            consume(
                DURABLES["analytics-usage"],
                bind(USAGE_METERED, handlers.on_usage_metered),
                bind(COMPLETION_METERED, handlers.on_completion_metered),
            ),
            consume(
                DURABLES["analytics-completion-ends"],
                bind(COMPLETION_COMPLETED, handlers.on_completion_ended),
                bind(COMPLETION_FAILED, handlers.on_completion_ended),
            ),
            consume(DURABLES["analytics-attempts"], bind(ATTEMPT_LOST, handlers.on_attempt_lost)),
            consume(
                DURABLES["analytics-turn-ends"],
                *(bind(LOG_EVENTS[name], handlers.on_turn_ended) for name in TURN_ENDS),
            ),
            consume(DURABLES["analytics-people"], bind(USER_DELETED, handlers.on_user_deleted)),
            answer(BUDGET_RESERVE, handlers.budget_reserve),
            answer(COMPLETION_RESERVE, handlers.completion_reserve),
            answer(OVERVIEW_GET, handlers.overview_get),
            answer(QUOTA_GET, handlers.quota_get),
        ),
        resources=(database,),
        measured=(transactions,),
        tasks={
            "outbox": transactions.relay,
            "sweep-reservations": budget.sweep_forever,
        },
        drain_seconds=settings.drain_seconds,
    )


def _now() -> datetime:
    return datetime.now(UTC)
