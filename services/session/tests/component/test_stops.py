"""A stop is told to the worker at once, recorded, repeated, and ends every turn in whatever phase it is."""

import pytest

from palaver.contracts.failures import ErrorCode
from palaver.contracts.ids import CallId, new_id
from palaver.contracts.session import PARTICIPANT_REMOVE, SESSION_DELETE, OfSession, OpenCall, RemoveParticipant
from palaver.contracts.session_log import (
    MessagePosted,
    ParticipantRemoved,
    ReplyAppended,
    RoundEnded,
    SessionDeleted,
    SessionStateChanged,
    TurnRequested,
    TurnStopped,
)
from palaver.session.testing.world import Replica, World, actor, until

pytestmark = pytest.mark.component


async def test_a_running_turn_is_called_back_and_ends_with_its_worker_s_text(world: World, replica: Replica) -> None:
    await replica()
    room = await world.create("demo/ada", "demo/bo")
    await world.post(room)
    ada, bo = await world.orders_of(room, 2)
    await world.claim(ada)
    await world.claim(bo)
    await world.stop(room, turn=ada.turn.turn_id)
    await until(lambda: ada.turn.turn_id in world.called_back)
    while (await world.renew(ada, "Half an")).status != "stopped":  # said again until the outcome comes
        pass
    assert (await world.renew(ada)).status == "stopped"
    assert (await world.renew(bo)).status == "held"
    await world.stopped(ada, "Half an answ")
    (reply,) = await until(lambda: world.heard(ReplyAppended))
    assert (reply.data.reply.text, reply.data.reply.finish_reason) == ("Half an answ", "stopped")
    assert (await world.renew(ada)).status == "ended"
    await world.completed(bo)
    (ended,) = await until(lambda: world.heard(RoundEnded))
    assert ended.data.reason == "completed"
    assert bo.turn.turn_id not in world.called_back


async def test_an_unclaimed_turn_ends_at_once(world: World, replica: Replica) -> None:
    await replica()
    room = await world.create("demo/ada")
    await world.post(room)
    (order,) = await world.orders_of(room, 1)
    await world.stop(room, participant=room.participants[0].id)
    (stopped,) = await until(lambda: world.heard(TurnStopped))
    assert (stopped.data.turn_id, stopped.data.code) == (order.turn.turn_id, ErrorCode.STOPPED)
    assert await world.claim(order) == "drop"
    (ended,) = await until(lambda: world.heard(RoundEnded))
    assert ended.data.reason == "stopped"


async def test_a_turn_whose_worker_is_silent_ends_with_its_checkpoint(world: World, replica: Replica) -> None:
    await replica(turn_lease_seconds=0.05, sweep_seconds=60)
    room = await world.create("demo/ada")
    await world.post(room)
    (order,) = await world.orders_of(room, 1)
    await world.claim(order)
    call = OpenCall(call_id=CallId(new_id()), call=1, model="demo/ada", tokens_input=7)
    await world.renew(order, "I got here", call=call)
    while not world.heard(ReplyAppended):
        await world.stop(room, turn=order.turn.turn_id)
    (reply,) = world.heard(ReplyAppended)
    assert (reply.data.reply.text, reply.data.reply.finish_reason) == ("I got here", "stopped")
    assert order.turn.turn_id in world.called_back  # should it live after all
    (lost,) = await until(lambda: world.lost)
    assert (lost.attempt, lost.open_call, lost.text_length) == (1, call, 10)


async def test_a_stop_among_posts_ends_what_was_said_before_it_and_nothing_later(
    world: World, replica: Replica
) -> None:
    await replica()
    room = await world.create("demo/ada", "demo/bo")
    for content in ("One", "Two"):
        await world.post(room, content)
    await world.stop_in_order(room)
    await world.post(room, "Three")
    await until(lambda: len(world.heard(MessagePosted)) == 3)
    await until(lambda: len(world.heard(RoundEnded)) == 2)
    assert {(end.data.round, end.data.reason) for end in world.heard(RoundEnded)} == {(1, "stopped"), (2, "stopped")}
    assert {stopped.data.round for stopped in world.heard(TurnStopped)} == {1}
    assert {turn.data.round for turn in world.heard(TurnRequested)} == {1, 3}  # what is said later is answered


