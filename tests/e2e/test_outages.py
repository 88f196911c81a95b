"""Each of the three servers is stopped for ten seconds in mid-use: said to everybody, and nothing is lost."""

import asyncio

import pytest

from palaver.cli.testing.stack import Stack
from palaver.cli.testing.witness import answered, rounds_ended, shown, told, until, witnessed
from palaver.client import Palaver, Room
from palaver.contracts.operations import Dependency
from palaver.contracts.session import NewParticipant
from palaver.simulator.faults import Script

pytestmark = [pytest.mark.e2e, pytest.mark.fault, pytest.mark.timeout(180)]

OUTAGE_SECONDS = 10.0
NOTICE_SECONDS = 20.0
"""Generous: an outage is noticed within about two seconds, its end within the longest back-off of a connection."""
SEATS = (
    NewParticipant(model="sim-swift", name="Swift"),
    NewParticipant(model="sim-sage", name="Sage"),
    NewParticipant(model="sim-oak", name="Oak"),
)
PACE = 40.0
LENGTHS = {"sim-swift": 5.0, "sim-sage": 12.0, "sim-oak": 15.0}
"""Seconds of each first answer: one ends during the outage, two after it."""


def arm(stack: Stack) -> dict[str, list[str]]:
    """Long first answers and short second ones, of words that never repeat; all texts by model."""
    texts: dict[str, list[str]] = {}
    for model, seconds in LENGTHS.items():
        long = " ".join(f"{model[4:7]}{n}" for n in range(int(seconds * PACE)))
        short = f"{model} has this to say to the second question, and it is brief: 好的。"
        for text in (long, short):
            script = Script(model=model, text=text, first_token_seconds=0.1, tokens_per_second=PACE)
            stack.simulator.stage.scripts.arm(script)
        texts[model] = [long, short]
    return texts


async def told_of(person: Palaver, dependency: Dependency, *, down: bool) -> None:
    """Wait until the server says to this person that something is down, or no longer."""
    async with asyncio.timeout(NOTICE_SECONDS):
        while (dependency in person.degraded) is not down:  # noqa: ASYNC110 - a plain set, changed by notices
            await asyncio.sleep(0.02)


async def all_speak(room: Room) -> None:
    """Wait until every member's text grows."""
    await until(room, lambda r: sum(len(reply.text) > 20 for reply in r.transcript.replies.values()) == len(SEATS))


@pytest.mark.parametrize("dependency", ["postgres", "redis", "nats"])
async def test_ten_seconds_without_a_server_are_announced_and_lose_nothing(stack: Stack, dependency: Dependency):
    texts = arm(stack)
    async with await stack.person("Ada") as ada, await stack.person("Bob") as bob, await stack.person("Cy") as cy:
        room = await ada.create_room(SEATS)
        await bob.connect()
        async with witnessed(room, lambda model: texts[model]) as witness:
            await room.post("The first question")
            await all_speak(room)
            async with stack.outage(dependency, OUTAGE_SECONDS), asyncio.TaskGroup() as group:
                for person in (ada, bob):
                    group.create_task(told_of(person, dependency, down=True))
                second = asyncio.create_task(room.post("The second question, asked meanwhile"))
                await cy.connect()
                await told_of(cy, dependency, down=True)
            for person in (ada, bob, cy):
                await told_of(person, dependency, down=False)
            async with asyncio.timeout(60):
                await second
            await until(room, rounds_ended(2))
        live = shown(room)
        await ada.leave(room)
        reloaded = shown(await ada.room(room.id))
        records = stack.simulator.stage.recorder.records()
        paid = await paid_for(ada, len(records))
    assert witness.wrong == []
    assert [message for message, _ in live] == ["The first question", "The second question, asked meanwhile"]
    assert reloaded == live
    assert {reply.attempt for reply in room.transcript.replies.values()} == {1}
    assert {reply.status for reply in room.transcript.replies.values()} == {"completed"}
    assert answered(room) == told(records)
    assert told(records) == sorted((model, text) for model, both in texts.items() for text in both)
    assert len(records) == 2 * len(SEATS), "a provider was asked more than once for one turn"
    assert paid == len(records)


async def paid_for(person: Palaver, calls: int) -> int:
    """Provider calls that were booked, once as many are as there should be."""
    async with asyncio.timeout(30):
        while (booked := (await person.rest.get("/api/v1/stats/overview"))["requests"]) < calls:  # noqa: ASYNC110 - asked over HTTP
            await asyncio.sleep(0.1)
    return booked
