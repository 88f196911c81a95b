"""Several copies of a service are one service: order, one answer per turn, one transcript, whoever lives or dies."""

import asyncio
from pathlib import Path

import pytest

from palaver.cli.testing.stack import Replica, Stack, stack_in
from palaver.cli.testing.witness import answered, rounds_ended, shown, told, until, witnessed
from palaver.client import Room
from palaver.contracts.session import NewParticipant
from palaver.simulator.faults import Script
from palaver.simulator.recorder import Record

pytestmark = [pytest.mark.e2e, pytest.mark.fault, pytest.mark.timeout(240)]

POSTS = 100
POSTS_OF_OTHERS = 20
ECHOES = (NewParticipant(model="sim-echo", name="Echo"), NewParticipant(model="sim-mirror", name="Mirror"))
SEATS = (
    NewParticipant(model="sim-swift", name="Swift"),
    NewParticipant(model="sim-sage", name="Sage"),
    NewParticipant(model="sim-oak", name="Oak"),
)
UNLIMITED = {"gateway": {"rates": {"messages_per_minute": 10_000, "requests_per_minute": 10_000}}}
TWO_OF_EACH = {
    "copies": {"gateway": 2, "session": 2, "model-router": 2, "context": 2},
    "overrides": UNLIMITED,
    "speed": 500.0,
}


def by_author(conversation: list[str], author: str) -> list[str]:
    return [content for content in conversation if content.startswith(author)]


def worked(replicas: list[Replica], metric: str, **labels: str) -> bool:
    """Whether each of them did some of it."""
    return all(replica.figure(metric, **labels) > 0 for replica in replicas)


@pytest.mark.parametrize("stack", [TWO_OF_EACH], indirect=True)
async def test_a_hundred_posts_at_once_stay_in_order_over_two_of_each_service(stack: Stack):
    everywhere = POSTS + POSTS_OF_OTHERS
    async with await stack.person() as ada, await stack.same_person(ada, url=stack.urls[1]) as elsewhere:
        room = await ada.create_room(ECHOES)
        mirrored = await elsewhere.room(room.id)
        here = [f"here {n}" for n in range(POSTS)]
        there = [f"there {n}" for n in range(POSTS_OF_OTHERS)]
        await asyncio.gather(*map(room.post, here), *map(mirrored.post, there))
        for client in (room, mirrored):
            await until(client, rounds_ended(everywhere), seconds=180)
        first, second = shown(room), shown(mirrored)
    conversation = [content for content, _ in first]
    assert by_author(conversation, "here") == here
    assert by_author(conversation, "there") == there
    assert first == second
    assert [(content, {text for _, text in replies}) for content, replies in first] == [
        (content, {content}) for content in conversation
    ]
    assert [len(replies) for _, replies in first] == [len(ECHOES)] * everywhere
    assert [entry.seq for entry in room.transcript.entries] == list(
        range(room.transcript.entries[0].seq, room.transcript.head_seq + 1)
    )
    assert len(stack.simulator.stage.recorder.records()) == len(ECHOES) * everywhere
    posted = "cmd.session.message.post.v1"
    assert worked(stack.replicas["session"], "palaver_messages_handled_total", subject=posted, outcome="done")
    assert worked(stack.replicas["model-router"], "palaver_turns_ended_total", outcome="completed", code="")


@pytest.mark.parametrize("stack", [{"copies": {"model-router": 2, "session": 2}}], indirect=True)
async def test_turns_of_a_worker_that_vanishes_in_mid_stream_are_finished_by_the_other(stack: Stack):
    texts = {seat.model or "": [words(f"{seat.name}-{attempt}-") for attempt in (1, 2)] for seat in SEATS}
    for attempt in range(2):
        for model, both in texts.items():
            script = Script(model=model, text=both[attempt], first_token_seconds=0.1, tokens_per_second=60)
            stack.simulator.stage.scripts.arm(script)
    async with await stack.person() as ada:
        room = await ada.create_room(SEATS)
        async with witnessed(room, lambda model: texts[model]) as witness:
            await room.post("Who goes on when somebody is gone?")
            await until(room, all_speak)
            victim = max(stack.replicas["model-router"], key=lambda r: r.figure("palaver_turns_running"))
            orphans = int(victim.figure("palaver_turns_running"))
            await victim.vanish()
            await until(room, rounds_ended(1))
        live = shown(room)
        await ada.leave(room)
        reloaded = shown(await ada.room(room.id))
    records = stack.simulator.stage.recorder.records()
    replies = room.transcript.replies.values()
    assert witness.wrong == []
    assert orphans > 0
    assert {reply.status for reply in replies} == {"completed"}
    assert sorted(reply.attempt for reply in replies) == [1] * (len(SEATS) - orphans) + [2] * orphans
    assert [len(answers) for _, answers in live] == [len(SEATS)]
    assert answered(room) == told(records)
    assert len(records) == len(SEATS) + orphans
    assert reloaded == live


async def test_a_restart_on_the_same_home_shows_the_same_room_and_finishes_what_was_being_said(tmp_path: Path):
    before = stack_in(tmp_path / "home")
    await before.start()
    try:
        async with await before.person() as ada:
            room = await ada.create_room(SEATS)
            await room.post("What is a good name for a boat?")
            await until(room, rounds_ended(1))
            for seat in SEATS:
                model = seat.model or ""
                slow = Script(model=model, text=words(model), first_token_seconds=0.1, tokens_per_second=20)
                before.simulator.stage.scripts.arm(slow)
            await room.post("And for a cat?")
            await until(room, all_speak)
            seen = shown(room)
    finally:
        await before.stop()
    after = stack_in(tmp_path / "home")
    await after.start()
    try:
        async with await after.same_person(ada) as again:
            assert [view.id for view in await again.rest.sessions()] == [room.id]
            reopened = await again.room(room.id)
            await until(reopened, rounds_ended(2))
            await reopened.post("And for a dog?")
            await until(reopened, rounds_ended(3))
            remembered = shown(reopened)
        records = after.simulator.stage.recorder.records()
    finally:
        await after.stop()
    assert remembered[0] == seen[0]
    assert [content for content, _ in remembered[1:]] == ["And for a cat?", "And for a dog?"]
    assert [len(replies) for _, replies in remembered] == [len(SEATS)] * 3
    assert {reply.status for reply in reopened.transcript.replies.values()} == {"completed"}
    assert len(records) == 2 * len(SEATS), "once for each turn that was cut, once for each new one"
    for record in records:
        assert all(text in heard(record) for _, text in seen[0][1])


def words(stem: str) -> str:
    """A text of about five seconds at 60 tokens per second, of words that never repeat."""
    return " ".join(f"{stem}{n}" for n in range(150))


def all_speak(room: Room) -> bool:
    """Whether the texts of all members of the newest round grow."""
    newest = max((r.turn.round for r in room.transcript.replies.values()), default=0)
    growing = [r for r in room.transcript.replies.values() if r.turn.round == newest and len(r.text) > 20]
    return len(growing) == len(SEATS)


def heard(record: Record) -> str:
    """Everything that was said to the provider; where a prompt is marked for a cache, in blocks."""
    contents = [message["content"] for message in record.body["messages"]]
    return "\n".join(c if isinstance(c, str) else "".join(block["text"] for block in c) for c in contents)
