"""A room without a title gets one through the whole product: a model's side job, the log, the client, the bill."""

import pytest

from palaver.cli.testing.stack import Stack
from palaver.cli.testing.witness import rounds_ended, until
from palaver.client import Room

pytestmark = pytest.mark.e2e

WITH_TITLES = {"overrides": {"session": {"titles": True}}}
QUESTION = "How do we find a good name for an old sailing boat?"


def called(title: str):
    def fulfilled(room: Room) -> bool:
        return room.transcript.session is not None and room.transcript.session.title == title

    return fulfilled


@pytest.mark.parametrize("stack", [WITH_TITLES], indirect=True)
async def test_a_room_is_given_a_title_by_a_model_that_answered_and_whoever_looks_sees_it(stack: Stack):
    async with await stack.person() as ada, await stack.same_person(ada) as elsewhere:
        room = await ada.create_room(["sim-swift", "sim-sage"])
        watched = await elsewhere.room(room.id)
        await room.post(QUESTION)
        await until(room, rounds_ended(1))
        for place in (room, watched):
            await until(place, called("Old sailing boat"))
        assert [session.title for session in await ada.rest.sessions()] == ["Old sailing boat"]
        await room.post("And for a new one?")
        await until(room, rounds_ended(2))
        requests = stack.simulator.stage.recorder.records()
        assert len(requests) == 5  # two answers each, and one title
        named = await ada.create_room(["sim-swift"], title="Kayaks")
        await named.post(QUESTION)
        await until(named, rounds_ended(1))
        assert len(stack.simulator.stage.recorder.records()) == 6
