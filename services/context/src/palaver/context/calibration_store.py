"""Calibrations in Postgres: one small row per model and encoding, shared by all replicas."""

from collections.abc import Callable
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from palaver.context.calibration import Calibration, CalibrationKey, Changed
from palaver.context.tables import calibrations
from palaver.servicekit.database import Database


class CalibrationStore:
    """Every method raises Unavailable while Postgres is down."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def learn(self, key: CalibrationKey, change: Callable[[Calibration], Calibration]) -> Calibration:
        """Change one calibration under its row's lock, and return it."""
        model_id, encoding = key
        mine = (calibrations.c.model_id == model_id) & (calibrations.c.encoding == encoding)
        new = Calibration()
        async with self._database.transaction() as connection:
            row = {"model_id": model_id, "encoding": encoding, "moments": new.moments, "observations": 0}
            await connection.execute(insert(calibrations).values(**row).on_conflict_do_nothing())
            stored = (await connection.execute(sa.select(calibrations).where(mine).with_for_update())).one()
            changed = change(Calibration.of(stored.moments, stored.observations))
            values = {"moments": changed.moments, "observations": changed.observations}
            # clock_timestamp: a transaction that waited for the lock must not claim to be older than its predecessor.
            written = sa.update(calibrations).where(mine).values(**values, changed_at=sa.func.clock_timestamp())
            await connection.execute(written)
        return changed

    async def changed(self, since: datetime | None) -> Changed:
        """Those that changed at `since` or later; all of them without it."""
        query = sa.select(calibrations)
        if since is not None:
            query = query.where(calibrations.c.changed_at >= since)
        async with self._database.transaction() as connection:
            rows = (await connection.execute(query)).all()
        found = {(row.model_id, row.encoding): Calibration.of(row.moments, row.observations) for row in rows}
        return Changed(found, max((row.changed_at for row in rows), default=since))
