"""Which sign-ins unlocked whose keys. No wrapping key is ever in here."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, exists, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from palaver.contracts.ids import SignInId, UserId
from palaver.keyvault.tables import keys, unlocks


async def put(conn: AsyncConnection, user_id: UserId, sid: SignInId, unlock_id: str, until: datetime) -> Sequence[str]:
    """This sign-in unlocked its person's keys; what it replaces is returned."""
    replaced = await remove(conn, user_id, sid)
    await conn.execute(insert(unlocks).values(user_id=user_id, sid=sid, id=unlock_id, until=until))
    return replaced


async def remove(conn: AsyncConnection, user_id: UserId, sid: SignInId | None = None) -> Sequence[str]:
    """A person's keys are locked, or one sign-in unlocks them no more; what was removed."""
    which = unlocks.c.user_id == user_id
    if sid is not None:
        which &= unlocks.c.sid == sid
    return (await conn.execute(delete(unlocks).where(which).returning(unlocks.c.id))).scalars().all()


async def remove_needless(conn: AsyncConnection, user_id: UserId) -> None:
    """Whoever has no protected key left has nothing unlocked: the next one may be under another passphrase."""
    protected = exists().where(keys.c.user_id == user_id, keys.c.derivation.is_not(None))
    await conn.execute(delete(unlocks).where(unlocks.c.user_id == user_id, ~protected))


async def remove_expired(conn: AsyncConnection, now: datetime) -> Sequence[UserId]:
    """Time is over; whose it was."""
    gone = delete(unlocks).where(unlocks.c.until <= now).returning(unlocks.c.user_id)
    return [UserId(user_id) for user_id in (await conn.execute(gone)).scalars()]


async def ids(conn: AsyncConnection) -> set[str]:
    """All that there are."""
    return set((await conn.execute(select(unlocks.c.id))).scalars())
