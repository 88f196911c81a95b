"""The claim in Postgres says who runs a turn; renewals keep it and the text."""

import pytest

from palaver.contracts.ids import TurnId, WorkerId, new_id
from palaver.contracts.model_router import RunTurn
from palaver.contracts.session import (
    TURN_CLAIM,
    Checkpoint,
    ClaimTurn,
    Renewal,
)
from palaver.contracts.session_log import ReplyAppended, RoundEnded, TurnStarted
from palaver.session.testing.world import Replica, World, until

pytestmark = pytest.mark.component


async def one_order(world: World, *models: str) -> RunTurn:
    room = await world.create(*(models or ("demo/ada",)))
    await world.post(room)
    return (await world.orders_of(room, 1))[0]


async def test_only_one_worker_gets_an_attempt_and_may_ask_again(world: World, replica: Replica) -> None:
    await replica()
    order = await one_order(world)
    assert await world.claim(order, "w1") == "run"
    assert await world.claim(order, "w1") == "run"
    assert await world.claim(order, "w2") == "drop"
    assert await world.claim(order.model_copy(update={"attempt": 2}), "w1") == "drop"
    await world.completed(order)
    await until(lambda: world.heard(ReplyAppended))
    assert await world.claim(order, "w1") == "drop"


@pytest.mark.parametrize("turn_id", ["nonsense", "01900000-0000-7000-8000-000000000000"])
async def test_an_unknown_turn_is_dropped_and_lost(world: World, replica: Replica, turn_id: str) -> None:
    await replica()
    claim = ClaimTurn(turn_id=TurnId(turn_id), attempt=1, worker=WorkerId("w1"))
    assert (await world.broker.ask(TURN_CLAIM, claim)).verdict == "drop"
    (renewed,) = await world.renew_all(Renewal(turn_id=TurnId(turn_id), attempt=1))
    assert renewed.status == "lost"


async def test_renewals_of_many_turns_are_answered_in_their_order(world: World, replica: Replica) -> None:
    await replica()
    room = await world.create("demo/ada", "demo/bo", "demo/cy")
    await world.post(room)
    held, ended, foreign = await world.orders_of(room, 3)
    await world.claim(held)
    await world.claim(ended)
    await world.claim(foreign, "w2")
    await world.completed(ended)
    await until(lambda: world.heard(ReplyAppended))
    renewals = (Renewal(turn_id=order.turn.turn_id, attempt=1) for order in (foreign, ended, held))
    assert [(turn.turn_id, turn.status) for turn in await world.renew_all(*renewals)] == [
        (foreign.turn.turn_id, "lost"),
        (ended.turn.turn_id, "ended"),
        (held.turn.turn_id, "held"),
    ]


async def test_checkpoints_bear_repetition_and_say_where_to_go_on(world: World, replica: Replica) -> None:
    await replica()
    room = await world.create("demo/ada")
    await world.post(room)
    (order,) = await world.orders_of(room, 1)
    await world.claim(order)
    assert (await world.renew(order, "Grüß", offset=0)).acknowledged == 4
    assert (await world.renew(order, "Grüß Gott", offset=0)).acknowledged == 9  # the answer to the first was lost
    assert (await world.renew(order, "Grüß", offset=0)).acknowledged == 9  # the first one arrives once more
    assert (await world.renew(order, "😀", offset=9)).acknowledged == 10
    assert (await world.renew(order, "!", offset=50)).acknowledged == 10  # behind a gap: not taken
    assert (await world.renew(order)).acknowledged == 10
    (running,) = (await world.attach(room)).running
    assert (running.checkpoint, running.worker, running.attempt) == ("Grüß Gott😀", "w1", 1)


async def test_one_request_may_name_a_turn_twice(world: World, replica: Replica) -> None:
    await replica()
    order = await one_order(world)
    await world.claim(order)
    twice = (
        Renewal(turn_id=order.turn.turn_id, attempt=1, checkpoint=Checkpoint(offset=0, text=text))
        for text in ("a", "ab")
    )
    assert [(turn.status, turn.acknowledged) for turn in await world.renew_all(*twice)] == [("held", 2)]


async def test_a_released_claim_is_offered_again_at_once(world: World, replica: Replica) -> None:
    await replica()
    room = await world.create("demo/ada")
    await world.post(room)
    (first,) = await world.orders_of(room, 1)
    await world.claim(first)
    assert (await world.renew(first, "Half", released=True)).status == "lost"
    assert (await world.renew(first, "Half", released=True)).status == "lost"  # repeated, as it went unanswered
    (_, second) = await world.orders_of(room, 2)
    assert (second.turn, second.attempt, second.issues) == (first.turn, 2, 1)
    assert second.deadline == first.deadline
    assert await world.claim(second, "w2") == "run"
    assert (await world.renew(first, released=True)).status == "lost"
    assert (await world.renew(second, worker="w2")).status == "held"
    assert not world.lost  # its worker metered the call that it cut


