"""Book each provider call once: the fact, its rollup, the payer's day and the turn's reservation move together."""

from dataclasses import asdict
from datetime import date
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from palaver.analytics.domain import Fact
from palaver.analytics.store.tables import facts, is_day, lock_days, lock_work, payer_days, reservations, rollups
from palaver.servicekit.database import Database

SUMMED = ("requests", "tokens_input", "tokens_output", "tokens_cached", "cost", "estimated")
"""Columns of a rollup that facts add to."""


class FactStore:
    """The ledger of provider calls."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def book(self, fact: Fact) -> bool:
        """Book it, or replace the estimate for it. False where it is booked already. Raises Unavailable."""
        async with self._database.transaction() as connection:
            if fact.purpose != "turn":  # its next delivery may be estimating the same call
                await lock_work(connection, fact.turn_id)
            return await book_within(connection, fact)


async def book_within(connection: AsyncConnection, fact: Fact) -> bool:
    """`FactStore.book`, in the caller's transaction, which has locked a side job of which this is a call."""
    known_day = await _day_of_booked(connection, fact)
    await lock_days(connection, fact.payer, [fact.day, *([known_day] if known_day else [])])
    booked = await _booked(connection, fact)
    if booked is not None and not booked.gives_way_to(fact):
        return False
    if booked is not None:
        await connection.execute(_spent(booked, sign=-1).add_cte(_rolled_up(booked, sign=-1).cte("rolled_up")))
    lowered = _lower_reservation(fact, fact.cost - (booked.cost if booked else Decimal(0)))
    moved = {"put": _put(fact), "rolled_up": _rolled_up(fact, sign=1), "spent": _spent(fact, sign=1)}
    await connection.execute(lowered.add_cte(*(statement.cte(name) for name, statement in moved.items())))
    return True


def _is(fact: Fact) -> sa.ColumnElement[bool]:
    return (facts.c.turn_id == fact.turn_id) & (facts.c.attempt == fact.attempt) & (facts.c.call == fact.call)


async def _day_of_booked(connection: AsyncConnection, fact: Fact) -> date | None:
    return await connection.scalar(sa.select(facts.c.day).where(_is(fact)))


async def _booked(connection: AsyncConnection, fact: Fact) -> Fact | None:
    found = await connection.execute(sa.select(facts).where(_is(fact)).with_for_update())
    row = found.mappings().one_or_none()
    return None if row is None else Fact(**{name: value for name, value in row.items() if name != "day"})


def _put(fact: Fact) -> Insert:
    values = asdict(fact) | {"day": fact.day}
    return insert(facts).values(**values).on_conflict_do_update(index_elements=facts.primary_key, set_=values)


def _rolled_up(fact: Fact, *, sign: int) -> Insert:
    added: dict[str, Any] = {
        "requests": sign,
        "tokens_input": sign * fact.tokens_input,
        "tokens_output": sign * fact.tokens_output,
        "tokens_cached": sign * fact.tokens_cached,
        "cost": sign * fact.cost,
        "estimated": sign * int(fact.estimated),
    }
    statement = insert(rollups).values(payer=fact.payer, day=fact.day, model_id=fact.model_id, **added)
    sums = {name: rollups.c[name] + statement.excluded[name] for name in SUMMED}
    return statement.on_conflict_do_update(index_elements=rollups.primary_key, set_=sums)


def _spent(fact: Fact, *, sign: int) -> sa.Update:
    day = sa.update(payer_days).where(is_day(fact.payer, fact.day))
    return day.values(spent=payer_days.c.spent + sign * fact.cost)


def _lower_reservation(fact: Fact, by: Decimal) -> sa.Update:
    lowered = sa.func.least(sa.func.greatest(reservations.c.remaining - by, 0), reservations.c.amount)
    mine = (reservations.c.turn_id == fact.turn_id) & (reservations.c.attempt == fact.attempt)
    mine &= reservations.c.call.is_(None) | (reservations.c.call == fact.call)  # a side job reserves for each call
    return sa.update(reservations).where(mine).values(remaining=lowered)
