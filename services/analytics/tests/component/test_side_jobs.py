"""Side jobs are paid for like turns: money set aside, each call booked once, a lost one estimated."""

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa
from nats.aio.msg import Msg
from prometheus_client import CollectorRegistry

from palaver.analytics.booking import fact_of
from palaver.analytics.budgeting import LONGEST_LIFE, Budget, demand_of
from palaver.analytics.metrics import AnalyticsMetrics
from palaver.analytics.store.booking import FactStore
from palaver.analytics.store.reserving import ReservationStore
from palaver.analytics.store.tables import reservations
from palaver.analytics.testing.books import booked, facts_are, in_balance, quota, settled
from palaver.analytics.testing.usage import Payer
from palaver.contracts.analytics import COMPLETION_CALL_LOST, COMPLETION_RESERVE, CompletionCallLost
from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.ids import CompletionId, KeyId, new_id
from palaver.contracts.model_router import COMPLETION_COMPLETED, COMPLETION_FAILED, COMPLETION_METERED
from palaver.servicekit import outbox
from palaver.servicekit.broker import Broker
from palaver.servicekit.database import Database

pytestmark = pytest.mark.component


@pytest.fixture
def job() -> CompletionId:
    return CompletionId(new_id())


async def test_a_side_job_is_reserved_booked_once_and_settled(
    broker: Broker, database: Database, job: CompletionId
) -> None:
    payer = Payer()
    granted = await broker.ask(COMPLETION_RESERVE, payer.reserve_side_job("3", job=job))
    assert granted.remaining == 7
    call = payer.side_job_metered("1.25", job=job)
    for _ in range(3):
        await broker.publish(COMPLETION_METERED, call, payer.id)
    await settled(broker)
    standing = await quota(broker, payer)
    assert (standing.spent, standing.reserved) == (Decimal("1.25"), Decimal("1.75"))
    await broker.publish(COMPLETION_COMPLETED, payer.side_job_done(job), "context")
    await settled(broker)
    standing = await quota(broker, payer)
    assert (standing.spent, standing.reserved) == (Decimal("1.25"), 0)
    (fact,) = await booked(database)
    assert (fact.turn_id, fact.attempt, fact.purpose, fact.participant_id) == (job, 1, "summary", None)
    assert fact.session_id == payer.session_id
    await in_balance(database)


async def test_a_side_job_beyond_the_limit_is_refused(broker: Broker, job: CompletionId) -> None:
    payer = Payer()
    with pytest.raises(Failure) as refused:
        await broker.ask(COMPLETION_RESERVE, payer.reserve_side_job("10.01", job=job))
    assert refused.value.code is ErrorCode.QUOTA_EXCEEDED
    assert (await quota(broker, payer)).reserved == 0


async def test_each_call_has_money_of_its_own(broker: Broker, database: Database, job: CompletionId) -> None:
    payer = Payer()
    await broker.ask(COMPLETION_RESERVE, payer.reserve_side_job("3", job=job))
    await broker.ask(COMPLETION_RESERVE, payer.reserve_side_job("3", job=job, call=2))
    await broker.publish(COMPLETION_METERED, payer.side_job_metered("1", job=job), payer.id)
    await facts_are(database, 1)
    standing = await quota(broker, payer)
    assert (standing.spent, standing.reserved) == (1, 3)
    again = await broker.ask(COMPLETION_RESERVE, payer.reserve_side_job("3", job=job, call=2))
    assert again.remaining == 6


async def test_the_next_delivery_books_an_estimate_for_the_call_in_which_a_worker_died(
    broker: Broker, database: Database, job: CompletionId
) -> None:
    payer = Payer()
    await broker.ask(COMPLETION_RESERVE, payer.reserve_side_job("3", job=job))
    granted = await broker.ask(COMPLETION_RESERVE, payer.reserve_side_job("3", job=job, delivery=2))
    assert granted.remaining == Decimal("6.75")
    (guess,) = await booked(database)
    assert (guess.outcome, guess.estimated, guess.cost) == ("lost", True, Decimal("0.25"))
    assert (guess.attempt, guess.call, guess.tokens_input, guess.tokens_output) == (1, 1, 1_000, 0)
    await in_balance(database)
    await broker.publish(COMPLETION_METERED, payer.side_job_metered("0.5", job=job), payer.id)
    await settled(broker)
    (real,) = await booked(database)
    assert (real.outcome, real.cost) == ("completed", Decimal("0.5"))
    standing = await quota(broker, payer)
    assert (standing.spent, standing.reserved) == (Decimal("0.5"), 3)
    await in_balance(database)


async def test_the_vault_is_told_once_of_a_call_that_a_key_paid_for_and_that_died(
    broker: Broker, database: Database, job: CompletionId
) -> None:
    payer, key = Payer(), KeyId(new_id())
    heard: asyncio.Queue[Msg] = asyncio.Queue()
    await broker.nc.subscribe(COMPLETION_CALL_LOST.at(job), cb=heard.put)
    await broker.nc.flush()
    reserved = payer.reserve_side_job("3", job=job, key_id=key)
    await broker.ask(COMPLETION_RESERVE, reserved)
    for _ in range(2):
        await broker.ask(COMPLETION_RESERVE, payer.reserve_side_job("3", job=job, delivery=2))
    async with asyncio.timeout(20):
        lost = CompletionCallLost.model_validate_json((await heard.get()).data)
    assert (lost.call_id, lost.key_id, lost.delivery) == (reserved.call_id, key, 1)
    assert (lost.tokens_input, lost.cost) == (1_000, Decimal("0.25"))
    (guess,) = await booked(database)
    assert (guess.key_id, guess.started_at) == (key, lost.at)
    await broker.publish(COMPLETION_FAILED, payer.side_job_failed(job, delivery=3), "context")
    await facts_are(database, 2)  # the second delivery died without a key: nobody is told of it
    async with database.read() as connection:
        assert await connection.scalar(sa.select(sa.func.count()).select_from(outbox.TABLE)) == 0
    assert heard.empty()


