"""Many writes in one statement are the writes that they say, whatever the columns' types and the text."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import (
    ARRAY,
    Boolean,
    Column,
    DateTime,
    Integer,
    MetaData,
    Numeric,
    Table,
    Text,
    Uuid,
    event,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from palaver.servicekit.batch import Batch
from palaver.servicekit.database import Database
from palaver.servicekit.testing.kits import DatabaseFor

MIGRATIONS = Path(__file__).parent / "migrations"
AT = datetime(2026, 3, 4, 5, 6, 7, 891011, tzinfo=UTC)
IDS = tuple(f"00000000-0000-4000-8000-00000000000{number}" for number in range(4))
AWKWARD = 'It\'s "quoted", \\back\\slashed, 茶 🍵,\n\ttab, :name, %s, {curly}, null'

_metadata = MetaData()
things = Table(
    "things",
    _metadata,
    Column("id", Uuid(as_uuid=False), primary_key=True),
    Column("place", Integer, primary_key=True),
    Column("text", Text),
    Column("at", DateTime(timezone=True)),
    Column("cost", Numeric),
    Column("data", JSONB),
    Column("others", ARRAY(Uuid(as_uuid=False))),
    Column("active", Boolean, server_default="true"),
)
pieces = Table("pieces", _metadata, Column("of", Text), Column("offset", Integer))


@pytest.fixture
async def database(database_for: DatabaseFor) -> Database:
    made = await database_for("notes", MIGRATIONS)
    async with made.transaction() as conn:
        await conn.run_sync(_metadata.create_all)
    return made


async def _rows(conn: AsyncConnection, table: Table) -> list[dict[str, Any]]:
    return [row._asdict() for row in await conn.execute(select(table).order_by(*table.columns.values()[:2]))]


async def test_rows_come_back_as_they_were_given(database: Database) -> None:
    whole = {
        "id": IDS[0],
        "place": 1,
        "text": AWKWARD,
        "at": AT,
        "cost": Decimal("0.000123"),
        "data": {"text": AWKWARD, "none": None, "list": [1, "two"]},
        "others": [IDS[1], IDS[2]],
        "active": False,
    }
    bare = {"id": IDS[1], "place": 2, "text": None, "at": None, "cost": None, "data": None, "others": None}
    batch = Batch()
    batch.insert(things, whole, bare)
    async with database.transaction() as conn:
        await batch.write(conn)
        assert await _rows(conn, things) == [whole, bare | {"active": True}]


async def test_inserts_updates_and_deletes_go_in_one_statement(database: Database) -> None:
    before = Batch()
    before.insert(things, *({"id": IDS[number], "place": number, "text": "old"} for number in range(3)))
    before.insert(pieces, {"of": "a", "offset": 0}, {"of": "a", "offset": 5}, {"of": "b", "offset": 0})
    batch = Batch()
    batch.update(things, {"id": IDS[0], "place": 0, "text": "new"})
    batch.update(things, {"id": IDS[1], "place": 7, "text": "of another key"})
    batch.update(things, {"id": IDS[2], "place": 2, "active": False})
    batch.insert(things, {"id": IDS[3], "place": 3, "text": "added"})
    batch.delete(pieces, {"of": "a"})
    async with database.transaction() as conn:
        await before.write(conn)
        executed: list[str] = []
        event.listen(conn.sync_connection, "before_cursor_execute", lambda *args: executed.append(args[2]))
        await batch.write(conn)
        assert len(executed) == 1
        texts = [(row["text"], row["active"]) for row in await _rows(conn, things)]
        assert texts == [("new", True), ("old", True), ("old", False), ("added", True)]
        assert await _rows(conn, pieces) == [{"of": "b", "offset": 0}]


async def test_an_empty_batch_asks_nothing(database: Database) -> None:
    async with database.transaction() as conn:
        await conn.execute(text("SELECT 1"))
        executed: list[str] = []
        event.listen(conn.sync_connection, "before_cursor_execute", lambda *args: executed.append(args[2]))
        await Batch().write(conn)
        assert executed == []
