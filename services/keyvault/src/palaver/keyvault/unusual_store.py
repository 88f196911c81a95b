"""Unusual days of keys, each said once, and what they are measured by."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from palaver.contracts.ids import KeyId
from palaver.contracts.key_records import KeyUnusual
from palaver.contracts.limits import KEY_HABIT_DAYS
from palaver.keyvault.tables import key_days, unusual_days
from palaver.keyvault.unusual import Habit, Unusual, Use


async def standing(conn: AsyncConnection, key_id: KeyId, day: date, stored_on: date) -> tuple[Use, Habit]:
    """How the key was used that day, and on the days before."""
    lately = (key_days.c.day < day) & (key_days.c.day >= day - timedelta(days=KEY_HABIT_DAYS))
    today = key_days.c.day == day
    statement = select(
        *(_sum(column, today).label(f"{column.name}_today") for column in _USED),
        *(_sum(column, lately).label(f"{column.name}_lately") for column in _USED),
        func.count().filter(lately & (key_days.c.calls > 0)).label("days"),
        func.max(key_days.c.day).filter((key_days.c.day < day) & (key_days.c.calls > 0)).label("last"),
    )
    row = (await conn.execute(statement.where(key_days.c.key_id == key_id))).one()
    use = Use(int(row.calls_today), int(row.failed_today), Decimal(row.cost_today))
    before = Use(int(row.calls_lately), int(row.failed_lately), Decimal(row.cost_lately))
    return use, Habit(row.days, before, row.last or stored_on)


_USED = (key_days.c.calls, key_days.c.failed, key_days.c.cost)


def _sum(column: ColumnElement[Any], which: ColumnElement[bool]) -> ColumnElement[Any]:
    return func.coalesce(func.sum(column).filter(which), 0)


async def note(conn: AsyncConnection, key_id: KeyId, day: date, found: Unusual) -> bool:
    """Keep it; False if that was noticed that day before."""
    values = {"key_id": key_id, "day": day, "rule": found.rule, "amount": found.amount, "usual": found.usual}
    return (await conn.execute(insert(unusual_days).values(values).on_conflict_do_nothing())).rowcount == 1


async def since(conn: AsyncConnection, key_id: KeyId, first: date) -> Sequence[KeyUnusual]:
    """What was noticed from a day on, the newest first."""
    statement = (
        select(unusual_days)
        .where(unusual_days.c.key_id == key_id, unusual_days.c.day >= first)
        .order_by(unusual_days.c.day.desc(), unusual_days.c.rule)
    )
    rows = await conn.execute(statement)
    return [KeyUnusual(day=row.day, rule=row.rule, amount=row.amount, usual=row.usual) for row in rows]
