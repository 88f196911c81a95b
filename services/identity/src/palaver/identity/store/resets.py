"""Links that set a new password, by digest. One that was used is gone."""

from datetime import datetime

from sqlalchemy import delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from palaver.contracts.ids import UserId
from palaver.identity.store.tables import password_resets


async def add(conn: AsyncConnection, digest: bytes, user_id: UserId, expires_at: datetime) -> None:
    """A link that is about to be mailed."""
    await conn.execute(insert(password_resets).values(digest=digest, user_id=user_id, expires_at=expires_at))


async def usable(conn: AsyncConnection, user_id: UserId, now: datetime) -> int:
    """How many links of a person could still be used."""
    mine = (password_resets.c.user_id == user_id) & (password_resets.c.expires_at > now)
    return (await conn.execute(select(func.count()).select_from(password_resets).where(mine))).scalar_one()


async def is_usable(conn: AsyncConnection, digest: bytes, now: datetime) -> bool:
    """Whether this link could be used."""
    known = (password_resets.c.digest == digest) & (password_resets.c.expires_at > now)
    return (await conn.execute(select(password_resets.c.user_id).where(known))).first() is not None


async def use(conn: AsyncConnection, digest: bytes, now: datetime) -> UserId | None:
    """Whose link it was; None if it is unknown, used or expired. Of two that use it at once, one is second."""
    known = (password_resets.c.digest == digest) & (password_resets.c.expires_at > now)
    statement = delete(password_resets).where(known).returning(password_resets.c.user_id)
    return (await conn.execute(statement)).scalar_one_or_none()


async def withdraw(conn: AsyncConnection, user_id: UserId) -> None:
    """No link of that person works any more."""
    await conn.execute(delete(password_resets).where(password_resets.c.user_id == user_id))


async def withdraw_one(conn: AsyncConnection, digest: bytes) -> None:
    """This link was not mailed."""
    await conn.execute(delete(password_resets).where(password_resets.c.digest == digest))


async def forget(conn: AsyncConnection, before: datetime) -> int:
    """Delete those that expired by then; returns how many."""
    return (await conn.execute(delete(password_resets).where(password_resets.c.expires_at < before))).rowcount
