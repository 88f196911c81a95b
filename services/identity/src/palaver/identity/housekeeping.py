"""Deletes what is over: sign-ins a week after their end, audit entries after their retention."""

import asyncio
from datetime import timedelta

import structlog

from palaver.identity.ports import Clock
from palaver.identity.store import audit, families, invitations, resets, second_factors
from palaver.servicekit.database import Database

EVERY_SECONDS = 3600.0
KEPT_AFTER_END = timedelta(days=7)
"""So long a late client is told why its sign-in ended."""
INVITATIONS_KEPT = timedelta(days=30)
"""Administrators see so long what became of one that expired."""

_log = structlog.get_logger()


class Housekeeping:
    """Give `run` to the service as a task; replicas may do it side by side."""

    def __init__(self, database: Database, clock: Clock, *, audit_retention: timedelta) -> None:
        self._database = database
        self._clock = clock
        self._audit_retention = audit_retention

    async def run(self) -> None:
        """For ever."""
        while True:
            await self.once()
            await asyncio.sleep(EVERY_SECONDS)

    async def once(self) -> None:
        """Raises Unavailable."""
        now = self._clock()
        async with self._database.transaction() as conn:
            sign_ins = await families.forget(conn, now - KEPT_AFTER_END)
            links = await resets.forget(conn, now) + await second_factors.forget(conn, now)
            invited = await invitations.forget(conn, now - INVITATIONS_KEPT)
            entries = await audit.forget(conn, now - self._audit_retention)
        _log.info(
            "housekeeping_done", sign_in_rows=sign_ins, reset_links=links, invitations=invited, audit_entries=entries
        )
