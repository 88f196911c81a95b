"""Stopping turns: told to the workers at once, recorded, repeated by renewals until the outcome comes.

A stop is not kept waiting behind posts. One of everything therefore comes twice: at once, and in order with the posts,
for the sake of those that were sent before it and not stored yet.
"""

import structlog

from palaver.contracts.failures import Failure
from palaver.contracts.ids import ParticipantId, TurnId
from palaver.contracts.session import StopTurns
from palaver.servicekit.database import Database
from palaver.session.domain import Turn
from palaver.session.losses import report_loss
from palaver.session.ports import Announcer, News
from palaver.session.room import Room, Rooms, authorise
from palaver.session.rounds import Rounds
from palaver.session.store import sessions, turns

_log = structlog.get_logger()


class Stops:
    """Stops what a person wants stopped."""

    def __init__(self, database: Database, rooms: Rooms, rounds_: Rounds, announcer: Announcer) -> None:
        self._database = database
        self._rooms = rooms
        self._rounds = rounds_
        self._announcer = announcer

    async def stop(self, command: StopTurns) -> None:
        """Stop a turn, a participant, or everything; or tell the person why not."""
        try:
            await self._broadcast(command)
            async with self._rooms.open(command.session_id) as room:
                room.authorise(command.actor)
                if command.turn_id is None and command.participant_id is None:
                    await self.stop_all(room)
                else:
                    await self.stop_some(room, command.turn_id, command.participant_id)
        except Failure as refusal:
            _log.info("stop_refused", session=command.session_id, code=refusal.code)
            await self._announcer.refuse(command.actor.user_id, command.session_id, None, refusal.body)

    async def stop_posted(self, command: StopTurns) -> None:
        """Stop everything once more, now that whatever was posted before it is stored.

        A refusal has been told when the stop itself was carried out.
        """
        try:
            async with self._rooms.open(command.session_id) as room:
                room.authorise(command.actor)
                if room.session.current_round is not None or (await room.scene()).queued:
                    await self.stop_all(room)
        except Failure as refusal:
            _log.info("stop_refused", session=command.session_id, code=refusal.code)

    async def _broadcast(self, command: StopTurns) -> None:
        """Before the room's lock, which a burst of posts may hold for a while: a stop is to be felt at once."""
        async with self._database.read() as conn:
            authorise(await sessions.read(conn, command.session_id), command.actor)
            open_turns = await turns.open_of_session(conn, command.session_id)
        running = tuple(turn.ref.turn_id for turn in open_turns if turn.state == "claimed" and _meant(turn, command))
        if running:
            await self._announcer.announce(News(stopping=running))

    async def stop_all(self, room: Room) -> None:
        """End the round and drop the queued ones."""
        await self._rounds.drop_queued(room)
        if room.session.current_round is not None:
            await room.change_round(room.session.current_round, stopped=True)
        await self.stop_some(room)

    async def stop_some(
        self, room: Room, turn_id: TurnId | None = None, participant_id: ParticipantId | None = None
    ) -> None:
        """Stop open turns: those that a worker runs are called back, the others end here and now."""
        found = await turns.lock_open(room.conn, room.id, turn_id, participant_id)
        running = [turn.ref.turn_id for turn in found if turn.runs]
        if running:
            await turns.request_stop(room.conn, running)
        room.call_back(*(turn.ref.turn_id for turn in found if turn.state == "claimed"))
        for turn in found:
            if not turn.runs:
                if turn.state == "claimed":
                    report_loss(room, turn)
                await self._rounds.end_stopped(room, turn)


def _meant(turn: Turn, command: StopTurns) -> bool:
    return command.turn_id in (None, turn.ref.turn_id) and command.participant_id in (None, turn.ref.participant_id)
