"""Deleting what was said: its text goes for good."""

from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.session import Done, OfMessage
from palaver.contracts.session_log import MessageDeleted, MessageRemoval
from palaver.servicekit.database import Database
from palaver.session.room import Rooms
from palaver.session.store import feedback, messages, pins, turns


class Deletion:
    """Deletes messages and replies."""

    def __init__(self, database: Database, rooms: Rooms) -> None:
        self._database = database
        self._rooms = rooms

    async def delete(self, request: OfMessage) -> Done:
        """Raises Failure(NOT_FOUND), also for a message of somebody else's room; CONFLICT while it is being written."""
        async with self._database.read() as conn:
            session_id = await messages.session_of(conn, request.message_id)
        async with self._rooms.open_of(session_id, request.actor, _not_found()) as room:
            if any(turn.open for turn in await turns.of_reply(room.conn, request.message_id)):
                raise Failure(ErrorCode.CONFLICT, "Another version of this answer is being written; stop it first.")
            if await messages.erase(room.conn, request.message_id):
                await pins.remove(room.conn, request.message_id)
                await feedback.remove(room.conn, request.message_id)
                room.record(MessageDeleted, MessageRemoval(message_id=request.message_id))
        return Done()


def _not_found() -> Failure:
    return Failure(ErrorCode.NOT_FOUND, "There is no such message.")
