"""Turns: their issue, end and reading. Claims and checkpoints are in `claims.py`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, and_, bindparam, func, literal, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.dml import ReturningUpdate
from sqlalchemy.types import Float, Integer, Interval, Text

from palaver.contracts.ids import MessageId, ParticipantId, SessionId, TurnId, UserId
from palaver.contracts.session import OpenCall
from palaver.contracts.session_log import AnswerSettings, TurnRef
from palaver.session.domain import Ending, Replied, Turn, TurnPolicy
from palaver.session.store.tables import OPEN, clock, payer_lock, turns


def row_of(new: Turn, at: datetime, next_issue_at: datetime | None) -> dict[str, Any]:
    """The row of a new turn, waiting or issued for the first time."""
    return {
        "next_issue_at": next_issue_at,
        "deadline": new.deadline,
        "id": new.ref.turn_id,
        "session_id": new.session_id,
        "reply_id": new.ref.reply_id,
        "participant_id": new.ref.participant_id,
        "model": new.ref.model,
        "branch_id": new.ref.branch,
        "round": new.ref.round,
        "step": new.ref.step,
        "speaker": new.ref.speaker,
        "version": new.ref.version,
        "payer": new.payer,
        "min_seq": new.min_seq,
        "state": new.state,
        "attempt": new.attempt,
        "issues": new.issues,
        "deaths": new.deaths,
        "settings": new.settings.model_dump(exclude_none=True),
        "rank": new.rank,
        "started_attempt": new.started_attempt,
        "checkpointed": new.checkpointed,
        "created_at": at,
    }


# ---- issuing ---------------------------------------------------------------------------------------------------------
async def lock_payer(conn: AsyncConnection, payer: UserId) -> None:
    """See `payer_lock`."""
    await conn.execute(select(payer_lock(literal(payer))))


async def admit(conn: AsyncConnection, payer: UserId, policy: TurnPolicy) -> list[Turn]:
    """Issue the payer's oldest waiting turns, as many as the policy allows; in whatever sessions they are.

    Lock the payer first. A turn that another transaction is just ending is passed over.
    """
    return await _issue(conn, _ADMIT, policy, of_payer=payer, most=policy.max_issued_per_payer)


async def issue_next_attempt(conn: AsyncConnection, turn: Turn, *, died: bool, policy: TurnPolicy) -> Turn:
    """Take the claim away, from a worker that died or gave it back, and offer the next attempt."""
    (issued,) = await _issue(conn, _NEXT_ATTEMPT, policy, this=turn.ref.turn_id, died=int(died))
    return issued


async def reissue_unclaimed(conn: AsyncConnection, policy: TurnPolicy, limit: int) -> list[Turn]:
    """Repeat commands that nobody claimed in time, with doubling waits."""
    return await _issue(conn, _REISSUE, policy, longest_wait=policy.longest_issue_wait_seconds, most=limit)


async def _issue(conn: AsyncConnection, statement: Any, policy: TurnPolicy, **parameters: Any) -> list[Turn]:
    times = {
        "first_wait": policy.first_issue_wait_seconds,
        "time_limit": timedelta(seconds=policy.deadline_seconds),
    }
    issued = [_turn(row) for row in await conn.execute(statement, times | parameters)]
    return sorted(issued, key=lambda turn: turn.ref.turn_id)


# Statements of a turn's way are made once: making one costs more than running it. Limits stand in a CTE: Postgres may
# run a plain subquery of an UPDATE more than once and so exceed its LIMIT.
_COLUMNS = (
    turns,
    func.coalesce(turns.c.lease_until > clock(), False).label("live"),
)
_FIRST_WAIT = bindparam("first_wait", type_=Float)
_MAX_DOUBLINGS = 16


def _issuing(which: Any, values: Mapping[str, Any], wait_seconds: Any) -> ReturningUpdate[Any]:
    changes = {
        **values,
        "state": "issued",
        "next_issue_at": clock() + func.make_interval(0, 0, 0, 0, 0, 0, wait_seconds),
        "deadline": func.coalesce(turns.c.deadline, clock() + bindparam("time_limit", type_=Interval)),
    }
    return update(turns).where(which).values(changes).returning(*_COLUMNS)


def _admitting() -> ReturningUpdate[Any]:
    payer = bindparam("of_payer", type_=Text)
    unfinished = select(func.count()).where(turns.c.payer == payer, OPEN, turns.c.state != "waiting")
    free = func.greatest(bindparam("most", type_=Integer) - unfinished.scalar_subquery(), 0)
    oldest = (
        select(turns.c.id)
        .where(turns.c.payer == payer, OPEN, turns.c.state == "waiting")
        .order_by(turns.c.id)
        .limit(free)
        .with_for_update(key_share=True, skip_locked=True)
        .cte("oldest")
    )
    return _issuing(turns.c.id.in_(select(oldest.c.id)), {"issues": 1}, _FIRST_WAIT)


def _next_attempt() -> ReturningUpdate[Any]:
    values = {
        "attempt": turns.c.attempt + 1,
        "issues": 1,
        "deaths": turns.c.deaths + bindparam("died", type_=Integer),
        "worker": None,
        "lease_until": None,
        "open_call": None,
        "checkpointed": 0,
    }
    return _issuing(turns.c.id == bindparam("this"), values, _FIRST_WAIT)


def _reissuing() -> ReturningUpdate[Any]:
    due = (
        select(turns.c.id)
        .where(OPEN, turns.c.state == "issued", turns.c.next_issue_at < clock())
        .order_by(turns.c.next_issue_at)
        .limit(bindparam("most", type_=Integer))
        .with_for_update(key_share=True, skip_locked=True)
        .cte("due")
    )
    doubled = _FIRST_WAIT * func.pow(2, func.least(turns.c.issues, _MAX_DOUBLINGS))
    waits = func.least(doubled, bindparam("longest_wait", type_=Float))
    return _issuing(turns.c.id.in_(select(due.c.id)), {"issues": turns.c.issues + 1}, waits)


_ADMIT, _NEXT_ATTEMPT, _REISSUE = _admitting(), _next_attempt(), _reissuing()


async def waiting_payers(conn: AsyncConnection, limit: int) -> list[UserId]:
    """People who have turns that wait for admission."""
    return [UserId(payer) for payer in (await conn.execute(_WAITING_PAYERS, {"most": limit})).scalars()]


_WAITING_PAYERS = (
    select(turns.c.payer).where(OPEN, turns.c.state == "waiting").distinct().limit(bindparam("most", type_=Integer))
)


# ---- progress and end ------------------------------------------------------------------------------------------------
async def lock_open(
    conn: AsyncConnection,
    session_id: SessionId,
    turn_id: TurnId | None = None,
    participant_id: ParticipantId | None = None,
) -> list[Turn]:
    """The open turns of a locked session, or those of them with this id or participant; locked too."""
    statement = select(*_COLUMNS).where(turns.c.session_id == session_id, OPEN)
    if turn_id is not None:
        statement = statement.where(turns.c.id == turn_id)
    if participant_id is not None:
        statement = statement.where(turns.c.participant_id == participant_id)
    rows = await conn.execute(statement.order_by(turns.c.id).with_for_update(key_share=True))
    return [_turn(row) for row in rows]


async def request_stop(conn: AsyncConnection, ids: Sequence[TurnId]) -> None:
    """Renewals say `stopped` from now on."""
    statement = update(turns).where(turns.c.id.in_(ids), turns.c.stop_requested_at.is_(None))
    await conn.execute(statement.values(stop_requested_at=clock()))


def start_of(turn: Turn, rank: int) -> dict[str, Any]:
    """What changes in its row when the start of the turn's current attempt is logged."""
    return {"id": turn.ref.turn_id, "rank": rank, "started_attempt": turn.attempt}


