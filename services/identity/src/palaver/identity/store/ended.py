"""Sign-ins that are over and of which not everybody has been told. A row goes when that is done.

No foreign key: a person who was deleted leaves sign-ins that must still be told.
"""

from collections.abc import Sequence

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from palaver.contracts.ids import SignInId, UserId
from palaver.contracts.sign_ins import SignInEnded
from palaver.identity.store.tables import ended_sign_ins


async def add(conn: AsyncConnection, ended: Sequence[SignInEnded]) -> None:
    """In the transaction that ends them."""
    if ended:
        await conn.execute(insert(ended_sign_ins), [dict(one) for one in ended])


async def untold(conn: AsyncConnection, limit: int) -> Sequence[SignInEnded]:
    """The oldest ones."""
    rows = await conn.execute(select(ended_sign_ins).order_by(ended_sign_ins.c.until).limit(limit))
    return [SignInEnded(user_id=UserId(row.user_id), sid=SignInId(row.sid), until=row.until) for row in rows]


async def forget(conn: AsyncConnection, told: Sequence[SignInEnded]) -> None:
    """Everybody knows."""
    await conn.execute(delete(ended_sign_ins).where(ended_sign_ins.c.sid.in_([one.sid for one in told])))
