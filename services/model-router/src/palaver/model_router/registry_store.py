"""Statements about what administrators added: entries as JSON, and the version that counts their changes."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import structlog
from pydantic import ValidationError
from sqlalchemy import Row, delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from palaver.contracts.ids import UserId
from palaver.model_router.entries import Entries, ModelEntry, ProviderEntry
from palaver.model_router.tables import models, providers, registry

Kind = Literal["provider", "model"]
_TABLES = {"provider": providers, "model": models}

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Change:
    """When an entry was written last, and by whom."""

    at: datetime
    by: UserId | None


@dataclass(frozen=True, slots=True)
class Added:
    """All that administrators added, as of a version. `changes` are keyed by kind and id."""

    version: int
    entries: Entries
    changes: Mapping[tuple[Kind, str], Change]


NOTHING = Added(0, Entries(), {})


async def version(conn: AsyncConnection) -> int:
    """How often anything was changed."""
    return (await conn.execute(select(registry.c.version))).scalar_one()


async def lock(conn: AsyncConnection) -> int:
    """Wait for other changes, and count this one: its version."""
    counted = update(registry).values(version=registry.c.version + 1).returning(registry.c.version)
    return (await conn.execute(counted)).scalar_one()


async def read(conn: AsyncConnection, as_of: int) -> Added:
    """Everything. An entry that this process cannot use, for want of an adapter perhaps, is left out and logged."""
    changes: dict[tuple[Kind, str], Change] = {}
    added_providers: list[ProviderEntry] = []
    for row in await conn.execute(select(providers).order_by(providers.c.id)):
        changes["provider", row.id] = _change(row)
        with _logged("provider", row.id):
            added_providers.append(ProviderEntry.model_validate(row.facts))
    added_models: list[ModelEntry] = []
    for row in await conn.execute(select(models).order_by(models.c.id)):
        changes["model", row.id] = _change(row)
        with _logged("model", row.id):
            added_models.append(ModelEntry.model_validate(row.facts))
    return Added(as_of, Entries(providers=tuple(added_providers), models=tuple(added_models)), changes)


def _change(row: Row[Any]) -> Change:
    return Change(row.updated_at, UserId(row.updated_by) if row.updated_by else None)


@contextmanager
def _logged(kind: Kind, entry_id: str) -> Generator[None]:
    try:
        yield
    except ValidationError as error:
        _log.error("registry_entry_unusable", kind=kind, id=entry_id, mistakes=error.error_count())


async def put(conn: AsyncConnection, entry: ProviderEntry | ModelEntry, change: Change) -> None:
    """Write an entry in the place of what has its id."""
    table = providers if isinstance(entry, ProviderEntry) else models
    facts = entry.model_dump(mode="json")
    values = {"facts": facts, "updated_at": change.at, "updated_by": change.by}
    statement = insert(table).values(id=entry.id, **values)
    await conn.execute(statement.on_conflict_do_update(index_elements=[table.c.id], set_=values))


async def remove(conn: AsyncConnection, kind: Kind, entry_id: str) -> None:
    """Forget an entry."""
    table = _TABLES[kind]
    await conn.execute(delete(table).where(table.c.id == entry_id))


async def forget_person(conn: AsyncConnection, user_id: UserId) -> None:
    """What they changed stays; that it was they does not."""
    for table in _TABLES.values():
        await conn.execute(update(table).where(table.c.updated_by == user_id).values(updated_by=None))
