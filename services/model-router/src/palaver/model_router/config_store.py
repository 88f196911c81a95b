"""Statements about what people chose for models."""

from typing import Any

from sqlalchemy import Row, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from palaver.contracts.ids import UserId
from palaver.contracts.session_log import AnswerSettings
from palaver.model_router.tables import configs

NO_WISHES = AnswerSettings()


async def read(conn: AsyncConnection, user_id: UserId) -> dict[str, AnswerSettings]:
    """All that a person chose, by model."""
    rows = await conn.execute(select(configs).where(configs.c.user_id == user_id))
    return {row.model_id: _settings(row) for row in rows}


async def put(conn: AsyncConnection, user_id: UserId, model_id: str, chosen: AnswerSettings) -> None:
    """Write what a person chose for a model; nothing chosen is nothing kept."""
    if chosen == NO_WISHES:
        here = (configs.c.user_id == user_id) & (configs.c.model_id == model_id)
        await conn.execute(delete(configs).where(here))
        return
    values = {"temperature": chosen.temperature, "top_p": chosen.top_p, "max_tokens": chosen.max_output_tokens}
    statement = insert(configs).values(user_id=user_id, model_id=model_id, **values)
    await conn.execute(
        statement.on_conflict_do_update(index_elements=[configs.c.user_id, configs.c.model_id], set_=values)
    )


async def forget(conn: AsyncConnection, user_id: UserId) -> None:
    """Somebody chose nothing any more."""
    await conn.execute(delete(configs).where(configs.c.user_id == user_id))


def _settings(row: Row[Any]) -> AnswerSettings:
    return AnswerSettings(temperature=row.temperature, top_p=row.top_p, max_output_tokens=row.max_tokens)