async def test_a_start_is_logged_once_per_attempt_and_keeps_the_rank(world: World, replica: Replica) -> None:
    await replica()
    room = await world.create("demo/ada", "demo/bo")
    await world.post(room)
    ada, bo = await world.orders_of(room, 2)
    await world.claim(ada)
    await world.started(ada)
    await world.started(ada)
    await until(lambda: world.heard(TurnStarted))
    await world.started(bo)
    await until(lambda: len(world.heard(TurnStarted)) == 2)
    await world.renew(ada, released=True)
    again = (await world.orders_of(room, 3))[-1]
    await world.started(again)
    await until(lambda: len(world.heard(TurnStarted)) == 3)
    await world.started(ada)  # of an attempt that is over
    await world.completed(again, "Ada's")
    await until(lambda: world.heard(ReplyAppended))
    await world.started(again)  # of a turn that is over
    await world.completed(bo, "Bo's")
    await until(lambda: world.heard(RoundEnded))
    log = await world.log(room)
    starts = [(e.data.speaker, e.data.attempt, e.data.rank) for e in log if isinstance(e, TurnStarted)]
    assert starts == [("Ada", 1, 1), ("Bo", 1, 2), ("Ada", 2, 1)]
    replies = {e.data.speaker: e.data.reply.rank for e in log if isinstance(e, ReplyAppended)}
    assert replies == {"Ada": 1, "Bo": 2}


async def test_the_first_completion_wins_whatever_its_attempt(world: World, replica: Replica) -> None:
    await replica()
    room = await world.create("demo/ada")
    await world.post(room)
    (first,) = await world.orders_of(room, 1)
    await world.claim(first)
    await world.renew(first, released=True)
    (_, second) = await world.orders_of(room, 2)
    await world.claim(second, "w2")
    await world.failed(first, "Not mine any more.")  # failures count from the current attempt only
    await world.stopped(first, "Nor this.")
    await world.completed(first, "Late, and still the answer.")
    await until(lambda: world.heard(RoundEnded))
    await world.completed(second, "Too late.", "w2")
    assert (await world.renew(second, worker="w2")).status == "ended"
    await world.post(room)
    await world.orders_of(room, 3)
    replies = [e.data.reply.text for e in await world.log(room) if isinstance(e, ReplyAppended)]
    assert replies == ["Late, and still the answer."]


async def test_a_turn_that_fails_without_text_concerns_itself_alone(world: World, replica: Replica) -> None:
    await replica()
    room = await world.create("demo/ada", "demo/bo", "demo/cy")
    await world.post(room)
    ada, bo, cy = await world.orders_of(room, 3)
    await world.failed(ada)
    await world.failed(bo, "I got so far")
    await world.completed(cy, "")
    await until(lambda: world.heard(RoundEnded))
    log = await world.log(room)
    ends = {e.data.speaker: e.data.code for e in log if e.name == "turn.failed"}
    assert ends == {"Ada": "PROVIDER_UNAVAILABLE", "Cy": "PROVIDER_REFUSED"}
    (reply,) = [e.data.reply for e in log if isinstance(e, ReplyAppended)]
    assert (reply.text, reply.finish_reason) == ("I got so far", "error")
    assert [e.data.reason for e in log if e.name == "round.ended"] == ["completed"]
    page = (await world.attach(room)).messages
    assert [item.kind for item in page] == ["user", "reply", "failed", "failed"]


async def test_turns_of_one_payer_wait_for_each_other_oldest_first(world: World, replica: Replica) -> None:
    for _ in range(2):  # whichever of them handles a post or an end
        await replica(max_issued_turns_per_payer=3)
    first = await world.create("demo/ada", "demo/bo")
    second = await world.create("demo/cy", "demo/di")
    other = await world.create("demo/eve", user="bob")
    await world.post(first)
    ada, bo = await world.orders_of(first, 2)
    await world.post(second)
    (cy,) = await world.orders_of(second, 1)
    await world.post(other, user="bob")
    await world.orders_of(other, 1)
    assert len([order for order in world.orders if order.session_id == second.id]) == 1
    await world.completed(ada)
    (_, di) = await world.orders_of(second, 2)
    assert (cy.turn.speaker, di.turn.speaker) == ("Cy", "Di")
    await world.completed(bo)
    await until(lambda: world.heard(RoundEnded, first))


async def test_a_fact_about_another_room_s_turn_changes_nothing(world: World, replica: Replica) -> None:
    await replica()
    order = await one_order(world)
    room = await world.create("demo/bo")
    forged = order.model_copy(update={"session_id": room.id})
    await world.completed(forged, "Into the wrong room")
    await world.completed(order.model_copy(update={"turn": order.turn.model_copy(update={"turn_id": new_id()})}))
    await world.completed(order, "Mine")
    await until(lambda: world.heard(ReplyAppended))
    assert [entry.name for entry in await world.log(room)] == ["session.created"]
