"""Other versions of an answer: made by a turn of their own, one of them shown, each of them rated."""

import pytest
from sqlalchemy import update

from palaver.contracts import limits
from palaver.contracts.client_protocol import FailedTurnItem, ReplyItem
from palaver.contracts.failures import ErrorCode
from palaver.contracts.ids import MessageId
from palaver.contracts.session import (
    MESSAGE_DELETE,
    MESSAGE_LIST,
    PARTICIPANT_REMOVE,
    REPLY_FEEDBACK,
    REPLY_REGENERATE,
    REPLY_SELECT,
    REPLY_VERSIONS,
    GiveFeedback,
    ListMessages,
    OfMessage,
    RegenerateReply,
    RemoveParticipant,
    ReplyVersions,
    SelectVersion,
)
from palaver.contracts.session_log import (
    Feedback,
    FeedbackGiven,
    ReplyAppended,
    ReplyVersionSelected,
    RoundEnded,
    SessionView,
    TurnFailed,
    TurnRef,
    TurnRequested,
    TurnStarted,
)
from palaver.servicekit.database import Database
from palaver.servicekit.settings import DatabaseSettings
from palaver.session.app import SCHEMA
from palaver.session.store.tables import sessions
from palaver.session.testing.world import Replica, World, actor, refused, until

pytestmark = pytest.mark.component


async def answered(world: World, text: str = "one") -> tuple[SessionView, MessageId]:
    """A room of two, each of which answered once; the answer of the first."""
    room = await world.create("demo/ada", "demo/bo")
    await world.post(room, "Well?")
    for order in await world.orders_of(room, 2):
        await world.claim(order)
        await world.started(order)
        await world.completed(order, text)
    replies = await until(lambda: found if len(found := world.heard(ReplyAppended, room)) == 2 else [])
    await until(lambda: world.heard(RoundEnded, room))
    return room, next(e.data.reply.id for e in replies if e.data.participant_id == room.participants[0].id)


async def regenerate(world: World, reply: MessageId, model: str | None = None, user: str = "alice") -> TurnRef:
    request = RegenerateReply(actor=actor(user), reply_id=reply, model=model)
    return (await world.broker.ask(REPLY_REGENERATE, request)).turn


async def another(world: World, room: SessionView, reply: MessageId, text: str) -> TurnRef:
    """A new version, written to its end."""
    turn = await regenerate(world, reply)
    order = next(o for o in await world.orders_of(room, 1 + turn.version) if o.turn.turn_id == turn.turn_id)
    await world.claim(order)
    await world.started(order)
    await until(lambda: [e for e in world.heard(TurnStarted, room) if e.data.turn_id == turn.turn_id])
    await world.completed(order, text)
    await until(lambda: [e for e in world.heard(ReplyAppended, room) if e.data.turn_id == turn.turn_id])
    return turn


async def versions(world: World, reply: MessageId) -> ReplyVersions:
    return await world.broker.ask(REPLY_VERSIONS, OfMessage(actor=actor(), message_id=reply))


async def select(world: World, reply: MessageId, version: int, user: str = "alice") -> None:
    await world.broker.ask(REPLY_SELECT, SelectVersion(actor=actor(user), message_id=reply, version=version))


async def rate(world: World, reply: MessageId, rating: Feedback | None, version: int | None = None) -> None:
    request = GiveFeedback(actor=actor(), message_id=reply, version=version, feedback=rating)
    await world.broker.ask(REPLY_FEEDBACK, request)


async def shown(world: World, room: SessionView, reply: MessageId) -> ReplyItem:
    page = await world.broker.ask(MESSAGE_LIST, ListMessages(actor=actor(), session_id=room.id))
    return next(item for item in page.items if isinstance(item, ReplyItem) and item.reply.id == reply)


async def test_another_version_takes_the_place_of_the_first_and_is_shown(world: World, replica: Replica) -> None:
    await replica()
    room, reply = await answered(world)
    first = await shown(world, room, reply)
    turn = await another(world, room, reply, "two")
    assert (turn.version, turn.reply_id, turn.round, turn.step, turn.branch) == (
        2,
        reply,
        first.turn.round,
        first.turn.step,
        first.turn.branch,
    )
    item = await shown(world, room, reply)
    assert (item.reply.text, item.reply.version, item.versions) == ("two", 2, 2)
    assert item.reply.rank == first.reply.rank
    assert [e.data.rank for e in world.heard(TurnStarted, room) if e.data.turn_id == turn.turn_id] == [first.reply.rank]
    made = await versions(world, reply)
    assert (made.active, [one.text for one in made.versions]) == (2, ["one", "two"])
    assert len(world.heard(RoundEnded, room)) == 1  # a version opens no round and ends none
    requested = [e.data for e in world.heard(TurnRequested, room) if e.data.reply_id == reply]
    assert [one.version for one in requested] == [1, 2]


async def test_an_older_version_can_be_shown_again_and_the_log_says_the_whole_of_it(
    world: World, replica: Replica
) -> None:
    await replica()
    room, reply = await answered(world)
    await another(world, room, reply, "two")
    await select(world, reply, 1)
    await select(world, reply, 1)  # a repetition says nothing
    (selected,) = await until(lambda: world.heard(ReplyVersionSelected, room))
    assert (selected.data.reply.text, selected.data.version) == ("one", 1)
    assert (await shown(world, room, reply)).reply.text == "one"
    assert (await versions(world, reply)).active == 1
    logged = [entry for entry in await world.log(room) if isinstance(entry, ReplyVersionSelected)]
    assert logged == [selected]


