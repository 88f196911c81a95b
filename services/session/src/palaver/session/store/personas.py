"""The personas that people keep."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Row, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from palaver.contracts.ids import UserId
from palaver.contracts.personas import Persona
from palaver.session.store.tables import personas


async def lock_owner(conn: AsyncConnection, owner: UserId) -> None:
    """Wait for other transactions that give this person's personas a slug, or count them."""
    await conn.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"personas:{owner}", 0))))


async def slugs(conn: AsyncConnection, owner: UserId) -> frozenset[str]:
    """All that a person has."""
    return frozenset((await conn.execute(select(personas.c.slug).where(personas.c.owner_id == owner))).scalars())


async def read(conn: AsyncConnection, owner: UserId, slug: str) -> Persona | None:
    """One of a person's own."""
    statement = select(personas).where(personas.c.owner_id == owner, personas.c.slug == slug)
    row = (await conn.execute(statement)).one_or_none()
    return None if row is None else _persona(row)


async def page(conn: AsyncConnection, owner: UserId, *, limit: int, offset: int) -> list[Persona]:
    """A part of a person's own, by name."""
    by_name = (
        select(personas).where(personas.c.owner_id == owner).order_by(func.lower(personas.c.name), personas.c.slug)
    )
    return [_persona(row) for row in await conn.execute(by_name.limit(limit).offset(offset))]


async def add(conn: AsyncConnection, owner: UserId, persona: Persona) -> None:
    """Keep one whose slug is free."""
    await conn.execute(insert(personas).values(owner_id=owner, **persona.model_dump(exclude={"built_in"})))


async def change(conn: AsyncConnection, owner: UserId, slug: str, changes: Mapping[str, Any]) -> Persona | None:
    """The persona after these changes; None if there is none."""
    here = update(personas).where(personas.c.owner_id == owner, personas.c.slug == slug)
    row = (await conn.execute(here.values(changes).returning(personas))).one_or_none()
    return None if row is None else _persona(row)


async def remove(conn: AsyncConnection, owner: UserId, slug: str) -> bool:
    """Forget one; False if there is none."""
    gone = delete(personas).where(personas.c.owner_id == owner, personas.c.slug == slug).returning(personas.c.slug)
    return (await conn.execute(gone)).one_or_none() is not None


async def remove_all(conn: AsyncConnection, owner: UserId) -> None:
    """Forget all of a person's."""
    await conn.execute(delete(personas).where(personas.c.owner_id == owner))


def _persona(row: Row[Any]) -> Persona:
    return Persona(
        slug=row.slug,
        name=row.name,
        description=row.description,
        color=row.color,
        system_prompt=row.system_prompt,
        model=row.model,
        built_in=False,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
