"""What waits in a table for whichever replica takes it first: columns `id`, `due_at`, `attempts`, `created_at`."""

from datetime import datetime
from typing import Any

from sqlalchemy import Row, Table, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection


async def take(conn: AsyncConnection, table: Table, now: datetime, until: datetime) -> Row[Any] | None:
    """The next row that is due, for one replica alone `until` then; `attempts` counts the present one."""
    due = select(table.c.id).where(table.c.due_at <= now).order_by(table.c.due_at).limit(1)
    statement = (
        update(table)
        .where(table.c.id == due.with_for_update(skip_locked=True).scalar_subquery())
        .values(due_at=until, attempts=table.c.attempts + 1)
        .returning(table)
    )
    return (await conn.execute(statement)).first()


async def put_back(conn: AsyncConnection, table: Table, row_id: str, due_at: datetime) -> None:
    """It is not done; try again then."""
    await conn.execute(update(table).where(table.c.id == row_id).values(due_at=due_at))


async def remove(conn: AsyncConnection, table: Table, row_id: str) -> None:
    """Done, or not to be done."""
    await conn.execute(delete(table).where(table.c.id == row_id))
