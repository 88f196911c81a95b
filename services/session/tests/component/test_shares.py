"""A link shows what its room showed when it was made, to whoever has it, and nothing else."""

import asyncio
import hashlib
from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from palaver.contracts import limits
from palaver.contracts.administration import USER_SUSPENDED, UserSuspended
from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.ids import UserId, new_id
from palaver.contracts.operations import AuditRecorded
from palaver.contracts.session import (
    AUDIT_RECORDED,
    MESSAGE_DELETE,
    REPLY_REGENERATE,
    SESSION_CREATE,
    SESSION_DELETE,
    SESSION_RESTORE,
    CreateSession,
    NewParticipant,
    OfMessage,
    OfSession,
    RegenerateReply,
)
from palaver.contracts.session_log import MessagePosted, ReplyAppended, RoundEnded, SessionView
from palaver.contracts.shares import (
    SHARE_CREATE,
    SHARE_LIST,
    SHARE_REVOKE,
    SHARED_READ,
    CreateShare,
    ReadShared,
    RevokeShare,
    SharedPage,
    ShareView,
)
from palaver.servicekit.database import Database
from palaver.servicekit.settings import DatabaseSettings
from palaver.session.app import SCHEMA
from palaver.session.testing.world import Heard, Replica, World, actor, refused, until

pytestmark = [pytest.mark.component, pytest.mark.attack]