async def test_a_completion_that_arrives_first_stays_completed(world: World, replica: Replica) -> None:
    await replica()
    room = await world.create("demo/ada")
    await world.post(room)
    (order,) = await world.orders_of(room, 1)
    await world.claim(order)
    await world.completed(order, "All of it")
    await until(lambda: world.heard(ReplyAppended))
    await world.stop(room)
    await world.stopped(order, "All")
    await world.post(room)
    await world.orders_of(room, 2)
    (reply,) = world.heard(ReplyAppended)
    assert (reply.data.reply.text, reply.data.reply.finish_reason) == ("All of it", "stop")


async def test_stopping_all_ends_the_round_and_drops_what_waits(world: World, replica: Replica) -> None:
    await replica()
    room = await world.create("demo/ada", "demo/bo")
    for content in ("one", "two", "three"):
        await world.post(room, content)
    ada, bo = await world.orders_of(room, 2)
    await world.claim(ada)
    await until(lambda: len(world.heard(MessagePosted)) == 3)
    await world.stop(room)
    await until(lambda: ada.turn.turn_id in world.called_back)
    await world.stopped(ada, "As far as")
    await until(lambda: len(world.heard(RoundEnded)) == 3)
    await until(lambda: len(world.heard(SessionStateChanged)) == 2)
    ended = {entry.data.round: (entry.data.reason, entry.data.last) for entry in world.heard(RoundEnded)}
    assert ended == {1: ("stopped", True), 2: ("stopped", False), 3: ("stopped", False)}
    assert [entry.data.turn_id for entry in world.heard(TurnStopped)] == [bo.turn.turn_id]
    assert (await world.attach(room)).session.state == "interrupted"
    assert len(world.orders) == 2
    await world.post(room, "Go on")
    await world.orders_of(room, 4)
    assert (await world.attach(room)).session.state == "running"


async def test_somebody_else_stops_nothing(world: World, replica: Replica) -> None:
    await replica()
    room = await world.create("demo/ada")
    await world.post(room)
    (order,) = await world.orders_of(room, 1)
    await world.claim(order)
    await world.stop(room, user="mallory")
    (refusal,) = await until(lambda: world.refusals)
    assert refusal.code is ErrorCode.SESSION_NOT_FOUND
    assert (await world.renew(order)).status == "held"
    assert not world.called_back


async def test_a_removed_participant_s_turn_is_stopped(world: World, replica: Replica) -> None:
    await replica()
    room = await world.create("demo/ada", "demo/bo")
    await world.post(room)
    ada, bo = await world.orders_of(room, 2)
    await world.claim(ada)
    for seat in room.participants:
        removal = RemoveParticipant(actor=actor(), session_id=room.id, participant_id=seat.id)
        await world.broker.ask(PARTICIPANT_REMOVE, removal)
    await until(lambda: ada.turn.turn_id in world.called_back and len(world.heard(ParticipantRemoved)) == 2)
    await until(lambda: world.heard(TurnStopped))
    assert [entry.data.turn_id for entry in world.heard(TurnStopped)] == [bo.turn.turn_id]
    await world.stopped(ada)
    await until(lambda: world.heard(RoundEnded))


async def test_deleting_a_room_stops_what_runs_in_it(world: World, replica: Replica) -> None:
    await replica()
    room = await world.create("demo/ada", "demo/bo")
    await world.post(room)
    ada, _ = await world.orders_of(room, 2)
    await world.claim(ada)
    await world.broker.ask(SESSION_DELETE, OfSession(actor=actor(), session_id=room.id))
    await until(lambda: ada.turn.turn_id in world.called_back and world.heard(SessionDeleted))
    await world.stopped(ada, "The end")
    await until(lambda: world.heard(RoundEnded))
    assert (await world.renew(ada)).status == "ended"
