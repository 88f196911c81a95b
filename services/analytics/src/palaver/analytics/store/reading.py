"""What people read: sums over daily rollups, never over facts."""

from collections.abc import Sequence
from datetime import date

import sqlalchemy as sa

from palaver.analytics.store.booking import SUMMED
from palaver.analytics.store.tables import rollups
from palaver.contracts.analytics import DayTotal, ModelShare
from palaver.contracts.ids import UserId
from palaver.servicekit.database import Database


class StatisticsStore:
    """A payer's figures."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def by_day(self, payer: UserId, start: date | None) -> list[DayTotal]:
        """Days with any call, oldest first."""
        rows = await self._sums(payer, start, rollups.c.day, order=rollups.c.day)
        return [DayTotal.model_validate(dict(row)) for row in rows]

    async def by_model(self, payer: UserId, start: date | None) -> list[ModelShare]:
        """Models, most expensive first."""
        rows = await self._sums(payer, start, rollups.c.model_id, order=sa.func.sum(rollups.c.cost).desc())
        return [ModelShare.model_validate(dict(row)) for row in rows]

    async def estimated(self, payer: UserId, start: date | None) -> int:
        """How many facts are flagged as estimates."""
        query = sa.select(sa.func.coalesce(sa.func.sum(rollups.c.estimated), 0)).where(_since(payer, start))
        async with self._database.read() as connection:
            return int((await connection.execute(query)).scalar_one())

    async def _sums(
        self, payer: UserId, start: date | None, group: sa.ColumnElement[object], *, order: sa.ColumnElement[object]
    ) -> Sequence[sa.RowMapping]:
        sums = [sa.func.sum(rollups.c[name]).label(name) for name in SUMMED]
        query = sa.select(group, *sums).where(_since(payer, start)).group_by(group).order_by(order, group)
        # A replaced estimate may leave a day or a model without any call.
        query = query.having(sa.func.sum(rollups.c.requests) > 0)
        async with self._database.read() as connection:
            return (await connection.execute(query)).mappings().all()


def _since(payer: UserId, start: date | None) -> sa.ColumnElement[bool]:
    mine = rollups.c.payer == payer
    return mine if start is None else mine & (rollups.c.day >= start)