def end_of(turn: Turn, ending: Ending, rank: int | None, at: datetime) -> dict[str, Any]:
    """What changes in its row when it is over."""
    silent = None if isinstance(ending, Replied) else ending
    return {
        "id": turn.ref.turn_id,
        "state": "ended",
        "ended_at": at,
        "rank": rank,
        "lease_until": None,
        "open_call": None,
        "ending": ending.ending,
        "code": silent and silent.code,
        "message": silent and silent.message,
        "retryable": silent and silent.retryable,
    }


# ---- reading ---------------------------------------------------------------------------------------------------------
async def session_of(conn: AsyncConnection, turn_id: TurnId) -> SessionId | None:
    """The session that a turn belongs to."""
    return (await conn.execute(select(turns.c.session_id).where(turns.c.id == turn_id))).scalar_one_or_none()


async def of_reply(conn: AsyncConnection, reply_id: MessageId) -> list[Turn]:
    """The turns that made, or were to make, the versions of an answer; the newest version first."""
    statement = select(*_COLUMNS).where(turns.c.reply_id == reply_id)
    return [_turn(row) for row in await conn.execute(statement.order_by(turns.c.version.desc()))]


async def open_of_session(conn: AsyncConnection, session_id: SessionId) -> list[Turn]:
    """All turns whose end is still to come, in the order in which they were asked for."""
    statement = select(*_COLUMNS).where(turns.c.session_id == session_id, OPEN)
    return [_turn(row) for row in await conn.execute(statement.order_by(turns.c.id))]


