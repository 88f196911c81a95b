"""What people think of answers: one opinion for each version."""

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from palaver.contracts.ids import MessageId, SessionId
from palaver.contracts.session_log import Feedback
from palaver.session.store.tables import feedback


async def of_version(conn: AsyncConnection, reply_id: MessageId, version: int) -> Feedback | None:
    """What was said of this version."""
    statement = select(feedback).where(feedback.c.reply_id == reply_id, feedback.c.version == version)
    row = (await conn.execute(statement)).one_or_none()
    return None if row is None else Feedback(rating=row.rating, comment=row.comment)


async def keep(
    conn: AsyncConnection, session_id: SessionId, of: tuple[MessageId, int], given: Feedback, at: datetime
) -> None:
    """Replaces what was said before of this version of an answer."""
    reply_id, version = of
    said = {"session_id": session_id, "rating": given.rating, "comment": given.comment, "at": at}
    statement = insert(feedback).values(reply_id=reply_id, version=version, **said)
    await conn.execute(statement.on_conflict_do_update(index_elements=feedback.primary_key, set_=said))


async def remove(conn: AsyncConnection, reply_id: MessageId, version: int | None = None) -> None:
    """Of one version, or of all of them."""
    mine = feedback.c.reply_id == reply_id
    if version is not None:
        mine &= feedback.c.version == version
    await conn.execute(delete(feedback).where(mine))
