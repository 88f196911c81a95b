"""Removes rooms that were deleted long enough ago, and those of people who left, with every row that belongs to them,
once nothing of them is under way; and tells whoever followed them.

The log is the outbox: as long as an entry is not with the broker, its room stays, and so it does while a turn runs.
"""

import asyncio
from datetime import UTC, datetime, timedelta

import structlog

from palaver.contracts.ids import SessionId, UserId
from palaver.contracts.session import SESSION_PURGED, SessionPurged
from palaver.servicekit.broker import Broker, Outgoing
from palaver.servicekit.database import Database
from palaver.servicekit.errors import Unavailable
from palaver.servicekit.outbox import Outbox
from palaver.session.store import purges

EVERY_SECONDS = 2.0
BATCH = 50

_log = structlog.get_logger()


class Purge:
    """Give `run` to the service as a task; replicas may do it side by side."""

    def __init__(self, database: Database, *, deleted_room_days: int) -> None:
        self._database = database
        self._kept = timedelta(days=deleted_room_days)

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
            await purges.mark_overdue(conn, self._kept, BATCH)
            gone = await purges.purge(conn, BATCH)
            await Outbox().add(conn, *(_letter(session_id, owner) for session_id, owner in gone.items()))
        if gone:
            _log.info("rooms_purged", rooms=len(gone))
        return len(gone)


def _letter(session_id: SessionId, owner: UserId) -> Outgoing:
    fact = SessionPurged(session_id=session_id, at=datetime.now(UTC))
    return Broker.outgoing(SESSION_PURGED, fact, owner, message_id=f"purged:{session_id}")
