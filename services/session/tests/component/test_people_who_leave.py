"""Somebody's account is deleted: their rooms close at once and then go for good, with every row of them."""

import asyncio
from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from palaver.contracts.actors import Actor
from palaver.contracts.administration import USER_SUSPENDED, UserSuspended
from palaver.contracts.failures import ErrorCode
from palaver.contracts.identity import USER_DELETED, UserDeleted
from palaver.contracts.ids import UserId, new_id
from palaver.contracts.personas import PERSONA_CREATE, CreatePersona
from palaver.contracts.session import SESSION_DELETE, SESSION_GET, OfSession
from palaver.contracts.session_log import RoundEnded, SessionDeleted
from palaver.contracts.streams import DEAD_LETTERS
from palaver.servicekit.database import Database
from palaver.servicekit.settings import DatabaseSettings
from palaver.session.app import SCHEMA
from palaver.session.store.tables import metadata
from palaver.session.testing.world import Replica, World, refused, until

pytestmark = pytest.mark.component


async def leave(world: World, user: str) -> None:
    await world.broker.publish(USER_DELETED, UserDeleted(user_id=UserId(user), at=datetime.now(UTC)), user)


async def tables_with(settings: DatabaseSettings, *needles: str) -> set[str]:
    """Tables with a row that holds one of the needles."""
    database = Database(settings, schema=SCHEMA)
    try:
        async with database.read() as conn:
            found: set[str] = set()
            for table in metadata.tables:
                rows = (await conn.execute(text(f"SELECT t::text FROM {table} t"))).scalars()  # noqa: S608 - our names
                if any(needle in row for row in rows for needle in needles):
                    found.add(table)
            return found
    finally:
        await database.stop()


async def gone(settings: DatabaseSettings, *needles: str) -> None:
    async with asyncio.timeout(30):
        while await tables_with(settings, *needles):  # noqa: ASYNC110 - rows in a database
            await asyncio.sleep(0.05)


async def test_every_row_of_somebody_who_left_goes_and_nobody_else_s(
    world: World, replica: Replica, database_settings: DatabaseSettings
) -> None:
    await replica()
    ada, bob = f"ada-{new_id()}", f"bob-{new_id()}"
    rooms = [await world.create("demo/ada", "demo/bo", user=ada) for _ in range(2)]
    kept = await world.create("demo/ada", user=bob)
    await world.post(kept, "Bob's own words", user=bob)
    who = Actor(user_id=UserId(ada))
    await world.broker.ask(PERSONA_CREATE, CreatePersona(actor=who, name="Sceptic", system_prompt="Doubt."))
    await world.post(rooms[0], "What only Ada said", user=ada)
    answered, running = await world.orders_of(rooms[0], 2)
    await world.claim(answered)
    await world.completed(answered, "What was said to Ada")
    await world.claim(running)
    await world.renew(running, "What is being said")
    await world.broker.ask(SESSION_DELETE, OfSession(actor=who, session_id=rooms[1].id))
    needles = (ada, rooms[0].id, "What only Ada said", "What was said to Ada", "What is being said", "Doubt.")
    assert {"sessions", "messages", "checkpoints", "turns", "session_log", "personas"} <= await tables_with(
        database_settings, *needles
    )

    await leave(world, ada)
    await until(lambda: world.heard(SessionDeleted, rooms[0]))
    assert (await refused(world.broker.ask(SESSION_GET, OfSession(actor=who, session_id=rooms[0].id)))).code is (
        ErrorCode.SESSION_NOT_FOUND
    )
    await until(lambda: running.turn.turn_id in world.called_back)
    assert "turns" in await tables_with(database_settings, rooms[0].id), "its worker has not said its last word"
    await world.stopped(running, "What is being said, cut")
    await gone(database_settings, *needles)
    assert await tables_with(database_settings, "Bob's own words") == {"messages"}


async def test_what_comes_in_for_a_purged_room_is_no_dead_letter(
    world: World, replica: Replica, database_settings: DatabaseSettings
) -> None:
    await replica()
    ada = f"ada-{new_id()}"
    room = await world.create("demo/ada", user=ada)
    await world.post(room, user=ada)
    (order,) = await world.orders_of(room, 1)
    await world.claim(order)
    await leave(world, ada)
    await until(lambda: order.turn.turn_id in world.called_back)
    await world.stopped(order, "cut")
    await gone(database_settings, ada, room.id)
    await world.started(order)
    await world.completed(order, "too late")
    await leave(world, ada)
    await world.settled()
    assert (await world.broker.nc.jetstream().stream_info(DEAD_LETTERS.name)).state.messages == 0
    assert await tables_with(database_settings, ada, room.id, "too late") == set()


async def test_what_runs_for_somebody_who_is_suspended_stops_and_their_rooms_stay(
    world: World, replica: Replica
) -> None:
    await replica()
    ada, bob = f"ada-{new_id()}", f"bob-{new_id()}"
    hers, his = await world.create("demo/ada", user=ada), await world.create("demo/ada", user=bob)
    await world.post(hers, user=ada)
    await world.post(his, user=bob)
    (running,), (other,) = await world.orders_of(hers, 1), await world.orders_of(his, 1)
    for order in (running, other):
        await world.claim(order)
    await world.broker.publish(USER_SUSPENDED, UserSuspended(user_id=UserId(ada), at=datetime.now(UTC)), ada)
    await until(lambda: running.turn.turn_id in world.called_back)
    await world.stopped(running, "cut")
    (ended,) = await until(lambda: world.heard(RoundEnded, hers))
    assert ended.data.reason == "stopped"
    assert (await world.renew(other)).status == "held"
    seen = OfSession(actor=Actor(user_id=UserId(ada)), session_id=hers.id)
    assert (await world.broker.ask(SESSION_GET, seen)).id == hers.id
