"""The session log: what goes into a row, and how a row becomes the whole entry again.

Rows hold references and small data. The text of a message or reply stands in `messages` only and is read when an entry
is served, so that deleting it there removes it from every answer at once. The log is also the outbox: a row without
`published_at` is still to be said.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy.ext.asyncio import AsyncConnection

from palaver.contracts.ids import MessageId
from palaver.contracts.session import LOG_EVENTS
from palaver.contracts.session_log import (
    MessagePosted,
    Reply,
    ReplyAppended,
    ReplyVersionSelected,
    SessionEvent,
    UserMessage,
)
from palaver.servicekit.broker import Broker, Outgoing
from palaver.servicekit.database import Database
from palaver.session.store import log as rows
from palaver.session.store import messages
from palaver.session.store.log import ANSWERS, POSTED, EntryKey, LogRow

MessageKey = tuple[MessageId, int]
"""A message's id and version."""

MAX_SWEPT_BYTES = 8 * 1024**2
"""Read at once of what is still to be said; more follows with the next sweep."""

_entry: TypeAdapter[SessionEvent] = TypeAdapter(SessionEvent)


def row_of(entry: SessionEvent) -> LogRow:
    """What is stored of an entry."""
    match entry:
        case MessagePosted(data=data):
            stored: dict[str, Any] = {"message_id": data.message.id}
        case ReplyAppended(data=data) | ReplyVersionSelected(data=data):
            stored = data.model_dump(mode="json", exclude={"reply"})
        case _:
            stored = entry.data.model_dump(mode="json")
    return LogRow(entry.session_id, entry.epoch, entry.seq, entry.name, stored, entry.at)


def reference_of(row: LogRow) -> MessageKey | None:
    """The message whose text belongs into this entry."""
    if row.name == POSTED:
        return row.data["message_id"], 1
    if row.name in ANSWERS:
        return row.data["reply_id"], row.data["version"]
    return None


def entry_of(row: LogRow, said: Mapping[MessageKey, UserMessage | Reply]) -> SessionEvent:
    """The whole entry. Raises KeyError if the message that it refers to is not among `said`."""
    data: Any = row.data
    reference = reference_of(row)
    if reference is not None:
        message = said[reference]
        data = {"message": message} if row.name == POSTED else {**row.data, "reply": message}
    return _entry.validate_python(
        {
            "name": row.name,
            "session_id": row.session_id,
            "epoch": row.epoch,
            "seq": row.seq,
            "at": row.at,
            "data": data,
        }
    )


async def entries_of(conn: AsyncConnection, stored: Sequence[LogRow]) -> tuple[SessionEvent, ...]:
    """The whole entries, with the text as it is now: one read more, whatever their number."""
    wanted = {reference for row in stored if (reference := reference_of(row)) is not None}
    said = await messages.referenced(conn, sorted(wanted))
    return tuple(entry_of(row, said) for row in stored)


def said(entry: SessionEvent) -> tuple[EntryKey, Outgoing]:
    """The entry as it goes over the broker. Its message id lets two replicas sweep the same row."""
    message_id = f"{entry.session_id}:{entry.epoch}:{entry.seq}"
    outgoing = Broker.outgoing(LOG_EVENTS[entry.name], entry, entry.session_id, message_id=message_id)
    return (entry.session_id, entry.seq), outgoing


class LogSource:
    """The log as an outbox. An `OutboxSource`."""

    def __init__(self, database: Database, older_than_seconds: float) -> None:
        self._database = database
        self._older_than_seconds = older_than_seconds

    async def unpublished(self, limit: int) -> Sequence[tuple[EntryKey, Outgoing]]:
        """Entries that whoever committed them has not managed to publish."""
        async with self._database.read() as conn:
            left_over = await rows.unpublished(conn, self._older_than_seconds, limit)
            return [said(entry) for entry in await entries_of(conn, rows.within(left_over, MAX_SWEPT_BYTES))]

    async def mark_published(self, keys: Iterable[EntryKey]) -> None:
        """The broker has these."""
        async with self._database.read() as conn:  # one statement commits by itself
            await rows.mark_published(conn, list(keys))
