"""Links to rooms. A link refers to what it shows; texts stand in `messages` only, and go from it when they go there."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, delete, func, insert, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from palaver.contracts.ids import MessageId, SessionId, ShareId, UserId
from palaver.contracts.shares import ShareView
from palaver.session.store.tables import clock, messages, participants, sessions, shares


@dataclass(frozen=True, slots=True)
class Share:
    """A link as it is read."""

    title: str
    system_prompt: str | None
    speakers: Sequence[dict[str, Any]]
    keys: Sequence[tuple[MessageId, int]]
    total: int
    created_at: datetime
    expires_at: datetime | None


async def add(conn: AsyncConnection, row: dict[str, Any]) -> ShareView:
    """A new link. Raises IntegrityError for a token that was used before."""
    made = insert(shares).values(row).returning(*_VIEW)
    return _view((await conn.execute(made)).one())


async def of_session(conn: AsyncConnection, session_id: SessionId) -> tuple[ShareView, ...]:
    """Those that work, the newest first."""
    mine = select(*_VIEW).where(shares.c.session_id == session_id, _works())
    return tuple(
        _view(row) for row in await conn.execute(mine.order_by(shares.c.created_at.desc(), shares.c.id.desc()))
    )


async def remove(conn: AsyncConnection, session_id: SessionId, share_id: ShareId) -> bool:
    """Whether there was such a link to this room."""
    mine = delete(shares).where(shares.c.session_id == session_id, shares.c.id == share_id)
    return (await conn.execute(mine)).rowcount > 0


async def remove_ended(conn: AsyncConnection, session_id: SessionId) -> None:
    """Links to this room that ended by themselves."""
    await conn.execute(delete(shares).where(shares.c.session_id == session_id, ~_works()))


async def remove_of_owner(conn: AsyncConnection, owner: UserId) -> None:
    """All links to a person's rooms."""
    theirs = select(sessions.c.id).where(sessions.c.owner_id == owner)
    await conn.execute(delete(shares).where(shares.c.session_id.in_(theirs)))


async def read(conn: AsyncConnection, token_hash: str, after: int, limit: int) -> Share | None:
    """The link and what it refers to after the first `after`; None where it does not work, or its room is deleted."""
    part = slice(after + 1, after + limit)  # Postgres counts from 1, the end included
    statement = (
        select(
            shares.c.title,
            shares.c.system_prompt,
            shares.c.speakers,
            shares.c.message_ids[part].label("ids"),
            shares.c.versions[part].label("versions"),
            func.cardinality(shares.c.message_ids).label("total"),
            shares.c.created_at,
            shares.c.expires_at,
        )
        .join(sessions, sessions.c.id == shares.c.session_id)
        .where(shares.c.token_hash == token_hash, _works(), sessions.c.deleted_at.is_(None))
    )
    row = (await conn.execute(statement)).one_or_none()
    if row is None:
        return None
    keys = [(MessageId(one), version) for one, version in zip(row.ids, row.versions, strict=True)]
    return Share(row.title, row.system_prompt, row.speakers, keys, row.total, row.created_at, row.expires_at)


async def texts(conn: AsyncConnection, keys: Sequence[tuple[MessageId, int]]) -> dict[tuple[MessageId, int], Row[Any]]:
    """What was said there, as far as it is not deleted."""
    wanted = tuple_(messages.c.id, messages.c.version).in_(keys)
    rows = await conn.execute(select(messages).where(wanted, messages.c.deleted_at.is_(None)))
    return {(MessageId(row.id), row.version): row for row in rows}


async def seats(conn: AsyncConnection, session_id: SessionId) -> list[Row[Any]]:
    """Everybody who ever sat in the room."""
    statement = select(participants).where(participants.c.session_id == session_id)
    return list((await conn.execute(statement.order_by(participants.c.position))).all())


_VIEW = (
    shares.c.id,
    shares.c.session_id,
    shares.c.title,
    func.cardinality(shares.c.message_ids).label("messages"),
    shares.c.prompts,
    shares.c.created_at,
    shares.c.expires_at,
)


def _works() -> ColumnElement[bool]:
    return or_(shares.c.expires_at.is_(None), shares.c.expires_at > clock())


def _view(row: Any) -> ShareView:
    return ShareView.model_validate(row._asdict())
