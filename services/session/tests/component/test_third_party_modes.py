"""A mode from somebody else's package speaks in steps, and none goes on for ever."""

import textwrap
from pathlib import Path

import pytest

from palaver.contracts.session_log import RoundEnded, TurnRequested
from palaver.session.directors import GROUP
from palaver.session.testing.world import Replica, World, until

pytestmark = pytest.mark.component

MODULE = """
    from palaver.session.directors import Direction, Director, EndRound, RoundOpened, Speak


    def relay(state, event):
        '''One after the other; what was said before is remembered.'''
        spoken = [] if isinstance(event, RoundOpened) else state["spoken"]
        waiting = [speaker.id for speaker in event.speakers if speaker.id not in spoken]
        if not waiting:
            return Direction(EndRound(), {"spoken": []})
        return Direction(Speak((waiting[0],)), {"spoken": [*spoken, waiting[0]]})


    def endless(state, event):
        return Direction(Speak((event.speakers[0].id,)))


    def nobody(state, event):
        return Direction(Speak(("somebody who is not here",)))


    RELAY, ENDLESS, NOBODY = Director(relay, version=3), Director(endless), Director(nobody)
"""


@pytest.fixture(autouse=True)
def their_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Their distribution, as installed beside ours."""
    (tmp_path / "their_modes.py").write_text(textwrap.dedent(MODULE))
    info = tmp_path / "their_modes-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: their-modes\nVersion: 1.0\n")
    names = ("relay", "endless", "nobody")
    lines = [f"[{GROUP}]", *(f"{name} = their_modes:{name.upper()}" for name in names)]
    (info / "entry_points.txt").write_text("\n".join(lines))
    monkeypatch.syspath_prepend(str(tmp_path))


async def test_a_step_follows_when_the_turns_of_the_one_before_have_ended(world: World, replica: Replica) -> None:
    await replica()
    room = await world.create("demo/ada", "demo/bo", "demo/cy", mode="relay")
    for done in (0, 3):
        await world.post(room)
        for step in (1, 2, 3):
            order = (await world.orders_of(room, done + step))[-1]
            assert len(world.orders) == done + step
            assert (order.turn.step, order.turn.speaker) == (step, ("Ada", "Bo", "Cy")[step - 1])
            assert order.min_seq == len(await world.log(room)) - 1  # the window holds all that was said before
            await (world.completed(order) if step != 2 else world.failed(order))
        await until(lambda done=done: len(world.heard(RoundEnded)) == done / 3 + 1)
    assert [entry.data.reason for entry in world.heard(RoundEnded)] == ["completed", "completed"]


async def test_a_discussion_that_its_mode_never_ends_is_cut(world: World, replica: Replica) -> None:
    await replica(max_steps_per_round=3)
    room = await world.create("demo/ada", mode="endless")
    await world.post(room)
    for step in (1, 2, 3):
        await world.completed((await world.orders_of(room, step))[-1])
    (ended,) = await until(lambda: world.heard(RoundEnded))
    assert (ended.data.reason, ended.data.last) == ("limit", True)
    assert len(world.heard(TurnRequested)) == 3


async def test_a_discussion_that_is_out_of_time_begins_no_further_step(world: World, replica: Replica) -> None:
    await replica(round_seconds=0.0)
    room = await world.create("demo/ada", mode="endless")
    await world.post(room)
    await world.completed((await world.orders_of(room, 1))[-1])
    (ended,) = await until(lambda: world.heard(RoundEnded))
    assert (ended.data.reason, ended.data.last) == ("limit", True)
    assert len(world.heard(TurnRequested)) == 1


async def test_a_mode_that_names_strangers_ends_the_round(world: World, replica: Replica) -> None:
    await replica()
    room = await world.create("demo/ada", mode="nobody")
    await world.post(room)
    (ended,) = await until(lambda: world.heard(RoundEnded))
    assert ended.data.reason == "failed"
    assert not world.orders
