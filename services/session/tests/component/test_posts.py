"""A post becomes a message, a round and turns: once, in order, for its owner only."""

from typing import Any, cast

import asyncpg
import pytest

from palaver.contracts.client_protocol import PostOptions
from palaver.contracts.failures import ErrorCode
from palaver.contracts.ids import ParticipantId, new_id
from palaver.contracts.session import SESSION_UPDATE, UpdateSession
from palaver.contracts.session_log import (
    MessagePosted,
    ReplyAppended,
    RoundEnded,
    SessionEvent,
    SessionStateChanged,
    TurnRequested,
    TurnStarted,
)
from palaver.servicekit.settings import DatabaseSettings
from palaver.session.testing.world import Replica, World, actor, until

pytestmark = pytest.mark.component


async def superuser(settings: DatabaseSettings) -> Any:
    """A connection of the test's own, past the service."""
    return cast("Any", await asyncpg.connect(settings.url.get_secret_value()))


async def test_a_post_becomes_message_round_turns_and_orders_in_one_go(world: World, replica: Replica) -> None:
    await replica()
    room = await world.create("demo/ada", "demo/bo", "demo/cy")
    await world.post(room, "Hello \x00 all")
    orders = await world.orders_of(room, 3)
    log = await world.log(room)

    names = ["session.created", "message.posted", "session.state_changed", "round.started", *["turn.requested"] * 3]
    assert [entry.name for entry in log] == names
    assert [entry.seq for entry in log] == list(range(1, 8))
    posted = log[1]
    assert isinstance(posted, MessagePosted)
    assert posted.data.message.content == "Hello \ufffd all"
    requested = [entry.data for entry in log if isinstance(entry, TurnRequested)]
    assert [order.turn for order in orders] == requested
    assert [turn.speaker for turn in requested] == ["Ada", "Bo", "Cy"]
    assert {(order.attempt, order.issues, order.payer, order.min_seq) for order in orders} == {(1, 1, "alice", 4)}
    await until(lambda: len(world.entries) == len(log))
    assert sorted(world.entries, key=lambda entry: entry.seq) == log


async def test_replies_are_ranked_by_their_first_token_and_end_the_round(world: World, replica: Replica) -> None:
    await replica()
    room = await world.create("demo/slow", "demo/fast")
    await world.post(room)
    slow, fast = await world.orders_of(room, 2)
    await world.started(fast)
    await until(lambda: len(world.heard(TurnStarted)) == 1)
    await world.started(slow)
    await until(lambda: len(world.heard(TurnStarted)) == 2)
    await world.completed(slow, "I was late.")
    await world.completed(fast, "I was first.")
    await until(lambda: world.heard(RoundEnded))
    await until(lambda: len(world.heard(SessionStateChanged)) == 2)

    page = (await world.attach(room)).messages
    assert [item.kind for item in page] == ["user", "reply", "reply"]
    assert [item.reply.text for item in page if item.kind == "reply"] == ["I was first.", "I was late."]
    assert [item.turn for item in page if item.kind == "reply"] == [fast.turn, slow.turn]
    starts = [entry for entry in await world.log(room) if isinstance(entry, TurnStarted)]
    assert [(entry.data.turn_id, entry.data.rank) for entry in starts] == [
        (fast.turn.turn_id, 1),
        (slow.turn.turn_id, 2),
    ]
    assert [entry.name for entry in await world.log(room)][-2:] == ["round.ended", "session.state_changed"]
    assert (await world.attach(room)).session.state == "awaiting_input"


async def test_the_same_client_message_twice_is_one_message(world: World, replica: Replica) -> None:
    await replica()
    room = await world.create()
    client_message_id = new_id()
    for content in ("Once", "Once", "Something else"):
        await world.post(room, content, client_message_id=client_message_id)
    await world.post(room, "The end")
    await until(lambda: len(world.heard(MessagePosted)) == 2)
    posted = [entry for entry in await world.log(room) if isinstance(entry, MessagePosted)]
    assert [entry.data.message.content for entry in posted] == ["Once", "The end"]
    assert not world.refusals


async def test_a_hundred_posts_of_one_room_keep_their_order_over_two_replicas(world: World, replica: Replica) -> None:
    await replica()
    await replica()
    room = await world.create("demo/ada")
    for number in range(100):
        await world.post(room, f"message {number}")
    await until(lambda: len(world.heard(MessagePosted)) == 100)
    log = await world.log(room)
    said = [entry.data.message.content for entry in log if isinstance(entry, MessagePosted)]
    assert said == [f"message {number}" for number in range(100)]
    assert [entry.seq for entry in log] == list(range(1, len(log) + 1))


