"""Everything that is only read: rooms, messages, heads, the log, and what a client needs to follow a room."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from palaver.contracts import limits
from palaver.contracts.actors import Actor
from palaver.contracts.client_protocol import MessageItem
from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.ids import SessionId
from palaver.contracts.session import (
    AttachState,
    Heads,
    ListMessages,
    ListPinned,
    ListSessions,
    LogPage,
    MessagePage,
    OfMessage,
    OfSession,
    PinnedPage,
    ReadAttach,
    ReadHeads,
    ReadLog,
    RunningTurn,
    SessionPage,
)
from palaver.contracts.session_log import Branch, SessionEvent, SessionView
from palaver.servicekit.database import Database
from palaver.session.domain import Session, Turn, segments
from palaver.session.log import entries_of
from palaver.session.room import authorise, not_found
from palaver.session.store import claims, log, messages, pins, sessions, turns
from palaver.session.store.messages import CountedRound

MAX_TEXT_BYTES = 1024**2
"""Text in one answer, unless a single entry or round has more: far below what the broker takes (8 MiB), also after
JSON has escaped it, and a few milliseconds to encode."""


class Reading:
    """Answers readers."""

    def __init__(self, database: Database, *, deleted_room_days: int) -> None:
        self._database = database
        self._kept = timedelta(days=deleted_room_days)

    # ---- rooms -----------------------------------------------------------------------------------------------------
    async def session(self, request: OfSession) -> SessionView:
        """A room as it is."""
        async with self._snapshot() as conn:
            session = await _authorised(conn, request.session_id, request.actor)
            return await _view(conn, session)

    async def list_sessions(self, request: ListSessions) -> SessionPage:
        """A page of the actor's rooms, newest change first; or of those that can be restored."""
        if request.deleted:
            return await self._list_deleted(request)
        async with self._snapshot() as conn:
            page, total = await sessions.page(
                conn,
                request.actor.user_id,
                archived=request.archived,
                mode=request.mode,
                title=request.q,
                limit=request.limit,
                offset=(request.page - 1) * request.limit,
            )
            seats = await sessions.seats(conn, [session.id for session in page])
            return SessionPage(sessions=tuple(session.view(seats[session.id]) for session in page), total=total)

    async def _list_deleted(self, request: ListSessions) -> SessionPage:
        async with self._snapshot() as conn:
            page, total = await sessions.page_of_deleted(
                conn,
                request.actor.user_id,
                since=datetime.now(UTC) - self._kept,
                limit=request.limit,
                offset=(request.page - 1) * request.limit,
            )
            seats = await sessions.seats(conn, [session.id for session in page])
        views = (session.view(seats[session.id]) for session in page)
        dated = (
            view.model_copy(update={"purge_at": view.deleted_at and view.deleted_at + self._kept}) for view in views
        )
        return SessionPage(sessions=tuple(dated), total=total)

    # ---- messages --------------------------------------------------------------------------------------------------
    async def list_messages(self, request: ListMessages) -> MessagePage:
        """Whole rounds of the visible path; at most `limit` messages and 1 MiB, unless one round alone has more."""
        async with self._snapshot() as conn:
            session = await _authorised(conn, request.session_id, request.actor)
            branches = await sessions.branches_of(conn, session.id)
            return await _page(conn, session, branches, before=request.before_round, limit=request.limit)

    async def message(self, request: OfMessage) -> MessagePage:
        """One message. Raises Failure(NOT_FOUND), also for a message of somebody else's room."""
        async with self._snapshot() as conn:
            item = await messages.one(conn, request.message_id)
            session_id = await messages.session_of(conn, request.message_id)
            session = None if session_id is None else await sessions.read(conn, session_id)
            if item is None or session is None or session.deleted_at or session.owner_id != request.actor.user_id:
                raise Failure(ErrorCode.NOT_FOUND, "There is no such message.")
            return MessagePage(items=(item,), next_before_round=None)

    async def list_pinned(self, request: ListPinned) -> PinnedPage:
        """Pinned messages, the last pinned first; at most `limit` and 1 MiB, unless one alone has more."""
        async with self._snapshot() as conn:
            session = await _authorised(conn, request.session_id, request.actor)
            pinned = await pins.page(conn, session.id, request.before, request.limit + 1)
            said = await messages.some(conn, [message_id for _, message_id in pinned])
        items: list[MessageItem] = []
        size, last = 0, None
        for seq, message_id in pinned:
            item, length = said[message_id]
            size += length
            if items and (len(items) == request.limit or size > MAX_TEXT_BYTES):
                return PinnedPage(items=tuple(items), next_before=last)
            items.append(item)
            last = seq
        return PinnedPage(items=tuple(items), next_before=None)

    # ---- following -------------------------------------------------------------------------------------------------
    async def attach(self, request: ReadAttach) -> AttachState:
        """The room at one moment: what was missed, or the newest page; and the turns that run."""
        async with self._snapshot() as conn:
            session = await _authorised(conn, request.session_id, request.actor)
            missed = await _missed(conn, session, request.after, request.epoch)
            # Who goes on from the log knows the branches from its entries.
            branches = await sessions.branches_of(conn, session.id) if missed is None else {}
            page = await _page(conn, session, branches) if missed is None else None
            return AttachState(
                session=await _view(conn, session),
                epoch=session.epoch,
                head_seq=session.head_seq,
                recovered=missed is not None,
                entries=missed or (),
                messages=() if page is None else page.items,
                pinned=await pins.of_session(conn, session.id),
                branches=tuple(branches.values()),
                running=await _running(conn, session.id),
            )

    async def heads(self, request: ReadHeads) -> Heads:
        """The newest `seq` of many sessions."""
        async with self._database.read() as conn:
            return Heads(heads=await sessions.heads(conn, request.sessions))

    async def log(self, request: ReadLog) -> LogPage:
        """A page of one session's log, deleted sessions included. Raises Failure(SESSION_NOT_FOUND)."""
        async with self._snapshot() as conn:
            session = await sessions.read(conn, request.session_id)
            if session is None:
                raise not_found()
            stored = await log.after(conn, session.id, request.after, request.limit)
            entries = await entries_of(conn, log.within(stored, MAX_TEXT_BYTES))
            return LogPage(epoch=session.epoch, head_seq=session.head_seq, entries=entries)

    @asynccontextmanager
    async def _snapshot(self) -> AsyncGenerator[AsyncConnection]:
        """All reads of the block see one moment: a head that does not fit what it heads would tear a client's state."""
        async with self._database.transaction() as conn:
            await conn.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))
            yield conn


