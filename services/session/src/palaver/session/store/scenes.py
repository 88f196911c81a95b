"""What goes on in a room, read in one statement by whoever holds its lock."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import Boolean, DateTime, Integer, Text

from palaver.contracts.ids import TurnId, UserId
from palaver.session.domain import PayerLoad, RoundTurn, Scene, Session
from palaver.session.store.rounds import round_of
from palaver.session.store.sessions import seat_of
from palaver.session.store.tables import OwnId
from palaver.session.store.turns import turn_of

# Plain subqueries, each an index lookup. The turn that is asked for is locked, for claims and renewals take it alone;
# everything else changes only under the session's lock, which the caller has.
_READ = (
    text("""
SELECT
    (SELECT coalesce(jsonb_agg(to_jsonb(p) ORDER BY p.position), '[]') FROM participants p
        WHERE p.session_id = :session AND p.removed_at IS NULL) AS seats,
    (SELECT coalesce(jsonb_agg(to_jsonb(r)), '[]') FROM (
        SELECT * FROM rounds WHERE session_id = :session AND number = :current
        UNION ALL SELECT * FROM rounds WHERE session_id = :session AND state = 'queued'
    ) r) AS rounds,
    (SELECT coalesce(jsonb_agg(jsonb_build_object(
            'id', t.id, 'round', t.round, 'step', t.step, 'participant_id', t.participant_id, 'version', t.version,
            'ending', t.ending, 'rank', t.rank, 'created_at', t.created_at) ORDER BY t.id), '[]') FROM turns t
        WHERE t.session_id = :session AND t.round IN (SELECT :current UNION SELECT o.round FROM turns o
            WHERE o.payer = :payer AND o.session_id = :session AND o.state <> 'ended')) AS turns,
    (SELECT to_jsonb(t) || jsonb_build_object('live', coalesce(t.lease_until > clock_timestamp(), false)) FROM turns t
        WHERE t.id = :turn AND t.session_id = :session FOR NO KEY UPDATE OF t) AS turn,
    EXISTS (SELECT FROM messages WHERE session_id = :session AND author = :author
        AND client_message_id = :client_message_id AND kind = 'user') AS said,
    (SELECT count(*) FROM turns o WHERE o.payer = :payer AND o.state <> 'ended' AND o.state <> 'waiting') AS issued,
    (SELECT count(*) FROM turns o WHERE o.payer = :payer AND o.state <> 'ended' AND o.state = 'waiting') AS waiting,
    clock_timestamp() AS read_at
""")
    .bindparams(
        bindparam("session", type_=OwnId),
        bindparam("turn", type_=OwnId),
        bindparam("current", type_=Integer),
        bindparam("payer", type_=Text),
        bindparam("author", type_=Text),
        bindparam("client_message_id", type_=Text),
    )
    .columns(
        seats=JSONB,
        rounds=JSONB,
        turns=JSONB,
        turn=JSONB,
        said=Boolean,
        issued=Integer,
        waiting=Integer,
        read_at=DateTime(timezone=True),
    )
)


async def read(
    conn: AsyncConnection,
    session: Session,
    *,
    turn_id: TurnId | None = None,
    post: tuple[UserId, str] | None = None,
) -> Scene:
    """Who sits in a locked room, its running and waiting rounds, the turns of all rounds in which some are open, and
    one turn, locked too. `post` is an author and a `client_message_id`.
    """
    author, client_message_id = post or (None, None)
    parameters = {
        "session": session.id,
        "payer": session.owner_id,
        "current": session.current_round,
        "turn": turn_id,
        "author": author,
        "client_message_id": client_message_id,
    }
    row = (await conn.execute(_READ, parameters)).one()
    turn = None
    if row.turn is not None:
        moments = {name: _moment(row.turn[name]) for name in ("lease_until", "deadline")}
        turn = turn_of(row.turn | moments)
    rounds = [round_of(found) for found in row.rounds]
    return Scene(
        seats=tuple(seat_of(seat) for seat in row.seats),
        rounds={found.number: found for found in rounds},
        turns=[_round_turn(found) for found in row.turns],
        turn=turn,
        said=row.said,
        load=PayerLoad(row.issued, row.waiting, row.read_at),
    )


def _round_turn(row: Mapping[str, Any]) -> RoundTurn:
    return RoundTurn(
        id=row["id"],
        round=row["round"],
        step=row["step"],
        participant_id=row["participant_id"],
        version=row["version"],
        ending=row["ending"],
        rank=row["rank"],
        asked_at=datetime.fromisoformat(row["created_at"]),
    )


def _moment(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value)