async def test_a_call_that_was_booked_is_not_estimated_again(
    broker: Broker, database: Database, job: CompletionId
) -> None:
    payer = Payer()
    await broker.ask(COMPLETION_RESERVE, payer.reserve_side_job("3", job=job))
    await broker.publish(COMPLETION_METERED, payer.side_job_metered("0.5", job=job), payer.id)
    await settled(broker)
    await broker.ask(COMPLETION_RESERVE, payer.reserve_side_job("3", job=job, delivery=2))
    (fact,) = await booked(database)
    assert (fact.outcome, fact.cost) == ("completed", Decimal("0.5"))


async def test_a_delivery_that_a_later_one_has_overtaken_gets_no_money(broker: Broker, job: CompletionId) -> None:
    payer = Payer()
    await broker.ask(COMPLETION_RESERVE, payer.reserve_side_job("3", job=job, delivery=2))
    with pytest.raises(Failure) as refused:
        await broker.ask(COMPLETION_RESERVE, payer.reserve_side_job("3", job=job, call=2))
    assert (refused.value.code, refused.value.details) == (ErrorCode.CONFLICT, {"over": False})
    assert (await quota(broker, payer)).reserved == 3


async def test_a_job_that_its_last_delivery_gives_up_leaves_an_estimate_and_no_reservation(
    broker: Broker, database: Database, job: CompletionId
) -> None:
    payer = Payer()
    await broker.ask(COMPLETION_RESERVE, payer.reserve_side_job("3", job=job, delivery=2))
    await broker.publish(COMPLETION_FAILED, payer.side_job_failed(job, delivery=3), "context")
    await settled(broker)
    (guess,) = await booked(database)
    assert (guess.outcome, guess.attempt) == ("lost", 2)
    assert (await quota(broker, payer)).reserved == 0
    await in_balance(database)


async def test_a_silent_workers_outcome_ends_the_job_but_not_the_money_of_a_call_in_progress(
    broker: Broker, job: CompletionId
) -> None:
    payer = Payer()
    await broker.ask(COMPLETION_RESERVE, payer.reserve_side_job("3", job=job, delivery=2))
    await broker.publish(COMPLETION_COMPLETED, payer.side_job_done(job, delivery=1), "context")
    await settled(broker)
    assert (await quota(broker, payer)).reserved == 3
    for delivery in (1, 2, 3):
        with pytest.raises(Failure) as refused:
            await broker.ask(COMPLETION_RESERVE, payer.reserve_side_job("3", job=job, delivery=delivery))
        assert (refused.value.code, refused.value.details) == (ErrorCode.CONFLICT, {"over": True})
    await broker.publish(COMPLETION_COMPLETED, payer.side_job_done(job, delivery=2), "context")
    await settled(broker)
    assert (await quota(broker, payer)).reserved == 0


async def test_a_side_job_of_which_nothing_is_heard_is_estimated_and_swept(
    database: Database, job: CompletionId
) -> None:
    moments = [datetime(2026, 1, 1, 23, 59, tzinfo=UTC)]
    store, payer = ReservationStore(database), Payer()
    metrics = AnalyticsMetrics(CollectorRegistry())
    budget = Budget(store, metrics, daily_limit=None, clock=lambda: moments[-1])
    await budget.reserve(payer.reserve_side_job("1", job=job))
    moments.append(moments[0] + LONGEST_LIFE)
    await budget.sweep()
    assert await booked(database) == []
    moments.append(moments[-1] + timedelta(seconds=1))
    await budget.sweep()
    (guess,) = await booked(database)
    assert (guess.outcome, guess.started_at) == ("lost", moments[0])
    async with database.read() as connection:
        assert await connection.scalar(sa.select(sa.func.count()).select_from(reservations)) == 0
    assert (await store.standing(payer.id, None, moments[0])).spent == Decimal("0.25")
    await in_balance(database)


async def test_an_estimate_across_midnight_gives_way_on_its_own_day(database: Database, job: CompletionId) -> None:
    store, payer = ReservationStore(database), Payer()
    evening = datetime(2026, 1, 1, 23, 59, tzinfo=UTC)
    morning = evening + timedelta(minutes=2)
    await store.reserve(demand_of(payer.reserve_side_job("1", job=job)), None, evening)
    await store.reserve(demand_of(payer.reserve_side_job("1", job=job, delivery=2)), None, morning)
    assert (await store.standing(payer.id, None, evening)).spent == Decimal("0.25")
    real = payer.side_job_metered("0.5", job=job).model_copy(update={"started_at": morning})
    assert await FactStore(database).book(fact_of(real))
    assert (await store.standing(payer.id, None, evening)).spent == 0
    assert (await store.standing(payer.id, None, morning)).spent == Decimal("0.5")
    await in_balance(database)
