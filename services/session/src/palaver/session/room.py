"""One room under its lock: the unit in which everything about a session changes.

The session row is locked first; entries get their `seq` in memory; `settle` writes them and the row, and admits turns;
after the commit the news goes out. What raises in between leaves nothing behind and says nothing.
"""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy.ext.asyncio import AsyncConnection

from palaver.contracts.actors import Actor
from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.ids import SessionId, TurnId, UserId
from palaver.contracts.session_log import (
    EventFrame,
    Participant,
    SessionChange,
    SessionEvent,
    SessionStateChanged,
    StateChange,
)
from palaver.contracts.subjects import Payload
from palaver.servicekit.broker import Outgoing
from palaver.servicekit.database import Database
from palaver.servicekit.outbox import Outbox
from palaver.session.domain import Session, Turn, TurnPolicy
from palaver.session.lifecycle import Trigger, move
from palaver.session.log import row_of
from palaver.session.ports import Announcer, Clock, News
from palaver.session.store import log, sessions, turns

_entry: TypeAdapter[SessionEvent] = TypeAdapter(SessionEvent)


def not_found() -> Failure:
    """The same for rooms that do not exist, are deleted, or are somebody else's."""
    return Failure(ErrorCode.SESSION_NOT_FOUND, "There is no such session.")


def authorise(session: Session | None, actor: Actor) -> Session:
    """The session, if the actor may see and change it. Raises Failure(SESSION_NOT_FOUND)."""
    if session is None or session.deleted_at is not None or session.owner_id != actor.user_id:
        raise not_found()
    return session


class Room:
    """A locked session and what this transaction does to it. Made by `Rooms`."""

    def __init__(self, conn: AsyncConnection, session: Session, clock: Clock) -> None:
        self.conn = conn
        self.session = session
        self.now = clock()
        self._before = session
        self._seats: tuple[Participant, ...] | None = None
        self._entries: list[SessionEvent] = []
        self._issued: list[Turn] = []
        self._stopping: list[TurnId] = []
        self._letters: list[Outgoing] = []
        self._payers: set[UserId] = set()

    @property
    def id(self) -> SessionId:
        """The session's."""
        return self.session.id

    def authorise(self, actor: Actor) -> None:
        """See `authorise`."""
        authorise(self.session, actor)

    # ---- changing ----------------------------------------------------------------------------------------------------
    def change(self, **changes: Any) -> None:
        """Change columns of the session."""
        self.session = replace(self.session, **changes)

    def move(self, trigger: Trigger) -> None:
        """Move the state machine and log it, if the state is another. Raises Failure(CONFLICT)."""
        previous = self.session.state
        state = move(previous, trigger)
        if state != previous:
            self.change(state=state)
            self.record(SessionStateChanged, StateChange(state=state, previous=previous))

    async def seats(self) -> tuple[Participant, ...]:
        """Who sits in the room."""
        if self._seats is None:
            self._seats = (await sessions.seats(self.conn, [self.id]))[self.id]
        return self._seats

    def reseat(self, seats: Sequence[Participant]) -> None:
        """The caller changed who sits here."""
        self._seats = tuple(seats)

    async def record_session(self, kind: type[EventFrame]) -> None:
        """Log the room as it is now."""
        self.record(kind, SessionChange(session=self.session.view(await self.seats())))

    # ---- saying ------------------------------------------------------------------------------------------------------
    def record(self, kind: type[EventFrame], data: Payload) -> None:
        """Append an entry to the log."""
        self.change(head_seq=self.session.head_seq + 1)
        entry = {
            "name": kind.model_fields["name"].default,
            "session_id": self.id,
            "epoch": self.session.epoch,
            "seq": self.session.head_seq,
            "at": self.now,
            "data": data,
        }
        self._entries.append(_entry.validate_python(entry))

    def offer(self, issued: Turn) -> None:
        """Offer a turn to the workers, once committed."""
        self._issued.append(issued)

    def admit_for(self, payer: UserId) -> None:
        """This payer has a new turn, or one fewer: admit what may run now."""
        self._payers.add(payer)

    def call_back(self, *stopping: TurnId) -> None:
        """Tell the workers to stop these turns, once committed."""
        self._stopping.extend(stopping)

    def post_letter(self, letter: Outgoing) -> None:
        """Publish something that is no log entry, through the outbox."""
        self._letters.append(letter)

    # ---- settling ----------------------------------------------------------------------------------------------------
    async def settle(self, policy: TurnPolicy) -> News:
        """Write entries and session, admit turns; the last thing before the commit."""
        if self._entries:
            await log.add(self.conn, [row_of(entry) for entry in self._entries])
        await sessions.save(self.conn, self._before, self.session)
        await Outbox().add(self.conn, *self._letters)
        for payer in sorted(self._payers):
            await turns.lock_payer(self.conn, payer)
            self._issued += await turns.admit(self.conn, payer, policy)
        return News(tuple(self._entries), tuple(self._issued), tuple(self._stopping), bool(self._letters))


class Rooms:
    """Opens rooms, and says what happened in them."""

    def __init__(self, database: Database, announcer: Announcer, policy: TurnPolicy, clock: Clock) -> None:
        self._database = database
        self._announcer = announcer
        self._policy = policy
        self._clock = clock

    @asynccontextmanager
    async def open(self, session_id: SessionId) -> AsyncGenerator[Room]:
        """A room, locked for the block, which is one transaction. Raises Failure(SESSION_NOT_FOUND)."""
        async with self._database.transaction() as conn:
            session = await sessions.lock(conn, session_id)
            if session is None:
                raise not_found()
            room = Room(conn, session, self._clock)
            yield room
            news = await room.settle(self._policy)
        await self._announcer.announce(news)

    @asynccontextmanager
    async def open_new(self, session: Session) -> AsyncGenerator[Room]:
        """A room that begins to exist; nobody else can know it yet."""
        async with self._database.transaction() as conn:
            await sessions.add(conn, session)
            room = Room(conn, session, self._clock)
            room.reseat(())
            yield room
            news = await room.settle(self._policy)
        await self._announcer.announce(news)

    @asynccontextmanager
    async def open_if_free(self, session_id: SessionId) -> AsyncGenerator[Room | None]:
        """Like `open`; None where somebody works on the room just now, or it is gone."""
        async with self._database.transaction() as conn:
            session = await sessions.lock(conn, session_id, skip_locked=True)
            room = None if session is None else Room(conn, session, self._clock)
            yield room
            news = News() if room is None else await room.settle(self._policy)
        await self._announcer.announce(news)
