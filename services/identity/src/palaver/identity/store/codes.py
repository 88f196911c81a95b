"""One-time sign-in codes, by digest. Used ones are kept: the same setting at the next start must not revive them."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from palaver.contracts.ids import UserId
from palaver.identity.store.tables import sign_in_codes


async def offer(
    conn: AsyncConnection, digests: Sequence[bytes], user_id: UserId, now: datetime, expires_at: datetime
) -> bool:
    """New codes, which replace all earlier ones of that person; False if there is none that was not offered before."""
    if not digests:
        return False
    rows = [{"digest": digest, "user_id": user_id, "created_at": now, "expires_at": expires_at} for digest in digests]
    added = (await conn.execute(insert(sign_in_codes).values(rows).on_conflict_do_nothing())).rowcount > 0
    if added:
        earlier = (sign_in_codes.c.user_id == user_id) & sign_in_codes.c.digest.not_in(digests)
        still_good = sign_in_codes.c.expires_at > now
        await conn.execute(update(sign_in_codes).where(earlier, still_good).values(expires_at=now))
    return added


async def redeem(conn: AsyncConnection, digest: bytes, now: datetime) -> UserId | None:
    """Spend a code; None if it is unknown, spent or expired."""
    usable = (sign_in_codes.c.digest == digest) & sign_in_codes.c.used_at.is_(None) & (sign_in_codes.c.expires_at > now)
    statement = update(sign_in_codes).where(usable).values(used_at=now).returning(sign_in_codes.c.user_id)
    return (await conn.execute(statement)).scalar_one_or_none()
