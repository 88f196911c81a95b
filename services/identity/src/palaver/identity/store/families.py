"""Sign-ins and their refresh tokens. Tokens are known by digest only."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from palaver.contracts.administration import SignInRecord
from palaver.contracts.ids import SignInId, UserId
from palaver.contracts.sign_ins import SignInView
from palaver.identity.domain import Family, FamilyEnd, Origin, PresentedToken
from palaver.identity.store.tables import refresh_families, refresh_tokens, users
from palaver.identity.store.users import user_of


async def add(conn: AsyncConnection, family: Family, origin: Origin, now: datetime) -> None:
    """A new sign-in, without tokens."""
    await conn.execute(
        insert(refresh_families).values(
            id=family.id,
            user_id=family.user_id,
            created_at=now,
            ends_at=family.ends_at,
            used_at=now,
            address=origin.address,
            device=origin.device,
        )
    )


async def add_token(conn: AsyncConnection, family_id: str, digest: bytes, expires_at: datetime) -> None:
    """The token to be presented next."""
    await conn.execute(insert(refresh_tokens).values(digest=digest, family_id=family_id, expires_at=expires_at))


async def lock_presented(conn: AsyncConnection, digest: bytes) -> PresentedToken | None:
    """What is known of a token. It and its sign-in are locked: of two that present it at once, one is second."""
    statement = (
        select(
            users,
            refresh_families.c.id.label("family_id"),
            refresh_families.c.ends_at,
            refresh_families.c.ended,
            refresh_tokens.c.expires_at,
            refresh_tokens.c.used_at,
        )
        .join_from(refresh_tokens, refresh_families)
        .join(users, users.c.id == refresh_families.c.user_id)
        .where(refresh_tokens.c.digest == digest)
        .with_for_update(of=(refresh_tokens, refresh_families))
    )
    row = (await conn.execute(statement)).first()
    if row is None:
        return None
    user = user_of(row)
    family = Family(SignInId(row.family_id), user.id, row.ends_at, row.ended)
    return PresentedToken(family, user, row.expires_at, used=row.used_at is not None)


async def use(conn: AsyncConnection, digest: bytes, family_id: str, origin: Origin, now: datetime) -> None:
    """The token is spent, the sign-in was seen."""
    await conn.execute(update(refresh_tokens).where(refresh_tokens.c.digest == digest).values(used_at=now))
    seen = {"used_at": now, "address": origin.address, "device": origin.device}
    known = {name: value for name, value in seen.items() if value is not None}
    await conn.execute(update(refresh_families).where(refresh_families.c.id == family_id).values(known))


async def end(
    conn: AsyncConnection,
    user_id: UserId,
    how: FamilyEnd,
    now: datetime,
    *,
    only: SignInId | None = None,
    but: SignInId | None = None,
) -> Sequence[SignInId]:
    """End a person's sign-ins: all, one, or all but one. How one ended first stays; those that end now are returned."""
    chosen = (refresh_families.c.user_id == user_id) & refresh_families.c.ended_at.is_(None)
    if only is not None:
        chosen &= refresh_families.c.id == only
    if but is not None:
        chosen &= refresh_families.c.id != but
    statement = update(refresh_families).where(chosen).values(ended_at=now, ended=how).returning(refresh_families.c.id)
    return [SignInId(sid) for sid in (await conn.execute(statement)).scalars()]


async def of_token(conn: AsyncConnection, digest: bytes) -> tuple[UserId, SignInId] | None:
    """Whose sign-in, and which, a token belongs to, used or not."""
    statement = (
        select(refresh_families.c.user_id, refresh_families.c.id)
        .join_from(refresh_tokens, refresh_families)
        .where(refresh_tokens.c.digest == digest)
    )
    row = (await conn.execute(statement)).first()
    return None if row is None else (UserId(row.user_id), SignInId(row.id))


def _renewable(now: datetime) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    unused = select(refresh_tokens.c.family_id).where(
        refresh_tokens.c.family_id == refresh_families.c.id,
        refresh_tokens.c.used_at.is_(None),
        refresh_tokens.c.expires_at > now,
    )
    return refresh_families.c.ended_at.is_(None), unused.exists()


async def page(
    conn: AsyncConnection, user_id: UserId | None, now: datetime, *, limit: int, offset: int
) -> tuple[tuple[SignInRecord, ...], int]:
    """Sign-ins that can still be renewed, of everybody or of one person, and how many there are in all."""
    wanted = [*_renewable(now)]
    if user_id is not None:
        wanted.append(refresh_families.c.user_id == user_id)
    statement = (
        select(refresh_families, users.c.nickname)
        .join_from(refresh_families, users)
        .where(*wanted)
        .order_by(refresh_families.c.used_at.desc(), refresh_families.c.id.desc())
    )
    rows = await conn.execute(statement.limit(limit).offset(offset))
    total = (await conn.execute(select(func.count()).select_from(refresh_families).where(*wanted))).scalar_one()
    found = (
        SignInRecord(
            id=SignInId(row.id),
            user_id=UserId(row.user_id),
            nickname=row.nickname,
            device=row.device,
            address=row.address,
            created_at=row.created_at,
            used_at=row.used_at,
            current=False,
        )
        for row in rows
    )
    return tuple(found), total


async def whose(conn: AsyncConnection, sid: SignInId) -> UserId | None:
    """Whose sign-in it is."""
    found = await conn.execute(select(refresh_families.c.user_id).where(refresh_families.c.id == sid))
    return found.scalar_one_or_none()


async def going_on(
    conn: AsyncConnection, user_id: UserId, now: datetime, *, current: SignInId
) -> tuple[SignInView, ...]:
    """A person's sign-ins that can still be renewed, the last used first."""
    statement = (
        select(refresh_families)
        .where(refresh_families.c.user_id == user_id, *_renewable(now))
        .order_by(refresh_families.c.used_at.desc(), refresh_families.c.id.desc())
    )
    return tuple(
        SignInView(
            id=SignInId(row.id),
            device=row.device,
            address=row.address,
            created_at=row.created_at,
            used_at=row.used_at,
            current=row.id == current,
        )
        for row in await conn.execute(statement)
    )


async def opened_at(conn: AsyncConnection, user_id: UserId, sid: SignInId) -> datetime | None:
    """When that sign-in of that person began; None if it is over or not theirs."""
    mine = (refresh_families.c.id == sid) & (refresh_families.c.user_id == user_id)
    statement = select(refresh_families.c.created_at).where(mine, refresh_families.c.ended_at.is_(None))
    return (await conn.execute(statement)).scalar_one_or_none()


async def is_open(conn: AsyncConnection, user_id: UserId, sid: SignInId) -> bool:
    """Whether that sign-in of that person goes on."""
    statement = select(refresh_families.c.ended_at).where(
        refresh_families.c.id == sid, refresh_families.c.user_id == user_id
    )
    row = (await conn.execute(statement)).first()
    return row is not None and row.ended_at is None


async def forget(conn: AsyncConnection, before: datetime) -> int:
    """Delete sign-ins and tokens that were over by then; returns how many rows."""
    tokens = await conn.execute(delete(refresh_tokens).where(refresh_tokens.c.expires_at < before))
    over = (refresh_families.c.ends_at < before) | (refresh_families.c.ended_at < before)
    return tokens.rowcount + (await conn.execute(delete(refresh_families).where(over))).rowcount
