"""Stop reaches an answer from anywhere, whoever dies on the way; a restart in order drops no answer."""

import asyncio
from collections.abc import Callable

import pytest

from palaver.cli.testing.stack import Replica, Stack
from palaver.cli.testing.witness import answered, rounds_ended, told, until, witnessed
from palaver.client import Palaver, ReplyState, Room
from palaver.contracts.session import NewParticipant
from palaver.simulator.faults import Fault, Script

pytestmark = [pytest.mark.e2e, pytest.mark.fault, pytest.mark.timeout(240)]

SEATS = (
    NewParticipant(model="sim-swift", name="Swift"),
    NewParticipant(model="sim-sage", name="Sage"),
    NewParticipant(model="sim-oak", name="Oak"),
)
ALONE = SEATS[:1]
STOPS_IN_A_ROW = 10
ENDLESS = 100_000
"""Words; nobody waits for the end of such an answer."""


def stacked(**copies: int) -> dict[str, object]:
    return {"copies": {name.replace("_", "-"): count for name, count in copies.items()}}


def let_speak(stack: Stack, words: int, *, per_second: float = 50) -> dict[str, str]:
    """What each model will say, whenever it is asked."""
    texts = {str(seat.model): " ".join(f"{seat.name}{n}" for n in range(words)) for seat in SEATS}
    for model, text in texts.items():
        stack.simulator.stage.scripts.arm(
            Script(model=model, text=text, first_token_seconds=0.1, tokens_per_second=per_second, count=10)
        )
    return texts


def reply_of(room: Room, speaker: str) -> ReplyState:
    return next(reply for reply in room.transcript.replies.values() if reply.turn.speaker == speaker)


def speaking(*seats: NewParticipant) -> Callable[[Room], bool]:
    """For `until`: each of them has said something."""

    def all_do(room: Room) -> bool:
        started = {reply.turn.speaker for reply in room.transcript.replies.values() if len(reply.text) > 20}
        return started >= {seat.name for seat in seats}

    return all_do


def ended(*speakers: str) -> Callable[[Room], bool]:
    """For `until`: exactly these answers have ended."""
    return lambda room: {r.turn.speaker for r in room.transcript.replies.values() if r.ended} == set(speakers)


async def booked(person: Palaver, calls: int) -> int:
    """Provider calls that were booked, once as many are as there should be."""
    async with asyncio.timeout(30):
        while (found := (await person.rest.get("/api/v1/stats/overview"))["requests"]) < calls:  # noqa: ASYNC110 - asked over HTTP
            await asyncio.sleep(0.1)
    return found


async def hung_up(stack: Stack, calls: int) -> None:
    """Return when so many provider connections were closed before their end."""
    async with asyncio.timeout(10):
        while sum(r.client_closed_at is not None for r in stack.simulator.stage.recorder.records()) < calls:  # noqa: ASYNC110 - a record is a plain fact
            await asyncio.sleep(0.01)


def busy(replicas: list[Replica]) -> Replica:
    return max(replicas, key=lambda replica: replica.figure("palaver_turns_running"))


# ---- stop ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("stack", [stacked(gateway=2, session=2, model_router=2)], indirect=True)
async def test_one_turn_one_participant_and_all_are_stopped_from_another_gateway_and_paid_for(stack: Stack):
    texts = let_speak(stack, ENDLESS)
    async with await stack.person() as ada, await stack.same_person(ada, url=stack.urls[1]) as elsewhere:
        room = await ada.create_room(SEATS)
        mirrored = await elsewhere.room(room.id)
        await room.post("Talk until I stop you.")
        for client in (room, mirrored):
            await until(client, speaking(*SEATS))
        await mirrored.stop(turn_id=reply_of(mirrored, "Swift").turn.turn_id)
        await until(room, ended("Swift"))
        await mirrored.stop(participant_id=reply_of(mirrored, "Sage").turn.participant_id)
        await until(room, ended("Swift", "Sage"))
        await mirrored.stop()
        await until(room, rounds_ended(1))
        await until(mirrored, rounds_ended(1))
        await hung_up(stack, 3)
        paid = await booked(ada, 3)
    records = stack.simulator.stage.recorder.records()
    assert answered(room) == answered(mirrored)
    for client in (room, mirrored):
        for reply in client.transcript.replies.values():
            assert reply.reply is not None
            assert (reply.status, reply.reply.finish_reason) == ("stopped", "stopped")
            assert reply.text
            assert texts[reply.turn.model].startswith(reply.text)
            assert reply.reply.usage is not None
            assert reply.reply.usage.tokens_output > 0
    assert (len(records), paid) == (3, 3)


@pytest.mark.parametrize("stack", [stacked(session=2)], indirect=True)
async def test_a_stop_right_behind_a_post_stops_its_answers_however_soon_it_comes(stack: Stack):
    let_speak(stack, ENDLESS)
    async with await stack.person() as ada:
        room = await ada.create_room(SEATS)
        for number in range(1, STOPS_IN_A_ROW + 1):
            posting = asyncio.create_task(room.post(f"Talk until I stop you, {number}."))
            await asyncio.sleep(0)  # its frame is out
            assert await room.stop()
            await posting
            await until(room, rounds_ended(number))
        assert {reply.status for reply in room.transcript.replies.values()} == {"stopped"}


