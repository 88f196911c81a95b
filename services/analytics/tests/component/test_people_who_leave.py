"""Somebody's account is deleted: their name goes out of the books, the sums stay."""

import asyncio
from datetime import UTC, datetime
from decimal import Decimal

import pytest
import sqlalchemy as sa

from palaver.analytics.store.forgetting import NOBODY
from palaver.analytics.store.tables import metadata
from palaver.analytics.testing.books import booked, facts_are, in_balance, quota, settled
from palaver.analytics.testing.usage import Payer
from palaver.contracts.analytics import BUDGET_RESERVE
from palaver.contracts.identity import USER_DELETED, UserDeleted
from palaver.contracts.model_router import USAGE_METERED
from palaver.servicekit.broker import Broker
from palaver.servicekit.database import Database

pytestmark = pytest.mark.component


async def leave(broker: Broker, payer: Payer) -> None:
    await broker.publish(USER_DELETED, UserDeleted(user_id=payer.id, at=datetime.now(UTC)), payer.id)
    await settled(broker)


async def tables_with(database: Database, needle: str) -> set[str]:
    async with database.read() as conn:
        found: set[str] = set()
        for table in metadata.tables:
            rows = (await conn.execute(sa.text(f"SELECT t::text FROM {table} t"))).scalars()  # noqa: S608 - our names
            if any(needle in row for row in rows):
                found.add(table)
        return found


async def test_whoever_left_is_in_no_table_and_every_sum_is_what_it_was(broker: Broker, database: Database) -> None:
    ada, bob, cyd = Payer(), Payer(), Payer()
    for payer, costs in ((ada, ("0.25", "0.5")), (bob, ("1",)), (cyd, ("2",))):
        for cost in costs:
            await broker.publish(USAGE_METERED, payer.metered(cost), payer.id)
    await facts_are(database, 4)
    await broker.ask(BUDGET_RESERVE, ada.reserve("0.1"))
    assert await tables_with(database, ada.id) == {"facts", "rollups", "payer_days", "reservations"}
    await leave(broker, ada)
    await leave(broker, bob)
    await leave(broker, ada)
    for gone in (ada, bob):
        assert await tables_with(database, gone.id) == set()
    await in_balance(database)
    facts = await booked(database)
    assert sum(fact.cost for fact in facts if fact.payer == NOBODY) == Decimal("1.75")
    assert {(fact.session_id, fact.participant_id, fact.key_id) for fact in facts if fact.payer == NOBODY} == {
        (None, None, None)
    }
    assert (await quota(broker, cyd)).spent == Decimal(2)


async def test_a_call_that_is_told_later_goes_to_nobody_when_it_is_said_again(
    broker: Broker, database: Database
) -> None:
    ada = Payer()
    call = ada.metered("0.25")
    await broker.publish(USAGE_METERED, call, ada.id)
    await facts_are(database, 1)
    await leave(broker, ada)
    await asyncio.gather(*(broker.publish(USAGE_METERED, told, ada.id) for told in (call, ada.metered("0.5"))))
    await facts_are(database, 2)
    await leave(broker, ada)
    assert await tables_with(database, ada.id) == set()
    await in_balance(database)
    assert sum(fact.cost for fact in await booked(database)) == Decimal("0.75")
