"""What falls out of a small window is summarised by a model that is asked, read in the next request, and edited."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from palaver.cli.testing.stack import Stack
from palaver.client import Palaver, Room
from palaver.contracts.client_protocol import ParticipantUsage
from palaver.contracts.context import SummaryView
from palaver.contracts.session import NewParticipant
from palaver.simulator.faults import Script
from palaver.simulator.recorder import Record

MOTH, SWIFT, OAK = "sim-moth", "sim-swift", "sim-oak"
MANY = 100_000
UNBOUNDED = {"rates": {"messages_per_minute": MANY, "requests_per_minute": MANY}}
pytestmark = [
    pytest.mark.e2e,
    pytest.mark.parametrize(
        "stack", [{"overrides": {"gateway": UNBOUNDED, "context": {"summary_model": OAK}}}], indirect=True
    ),
]

FILLER = "as was said before, and will be said again in other words, when the time has come for it. " * 12
MAX_ROUNDS = 30
PATIENCE_SECONDS = 30.0
FIRST = "They compare harbours; Swift prefers the one in the north."
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


async def said(room: Room, number: int, filler: str = FILLER) -> None:
    """A round of the room."""
    message = await room.post(f"<q{number}> {filler}")
    async for _ in room.progress(message.branch, message.round):
        pass
    states = room.transcript.replies_in(message.branch, message.round)
    assert [state.status for state in states] == ["completed", "completed"]


async def talked_until_asked(stack: Stack, room: Room, number: int, orders: int) -> int:
    """Go on until so many summaries were asked for; the number of the next round."""
    for n in range(number, number + MAX_ROUNDS):
        await said(room, n)
        if len(records(stack, OAK)) >= orders:
            return n + 1
    raise AssertionError(f"nothing was summarised in {MAX_ROUNDS} rounds")


async def summarised(palaver: Palaver, room: Room, version: int) -> SummaryView:
    async def there() -> bool:
        return any(summary.version >= version for summary in await palaver.rest.summaries(room.id))

    await until(there)
    return (await palaver.rest.summaries(room.id))[0]


async def meters(palaver: Palaver, room: Room) -> dict[str, ParticipantUsage]:
    found = {meter.id: meter for meter in (await palaver.rest.context(room.id)).participants}
    return {participant.model_id: found[participant.id] for participant in room.transcript.participants}


async def test_a_long_room_is_summarised_for_its_smallest_model_and_a_person_has_the_last_word(stack: Stack) -> None:
    scripts = stack.simulator.stage.scripts
    for text in (FIRST, SECOND):
        scripts.arm(Script(model=OAK, text=text))
    for model in (MOTH, SWIFT):
        scripts.arm(Script(model=model, text="I see.", count=3 * MAX_ROUNDS))
    async with await stack.person() as palaver:
        seats = [NewParticipant(model=MOTH, name="Moth"), NewParticipant(model=SWIFT, name="Swift")]
        room = await palaver.create_room(seats)

        number = await talked_until_asked(stack, room, 0, orders=1)
        order = newest(stack, OAK)
        assert "You keep the minutes" in order
        assert "<<< User (person) >>>" in order
        assert "<q0> as was said before" in order
        first = await summarised(palaver, room, 1)
        assert (first.text, first.model_id, first.author, first.applies) == (FIRST, OAK, None, True)

        await said(room, number, "briefly")  # not so much that more falls out
        small, large = newest(stack, MOTH), newest(stack, SWIFT)
        assert f"<<< Summary of the {first.entries} earliest messages, no longer shown >>>" in small
        assert FIRST in small
        assert "<q0>" not in small
        assert "<q0>" in large
        assert FIRST not in large

        shown = await meters(palaver, room)
        assert shown[SWIFT].summary is None
        assert (seen := shown[MOTH].summary) is not None
        assert (seen.id, seen.version, seen.entries) == (first.id, 1, first.entries)
        assert 0 < shown[MOTH].summarised < 1
        assert len(shown[MOTH].unseen) == shown[MOTH].left_out >= first.entries

        async def told() -> bool:
            change = room.transcript.summary
            return change is not None and (change.change, change.id) == ("written", first.id)

        await until(told)

        edit = await palaver.rest.edit_summary(room.id, first.id, EDITED)
        assert (edit.version, edit.author) == (2, palaver.rest.signed_in.user.id)
        await said(room, number + 1, "briefly")
        assert EDITED in newest(stack, MOTH)
        assert FIRST not in newest(stack, MOTH)

        await talked_until_asked(stack, room, number + 2, orders=2)
        assert EDITED in newest(stack, OAK), "the next summary goes on from the person's words"
        assert FIRST not in newest(stack, OAK)
        second = await summarised(palaver, room, 3)
        assert (second.text, second.made_from) == (SECOND, edit.id)

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

        assert await palaver.rest.delete_summary(room.id, edit.id) == (2, 3)
        assert [summary.version for summary in await palaver.rest.summaries(room.id)] == [1]