@pytest.mark.parametrize("stack", [stacked(session=2, model_router=2)], indirect=True)
async def test_a_stop_of_an_answer_whose_worker_has_just_died_ends_it_with_its_text_and_nobody_goes_on(stack: Stack):
    let_speak(stack, ENDLESS)
    async with await stack.person() as ada:
        room = await ada.create_room(ALONE)
        await room.post("Talk until I stop you.")
        await until(room, lambda r: len(reply_of(r, "Swift").text) > 1_000 if r.transcript.replies else False)
        await busy(stack.replicas["model-router"]).vanish()
        await room.stop()
        await until(room, rounds_ended(1))
        reply = reply_of(room, "Swift")
        paid = await booked(ada, 1)
    assert (reply.status, reply.attempt) == ("stopped", 1)
    assert reply.text
    assert len(stack.simulator.stage.recorder.records()) == paid == 1


@pytest.mark.parametrize("stack", [stacked(gateway=2)], indirect=True)
async def test_a_stop_survives_the_gateway_that_carried_it(stack: Stack):
    let_speak(stack, ENDLESS)
    async with await stack.person() as ada, await stack.same_person(ada, url=stack.urls[1]) as elsewhere:
        room = await ada.create_room(SEATS)
        mirrored = await elsewhere.room(room.id)
        await room.post("Talk until I stop you.")
        await until(room, speaking(*SEATS))
        assert await room.stop()
        await stack.replicas["gateway"][0].vanish()
        await until(mirrored, rounds_ended(1))
        await hung_up(stack, 3)
    assert {reply.status for reply in mirrored.transcript.replies.values()} == {"stopped"}


async def test_a_stop_ends_the_pause_before_another_call(stack: Stack):
    stack.simulator.stage.faults.arm(Fault(model="sim-swift", kind="rate_limit", retry_after_seconds=20, count=5))
    async with await stack.person() as ada:
        room = await ada.create_room(ALONE)
        await room.post("Say something.")
        async with asyncio.timeout(10):
            while not stack.simulator.stage.recorder.records():  # noqa: ASYNC110 - a record is a plain fact
                await asyncio.sleep(0.01)
        await room.stop()
        await until(room, rounds_ended(1), seconds=15)
    assert reply_of(room, "Swift").status == "stopped"
    assert len(stack.simulator.stage.recorder.records()) == 1


# ---- restarts in order -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("stack", [stacked(model_router=1)], indirect=True)
async def test_a_worker_that_stops_finishes_what_it_can_and_hands_the_rest_over_at_once(stack: Stack):
    texts = let_speak(stack, 200)
    (short_of_time,) = stack.replicas["model-router"]
    async with await stack.person() as ada:
        room = await ada.create_room(SEATS)
        async with witnessed(room, lambda model: (texts[model],)) as witness:
            await room.post("Who goes on when somebody leaves?")
            await until(room, speaking(*SEATS))
            leaving = asyncio.create_task(short_of_time.leave())
            await stack.add("model-router")
            await leaving
            calls_before = len(stack.simulator.stage.recorder.records())
            await until(room, rounds_ended(1))
        paid = await booked(ada, calls_before)
    records = stack.simulator.stage.recorder.records()
    replies = room.transcript.replies.values()
    assert witness.wrong == []
    assert {reply.status for reply in replies} == {"completed"}
    assert answered(room) == sorted(texts.items()) == told(records)
    assert paid == len(records)


@pytest.mark.parametrize("stack", [stacked(session=2, gateway=2)], indirect=True)
async def test_while_sessions_and_gateways_are_replaced_one_by_one_three_answers_go_on_unharmed(stack: Stack):
    texts = let_speak(stack, 500)
    async with await stack.person() as ada, await stack.same_person(ada, url=stack.urls[1]) as elsewhere:
        room = await ada.create_room(SEATS)
        mirrored = await elsewhere.room(room.id)
        async with (
            witnessed(room, lambda model: (texts[model],)) as here,
            witnessed(mirrored, lambda model: (texts[model],)) as there,
        ):
            await room.post("Do not let yourselves be disturbed.")
            await until(room, speaking(*SEATS))
            for old in tuple(stack.replicas["session"]):
                await old.leave()
                await stack.add("session")
            for old, url in zip(tuple(stack.replicas["gateway"]), tuple(stack.urls), strict=True):
                await old.leave()
                await stack.add("gateway", port=int(url.rpartition(":")[2]))
            for client in (room, mirrored):
                await until(client, rounds_ended(1))
        paid = await booked(ada, len(SEATS))
    records = stack.simulator.stage.recorder.records()
    assert (here.wrong, there.wrong) == ([], [])
    assert answered(room) == answered(mirrored) == sorted(texts.items()) == told(records)
    assert {reply.attempt for reply in room.transcript.replies.values()} == {1}
    assert len(records) == paid == len(SEATS)
