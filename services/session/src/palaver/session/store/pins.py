"""Which messages and replies are pinned in a room, in the order of their pinning."""

from collections.abc import Sequence

from sqlalchemy import delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from palaver.contracts.ids import MessageId, SessionId
from palaver.session.store.tables import pins


async def count(conn: AsyncConnection, session_id: SessionId) -> int:
    """How many there are."""
    return (await conn.execute(select(func.count()).where(pins.c.session_id == session_id))).scalar_one()


async def is_pinned(conn: AsyncConnection, message_id: MessageId) -> bool:
    """Whether this one is."""
    return (await conn.execute(select(pins.c.seq).where(pins.c.message_id == message_id))).one_or_none() is not None


async def add(conn: AsyncConnection, session_id: SessionId, message_id: MessageId, seq: int) -> None:
    """Pin one that is not; `seq` is the log entry that says so."""
    await conn.execute(insert(pins).values(message_id=message_id, session_id=session_id, seq=seq))


async def remove(conn: AsyncConnection, message_id: MessageId) -> bool:
    """Take the pin away; False if there is none."""
    removed = await conn.execute(delete(pins).where(pins.c.message_id == message_id).returning(pins.c.seq))
    return removed.one_or_none() is not None


async def of_session(conn: AsyncConnection, session_id: SessionId) -> tuple[MessageId, ...]:
    """All of a room, the first pinned first."""
    statement = select(pins.c.message_id).where(pins.c.session_id == session_id).order_by(pins.c.seq)
    return tuple(MessageId(pinned) for pinned in (await conn.execute(statement)).scalars())


async def page(
    conn: AsyncConnection, session_id: SessionId, before: int | None, limit: int
) -> Sequence[tuple[int, MessageId]]:
    """At most `limit` of a room with their `seq`, the last pinned first, older ones than `before` if given."""
    statement = select(pins.c.seq, pins.c.message_id).where(pins.c.session_id == session_id)
    if before is not None:
        statement = statement.where(pins.c.seq < before)
    rows = await conn.execute(statement.order_by(pins.c.seq.desc()).limit(limit))
    return [(row.seq, MessageId(row.message_id)) for row in rows]
