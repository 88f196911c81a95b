"""One room under its lock: the unit in which everything about a session changes.

The session row is locked first; what goes on in the room is read in one statement (`Scene`) and kept in memory; changes
are collected and `settle` writes them in one statement and admits turns; after the commit the news goes out. What
raises in between leaves nothing behind and says nothing.
"""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy.ext.asyncio import AsyncConnection

from palaver.contracts.actors import Actor
from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.ids import SessionId, TurnId, UserId
from palaver.contracts.session_log import (
    EventFrame,
    Participant,
    Reply,
    SessionChange,
    SessionEvent,
    SessionStateChanged,
    StateChange,
    UserMessage,
)
from palaver.contracts.subjects import Payload
from palaver.servicekit.batch import Batch
from palaver.servicekit.broker import Outgoing
from palaver.servicekit.database import Database
from palaver.servicekit.outbox import Outbox
from palaver.session.domain import Ending, Round, RoundTurn, Scene, Session, Turn, TurnPolicy
from palaver.session.lifecycle import Trigger, move
from palaver.session.log import row_of
from palaver.session.ports import Announcer, Clock, News
from palaver.session.store import messages, rounds, scenes, sessions, tables, turns

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
    """A locked session and what this transaction does to it. Made by `Rooms`.

    A use-case that changes rows itself, over `conn`, leaves alone what it has changed through the methods here.
    """

    def __init__(
        self,
        conn: AsyncConnection,
        session: Session,
        clock: Clock,
        scene: Scene | None = None,
        *,
        payer_locked: bool = False,
    ) -> None:
        self.conn = conn
        self.session = session
        self.now = clock()
        self._before = session
        self._scene = scene
        self._writes = Batch()
        self._new_rounds: set[int] = set()
        self._changed_rounds: set[int] = set()
        self._entries: list[SessionEvent] = []
        self._issued: list[Turn] = []
        self._stopping: list[TurnId] = []
        self._letters: list[Outgoing] = []
        self._payer_locked = payer_locked
        self._payers: set[UserId] = set()
        self._asked: list[Turn] = []
        self._freed = 0

    @property
    def id(self) -> SessionId:
        """The session's."""
        return self.session.id

    def authorise(self, actor: Actor) -> None:
        """See `authorise`."""
        authorise(self.session, actor)

    # ---- looking -----------------------------------------------------------------------------------------------------
    async def scene(self) -> Scene:
        """What goes on here; read when it is first asked for."""
        return self._scene or await self._look()

    async def turn(self, turn_id: TurnId) -> Turn | None:
        """One of the room's turns, locked for the transaction. To be asked before anything else."""
        return (await self._look(turn_id=turn_id)).turn

    async def has_heard(self, author: UserId, client_message_id: str) -> bool:
        """Whether this post was taken before. To be asked before anything else."""
        return (await self._look(post=(author, client_message_id))).said

    async def seats(self) -> tuple[Participant, ...]:
        """Who sits in the room."""
        return (await self.scene()).seats

    async def _look(self, **wanted: Any) -> Scene:
        if self._scene is not None:
            raise RuntimeError("what was changed in this room since it was read would be forgotten")
        self._scene = await scenes.read(self.conn, self.session, **wanted)
        return self._scene

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

    async def reseat(self, seats: Sequence[Participant]) -> None:
        """The caller changed who sits here."""
        (await self.scene()).seats = tuple(seats)

    async def record_session(self, kind: type[EventFrame]) -> None:
        """Log the room as it is now."""
        self.record(kind, SessionChange(session=self.session.view(await self.seats())))

    # ---- rounds and turns --------------------------------------------------------------------------------------------
    def keep_message(self, message: UserMessage) -> None:
        """Store what a person said."""
        self._writes.insert(tables.messages, messages.user_row(self.id, message))

    async def open_round(self, new: Round) -> None:
        """A round begins to exist."""
        (await self.scene()).rounds[new.number] = new
        self._new_rounds.add(new.number)

    async def change_round(self, number: int, **changes: Any) -> Round:
        """Change a round that runs or waits."""
        known = (await self.scene()).rounds
        changed = known[number] = replace(known[number], **changes)
        self._changed_rounds.add(number)
        return changed

    async def ask(self, new: Sequence[Turn]) -> None:
        """Turns begin to exist; those that the payer may have now are issued when the room is settled."""
        scene = await self.scene()
        for turn in new:
            ref = turn.ref
            self._asked.append(turn)
            scene.turns.append(
                RoundTurn(ref.turn_id, ref.round, ref.step, ref.participant_id, ref.version, None, None, self.now)
            )
            self._payers.add(turn.payer)

    async def start_turn(self, turn: Turn, rank: int) -> None:
        """The turn's current attempt has begun to speak."""
        self._writes.update(tables.turns, turns.start_of(turn, rank))
        (await self.scene()).mark(turn.ref.turn_id, rank=rank)

    async def end_turn(self, turn: Turn, ending: Ending, rank: int | None) -> None:
        """The turn is over. Its checkpoints go; another one of its payer may be issued."""
        self._writes.update(tables.turns, turns.end_of(turn, ending, rank, self.now))
        self._writes.delete(tables.checkpoints, {"turn_id": turn.ref.turn_id})
        (await self.scene()).mark(turn.ref.turn_id, rank=rank, ending=ending.ending)
        self._payers.add(turn.payer)
        self._freed += turn.state != "waiting"

    async def keep_reply(self, turn: Turn, reply: Reply) -> None:
        """Store what a model said, as the version that is shown."""
        if reply.version > 1:
            await messages.hide(self.conn, reply.id)
        self._writes.insert(tables.messages, messages.reply_row(self.id, turn.ref, reply))

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

    def call_back(self, *stopping: TurnId) -> None:
        """Tell the workers to stop these turns, once committed."""
        self._stopping.extend(stopping)

    def post_letter(self, letter: Outgoing) -> None:
        """Publish something that is no log entry, through the outbox."""
        self._letters.append(letter)

    # ---- settling ----------------------------------------------------------------------------------------------------
    async def settle(self, policy: TurnPolicy) -> News:
        """Write what changed, admit turns; the last thing before the commit."""
        await Outbox().add(self.conn, *self._letters)
        settled = self._admit_at_once(policy)
        self._collect()
        await self._writes.write(self.conn)
        for payer in () if settled else sorted(self._payers):
            await turns.lock_payer(self.conn, payer)
            self._issued += await turns.admit(self.conn, payer, policy)
        return News(
            tuple(self._entries), tuple(self._issued), tuple(self._stopping), bool(self._letters), self.session.owner_id
        )

    def _admit_at_once(self, policy: TurnPolicy) -> bool:
        """Issue new turns as they are made, if nobody waits before them; else they wait, and False is returned."""
        load = self._scene.load if self._scene and self._payer_locked else None
        if load is None or load.waiting or self._payers - {self.session.owner_id}:
            self._writes.insert(tables.turns, *(turns.row_of(turn, self.now, None) for turn in self._asked))
            return False
        free = max(0, policy.max_issued_per_payer - load.issued + self._freed)
        issued = [turn.first_issued(load.read_at, policy) for turn in self._asked[:free]]
        again_at = load.read_at + timedelta(seconds=policy.first_issue_wait_seconds)
        self._writes.insert(tables.turns, *(turns.row_of(turn, self.now, again_at) for turn in issued))
        self._writes.insert(tables.turns, *(turns.row_of(turn, self.now, None) for turn in self._asked[free:]))
        self._issued += issued
        return True

    def _collect(self) -> None:
        for number, known in self._scene.rounds.items() if self._scene else ():
            if number in self._new_rounds:
                self._writes.insert(tables.rounds, rounds.row_of(known, self.now))
            elif number in self._changed_rounds:
                self._writes.update(tables.rounds, rounds.change_of(known))
        self._writes.insert(tables.session_log, *(row_of(entry).stored for entry in self._entries))
        changes = sessions.change_of(self._before, self.session)
        if changes:
            self._writes.update(tables.sessions, changes)


