"""One person's large rooms, full of rounds, do not keep another person from an answer; read from the wire, by order."""

import asyncio

import pytest

from palaver.cli.testing.stack import Stack
from palaver.cli.testing.witness import rounds_ended, until
from palaver.contracts.limits import MAX_PARTICIPANTS
from palaver.contracts.session import NewParticipant
from palaver.simulator.faults import Script

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

CAP, SLOTS, PLACES = 4, 6, 2
LARGE = tuple(NewParticipant(model="sim-swift", name=f"Swift {number}") for number in range(MAX_PARTICIPANTS))
SMALL = LARGE[:1]
FLOOD, QUESTION = "Talk about the flood.", "Is tea good?"
NEVER_SECONDS, A_WHILE_SECONDS = 3_600.0, 6.0


def asked(stack: Stack) -> list[str]:
    """Whose calls reached the provider, in their order."""
    records = stack.simulator.stage.recorder.records()
    return ["flood" if FLOOD in str(record.body) else "small" for record in records]


def flood_takes(stack: Stack, seconds: float) -> None:
    """Each answer to the flood begins after so long, and is short."""
    stack.simulator.stage.scripts.arm(Script(text="Water.", about=FLOOD, first_token_seconds=seconds, count=1_000))


async def until_asked(stack: Stack, calls: int) -> None:
    async with asyncio.timeout(60):
        while len(asked(stack)) < calls:  # noqa: ASYNC110 - a record is a plain fact
            await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    "stack",
    [
        {
            "overrides": {
                "session": {"titles": False, "max_issued_turns_per_payer": CAP},
                "model-router": {"limits": {"max_turns": SLOTS}},
            }
        }
    ],
    ids=["few-slots"],
    indirect=True,
)
async def test_rooms_full_of_rounds_take_no_more_slots_than_their_payer_may_have(stack: Stack) -> None:
    flood_takes(stack, NEVER_SECONDS)
    async with await stack.person("Ada") as ada, await stack.person("Bob") as bob:
        floods = [await ada.create_room(LARGE) for _ in range(2)]
        for _ in range(3):
            for flood in floods:
                await flood.post(FLOOD)
        await until_asked(stack, CAP)
        room = await bob.create_room(SMALL)
        for number in range(1, 4):
            await room.post(QUESTION)
            await until(room, rounds_ended(number))
        # sixty turns of Ada's were asked for before, and not one of those that run has ended
        assert asked(stack) == ["flood"] * CAP + ["small"] * 3
        assert {reply.status for reply in room.transcript.replies.values()} == {"completed"}
        for flood in floods:
            await flood.stop()


@pytest.mark.parametrize(
    "stack",
    [{"overrides": {"model-router": {"limits": {"max_provider_calls": PLACES}}}}],
    ids=["few-places"],
    indirect=True,
)
async def test_where_a_provider_has_few_places_people_take_turns_for_them(stack: Stack) -> None:
    flood_takes(stack, A_WHILE_SECONDS)
    (worker,) = stack.replicas["model-router"]
    async with await stack.person("Ada") as ada, await stack.person("Bob") as bob:
        flood, room = await ada.create_room(LARGE), await bob.create_room(SMALL)
        await flood.post(FLOOD)
        await until_asked(stack, PLACES)
        await room.post(QUESTION)
        async with asyncio.timeout(A_WHILE_SECONDS):
            while worker.figure("palaver_turns_running") < MAX_PARTICIPANTS + 1:  # noqa: ASYNC110 - a plain figure
                await asyncio.sleep(0.01)
        assert asked(stack) == ["flood"] * PLACES, "too slow a machine: the first answers are over"
        await until(room, rounds_ended(1))
        # eight turns of Ada's were waiting before; one of them may have been next
        assert asked(stack).index("small") <= PLACES + 1
        await flood.stop()
