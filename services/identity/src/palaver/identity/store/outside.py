"""Accounts elsewhere that people sign in with."""

from datetime import datetime

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from palaver.contracts.ids import UserId
from palaver.identity.domain import User
from palaver.identity.store.tables import outside_accounts, users
from palaver.identity.store.users import user_of


async def read(conn: AsyncConnection, provider: str, subject: str) -> User | None:
    """Whose it is."""
    theirs = (outside_accounts.c.provider == provider) & (outside_accounts.c.subject == subject)
    row = (await conn.execute(select(users).join_from(users, outside_accounts).where(theirs))).first()
    return None if row is None else user_of(row)


async def add(conn: AsyncConnection, provider: str, subject: str, user_id: UserId, now: datetime) -> None:
    """From now on it signs this person in."""
    values = {"provider": provider, "subject": subject, "user_id": user_id, "created_at": now}
    await conn.execute(insert(outside_accounts).values(values))
