"""Claims and checkpoints of running turns: taken and renewed by workers, thousands of times an hour, so one statement
each. They lock the turn alone and never wait for it longer than a claim must.
"""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import bindparam, or_, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import Integer, Interval, Text

from palaver.contracts.ids import TurnId, WorkerId
from palaver.contracts.session import Renewal, RenewedTurn
from palaver.session.domain import fold, longest, storable
from palaver.session.store.tables import OwnId, checkpoints, clock, turns

_CLAIM = (
    update(turns)
    .where(
        turns.c.id == bindparam("turn"),
        turns.c.state.in_(["issued", "claimed"]),
        turns.c.attempt == bindparam("this_attempt"),
        or_(turns.c.worker.is_(None), turns.c.worker == bindparam("claimant")),
    )
    .values(state="claimed", worker=bindparam("claimant"), lease_until=clock() + bindparam("lease", type_=Interval))
    .returning(turns.c.id)
)


async def claim(conn: AsyncConnection, turn_id: TurnId, attempt: int, worker: WorkerId, lease_seconds: float) -> bool:
    """Give this attempt to the worker; False if it is somebody else's, or over. Repeating it is safe."""
    wanted = {"turn": turn_id, "this_attempt": attempt, "claimant": worker, "lease": timedelta(seconds=lease_seconds)}
    return (await conn.execute(_CLAIM, wanted)).one_or_none() is not None


_RENEW = text("""
WITH asked AS (
    SELECT * FROM unnest(:turns, :attempts, :offsets, :texts, :calls)
        WITH ORDINALITY AS a(turn_id, attempt, "offset", text, open_call, place)
), held AS (
    -- A row that is locked is being ended or swept; its worker asks again in two seconds, the lease lasts six.
    SELECT t.id, t.attempt, t.checkpointed, a."offset", a.text, a.open_call,
           a.text <> '' AND a."offset" <= t.checkpointed AS fits
    FROM turns t JOIN asked a ON a.turn_id = t.id
    WHERE t.state = 'claimed' AND t.worker = :worker AND t.attempt = a.attempt
    FOR NO KEY UPDATE OF t SKIP LOCKED
), stored AS (
    INSERT INTO checkpoints (turn_id, attempt, "offset", text)
    SELECT id, attempt, "offset", text FROM held WHERE fits
    ON CONFLICT (turn_id, attempt, "offset") DO UPDATE SET text = excluded.text
        WHERE length(excluded.text) > length(checkpoints.text)
), renewed AS (
    UPDATE turns t SET
        lease_until = clock_timestamp() + make_interval(secs => :lease),
        checkpointed = CASE WHEN held.fits THEN greatest(t.checkpointed, held."offset" + length(held.text))
                            ELSE t.checkpointed END,
        open_call = coalesce(CAST(held.open_call AS jsonb), t.open_call)
    FROM held WHERE t.id = held.id
    RETURNING t.id, t.checkpointed
)
SELECT asked.turn_id,
       coalesce(renewed.checkpointed, t.checkpointed, 0) AS acknowledged,
       CASE WHEN t.state = 'ended' THEN 'ended'
            WHEN t.state = 'claimed' AND t.worker = :worker AND t.attempt = asked.attempt
                THEN CASE WHEN t.stop_requested_at IS NULL THEN 'held' ELSE 'stopped' END
            ELSE 'lost' END AS status
FROM asked LEFT JOIN turns t ON t.id = asked.turn_id LEFT JOIN renewed ON renewed.id = asked.turn_id
ORDER BY asked.place
""").bindparams(
    bindparam("turns", type_=ARRAY(OwnId)),
    bindparam("attempts", type_=ARRAY(Integer)),
    bindparam("offsets", type_=ARRAY(Integer)),
    bindparam("texts", type_=ARRAY(Text)),
    bindparam("calls", type_=ARRAY(Text)),
)


async def renew(
    conn: AsyncConnection, worker: WorkerId, renewals: Sequence[Renewal], lease_seconds: float
) -> list[RenewedTurn]:
    """Prolong what the worker holds and keep the texts, in one statement. Answers in the order asked, once a turn.

    A checkpoint behind a gap is not stored; `acknowledged` then says where to continue.
    """
    once = {renewal.turn_id: renewal for renewal in renewals}.values()
    rows = await conn.execute(
        _RENEW,
        {
            "worker": worker,
            "lease": lease_seconds,
            "turns": [renewal.turn_id for renewal in once],
            "attempts": [renewal.attempt for renewal in once],
            "offsets": [renewal.checkpoint.offset if renewal.checkpoint else 0 for renewal in once],
            "texts": [storable(renewal.checkpoint.text) if renewal.checkpoint else "" for renewal in once],
            "calls": [renewal.open_call.model_dump_json() if renewal.open_call else None for renewal in once],
        },
    )
    return [
        RenewedTurn(turn_id=TurnId(str(row.turn_id)), status=row.status, acknowledged=row.acknowledged) for row in rows
    ]


# ---- checkpoints -----------------------------------------------------------------------------------------------------
async def longest_text(conn: AsyncConnection, turn_id: TurnId) -> str:
    """The longest checkpointed text of any attempt at a turn."""
    rows = await conn.execute(select(checkpoints).where(checkpoints.c.turn_id == turn_id))
    return longest((row.attempt, row.offset, row.text) for row in rows)


async def texts(conn: AsyncConnection, attempts: Sequence[tuple[TurnId, int]]) -> dict[TurnId, str]:
    """Turn → the checkpointed text of the given attempt; turns without any are left out."""
    if not attempts:
        return {}
    wanted = dict(attempts)
    statement = select(checkpoints).where(checkpoints.c.turn_id.in_(wanted))
    pieces: dict[TurnId, list[tuple[int, str]]] = {}
    for row in await conn.execute(statement):
        if row.attempt == wanted[row.turn_id]:
            pieces.setdefault(row.turn_id, []).append((row.offset, row.text))
    return {turn_id: fold(parts) for turn_id, parts in pieces.items()}
