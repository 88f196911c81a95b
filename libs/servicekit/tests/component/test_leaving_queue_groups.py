"""A replica that cannot do its work leaves the questions to its sisters, and comes back."""

import pytest

from palaver.servicekit.availability import Availability
from palaver.servicekit.errors import Unavailable
from palaver.servicekit.routes import answer
from palaver.servicekit.service import Service
from palaver.servicekit.testing.kits import BrokerFor, KitFor, Running
from palaver.servicekit.testing.notes import COUNT, Count, Note

pytestmark = pytest.mark.component
QUESTIONS = 30


async def test_questions_go_to_the_replica_that_can_answer_until_the_other_one_can_again(
    broker_for: BrokerFor, kit_for: KitFor, running: Running
) -> None:
    asker = await broker_for("asker")
    availabilities = Availability(), Availability()

    def replica(number: int) -> Service:
        async def say(_note: Note) -> Count:
            return Count(number=number)

        return Service("notes", (answer(COUNT, say),), availability=availabilities[number])

    async def answering() -> set[int]:
        """Who answers, out of many questions; empty when nobody does."""
        try:
            return {(await asker.ask(COUNT, Note(text="who?"))).number for _ in range(QUESTIONS)}
        except Unavailable:
            return set()

    async def become(expected: set[int]) -> None:
        while await answering() != expected:
            pass

    async with running(replica(0), await kit_for("notes")), running(replica(1), await kit_for("notes")):
        await become({0, 1})
        availabilities[0].set(False)
        await become({1})
        availabilities[1].set(False)
        await become(set())
        availabilities[0].set(True)
        await become({0})
        availabilities[1].set(True)
        await become({0, 1})


async def test_a_word_that_changes_nothing_is_not_waited_for() -> None:
    availability = Availability()
    availability.set(False)
    assert await availability.differs(from_=True) is False
    availability.set(True)
    assert await availability.differs(from_=False) is True
