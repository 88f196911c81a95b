"""From the broker to sockets: one set of subscriptions per attached session, shared by all of its connections here.

Attach: hear the session, make sure that the broker knows, read its state from session and the running texts from their
workers, then splice what arrived meanwhile. What core NATS lost is found by `heads.py` and read here from the log.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping

import structlog

from palaver.contracts.client_protocol import Attach, Attached, LiveTurn
from palaver.contracts.context import SUMMARY_CHANGED, USAGE_CHANGED
from palaver.contracts.deltas import encode_delta
from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.gateway import session_log_at
from palaver.contracts.ids import SessionId
from palaver.contracts.model_router import TURN_DELTA
from palaver.contracts.session import ATTACH_READ, LOG_READ, AttachState, ReadAttach, ReadLog
from palaver.gateway.errors import unavailable
from palaver.gateway.realtime.attachment import Attachment
from palaver.gateway.realtime.connection import Connection
from palaver.gateway.realtime.cursor import Cursor, Heard
from palaver.gateway.realtime.entries import read_entry
from palaver.gateway.realtime.room import Room
from palaver.gateway.realtime.snapshots import Snapshots
from palaver.gateway.realtime.subscriptions import Subscriptions
from palaver.gateway.realtime.traffic import Traffic
from palaver.gateway.settings import RealtimeSettings
from palaver.servicekit.broker import Broker
from palaver.servicekit.errors import Unavailable
from palaver.servicekit.tasks import TaskSet

_log = structlog.get_logger()

MAX_JOINS_AT_ONCE = 32
"""Attach reads under way at once: a reconnect storm must not be one for session's database too."""
MAX_JOIN_READS = 3
"""Reads of one attach whose room is so busy that more arrives meanwhile than is kept."""


Live = tuple[LiveTurn, ...]
Answer = Callable[[AttachState, Live], None]
"""How a client is told where the session stands."""


class _Followed:
    """A room and how it is heard."""

    __slots__ = ("healing", "opening", "room", "subscriptions")

    def __init__(self, room: Room, subscriptions: Subscriptions) -> None:
        self.room = room
        self.subscriptions = subscriptions
        self.opening = asyncio.Lock()
        self.healing = False


