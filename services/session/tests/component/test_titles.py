"""A room that nobody gave a title gets one from a model that has just answered in it."""

import pytest

from palaver.contracts.model_router import RunCompletion
from palaver.contracts.session import SESSION_DELETE, SESSION_GET, SESSION_UPDATE, OfSession, UpdateSession
from palaver.contracts.session_log import RoundEnded, SessionUpdated, SessionView, TurnFailed, TurnStarted
from palaver.session.testing.world import Replica, World, actor, until
from palaver.session.titles import INSTRUCTIONS

pytestmark = pytest.mark.component


async def answered(world: World, room: SessionView, content: str = "Shall I buy a boat?", *, by: int = 2) -> None:
    """A whole round in a room of two. The second model answers, and after it the first, or it fails; or both fail."""
    rounds, failed = len(world.heard(RoundEnded, room)), len(world.heard(TurnFailed, room))
    begun = len([order for order in world.orders if order.session_id == room.id])
    await world.post(room, content)
    first, second = (await world.orders_of(room, begun + 2))[begun:]
    spoke = len(world.heard(TurnStarted, room))
    if by >= 1:
        await world.started(second)
        await until(lambda: len(world.heard(TurnStarted, room)) == spoke + 1)
        await world.completed(second)
    else:
        await world.failed(second)
        await until(lambda: len(world.heard(TurnFailed, room)) == failed + 1)
    await (world.completed(first) if by == 2 else world.failed(first))
    await until(lambda: len(world.heard(RoundEnded, room)) == rounds + 1, "the round's end")


async def ordered(world: World, count: int = 1) -> RunCompletion:
    await until(lambda: len(world.side_jobs) >= count, f"{count} side jobs")
    return world.side_jobs[count - 1]


async def title(world: World, room: SessionView) -> str:
    return (await world.broker.ask(SESSION_GET, OfSession(actor=actor(), session_id=room.id))).title


async def rename(world: World, room: SessionView, to: str) -> None:
    await world.broker.ask(SESSION_UPDATE, UpdateSession(actor=actor(), session_id=room.id, title=to))


async def test_the_first_model_to_answer_is_asked_and_its_title_is_told_to_everybody(
    world: World, replica: Replica
) -> None:
    await replica()
    room = await world.create()
    await answered(world, room)
    order = await ordered(world)
    assert (order.asker, order.purpose, order.payer, order.session_id) == ("session", "title", "alice", room.id)
    assert (order.model_id, order.system) == ("demo/bo", INSTRUCTIONS)
    assert [message.text for message in order.messages] == ["Shall I buy a boat?"]
    await world.wrote(order, '"Buying a boat."')
    (entry,) = await until(lambda: world.heard(SessionUpdated, room))
    assert entry.data.session.title == "Buying a boat" == await title(world, room)
    await answered(world, room)
    assert len(world.side_jobs) == 1


async def test_a_title_that_is_told_twice_is_taken_once(world: World, replica: Replica) -> None:
    await replica()
    room, other = await world.create(), await world.create()
    await answered(world, room)
    order = await ordered(world)
    await world.wrote(order, "Boats")
    await world.wrote(order, "Ships")
    await answered(world, other)
    await world.wrote(await ordered(world, 2), "Later")
    await until(lambda: world.heard(SessionUpdated, other))
    assert await title(world, room) == "Boats"
    assert len(world.heard(SessionUpdated, room)) == 1


async def test_a_persons_title_stays(world: World, replica: Replica) -> None:
    await replica()
    room, other = await world.create(), await world.create()
    await answered(world, room)
    order = await ordered(world)
    await rename(world, room, "My boat")
    await world.wrote(order, "Boats")
    await rename(world, other, "Named before")
    await answered(world, other)
    await answered(world, room)
    assert (await title(world, room), await title(world, other)) == ("My boat", "Named before")
    assert len(world.side_jobs) == 1


async def test_a_failed_title_is_asked_for_again_and_then_given_up(world: World, replica: Replica) -> None:
    await replica()
    room = await world.create()
    for count in (1, 2, 3):
        await answered(world, room)
        order = await ordered(world, count)
        await (world.wrote_nothing(order) if count < 3 else world.wrote(order, '"..."'))
        await world.settled()
    await answered(world, room)
    assert len({order.completion_id for order in world.side_jobs}) == 3
    assert await title(world, room) == ""
    assert world.heard(SessionUpdated, room) == []


async def test_a_round_that_nobody_answered_gives_no_title(world: World, replica: Replica) -> None:
    await replica()
    room = await world.create()
    await answered(world, room, by=0)
    await answered(world, room, "And a kayak?", by=1)
    order = await ordered(world)
    assert (order.model_id, order.messages[0].text) == ("demo/bo", "And a kayak?")
    assert len(world.side_jobs) == 1


async def test_a_deleted_room_gets_no_title(world: World, replica: Replica) -> None:
    await replica()
    room = await world.create()
    await answered(world, room)
    order = await ordered(world)
    await world.broker.ask(SESSION_DELETE, OfSession(actor=actor(), session_id=room.id))
    await world.wrote(order, "Boats")
    await world.settled()
    assert world.heard(SessionUpdated, room) == []


async def test_without_the_setting_no_model_is_asked(world: World, replica: Replica) -> None:
    await replica(titles=False)
    room = await world.create()
    await answered(world, room)
    await answered(world, room)
    assert world.side_jobs == []
