"""Set money aside before a call: one row per turn or side job, granted only while the payer's day has room for it."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

import sqlalchemy as sa
import structlog
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from palaver.analytics.domain import Demand, Held, OpenCall, Standing, WorkId, day_of
from palaver.analytics.estimating import estimate_of_side_job
from palaver.analytics.store.booking import book_within
from palaver.analytics.store.tables import (
    ended_turns,
    facts,
    lock_work,
    lock_work_and_day,
    payer_days,
    reservations,
)
from palaver.contracts.analytics import COMPLETION_CALL_LOST, CompletionCallLost
from palaver.contracts.ids import CompletionId, TurnId, UserId
from palaver.servicekit.broker import Broker
from palaver.servicekit.database import Database
from palaver.servicekit.outbox import Outbox

_log = structlog.get_logger()
_OUTBOX = Outbox()


class Outdated(Exception):  # noqa: N818 - says what the request is
    """A later attempt holds the reservation, or the turn or side job is `over`."""

    def __init__(self, *, over: bool) -> None:
        super().__init__("over" if over else "a later attempt holds the reservation")
        self.over = over


class Exceeded(Exception):  # noqa: N818 - says what the limit is
    """The day has no room for it."""

    def __init__(self, standing: Standing) -> None:
        super().__init__("the daily limit is exceeded")
        self.standing = standing


class ReservationStore:
    """Money set aside for what runs."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def reserve(self, demand: Demand, limit: Decimal | None, now: datetime) -> Decimal | None:
        """Put this reservation in the place of the earlier one; repeating it changes nothing.

        Returns what is left of the limit. Raises Exceeded, Outdated, Unavailable.
        """
        today = day_of(now)
        async with self._database.transaction() as connection:
            if demand.open_call is not None:
                await _settle_earlier(connection, demand)
            await lock_work_and_day(connection, demand.work_id, demand.payer, today)
            known = await _known(connection, demand, today)
            if known.over or (known.attempt or 0) > demand.attempt:
                raise Outdated(over=known.over)
            remaining = max(demand.amount - known.booked, Decimal(0))
            others = Standing(limit, known.spent, known.reserved)
            if not others.allows(remaining):
                raise Exceeded(others)
            await connection.execute(_PUT, _row(demand) | {"remaining": remaining, "updated_at": now})
            return others.left_after(remaining)

    async def release(self, turn_id: TurnId, now: datetime) -> None:
        """The turn is over: nothing is set aside for it any more, whoever still asks.

        A silent worker's answer may end a turn of which another worker has just begun the next attempt.
        """
        async with self._database.transaction() as connection:
            await lock_work(connection, turn_id)
            gone = sa.delete(reservations).where(reservations.c.turn_id == turn_id)
            await connection.execute(gone.add_cte(_end(turn_id, now).cte("ended")))

    async def release_side_job(self, completion_id: CompletionId, delivery: int, now: datetime) -> None:
        """A delivery has said how it ended, after telling of all its calls; no other one may begin a call.

        Of an earlier delivery that still holds money nothing more is expected. A later one is in the middle of its
        call, keeps what it holds, and says its own end.
        """
        async with self._database.transaction() as connection:
            await lock_work(connection, completion_id)
            await connection.execute(_end(completion_id, now))
            held = await _held(connection, completion_id)
            if held is None or held.demand.attempt > delivery:
                return
            if held.demand.attempt < delivery:
                await _book_lost(connection, held)
            await connection.execute(sa.delete(reservations).where(reservations.c.turn_id == completion_id))

    async def sweep(self, before: datetime) -> int:
        """Remove reservations last touched before that moment, and forget older ends. Returns how many reservations."""
        old = reservations.c.updated_at < before
        turns = reservations.c.call.is_(None)
        async with self._database.transaction() as connection:
            await connection.execute(sa.delete(ended_turns).where(ended_turns.c.ended_at < before))
            swept = (await connection.execute(sa.delete(reservations).where(old & turns))).rowcount
            side_jobs = (await connection.scalars(sa.select(reservations.c.turn_id).where(old & ~turns))).all()
        for completion_id in side_jobs:
            swept += await self._sweep_side_job(completion_id, before)
        return swept

    async def _sweep_side_job(self, completion_id: CompletionId, before: datetime) -> int:
        async with self._database.transaction() as connection:
            await lock_work(connection, completion_id)
            held = await _held(connection, completion_id)
            if held is None or held.since >= before:
                return 0
            await _book_lost(connection, held)
            await connection.execute(sa.delete(reservations).where(reservations.c.turn_id == completion_id))
            return 1

    async def standing(self, payer: UserId, limit: Decimal | None, now: datetime) -> Standing:
        """Where a payer stands today."""
        async with self._database.read() as connection:
            return await _standing(connection, payer, day_of(now), limit)


def _row(demand: Demand) -> dict[str, object]:
    call = demand.open_call
    return {
        "turn_id": demand.work_id,
        "attempt": demand.attempt,
        "payer": demand.payer,
        "session_id": demand.session_id,
        "model_id": demand.model_id,
        "amount": demand.amount,
        "purpose": demand.purpose,
        "call": call and call.call,
        "provider": call and call.provider,
        "prompt_tokens": call and call.prompt_tokens,
        "prompt_cost": call and call.prompt_cost,
        "call_id": call and call.call_id,
        "key_id": call and call.key_id,
    }


