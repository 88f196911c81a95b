"""What was used of each key, by day of UTC; each provider call is counted once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from palaver.contracts.ids import CallId, KeyId
from palaver.contracts.key_records import KeyDay, KeyUse
from palaver.keyvault.quota import Limit, begin_of
from palaver.keyvault.tables import counted_calls, key_days, quota_notices


@dataclass(frozen=True, slots=True)
class CountedCall:
    """A provider call that is over."""

    call_id: CallId
    key_id: KeyId
    day: date
    failed: bool
    tokens_input: int
    tokens_output: int
    cost: Decimal


async def count(conn: AsyncConnection, call: CountedCall, now: datetime) -> bool:
    """Add a call to its day; False if it was counted before."""
    seen = insert(counted_calls).values(call_id=call.call_id, at=now).on_conflict_do_nothing()
    if (await conn.execute(seen)).rowcount == 0:
        return False
    added = {
        "calls": 1,
        "failed": int(call.failed),
        "tokens_input": call.tokens_input,
        "tokens_output": call.tokens_output,
        "cost": call.cost,
    }
    statement = insert(key_days).values(key_id=call.key_id, day=call.day, **added)
    sums = {name: key_days.c[name] + statement.excluded[name] for name in added}
    await conn.execute(statement.on_conflict_do_update(index_elements=["key_id", "day"], set_=sums))
    return True


async def note(conn: AsyncConnection, key_id: KeyId, limit: Limit, today: date) -> bool:
    """Remember that somebody is told of this; False if they were told before, in this day or month."""
    statement = insert(quota_notices).values(
        key_id=key_id,
        measure=limit.measure,
        period=limit.period,
        begins=begin_of(limit.period, today),
        allowed=limit.allowed,
        exceeded=limit.exceeded,
    )
    return (await conn.execute(statement.on_conflict_do_nothing())).rowcount == 1


async def days_of(conn: AsyncConnection, key_id: KeyId, since: date) -> Sequence[KeyDay]:
    """The days on which the key was used, newest first."""
    statement = (
        select(key_days).where(key_days.c.key_id == key_id, key_days.c.day >= since).order_by(key_days.c.day.desc())
    )
    return [
        KeyDay(
            day=row.day,
            calls=row.calls,
            failed=row.failed,
            tokens_input=row.tokens_input,
            tokens_output=row.tokens_output,
            cost=row.cost,
        )
        for row in await conn.execute(statement)
    ]


async def total_of(conn: AsyncConnection, key_id: KeyId, since: date) -> KeyUse:
    """All that was used from a day on."""
    names = ("calls", "failed", "tokens_input", "tokens_output", "cost")
    sums = [func.coalesce(func.sum(key_days.c[name]), 0).label(name) for name in names]
    statement = select(*sums).where(key_days.c.key_id == key_id, key_days.c.day >= since)
    row = (await conn.execute(statement)).one()
    return KeyUse(
        calls=int(row.calls),
        failed=int(row.failed),
        tokens_input=int(row.tokens_input),
        tokens_output=int(row.tokens_output),
        cost=Decimal(row.cost),
    )


async def forget(conn: AsyncConnection, *, calls_before: datetime, days_before: date) -> int:
    """Delete what is older; returns how many rows."""
    gone = await conn.execute(delete(counted_calls).where(counted_calls.c.at < calls_before))
    days = await conn.execute(delete(key_days).where(key_days.c.day < days_before))
    notices = await conn.execute(delete(quota_notices).where(quota_notices.c.begins < days_before))
    return gone.rowcount + days.rowcount + notices.rowcount
