"""Opening, changing, archiving, deleting and restoring rooms."""

from datetime import timedelta

from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.ids import SessionId, UserId, new_id
from palaver.contracts.session import CreateSession, Done, OfSession, UpdateSession
from palaver.contracts.session_log import (
    Branch,
    Nothing,
    Participant,
    SessionArchived,
    SessionCreated,
    SessionDeleted,
    SessionRestored,
    SessionUpdated,
    SessionView,
)
from palaver.session.auditing import audit
from palaver.session.directors import Director, Directors
from palaver.session.domain import FIRST_ROUND, Session, storable
from palaver.session.ports import Clock
from palaver.session.prompts import check_room_prompt
from palaver.session.room import Room, Rooms, not_found
from palaver.session.seating import Seating, check_seats
from palaver.session.stopping import Stops
from palaver.session.store import sessions, turns


class RoomKeeping:
    """What an owner does with rooms as a whole."""

    def __init__(
        self,
        rooms: Rooms,
        *,
        directors: Directors,
        seating: Seating,
        stops: Stops,
        clock: Clock,
        max_sessions_per_owner: int,
        deleted_room_days: int,
    ) -> None:
        self._rooms = rooms
        self._directors = directors
        self._seating = seating
        self._stops = stops
        self._clock = clock
        self._max_sessions_per_owner = max_sessions_per_owner
        self._kept = timedelta(days=deleted_room_days)

    async def create(self, request: CreateSession) -> SessionView:
        """Open a room. Raises Failure for an unknown mode or model, too many seats or none, too many rooms."""
        director = self._directors.named(request.mode)
        if not request.participants:
            raise Failure(ErrorCode.VALIDATION_FAILED, "Choose at least one model.", field="participants")
        check_seats(len(request.participants), director.max_participants)
        owner = request.actor.user_id
        check_room_prompt(request.system_prompt or "")
        seats = await self._seating.plan(owner, request.participants)
        session = self._new(request, director)
        async with self._rooms.open_new(session) as room:
            await self._check_number(room, owner)
            await _furnish(room, seats)
            await room.record_session(SessionCreated)
            return room.session.view(seats)

    async def _check_number(self, room: Room, owner: UserId, *, besides: int = 0) -> None:
        """Under the person's lock: of two replicas that open their last room, one comes second.

        `besides`: rooms that this transaction adds without having written them yet.
        """
        await turns.lock_payer(room.conn, owner)
        maximum = self._max_sessions_per_owner
        if await sessions.count_of_owner(room.conn, owner) + besides > maximum:  # a new one is counted already
            raise Failure(
                ErrorCode.TOO_MANY_SESSIONS,
                f"You have {maximum:,} rooms, as many as one person may have; delete some first.",
                maximum=maximum,
            )

    def _new(self, request: CreateSession, director: Director) -> Session:
        now = self._clock()
        return Session(
            id=SessionId(new_id()),
            owner_id=request.actor.user_id,
            title=storable(request.title),
            mode=request.mode,
            mode_version=director.version,
            mode_state={},
            prompt_mode=request.prompt_mode,
            system_prompt=storable(request.system_prompt or "") or None,
            state="initialised",
            archived=False,
            path=(new_id(),),
            epoch=new_id(),
            head_seq=0,
            last_round=FIRST_ROUND - 1,
            current_round=None,
            created_at=now,
            updated_at=now,
        )

    async def update(self, request: UpdateSession) -> SessionView:
        """Change what is given. An empty `system_prompt` removes it."""
        check_room_prompt(request.system_prompt or "")
        async with self._rooms.open(request.session_id) as room:
            room.authorise(request.actor)
            before = room.session
            if request.title is not None:
                room.change(title=storable(request.title))
            if request.prompt_mode is not None:
                room.change(prompt_mode=request.prompt_mode)
            if request.system_prompt is not None:
                room.change(system_prompt=storable(request.system_prompt) or None)
            if room.session != before:
                room.change(updated_at=room.now)
                await room.record_session(SessionUpdated)
            if request.archived is not None and request.archived != room.session.archived:
                room.change(archived=request.archived, updated_at=room.now)
                await room.record_session(SessionArchived)
            return room.session.view(await room.seats())

    async def delete(self, request: OfSession) -> Done:
        """Delete a room: what runs in it stops, and from then on it is not found."""
        async with self._rooms.open(request.session_id) as room:
            room.authorise(request.actor)
            await self._stops.stop_all(room)
            room.change(deleted_at=room.now)
            room.record(SessionDeleted, Nothing())
            audit(room, request.actor, "session.deleted")
        return Done()

    async def restore(self, request: OfSession) -> SessionView:
        """Take a deleted room back, with everything in it. Raises Failure: not there any more, too many rooms."""
        async with self._rooms.open(request.session_id) as room:
            since = room.session.deleted_at
            gone = since is None or since + self._kept <= room.now or await sessions.is_to_be_purged(room.conn, room.id)
            if gone or room.session.owner_id != request.actor.user_id:
                raise not_found()
            room.change(deleted_at=None)
            await self._check_number(room, room.session.owner_id, besides=1)
            await room.record_session(SessionRestored)
            audit(room, request.actor, "session.restored")
            return room.session.view(await room.seats())


async def _furnish(room: Room, seats: tuple[Participant, ...]) -> None:
    root = Branch(id=room.session.branch, first_round=FIRST_ROUND)
    await sessions.add_branch(room.conn, room.id, root, room.now)
    await sessions.add_seats(room.conn, room.id, seats, room.now)
    await room.reseat(seats)
