"""Rows of the session log, which is also the outbox of what it says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Integer, Row, Text, Uuid, and_, bindparam, case, cast, func, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from palaver.contracts.ids import SessionId
from palaver.contracts.session_log import MessagePosted, ReplyAppended, ReplyVersionSelected
from palaver.session.store.tables import OwnId, clock, messages, session_log, sessions

EntryKey = tuple[SessionId, int]

POSTED: str = MessagePosted.model_fields["name"].default
ANSWERS: tuple[str, ...] = tuple(kind.model_fields["name"].default for kind in (ReplyAppended, ReplyVersionSelected))
"""Names of the entries that refer to a version of an answer."""


@dataclass(frozen=True, slots=True)
class LogRow:
    """One entry as it is stored: references and small data.

    `size`: bytes of the whole entry, the text that it refers to included, as far as it was read.
    """

    session_id: SessionId
    epoch: str
    seq: int
    name: str
    data: Mapping[str, Any]
    at: datetime
    size: int = 0

    @property
    def key(self) -> EntryKey:
        """What names it."""
        return self.session_id, self.seq

    @property
    def stored(self) -> dict[str, Any]:
        """Its columns; the broker is still to hear of it."""
        return {"session_id": self.session_id, "seq": self.seq, "name": self.name, "data": self.data, "at": self.at}


async def after(conn: AsyncConnection, session_id: SessionId, seq: int, limit: int) -> list[LogRow]:
    """At most `limit` entries behind `seq`, in order."""
    statement = _entries().where(session_log.c.session_id == session_id, session_log.c.seq > seq)
    return [_row(row) for row in await conn.execute(statement.order_by(session_log.c.seq).limit(limit))]


async def unpublished(conn: AsyncConnection, older_than_seconds: float, limit: int) -> list[LogRow]:
    """The oldest entries of which nobody noted the broker's acknowledgement, by session in order."""
    overdue = clock() - timedelta(seconds=older_than_seconds)
    statement = _entries().where(session_log.c.published_at.is_(None), session_log.c.at < overdue)
    ordered = statement.order_by(session_log.c.at, session_log.c.session_id, session_log.c.seq)
    return [_row(row) for row in await conn.execute(ordered.limit(limit))]


_MARK = text("""
UPDATE session_log AS kept SET published_at = clock_timestamp()
FROM unnest(:sessions, :seqs) AS said(session_id, seq)
WHERE kept.session_id = said.session_id AND kept.seq = said.seq AND kept.published_at IS NULL
""").bindparams(bindparam("sessions", type_=ARRAY(OwnId)), bindparam("seqs", type_=ARRAY(BigInteger)))


async def mark_published(conn: AsyncConnection, keys: Sequence[EntryKey]) -> None:
    """The broker has these entries."""
    ordered = sorted(keys)
    await conn.execute(_MARK, {"sessions": [key[0] for key in ordered], "seqs": [key[1] for key in ordered]})


def within(rows: Sequence[LogRow], max_bytes: int) -> Sequence[LogRow]:
    """The longest beginning whose whole entries take at most `max_bytes`; at least one entry."""
    total = 0
    for count, row in enumerate(rows):
        total += row.size
        if count and total > max_bytes:
            return rows[:count]
    return rows


def _entries() -> Any:
    # Lengths are known without reading the texts, so that no answer has to be made to see that it is too large.
    said = case(
        (session_log.c.name == POSTED, session_log.c.data["message_id"].astext),
        (session_log.c.name.in_(ANSWERS), session_log.c.data["reply_id"].astext),
    )
    version = func.coalesce(cast(session_log.c.data["version"].astext, Integer), 1)
    its_text = and_(messages.c.id == cast(said, Uuid(as_uuid=False)), messages.c.version == version)
    size = func.octet_length(cast(session_log.c.data, Text)) + func.coalesce(func.octet_length(messages.c.text), 0)
    return (
        select(session_log, sessions.c.epoch, size.label("size"))
        .join(sessions, sessions.c.id == session_log.c.session_id)
        .outerjoin(messages, its_text)
    )


def _row(row: Row[Any]) -> LogRow:
    return LogRow(row.session_id, row.epoch, row.seq, row.name, row.data, row.at, row.size)