async def _held(connection: AsyncConnection, work_id: WorkId) -> Held | None:
    found = await connection.execute(sa.select(reservations).where(reservations.c.turn_id == work_id))
    row = found.mappings().one_or_none()
    if row is None:
        return None
    call = None if row["call"] is None else OpenCall(*(row[name] for name in _OPEN_CALL))
    values = {name: row[name] for name in ("attempt", "payer", "session_id", "model_id", "amount", "purpose")}
    return Held(Demand(work_id=work_id, open_call=call, **values), row["updated_at"])


_OPEN_CALL = ("call", "provider", "prompt_tokens", "prompt_cost", "call_id", "key_id")


async def _book_lost(connection: AsyncConnection, held: Held) -> None:
    """Whoever held this will not be heard of again: unless its call is booked already, it is estimated.

    The vault is told, for the key's own quota; the relay finds it within its sweep, and nobody waits for it.
    """
    fact, call = estimate_of_side_job(held), held.demand.open_call
    if fact is None or call is None or not await book_within(connection, fact):
        return
    _log.warning("side_job_call_lost", completion_id=fact.turn_id, delivery=fact.attempt, call=fact.call)
    if call.call_id is not None and call.key_id is not None:
        lost = CompletionCallLost(
            completion_id=CompletionId(fact.turn_id),
            delivery=fact.attempt,
            call_id=call.call_id,
            key_id=call.key_id,
            tokens_input=fact.tokens_input,
            cost=fact.cost,
            at=fact.started_at,
        )
        said = Broker.outgoing(COMPLETION_CALL_LOST, lost, lost.completion_id, message_id=f"{lost.call_id}:lost")
        await _OUTBOX.add(connection, said)


async def _settle_earlier(connection: AsyncConnection, demand: Demand) -> None:
    """Book what an earlier delivery of a side job held, before today's lock: days are locked oldest first."""
    await lock_work(connection, demand.work_id)
    held = await _held(connection, demand.work_id)
    if held is not None and held.demand.attempt < demand.attempt:
        await _book_lost(connection, held)


def _end(work_id: WorkId, now: datetime) -> Insert:
    return insert(ended_turns).values(turn_id=work_id, ended_at=now).on_conflict_do_nothing()


@dataclass(frozen=True, slots=True)
class _Known:
    """What decides about a demand: whether the work is over, the attempt that holds money for it, what is booked of
    that for which the money is meant, and what the payer has spent today and holds for other work.
    """

    over: bool
    attempt: int | None
    booked: Decimal
    spent: Decimal
    reserved: Decimal


async def _known(connection: AsyncConnection, demand: Demand, day: date) -> _Known:
    wanted = {
        "work": demand.work_id,
        "this_attempt": demand.attempt,
        "this_call": demand.open_call and demand.open_call.call,
        "whose": demand.payer,
        "which": day,
    }
    return _Known(*(await connection.execute(_KNOWN, wanted)).one())


async def _standing(connection: AsyncConnection, payer: UserId, day: date, limit: Decimal | None) -> Standing:
    return Standing(limit, *(await connection.execute(_STANDING, {"whose": payer, "which": day})).one())


def _sum(query: sa.Select[tuple[Decimal]]) -> sa.ColumnElement[Decimal]:
    return sa.func.coalesce(query.scalar_subquery(), Decimal(0))


# Statements of a turn's way are made once: making one costs more than running it.
_WORK, _WHOSE, _WHICH = sa.bindparam("work"), sa.bindparam("whose"), sa.bindparam("which")
_CALL = sa.bindparam("this_call", type_=sa.Integer)
_SAME = reservations.c.turn_id == _WORK
_MEANT = sa.and_(
    facts.c.turn_id == _WORK,
    facts.c.attempt == sa.bindparam("this_attempt"),
    sa.or_(_CALL.is_(None), facts.c.call == _CALL),
)
_SPENT = sa.select(payer_days.c.spent).where(payer_days.c.payer == _WHOSE, payer_days.c.day == _WHICH)
_RESERVED = sa.select(sa.func.sum(reservations.c.remaining)).where(reservations.c.payer == _WHOSE)
_STANDING = sa.select(_sum(_SPENT).label("spent"), _sum(_RESERVED).label("reserved"))
_KNOWN = sa.select(
    sa.exists().where(ended_turns.c.turn_id == _WORK).label("over"),
    sa.select(reservations.c.attempt).where(_SAME).scalar_subquery().label("attempt"),
    _sum(sa.select(sa.func.sum(facts.c.cost)).where(_MEANT)).label("booked"),
    _sum(_SPENT).label("spent"),
    _sum(_RESERVED.where(~_SAME)).label("reserved"),
)
_NEW = insert(reservations)
_PUT = _NEW.on_conflict_do_update(
    index_elements=reservations.primary_key,
    set_={column.name: _NEW.excluded[column.name] for column in reservations.c if not column.primary_key},
)
