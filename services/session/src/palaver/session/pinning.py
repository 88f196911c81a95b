"""Pinning what was said: it stays in every model's window, as far as it fits (`palaver.context.fit`)."""

from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.session import Done, PinMessage
from palaver.contracts.session_log import MessagePinned, MessageUnpinned, PinChange
from palaver.servicekit.database import Database
from palaver.session.room import Room, Rooms
from palaver.session.store import messages, pins


class Pinning:
    """Pins messages and replies, and takes pins away."""

    def __init__(self, database: Database, rooms: Rooms, max_pinned: int) -> None:
        self._database = database
        self._rooms = rooms
        self._max_pinned = max_pinned

    async def pin(self, request: PinMessage) -> Done:
        """Repeating it changes nothing. Raises Failure(NOT_FOUND), also for a message of somebody else's room;
        Failure(TOO_MANY_PINNED).
        """
        async with self._database.read() as conn:
            session_id = await messages.session_of(conn, request.message_id)
        async with self._rooms.open_of(session_id, request.actor, _not_found()) as room:
            await (self._pin if request.pinned else _unpin)(room, request)
        return Done()

    async def _pin(self, room: Room, request: PinMessage) -> None:
        if await messages.session_of(room.conn, request.message_id) is None:  # deleted before the room was locked
            raise _not_found()
        if await pins.is_pinned(room.conn, request.message_id):
            return
        maximum = self._max_pinned
        if await pins.count(room.conn, room.id) >= maximum:
            sentence = f"{maximum} messages are pinned here already; unpin one first."
            raise Failure(ErrorCode.TOO_MANY_PINNED, sentence, maximum=maximum)
        room.record(MessagePinned, PinChange(message_id=request.message_id))
        await pins.add(room.conn, room.id, request.message_id, room.session.head_seq)


async def _unpin(room: Room, request: PinMessage) -> None:
    if await pins.remove(room.conn, request.message_id):
        room.record(MessageUnpinned, PinChange(message_id=request.message_id))


def _not_found() -> Failure:
    return Failure(ErrorCode.NOT_FOUND, "There is no such message.")