async def test_a_version_that_fails_leaves_the_answer_as_it_was(world: World, replica: Replica) -> None:
    await replica()
    room, reply = await answered(world)
    turn = await regenerate(world, reply, "demo/bo")
    assert turn.model == "demo/bo"
    order = next(o for o in await world.orders_of(room, 3) if o.turn.turn_id == turn.turn_id)
    await world.claim(order)
    await world.failed(order)
    await until(lambda: world.heard(TurnFailed, room))
    item = await shown(world, room, reply)
    assert (item.reply.text, item.reply.version, item.versions) == ("one", 1, 2)
    assert [one.version for one in (await versions(world, reply)).versions] == [1]


async def test_an_answer_that_failed_is_asked_for_again_in_its_place(world: World, replica: Replica) -> None:
    await replica()
    room = await world.create("demo/ada")
    await world.post(room, "Well?")
    (order,) = await world.orders_of(room, 1)
    await world.claim(order)
    await world.failed(order)
    (failed,) = await until(lambda: world.heard(TurnFailed, room))
    reply = failed.data.reply_id
    assert (await refused(versions(world, reply))).code is ErrorCode.NOT_FOUND  # there is no text to show
    turn = await regenerate(world, reply)
    again = next(o for o in await world.orders_of(room, 2) if o.turn.turn_id == turn.turn_id)
    await world.claim(again)
    await world.failed(again)
    await until(lambda: [e for e in world.heard(TurnFailed, room) if e.data.version == 2])
    page = await world.broker.ask(MESSAGE_LIST, ListMessages(actor=actor(), session_id=room.id))
    assert [item.turn.version for item in page.items if isinstance(item, FailedTurnItem)] == [2]
    await another(world, room, reply, "at last")
    page = await world.broker.ask(MESSAGE_LIST, ListMessages(actor=actor(), session_id=room.id))
    assert [type(item).__name__ for item in page.items] == ["UserMessageItem", "ReplyItem"]


async def test_who_speaks_or_has_left_is_not_asked_again(world: World, replica: Replica) -> None:
    await replica()
    room, reply = await answered(world)
    await regenerate(world, reply)
    assert (await refused(regenerate(world, reply))).code is ErrorCode.CONFLICT
    delete = world.broker.ask(MESSAGE_DELETE, OfMessage(actor=actor(), message_id=reply))
    assert (await refused(delete)).code is ErrorCode.CONFLICT
    await world.stop(room)
    seat = room.participants[0].id
    request = RemoveParticipant(actor=actor(), session_id=room.id, participant_id=seat)
    await world.broker.ask(PARTICIPANT_REMOVE, request)
    assert (await refused(regenerate(world, reply))).code is ErrorCode.CONFLICT


async def test_an_answer_has_so_many_versions_and_no_more(
    world: World, replica: Replica, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "MAX_REPLY_VERSIONS", 2)
    await replica()
    room, reply = await answered(world)
    await another(world, room, reply, "two")
    refusal = await refused(regenerate(world, reply))
    assert (refusal.code, refusal.body.details) == (ErrorCode.CONFLICT, {"maximum": 2})


async def test_strangers_and_deleted_answers_are_not_found(world: World, replica: Replica) -> None:
    await replica()
    _, reply = await answered(world)
    assert (await refused(regenerate(world, reply, user="bob"))).code is ErrorCode.NOT_FOUND
    assert (await refused(select(world, reply, 1, user="bob"))).code is ErrorCode.NOT_FOUND
    assert (await refused(select(world, reply, 7))).code is ErrorCode.NOT_FOUND
    assert (await refused(rate(world, reply, Feedback(rating=1), version=7))).code is ErrorCode.NOT_FOUND
    other = await world.create("demo/ada")
    elsewhere = RegenerateReply(actor=actor(), reply_id=reply, session_id=other.id)
    assert (await refused(world.broker.ask(REPLY_REGENERATE, elsewhere))).code is ErrorCode.NOT_FOUND
    await world.broker.ask(MESSAGE_DELETE, OfMessage(actor=actor(), message_id=reply))
    assert (await refused(regenerate(world, reply))).code is ErrorCode.NOT_FOUND
    assert (await refused(versions(world, reply))).code is ErrorCode.NOT_FOUND


async def test_what_a_person_thinks_is_kept_for_each_version(world: World, replica: Replica) -> None:
    await replica()
    room, reply = await answered(world)
    bad, good = Feedback(rating=-1, comment="too short"), Feedback(rating=1)
    await rate(world, reply, bad)
    await rate(world, reply, bad)  # a repetition says nothing
    assert (await shown(world, room, reply)).reply.feedback == bad
    await another(world, room, reply, "two")
    assert (await shown(world, room, reply)).reply.feedback is None
    await rate(world, reply, good)
    await rate(world, reply, None, version=1)
    assert [one.feedback for one in (await versions(world, reply)).versions] == [None, good]
    given = await until(lambda: found if len(found := world.heard(FeedbackGiven, room)) == 3 else [])
    assert [(e.data.version, e.data.feedback) for e in given] == [(1, bad), (2, good), (1, None)]


async def test_where_nobody_speaks_any_more_nobody_is_asked_again(
    world: World, replica: Replica, database_settings: DatabaseSettings
) -> None:
    await replica()
    room, reply = await answered(world)
    database = Database(database_settings, schema=SCHEMA)
    async with database.transaction() as conn:
        await conn.execute(update(sessions).where(sessions.c.id == room.id).values(state="ended"))
    await database.stop()
    assert (await refused(regenerate(world, reply))).code is ErrorCode.CONFLICT
