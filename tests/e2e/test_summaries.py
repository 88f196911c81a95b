"""What falls out of a small window is summarised by a model that is asked, read in the next request, and edited."""

import asyncio
import re
from collections.abc import Awaitable, Callable

import pytest

from palaver.cli.testing.stack import Stack
from palaver.client import Palaver, Room
from palaver.contracts.client_protocol import ParticipantUsage
from palaver.contracts.context import SummaryView
from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.session import NewParticipant
from palaver.simulator.faults import Script
from palaver.simulator.recorder import Record

MOTH, SWIFT, OAK = "sim-moth", "sim-swift", "sim-oak"
MANY = 100_000
UNBOUNDED = {"rates": {"messages_per_minute": MANY, "requests_per_minute": MANY}}
pytestmark = [
    pytest.mark.e2e,
    pytest.mark.parametrize(
        "stack",
        [{"copies": {"context": 2}, "overrides": {"gateway": UNBOUNDED, "context": {"summary_model": OAK}}}],
        indirect=True,
    ),
]

FILLER = "as was said before, and will be said again in other words, when the time has come for it. " * 12
MAX_ROUNDS = 30
PATIENCE_SECONDS = 30.0
FIRST = "They compare harbours; Swift prefers the one in the north."
BEGINS = re.compile(r"<<< Summary of the \d+ earliest messages, no longer shown >>>")
EDITED = "They compare harbours and have settled on the southern one."
SECOND = "They have settled on the southern harbour and now plan the journey."


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not await condition():  # noqa: ASYNC110 - others' state is asked for
            await asyncio.sleep(0.02)


def records(stack: Stack, model: str) -> list[Record]:
    """The requests of a model, oldest first. Only summaries are written by Oak."""
    return stack.simulator.stage.recorder.records(model)


def newest(stack: Stack, model: str) -> str:
    return str(records(stack, model)[-1].body)


async def said(room: Room, number: int) -> None:
    """A round of the room."""
    message = await room.post(f"<q{number}> {FILLER}")
    async for _ in room.progress(message.branch, message.round):
        pass
    states = room.transcript.replies_in(message.branch, message.round)
    assert [state.status for state in states] == ["completed", "completed"]


async def talked_until(stack: Stack, room: Room, number: int, asked: Callable[[str], bool]) -> tuple[int, str]:
    """Go on until such a summary was asked for; the number of the next round, and what was asked."""
    for n in range(number, number + MAX_ROUNDS):
        await said(room, n)
        for record in records(stack, OAK):
            if asked(body := str(record.body)):
                return n + 1, body
    raise AssertionError(f"no such summary was asked for in {MAX_ROUNDS} rounds")


async def written(palaver: Palaver, room: Room, text: str) -> SummaryView:
    """The newest version that says so, once there is one."""

    async def versions() -> list[SummaryView]:
        return [summary for summary in await palaver.rest.summaries(room.id) if summary.text == text]

    async def there() -> bool:
        return bool(await versions())

    await until(there)
    return (await versions())[0]


async def edited(palaver: Palaver, room: Room) -> SummaryView:
    """Edit the newest version, whatever comes meanwhile."""
    while True:
        newest_version = (await palaver.rest.summaries(room.id))[0]
        try:
            return await palaver.rest.edit_summary(room.id, newest_version.id, EDITED)
        except Failure as failure:
            if failure.code is not ErrorCode.CONFLICT:
                raise


async def meters(palaver: Palaver, room: Room) -> dict[str, ParticipantUsage]:
    found = {meter.id: meter for meter in (await palaver.rest.context(room.id)).participants}
    return {participant.model_id: found[participant.id] for participant in room.transcript.participants}


def answer(stack: Stack, model: str, text: str) -> None:
    """From now on this model says only this."""
    stack.simulator.stage.scripts.arm(Script(model=model, text=text, count=3 * MAX_ROUNDS))


async def test_a_long_room_is_summarised_for_its_smallest_model_and_a_person_has_the_last_word(stack: Stack) -> None:
    answer(stack, OAK, FIRST)
    async with await stack.person() as palaver:
        seats = [NewParticipant(model=MOTH, name="Moth"), NewParticipant(model=SWIFT, name="Swift")]
        room = await palaver.create_room(seats)

        number, order = await talked_until(stack, room, 0, lambda asked: "You keep the minutes" in asked)
        assert "<<< User (person) >>>" in order
        assert "<q0> as was said before" in order
        first = await written(palaver, room, FIRST)
        assert (first.model_id, first.author, first.applies) == (OAK, None, True)

        while not BEGINS.search(newest(stack, MOTH)):  # it is written before anything has to go
            await said(room, number)
            number += 1
        small, large = newest(stack, MOTH), newest(stack, SWIFT)
        assert FIRST in small
        assert "<q0>" not in small
        assert "<q0>" in large
        assert FIRST not in large

        shown = await meters(palaver, room)
        assert shown[SWIFT].summary is None
        assert (seen := shown[MOTH].summary) is not None
        assert seen.id in {summary.id for summary in await palaver.rest.summaries(room.id)}
        assert 0 < shown[MOTH].summarised < 1
        assert len(shown[MOTH].unseen) == shown[MOTH].left_out >= seen.entries

        async def told() -> bool:
            return room.transcript.summary is not None and room.transcript.summary.change == "written"

        await until(told)

        edit = await edited(palaver, room)
        assert edit.author == palaver.rest.signed_in.user.id
        stack.simulator.stage.scripts.clear()
        answer(stack, OAK, SECOND)
        await said(room, number)
        assert EDITED in newest(stack, MOTH)
        assert FIRST not in newest(stack, MOTH)

        _, order = await talked_until(stack, room, number + 1, lambda asked: EDITED in asked)
        assert FIRST not in order
        assert (await written(palaver, room, SECOND)).made_from is not None

        assert {record.status for record in records(stack, MOTH) + records(stack, OAK)} == {200}

        async def booked() -> bool:
            overview = await palaver.rest.get("/api/v1/stats/overview?period=7d")
            share = next((model for model in overview["models"] if model["model_id"] == OAK), None)
            asked = records(stack, OAK)
            return share is not None and (share["requests"], share["tokens_input"]) == (
                len(asked),
                sum(record.tokens_input for record in asked),
            )

        await until(booked)

        gone = await palaver.rest.delete_summary(room.id, edit.id)
        assert gone[0] == edit.version
        left = await palaver.rest.summaries(room.id)
        assert left
        assert {summary.text for summary in left} == {FIRST}
