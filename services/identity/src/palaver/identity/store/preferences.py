"""What people set for themselves; no row for whoever never did."""

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from palaver.contracts.ids import UserId
from palaver.contracts.preferences import Preferences
from palaver.identity.store.tables import preferences


async def read(conn: AsyncConnection, user_id: UserId) -> Preferences:
    """Theirs, or the defaults."""
    row = (await conn.execute(select(preferences.c.wanted).where(preferences.c.user_id == user_id))).first()
    return Preferences() if row is None else Preferences.model_validate(row.wanted)


async def keep(conn: AsyncConnection, user_id: UserId, wanted: Preferences) -> None:
    """In the place of those before."""
    values = {"user_id": user_id, "wanted": wanted.model_dump(exclude_defaults=True)}
    statement = insert(preferences).values(values)
    await conn.execute(statement.on_conflict_do_update(index_elements=["user_id"], set_={"wanted": values["wanted"]}))
