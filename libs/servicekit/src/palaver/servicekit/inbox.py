"""An event counts once: its id is kept in the transaction that acts on it."""

from datetime import timedelta

from sqlalchemy import Column, DateTime, MetaData, Table, Text, delete, func
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

DDL = """
CREATE TABLE inbox (
    consumer text NOT NULL,
    event_id text NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (consumer, event_id)
);
CREATE INDEX inbox_at ON inbox (at);
"""
"""For a migration: `for statement in inbox.STATEMENTS: op.execute(statement)`."""

STATEMENTS = tuple(part.strip() for part in DDL.split(";") if part.strip())
"""asyncpg prepares one statement at a time."""

KEPT_FOR = timedelta(hours=48)
"""Twice the age of the oldest event that the broker can deliver again."""

TABLE = Table(
    "inbox",
    MetaData(),
    Column("consumer", Text, primary_key=True),
    Column("event_id", Text, primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)


async def once(conn: AsyncConnection, consumer: str, event_id: str) -> bool:
    """True the first time, False for a repetition. Waits for a transaction that is just now handling the same event."""
    statement = insert(TABLE).values(consumer=consumer, event_id=event_id).on_conflict_do_nothing()
    return (await conn.execute(statement.returning(TABLE.c.event_id))).first() is not None


async def forget(conn: AsyncConnection, older_than: timedelta = KEPT_FOR) -> int:
    """Delete what can no longer be repeated; returns how many. To be called now and then by whoever uses `once`."""
    result = await conn.execute(delete(TABLE).where(TABLE.c.at < func.now() - older_than))
    return result.rowcount
