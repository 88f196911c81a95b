"""What is pinned: said in the log, on every page and at every attach, and bounded."""

import pytest

from palaver.contracts.client_protocol import MessageItem, ReplyItem, UserMessageItem
from palaver.contracts.failures import ErrorCode
from palaver.contracts.ids import MessageId
from palaver.contracts.session import (
    MESSAGE_DELETE,
    MESSAGE_GET,
    MESSAGE_LIST,
    MESSAGE_PIN,
    PINNED_LIST,
    ListMessages,
    ListPinned,
    OfMessage,
    PinMessage,
)
from palaver.contracts.session_log import (
    MessageDeleted,
    MessagePinned,
    MessagePosted,
    MessageUnpinned,
    ReplyAppended,
    SessionView,
)
from palaver.session.testing.world import Replica, World, actor, refused, until

pytestmark = pytest.mark.component


async def conversation(world: World, rounds: int = 1) -> tuple[SessionView, list[MessageId]]:
    """A room of one model, and the ids of what was said there in order."""
    room = await world.create("demo/ada")
    for number in range(rounds):
        await world.post(room, f"question {number}")
        order = (await world.orders_of(room, number + 1))[-1]
        await world.completed(order, f"answer {number}")
        await until(lambda: len(world.heard(ReplyAppended, room)) == number + 1)  # noqa: B023 - awaited in the loop
    said: list[MessageId] = []
    for posted, replied in zip(world.heard(MessagePosted, room), world.heard(ReplyAppended, room), strict=True):
        said += [posted.data.message.id, replied.data.reply.id]
    return room, said


async def pin(world: World, message: MessageId, *, pinned: bool = True) -> None:
    await world.broker.ask(MESSAGE_PIN, PinMessage(actor=actor(), message_id=message, pinned=pinned))


def flags(items: tuple[MessageItem, ...]) -> list[bool]:
    return [
        item.message.pinned if isinstance(item, UserMessageItem) else item.reply.pinned
        for item in items
        if isinstance(item, UserMessageItem | ReplyItem)
    ]


async def test_a_pin_is_an_entry_of_the_log_and_shows_wherever_the_message_is_read(
    world: World, replica: Replica
) -> None:
    await replica()
    room, said = await conversation(world, 2)
    await pin(world, said[3])
    await pin(world, said[0])
    await pin(world, said[3])  # a repetition says nothing
    pinned = await until(lambda: world.heard(MessagePinned, room) if len(world.heard(MessagePinned)) > 1 else [])
    assert [entry.data.message_id for entry in pinned] == [said[3], said[0]]
    attached = await world.attach(room)
    assert attached.pinned == (said[3], said[0])
    assert attached.head_seq == pinned[-1].seq
    assert flags(attached.messages) == [True, False, False, True]
    page = await world.broker.ask(MESSAGE_LIST, ListMessages(actor=actor(), session_id=room.id))
    assert page.items == attached.messages
    (one,) = (await world.broker.ask(MESSAGE_GET, OfMessage(actor=actor(), message_id=said[3]))).items
    assert flags((one,)) == [True]
    # The log goes on saying how a message began: who replays it learns of a pin from its own entry.
    assert [entry.data.message.pinned for entry in await world.log(room) if isinstance(entry, MessagePosted)] == [
        False,
        False,
    ]


async def test_a_pin_is_taken_away_once_and_a_deleted_message_loses_its_own(world: World, replica: Replica) -> None:
    await replica()
    room, said = await conversation(world)
    for message in said:
        await pin(world, message)
    await pin(world, said[0], pinned=False)
    await pin(world, said[0], pinned=False)
    await world.broker.ask(MESSAGE_DELETE, OfMessage(actor=actor(), message_id=said[1]))
    await until(lambda: world.heard(MessageDeleted, room))
    assert [entry.data.message_id for entry in world.heard(MessageUnpinned, room)] == [said[0]]
    assert (await world.attach(room)).pinned == ()
    for gone in (said[1], MessageId("nonsense")):
        failure = await refused(pin(world, gone))
        assert failure.code is ErrorCode.NOT_FOUND


async def test_pinned_messages_are_listed_the_last_pinned_first_page_by_page(world: World, replica: Replica) -> None:
    await replica()
    room, said = await conversation(world, 2)
    for message in (said[2], said[0], said[1]):
        await pin(world, message)
    first = await world.broker.ask(PINNED_LIST, ListPinned(actor=actor(), session_id=room.id, limit=2))
    assert [_id(item) for item in first.items] == [said[1], said[0]]
    assert flags(first.items) == [True, True]
    rest = ListPinned(actor=actor(), session_id=room.id, limit=2, before=first.next_before)
    second = await world.broker.ask(PINNED_LIST, rest)
    assert ([_id(item) for item in second.items], second.next_before) == ([said[2]], None)


async def test_a_room_has_only_so_many_pins(world: World, replica: Replica) -> None:
    await replica(max_pinned_messages=2)
    room, said = await conversation(world, 2)
    for message in said[:2]:
        await pin(world, message)
    failure = await refused(pin(world, said[2]))
    assert (failure.code, failure.details) == (ErrorCode.TOO_MANY_PINNED, {"maximum": 2})
    await pin(world, said[0])  # is pinned already
    await pin(world, said[0], pinned=False)
    await pin(world, said[2])
    assert (await world.attach(room)).pinned == (said[1], said[2])


def _id(item: MessageItem) -> MessageId:
    assert isinstance(item, UserMessageItem | ReplyItem)
    return item.message.id if isinstance(item, UserMessageItem) else item.reply.id
