"""A deleted room is nobody's to see, can be taken back for a while, and then goes for good."""

import asyncio

import pytest
from sqlalchemy import text

from palaver.contracts.client_protocol import RoomsNotice
from palaver.contracts.failures import ErrorCode
from palaver.contracts.gateway import notified_at
from palaver.contracts.ids import UserId, new_id
from palaver.contracts.operations import AuditRecorded
from palaver.contracts.session import (
    AUDIT_RECORDED,
    SESSION_CREATE,
    SESSION_DELETE,
    SESSION_GET,
    SESSION_LIST,
    SESSION_PURGED,
    SESSION_RESTORE,
    CreateSession,
    ListSessions,
    NewParticipant,
    OfSession,
    SessionPurged,
)
from palaver.contracts.session_log import RoundEnded, SessionRestored, SessionView
from palaver.servicekit.database import Database
from palaver.servicekit.settings import DatabaseSettings
from palaver.session.app import SCHEMA
from palaver.session.testing.world import Heard, Replica, World, actor, refused, until

pytestmark = pytest.mark.component


def of(room: SessionView, user: str = "alice") -> OfSession:
    return OfSession(actor=actor(user), session_id=room.id)


async def deleted_of(world: World, user: str = "alice") -> list[SessionView]:
    return list((await world.broker.ask(SESSION_LIST, ListSessions(actor=actor(user), deleted=True))).sessions)


async def test_a_deleted_room_comes_back_as_it_was_and_its_turns_were_stopped(world: World, replica: Replica) -> None:
    await replica()
    room = await world.create()
    await world.post(room, "keep this")
    said, running = await world.orders_of(room, 2)
    for order in (said, running):
        await world.claim(order)
    await world.completed(said, "kept, too")
    await world.broker.ask(SESSION_DELETE, of(room))
    await until(lambda: running.turn.turn_id in world.called_back)
    await world.stopped(running, "cut sh")
    await until(lambda: world.heard(RoundEnded, room))

    assert await deleted_of(world, "mallory") == []
    assert (await refused(world.broker.ask(SESSION_RESTORE, of(room, "mallory")))).code is ErrorCode.SESSION_NOT_FOUND
    assert (await refused(world.broker.ask(SESSION_GET, of(room)))).code is ErrorCode.SESSION_NOT_FOUND
    (kept,) = await deleted_of(world)
    assert kept.id == room.id
    assert kept.deleted_at is not None
    assert kept.purge_at is not None
    assert (kept.purge_at - kept.deleted_at).days == 30

    back = await world.broker.ask(SESSION_RESTORE, of(room))
    assert (back.id, back.title, back.participants, back.deleted_at) == (room.id, room.title, room.participants, None)
    assert await deleted_of(world) == []
    items = (await world.attach(room)).messages
    texts = [i.message.content if i.kind == "user" else i.reply.text for i in items if i.kind != "failed"]
    assert texts == ["keep this", "kept, too", "cut sh"]
    await until(lambda: world.heard(SessionRestored, room))
    assert [entry.seq for entry in await world.log(room)] == list(range(1, (await world.attach(room)).head_seq + 1))
    assert (await refused(world.broker.ask(SESSION_RESTORE, of(room)))).code is ErrorCode.SESSION_NOT_FOUND
    await world.post(room, "and on we go")
    assert len(await world.orders_of(room, 4)) == 4


async def test_other_devices_and_the_audit_trail_hear_of_both(world: World, replica: Replica) -> None:
    await replica()
    ada = f"ada-{new_id()}"
    heard: list[RoomsNotice] = []
    audited: list[AuditRecorded] = []

    async def on_notice(msg: Heard) -> None:
        heard.append(RoomsNotice.model_validate_json(msg.data))

    async def on_audit(msg: Heard) -> None:
        audited.append(AuditRecorded.model_validate_json(msg.data))

    await world.broker.nc.subscribe(notified_at(ada), cb=on_notice)
    await world.broker.nc.subscribe(AUDIT_RECORDED.address.wildcard, cb=on_audit)
    await world.broker.nc.flush()
    room = await world.create(user=ada)
    await world.broker.ask(SESSION_DELETE, of(room, ada))
    await world.broker.ask(SESSION_RESTORE, of(room, ada))
    await until(lambda: len(heard) == 3)
    assert [(notice.data.session_id, notice.data.change) for notice in heard] == [
        (room.id, "created"),
        (room.id, "deleted"),
        (room.id, "restored"),
    ]
    await until(lambda: len(audited) == 2)
    assert [(entry.action, entry.actor_id, entry.target_id) for entry in audited] == [
        ("session.deleted", ada, room.id),
        ("session.restored", ada, room.id),
    ]


