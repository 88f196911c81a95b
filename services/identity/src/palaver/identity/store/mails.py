"""Links that people asked for and that wait to be mailed. They hold no secret: a link is made when its mail is."""

from datetime import datetime

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from palaver.contracts.ids import new_id
from palaver.contracts.passwords import Language
from palaver.identity.store.tables import mails


async def add(conn: AsyncConnection, email: str, language: Language, now: datetime, *, asked_from: str | None) -> None:
    """One at most waits for each e-mail address."""
    values = {
        "id": new_id(),
        "email": email,
        "language": language,
        "asked_from": asked_from,
        "attempts": 0,
        "created_at": now,
        "due_at": now,
    }
    await conn.execute(insert(mails).values(values).on_conflict_do_nothing(index_elements=["email"]))
