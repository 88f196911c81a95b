"""How models are wished to answer, from REST to four providers' requests, each with its own rules."""

import pytest

from palaver.cli.testing.stack import Stack
from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.session import NewParticipant
from palaver.contracts.session_log import AnswerSettings
from palaver.simulator.faults import Script

pytestmark = pytest.mark.e2e

CHAT, RESPONSES, REASONING, ANTHROPIC, GEMINI = "sim-moth", "sim-finch", "sim-tide", "sim-wren", "sim-comet"
WISHES = AnswerSettings(temperature=1.7, top_p=0.4, max_output_tokens=40)


async def test_every_provider_is_asked_what_it_takes_and_none_refuses(stack: Stack) -> None:
    models = (CHAT, RESPONSES, REASONING, ANTHROPIC, GEMINI)
    async with await stack.person() as palaver:
        seats = tuple(NewParticipant(model=model, settings=WISHES) for model in models)
        room = await palaver.create_room(seats)
        for model in models:
            stack.simulator.stage.scripts.arm(Script(model=model, text="word " * 200, first_token_seconds=0))
        message = await room.post("What is a question?")
        async for _ in room.progress(message.branch, message.round):
            pass
        replies = {state.turn.model: state for state in room.transcript.replies_in(message.branch, message.round)}
        assert {model: state.status for model, state in replies.items()} == dict.fromkeys(models, "completed")
        assert {state.reply.finish_reason for state in replies.values() if state.reply} == {"length"}
        bodies = {record.model: record.body for record in stack.simulator.stage.recorder.records()}
        seat = room.transcript.participants[0]
        path = f"/api/v1/sessions/{room.id}/participants/{seat.id}"
        changed = await palaver.rest.call("PUT", path, {"settings": {"temperature": 0.1}})
    assert changed["settings"] == {"temperature": 0.1, "top_p": None, "max_output_tokens": None}
    assert (bodies[CHAT]["temperature"], bodies[CHAT]["top_p"], bodies[CHAT]["max_completion_tokens"]) == (1.7, 0.4, 40)
    assert (bodies[RESPONSES]["temperature"], bodies[RESPONSES]["top_p"]) == (1.7, 0.4)
    assert "temperature" not in bodies[REASONING]
    assert "top_p" not in bodies[REASONING]
    assert bodies[REASONING]["max_output_tokens"] == 40
    assert (bodies[ANTHROPIC]["temperature"], bodies[ANTHROPIC]["max_tokens"]) == (1.0, 40)
    assert "top_p" not in bodies[ANTHROPIC]
    assert bodies[GEMINI]["generationConfig"] == {"maxOutputTokens": 40, "temperature": 1.7, "topP": 0.4}


async def test_a_wish_beyond_all_providers_is_refused_at_once(stack: Stack) -> None:
    async with await stack.person() as palaver:
        room = await palaver.create_room([CHAT])
        seat = room.transcript.participants[0]
        path = f"/api/v1/sessions/{room.id}/participants/{seat.id}"
        for wish in ({"temperature": 2.1}, {"top_p": -0.1}, {"max_output_tokens": 0}):
            with pytest.raises(Failure) as refused:
                await palaver.rest.call("PUT", path, {"settings": wish})
            assert refused.value.code is ErrorCode.VALIDATION_FAILED
        assert (await palaver.rest.session(room.id)).participants[0].settings == AnswerSettings()
