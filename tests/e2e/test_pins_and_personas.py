"""Pins and personas from the public edge to the providers' requests, as the simulator recorded them."""

import asyncio

import pytest

from palaver.cli.testing.stack import Stack
from palaver.client import Room
from palaver.contracts.session import NewParticipant
from palaver.contracts.session_log import UserMessage
from palaver.simulator.faults import Script

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.parametrize("stack", [{"overrides": {"context": {"summaries": False}}}], indirect=True),
]

MOTH, SWIFT, WREN = "sim-moth", "sim-swift", "sim-wren"
FILLER = "word " * 150
ROUNDS = 25
THINKING_SECONDS = 4.0
"""How long answers take to begin while their windows are compared with the meters."""


async def exchange(stack: Stack, room: Room, text: str, *models: str) -> UserMessage:
    """A question, and a short answer of each of these models."""
    for model in models:
        stack.simulator.stage.scripts.arm(Script(model=model, text="Noted.", first_token_seconds=0))
    message = await room.post(text)
    async for _ in room.progress(message.branch, message.round):
        pass
    assert {reply.status for reply in room.transcript.replies_in(message.branch, message.round)} == {"completed"}
    return message


def request_to(stack: Stack, model: str) -> str:
    return str(stack.simulator.stage.recorder.records(model)[-1].body)


async def until_asked(stack: Stack, *models: str, about: str) -> None:
    """Wait until these models have a request with these words."""
    while not all(about in request_to(stack, model) for model in models):  # noqa: ASYNC110 - a plain list
        await asyncio.sleep(0.01)


async def test_what_is_pinned_stays_in_a_window_of_four_thousand_tokens_and_too_many_pins_overflow_nothing(
    stack: Stack,
) -> None:
    async with await stack.person() as palaver:
        room = await palaver.create_room([NewParticipant(model=MOTH, name="Moth"), NewParticipant(model=WREN)])
        said = [await exchange(stack, room, f"<first> {FILLER}", MOTH, WREN)]
        await palaver.rest.pin(said[0].id)
        said += [await exchange(stack, room, f"<{number}> {FILLER}", MOTH, WREN) for number in range(1, ROUNDS)]
        assert "<first>" in request_to(stack, MOTH)
        assert "<1>" not in request_to(stack, MOTH)

        for message in said[1:]:
            await palaver.rest.pin(message.id)
        for model in (MOTH, WREN):
            stack.simulator.stage.scripts.arm(Script(model=model, text="All.", first_token_seconds=THINKING_SECONDS))
        asked = await room.post("<last> What is pinned?")
        await until_asked(stack, MOTH, WREN, about="<last>")
        # Half of a window are pins, the last pinned first; its meter names the others, while the answer is awaited.
        usage = await palaver.rest.context(room.id)
        for meter, model in zip(usage.participants, (MOTH, WREN), strict=True):
            missing = [message.id for message in said if message.content.split()[0] not in request_to(stack, model)]
            assert bool(missing) == (model == MOTH)
            assert missing == [message.id for message in said[: len(missing)]]
            assert list(meter.unseen_pinned) == missing
            assert set(missing) <= set(meter.unseen)
        async for _ in room.progress(asked.branch, asked.round):
            pass
        assert {record.status for record in stack.simulator.stage.recorder.records()} == {200}

        await palaver.leave(room)
        again = await palaver.room(room.id)
        assert again.transcript.pinned == [message.id for message in said]
        assert asked.id not in again.transcript.pinned
        await palaver.rest.unpin(said[0].id)
        while said[0].id in again.transcript.pinned:
            await again.changed()
        listed = await palaver.rest.pinned(room.id)
        assert len(listed) == ROUNDS - 1


async def test_a_persona_is_who_its_participant_is_in_every_kind_of_prompt(stack: Stack) -> None:
    async with await stack.person() as palaver:
        persona = await palaver.rest.create_persona(
            "Kim", system_prompt="You are {{name}}; doubt {{others}}.", model=SWIFT, color="#112233"
        )
        seats = (NewParticipant(persona=persona.slug), NewParticipant(persona="sceptic", model=WREN))
        session = await palaver.rest.create_session(seats)
        kim, sceptic = session.participants
        assert (kim.name, kim.model_id, kim.color, kim.persona) == ("Kim", SWIFT, "#112233", "kim")
        assert (sceptic.name, sceptic.persona) == ("Sceptic", "sceptic")
        room = await palaver.room(session)

        await exchange(stack, room, "Hello", SWIFT, WREN)
        default = request_to(stack, SWIFT)
        assert "You are Kim, one of several AI models" in default
        assert "You are Kim; doubt Sceptic." in default
        assert "Choose a role" not in default
        assert "You are Sceptic, the sceptic in this conversation." in request_to(stack, WREN)

        path = f"/api/v1/sessions/{room.id}"
        await palaver.rest.call("PUT", path, {"system_prompt": "In a club of {{name}}. {{persona}} Be brief."})
        await exchange(stack, room, "Hello again", SWIFT, WREN)
        assert "In a club of Kim. You are Kim; doubt Sceptic. Be brief." in request_to(stack, SWIFT)

        await palaver.rest.call("PUT", path, {"prompt_mode": "individual"})
        await palaver.rest.delete_persona("kim")
        await exchange(stack, room, "And again", SWIFT, WREN)
        (system,) = [m["content"] for m in _messages(stack) if m["role"] == "system"]
        assert system == "You are Kim; doubt Sceptic."


def _messages(stack: Stack) -> list[dict[str, str]]:
    return stack.simulator.stage.recorder.records(SWIFT)[-1].body["messages"]
