"""Another model takes a long conversation over: from a window of 200 k to two of 8 k, in two wire formats, and back."""

import asyncio
import re
from collections.abc import Awaitable, Callable

import pytest

from palaver.cli.testing.stack import Stack
from palaver.client import Palaver, Room
from palaver.contracts.client_protocol import ParticipantUsage
from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.ids import MessageId
from palaver.contracts.session import NewParticipant
from palaver.contracts.session_log import ParticipantUpdated
from palaver.simulator.faults import Script
from palaver.simulator.recorder import Record

MANY = 100_000
UNBOUNDED = {"rates": {"messages_per_minute": MANY, "requests_per_minute": MANY}}
pytestmark = [
    pytest.mark.e2e,
    pytest.mark.parametrize(
        "stack", [{"overrides": {"gateway": UNBOUNDED, "context": {"summaries": False}}}], indirect=True
    ),
]

ROUNDS, BY_TIDE = 250, 20
"""The first rounds are answered by a guest with a window of 4 k: its requests are small, and so the test is quick."""
TIDE, FINCH, WREN, MOTH = "sim-tide", "sim-finch", "sim-wren", "sim-moth"
FILLER = "as was said before, and will be said again in other words, when the time has come for it. " * 3
THINKING_SECONDS = 4.0
"""How long an answer takes to begin while its window is compared with the meter."""
MARK = re.compile(r"<[qa]\d+>")


def question(number: int) -> str:
    return f"<q{number}> {FILLER}"


def answer(number: int) -> str:
    return f"<a{number}> {FILLER}"


async def exchange(stack: Stack, room: Room, number: int, model: str, guest: str | None = None) -> None:
    """A question and its answer, word for word."""
    at_once = Script(model=model, text=answer(number), first_token_seconds=0, tokens_per_second=MANY)
    stack.simulator.stage.scripts.arm(at_once)
    message = await room.post(question(number), model_id=guest)
    async for _ in room.progress(message.branch, message.round):
        pass
    (reply,) = room.transcript.replies_in(message.branch, message.round)
    assert (reply.status, reply.text.strip(), reply.turn.model) == ("completed", answer(number).strip(), model)


def sent(record: Record) -> str:
    """All words of a request, whatever its format."""
    return str(record.body)


def last_request(stack: Stack, model: str) -> Record:
    return stack.simulator.stage.recorder.records(model)[-1]


async def meter(palaver: Palaver, room: Room) -> ParticipantUsage:
    return (await palaver.rest.context(room.id)).participants[0]


def ids_of(room: Room) -> dict[str, MessageId]:
    """Mark → the message or reply that it stands in, in the order of the conversation."""
    said = [(message.round, 0, message.content, message.id) for message in room.transcript.messages.values()]
    said += [(state.turn.round, 1, state.text, state.turn.reply_id) for state in room.transcript.replies.values()]
    marked = [(MARK.match(text), message_id) for _, _, text, message_id in sorted(said)]
    return {found[0]: message_id for found, message_id in marked if found}


@pytest.mark.timeout(300)  # five hundred messages take a while on a busy machine
async def test_five_hundred_messages_go_from_a_large_window_to_two_small_ones_and_back(stack: Stack) -> None:
    async with await stack.person() as palaver:
        room = await palaver.create_room([NewParticipant(model=TIDE, name="Ada")])
        for number in range(ROUNDS):
            guest = MOTH if number < ROUNDS - BY_TIDE else None
            await exchange(stack, room, number, guest or TIDE, guest)
        assert (await meter(palaver, room)).left_out == 0

        number = ROUNDS
        for model, before in ((FINCH, [MOTH, TIDE]), (WREN, [MOTH, TIDE, FINCH])):
            seat = await palaver.rest.switch_model(room.id, model)
            assert (seat.model_id, seat.name) == (model, "Ada")
            await while_it_thinks(stack, room, number, model, lambda m=model: as_metered(stack, palaver, room, m))
            assert note(model, before) in sent(last_request(stack, model))
            number += 1
        records = stack.simulator.stage.recorder.records()
        assert {record.status for record in records} == {200}

        await palaver.rest.switch_model(room.id, TIDE)
        await exchange(stack, room, number, TIDE)
        whole = MARK.findall(sent(last_request(stack, TIDE)))
        assert whole == [f"<{sign}{n}>" for n in range(number) for sign in "qa"] + [f"<q{number}>"]
        assert note(TIDE, [MOTH, FINCH, WREN]) in sent(last_request(stack, TIDE))

        switches = [entry for entry in room.transcript.entries if isinstance(entry, ParticipantUpdated)]
        assert [(entry.data.previous_model, entry.data.participant.model_id) for entry in switches] == [
            (TIDE, FINCH),
            (FINCH, WREN),
            (WREN, TIDE),
        ]


def note(model: str, earlier: list[str]) -> str:
    others = ", ".join(earlier)
    return f"Note: you are now answered by {model}. Earlier answers under your name were written by {others}."


async def while_it_thinks(
    stack: Stack, room: Room, number: int, model: str, look: Callable[[], Awaitable[None]]
) -> None:
    """Ask, and look once the model has the request and before it answers: then the meter is about that request."""
    late = Script(model=model, text=answer(number), first_token_seconds=THINKING_SECONDS, tokens_per_second=MANY)
    stack.simulator.stage.scripts.arm(late)
    asked = len(stack.simulator.stage.recorder.records(model))
    message = await room.post(question(number))
    while len(stack.simulator.stage.recorder.records(model)) == asked:  # noqa: ASYNC110 - a plain list
        await asyncio.sleep(0.01)
    await look()
    async for _ in room.progress(message.branch, message.round):
        pass
    assert [reply.status for reply in room.transcript.replies_in(message.branch, message.round)] == ["completed"]


async def as_metered(stack: Stack, palaver: Palaver, room: Room, model: str) -> None:
    """What the meter lists as unseen is exactly what is not in the request."""
    shown = await meter(palaver, room)
    ids, request = ids_of(room), sent(last_request(stack, model))
    marks = set(MARK.findall(request))
    assert shown.unseen == tuple(ids[mark] for mark in ids if mark not in marks)
    assert shown.left_out == len(shown.unseen) > 400
    assert shown.used <= shown.maximum


async def test_one_message_may_be_answered_by_a_guest_and_a_model_that_cannot_answer_is_refused(stack: Stack) -> None:
    async with await stack.person() as palaver:
        room = await palaver.create_room([NewParticipant(model=TIDE, name="Ada")])
        await exchange(stack, room, 0, TIDE)
        await exchange(stack, room, 1, FINCH, guest=FINCH)
        await exchange(stack, room, 2, TIDE)
        assert note(FINCH, [TIDE]) in sent(last_request(stack, FINCH))
        assert note(TIDE, [FINCH]) in sent(last_request(stack, TIDE))
        assert (await palaver.rest.session(room.id)).participants[0].model_id == TIDE
        for model, code in (("nobody", ErrorCode.MODEL_NOT_FOUND), ("gpt-6-luna", ErrorCode.KEY_MISSING)):
            with pytest.raises(Failure) as refused:
                await palaver.rest.switch_model(room.id, model)
            assert refused.value.code is code
        unknown = await room.post("Hello?", model_id="nobody")
        async for _ in room.progress(unknown.branch, unknown.round):
            pass
        (failed,) = room.transcript.replies_in(unknown.branch, unknown.round)
        assert (failed.status, failed.code) == ("failed", ErrorCode.MODEL_NOT_FOUND)
