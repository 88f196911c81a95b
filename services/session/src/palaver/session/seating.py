"""Who sits in a room: models checked, names made unique, colours given. Used when a room opens and while it runs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from palaver.contracts import limits
from palaver.contracts.actors import Actor
from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.ids import ParticipantId, SessionId, UserId, new_id
from palaver.contracts.personas import Persona
from palaver.contracts.session import AddParticipant, Done, NewParticipant, RemoveParticipant, UpdateParticipant
from palaver.contracts.session_log import (
    AnswerSettings,
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
from palaver.session.personas import Personas
from palaver.session.ports import Keys, ModelFacts, Models
from palaver.session.prompts import check_own_prompt
from palaver.session.room import Room, Rooms, authorise
from palaver.session.stopping import Stops
from palaver.session.store import sessions


@dataclass(frozen=True, slots=True)
class Wish:
    """A seat to be taken, with all that its persona says and nobody said otherwise.

    Without a `name` it is called like its model, without a `color` it gets one that is free.
    """

    model: str
    name: str | None = None
    color: str | None = None
    system_prompt: str | None = None
    muted: bool = False
    persona: str | None = None
    settings: AnswerSettings = field(default_factory=AnswerSettings)


class Seating:
    """Gives, changes and takes seats."""

    def __init__(
        self,
        database: Database,
        rooms: Rooms,
        *,
        directors: Directors,
        personas: Personas,
        models: Models,
        keys: Keys,
        stops: Stops,
    ) -> None:
        self._database = database
        self._rooms = rooms
        self._directors = directors
        self._personas = personas
        self._models = models
        self._keys = keys
        self._stops = stops

    async def plan(self, owner: UserId, wanted: Sequence[NewParticipant]) -> tuple[Participant, ...]:
        """Seats of a new room. Raises Failure(PERSONA_NOT_FOUND, MODEL_NOT_FOUND, VALIDATION_FAILED), Unavailable."""
        wishes = [await self._wish(owner, seat) for seat in wanted]
        return arrange(wishes, await self._models.facts_of([wish.model for wish in wishes]), (), 0)

    async def add(self, request: AddParticipant) -> Participant:
        """Give a model a seat in a running room; it speaks from the next round on."""
        await self._authorise(request.session_id, request.actor)
        wish = await self._wish(request.actor.user_id, request.participant)
        facts = await self._models.facts_of([wish.model])
        async with self._rooms.open(request.session_id) as room:
            room.authorise(request.actor)
            taken = await room.seats()
            check_seats(len(taken) + 1, self._directors.named(room.session.mode).max_participants)
            position = await sessions.highest_position(room.conn, room.id) + 1
            (seat,) = arrange([wish], facts, taken, position)
            await sessions.add_seats(room.conn, room.id, [seat], room.now)
            await _reseat(room, (*taken, seat))
            room.record(ParticipantAdded, SeatChange(participant=seat))
        return seat

    async def update(self, request: UpdateParticipant) -> Participant:
        """Change a seat; a turn that runs or waits there goes on as it began.

        Another model must exist and have a key where it needs one, and answers from the next turn on.
        """
        seated = await self._authorise(request.session_id, request.actor)
        check_own_prompt(request.system_prompt or "")
        if request.persona:
            request = _with_persona(request, await self._personas.one(request.actor.user_id, request.persona))
        if request.model is not None and seated.get(request.participant_id) != request.model:
            facts = (await self._models.facts_of([request.model]))[request.model]
            if facts.needs_key:
                await self._keys.check(request.actor, facts.provider)
        async with self._rooms.open(request.session_id) as room:
            room.authorise(request.actor)
            before = await _seat(room, request.participant_id)
            others = [seat for seat in await room.seats() if seat.id != before.id]
            after = _changed(before, request, others)
            if after != before:
                await sessions.change_seat(room.conn, after)
                await _reseat(room, [after if seat.id == after.id else seat for seat in await room.seats()])
                previous = None if after.model_id == before.model_id else before.model_id
                room.record(ParticipantUpdated, SeatChange(participant=after, previous_model=previous))
        return after

    async def remove(self, request: RemoveParticipant) -> Done:
        """Take the seat away and stop what runs there."""
        async with self._rooms.open(request.session_id) as room:
            room.authorise(request.actor)
            leaving = await _seat(room, request.participant_id)
            await sessions.remove_seat(room.conn, leaving.id, room.now)
            await _reseat(room, [seat for seat in await room.seats() if seat.id != leaving.id])
            room.record(ParticipantRemoved, SeatRemoval(participant_id=leaving.id))
            await self._stops.stop_some(room, participant_id=leaving.id)
        return Done()

    async def _authorise(self, session_id: SessionId, actor: Actor) -> Mapping[ParticipantId, str]:
        """Before others are asked on a stranger's behalf; the room checks again under its lock. Seats with models."""
        async with self._database.read() as conn:
            authorise(await sessions.read(conn, session_id), actor)
            return {seat.id: seat.model_id for seat in (await sessions.seats(conn, [session_id]))[session_id]}

    async def _wish(self, owner: UserId, seat: NewParticipant) -> Wish:
        check_own_prompt(seat.system_prompt or "")
        persona = None if seat.persona is None else await self._personas.one(owner, seat.persona)
        return wish_of(seat, persona)