@dataclass(frozen=True, slots=True)
class OverdueTurn:
    """A turn that a sweep should look at."""

    session_id: SessionId
    turn_id: TurnId


async def overdue(conn: AsyncConnection, cutoff: datetime, policy: TurnPolicy, limit: int) -> list[OverdueTurn]:
    """Turns whose claim lapsed, or whose deadline passed by more than the grace, before `cutoff`."""
    late = cutoff - timedelta(seconds=policy.deadline_grace_seconds)
    rows = await conn.execute(_OVERDUE, {"cutoff": cutoff, "late": late, "most": limit})
    return [OverdueTurn(row.session_id, row.id) for row in rows]


_OVERDUE = (
    select(turns.c.session_id, turns.c.id)
    .where(
        OPEN,
        or_(
            and_(turns.c.state == "claimed", turns.c.lease_until < bindparam("cutoff")),
            turns.c.deadline < bindparam("late"),
        ),
    )
    .order_by(turns.c.id)
    .limit(bindparam("most", type_=Integer))
)


async def postgres_time(conn: AsyncConnection) -> datetime:
    """The only clock that leases are compared with."""
    return (await conn.execute(select(clock()))).scalar_one()


# ---- rows to values --------------------------------------------------------------------------------------------------
def ref_of(row: Mapping[str, Any], prefix: str = "") -> TurnRef:
    """Which answer is meant, from a row whose turn columns may carry a prefix."""
    return TurnRef(
        turn_id=row[f"{prefix}id"],
        reply_id=row[f"{prefix}reply_id"],
        participant_id=row[f"{prefix}participant_id"],
        model=row[f"{prefix}model"],
        branch=row[f"{prefix}branch_id"],
        round=row[f"{prefix}round"],
        step=row[f"{prefix}step"],
        speaker=row[f"{prefix}speaker"],
        version=row[f"{prefix}version"],
    )


def turn_of(row: Mapping[str, Any]) -> Turn:
    """A turn from its row and `live`."""
    return Turn(
        session_id=row["session_id"],
        ref=ref_of(row),
        payer=row["payer"],
        min_seq=row["min_seq"],
        state=row["state"],
        attempt=row["attempt"],
        issues=row["issues"],
        deaths=row["deaths"],
        worker=row["worker"],
        live=row["live"],
        lease_until=row["lease_until"],
        rank=row["rank"],
        started_attempt=row["started_attempt"],
        stop_requested=row["stop_requested_at"] is not None,
        open_call=None if row["open_call"] is None else OpenCall.model_validate(row["open_call"]),
        checkpointed=row["checkpointed"],
        deadline=row["deadline"],
        settings=AnswerSettings.model_validate(row["settings"]),
    )


def _turn(row: Row[Any]) -> Turn:
    return turn_of(row._asdict())
