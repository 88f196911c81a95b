"""Rounds: what follows a person's message."""

from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from palaver.contracts.ids import SessionId
from palaver.contracts.session_log import RoundEnd
from palaver.session.domain import Round
from palaver.session.store.tables import QUEUED, rounds


async def add(conn: AsyncConnection, new: Round, at: datetime) -> None:
    """A new round, queued or running."""
    await conn.execute(
        insert(rounds).values(
            session_id=new.session_id,
            number=new.number,
            branch_id=new.branch,
            state=new.state,
            step=new.step,
            message_id=new.message_id,
            addressed=None if new.addressed is None else list(new.addressed),
            model_id=new.model_id,
            stopped=new.stopped,
            created_at=at,
        )
    )


async def read(conn: AsyncConnection, session_id: SessionId, number: int) -> Round:
    """One round, which must exist."""
    statement = select(rounds).where(rounds.c.session_id == session_id, rounds.c.number == number)
    return _round((await conn.execute(statement)).one())


async def next_queued(conn: AsyncConnection, session_id: SessionId) -> Round | None:
    """The round that waits longest."""
    statement = select(rounds).where(rounds.c.session_id == session_id, QUEUED)
    row = (await conn.execute(statement.order_by(rounds.c.number).limit(1))).one_or_none()
    return None if row is None else _round(row)


async def queued(conn: AsyncConnection, session_id: SessionId) -> list[Round]:
    """All that wait, oldest first."""
    statement = select(rounds).where(rounds.c.session_id == session_id, QUEUED)
    return [_round(row) for row in await conn.execute(statement.order_by(rounds.c.number))]


async def count_queued(conn: AsyncConnection, session_id: SessionId) -> int:
    """How many wait."""
    statement = select(func.count()).where(rounds.c.session_id == session_id, QUEUED)
    return (await conn.execute(statement)).scalar_one()


async def run_step(conn: AsyncConnection, running: Round) -> None:
    """The round runs, at its step."""
    await _update(conn, running, state="running", step=running.step)


async def mark_stopped(conn: AsyncConnection, stopped: Round) -> None:
    """No further step of it may follow."""
    await _update(conn, stopped, stopped=True)


async def end(conn: AsyncConnection, ended: Round, reason: RoundEnd, at: datetime) -> None:
    """It is over."""
    await _update(conn, ended, state="ended", reason=reason, ended_at=at)


async def _update(conn: AsyncConnection, changed: Round, **values: Any) -> None:
    here = (rounds.c.session_id == changed.session_id, rounds.c.number == changed.number)
    await conn.execute(update(rounds).where(*here).values(values))


def _round(row: Row[Any]) -> Round:
    return Round(
        session_id=row.session_id,
        number=row.number,
        branch=row.branch_id,
        state=row.state,
        step=row.step,
        message_id=row.message_id,
        addressed=None if row.addressed is None else tuple(row.addressed),
        model_id=row.model_id,
        stopped=row.stopped,
    )
