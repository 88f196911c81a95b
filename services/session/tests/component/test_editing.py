"""Other words for a message: a branch from there on, what it shows, and the way back."""

import pytest

from palaver.contracts import limits
from palaver.contracts.client_protocol import ReplyItem, UserMessageItem
from palaver.contracts.failures import ErrorCode
from palaver.contracts.ids import MessageId, new_id
from palaver.contracts.session import (
    BRANCH_SELECT,
    MESSAGE_DELETE,
    MESSAGE_EDIT,
    MESSAGE_LIST,
    EditedMessage,
    EditMessage,
    ListMessages,
    OfMessage,
    SelectBranch,
)
from palaver.contracts.session_log import (
    BranchCreated,
    MessagePosted,
    PathChanged,
    ReplyAppended,
    RoundEnded,
    SessionView,
)
from palaver.session.testing.world import Replica, World, actor, refused, until

pytestmark = pytest.mark.component


async def answered(world: World, room: SessionView, answers: int, text: str) -> None:
    """The newest order is carried out; the room has so many answers then."""
    order = (await world.orders_of(room, answers))[-1]
    await world.claim(order)
    await world.completed(order, text)
    await until(lambda: len(world.heard(ReplyAppended, room)) == answers)
    await until(lambda: len(world.heard(RoundEnded, room)) == answers)


async def talk(world: World, *texts: str) -> tuple[SessionView, list[MessageId]]:
    """A room of one model in which this was said, each answered; ids of the person's messages."""
    room = await world.create("demo/ada")
    for number, text in enumerate(texts, 1):
        await world.post(room, text)
        await answered(world, room, number, f"to {text}")
    return room, [entry.data.message.id for entry in world.heard(MessagePosted, room)]


async def edit(
    world: World, message: MessageId, text: str, *, user: str = "alice", key: str | None = None
) -> EditedMessage:
    request = EditMessage(actor=actor(user), message_id=message, client_message_id=key or new_id(), content=text)
    return await world.broker.ask(MESSAGE_EDIT, request)


async def select(world: World, room: SessionView, branch: str, user: str = "alice") -> None:
    await world.broker.ask(BRANCH_SELECT, SelectBranch(actor=actor(user), session_id=room.id, branch=branch))


async def shown(world: World, room: SessionView) -> list[str]:
    page = await world.broker.ask(MESSAGE_LIST, ListMessages(actor=actor(), session_id=room.id))
    texts = [
        item.message.content if isinstance(item, UserMessageItem) else item.reply.text
        for item in page.items
        if isinstance(item, UserMessageItem | ReplyItem)
    ]
    assert texts == [
        item.message.content if isinstance(item, UserMessageItem) else item.reply.text
        for item in (await world.attach(room)).messages
        if isinstance(item, UserMessageItem | ReplyItem)
    ]
    return texts


async def test_other_words_replace_what_followed_and_the_first_ones_can_be_shown_again(
    world: World, replica: Replica
) -> None:
    await replica()
    room, said = await talk(world, "one", "two", "three")
    (root,) = room.path
    edited = await edit(world, said[1], "two, better")
    await answered(world, room, 4, "to two, better")
    assert await shown(world, room) == ["one", "to one", "two, better", "to two, better"]
    (created,) = world.heard(BranchCreated, room)
    branch = created.data.branch
    assert (branch.id, branch.parent, branch.first_round, branch.edits) == (edited.branch, root, 2, said[1])
    assert branch.message_id == edited.message_id
    assert [entry.data.path for entry in world.heard(PathChanged, room)] == [(root, branch.id)]
    await world.post(room, "four")
    await answered(world, room, 5, "to four")
    assert await shown(world, room) == ["one", "to one", "two, better", "to two, better", "four", "to four"]
    await select(world, room, root)
    await select(world, room, root)  # a repetition says nothing
    assert await shown(world, room) == ["one", "to one", "two", "to two", "three", "to three"]
    await select(world, room, branch.id)
    assert (await shown(world, room))[-1] == "to four"
    assert len(world.heard(PathChanged, room)) == 3


async def test_other_words_for_other_words_stand_beside_them(world: World, replica: Replica) -> None:
    await replica()
    room, said = await talk(world, "one", "two")
    second = await edit(world, said[1], "two b")
    await answered(world, room, 3, "to two b")
    third = await edit(world, second.message_id, "two c")
    await answered(world, room, 4, "to two c")
    assert await shown(world, room) == ["one", "to one", "two c", "to two c"]
    root, one, other = (await world.attach(room)).branches
    assert (root.parent, root.edits) == (None, None)
    assert (one.id, one.parent, one.edits) == (second.branch, root.id, said[1])
    assert (other.id, other.parent, other.edits) == (third.branch, root.id, said[1])


async def test_the_very_first_message_has_other_words_too(world: World, replica: Replica) -> None:
    await replica()
    room, said = await talk(world, "one")
    await edit(world, said[0], "won")
    await answered(world, room, 2, "to won")
    assert await shown(world, room) == ["won", "to won"]


async def test_repeating_an_edit_makes_one_branch(world: World, replica: Replica) -> None:
    await replica()
    room, said = await talk(world, "one")
    key = new_id()
    first = await edit(world, said[0], "won", key=key)
    assert await edit(world, said[0], "won", key=key) == first
    assert len((await world.attach(room)).branches) == 2


async def test_what_cannot_be_edited_is_refused(
    world: World, replica: Replica, monkeypatch: pytest.MonkeyPatch
) -> None:
    await replica()
    room, said = await talk(world, "one", "two")
    reply = world.heard(ReplyAppended, room)[0].data.reply.id
    assert (await refused(edit(world, reply, "x"))).code is ErrorCode.NOT_FOUND
    assert (await refused(edit(world, said[0], "x", user="bob"))).code is ErrorCode.NOT_FOUND
    assert (await refused(edit(world, said[0], "  "))).code is ErrorCode.VALIDATION_FAILED
    assert (await refused(select(world, room, new_id()))).code is ErrorCode.NOT_FOUND
    assert (await refused(select(world, room, room.path[0], user="bob"))).code is ErrorCode.SESSION_NOT_FOUND
    await world.broker.ask(MESSAGE_DELETE, OfMessage(actor=actor(), message_id=said[0]))
    assert (await refused(edit(world, said[0], "x"))).code is ErrorCode.NOT_FOUND
    monkeypatch.setattr(limits, "MAX_BRANCHES", 2)
    await edit(world, said[1], "two b")
    assert (await refused(edit(world, said[1], "two c"))).code is ErrorCode.CONFLICT  # while answers are written
    await answered(world, room, 3, "to two b")
    refusal = await refused(edit(world, said[1], "two c"))
    assert refusal.body.details == {"maximum": 2}
