"""Removing rooms for good."""

from datetime import timedelta

from sqlalchemy import delete, exists, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from palaver.contracts.ids import SessionId, UserId
from palaver.session.store.tables import OPEN, PURGED, checkpoints, session_log, sessions, turns


async def mark_overdue(conn: AsyncConnection, kept: timedelta, limit: int) -> int:
    """Rooms that were deleted longer ago than `kept` are to be removed for good; returns how many were marked."""
    # `now()` and not the clock, which changes while a statement runs: no index could be searched by it.
    overdue = select(sessions.c.id).where(sessions.c.deleted_at <= func.now() - kept, ~PURGED)
    locked = overdue.order_by(sessions.c.deleted_at).limit(limit).with_for_update(skip_locked=True)
    return (await conn.execute(update(sessions).where(sessions.c.id.in_(locked)).values(purge=True))).rowcount


async def purge(conn: AsyncConnection, limit: int) -> dict[SessionId, UserId]:
    """Delete marked rooms of which nothing is under way; returns them and whose they were."""
    unsaid = exists().where(session_log.c.session_id == sessions.c.id, session_log.c.published_at.is_(None))
    running = exists().where(turns.c.session_id == sessions.c.id, OPEN)
    # The room first, as everybody locks; who works on one just now is not waited for.
    ready = (
        select(sessions.c.id, sessions.c.owner_id)
        .where(PURGED, ~unsaid, ~running)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    gone = {SessionId(row.id): UserId(row.owner_id) for row in await conn.execute(ready)}
    if gone:
        theirs = select(turns.c.id).where(turns.c.session_id.in_(gone))
        await conn.execute(delete(checkpoints).where(checkpoints.c.turn_id.in_(theirs)))
        await conn.execute(delete(sessions).where(sessions.c.id.in_(gone)))
    return gone
