"""Many small writes as one statement: what a transaction costs is its round trips, not its rows.

Rows travel as JSON and become rows again in Postgres (`jsonb_populate_recordset`), so that the statement's text depends
on tables and columns only and is prepared once.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, TypeAlias

from pydantic import TypeAdapter
from sqlalchemy import Table, TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

Row: TypeAlias = Mapping[str, Any]
_JSON = TypeAdapter(list[Row])
_Part: TypeAlias = tuple[str, str, tuple[str, ...], tuple[str, ...]]  # verb, table, key columns, other columns


class Batch:
    """Rows to insert, update and delete, collected in memory and written together.

    All of it happens at once: no part sees what another one writes, and a row must occur in one part only. Values are
    whatever JSON holds, and dates, decimals and ids; text must be without U+0000.
    """

    def __init__(self) -> None:
        self._rows: dict[_Part, list[Row]] = {}

    def insert(self, table: Table, *rows: Row) -> None:
        """New rows; columns that are not given get their defaults."""
        for row in rows:
            self._add("insert", table, (), row)

    def update(self, table: Table, row: Row) -> None:
        """Change the row with this primary key, which is among the values."""
        self._add("update", table, _key_of(table), row)

    def delete(self, table: Table, row: Row) -> None:
        """Remove the rows that have exactly these values."""
        self._add("delete", table, tuple(sorted(row)), row)

    async def write(self, conn: AsyncConnection) -> None:
        """Write everything, if there is anything."""
        if not self._rows:
            return
        rows = {f"rows_{place}": _JSON.dump_json(rows).decode() for place, rows in enumerate(self._rows.values())}
        await conn.execute(_statement(tuple(self._rows)), rows)
        self._rows = {}

    def _add(self, verb: str, table: Table, key: tuple[str, ...], row: Row) -> None:
        others = tuple(sorted(name for name in row if name not in key))
        self._rows.setdefault((verb, table.name, key, others), []).append(row)


def _key_of(table: Table) -> tuple[str, ...]:
    return tuple(column.name for column in table.primary_key)


@lru_cache(maxsize=256)
def _statement(parts: tuple[_Part, ...]) -> TextClause:
    written = ", ".join(f"part_{place} AS ({_written(place, *part)})" for place, part in enumerate(parts))
    return text(f"WITH {written} SELECT 1")


def _written(place: int, verb: str, table: str, key: tuple[str, ...], others: tuple[str, ...]) -> str:
    # Names are those of our own tables' columns, quoted; values are parameters.
    rows = f'jsonb_populate_recordset(NULL::"{table}", CAST(:rows_{place} AS jsonb)) AS given'
    same = " AND ".join(f'kept."{name}" = given."{name}"' for name in key)
    match verb:
        case "insert":
            columns = ", ".join(f'"{name}"' for name in others)
            return f'INSERT INTO "{table}" ({columns}) SELECT {columns} FROM {rows}'  # noqa: S608
        case "update":
            changes = ", ".join(f'"{name}" = given."{name}"' for name in others)
            return f'UPDATE "{table}" AS kept SET {changes} FROM {rows} WHERE {same}'  # noqa: S608
        case _:
            return f'DELETE FROM "{table}" AS kept USING {rows} WHERE {same}'  # noqa: S608
