"""What becomes of an answer once it is there: another version is asked for, one of them is shown, a person rates it.

A version is made by a turn of its own, in the place of the first one: later rounds read the version that is shown, and
one that fails changes nothing of that.
"""

from dataclasses import replace

from palaver.contracts import limits
from palaver.contracts.actors import Actor
from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.ids import MessageId, SessionId, TurnId, new_id
from palaver.contracts.session import (
    Done,
    GiveFeedback,
    OfMessage,
    RegenerateReply,
    ReplyVersions,
    RequestedTurn,
    SelectVersion,
)
from palaver.contracts.session_log import (
    FeedbackChange,
    FeedbackGiven,
    Participant,
    ReplyEnd,
    ReplyVersionSelected,
    TurnRequested,
)
from palaver.servicekit.database import Database
from palaver.session.domain import Turn, storable
from palaver.session.lifecycle import Trigger, move
from palaver.session.ports import Keys, Models
from palaver.session.room import Room, Rooms
from palaver.session.store import feedback, messages, sessions, turns


class Answers:
    """Versions of answers, and what people think of them."""

    def __init__(self, database: Database, rooms: Rooms, models: Models, keys: Keys) -> None:
        self._database = database
        self._rooms = rooms
        self._models = models
        self._keys = keys

    async def regenerate(self, request: RegenerateReply) -> RequestedTurn:
        """Ask the participant once more. Raises Failure: NOT_FOUND; CONFLICT while it speaks, where it has left, where
        there are enough versions, or the session has ended; SESSION_ARCHIVED; MODEL_NOT_FOUND, KEY_MISSING for another
        model.
        """
        session_id = await self._session_of(request.reply_id, request.actor)
        if request.session_id not in (None, session_id):
            raise _not_found()
        if request.model is not None:
            facts = (await self._models.facts_of([request.model]))[request.model]
            if facts.needs_key:
                await self._keys.check(request.actor, facts.provider)
        async with self._rooms.open_of(session_id, request.actor, _not_found(), with_payer=True) as room:
            turn = await self._another(room, request)
            await room.ask([turn])
            room.change(updated_at=room.now)
            room.record(TurnRequested, turn.ref)
        return RequestedTurn(turn=turn.ref)

    async def _another(self, room: Room, request: RegenerateReply) -> Turn:
        if room.session.archived:
            raise Failure(ErrorCode.SESSION_ARCHIVED, "This session is archived.")
        move(room.session.state, Trigger.ROUND_STARTED)  # where no round may begin, nobody speaks any more
        made = await turns.of_reply(room.conn, request.reply_id)
        if not made or await messages.is_erased(room.conn, request.reply_id):
            raise _not_found()
        newest = made[0]
        if newest.ref.version >= limits.MAX_REPLY_VERSIONS:
            sentence = f"There are {limits.MAX_REPLY_VERSIONS} versions of this answer already."
            raise Failure(ErrorCode.CONFLICT, sentence, maximum=limits.MAX_REPLY_VERSIONS)
        seat = await _free_seat(room, newest)
        ref = newest.ref.model_copy(
            update={
                "turn_id": TurnId(new_id()),
                "model": request.model or seat.model_id,
                "speaker": seat.name,
                "version": newest.ref.version + 1,
            }
        )
        owner, min_seq = room.session.owner_id, room.session.head_seq
        turn = Turn.requested(room.id, ref, payer=owner, min_seq=min_seq, settings=seat.settings)
        return replace(turn, rank=next((one.rank for one in made if one.rank is not None), None))

    async def versions(self, request: OfMessage) -> ReplyVersions:
        """All versions that have a text. Raises Failure(NOT_FOUND)."""
        await self._session_of(request.message_id, request.actor)
        async with self._database.read() as conn:
            found = await messages.versions(conn, request.message_id)
        if not found:
            raise _not_found()
        active = next((reply.version for reply, shown in found if shown), found[-1][0].version)
        return ReplyVersions(active=active, versions=tuple(reply for reply, _ in found))

    async def select(self, request: SelectVersion) -> Done:
        """Show one of the versions. Raises Failure(NOT_FOUND)."""
        session_id = await self._session_of(request.message_id, request.actor)
        async with self._rooms.open_of(session_id, request.actor, _not_found()) as room:
            known = {reply.version for reply, _ in await messages.versions(room.conn, request.message_id)}
            if request.version not in known:
                raise _not_found()
            shown = await messages.show(room.conn, request.message_id, request.version)
            if shown is not None:
                made = await turns.of_reply(room.conn, request.message_id)
                ref = next(turn.ref for turn in made if turn.ref.turn_id == shown.turn_id)
                room.record(ReplyVersionSelected, ReplyEnd(**ref.model_dump(), reply=shown))
        return Done()

    async def rate(self, request: GiveFeedback) -> Done:
        """Keep what a person thinks of a version, or forget it. Raises Failure(NOT_FOUND)."""
        session_id = await self._session_of(request.message_id, request.actor)
        given = request.feedback
        if given is not None:
            given = given.model_copy(update={"comment": storable(given.comment)})
        async with self._rooms.open_of(session_id, request.actor, _not_found()) as room:
            found = await messages.versions(room.conn, request.message_id)
            version = request.version or next((reply.version for reply, shown in found if shown), None)
            if version is None or version not in {reply.version for reply, _ in found}:
                raise _not_found()
            if given == await feedback.of_version(room.conn, request.message_id, version):
                return Done()
            if given is None:
                await feedback.remove(room.conn, request.message_id, version)
            else:
                await feedback.keep(room.conn, room.id, (request.message_id, version), given, room.now)
            change = FeedbackChange(reply_id=request.message_id, version=version, feedback=given)
            room.record(FeedbackGiven, change)
        return Done()

    async def _session_of(self, reply_id: MessageId, actor: Actor) -> SessionId:
        """Where the answer was to be given, if the actor may know. Raises Failure(NOT_FOUND)."""
        async with self._database.read() as conn:
            made = await turns.of_reply(conn, reply_id)
            session = await sessions.read(conn, made[0].session_id) if made else None
        if session is None or session.deleted_at is not None or session.owner_id != actor.user_id:
            raise _not_found()
        return session.id


async def _free_seat(room: Room, newest: Turn) -> Participant:
    """Where the answer came from, if nothing is being said there."""
    scene = await room.scene()
    seat = next((seat for seat in scene.seats if seat.id == newest.ref.participant_id), None)
    if seat is None:
        raise Failure(ErrorCode.CONFLICT, "Who gave this answer has left the room.")
    if any(turn.participant_id == seat.id and turn.ending is None for turn in scene.turns):
        raise Failure(ErrorCode.CONFLICT, "This participant is speaking just now.")
    return seat


def _not_found() -> Failure:
    return Failure(ErrorCode.NOT_FOUND, "There is no such answer.")
