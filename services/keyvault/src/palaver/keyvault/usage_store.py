"""What was used of each key, by day of UTC; each provider call is counted once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from pydantic import TypeAdapter
from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from palaver.contracts.ids import CallId, KeyId
from palaver.contracts.key_records import KeyDay, KeyUse
from palaver.keyvault.quota import Limit, begin_of
from palaver.keyvault.tables import counted_calls, key_days, quota_notices, unusual_days


@dataclass(frozen=True, slots=True)
class CountedCall:
    """A provider call that is over. One that is `estimated` gives way to what its worker says of it later."""

    call_id: CallId
    key_id: KeyId
    day: date
    failed: bool
    tokens_input: int
    tokens_output: int
    cost: Decimal
    estimated: bool = False


_ESTIMATES = TypeAdapter(CountedCall)


async def count(conn: AsyncConnection, call: CountedCall, now: datetime) -> bool:
    """Add a call to its day; False if it was counted before. The caller has locked the key."""
    estimate = _ESTIMATES.dump_python(call, mode="json") if call.estimated else None
    seen = insert(counted_calls).values(call_id=call.call_id, at=now, estimate=estimate).on_conflict_do_nothing()
    if (await conn.execute(seen)).rowcount == 0:
        replaced = None if call.estimated else await _take_estimate(conn, call)
        if replaced is None:
            return False
        await _add(conn, replaced, sign=-1)
    await _add(conn, call, sign=1)
    return True


async def _take_estimate(conn: AsyncConnection, call: CountedCall) -> CountedCall | None:
    mine = counted_calls.c.call_id == call.call_id
    estimate = await conn.scalar(select(counted_calls.c.estimate).where(mine))
    if estimate is None:
        return None
    await conn.execute(update(counted_calls).where(mine).values(estimate=None))
    return _ESTIMATES.validate_python(estimate)


async def _add(conn: AsyncConnection, call: CountedCall, *, sign: int) -> None:
    added = {
        "calls": sign,
        "failed": sign * int(call.failed),
        "tokens_input": sign * call.tokens_input,
        "tokens_output": sign * call.tokens_output,
        "cost": sign * call.cost,
    }
    statement = insert(key_days).values(key_id=call.key_id, day=call.day, **added)
    sums = {name: key_days.c[name] + statement.excluded[name] for name in added}
    await conn.execute(statement.on_conflict_do_update(index_elements=["key_id", "day"], set_=sums))


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
    unusual = await conn.execute(delete(unusual_days).where(unusual_days.c.day < days_before))
    return gone.rowcount + days.rowcount + notices.rowcount + unusual.rowcount