async def test_after_its_time_a_deleted_room_goes_with_every_row_and_others_stay(
    world: World, replica: Replica, database_settings: DatabaseSettings
) -> None:
    await replica()
    purged: list[SessionPurged] = []

    async def on_purge(msg: Heard) -> None:
        purged.append(SessionPurged.model_validate_json(msg.data))

    await world.broker.nc.subscribe(SESSION_PURGED.address.wildcard, cb=on_purge)
    old, young, live = [await world.create() for _ in range(3)]
    for room in (old, young, live):
        await world.post(room, f"said in {room.id}")
        for order in await world.orders_of(room, 2):
            await world.failed(order)
    await until(lambda: len(world.heard(RoundEnded)) == 3)
    for room in (old, young):
        await world.broker.ask(SESSION_DELETE, of(room))
    database = Database(database_settings, schema=SCHEMA)
    try:
        async with database.transaction() as conn:
            aged = text("UPDATE sessions SET deleted_at = deleted_at - interval '31 days' WHERE id = :id")
            await conn.execute(aged, {"id": old.id})
        await until(lambda: [fact.session_id for fact in purged] == [old.id])
        async with database.read() as conn:
            left = (await conn.execute(text("SELECT DISTINCT session_id::text FROM messages"))).scalars().all()
        assert set(left) == {young.id, live.id}
    finally:
        await database.stop()
    assert (await refused(world.broker.ask(SESSION_RESTORE, of(old)))).code is ErrorCode.SESSION_NOT_FOUND
    assert [room.id for room in await deleted_of(world)] == [young.id]


async def test_a_room_whose_time_is_over_is_not_restored_even_if_no_sweep_has_come(
    world: World, replica: Replica, database_settings: DatabaseSettings
) -> None:
    await replica()
    room = await world.create()
    await world.post(room)
    (order, _) = await world.orders_of(room, 2)
    await world.claim(order)  # as long as it runs, no row goes
    await world.broker.ask(SESSION_DELETE, of(room))
    database = Database(database_settings, schema=SCHEMA)
    try:
        async with database.transaction() as conn:
            await conn.execute(text("UPDATE sessions SET deleted_at = deleted_at - interval '30 days'"))
    finally:
        await database.stop()
    assert (await refused(world.broker.ask(SESSION_RESTORE, of(room)))).code is ErrorCode.SESSION_NOT_FOUND
    assert await deleted_of(world) == []


async def test_who_has_as_many_rooms_as_one_may_have_restores_none(world: World, replica: Replica) -> None:
    await replica(max_sessions_per_owner=2)
    ada = UserId(f"ada-{new_id()}")
    rooms = [await world.create(user=ada) for _ in range(2)]
    await world.broker.ask(SESSION_DELETE, of(rooms[0], ada))
    third = CreateSession(actor=actor(ada), participants=(NewParticipant(model="demo/ada"),))
    await world.broker.ask(SESSION_CREATE, third)
    assert (await refused(world.broker.ask(SESSION_RESTORE, of(rooms[0], ada)))).code is ErrorCode.TOO_MANY_SESSIONS
    assert [room.id for room in await deleted_of(world, ada)] == [rooms[0].id]
    await world.broker.ask(SESSION_DELETE, of(rooms[1], ada))
    answers = await asyncio.gather(
        *(world.broker.ask(SESSION_RESTORE, of(room, ada)) for room in rooms), return_exceptions=True
    )
    assert sum(isinstance(answer, SessionView) for answer in answers) == 1, "two at once are one too many"