def hashed(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


async def share(
    world: World, room: SessionView, token: str, *, user: str = "alice", prompts: bool = False
) -> ShareView:
    request = CreateShare(actor=actor(user), session_id=room.id, token_hash=hashed(token), prompts=prompts)
    return await world.broker.ask(SHARE_CREATE, request)


async def read(world: World, token: str, after: int = 0) -> SharedPage:
    return await world.broker.ask(SHARED_READ, ReadShared(token_hash=hashed(token), after=after))


async def links(world: World, room: SessionView) -> list[ShareView]:
    return list((await world.broker.ask(SHARE_LIST, OfSession(actor=actor(), session_id=room.id))).shares)


async def round_of(world: World, room: SessionView, question: str) -> None:
    """A question, and an answer of everybody who sits there."""
    before = len(world.heard(RoundEnded, room))
    await world.post(room, question)
    count = (before + 1) * len(room.participants)
    for order in (await world.orders_of(room, count))[-len(room.participants) :]:
        await world.completed(order, f"{order.turn.speaker} on {question}")
    await until(lambda: len(world.heard(RoundEnded, room)) == before + 1)


async def prompted(world: World) -> SessionView:
    seats = tuple(
        NewParticipant(model=f"demo/{name}", name=name.title(), color="#112233", system_prompt=f"Be {name}.")
        for name in ("ada", "bo")
    )
    request = CreateSession(actor=actor(), title="Plans", system_prompt="Secretly plan.", participants=seats)
    return await world.broker.ask(SESSION_CREATE, request)


async def test_a_link_shows_what_was_shown_then_and_nothing_of_who_said_it(world: World, replica: Replica) -> None:
    await replica()
    room = await prompted(world)
    await round_of(world, room, "one")
    await share(world, room, "t1")
    await share(world, room, "t2", prompts=True)
    (first, _) = world.heard(ReplyAppended, room)
    again = RegenerateReply(actor=actor(), reply_id=first.data.reply_id)
    turn = (await world.broker.ask(REPLY_REGENERATE, again)).turn
    order = next(one for one in await world.orders_of(room, 3) if one.turn.turn_id == turn.turn_id)
    await world.completed(order, "on second thoughts")
    await until(lambda: len(world.heard(ReplyAppended, room)) == 3)
    await round_of_two(world, room)

    page = await read(world, "t1")
    assert (page.title, page.system_prompt, page.next_after) == ("Plans", None, None)
    assert [(speaker.name, speaker.color, speaker.system_prompt) for speaker in page.speakers] == [
        ("Ada", "#112233", None),
        ("Bo", "#112233", None),
    ]
    told = [(None if m.speaker is None else page.speakers[m.speaker].name, m.model, m.text) for m in page.messages]
    assert told[0] == (None, None, "one")
    assert sorted(map(str, told[1:])) == sorted(
        map(str, [("Ada", "demo/ada", "Ada on one"), ("Bo", "demo/bo", "Bo on one")])
    )
    plain = page.model_dump_json()
    for hidden in ("alice", room.id, room.participants[0].id, "Be ada.", "Secretly plan.", first.data.turn_id):
        assert hidden not in plain
    chosen = await read(world, "t2")
    assert chosen.system_prompt == "Secretly plan."
    assert [speaker.system_prompt for speaker in chosen.speakers] == ["Be ada.", "Be bo."]


async def round_of_two(world: World, room: SessionView) -> None:
    """What is said after the links were made."""
    await world.post(room, "later")
    for order in (await world.orders_of(room, 5))[-2:]:
        await world.completed(order, "later, too")
    await until(lambda: len(world.heard(RoundEnded, room)) == 2)


async def test_a_link_ends_when_it_is_taken_back_its_time_is_over_or_its_room_is_deleted(
    world: World, replica: Replica, database_settings: DatabaseSettings
) -> None:
    await replica()
    room = await world.create()
    assert (await refused(share(world, room, "early"))).code is ErrorCode.CONFLICT
    await round_of(world, room, "one")
    made = await share(world, room, "t1")
    assert (made.messages, made.expires_at) == (3, None)
    timed = CreateShare(actor=actor(), session_id=room.id, token_hash=hashed("t2"), days=7)
    ending = await world.broker.ask(SHARE_CREATE, timed)
    assert ending.expires_at is not None
    assert (ending.expires_at - ending.created_at).days == 7
    assert [link.id for link in await links(world, room)] == [ending.id, made.id]

    database = Database(database_settings, schema=SCHEMA)
    try:
        async with database.transaction() as conn:
            await conn.execute(text("UPDATE shares SET expires_at = now() WHERE id = :id"), {"id": ending.id})
    finally:
        await database.stop()
    assert (await refused(read(world, "t2"))).code is ErrorCode.NOT_FOUND
    assert [link.id for link in await links(world, room)] == [made.id]

    whole = OfSession(actor=actor(), session_id=room.id)
    await world.broker.ask(SESSION_DELETE, whole)
    assert (await refused(read(world, "t1"))).code is ErrorCode.NOT_FOUND
    await world.broker.ask(SESSION_RESTORE, whole)
    assert len((await read(world, "t1")).messages) == 3

    (posted,) = world.heard(MessagePosted, room)
    await world.broker.ask(MESSAGE_DELETE, OfMessage(actor=actor(), message_id=posted.data.message.id))
    assert [message.speaker is None for message in (await read(world, "t1")).messages] == [False, False]

    taken = RevokeShare(actor=actor(), session_id=room.id, share_id=made.id)
    await world.broker.ask(SHARE_REVOKE, taken)
    assert (await refused(read(world, "t1"))).code is ErrorCode.NOT_FOUND
    assert (await refused(world.broker.ask(SHARE_REVOKE, taken))).code is ErrorCode.NOT_FOUND
    assert await links(world, room) == []


async def test_nobody_else_makes_sees_or_takes_back_links(world: World, replica: Replica) -> None:
    await replica()
    room, mine = await world.create(), await world.create(user="mallory")
    for each, user in ((room, "alice"), (mine, "mallory")):
        await world.post(each, "one", user=user)
        for order in await world.orders_of(each, 2):
            await world.completed(order)
    await until(lambda: len(world.heard(RoundEnded)) == 2)
    made = await share(world, room, "t1")
    mallory = OfSession(actor=actor("mallory"), session_id=room.id)
    assert (await refused(share(world, room, "t2", user="mallory"))).code is ErrorCode.SESSION_NOT_FOUND
    assert (await refused(world.broker.ask(SHARE_LIST, mallory))).code is ErrorCode.SESSION_NOT_FOUND
    for where in (room, mine):  # also by way of a room of her own
        taking = RevokeShare(actor=actor("mallory"), session_id=where.id, share_id=made.id)
        assert (await refused(world.broker.ask(SHARE_REVOKE, taking))).code in {
            ErrorCode.SESSION_NOT_FOUND,
            ErrorCode.NOT_FOUND,
        }
    for guess in ("", "t2", made.id, room.id):
        assert (await refused(read(world, guess))).code is ErrorCode.NOT_FOUND
    assert len((await read(world, "t1")).messages) == 3


async def test_links_are_audited_counted_and_end_with_a_suspension(world: World, replica: Replica) -> None:
    await replica()
    ada = f"ada-{new_id()}"
    audited: list[AuditRecorded] = []

    async def on_audit(msg: Heard) -> None:
        audited.append(AuditRecorded.model_validate_json(msg.data))

    await world.broker.nc.subscribe(AUDIT_RECORDED.address.wildcard, cb=on_audit)
    room = await world.create("demo/ada", user=ada)
    await world.post(room, "one", user=ada)
    (order,) = await world.orders_of(room, 1)
    await world.completed(order)
    await until(lambda: world.heard(RoundEnded, room))
    made = [await share(world, room, f"t{number}", user=ada) for number in range(limits.MAX_SHARES)]
    assert (await refused(share(world, room, "one more", user=ada))).code is ErrorCode.CONFLICT
    taking = RevokeShare(actor=actor(ada), session_id=room.id, share_id=made[0].id)
    await world.broker.ask(SHARE_REVOKE, taking)
    await until(lambda: len(audited) == limits.MAX_SHARES + 1)
    assert {entry.action for entry in audited[:-1]} == {"session.shared"}
    last = audited[-1]
    assert (last.action, last.actor_id, last.target_id, last.details) == (
        "session.unshared",
        ada,
        room.id,
        {"share": made[0].id},
    )
    await read(world, "t1")
    await world.broker.publish(USER_SUSPENDED, UserSuspended(user_id=UserId(ada), at=datetime.now(UTC)), ada)
    async with asyncio.timeout(20):
        while await works(world, "t1"):  # noqa: ASYNC110 - the link is a row of the service
            await asyncio.sleep(0.01)


async def works(world: World, token: str) -> bool:
    try:
        await read(world, token)
    except Failure:
        return False
    return True


async def test_a_long_room_is_read_page_by_page(world: World, replica: Replica) -> None:
    await replica()
    room = await world.create("demo/ada")
    for number in range(30):
        await round_of(world, room, f"q{number}")
    await share(world, room, "t1")
    first = await read(world, "t1")
    assert (len(first.messages), first.next_after) == (limits.SHARED_PAGE, limits.SHARED_PAGE)
    second = await read(world, "t1", limits.SHARED_PAGE)
    assert second.next_after is None
    assert [m.text for m in (*first.messages, *second.messages)][::2] == [f"q{number}" for number in range(30)]
    assert (await read(world, "t1", 60)).messages == ()
