"""One message from a client to three models of both wire formats and back, judged by what the simulator recorded."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any

import pytest

from palaver.cli.testing.stack import Stack
from palaver.client import ReplyState, Room
from palaver.contracts.ids import new_id
from palaver.contracts.session import NewParticipant
from palaver.simulator.faults import Script
from palaver.simulator.recorder import Record

pytestmark = pytest.mark.e2e

SWIFT, SAGE, OAK = "sim-swift", "sim-sage", "sim-oak"
SEATS = (
    NewParticipant(model=SWIFT, name="Swift"),
    NewParticipant(model=SAGE, name="Sage"),
    NewParticipant(model=OAK, name="Oak"),
)


async def answers(room: Room, question: str) -> list[ReplyState]:
    """Ask, and give the round's answers in the order in which they are shown."""
    message = await room.post(question)
    async for _ in room.progress(message.branch, message.round):
        pass
    return room.transcript.replies_in(message.branch, message.round)


def spoken(record: Record) -> list[tuple[str, str]]:
    """Role and text of every message of a request, the system prompt first, alike for both wire formats."""
    body = record.body
    found = [("system", words(body["system"]))] if body.get("system") else []
    return [*found, *((m["role"], words(m["content"])) for m in body["messages"])]


def words(content: Any) -> str:
    """The text of a message, which stands in a block of its own where the prompt is marked for a cache."""
    return content if isinstance(content, str) else "".join(block["text"] for block in content)


async def test_each_member_is_called_as_its_own_model_with_the_prompt_and_the_history_meant_for_it(stack: Stack):
    async with await stack.person() as palaver:
        session = await palaver.rest.create_session(SEATS, system_prompt="You are {{name}}. With you: {{others}}.")
        room = await palaver.room(session)
        first = await answers(room, "What is a good name for a boat?")
        second = await answers(room, "And for a cat?")
    assert [r.status for r in (*first, *second)] == ["completed"] * 6
    records = stack.simulator.stage.recorder.records()
    said = {r.turn.speaker: r.text for r in first}
    assert {r.model: r.protocol for r in records} == {SWIFT: "openai", OAK: "openai", SAGE: "anthropic"}
    for model, name, others in (
        (SWIFT, "Swift", "Sage, Oak"),
        (SAGE, "Sage", "Swift, Oak"),
        (OAK, "Oak", "Swift, Sage"),
    ):
        opening, later = [spoken(r) for r in records if r.model == model]
        assert opening[0] == ("system", f"You are {name}. With you: {others}.")
        assert [role for role, _ in opening[1:]] == ["user"]
        assert "What is a good name for a boat?" in opening[1][1]
        assert later[0] == opening[0]
        assert ("assistant", said[name]) in later
        heard = "\n".join(text for role, text in later[1:] if role == "user")
        for other in others.split(", "):
            assert f"<<< {other} (model) >>>\n{said[other]}" in heard
        assert said[name] not in heard
        assert later[-1][0] == "user"
        assert later[-1][1].endswith("And for a cat?")


async def test_individual_prompts_reach_exactly_their_own_model(stack: Stack):
    seats = [seat.model_copy(update={"system_prompt": f"Only for {seat.name}."}) for seat in SEATS[:2]]
    async with await stack.person() as palaver:
        session = await palaver.rest.create_session((*seats, SEATS[2]), prompt_mode="individual")
        await answers(await palaver.room(session), "Hello")
    prompts = {r.model: [text for role, text in spoken(r) if role == "system"] for r in records_of(stack)}
    assert prompts == {SWIFT: ["Only for Swift."], SAGE: ["Only for Sage."], OAK: []}