async def _authorised(conn: AsyncConnection, session_id: SessionId, actor: Actor) -> Session:
    return authorise(await sessions.read(conn, session_id), actor)


async def _view(conn: AsyncConnection, session: Session) -> SessionView:
    return session.view((await sessions.seats(conn, [session.id]))[session.id])


async def _missed(
    conn: AsyncConnection, session: Session, after: int | None, epoch: str | None
) -> tuple[SessionEvent, ...] | None:
    """The entries behind `after`; None if there is too much, or it is not a place in this log."""
    if after is None or epoch not in (None, session.epoch):
        return None
    if not session.head_seq - limits.MAX_LOG_PAGE <= after <= session.head_seq:
        return None
    if after == session.head_seq:  # most who come back have missed nothing
        return ()
    stored = await log.after(conn, session.id, after, limits.MAX_LOG_PAGE)
    return await entries_of(conn, stored) if len(log.within(stored, MAX_TEXT_BYTES)) == len(stored) else None


async def _page(
    conn: AsyncConnection,
    session: Session,
    branches: Mapping[str, Branch],
    *,
    before: int | None = None,
    limit: int = limits.DEFAULT_PAGE,
) -> MessagePage:
    path = segments(session.path, branches)
    counted = await messages.newest_rounds(conn, session.id, path, before, limit)
    shown = fitting(counted, limit)
    if not shown:
        return MessagePage(items=(), next_before_round=None)
    first = shown[-1]
    items: Sequence[MessageItem] = await messages.of_rounds(conn, session.id, path, first, before)
    return MessagePage(items=tuple(items), next_before_round=first if len(shown) < len(counted) else None)


def fitting(counted: Sequence[CountedRound], limit: int) -> list[int]:
    """The newest rounds that fit into a page of `limit` items and `MAX_TEXT_BYTES`; at least one."""
    shown: list[int] = []
    items = size = 0
    for newest in counted:
        items += newest.items
        size += newest.size
        if shown and (items > limit or len(shown) == limit or size > MAX_TEXT_BYTES):
            break
        shown.append(newest.number)
    return shown


async def _running(conn: AsyncConnection, session_id: SessionId) -> tuple[RunningTurn, ...]:
    open_turns: list[Turn] = await turns.open_of_session(conn, session_id)
    texts = await claims.texts(conn, [(turn.ref.turn_id, turn.attempt) for turn in open_turns])
    return tuple(
        RunningTurn(
            session_id=session_id,
            turn=turn.ref,
            attempt=turn.attempt,
            rank=turn.rank,
            worker=turn.worker,
            checkpoint=texts.get(turn.ref.turn_id, ""),
        )
        for turn in open_turns
    )
