"""The audit trail of all services."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Text, case, delete, exists, literal, or_, select, text, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from palaver.contracts.administration import AuditEntry, SearchAudit
from palaver.contracts.ids import UserId
from palaver.contracts.operations import AuditRecorded
from palaver.identity.store.tables import BURIED, audit, users


async def add(conn: AsyncConnection, service: str, entry: AuditRecorded) -> bool:
    """Keep an entry; False for a repetition."""
    values = entry.model_dump(exclude={"address", "device", "sign_in"})
    left = exists().where(users.c.id == entry.actor_id, BURIED)  # it was on its way when its actor left
    whence = {
        "address": case((left, None), else_=literal(entry.address, Text)),
        "device": case((left, None), else_=literal(entry.device, Text)),
        "sign_in": case((left, None), else_=literal(entry.sign_in, Text)),
    }
    statement = insert(audit).values(service=service, **whence, **values).on_conflict_do_nothing()
    return (await conn.execute(statement)).rowcount == 1


async def page(
    conn: AsyncConnection,
    *,
    actor_id: UserId | None = None,
    target: tuple[str, str] | None = None,
    before: datetime | None,
    limit: int,
) -> Sequence[AuditRecorded]:
    """The newest entries; of one person, or about one thing by kind and id, if given."""
    statement = select(audit).order_by(audit.c.at.desc(), audit.c.event_id.desc()).limit(limit)
    if actor_id is not None:
        statement = statement.where(audit.c.actor_id == actor_id)
    if target is not None:
        statement = statement.where(audit.c.target_kind == target[0], audit.c.target_id == target[1])
    if before is not None:
        statement = statement.where(audit.c.at < before)
    return [_entry_of(row) for row in await conn.execute(statement)]


async def search(
    conn: AsyncConnection, request: SearchAudit, after: tuple[datetime, str] | None
) -> Sequence[AuditEntry]:
    """The newest entries that are all of what is asked for, behind the place `after` (moment and id of an entry)."""
    asked = {
        audit.c.actor_id: request.by,
        audit.c.action: request.action,
        audit.c.target_kind: request.target_kind,
        audit.c.target_id: request.target_id,
        audit.c.service: request.service,
        audit.c.sign_in: request.sign_in,
        audit.c.outcome: request.outcome,
    }
    wanted = [column == value for column, value in asked.items() if value is not None]
    if request.since is not None:
        wanted.append(audit.c.at >= request.since)
    if request.until is not None:
        wanted.append(audit.c.at < request.until)
    if after is not None:
        wanted.append(tuple_(audit.c.at, audit.c.event_id) < tuple_(*after))
    newest = select(audit).where(*wanted).order_by(audit.c.at.desc(), audit.c.event_id.desc())
    rows = await conn.execute(newest.limit(request.limit))
    return [AuditEntry(**_entry_of(row).model_dump(), service=row.service) for row in rows]


_PERSONAL = text("'{email,nickname,device}'::text[]")


async def strip(conn: AsyncConnection, user_id: UserId) -> None:
    """Of somebody who left, the entries keep the id, not from where it was. An admin's own address stays."""
    unproven = audit.c.actor_id.is_(None) & (audit.c.target_kind == "user") & (audit.c.target_id == user_id)
    theirs = or_(audit.c.actor_id == user_id, unproven)
    nothing = {"address": None, "device": None, "sign_in": None, "details": audit.c.details.op("-")(_PERSONAL)}
    await conn.execute(update(audit).where(theirs).values(nothing))


async def forget(conn: AsyncConnection, before: datetime) -> int:
    """Delete older entries; returns how many."""
    return (await conn.execute(delete(audit).where(audit.c.at < before))).rowcount


def _entry_of(row: Row[Any]) -> AuditRecorded:
    return AuditRecorded(
        event_id=row.event_id,
        at=row.at,
        actor_id=row.actor_id,
        action=row.action,
        target_kind=row.target_kind,
        target_id=row.target_id,
        outcome=row.outcome,
        address=row.address,
        device=row.device,
        sign_in=row.sign_in,
        details=row.details,
    )
