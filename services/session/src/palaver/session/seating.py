"""Who sits in a room: models checked, names made unique, colours given. Used when a room opens and while it runs."""

from collections.abc import Sequence

from palaver.contracts import limits
from palaver.contracts.actors import Actor
from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.ids import ParticipantId, SessionId, new_id
from palaver.contracts.session import AddParticipant, Done, NewParticipant, RemoveParticipant, UpdateParticipant
from palaver.contracts.session_log import (
    Participant,
    ParticipantAdded,
    ParticipantRemoved,
    ParticipantUpdated,
    SeatChange,
    SeatRemoval,
)
from palaver.servicekit.database import Database
from palaver.session.directors import Directors
from palaver.session.domain import next_color, storable, unique_name
from palaver.session.ports import ModelNames
from palaver.session.room import Room, Rooms, authorise
from palaver.session.stopping import Stops
from palaver.session.store import sessions


class Seating:
    """Gives, changes and takes seats."""

    def __init__(
        self, database: Database, rooms: Rooms, directors: Directors, models: ModelNames, stops: Stops
    ) -> None:
        self._database = database
        self._rooms = rooms
        self._directors = directors
        self._models = models
        self._stops = stops

    async def plan(
        self, wanted: Sequence[NewParticipant], taken: Sequence[Participant] = (), first_position: int = 0
    ) -> tuple[Participant, ...]:
        """Seats for `wanted` beside those taken. Raises Failure(MODEL_NOT_FOUND), Unavailable."""
        names = await self._names_of([seat.model for seat in wanted])
        return arrange(wanted, [names[seat.model] for seat in wanted], taken, first_position)

    async def add(self, request: AddParticipant) -> Participant:
        """Give a model a seat in a running room; it speaks from the next round on."""
        await self._authorise(request.session_id, request.actor)
        names = await self._names_of([request.participant.model])
        async with self._rooms.open(request.session_id) as room:
            room.authorise(request.actor)
            taken = await room.seats()
            check_seats(len(taken) + 1, self._directors.named(room.session.mode).max_participants)
            position = await sessions.highest_position(room.conn, room.id) + 1
            (seat,) = arrange([request.participant], [names[request.participant.model]], taken, position)
            await sessions.add_seats(room.conn, room.id, [seat], room.now)
            _reseat(room, (*taken, seat))
            room.record(ParticipantAdded, SeatChange(participant=seat))
        return seat

    async def update(self, request: UpdateParticipant) -> Participant:
        """Change a seat; a turn that runs there goes on as it began."""
        await self._authorise(request.session_id, request.actor)
        if request.model is not None:
            await self._names_of([request.model])
        async with self._rooms.open(request.session_id) as room:
            room.authorise(request.actor)
            before = await _seat(room, request.participant_id)
            others = [seat for seat in await room.seats() if seat.id != before.id]
            after = _changed(before, request, others)
            if after != before:
                await sessions.change_seat(room.conn, after)
                _reseat(room, [after if seat.id == after.id else seat for seat in await room.seats()])
                room.record(ParticipantUpdated, SeatChange(participant=after))
        return after

    async def remove(self, request: RemoveParticipant) -> Done:
        """Take the seat away and stop what runs there."""
        async with self._rooms.open(request.session_id) as room:
            room.authorise(request.actor)
            leaving = await _seat(room, request.participant_id)
            await sessions.remove_seat(room.conn, leaving.id, room.now)
            _reseat(room, [seat for seat in await room.seats() if seat.id != leaving.id])
            room.record(ParticipantRemoved, SeatRemoval(participant_id=leaving.id))
            await self._stops.stop_some(room, participant_id=leaving.id)
        return Done()

    async def _authorise(self, session_id: SessionId, actor: Actor) -> None:
        """Before the catalogue is asked on a stranger's behalf; the room checks again under its lock."""
        async with self._database.read() as conn:
            authorise(await sessions.read(conn, session_id), actor)

    async def _names_of(self, model_ids: Sequence[str]) -> dict[str, str]:
        names = dict(await self._models.names_of(model_ids))
        for model_id in model_ids:
            if model_id not in names:
                raise Failure(ErrorCode.MODEL_NOT_FOUND, f"There is no model {model_id!r}.", model=model_id)
        return names


def check_seats(count: int, maximum: int) -> None:
    """Raises Failure(TOO_MANY_PARTICIPANTS)."""
    maximum = min(maximum, limits.MAX_PARTICIPANTS)
    if count > maximum:
        raise Failure(
            ErrorCode.TOO_MANY_PARTICIPANTS, f"This room has at most {maximum} participants.", maximum=maximum
        )


def arrange(
    wanted: Sequence[NewParticipant], display_names: Sequence[str], taken: Sequence[Participant], first_position: int
) -> tuple[Participant, ...]:
    """The new seats: each with a name and, if none is wished for, a colour of its own."""
    names = [seat.name for seat in taken]
    # A colour that somebody wishes for is not given to an earlier seat that wishes for none.
    colors = [seat.color for seat in taken] + [seat.color for seat in wanted if seat.color]
    seats: list[Participant] = []
    for position, (seat, display_name) in enumerate(zip(wanted, display_names, strict=True), first_position):
        color = seat.color or next_color(colors)
        if seat.color is None:
            colors.append(color)
        names.append(unique_name(seat.name or display_name, names))
        seats.append(
            Participant(
                id=ParticipantId(new_id()),
                model_id=seat.model,
                name=names[-1],
                color=color,
                system_prompt=storable(seat.system_prompt or "") or None,
                muted=seat.muted,
                position=position,
            )
        )
    return tuple(seats)


def _changed(before: Participant, request: UpdateParticipant, others: Sequence[Participant]) -> Participant:
    changes: dict[str, object] = {}
    if request.model is not None:
        changes["model_id"] = request.model
    if request.name is not None:
        changes["name"] = unique_name(request.name, [seat.name for seat in others])
    if request.color is not None:
        changes["color"] = request.color
    if request.system_prompt is not None:
        changes["system_prompt"] = storable(request.system_prompt) or None
    if request.muted is not None:
        changes["muted"] = request.muted
    return before.model_copy(update=changes)


async def _seat(room: Room, participant_id: ParticipantId) -> Participant:
    for seat in await room.seats():
        if seat.id == participant_id:
            return seat
    raise Failure(ErrorCode.NOT_FOUND, "There is no such participant.")


def _reseat(room: Room, seats: Sequence[Participant]) -> None:
    room.reseat(seats)
    room.change(updated_at=room.now)
