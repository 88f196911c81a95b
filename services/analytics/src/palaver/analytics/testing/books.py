"""What the books say, and whether they balance."""

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal

import sqlalchemy as sa

from palaver.analytics.domain import Fact
from palaver.analytics.store.booking import SUMMED
from palaver.analytics.store.tables import facts, payer_days, rollups
from palaver.analytics.testing.usage import Payer
from palaver.contracts.actors import Actor
from palaver.contracts.analytics import OWNER, QUOTA_GET, Quota, ReadQuota
from palaver.contracts.catalogue import DURABLES
from palaver.contracts.streams import EVENTS
from palaver.servicekit.broker import Broker
from palaver.servicekit.database import Database


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    """It comes true within twenty seconds."""
    async with asyncio.timeout(20):
        while not await condition():  # noqa: ASYNC110 - the condition is a row in the service's database
            await asyncio.sleep(0.01)


async def booked(database: Database) -> list[Fact]:
    """Every fact."""
    async with database.read() as connection:
        rows = (await connection.execute(sa.select(facts))).mappings().all()
    return [Fact(**{name: value for name, value in row.items() if name != "day"}) for row in rows]


async def facts_are(database: Database, count: int) -> None:
    """So many facts are booked."""

    async def reached() -> bool:
        return len(await booked(database)) == count

    await until(reached)


async def settled(broker: Broker) -> None:
    """Every message was delivered and acknowledged."""

    async def quiet() -> bool:
        names = [durable.name for durable in DURABLES.values() if durable.service == OWNER]
        infos = [await broker.nc.jetstream().consumer_info(EVENTS.name, name) for name in names]
        return all(info.num_pending == 0 and info.num_ack_pending == 0 for info in infos)

    await until(quiet)


async def in_balance(database: Database) -> None:
    """Rollups and days are exactly the sums of the facts."""
    sums: dict[tuple[object, ...], list[Decimal]] = {}
    days: dict[tuple[object, ...], Decimal] = {}
    for fact in await booked(database):
        row = [1, fact.tokens_input, fact.tokens_output, fact.tokens_cached, fact.cost, int(fact.estimated)]
        before = sums.get((fact.payer, fact.day, fact.model_id), [Decimal(0)] * len(row))
        sums[fact.payer, fact.day, fact.model_id] = [a + b for a, b in zip(before, row, strict=True)]
        days[fact.payer, fact.day] = days.get((fact.payer, fact.day), Decimal(0)) + fact.cost
    async with database.read() as connection:
        rolled = (await connection.execute(sa.select(rollups).where(rollups.c.requests != 0))).mappings().all()
        spent = (await connection.execute(sa.select(payer_days).where(payer_days.c.spent != 0))).mappings().all()
    assert {(r["payer"], r["day"], r["model_id"]): [r[name] for name in SUMMED] for r in rolled} == sums
    assert {(r["payer"], r["day"]): r["spent"] for r in spent} == {key: cost for key, cost in days.items() if cost}


async def quota(broker: Broker, payer: Payer) -> Quota:
    """Where the payer stands today."""
    return await broker.ask(QUOTA_GET, ReadQuota(actor=Actor(user_id=payer.id)))