async def test_three_streams_interleave_and_stand_in_the_order_of_their_first_tokens_live_and_after_reload(
    stack: Stack,
):
    for model, delay in ((SAGE, 0.1), (OAK, 0.3), (SWIFT, 0.5)):
        script = Script(model=model, text=f"{model} " * 80, first_token_seconds=delay, tokens_per_second=120)
        stack.simulator.stage.scripts.arm(script)
    async with await stack.person() as palaver:
        room = await palaver.create_room(SEATS)
        message = await room.post("Go")
        grew: list[str] = []
        lengths: dict[str, int] = {}
        async for _ in room.progress(message.branch, message.round):
            for reply in room.transcript.replies_in(message.branch, message.round):
                if len(reply.text) > lengths.get(reply.turn.speaker, 0):
                    lengths[reply.turn.speaker] = len(reply.text)
                    grew.append(reply.turn.speaker)
        live = speakers(room.transcript.replies_in(message.branch, message.round))
        await palaver.leave(room)
        reloaded = await palaver.room(room.id)
        after = speakers(reloaded.transcript.replies_in(message.branch, message.round))
    assert live == ["Sage", "Oak", "Swift"]
    assert after == live
    changes_of_speaker = len(list(groupby(grew)))
    assert changes_of_speaker > 10, "the streams came one after the other"


async def test_posting_the_same_client_message_id_twice_yields_one_message_and_one_round(stack: Stack):
    async with await stack.person() as palaver:
        room = await palaver.create_room(SEATS[:1])
        body = {"session_id": room.id, "client_message_id": new_id(), "content": "Once"}
        for _ in range(3):
            await palaver.rest.post("/api/v1/messages", body)
        await answers(room, "And after it")
        assert [m.content for m in room.transcript.messages.values()] == ["Once", "And after it"]
    assert len(records_of(stack)) == 2


async def test_a_stopped_answer_keeps_its_text_and_the_others_go_on(stack: Stack):
    slow = Script(model=SAGE, text="word " * 2_000, first_token_seconds=0.05, tokens_per_second=100)
    stack.simulator.stage.scripts.arm(slow)
    async with await stack.person() as palaver:
        room = await palaver.create_room(SEATS)
        message = await room.post("Go")
        async for _ in room.progress(message.branch, message.round):
            states = {r.turn.speaker: r for r in room.transcript.replies_in(message.branch, message.round)}
            if len(states) == len(SEATS) and len(states["Sage"].text) > 50:
                await room.stop(turn_id=states["Sage"].turn.turn_id)
                break
        async for _ in room.progress(message.branch, message.round):
            pass
        final = {r.turn.speaker: r for r in room.transcript.replies_in(message.branch, message.round)}
    assert {name: r.status for name, r in final.items()} == {
        "Swift": "completed",
        "Sage": "stopped",
        "Oak": "completed",
    }
    (record,) = [r for r in records_of(stack) if r.model == SAGE]
    assert record.client_closed_at is not None
    assert 50 < len(final["Sage"].text) < len(slow.text)
    assert slow.text.startswith(final["Sage"].text)


async def test_usage_and_meters_reach_the_person(stack: Stack):
    async with await stack.person() as palaver:
        room = await palaver.create_room(SEATS)
        replies = await answers(room, "How much is this?")
        overview = await palaver.rest.get("/api/v1/stats/overview")
        usage = await palaver.rest.get(f"/api/v1/chat/context/{room.id}")
    by_model = {r.model: r for r in records_of(stack)}
    for reply in replies:
        assert reply.reply is not None
        assert reply.reply.usage is not None
        assert reply.reply.usage.tokens_input == by_model[reply.turn.model].tokens_input
        assert reply.reply.cost is not None
    assert overview["requests"] == len(SEATS)
    assert {p["id"] for p in usage["participants"]} == {p.id for p in room.transcript.participants}
    assert all(0 < p["used"] < p["maximum"] for p in usage["participants"])


def records_of(stack: Stack) -> list[Record]:
    """All requests, oldest first."""
    return stack.simulator.stage.recorder.records()


def speakers(replies: Sequence[ReplyState]) -> list[str]:
    """Who, in order."""
    return [r.turn.speaker for r in replies]
