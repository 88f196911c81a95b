"""Another model in mid-conversation: what runs goes on, what follows has the new one, and the log says so."""

from typing import Any

import pytest

from palaver.contracts.client_protocol import PostOptions
from palaver.contracts.failures import ErrorCode
from palaver.contracts.session import (
    PARTICIPANT_UPDATE,
    SESSION_CREATE,
    CreateSession,
    NewParticipant,
    UpdateParticipant,
)
from palaver.contracts.session_log import (
    AnswerSettings,
    Participant,
    ParticipantUpdated,
    ReplyAppended,
    RoundEnded,
    SessionView,
)
from palaver.session.testing.world import Replica, World, actor, refused, until

pytestmark = pytest.mark.component


async def switch(world: World, room: SessionView, model: str, user: str = "alice", **changes: Any) -> Participant:
    request = UpdateParticipant(
        actor=actor(user), session_id=room.id, participant_id=room.participants[0].id, model=model, **changes
    )
    return await world.broker.ask(PARTICIPANT_UPDATE, request)


async def test_a_running_turn_ends_with_the_model_that_it_began_with_and_the_next_one_has_the_new(
    world: World, replica: Replica
) -> None:
    await replica()
    room = await world.create("demo/tide", mode="single")
    await world.post(room)
    (running,) = await world.orders_of(room, 1)
    await world.started(running)
    after = await switch(world, room, "demo/finch")
    await world.post(room, "and now?")
    await world.completed(running, "by tide")
    _, following = await world.orders_of(room, 2)
    await world.completed(following, "by finch")
    await until(lambda: len(world.heard(RoundEnded, room)) == 2)
    replies = world.heard(ReplyAppended, room)
    assert [(entry.data.reply.model, entry.data.model) for entry in replies] == [
        ("demo/tide",) * 2,
        ("demo/finch",) * 2,
    ]
    assert {entry.data.participant_id for entry in replies} == {after.id}
    (said,) = world.heard(ParticipantUpdated, room)
    assert (said.data.participant, said.data.previous_model) == (after, "demo/tide")


async def test_what_changes_no_model_names_none_before(world: World, replica: Replica) -> None:
    await replica()
    room = await world.create("keyed/one")
    await switch(world, room, "keyed/one", name="New")  # the key is not looked for where the model stays
    (said,) = await until(lambda: world.heard(ParticipantUpdated, room))
    assert said.data.previous_model is None
    assert [entry.data.previous_model for entry in await world.log(room) if isinstance(entry, ParticipantUpdated)] == [
        None
    ]


@pytest.mark.parametrize(
    ("user", "model", "code"),
    [
        ("alice", "unknown/x", ErrorCode.MODEL_NOT_FOUND),
        ("bob", "keyed/x", ErrorCode.KEY_INVALID),
        ("carol", "keyed/x", ErrorCode.KEY_MISSING),
    ],
)
async def test_a_model_that_could_not_answer_is_refused_and_nothing_changes(
    world: World, replica: Replica, user: str, model: str, code: ErrorCode
) -> None:
    await replica()
    room = await world.create("demo/ada", user=user)
    before = await world.attach(room)
    failure = await refused(switch(world, room, model, user=user))
    assert failure.code is code
    assert model.split("/", maxsplit=1)[0] in str(failure.details)
    assert await world.attach(room) == before


async def test_a_model_with_a_working_key_is_taken(world: World, replica: Replica) -> None:
    await replica()
    room = await world.create("demo/ada")
    assert (await switch(world, room, "keyed/x")).model_id == "keyed/x"


async def test_one_message_may_ask_for_another_model_of_a_lone_participant(world: World, replica: Replica) -> None:
    await replica()
    room = await world.create("demo/tide", mode="single")
    for model in ("demo/guest", None):
        await world.post(room, options=PostOptions(model_id=model))
        order = (await world.orders_of(room, 1 if model else 2))[-1]
        assert order.turn.model == (model or "demo/tide")
        await world.completed(order)
        await until(lambda: len(world.heard(RoundEnded, room)) == (1 if model else 2))  # noqa: B023 - awaited in the loop


async def test_how_a_model_is_wished_to_answer_goes_with_each_order_as_it_was_when_the_turn_was_asked_for(
    world: World, replica: Replica
) -> None:
    await replica(first_issue_wait_seconds=0.2)
    wishes = AnswerSettings(temperature=0.3, max_output_tokens=100)
    seats = (NewParticipant(model="demo/ada", settings=wishes), NewParticipant(model="demo/bo"))
    room = await world.broker.ask(SESSION_CREATE, CreateSession(actor=actor(), participants=seats))
    assert [seat.settings for seat in room.participants] == [wishes, AnswerSettings()]
    await world.post(room)
    ada, bo = await world.orders_of(room, 2)
    assert (ada.settings, bo.settings) == (wishes, AnswerSettings())
    changed = await switch(world, room, "demo/cy", settings=AnswerSettings(top_p=0.5))
    assert changed.settings == AnswerSettings(top_p=0.5)
    again = await world.orders_of(room, 4)  # nobody took them: they are offered once more
    assert all(order.settings == wishes for order in again if order.turn.turn_id == ada.turn.turn_id)
    for order in (ada, bo):
        await world.completed(order)
    await until(lambda: world.heard(RoundEnded, room))
    await world.post(room)
    mine = (room.id, 2, changed.id)
    following = await until(
        lambda: [o for o in world.orders if (o.session_id, o.turn.round, o.turn.participant_id) == mine]
    )
    assert following[0].settings == AnswerSettings(top_p=0.5)
    assert (await switch(world, room, "demo/cy", name="Cy")).settings == AnswerSettings(top_p=0.5)
