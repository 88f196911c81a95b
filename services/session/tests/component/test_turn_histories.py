"""Whatever happens to a turn, in whatever order: it ends exactly once, and nothing is left over."""

from typing import Any, TypeAlias

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from palaver.contracts.model_router import RunTurn
from palaver.contracts.session_log import (
    ReplyAppended,
    RoundEnded,
    SessionEvent,
    SessionView,
    TurnFailed,
    TurnStarted,
    TurnStopped,
)
from palaver.servicekit.database import Database
from palaver.servicekit.settings import DatabaseSettings
from palaver.session.app import SCHEMA
from palaver.session.store.tables import checkpoints
from palaver.session.testing.world import Replica, World, until

pytestmark = pytest.mark.component

ATTEMPTS = st.integers(-3, -1)
"""Which of the orders so far, counted from the newest: facts arrive late and twice."""
Deed: TypeAlias = tuple[str, int]
DEEDS = st.lists(
    st.tuples(
        st.sampled_from(
            ["claim", "renew", "release", "started", "completed", "failed", "stopped", "stop_turn", "stop_all"]
        ),
        ATTEMPTS,
    ),
    min_size=2,
    max_size=12,
)


async def _do(world: World, room: SessionView, deed: Deed) -> None:
    name, which = deed
    orders = [order for order in world.orders if order.session_id == room.id]
    order = orders[max(which, -len(orders))]
    worker = f"w{order.attempt}"
    match name:
        case "claim":
            await world.claim(order, worker)
        case "renew":
            await world.renew(order, f"checkpoint {order.attempt}", worker=worker)
        case "release":
            await world.renew(order, released=True, worker=worker)
        case "stop_turn":
            await world.stop(room, turn=order.turn.turn_id)
        case "stop_all":
            await world.stop(room)
        case "started":
            await world.started(order, worker)
        case _:
            await getattr(world, name)(order, f"{name} {order.attempt}", worker)


def _ends(log: list[SessionEvent], order: RunTurn) -> list[SessionEvent]:
    kinds = (ReplyAppended, TurnFailed, TurnStopped)
    return [entry for entry in log if isinstance(entry, kinds) and entry.data.turn_id == order.turn.turn_id]


async def test_every_history_of_a_turn_ends_once_and_leaves_nothing(
    world: World, replica: Replica, database_settings: DatabaseSettings
) -> None:
    await replica()
    database = Database(database_settings, schema=SCHEMA)

    async def history(deeds: list[Deed]) -> None:
        room = await world.create("demo/ada")
        await world.post(room)
        (order,) = await world.orders_of(room, 1)
        for deed in deeds:
            await _do(world, room, deed)
        await world.completed(order, "the last word")
        await until(lambda: world.heard(RoundEnded, room))
        await _check(world, room, order, deeds)

    for deeds in _examples():
        await history(deeds)
    async with database.read() as conn:
        assert (await conn.execute(select(func.count()).select_from(checkpoints))).scalar_one() == 0
    await database.stop()


async def _check(world: World, room: SessionView, order: RunTurn, deeds: list[Deed]) -> None:
    log = await world.log(room)
    assert [entry.seq for entry in log] == list(range(1, len(log) + 1))
    (end,) = _ends(log, order)
    starts = [entry for entry in log if isinstance(entry, TurnStarted)]
    assert all(entry.seq < end.seq for entry in starts)
    attempts = [entry.data.attempt for entry in starts]
    assert attempts == sorted(set(attempts))
    assert {entry.data.rank for entry in starts} <= {1}
    if isinstance(end, ReplyAppended):
        said = {f"{name} {attempt}" for name, _ in deeds for attempt in range(1, 14)}
        checkpoint = {f"checkpoint {attempt}" for attempt in range(1, 14)}
        assert end.data.reply.text in said | checkpoint | {"the last word"}
        if end.data.reply.text.startswith("checkpoint"):
            assert end.data.reply.finish_reason == "stopped"
    assert not (await world.attach(room)).running


def _examples() -> list[list[Deed]]:
    """Histories drawn by hypothesis; drawn first, for one service and its servers serve them all."""
    drawn: list[list[Deed]] = []

    @settings(
        max_examples=60,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=[HealthCheck.too_slow],
    )
    @given(DEEDS)
    def draw(deeds: Any) -> None:
        drawn.append(deeds)

    draw()
    return drawn
