"""Deletes what is over: which calls were counted once no repetition can come, and days that nobody may ask for."""

import asyncio
from datetime import timedelta

import structlog

from palaver.contracts.limits import MAX_KEY_USAGE_DAYS
from palaver.contracts.streams import EVENTS
from palaver.keyvault import usage_store
from palaver.keyvault.ports import Clock
from palaver.keyvault.quota import day_of
from palaver.servicekit.database import Database

EVERY_SECONDS = 3600.0
CALLS_KEPT = 2 * timedelta(seconds=EVENTS.max_age_seconds)
"""The broker repeats an event as long as it keeps it."""

_log = structlog.get_logger()


class Housekeeping:
    """Give `run` to the service as a task; replicas may do it side by side."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def run(self) -> None:
        """For ever."""
        while True:
            await self.once()
            await asyncio.sleep(EVERY_SECONDS)

    async def once(self) -> None:
        """Raises Unavailable."""
        now = self._clock()
        days_before = day_of(now) - timedelta(days=MAX_KEY_USAGE_DAYS)
        async with self._database.transaction() as conn:
            rows = await usage_store.forget(conn, calls_before=now - CALLS_KEPT, days_before=days_before)
        _log.info("housekeeping_done", rows=rows)