class Rooms:
    """Opens rooms, and says what happened in them."""

    def __init__(self, database: Database, announcer: Announcer, policy: TurnPolicy, clock: Clock) -> None:
        self._database = database
        self._announcer = announcer
        self._policy = policy
        self._clock = clock

    @asynccontextmanager
    async def open(
        self, session_id: SessionId, *, with_payer: bool = False, missing: Failure | None = None
    ) -> AsyncGenerator[Room]:
        """A room, locked for the block, which is one transaction. Raises `missing`, else Failure(SESSION_NOT_FOUND).

        `with_payer`: turns are likely to be asked for or to end, so their payer is locked at once and not at the end.
        """
        async with self._database.transaction() as conn:
            lock = sessions.lock_with_payer if with_payer else sessions.lock
            session = await lock(conn, session_id)
            if session is None:
                raise missing or not_found()
            room = Room(conn, session, self._clock, payer_locked=with_payer)
            yield room
            news = await room.settle(self._policy)
        await self._announcer.announce(news)

    @asynccontextmanager
    async def open_of(
        self, session_id: SessionId | None, actor: Actor, missing: Failure, *, with_payer: bool = False
    ) -> AsyncGenerator[Room]:
        """Like `open`, for what was found in a room by another name than the room's own. Raises `missing` where there
        is no room, or it is somebody else's: a stranger learns nothing of the difference.
        """
        if session_id is None:
            raise missing
        async with self.open(session_id, with_payer=with_payer, missing=missing) as room:
            if room.session.deleted_at is not None or room.session.owner_id != actor.user_id:
                raise missing
            yield room

    @asynccontextmanager
    async def open_if_there(self, session_id: SessionId) -> AsyncGenerator[Room | None]:
        """Like `open`; None for a room that is purged: what still comes in for it is of no use to anybody."""
        async with self._database.transaction() as conn:
            session = await sessions.lock(conn, session_id)
            room = None if session is None else Room(conn, session, self._clock)
            yield room
            news = News() if room is None else await room.settle(self._policy)
        await self._announcer.announce(news)

    @asynccontextmanager
    async def open_new(self, session: Session) -> AsyncGenerator[Room]:
        """A room that begins to exist; nobody else can know it yet."""
        async with self._database.transaction() as conn:
            await sessions.add(conn, session)
            room = Room(conn, session, self._clock, Scene())
            yield room
            news = await room.settle(self._policy)
        await self._announcer.announce(news)

    @asynccontextmanager
    async def open_if_free(self, session_id: SessionId) -> AsyncGenerator[Room | None]:
        """Like `open`; None where somebody works on the room just now, or it is gone."""
        async with self._database.transaction() as conn:
            session = await sessions.lock_if_free(conn, session_id)
            room = None if session is None else Room(conn, session, self._clock)
            yield room
            news = News() if room is None else await room.settle(self._policy)
        await self._announcer.announce(news)
