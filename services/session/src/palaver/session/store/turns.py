"""Turns: their issue, end and reading. Claims and checkpoints are in `claims.py`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, Select, and_, func, insert, literal, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from palaver.contracts.ids import ParticipantId, SessionId, TurnId, UserId
from palaver.contracts.session import OpenCall
from palaver.contracts.session_log import TurnRef
from palaver.session.domain import Ending, Replied, Turn, TurnEnding, TurnPolicy
from palaver.session.store.tables import OPEN, clock, turns


async def add(conn: AsyncConnection, new: Sequence[Turn], at: datetime) -> None:
    """New turns, as `Turn.requested` makes them."""
    rows = [
        {
            "id": turn.ref.turn_id,
            "session_id": turn.session_id,
            "reply_id": turn.ref.reply_id,
            "participant_id": turn.ref.participant_id,
            "model": turn.ref.model,
            "branch_id": turn.ref.branch,
            "round": turn.ref.round,
            "step": turn.ref.step,
            "speaker": turn.ref.speaker,
            "version": turn.ref.version,
            "payer": turn.payer,
            "min_seq": turn.min_seq,
            "state": turn.state,
            "attempt": turn.attempt,
            "issues": turn.issues,
            "deaths": turn.deaths,
            "started_attempt": turn.started_attempt,
            "checkpointed": turn.checkpointed,
            "created_at": at,
        }
        for turn in new
    ]
    await conn.execute(insert(turns), rows)


# ---- issuing ---------------------------------------------------------------------------------------------------------
async def lock_payer(conn: AsyncConnection, payer: UserId) -> None:
    """Wait for other transactions that admit turns of this payer. The last lock that a transaction takes."""
    await conn.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"payer:{payer}", 0))))


async def admit(conn: AsyncConnection, payer: UserId, policy: TurnPolicy) -> list[Turn]:
    """Issue the payer's oldest waiting turns, as many as the policy allows; in whatever sessions they are.

    Call `lock_payer` first. A turn that another transaction is just ending is passed over.
    """
    unfinished = select(func.count()).where(turns.c.payer == payer, OPEN, turns.c.state != "waiting")
    free = func.greatest(literal(policy.max_issued_per_payer) - unfinished.scalar_subquery(), 0)
    oldest = (
        select(turns.c.id)
        .where(turns.c.payer == payer, OPEN, turns.c.state == "waiting")
        .order_by(turns.c.id)
        .limit(free)
        .with_for_update(key_share=True, skip_locked=True)
        .cte("oldest")
    )
    return await _issue(
        conn, turns.c.id.in_(select(oldest.c.id)), {"issues": 1}, policy.first_issue_wait_seconds, policy
    )


async def issue_next_attempt(conn: AsyncConnection, turn: Turn, *, died: bool, policy: TurnPolicy) -> Turn:
    """Take the claim away, from a worker that died or gave it back, and offer the next attempt."""
    values = {
        "attempt": turn.attempt + 1,
        "issues": 1,
        "deaths": turn.deaths + int(died),
        "worker": None,
        "lease_until": None,
        "open_call": None,
        "checkpointed": 0,
    }
    (issued,) = await _issue(conn, turns.c.id == turn.ref.turn_id, values, policy.first_issue_wait_seconds, policy)
    return issued


async def reissue_unclaimed(conn: AsyncConnection, policy: TurnPolicy, limit: int) -> list[Turn]:
    """Repeat commands that nobody claimed in time, with doubling waits."""
    due = (
        select(turns.c.id)
        .where(OPEN, turns.c.state == "issued", turns.c.next_issue_at < clock())
        .order_by(turns.c.next_issue_at)
        .limit(limit)
        .with_for_update(key_share=True, skip_locked=True)
        .cte("due")
    )
    waits = func.least(
        policy.first_issue_wait_seconds * func.pow(2, func.least(turns.c.issues, _MAX_DOUBLINGS)),
        policy.longest_issue_wait_seconds,
    )
    return await _issue(conn, turns.c.id.in_(select(due.c.id)), {"issues": turns.c.issues + 1}, waits, policy)


_MAX_DOUBLINGS = 16


# Limits stand in a CTE: Postgres may run a plain subquery of an UPDATE more than once and so exceed its LIMIT.
async def _issue(
    conn: AsyncConnection, which: Any, values: Mapping[str, Any], wait_seconds: Any, policy: TurnPolicy
) -> list[Turn]:
    deadline = clock() + timedelta(seconds=policy.deadline_seconds)
    statement = (
        update(turns)
        .where(which)
        .values(
            **values,
            state="issued",
            next_issue_at=clock() + func.make_interval(0, 0, 0, 0, 0, 0, wait_seconds),
            deadline=func.coalesce(turns.c.deadline, deadline),
        )
        .returning(*_COLUMNS)
    )
    issued = [_turn(row) for row in await conn.execute(statement)]
    return sorted(issued, key=lambda turn: turn.ref.turn_id)


async def waiting_payers(conn: AsyncConnection, limit: int) -> list[UserId]:
    """People who have turns that wait for admission."""
    statement = select(turns.c.payer).where(OPEN, turns.c.state == "waiting").distinct().limit(limit)
    return [UserId(payer) for payer in (await conn.execute(statement)).scalars()]


# ---- progress and end ------------------------------------------------------------------------------------------------
async def lock(conn: AsyncConnection, session_id: SessionId, turn_id: TurnId) -> Turn | None:
    """One turn of a session that the caller has locked; locked too, for claims and renewals take the turn alone."""
    statement = select(*_COLUMNS).where(turns.c.id == turn_id, turns.c.session_id == session_id)
    return await _one(conn, statement.with_for_update(key_share=True))


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


async def next_rank(conn: AsyncConnection, session_id: SessionId, round_number: int) -> int:
    """The next place inside a round, from 1. Exact under the session's lock."""
    statement = select(func.max(turns.c.rank)).where(turns.c.session_id == session_id, turns.c.round == round_number)
    return ((await conn.execute(statement)).scalar_one() or 0) + 1


