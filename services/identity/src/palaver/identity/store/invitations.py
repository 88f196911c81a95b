"""Invitations and the digests of their codes. One that is shown and mailed has a code for each."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from palaver.contracts.actors import Role
from palaver.contracts.ids import InvitationId, UserId
from palaver.contracts.invitations import InvitationState
from palaver.identity.domain import Invitation
from palaver.identity.store.tables import invitation_codes, invitations


async def add(conn: AsyncConnection, invitation: Invitation) -> None:
    """A new one, without codes."""
    await conn.execute(
        insert(invitations).values(
            id=invitation.id,
            email=invitation.email,
            role=invitation.role.value,
            uses=invitation.uses,
            used=invitation.used,
            created_by=invitation.created_by,
            created_at=invitation.created_at,
            expires_at=invitation.expires_at,
        )
    )


async def add_code(conn: AsyncConnection, digest: bytes, invitation_id: InvitationId) -> None:
    """A code that leads to it."""
    await conn.execute(insert(invitation_codes).values(digest=digest, invitation_id=invitation_id))


async def withdraw_code(conn: AsyncConnection, digest: bytes) -> None:
    """A code that nobody was told."""
    await conn.execute(delete(invitation_codes).where(invitation_codes.c.digest == digest))


async def read(conn: AsyncConnection, invitation_id: InvitationId) -> Invitation | None:
    """Whatever its state."""
    return _first((await conn.execute(select(invitations).where(invitations.c.id == invitation_id))).first())


async def lock(conn: AsyncConnection, invitation_id: InvitationId) -> Invitation | None:
    """For this transaction alone."""
    statement = select(invitations).where(invitations.c.id == invitation_id).with_for_update()
    return _first((await conn.execute(statement)).first())


async def by_code(conn: AsyncConnection, digest: bytes) -> Invitation | None:
    """To which a code leads."""
    return _first((await conn.execute(_of_code(digest))).first())


async def lock_by_code(conn: AsyncConnection, digest: bytes) -> Invitation | None:
    """To which a code leads, for this transaction alone: of two that use its last use at once, one is second."""
    return _first((await conn.execute(_of_code(digest).with_for_update(of=invitations))).first())


async def lock_by_email(conn: AsyncConnection, email: str, now: datetime) -> Sequence[Invitation]:
    """Open ones for that address alone, the oldest first, for this transaction alone."""
    theirs = (invitations.c.email == email) & _in_state("open", now)
    rows = await conn.execute(select(invitations).where(theirs).order_by(invitations.c.id).with_for_update())
    return [_invitation(row) for row in rows]


async def use(conn: AsyncConnection, invitation_id: InvitationId) -> None:
    """Once more."""
    await conn.execute(update(invitations).where(invitations.c.id == invitation_id).values(used=invitations.c.used + 1))


async def revoke(conn: AsyncConnection, invitation_id: InvitationId, now: datetime) -> None:
    """Nobody uses it any more."""
    await conn.execute(update(invitations).where(invitations.c.id == invitation_id).values(revoked_at=now))


async def count_open(conn: AsyncConnection, now: datetime) -> int:
    """Those that somebody could use."""
    return (
        await conn.execute(select(func.count()).select_from(invitations).where(_in_state("open", now)))
    ).scalar_one()


async def page(
    conn: AsyncConnection, state: InvitationState | None, now: datetime, *, limit: int, offset: int
) -> tuple[Sequence[Invitation], int]:
    """A page, the newest first, and how many there are in all."""
    wanted = [] if state is None else [_in_state(state, now)]
    newest = select(invitations).where(*wanted).order_by(invitations.c.created_at.desc(), invitations.c.id.desc())
    rows = await conn.execute(newest.limit(limit).offset(offset))
    total = (await conn.execute(select(func.count()).select_from(invitations).where(*wanted))).scalar_one()
    return [_invitation(row) for row in rows], total


async def forget(conn: AsyncConnection, before: datetime) -> int:
    """Delete those that expired by then; returns how many."""
    return (await conn.execute(delete(invitations).where(invitations.c.expires_at < before))).rowcount


def _of_code(digest: bytes) -> Select[Any]:
    return select(invitations).join_from(invitations, invitation_codes).where(invitation_codes.c.digest == digest)


def _in_state(state: InvitationState, now: datetime) -> ColumnElement[bool]:
    """The same distinction as `Invitation.state`."""
    table = invitations.c
    revoked, used, expired = table.revoked_at.is_not(None), table.used >= table.uses, table.expires_at <= now
    match state:
        case "revoked":
            return revoked
        case "used":
            return and_(~revoked, used)
        case "expired":
            return and_(~revoked, ~used, expired)
        case "open":
            return and_(~revoked, ~used, ~expired)


def _first(row: Row[Any] | None) -> Invitation | None:
    return None if row is None else _invitation(row)


def _invitation(row: Row[Any]) -> Invitation:
    return Invitation(
        id=InvitationId(row.id),
        email=row.email,
        role=Role(row.role),
        uses=row.uses,
        used=row.used,
        created_by=UserId(row.created_by),
        created_at=row.created_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
    )
