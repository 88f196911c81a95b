"""People as administrators look at them: searched, in pages, with when they were last seen."""

from typing import Any

from sqlalchemy import Row, Select, func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from palaver.contracts.administration import ListPeople, PersonView
from palaver.contracts.ids import UserId
from palaver.identity.domain import Status
from palaver.identity.store.tables import refresh_families, second_factors, users
from palaver.identity.store.users import user_of


async def page(conn: AsyncConnection, request: ListPeople) -> tuple[tuple[PersonView, ...], int]:
    """A page, and how many there are in all."""
    wanted = [users.c.status != Status.DELETED.value]
    if request.q:
        found = (column.icontains(request.q, autoescape=True) for column in (users.c.nickname, users.c.email))
        wanted.append(or_(*found))
    if request.role is not None:
        wanted.append(users.c.role == request.role.value)
    if request.status is not None:
        wanted.append(users.c.status == request.status)
    newest = _people().where(*wanted).order_by(users.c.created_at.desc(), users.c.id.desc())
    rows = await conn.execute(newest.limit(request.limit).offset(request.offset))
    total = (await conn.execute(select(func.count()).select_from(users).where(*wanted))).scalar_one()
    return tuple(map(_person, rows)), total


async def read(conn: AsyncConnection, user_id: UserId) -> PersonView | None:
    """One person who has not left."""
    here = (users.c.id == user_id) & (users.c.status != Status.DELETED.value)
    row = (await conn.execute(_people().where(here))).one_or_none()
    return None if row is None else _person(row)


def _people() -> Select[Any]:
    last = (
        select(func.max(refresh_families.c.used_at).label("last_seen_at"))
        .where(refresh_families.c.user_id == users.c.id)
        .lateral("last")
    )
    confirmed = (second_factors.c.user_id == users.c.id) & second_factors.c.confirmed_at.is_not(None)
    second_factor = select(second_factors.c.user_id).where(confirmed).exists().label("second_factor")
    return select(users, last, second_factor).join_from(users, last, true())


def _person(row: Row[Any]) -> PersonView:
    return PersonView(
        **user_of(row).view().model_dump(), last_seen_at=row.last_seen_at, second_factor=row.second_factor
    )
