"""Set money aside before a call: one row per turn, granted only while the payer's day has room for it."""

from datetime import date, datetime
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from palaver.analytics.domain import Standing, day_of
from palaver.analytics.store.tables import (
    ended_turns,
    facts,
    is_day,
    lock_days,
    lock_turn,
    payer_days,
    reservations,
)
from palaver.contracts.analytics import ReserveBudget
from palaver.contracts.ids import TurnId, UserId
from palaver.servicekit.database import Database


class Outdated(Exception):  # noqa: N818 - says what the request is
    """A later attempt of the turn holds the reservation, or the turn is over."""


class Exceeded(Exception):  # noqa: N818 - says what the limit is
    """The day has no room for it."""

    def __init__(self, standing: Standing) -> None:
        super().__init__("the daily limit is exceeded")
        self.standing = standing


class ReservationStore:
    """Money set aside for turns that run."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def reserve(self, request: ReserveBudget, limit: Decimal | None, now: datetime) -> Decimal | None:
        """Put this reservation in the place of the turn's earlier one; repeating it changes nothing.

        Returns what is left of the limit. Raises Exceeded, Outdated, Unavailable.
        """
        today = day_of(now)
        async with self._database.transaction() as connection:
            await lock_turn(connection, request.turn_id)
            await lock_days(connection, request.payer, [today])
            over = sa.select(ended_turns.c.turn_id).where(ended_turns.c.turn_id == request.turn_id)
            if await connection.scalar(over) is not None:
                raise Outdated
            held = reservations.c.turn_id == request.turn_id
            newest = await connection.scalar(sa.select(reservations.c.attempt).where(held))
            if newest is not None and newest > request.attempt:
                raise Outdated
            remaining = max(request.amount - await _booked(connection, request), Decimal(0))
            others = await _standing(connection, request.payer, today, limit, excluding=request.turn_id)
            if not others.allows(remaining):
                raise Exceeded(others)
            values = request.model_dump() | {"remaining": remaining, "updated_at": now}
            statement = insert(reservations).values(**values)
            await connection.execute(
                statement.on_conflict_do_update(index_elements=reservations.primary_key, set_=values)
            )
            return others.left_after(remaining)

    async def release(self, turn_id: TurnId, now: datetime) -> None:
        """The turn is over: nothing is set aside for it any more, whoever still asks.

        A silent worker's answer may end a turn of which another worker has just begun the next attempt.
        """
        ended = insert(ended_turns).values(turn_id=turn_id, ended_at=now)
        async with self._database.transaction() as connection:
            await lock_turn(connection, turn_id)
            await connection.execute(ended.on_conflict_do_nothing())
            await connection.execute(sa.delete(reservations).where(reservations.c.turn_id == turn_id))

    async def sweep(self, before: datetime) -> int:
        """Remove reservations last touched before that moment, and forget older ends. Returns how many reservations."""
        async with self._database.transaction() as connection:
            await connection.execute(sa.delete(ended_turns).where(ended_turns.c.ended_at < before))
            return (
                await connection.execute(sa.delete(reservations).where(reservations.c.updated_at < before))
            ).rowcount

    async def standing(self, payer: UserId, limit: Decimal | None, now: datetime) -> Standing:
        """Where a payer stands today."""
        async with self._database.read() as connection:
            return await _standing(connection, payer, day_of(now), limit)


async def _booked(connection: AsyncConnection, request: ReserveBudget) -> Decimal:
    """What calls of this attempt have cost already."""
    mine = (facts.c.turn_id == request.turn_id) & (facts.c.attempt == request.attempt)
    return await connection.scalar(sa.select(sa.func.sum(facts.c.cost)).where(mine)) or Decimal(0)


async def _standing(
    connection: AsyncConnection, payer: UserId, day: date, limit: Decimal | None, *, excluding: TurnId | None = None
) -> Standing:
    spent = await connection.scalar(sa.select(payer_days.c.spent).where(is_day(payer, day)))
    held = sa.select(sa.func.sum(reservations.c.remaining)).where(reservations.c.payer == payer)
    if excluding is not None:
        held = held.where(reservations.c.turn_id != excluding)
    return Standing(limit, spent or Decimal(0), await connection.scalar(held) or Decimal(0))
