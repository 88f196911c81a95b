"""Money over real servers, with two replicas: booked once, never over the limit, always in balance."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import permutations

import pytest
import sqlalchemy as sa
from prometheus_client import CollectorRegistry

from palaver.analytics.booking import fact_of
from palaver.analytics.budgeting import Budget, demand_of
from palaver.analytics.domain import Fact
from palaver.analytics.estimating import estimate
from palaver.analytics.metrics import AnalyticsMetrics
from palaver.analytics.store.booking import FactStore
from palaver.analytics.store.reserving import ReservationStore
from palaver.analytics.store.tables import ended_turns, reservations
from palaver.analytics.testing.books import booked, facts_are, in_balance, quota, settled
from palaver.analytics.testing.usage import Catalogue, Payer, card
from palaver.contracts.actors import Actor
from palaver.contracts.analytics import BUDGET_RESERVE, OVERVIEW_GET, ReadOverview
from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.ids import TurnId, new_id
from palaver.contracts.model_router import USAGE_METERED
from palaver.contracts.session import ATTEMPT_LOST, LOG_EVENTS
from palaver.servicekit.broker import Broker
from palaver.servicekit.database import Database

pytestmark = pytest.mark.component


async def test_a_call_is_booked_once_however_often_it_is_announced(broker: Broker, database: Database) -> None:
    payer = Payer()
    calls = [payer.metered("0.25", model_id=model) for model in ("demo", "demo", "other")]
    await asyncio.gather(*(broker.publish(USAGE_METERED, call, payer.id) for call in calls * 10))
    await settled(broker)
    assert len(await booked(database)) == 3
    assert (await quota(broker, payer)).spent == Decimal("0.75")
    await in_balance(database)


async def test_concurrent_bookings_of_one_call_leave_one_fact(database: Database) -> None:
    payer, store = Payer(), FactStore(database)
    fact = fact_of(payer.metered("0.1"))
    results = await asyncio.gather(*(store.book(fact) for _ in range(10)))
    assert sorted(results) == [False] * 9 + [True]
    await in_balance(database)


async def test_a_lost_call_is_estimated_and_replaced_by_the_real_fact(broker: Broker, database: Database) -> None:
    payer, turn = Payer(), TurnId(new_id())
    await broker.publish(ATTEMPT_LOST, payer.lost(turn_id=turn), turn)
    await facts_are(database, 1)
    (guess,) = await booked(database)
    assert (guess.outcome, guess.estimated, guess.cost) == ("lost", True, Decimal("0.012"))
    await in_balance(database)
    await broker.publish(USAGE_METERED, payer.metered("0.5", turn_id=turn), payer.id)
    await settled(broker)
    (real,) = await booked(database)
    assert (real.outcome, real.estimated, real.cost) == ("completed", False, Decimal("0.5"))
    await in_balance(database)


async def test_in_every_order_the_real_fact_remains_and_the_books_balance(database: Database) -> None:
    payer, store = Payer(), FactStore(database)
    yesterday = datetime.now(UTC) - timedelta(days=1)
    for order in permutations(range(4)):
        lost = payer.lost(model="other", at=yesterday)
        assert lost.open_call is not None
        guess = estimate(lost, lost.open_call, card("other"))
        real = fact_of(payer.metered("0.5", turn_id=lost.turn_id))
        told: Sequence[Fact] = (guess, guess, real, real)
        for index in order:
            await store.book(told[index])
    assert {fact.outcome for fact in await booked(database)} == {"completed"}
    assert len(await booked(database)) == 24
    await in_balance(database)


async def test_a_worker_that_died_before_any_call_costs_nothing(broker: Broker, database: Database) -> None:
    payer = Payer()
    await broker.publish(ATTEMPT_LOST, payer.lost(calling=False), TurnId(new_id()))
    await settled(broker)
    assert await booked(database) == []


async def test_prices_are_asked_for_once(broker: Broker, database: Database, catalogue: Catalogue) -> None:
    payer = Payer()
    for _ in range(5):
        await broker.publish(ATTEMPT_LOST, payer.lost(), TurnId(new_id()))
        await settled(broker)
    assert catalogue.asked <= 2  # two replicas
    assert len(await booked(database)) == 5


async def test_fifty_reservations_at_once_never_exceed_the_limit(broker: Broker, database: Database) -> None:
    payer = Payer()

    async def granted() -> bool:
        try:
            await broker.ask(BUDGET_RESERVE, payer.reserve("0.7"), timeout_seconds=20)
        except Failure as failure:
            if failure.code is not ErrorCode.QUOTA_EXCEEDED:
                raise
            return False
        return True

    results = await asyncio.gather(*(granted() for _ in range(50)))
    assert sum(results) == 14  # 14 times 0.7 is 9.8 of 10 dollars
    assert (await quota(broker, payer)).reserved == Decimal("9.8")


async def test_a_refusal_says_limit_and_standing(broker: Broker) -> None:
    payer = Payer()
    granted = await broker.ask(BUDGET_RESERVE, payer.reserve("6"))
    assert granted.remaining == 4
    with pytest.raises(Failure) as refused:
        await broker.ask(BUDGET_RESERVE, payer.reserve("4.01"))
    assert refused.value.code is ErrorCode.QUOTA_EXCEEDED
    assert (refused.value.details["limit"], refused.value.details["reserved"]) == ("10", "6")
    assert (await broker.ask(BUDGET_RESERVE, Payer().reserve("10"))).remaining == 0


async def test_an_attempt_replaces_the_reservation_of_the_one_before(broker: Broker) -> None:
    payer, turn = Payer(), TurnId(new_id())
    await broker.ask(BUDGET_RESERVE, payer.reserve("8", turn_id=turn))
    assert (await broker.ask(BUDGET_RESERVE, payer.reserve("8", turn_id=turn))).remaining == 2
    assert (await broker.ask(BUDGET_RESERVE, payer.reserve("9", turn_id=turn, attempt=2))).remaining == 1
    with pytest.raises(Failure) as late:
        await broker.ask(BUDGET_RESERVE, payer.reserve("1", turn_id=turn, attempt=1))
    assert late.value.code is ErrorCode.CONFLICT


async def test_a_booked_call_moves_money_from_reserved_to_spent(broker: Broker, database: Database) -> None:
    payer, turn = Payer(), TurnId(new_id())
    await broker.ask(BUDGET_RESERVE, payer.reserve("3", turn_id=turn))
    await broker.publish(USAGE_METERED, payer.metered("1.25", turn_id=turn), payer.id)
    await facts_are(database, 1)
    found = await quota(broker, payer)
    assert (found.limit, found.spent, found.reserved) == (10, Decimal("1.25"), Decimal("1.75"))
    again = await broker.ask(BUDGET_RESERVE, payer.reserve("3", turn_id=turn))
    assert again.remaining == 7
    await broker.publish(USAGE_METERED, payer.metered("2.5", turn_id=turn, call=2), payer.id)
    await facts_are(database, 2)
    found = await quota(broker, payer)
    assert (found.spent, found.reserved) == (Decimal("3.75"), 0)


async def test_a_fact_of_an_earlier_attempt_leaves_the_present_reservation_alone(
    broker: Broker, database: Database
) -> None:
    payer, turn = Payer(), TurnId(new_id())
    await broker.ask(BUDGET_RESERVE, payer.reserve("3", turn_id=turn, attempt=2))
    await broker.publish(USAGE_METERED, payer.metered("1", turn_id=turn, attempt=1), payer.id)
    await facts_are(database, 1)
    found = await quota(broker, payer)
    assert (found.spent, found.reserved) == (1, 3)


async def test_the_last_entry_of_a_turn_gives_the_rest_back(broker: Broker) -> None:
    payer, turn = Payer(), TurnId(new_id())
    await broker.ask(BUDGET_RESERVE, payer.reserve("3", turn_id=turn))
    await broker.publish(LOG_EVENTS["turn.stopped"], payer.turn_end(turn), payer.session_id)
    await settled(broker)
    assert (await quota(broker, payer)).reserved == 0


async def test_nothing_is_set_aside_for_a_turn_that_is_over(broker: Broker) -> None:
    payer, turn = Payer(), TurnId(new_id())
    await broker.ask(BUDGET_RESERVE, payer.reserve("3", turn_id=turn))
    await broker.publish(LOG_EVENTS["turn.stopped"], payer.turn_end(turn), payer.session_id)
    await settled(broker)
    with pytest.raises(Failure) as refused:
        await broker.ask(BUDGET_RESERVE, payer.reserve("3", turn_id=turn, attempt=2))
    assert refused.value.code == ErrorCode.CONFLICT
    assert (await quota(broker, payer)).reserved == 0


async def test_ends_are_forgotten_with_the_reservations_of_their_time(database: Database) -> None:
    now = datetime(2026, 1, 1, 12, tzinfo=UTC)
    store, old, young = ReservationStore(database), TurnId(new_id()), TurnId(new_id())
    await store.release(old, now)
    await store.release(young, now + timedelta(seconds=2))
    await store.sweep(now + timedelta(seconds=1))
    async with database.read() as connection:
        assert (await connection.execute(sa.select(ended_turns.c.turn_id))).scalars().all() == [young]


async def test_a_reservation_whose_turn_never_ends_is_swept(database: Database) -> None:
    now = datetime(2026, 1, 1, 12, tzinfo=UTC)
    moments = [now]
    store, metrics = ReservationStore(database), AnalyticsMetrics(CollectorRegistry())
    budget = Budget(store, metrics, daily_limit=None, clock=lambda: moments[-1])
    old, young = Payer(), Payer()
    await budget.reserve(old.reserve("1"))
    moments.append(now + timedelta(seconds=1_800 + 299))
    await budget.reserve(young.reserve("1"))
    await budget.sweep()
    moments.append(now + timedelta(seconds=1_800 + 301))
    await budget.sweep()
    async with database.read() as connection:
        left = (await connection.execute(sa.select(reservations.c.payer))).scalars().all()
    assert left == [young.id]


async def test_without_a_limit_everything_is_granted(database: Database) -> None:
    store = ReservationStore(database)
    assert await store.reserve(demand_of(Payer().reserve("1000000")), None, datetime.now(UTC)) is None


async def test_a_new_day_brings_a_new_limit(database: Database) -> None:
    store, payer = ReservationStore(database), Payer()
    today = datetime(2026, 1, 1, 23, 59, tzinfo=UTC)
    await FactStore(database).book(fact_of(payer.metered("10", at=today)))
    assert (await store.standing(payer.id, Decimal(10), today)).spent == 10
    tomorrow = today + timedelta(minutes=2)
    assert await store.reserve(demand_of(payer.reserve("10")), Decimal(10), tomorrow) == 0


async def test_the_overview_shows_models_by_cost_and_days_in_order(broker: Broker, database: Database) -> None:
    payer, now = Payer(), datetime.now(UTC)
    calls = [
        payer.metered("1", at=now - timedelta(days=1)),
        payer.metered("0.5"),
        payer.metered("4", model_id="dear", tokens=(7, 3), estimated=True),
        payer.metered("2", at=now - timedelta(days=20)),
    ]
    for call in (*calls, Payer().metered("9")):
        await broker.publish(USAGE_METERED, call, call.payer)
    await facts_are(database, 5)
    actor = Actor(user_id=payer.id)
    week = await broker.ask(OVERVIEW_GET, ReadOverview(actor=actor))
    assert (week.requests, week.cost, week.tokens_input, week.estimated) == (3, Decimal("5.5"), 207, 1)
    assert [(share.model_id, share.cost) for share in week.models] == [("dear", 4), ("demo", Decimal("1.5"))]
    assert [day.cost for day in week.days] == [1, Decimal("4.5")]
    assert (week.start_date, week.end_date) == ((now - timedelta(days=6)).date(), now.date())
    always = await broker.ask(OVERVIEW_GET, ReadOverview(actor=actor, period="all"))
    assert (always.requests, always.cost, always.start_date) == (4, Decimal("7.5"), None)
