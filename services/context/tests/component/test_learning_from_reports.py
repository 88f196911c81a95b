"""What providers report is learned over the real broker, kept in Postgres, and used by every replica."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from palaver.context.calibration_store import CalibrationStore
from palaver.context.testing.scribe import Scribe
from palaver.context.testing.world import World
from palaver.contracts.context import Window
from palaver.contracts.ids import CallId, ParticipantId, TurnId, new_id
from palaver.contracts.model_router import USAGE_METERED, UsageMetered
from palaver.contracts.session_log import Usage

pytestmark = pytest.mark.component
TURNS = 10


def counted_by_the_provider(window: Window) -> int:
    """A rule that context does not know: by characters, dearer for Chinese, some tokens a message."""
    total = 3.0
    for message in window.messages:
        chinese = sum("\u4e00" <= sign <= "\u9fff" for sign in message.text)
        total += 6 + 0.31 * (len(message.text) - chinese) + 1.1 * chinese
    return round(total)


def fact(room: Scribe, window: Window, tokens: int, *, estimated: bool = False, model: str = "demo") -> UsageMetered:
    return UsageMetered(
        session_id=room.session_id,
        turn_id=TurnId(new_id()),
        participant_id=ParticipantId(new_id()),
        attempt=1,
        call=1,
        call_id=CallId(new_id()),
        payer=room.owner,
        provider="demo",
        model_id=model,
        key_id=None,
        usage=Usage(tokens_input=tokens, tokens_output=5, estimated=estimated),
        cost=Decimal(0),
        outcome="completed",
        started_at=datetime.now(UTC),
        first_token_seconds=0.1,
        duration_seconds=1.0,
        prompt=window.count,
    )


async def until_reports(world: World, enough: Callable[[int], bool]) -> None:
    store = CalibrationStore(world.database)
    async with asyncio.timeout(20):
        while True:
            known = (await store.changed(None)).calibrations
            if enough(sum(calibration.observations for calibration in known.values())):
                return
            await asyncio.sleep(0.01)


async def talk(world: World, room: Scribe, turn: int) -> Window:
    """One round, and the window that the first member would get then."""
    room.say("我们继续讨论这个问题好吗" * 4 if turn % 3 == 0 else "Shall we go on with this, please? " * 8)
    room.reply("Bob", "Of course, and let me add something to it. " * 6, rank=0)
    return await world.window(room.session_id, room.id("Ada"), room.cut(step=2), room.head)


async def test_estimates_follow_reports_within_ten_turns_and_survive_a_restart(world: World) -> None:
    room = world.room("Ada", "Bob")
    errors = list[float]()
    for turn in range(TURNS + 3):
        window = await talk(world, room, turn)
        reported = counted_by_the_provider(window)
        errors.append(abs(window.used / reported - 1))
        await world.broker.publish(USAGE_METERED, fact(room, window, reported), room.owner)
        await until_reports(world, lambda count, turn=turn: count > turn)
    assert errors[0] > 0.1
    assert max(errors[TURNS:]) <= 0.02
    await world.restart()
    window = await talk(world, room, TURNS)
    assert abs(window.used / counted_by_the_provider(window) - 1) <= 0.02


async def test_estimates_of_our_own_and_of_strangers_teach_nothing(world: World) -> None:
    room = world.room("Ada", "Bob")
    window = await talk(world, room, 1)
    assert window.count is not None
    without_characters = window.count.model_copy(update={"plain_characters": 0, "wide_characters": 0})
    for useless in (
        fact(room, window, window.used * 2, estimated=True),
        fact(room, window, 0),
        fact(room, window.model_copy(update={"count": None}), window.used * 2),
        fact(room, window.model_copy(update={"count": without_characters}), window.used * 2),
        fact(room, window, window.used * 2, model="nobody-knows-it"),
    ):
        await world.broker.publish(USAGE_METERED, useless, room.owner)
    await world.broker.publish(USAGE_METERED, fact(room, window, window.used), room.owner)
    await until_reports(world, lambda count: count == 1)
    assert len((await CalibrationStore(world.database).changed(None)).calibrations) == 1
