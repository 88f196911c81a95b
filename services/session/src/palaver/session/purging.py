"""Removes rooms that are marked for it, with every row that belongs to them, once nothing of them is under way.

The log is the outbox: as long as an entry is not with the broker, its room stays, and so it does while a turn runs.
"""

import asyncio

import structlog

from palaver.servicekit.database import Database
from palaver.servicekit.errors import Unavailable
from palaver.session.store import purges

EVERY_SECONDS = 2.0
BATCH = 50

_log = structlog.get_logger()


class Purge:
    """Give `run` to the service as a task; replicas may do it side by side."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def run(self) -> None:
        """For ever."""
        while True:
            try:
                while await self.once() == BATCH:
                    pass
            except Unavailable as outage:
                _log.warning("purge_waits", dependency=outage.dependency, reason=outage.reason)
            await asyncio.sleep(EVERY_SECONDS)

    async def once(self) -> int:
        """How many rooms went. Raises Unavailable."""
        async with self._database.transaction() as conn:
            gone = await purges.purge(conn, BATCH)
        if gone:
            _log.info("rooms_purged", rooms=gone)
        return gone