async def test_messages_posted_while_a_round_runs_are_answered_in_order(world: World, replica: Replica) -> None:
    await replica()
    room = await world.create("demo/ada")
    for content in ("one", "two", "three"):
        await world.post(room, content)
    await until(lambda: len(world.heard(MessagePosted)) == 3)
    answered = 0
    while answered < 3:
        order = (await world.orders_of(room, answered + 1))[-1]
        assert order.turn.round == answered + 1
        await world.completed(order, f"answer {answered}")
        answered += 1
    await until(lambda: len(world.heard(RoundEnded)) == 3)
    ended = [entry for entry in await world.log(room) if entry.name == "round.ended"]
    assert [(entry.data.round, entry.data.reason, entry.data.last) for entry in ended] == [
        (1, "completed", False),
        (2, "completed", False),
        (3, "completed", True),
    ]
    kinds = [(item.kind, _said(item)) for item in (await world.attach(room)).messages]
    assert kinds == [
        ("user", "one"),
        ("reply", "answer 0"),
        ("user", "two"),
        ("reply", "answer 1"),
        ("user", "three"),
        ("reply", "answer 2"),
    ]


def _said(item: object) -> str:
    message = getattr(item, "message", None)
    return message.content if message else getattr(item, "reply").text  # noqa: B009 - either kind of item


async def test_sequence_numbers_have_no_gap_when_everything_happens_at_once(world: World, replica: Replica) -> None:
    await replica()
    await replica()
    room = await world.create(*(f"demo/m{number}" for number in range(10)))
    await world.post(room)
    orders = await world.orders_of(room, 10)
    for order in orders:
        await world.started(order)
        await world.completed(order, f"by {order.turn.speaker}")
        await world.post(room)
    await until(lambda: len(world.heard(ReplyAppended)) == 10 and len(world.heard(MessagePosted)) == 11)
    log: list[SessionEvent] = await world.log(room)
    assert [entry.seq for entry in log] == list(range(1, len(log) + 1))
    ranks = [entry.data.reply.rank for entry in log if isinstance(entry, ReplyAppended)]
    assert sorted(ranks) == list(range(1, 11))


@pytest.mark.parametrize(
    ("content", "user", "code"),
    [
        ("   ", "alice", ErrorCode.VALIDATION_FAILED),
        ("x" * 10_001, "alice", ErrorCode.MESSAGE_TOO_LONG),
        ("Hello", "mallory", ErrorCode.SESSION_NOT_FOUND),
    ],
)
async def test_a_refused_post_is_told_to_its_author(
    world: World, replica: Replica, content: str, user: str, code: ErrorCode
) -> None:
    await replica()
    room = await world.create()
    client_message_id = await world.post(room, content, user=user)
    (refusal,) = await until(lambda: world.refusals)
    assert (refusal.code, refusal.client_message_id, refusal.session_id) == (code, client_message_id, room.id)
    assert [entry.name for entry in await world.log(room)] == ["session.created"]


async def test_an_archived_room_refuses_posts_but_not_repetitions(world: World, replica: Replica) -> None:
    await replica()
    room = await world.create()
    before = await world.post(room)
    await until(lambda: world.heard(MessagePosted))
    await world.broker.ask(SESSION_UPDATE, UpdateSession(actor=actor(), session_id=room.id, archived=True))
    await world.post(room, client_message_id=before)
    after = await world.post(room)
    await until(lambda: world.refusals)
    assert [(refusal.code, refusal.client_message_id) for refusal in world.refusals] == [
        (ErrorCode.SESSION_ARCHIVED, after)
    ]


async def test_a_message_may_address_some_and_ask_for_another_model(world: World, replica: Replica) -> None:
    await replica()
    room = await world.create("demo/ada", "demo/bo")
    bo = room.participants[1]
    await world.post(room, to=(bo.id,), options=PostOptions(model_id="demo/other"))
    (order,) = await world.orders_of(room, 1)
    assert (order.turn.participant_id, order.turn.model) == (bo.id, "demo/other")
    await world.completed(order)
    await until(lambda: world.heard(RoundEnded))
    await world.post(room, to=(ParticipantId(new_id()),))
    (refusal,) = await until(lambda: world.refusals)
    assert refusal.code is ErrorCode.NO_ACTIVE_PARTICIPANT


async def test_a_post_that_cannot_be_stored_is_told_to_its_author(
    world: World, replica: Replica, database_settings: DatabaseSettings
) -> None:
    await replica()
    room = await world.create()
    connection = await superuser(database_settings)
    await connection.execute("ALTER TABLE session.rounds RENAME TO broken")
    client_message_id = await world.post(room)
    (refusal,) = await until(lambda: world.refusals)
    assert (refusal.code, refusal.client_message_id) == (ErrorCode.INTERNAL, client_message_id)
    await connection.execute("ALTER TABLE session.broken RENAME TO rounds")
    await connection.close()
    await world.post(room, client_message_id=client_message_id)  # nothing of it was kept: it can be sent again
    await world.orders_of(room, 2)


async def test_a_post_waits_while_postgres_refuses_its_room(
    world: World, replica: Replica, database_settings: DatabaseSettings
) -> None:
    await replica()
    room = await world.create()
    connection = await superuser(database_settings)
    async with connection.transaction():
        await connection.execute("LOCK TABLE session.turns IN ACCESS EXCLUSIVE MODE")
        await world.post(room)
        await connection.execute("SELECT pg_sleep(0.3)")
    await connection.close()
    await world.orders_of(room, 2)
    assert not world.refusals
