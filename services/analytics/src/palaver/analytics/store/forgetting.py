"""Whoever leaves takes their name out of the books; what was spent stays in the sums.

All that is theirs becomes nobody's: one payer for everyone who ever left, so that nobody can be told from another.
"""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from palaver.analytics.store.booking import SUMMED
from palaver.analytics.store.tables import facts, payer_days, reservations, rollups
from palaver.contracts.ids import UserId
from palaver.servicekit.database import Database

NOBODY = UserId("00000000-0000-0000-0000-000000000000")
"""Pays for what people spent who are gone."""

_ONE_AT_A_TIME = sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended("payer:nobody", 0)))


class ForgettingStore:
    """Repeating it does no harm, and takes what was booked in between."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def forget(self, payer: UserId) -> int:
        """Make everything of this payer nobody's; returns how many provider calls that were. Raises Unavailable."""
        async with self._database.transaction() as connection:
            await connection.execute(_ONE_AT_A_TIME)
            days = sa.select(payer_days.c.day).where(payer_days.c.payer == payer).order_by(payer_days.c.day)
            await connection.execute(days.with_for_update())  # as bookings lock, which then begin a day of their own
            # Rooms, seats and keys are in the audit trail beside the person: they would lead back to them.
            unnamed = {"payer": NOBODY, "session_id": None, "participant_id": None, "key_id": None}
            moved = await connection.execute(sa.update(facts).where(facts.c.payer == payer).values(unnamed))
            held = sa.update(reservations).where(reservations.c.payer == payer)
            await connection.execute(held.values(payer=NOBODY, session_id=None, key_id=None))
            for table, summed in ((rollups, SUMMED), (payer_days, ("spent",))):
                await connection.execute(_moved(table, payer, summed))
                await connection.execute(sa.delete(table).where(table.c.payer == payer))
            return moved.rowcount


def _moved(table: sa.Table, payer: UserId, summed: tuple[str, ...]) -> sa.Insert:
    columns = [column.name for column in table.columns if column.name != "payer"]
    nobodys = sa.literal(NOBODY, table.c.payer.type).label("payer")
    theirs = sa.select(nobodys, *(table.c[name] for name in columns)).where(table.c.payer == payer)
    statement = insert(table).from_select(["payer", *columns], theirs)
    sums = {name: table.c[name] + statement.excluded[name] for name in summed}
    return statement.on_conflict_do_update(index_elements=table.primary_key, set_=sums)
