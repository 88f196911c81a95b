"""What becomes of somebody's rooms: when they are suspended, all that runs there stops; when their account is deleted,
everything goes, their presets too, for good.

Rooms are closed at once, so that nothing more happens in them and everybody hears it; `purging` removes their rows.
"""

import structlog

from palaver.contracts.ids import SessionId, UserId
from palaver.contracts.session_log import Nothing, SessionDeleted
from palaver.servicekit.database import Database
from palaver.session.room import Rooms
from palaver.session.stopping import Stops
from palaver.session.store import personas, sessions, shares

_log = structlog.get_logger()


class Leaving:
    """Repeating it does no harm, and takes what came in between."""

    def __init__(self, database: Database, rooms: Rooms, stops: Stops) -> None:
        self._database = database
        self._rooms = rooms
        self._stops = stops

    async def forget(self, user_id: UserId) -> None:
        """Close all rooms of a person, mark them to be purged, delete their presets. Raises Unavailable."""
        async with self._database.read() as conn:
            kept = await sessions.kept_of_owner(conn, user_id)
        for session_id in kept:
            await self._close(session_id)
        async with self._database.transaction() as conn:
            await personas.remove_all(conn, user_id)
            rooms = await sessions.mark_for_purge(conn, user_id)
        _log.info("rooms_of_somebody_who_left", rooms=rooms)

    async def stop(self, user_id: UserId) -> None:
        """Stop what runs and what waits in a person's rooms, and end the links to them. Raises Unavailable."""
        async with self._database.transaction() as conn:
            await shares.remove_of_owner(conn, user_id)
        async with self._database.read() as conn:
            busy = await sessions.busy_of_owner(conn, user_id)
        for session_id in busy:
            async with self._rooms.open_if_there(session_id) as room:
                if room is not None:
                    await self._stops.stop_all(room)

    async def _close(self, session_id: SessionId) -> None:
        async with self._rooms.open_if_there(session_id) as room:
            if room is not None and room.session.deleted_at is None:
                await self._stops.stop_all(room)
                room.change(deleted_at=room.now)
                room.record(SessionDeleted, Nothing())