async def mark_started(conn: AsyncConnection, turn: Turn, rank: int) -> None:
    """The start of the turn's current attempt is logged."""
    here = update(turns).where(turns.c.id == turn.ref.turn_id)
    await conn.execute(here.values(rank=rank, started_attempt=turn.attempt))


async def request_stop(conn: AsyncConnection, ids: Sequence[TurnId]) -> None:
    """Renewals say `stopped` from now on."""
    statement = update(turns).where(turns.c.id.in_(ids), turns.c.stop_requested_at.is_(None))
    await conn.execute(statement.values(stop_requested_at=clock()))


async def end(conn: AsyncConnection, turn: Turn, ending: Ending, rank: int | None, at: datetime) -> None:
    """It is over; the caller removes its checkpoints."""
    values: dict[str, Any] = {"state": "ended", "ended_at": at, "rank": rank, "lease_until": None, "open_call": None}
    if isinstance(ending, Replied):
        values["ending"] = "replied"
    else:
        values |= {"ending": ending.ending, "code": ending.code, "message": ending.message}
        values["retryable"] = ending.retryable
    await conn.execute(update(turns).where(turns.c.id == turn.ref.turn_id).values(values))


# ---- reading ---------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class RoundTurn:
    """What decides about a round's next step. `ending` is None while the turn is open."""

    step: int
    participant_id: ParticipantId
    ending: TurnEnding | None
    asked_at: datetime


async def of_round(conn: AsyncConnection, session_id: SessionId, round_number: int) -> list[RoundTurn]:
    """The turns of a round, oldest first, without those that only make a new version of an answer."""
    statement = select(turns.c.step, turns.c.participant_id, turns.c.ending, turns.c.created_at).where(
        turns.c.session_id == session_id, turns.c.round == round_number, turns.c.version == 1
    )
    rows = await conn.execute(statement.order_by(turns.c.id))
    return [RoundTurn(row.step, row.participant_id, row.ending, row.created_at) for row in rows]


async def session_of(conn: AsyncConnection, turn_id: TurnId) -> SessionId | None:
    """The session that a turn belongs to."""
    return (await conn.execute(select(turns.c.session_id).where(turns.c.id == turn_id))).scalar_one_or_none()


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
    lapsed = and_(turns.c.state == "claimed", turns.c.lease_until < cutoff)
    statement = select(turns.c.session_id, turns.c.id).where(OPEN, or_(lapsed, turns.c.deadline < late))
    rows = await conn.execute(statement.order_by(turns.c.id).limit(limit))
    return [OverdueTurn(row.session_id, row.id) for row in rows]


async def postgres_time(conn: AsyncConnection) -> datetime:
    """The only clock that leases are compared with."""
    return (await conn.execute(select(clock()))).scalar_one()


# ---- rows to values --------------------------------------------------------------------------------------------------
_COLUMNS = (
    turns,
    func.coalesce(turns.c.lease_until > clock(), False).label("live"),
)


async def _one(conn: AsyncConnection, statement: Select[Any]) -> Turn | None:
    row = (await conn.execute(statement)).one_or_none()
    return None if row is None else _turn(row)


def ref_of(row: Row[Any], prefix: str = "") -> TurnRef:
    """Which answer is meant, from a row whose turn columns may carry a prefix."""

    def column(name: str) -> Any:
        return getattr(row, prefix + name)

    return TurnRef(
        turn_id=column("id"),
        reply_id=column("reply_id"),
        participant_id=column("participant_id"),
        model=column("model"),
        branch=column("branch_id"),
        round=column("round"),
        step=column("step"),
        speaker=column("speaker"),
        version=column("version"),
    )


def _turn(row: Row[Any]) -> Turn:
    return Turn(
        session_id=row.session_id,
        ref=ref_of(row),
        payer=row.payer,
        min_seq=row.min_seq,
        state=row.state,
        attempt=row.attempt,
        issues=row.issues,
        deaths=row.deaths,
        worker=row.worker,
        live=row.live,
        lease_until=row.lease_until,
        rank=row.rank,
        started_attempt=row.started_attempt,
        stop_requested=row.stop_requested_at is not None,
        open_call=None if row.open_call is None else OpenCall.model_validate(row.open_call),
        checkpointed=row.checkpointed,
        deadline=row.deadline,
    )
