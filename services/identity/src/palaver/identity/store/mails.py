"""Mails that wait to be sent. They hold no secret: a link is made when its mail is."""

from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from palaver.contracts.ids import new_id
from palaver.contracts.passwords import Language
from palaver.identity.domain import WaitingMail
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


async def take(conn: AsyncConnection, now: datetime, until: datetime) -> WaitingMail | None:
    """The next one that is due, for one replica alone `until` then."""
    due = select(mails.c.id).where(mails.c.due_at <= now).order_by(mails.c.due_at).limit(1)
    statement = (
        update(mails)
        .where(mails.c.id == due.with_for_update(skip_locked=True).scalar_subquery())
        .values(due_at=until, attempts=mails.c.attempts + 1)
        .returning(mails)
    )
    row = (await conn.execute(statement)).first()
    return (
        None
        if row is None
        else WaitingMail(row.id, row.email, row.language, row.asked_from, row.attempts, row.created_at)
    )


async def put_back(conn: AsyncConnection, mail_id: str, due_at: datetime) -> None:
    """It was not sent; try again then."""
    await conn.execute(update(mails).where(mails.c.id == mail_id).values(due_at=due_at))


async def remove(conn: AsyncConnection, mail_id: str) -> None:
    """Sent, or not to be sent."""
    await conn.execute(delete(mails).where(mails.c.id == mail_id))