def check_seats(count: int, maximum: int) -> None:
    """Raises Failure(TOO_MANY_PARTICIPANTS)."""
    maximum = min(maximum, limits.MAX_PARTICIPANTS)
    if count > maximum:
        raise Failure(
            ErrorCode.TOO_MANY_PARTICIPANTS, f"This room has at most {maximum} participants.", maximum=maximum
        )


def wish_of(seat: NewParticipant, persona: Persona | None) -> Wish:
    """What is asked for, completed by the persona. Raises Failure(VALIDATION_FAILED) if neither names a model."""
    model = seat.model or (persona.model if persona else None)
    if model is None:
        raise Failure(ErrorCode.VALIDATION_FAILED, "Choose a model.", field="model")
    if persona is None:
        return Wish(model, seat.name, seat.color, seat.system_prompt, seat.muted, settings=seat.settings)
    return Wish(
        model=model,
        name=seat.name or persona.name,
        color=seat.color or persona.color,
        system_prompt=persona.system_prompt if seat.system_prompt is None else seat.system_prompt,
        muted=seat.muted,
        persona=persona.slug,
        settings=seat.settings,
    )


def arrange(
    wanted: Sequence[Wish], models: Mapping[str, ModelFacts], taken: Sequence[Participant], first_position: int
) -> tuple[Participant, ...]:
    """The new seats: each with a name and, if none is wished for, a colour of its own."""
    names = [seat.name for seat in taken]
    # A colour that somebody wishes for is not given to an earlier seat that wishes for none.
    colors = [seat.color for seat in taken] + [seat.color for seat in wanted if seat.color]
    seats: list[Participant] = []
    for position, seat in enumerate(wanted, first_position):
        color = seat.color or next_color(colors)
        if seat.color is None:
            colors.append(color)
        names.append(unique_name(seat.name or models[seat.model].display_name, names))
        seats.append(
            Participant(
                id=ParticipantId(new_id()),
                model_id=seat.model,
                name=names[-1],
                color=color,
                system_prompt=storable(seat.system_prompt or "") or None,
                muted=seat.muted,
                position=position,
                persona=seat.persona,
                settings=seat.settings,
            )
        )
    return tuple(seats)


def _with_persona(request: UpdateParticipant, persona: Persona) -> UpdateParticipant:
    """The request, with what the persona says where it says nothing itself."""
    given = {
        "model": persona.model,
        "name": persona.name,
        "color": persona.color,
        "system_prompt": persona.system_prompt,
    }
    return request.model_copy(update={name: value for name, value in given.items() if getattr(request, name) is None})


def _changed(before: Participant, request: UpdateParticipant, others: Sequence[Participant]) -> Participant:
    changes: dict[str, object] = {}
    if request.persona is not None:
        changes["persona"] = request.persona or None
    if request.model is not None:
        changes["model_id"] = request.model
    if request.name is not None:
        changes["name"] = unique_name(request.name, [seat.name for seat in others])
    if request.color is not None:
        changes["color"] = request.color
    if request.system_prompt is not None:
        changes["system_prompt"] = storable(request.system_prompt) or None
    if request.settings is not None:
        changes["settings"] = request.settings
    if request.muted is not None:
        changes["muted"] = request.muted
    return before.model_copy(update=changes)


async def _seat(room: Room, participant_id: ParticipantId) -> Participant:
    for seat in await room.seats():
        if seat.id == participant_id:
            return seat
    raise Failure(ErrorCode.NOT_FOUND, "There is no such participant.")


async def _reseat(room: Room, seats: Sequence[Participant]) -> None:
    await room.reseat(seats)
    room.change(updated_at=room.now)
