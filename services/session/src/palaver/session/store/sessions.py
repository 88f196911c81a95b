"""Sessions, their seats and branches."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, bindparam, exists, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from palaver.contracts.ids import ParticipantId, SessionId, UserId
from palaver.contracts.session_log import Branch, Participant
from palaver.session.domain import Session
from palaver.session.store.tables import (
    OPEN,
    PURGED,
    QUEUED,
    branches,
    participants,
    payer_lock,
    rounds,
    sessions,
    turns,
)

_CHANGING = (
    "title",
    "mode_version",
    "mode_state",
    "prompt_mode",
    "system_prompt",
    "state",
    "archived",
    "path",
    "head_seq",
    "last_round",
    "current_round",
    "title_job",
    "updated_at",
    "deleted_at",
)
_IDENTITY = ("id", "owner_id", "mode", "epoch", "created_at")


# Statements of a turn's way are made once: making one costs more than running it.
_LOCKED = select(sessions).where(sessions.c.id == bindparam("session"))
# NO KEY UPDATE: rows that refer to the session may be inserted by their own transactions meanwhile.
_LOCK = _LOCKED.with_for_update(key_share=True)
_LOCK_IF_FREE = _LOCKED.with_for_update(key_share=True, skip_locked=True)
_FIRST = _LOCK.cte("first").prefix_with("MATERIALIZED")
_LOCK_WITH_PAYER = select(_FIRST, payer_lock(_FIRST.c.owner_id).label("payer_lock"))


async def lock(conn: AsyncConnection, session_id: SessionId) -> Session | None:
    """The session, locked until the transaction ends; None if there is none."""
    return await _locked(conn, session_id, _LOCK)


async def lock_with_payer(conn: AsyncConnection, session_id: SessionId) -> Session | None:
    """Like `lock`; then whoever pays for its turns is locked, too: nobody else admits turns of theirs meanwhile."""
    return await _locked(conn, session_id, _LOCK_WITH_PAYER)


async def lock_if_free(conn: AsyncConnection, session_id: SessionId) -> Session | None:
    """Like `lock`; None also where somebody else has it locked."""
    return await _locked(conn, session_id, _LOCK_IF_FREE)


async def _locked(conn: AsyncConnection, session_id: SessionId, statement: Any) -> Session | None:
    row = (await conn.execute(statement, {"session": session_id})).one_or_none()
    return None if row is None else _session(row)


async def read(conn: AsyncConnection, session_id: SessionId) -> Session | None:
    """The session as it is, deleted ones too."""
    return await _one(conn, select(sessions).where(sessions.c.id == session_id))


async def add(conn: AsyncConnection, session: Session) -> None:
    """A new row."""
    await conn.execute(insert(sessions).values({name: _plain(session, name) for name in _IDENTITY + _CHANGING}))


def change_of(before: Session, after: Session) -> dict[str, Any]:
    """The columns that changed, with the key; empty where nothing did."""
    changes = {name: _plain(after, name) for name in _CHANGING if getattr(before, name) != getattr(after, name)}
    return {"id": after.id, **changes} if changes else {}


async def kept_of_owner(conn: AsyncConnection, owner: UserId) -> list[SessionId]:
    """Rooms of a person that are not deleted."""
    statement = select(sessions.c.id).where(sessions.c.owner_id == owner, sessions.c.deleted_at.is_(None))
    return [SessionId(found) for found in (await conn.execute(statement)).scalars()]


async def busy_of_owner(conn: AsyncConnection, owner: UserId) -> list[SessionId]:
    """Rooms of a person in which turns run or rounds wait."""
    running = exists().where(turns.c.session_id == sessions.c.id, OPEN)
    waiting = exists().where(rounds.c.session_id == sessions.c.id, QUEUED)
    statement = select(sessions.c.id).where(sessions.c.owner_id == owner, running | waiting)
    return [SessionId(found) for found in (await conn.execute(statement)).scalars()]


async def mark_for_purge(conn: AsyncConnection, owner: UserId) -> int:
    """All deleted rooms of a person are to be removed for good; returns how many were not marked before."""
    deleted = (sessions.c.owner_id == owner) & sessions.c.deleted_at.is_not(None) & ~PURGED
    return (await conn.execute(update(sessions).where(deleted).values(purge=True))).rowcount


async def count_of_owner(conn: AsyncConnection, owner: UserId) -> int:
    """Rooms of a person that are not deleted."""
    statement = select(func.count()).where(sessions.c.owner_id == owner, sessions.c.deleted_at.is_(None))
    return (await conn.execute(statement)).scalar_one()


async def is_to_be_purged(conn: AsyncConnection, session_id: SessionId) -> bool:
    """Whether a room is marked to be removed for good."""
    marked = select(sessions.c.id).where(sessions.c.id == session_id, PURGED)
    return (await conn.execute(marked)).one_or_none() is not None


async def page_of_deleted(
    conn: AsyncConnection, owner: UserId, *, since: datetime, limit: int, offset: int
) -> tuple[list[Session], int]:
    """Rooms of a person that were deleted after `since`, the last deleted first, and how many there are in all."""
    wanted = (sessions.c.owner_id == owner) & (sessions.c.deleted_at > since) & ~PURGED
    newest = select(sessions).where(wanted).order_by(sessions.c.deleted_at.desc(), sessions.c.id.desc())
    rows = (await conn.execute(newest.limit(limit).offset(offset))).all()
    total = (await conn.execute(select(func.count()).select_from(sessions).where(wanted))).scalar_one()
    return [_session(row) for row in rows], total


async def page(
    conn: AsyncConnection,
    owner: UserId,
    *,
    archived: bool | None,
    mode: str | None,
    title: str | None,
    limit: int,
    offset: int,
) -> tuple[list[Session], int]:
    """Rooms of a person, newest change first, and how many there are in all. `title` is searched as a part."""
    wanted = [sessions.c.owner_id == owner, sessions.c.deleted_at.is_(None)]
    if archived is not None:
        wanted.append(sessions.c.archived.is_(archived))
    if mode is not None:
        wanted.append(sessions.c.mode == mode)
    if title:
        wanted.append(sessions.c.title.icontains(title, autoescape=True))
    newest = select(sessions).where(*wanted).order_by(sessions.c.updated_at.desc(), sessions.c.id.desc())
    rows = (await conn.execute(newest.limit(limit).offset(offset))).all()
    total = (await conn.execute(select(func.count()).select_from(sessions).where(*wanted))).scalar_one()
    return [_session(row) for row in rows], total


async def heads(conn: AsyncConnection, ids: Sequence[SessionId]) -> dict[SessionId, int]:
    """The newest `seq` of each that exists; deleted ones too, for the entry that says so must be found."""
    rows = await conn.execute(select(sessions.c.id, sessions.c.head_seq).where(sessions.c.id.in_(ids)))
    return {SessionId(row.id): row.head_seq for row in rows}


# ---- seats -----------------------------------------------------------------------------------------------------------
async def seats(conn: AsyncConnection, ids: Sequence[SessionId]) -> dict[SessionId, tuple[Participant, ...]]:
    """Who sits in each of these rooms, in the order of their seats."""
    statement = select(participants).where(participants.c.session_id.in_(ids), participants.c.removed_at.is_(None))
    found: dict[SessionId, list[Participant]] = {session_id: [] for session_id in ids}
    for row in await conn.execute(statement.order_by(participants.c.position)):
        found[SessionId(row.session_id)].append(seat_of(row._asdict()))
    return {session_id: tuple(taken) for session_id, taken in found.items()}


async def add_seats(conn: AsyncConnection, session_id: SessionId, taken: Sequence[Participant], at: datetime) -> None:
    """New seats."""
    rows = [{**seat.model_dump(), "session_id": session_id, "created_at": at} for seat in taken]
    await conn.execute(insert(participants), rows)


async def change_seat(conn: AsyncConnection, seat: Participant) -> None:
    """Write a seat as it is now."""
    values = seat.model_dump(exclude={"id", "position"})
    await conn.execute(update(participants).where(participants.c.id == seat.id).values(values))


async def remove_seat(conn: AsyncConnection, seat: ParticipantId, at: datetime) -> None:
    """The seat stays as a row, for what was said from it refers to it."""
    await conn.execute(update(participants).where(participants.c.id == seat).values(removed_at=at))


async def highest_position(conn: AsyncConnection, session_id: SessionId) -> int:
    """The last position ever given in the room, -1 before the first: positions are not given twice."""
    statement = select(func.max(participants.c.position)).where(participants.c.session_id == session_id)
    highest = (await conn.execute(statement)).scalar_one()
    return -1 if highest is None else highest


# ---- branches --------------------------------------------------------------------------------------------------------
async def add_branch(conn: AsyncConnection, session_id: SessionId, new: Branch, at: datetime) -> None:
    """A new branch."""
    values = {**new.model_dump(exclude={"parent"}), "parent_id": new.parent}
    await conn.execute(insert(branches).values(**values, session_id=session_id, created_at=at))


async def branches_of(conn: AsyncConnection, session_id: SessionId) -> dict[str, Branch]:
    """All of a room by id, oldest first."""
    statement = select(branches).where(branches.c.session_id == session_id)
    rows = await conn.execute(statement.order_by(branches.c.created_at, branches.c.id))
    return {
        row.id: Branch(
            id=row.id, parent=row.parent_id, first_round=row.first_round, edits=row.edits, message_id=row.message_id
        )
        for row in rows
    }


# ---- rows to values --------------------------------------------------------------------------------------------------
async def _one(conn: AsyncConnection, statement: Select[Any]) -> Session | None:
    row = (await conn.execute(statement)).one_or_none()
    return None if row is None else _session(row)


def _session(row: Row[Any]) -> Session:
    fields: dict[str, Any] = {name: getattr(row, name) for name in _IDENTITY + _CHANGING}
    fields["path"] = tuple(row.path)
    return Session(**fields)


def seat_of(row: Mapping[str, Any]) -> Participant:
    """A seat, from its row."""
    return Participant(**{name: row[name] for name in Participant.model_fields})


def _plain(session: Session, name: str) -> Any:
    value = getattr(session, name)
    return list(value) if name == "path" else value