class Relay:
    """All sessions that clients of this process follow."""

    def __init__(self, broker: Broker, settings: RealtimeSettings, traffic: Traffic) -> None:
        self._broker = broker
        self._settings = settings
        self._traffic = traffic
        self._followed: dict[str, _Followed] = {}
        self._snapshots = Snapshots(broker)
        self._joins = asyncio.Semaphore(MAX_JOINS_AT_ONCE)
        self._tasks = TaskSet("gateway.relay")

    @property
    def rooms(self) -> Iterable[Room]:
        """The attached sessions."""
        return [followed.room for followed in self._followed.values()]

    @property
    def sessions(self) -> int:
        """How many sessions are attached."""
        return len(self._followed)

    async def start(self) -> None:
        """A `Resource`; nothing is heard before somebody attaches."""

    async def stop(self) -> None:
        """Stop hearing everything."""
        await self._tasks.cancel()
        await self._snapshots.stop()
        for followed in list(self._followed.values()):
            await followed.subscriptions.close()
        self._followed.clear()

    # ---- attaching ---------------------------------------------------------------------------------------------------
    async def attach(self, connection: Connection, request: Attach) -> None:
        """Answer with `attached` and relay from then on. Raises Failure, also for what is unavailable."""

        def answer(state: AttachState, live: Live) -> None:
            connection.send(_attached(request.id, state, live))

        cursor = None if request.after is None else Cursor(request.after, request.epoch)
        await self._begin(connection, request.session_id, cursor, answer)

    async def follow(self, connection: Connection, session_id: str, cursor: Cursor | None) -> None:
        """Give what was missed since `cursor` and relay from then on; without one it is as `attach`. Raises Failure.

        What was missed are plain events, then one delta for each running text; `attached` comes only if the log does
        not reach back to the cursor.
        """
        heard: Mapping[str, Heard] = cursor.texts if cursor is not None else {}

        def answer(state: AttachState, live: Live) -> None:
            _catch_up(connection, state, live, heard)

        await self._begin(connection, session_id, cursor, answer)

    async def _begin(self, connection: Connection, session_id: str, cursor: Cursor | None, answer: Answer) -> None:
        if connection.closed:  # it went before this began, and nobody would detach it
            return
        attachment = connection.attachments.get(session_id)
        if attachment is None:
            attachment = self._enter(connection, session_id)
        try:
            async with attachment.joining, self._joins:
                await self._join(attachment, cursor, answer)
        except (Failure, Unavailable) as error:
            if attachment.admitted and not isinstance(error, Failure):
                attachment.resume()
            else:
                self._drop(attachment)
            raise error if isinstance(error, Failure) else unavailable(error) from error

    async def _join(self, attachment: Attachment, cursor: Cursor | None, answer: Answer) -> None:
        await self._open(attachment.room.session_id)
        state, live = await self._read(attachment, cursor)
        if attachment.detached:
            raise Failure(ErrorCode.NOT_ATTACHED, "This session was detached meanwhile.")
        self._traffic.attached["new" if cursor is None else "resumed" if state.recovered else "reset"] += 1
        answer(state, live)
        self._complete(attachment, state, live)

    def detach(self, connection: Connection, session_id: str) -> bool:
        """Stop relaying a session to a connection; False if it was not attached."""
        attachment = connection.attachments.get(session_id)
        if attachment is None:
            return False
        self._drop(attachment)
        return True

    def _drop(self, attachment: Attachment) -> None:
        """End this attachment, and not one that has taken its place."""
        attachment.detached = True
        room, attachments = attachment.room, attachment.connection.attachments
        session_id = room.session_id
        if attachments.get(session_id) is attachment:
            del attachments[session_id]
        room.attachments.discard(attachment)
        if not room.attachments and (followed := self._followed.get(session_id)) and followed.room is room:
            del self._followed[session_id]
            self._tasks.spawn(followed.subscriptions.close())

    def leave(self, connection: Connection) -> None:
        """The connection is gone."""
        for session_id in list(connection.attachments):
            self.detach(connection, session_id)

    def expect_post(self, session_id: str, client_message_id: str) -> None:
        """A post goes to the broker; if its session is followed here, its announcement is watched for."""
        if (followed := self._followed.get(session_id)) is not None:
            followed.room.expect_post(client_message_id)

    def settle_post(self, session_id: str, client_message_id: str) -> None:
        """The post was refused, or never reached the broker."""
        if (followed := self._followed.get(session_id)) is not None:
            followed.room.unconfirmed.pop(client_message_id, None)

    def _enter(self, connection: Connection, session_id: str) -> Attachment:
        if len(connection.attachments) >= self._settings.max_attached_sessions:
            raise Failure(
                ErrorCode.TOO_MANY_SESSIONS,
                "This connection follows too many sessions; detach one first.",
                max_attached_sessions=self._settings.max_attached_sessions,
            )
        followed = self._followed.get(session_id)
        if followed is None:
            room = Room(
                session_id,
                max_held_bytes=self._settings.max_held_bytes,
                on_behind=self._on_behind,
                on_rebuilt=self._on_rebuilt,
            )
            followed = self._followed[session_id] = _Followed(room, Subscriptions(self._broker))
        attachment = Attachment(connection, followed.room, max_kept_bytes=self._settings.max_queue_bytes)
        followed.room.attachments.add(attachment)
        connection.attachments[session_id] = attachment
        return attachment

    async def _open(self, session_id: str) -> None:
        followed = self._followed.get(session_id)
        if followed is None:  # detached meanwhile
            return
        async with followed.opening:
            if followed.subscriptions:
                return
            room, traffic = followed.room, self._traffic

            def on_entry(frame: bytes) -> None:
                traffic.events_received += 1
                room.take(read_entry(frame))
                if room.deleted:
                    self._close_room(room)

            def on_delta(frame: bytes) -> None:
                traffic.deltas_received += 1
                room.take_delta(frame)

            await self._broker.ping()  # fails now, and not after three subscriptions
            await followed.subscriptions.add(session_log_at(session_id), on_entry)
            await followed.subscriptions.add(TURN_DELTA.at(session_id), on_delta)
            await followed.subscriptions.add(USAGE_CHANGED.at(session_id), room.send)
            await followed.subscriptions.add(SUMMARY_CHANGED.at(session_id), room.send)
            try:
                await followed.subscriptions.settle()
            except Unavailable:
                await followed.subscriptions.close()
                raise
            if self._followed.get(session_id) is not followed:  # everybody left while it was being opened
                await followed.subscriptions.close()

    async def _read(self, attachment: Attachment, cursor: Cursor | None) -> tuple[AttachState, Live]:
        connection = attachment.connection
        request = ReadAttach(
            actor=connection.person.actor(connection.address),
            session_id=SessionId(attachment.room.session_id),
            after=None if cursor is None else cursor.seq,
            epoch=None if cursor is None else cursor.epoch,
        )
        for _ in range(MAX_JOIN_READS):
            attachment.keep()
            state = await self._broker.ask(ATTACH_READ, request)
            live = await self._snapshots.live(state.running)
            if not attachment.overflown:
                return state, live
        raise Failure(ErrorCode.SERVICE_UNAVAILABLE, "This session is too busy to be attached now; try again.")

    def _complete(self, attachment: Attachment, state: AttachState, live: Live) -> None:
        room = attachment.room
        room.begin(state.epoch, state.head_seq, (turn.turn.turn_id for turn in state.running))
        attachment.complete(state.head_seq, live)
        if room.epoch == state.epoch and attachment.seq < room.seq:
            # Another client's answer, read later, came first: the room began beyond what this one has been given.
            attachment.keep()
            self._tasks.spawn(self._refresh(attachment))

    def _close_room(self, room: Room) -> None:
        for attachment in list(room.attachments):
            self._drop(attachment)
            attachment.connection.session_over()

    # ---- healing -----------------------------------------------------------------------------------------------------
    def refresh(self, connection: Connection) -> None:
        """The connection has drained after it lagged: give it the running texts anew."""
        for attachment in list(connection.attachments.values()):
            if attachment.room.running:
                attachment.keep()
                self._tasks.spawn(self._refresh(attachment))

    def refresh_running(self) -> None:
        """Deltas may have been lost for everybody: give all clients the running texts anew."""
        for room in self.rooms:
            if room.running:
                for attachment in list(room.attachments):
                    attachment.keep()
                    self._tasks.spawn(self._refresh(attachment))

    async def _refresh(self, attachment: Attachment) -> None:
        connection = attachment.connection
        async with attachment.joining, self._joins:
            if attachment.detached:
                return
            epoch = attachment.room.epoch
            try:
                state, live = await self._read(attachment, Cursor(attachment.seq, epoch) if epoch else None)
            except (Failure, Unavailable) as error:
                _log.info("refresh_postponed", session_id=attachment.room.session_id, error=str(error))
                attachment.resume()  # the client sees a gap, if there is one, and attaches again
                return
            if attachment.detached:
                return
            _catch_up(connection, state, live, {})
            self._complete(attachment, state, live)

    def _on_rebuilt(self, room: Room) -> None:
        room.forget()
        for attachment in list(room.attachments):
            attachment.keep()
            self._tasks.spawn(self._refresh(attachment))

    def _on_behind(self, room: Room) -> None:
        followed = self._followed.get(room.session_id)
        if followed is not None and not followed.healing:
            followed.healing = True
            self._tasks.spawn(self._heal(followed))

    async def _heal(self, followed: _Followed) -> None:
        """Give the missing entry its time to arrive, then read it from the log."""
        room = followed.room
        try:
            await asyncio.sleep(self._settings.gap_wait_seconds)
            while room.is_behind and room.attachments:
                self._traffic.heals += 1
                page = await self._broker.ask(LOG_READ, ReadLog(session_id=SessionId(room.session_id), after=room.seq))
                if page.epoch != room.epoch:
                    self._on_rebuilt(room)
                    return
                for entry in page.entries:
                    room.take(read_entry(entry.model_dump_json().encode()))
                if not page.entries:
                    room.target = room.seq
            if room.deleted:
                self._close_room(room)
        except (Failure, Unavailable) as error:  # the next head check finds the gap again
            _log.info("log_read_postponed", session_id=room.session_id, error=str(error))
        finally:
            followed.healing = False


def _catch_up(connection: Connection, state: AttachState, live: Live, heard: Mapping[str, Heard]) -> None:
    """What a client missed; of running texts that it has partly `heard`, the rest."""
    if not state.recovered:
        connection.send(_attached(None, state, live))
        return
    for entry in state.entries:
        connection.send(entry.model_dump_json().encode())
    for turn in live:
        known = heard.get(turn.turn_id)
        start = known.length if known is not None and known.attempt == turn.attempt else 0
        if len(turn.text) > start:
            connection.send(encode_delta(turn.turn_id, turn.attempt, start, turn.text[start:]))


def _attached(request_id: str | None, state: AttachState, live: Live) -> bytes:
    frame = Attached.model_construct(  # every part is valid already
        id=request_id,
        session_id=state.session.id,
        epoch=state.epoch,
        head_seq=state.head_seq,
        recovered=state.recovered,
        session=state.session,
        entries=state.entries,
        messages=state.messages,
        pinned=state.pinned,
        branches=state.branches,
        running=tuple(turn.turn for turn in state.running),
        live=live,
    )
    return frame.model_dump_json().encode()
