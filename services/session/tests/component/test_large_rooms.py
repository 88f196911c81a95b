"""A room whose text is larger than one broker message is read all the same, in several."""

import pytest

from palaver.contracts import limits
from palaver.contracts.client_protocol import MessageItem
from palaver.contracts.session import MESSAGE_LIST, ListMessages
from palaver.contracts.session_log import ReplyAppended, RoundEnded, SessionView
from palaver.contracts.streams import MAX_PAYLOAD_BYTES
from palaver.session.testing.world import Replica, World, actor, until

pytestmark = pytest.mark.component

ROUNDS = 12
REPLY = "long answer " * 32_000
"""About 100,000 tokens; two of them in each round are more than one broker message in all."""


async def talked(world: World) -> SessionView:
    """A room with more text than a broker message holds."""
    room = await world.create()
    for number in range(ROUNDS):
        await world.post(room, f"question {number}")
        for order in (await world.orders_of(room, 2 * (number + 1)))[-2:]:
            await world.completed(order, REPLY)
        await until(lambda: len(world.heard(RoundEnded)) == number + 1)  # noqa: B023 - awaited in the loop
    assert ROUNDS * 2 * len(REPLY) > MAX_PAYLOAD_BYTES
    return room


async def test_a_room_larger_than_a_broker_message_is_read_whole(
    world: World, replica: Replica, subtests: pytest.Subtests
) -> None:
    await replica()
    room = await talked(world)
    log = await world.log(room)
    with subtests.test("its log"):
        assert [entry.seq for entry in log] == list(range(1, log[-1].seq + 1))
        assert [entry.data.reply.text for entry in log if isinstance(entry, ReplyAppended)] == [REPLY] * 2 * ROUNDS
    with subtests.test("by somebody who attaches anew"):
        state = await world.attach(room)
        assert not state.recovered
        assert state.messages
    with subtests.test("by somebody who missed most of it"):
        state = await world.attach(room, after=1)
        assert not state.recovered
        assert state.messages
    with subtests.test("by somebody who missed the end of it"):
        state = await world.attach(room, after=log[-1].seq - 3)
        assert state.recovered
        assert [entry.seq for entry in state.entries] == [log[-1].seq - 2, log[-1].seq - 1, log[-1].seq]
    with subtests.test("page by page"):
        assert len(await every_item(world, room)) == 3 * ROUNDS


async def every_item(world: World, room: SessionView) -> list[MessageItem]:
    """All messages, asked for in pages as large as allowed."""
    items: list[MessageItem] = []
    before: int | None = None
    while True:
        request = ListMessages(actor=actor(), session_id=room.id, before_round=before, limit=limits.MAX_PAGE)
        page = await world.broker.ask(MESSAGE_LIST, request)
        items = [*page.items, *items]
        before = page.next_before_round
        if before is None:
            return items
