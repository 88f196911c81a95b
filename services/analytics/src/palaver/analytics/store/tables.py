"""The tables, and the locks with which every movement of money begins."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from palaver.analytics.domain import WorkId
from palaver.contracts.ids import UserId

metadata = sa.MetaData()
"""`turn_id` and `attempt` of a side job are its own id and the delivery."""
_Id = sa.Uuid(as_uuid=False)
_At = sa.DateTime(timezone=True)

facts = sa.Table(
    "facts",
    metadata,
    sa.Column("turn_id", _Id, primary_key=True),
    sa.Column("attempt", sa.Integer, primary_key=True),
    sa.Column("call", sa.Integer, primary_key=True),
    sa.Column("payer", _Id, nullable=False),
    sa.Column("session_id", _Id),
    sa.Column("participant_id", _Id),
    sa.Column("provider", sa.Text, nullable=False),
    sa.Column("model_id", sa.Text, nullable=False),
    sa.Column("key_id", _Id),
    sa.Column("day", sa.Date, nullable=False),
    sa.Column("tokens_input", sa.BigInteger, nullable=False),
    sa.Column("tokens_output", sa.BigInteger, nullable=False),
    sa.Column("tokens_cached", sa.BigInteger, nullable=False),
    sa.Column("cost", sa.Numeric, nullable=False),
    sa.Column("estimated", sa.Boolean, nullable=False),
    sa.Column("outcome", sa.Text, nullable=False),
    sa.Column("started_at", _At, nullable=False),
    sa.Column("first_token_seconds", sa.Float),
    sa.Column("duration_seconds", sa.Float),
    sa.Column("purpose", sa.Text, nullable=False, server_default="turn"),
    sa.Index("facts_by_payer", "payer", "day"),
)
rollups = sa.Table(
    "rollups",
    metadata,
    sa.Column("payer", _Id, primary_key=True),
    sa.Column("day", sa.Date, primary_key=True),
    sa.Column("model_id", sa.Text, primary_key=True),
    sa.Column("requests", sa.BigInteger, nullable=False),
    sa.Column("tokens_input", sa.BigInteger, nullable=False),
    sa.Column("tokens_output", sa.BigInteger, nullable=False),
    sa.Column("tokens_cached", sa.BigInteger, nullable=False),
    sa.Column("cost", sa.Numeric, nullable=False),
    sa.Column("estimated", sa.BigInteger, nullable=False),
)
payer_days = sa.Table(
    "payer_days",
    metadata,
    sa.Column("payer", _Id, primary_key=True),
    sa.Column("day", sa.Date, primary_key=True),
    sa.Column("spent", sa.Numeric, nullable=False),
)
reservations = sa.Table(
    "reservations",
    metadata,
    sa.Column("turn_id", _Id, primary_key=True),
    sa.Column("payer", _Id, nullable=False),
    sa.Column("session_id", _Id),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("model_id", sa.Text, nullable=False),
    sa.Column("amount", sa.Numeric, nullable=False),
    sa.Column("remaining", sa.Numeric, nullable=False),
    sa.Column("updated_at", _At, nullable=False),
    sa.Column("purpose", sa.Text, nullable=False, server_default="turn"),
    sa.Column("call", sa.Integer),
    sa.Column("provider", sa.Text),
    sa.Column("prompt_tokens", sa.BigInteger),
    sa.Column("prompt_cost", sa.Numeric),
    sa.Column("call_id", _Id),
    sa.Column("key_id", _Id),
    sa.Index("reservations_by_payer", "payer"),
    sa.Index("reservations_by_age", "updated_at"),
)

ended_turns = sa.Table(
    "ended_turns",
    metadata,
    sa.Column("turn_id", _Id, primary_key=True),
    sa.Column("ended_at", _At, nullable=False),
    sa.Index("ended_turns_by_age", "ended_at"),
)


# Statements of a turn's way are made once: making one costs more than running it.
_WORK = sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(sa.bindparam("work", type_=sa.Text), 0))
_LOCK_WORK = sa.select(_WORK)
_WORK_FIRST = sa.select(_WORK.label("locked")).cte("work").prefix_with("MATERIALIZED")
_LOCK_WORK_AND_DAY = (
    sa.select(payer_days.c.day, _WORK_FIRST.c.locked)
    .join(_WORK_FIRST, sa.true())
    .where(payer_days.c.payer == sa.bindparam("whose"), payer_days.c.day == sa.bindparam("which"))
    .with_for_update(of=payer_days)
)


async def lock_work(connection: AsyncConnection, work_id: WorkId) -> None:
    """Wait for whoever reserves for, or ends, the same turn or side job. The first lock that a transaction takes."""
    await connection.execute(_LOCK_WORK, {"work": f"turn:{work_id}"})


async def lock_work_and_day(connection: AsyncConnection, work_id: WorkId, payer: UserId, day: date) -> None:
    """`lock_work` and `lock_days` in one round trip."""
    found = await connection.execute(_LOCK_WORK_AND_DAY, {"work": f"turn:{work_id}", "whose": payer, "which": day})
    if found.one_or_none() is None:
        await lock_work(connection, work_id)
        await lock_days(connection, payer, [day])


async def lock_days(connection: AsyncConnection, payer: UserId, days: Iterable[date]) -> None:
    """Lock these days of a payer, oldest first, made where they are new."""
    for day in sorted(set(days)):
        lock = sa.select(payer_days.c.day).where(is_day(payer, day)).with_for_update()
        if await connection.scalar(lock) is None:
            new = insert(payer_days).values(payer=payer, day=day, spent=Decimal(0))
            await connection.execute(new.on_conflict_do_nothing())
            await connection.execute(lock)


def is_day(payer: UserId, day: date) -> sa.ColumnElement[bool]:
    """The row of one payer's day."""
    return (payer_days.c.payer == payer) & (payer_days.c.day == day)
