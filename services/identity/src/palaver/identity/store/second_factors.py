"""Second factors of people. Authenticators' secrets are encrypted, recovery codes and challenges are digests."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from palaver.contracts.ids import UserId
from palaver.identity.domain import Challenge, SecondFactor
from palaver.identity.store.tables import recovery_codes, second_factors, sign_in_challenges


async def is_on(conn: AsyncConnection, user_id: UserId) -> bool:
    """Whether the person's password needs a second proof."""
    confirmed = (second_factors.c.user_id == user_id) & second_factors.c.confirmed_at.is_not(None)
    return (await conn.execute(select(second_factors.c.user_id).where(confirmed))).first() is not None


async def lock(conn: AsyncConnection, user_id: UserId) -> SecondFactor | None:
    """For this transaction alone: of two that present a code at once, one is second."""
    statement = select(second_factors).where(second_factors.c.user_id == user_id).with_for_update()
    row = (await conn.execute(statement)).first()
    if row is None:
        return None
    return SecondFactor(row.secret, row.confirmed_at, row.last_step, row.wrong, row.locked_until)


async def begin(conn: AsyncConnection, user_id: UserId, secret: bytes) -> bool:
    """In the place of one that was never confirmed; False if there is a confirmed one."""
    fresh = {"secret": secret, "wrong": 0, "last_step": None, "locked_until": None}
    statement = upsert(second_factors).values(user_id=user_id, **fresh)
    unconfirmed = second_factors.c.confirmed_at.is_(None)
    statement = statement.on_conflict_do_update(index_elements=["user_id"], set_=fresh, where=unconfirmed)
    return (await conn.execute(statement)).rowcount == 1


async def confirm(conn: AsyncConnection, user_id: UserId, now: datetime, codes: Sequence[bytes]) -> None:
    """It is on from now, with these recovery codes."""
    await conn.execute(update(second_factors).where(second_factors.c.user_id == user_id).values(confirmed_at=now))
    await renew_codes(conn, user_id, codes)


async def renew_codes(conn: AsyncConnection, user_id: UserId, codes: Sequence[bytes]) -> None:
    """These recovery codes in the place of those before."""
    await conn.execute(delete(recovery_codes).where(recovery_codes.c.user_id == user_id))
    await conn.execute(insert(recovery_codes), [{"digest": code, "user_id": user_id} for code in codes])


async def right(conn: AsyncConnection, user_id: UserId, step: int | None) -> None:
    """A code was right; that of an authenticator, of this time step, and all before it are spent."""
    changed = {"wrong": 0} if step is None else {"wrong": 0, "last_step": step}
    await conn.execute(update(second_factors).where(second_factors.c.user_id == user_id).values(changed))


async def wrong(conn: AsyncConnection, user_id: UserId, times: int, locked_until: datetime | None) -> None:
    """A code was wrong, the last ones too; with `locked_until` no code is right before then."""
    changed = {"wrong": times, "locked_until": locked_until}
    await conn.execute(update(second_factors).where(second_factors.c.user_id == user_id).values(changed))


async def spend(conn: AsyncConnection, user_id: UserId, digest: bytes) -> bool:
    """A recovery code, once."""
    mine = (recovery_codes.c.user_id == user_id) & (recovery_codes.c.digest == digest)
    return (await conn.execute(delete(recovery_codes).where(mine))).rowcount == 1


async def codes_left(conn: AsyncConnection, user_id: UserId) -> int:
    """Recovery codes that were not used."""
    statement = select(func.count()).select_from(recovery_codes).where(recovery_codes.c.user_id == user_id)
    return (await conn.execute(statement)).scalar_one()


async def remove(conn: AsyncConnection, user_id: UserId) -> None:
    """The person has none any more."""
    for table in (second_factors, recovery_codes, sign_in_challenges):
        await conn.execute(delete(table).where(table.c.user_id == user_id))


# ---- sign-ins that wait for a code ---------------------------------------------------------------------------------
async def challenge(conn: AsyncConnection, digest: bytes, user_id: UserId, expires_at: datetime) -> None:
    """Somebody gave the right password."""
    values = {"digest": digest, "user_id": user_id, "wrong": 0, "expires_at": expires_at}
    await conn.execute(insert(sign_in_challenges).values(values))


async def lock_challenge(conn: AsyncConnection, digest: bytes, now: datetime) -> Challenge | None:
    """For this transaction alone."""
    known = (sign_in_challenges.c.digest == digest) & (sign_in_challenges.c.expires_at > now)
    row = (await conn.execute(select(sign_in_challenges).where(known).with_for_update())).first()
    return None if row is None else Challenge(UserId(row.user_id), row.wrong)


async def note_wrong(conn: AsyncConnection, digest: bytes) -> None:
    """One more wrong code."""
    mine = sign_in_challenges.c.digest == digest
    await conn.execute(update(sign_in_challenges).where(mine).values(wrong=sign_in_challenges.c.wrong + 1))


async def end_challenge(conn: AsyncConnection, digest: bytes) -> None:
    """Used, or used up."""
    await conn.execute(delete(sign_in_challenges).where(sign_in_challenges.c.digest == digest))


async def end_challenges(conn: AsyncConnection, user_id: UserId) -> None:
    """The password that they followed from is no longer the person's."""
    await conn.execute(delete(sign_in_challenges).where(sign_in_challenges.c.user_id == user_id))


async def forget(conn: AsyncConnection, before: datetime) -> int:
    """Delete challenges that expired by then; returns how many."""
    return (await conn.execute(delete(sign_in_challenges).where(sign_in_challenges.c.expires_at < before))).rowcount
