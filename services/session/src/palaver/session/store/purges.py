"""Removing rooms for good."""

from sqlalchemy import delete, exists, select
from sqlalchemy.ext.asyncio import AsyncConnection

from palaver.session.store.tables import OPEN, PURGED, checkpoints, session_log, sessions, turns


async def purge(conn: AsyncConnection, limit: int) -> int:
    """Delete marked rooms of which nothing is under way; returns how many."""
    unsaid = exists().where(session_log.c.session_id == sessions.c.id, session_log.c.published_at.is_(None))
    running = exists().where(turns.c.session_id == sessions.c.id, OPEN)
    # The room first, as everybody locks; who works on one just now is not waited for.
    ready = select(sessions.c.id).where(PURGED, ~unsaid, ~running).limit(limit).with_for_update(skip_locked=True)
    gone = (await conn.execute(ready)).scalars().all()
    if gone:
        theirs = select(turns.c.id).where(turns.c.session_id.in_(gone))
        await conn.execute(delete(checkpoints).where(checkpoints.c.turn_id.in_(theirs)))
        await conn.execute(delete(sessions).where(sessions.c.id.in_(gone)))
    return len(gone)
