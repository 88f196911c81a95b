"""The projection over a real broker and a real database: gaps, repetitions, restarts, rebuilt logs."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa

from palaver.context.domain import Room
from palaver.context.projection import applied, step_of
from palaver.context.store import RoomStore
from palaver.context.tables import metadata
from palaver.context.testing.scribe import Scribe
from palaver.context.testing.world import World, profile
from palaver.contracts.actors import Actor
from palaver.contracts.context import USAGE_GET, ReadUsage
from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.identity import USER_DELETED, UserDeleted
from palaver.contracts.ids import SessionId, UserId, new_id

pytestmark = pytest.mark.component


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(20):
        while not await condition():  # noqa: ASYNC110 - the condition is a row in the service's database
            await asyncio.sleep(0.01)


async def stored(world: World, room: Scribe) -> Room | None:
    return await RoomStore(world.database).load(room.session_id)


async def projected(world: World, room: Scribe) -> Room:
    async def reached() -> bool:
        found = await stored(world, room)
        return found is not None and found.cursor >= room.head and found.epoch == room.epoch

    await until(reached)
    found = await stored(world, room)
    assert found is not None
    return found


def folded(room: Scribe) -> Room:
    return applied(Room(room.session_id, room.epoch, 0), [step_of(event) for event in room.entries])


def without_counts(room: Room) -> tuple[Any, ...]:
    entries = {
        key: (
            entry.text,
            entry.place,
            entry.mark,
            entry.deleted,
            entry.branch,
            entry.author,
            entry.participant_id,
            entry.model,
        )
        for key, entry in room.entries.items()
    }
    kept = dict(room.seats), entries, dict(room.pins), dict(room.forks)
    return (room.epoch, room.cursor, room.setting, *kept, room.deleted)


def lively(world: World) -> Scribe:
    room = world.room("Ada", "Bob")
    hello = room.say("hello")
    first = room.reply("Ada", "hi", rank=0)
    room.pin(first)
    room.pin(hello)
    room.reply("Bob", "hey", rank=1, finish="stopped")
    room.reply("Ada", "hi again", rank=0, version=2, of=first)
    room.choose(first, 1)
    room.join("Cyd")
    room.change("Bob", name="Robert", muted=True)
    room.unpin(hello)
    room.pin(room.say("and now?"))
    room.pin(hello)
    room.fail("Cyd")
    room.change("Ada", model_id="other")
    room.reply("Ada", "well", finish="error")
    room.delete(first)
    room.fork("other", "main", 2)
    room.turn_to("main", "other")
    room.say("and otherwise?", branch="other")
    room.leave("Cyd")
    room.update(system_prompt="Be kind.")
    return room


async def test_the_stored_projection_is_the_fold_of_the_log(world: World) -> None:
    room = lively(world)
    await world.publish(room.entries)
    assert without_counts(await projected(world, room)) == without_counts(folded(room))


async def test_every_text_is_stored_with_its_token_count(world: World) -> None:
    room = world.room("Ada")
    room.say("hello world")
    await world.publish(room.entries)
    (entry,) = (await projected(world, room)).entries.values()
    assert dict(entry.counts) == {"o200k_base": (2, 0)}


async def test_entries_in_disorder_and_repeated_are_applied_once_and_in_order(world: World) -> None:
    room = lively(world)
    shuffled = list(room.entries) * 2
    random.Random(7).shuffle(shuffled)  # noqa: S311 - a fixed disorder, no secret
    await world.publish(shuffled)
    assert without_counts(await projected(world, room)) == without_counts(folded(room))


async def test_a_missing_entry_is_read_from_the_log(world: World) -> None:
    room = lively(world)
    await world.publish([room.entries[0], *room.entries[4:5], room.entries[-1]])
    assert without_counts(await projected(world, room)) == without_counts(folded(room))
    assert world.neighbours.log_reads > 0


async def test_a_log_of_several_pages_is_read_to_its_head(world: World) -> None:
    room = world.room("Ada")
    for number in range(700):
        room.say(f"message {number}")
    await world.publish(room.entries[-1:])
    assert len((await projected(world, room)).entries) == 700


async def test_a_changed_epoch_rebuilds_the_room(world: World) -> None:
    room = lively(world)
    await world.publish(room.entries)
    await projected(world, room)
    stale = room.entries[3]
    room.rebuild()
    room.say("after the restore")
    await world.publish([room.entries[-1], stale])
    assert without_counts(await projected(world, room)) == without_counts(folded(room))


async def test_a_restarted_service_goes_on_where_it_stopped(world: World) -> None:
    room = lively(world)
    await world.publish(room.entries)
    await projected(world, room)
    await world.restart()
    room.say("are you back?")
    await world.publish(room.entries[-1:])
    assert without_counts(await projected(world, room)) == without_counts(folded(room))
    reads = world.neighbours.log_reads
    window = await world.window(room.session_id, room.id("Ada"), room.cut(), room.head)
    assert window.messages[-1].text.endswith("are you back?")
    assert world.neighbours.log_reads <= reads + 1


async def test_a_deleted_room_is_not_seen_and_comes_back_with_what_was_said_meanwhile(world: World) -> None:
    room = lively(world)
    room.delete_session()
    room.reply("Ada", "I had not finished")
    await world.publish(room.entries)
    left = await projected(world, room)
    assert left.deleted
    assert without_counts(left) == without_counts(folded(room))
    before = len(room.entries)
    room.restore_session()
    await world.publish(room.entries[before:])
    back = await projected(world, room)
    assert not back.deleted
    assert "I had not finished" in {entry.text for entry in back.entries.values()}
    assert without_counts(back) == without_counts(folded(room))


async def drained(world: World, durable: str) -> bool:
    """Everything that was published is handled."""
    info = await world.broker.nc.jetstream().consumer_info("EVENTS", durable)
    return info.num_pending == 0 and info.num_ack_pending == 0


async def test_a_purged_room_leaves_nothing_behind_and_late_entries_bring_nothing_back(world: World) -> None:
    followed, unheard = lively(world), lively(world)
    for room in (followed, unheard):
        room.delete_session()
    await world.publish(followed.entries)
    await projected(world, followed)
    assert await rows_with(world, "hello")
    for room in (followed, unheard):
        await world.purge(room)
    async with asyncio.timeout(20):
        while not await rows_with(world, unheard.session_id) or await rows_with(world, "hello"):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    followed.reply("Ada", "hello, late")
    await world.publish([*unheard.entries, *followed.entries[-1:]])
    await until(lambda: drained(world, "context-log"))
    assert await rows_with(world, "hello", "Be kind.") == []
    assert (await world.broker.nc.jetstream().stream_info("DEAD_LETTERS")).state.messages == 0


async def test_of_somebody_who_left_no_room_and_no_name_is_kept(world: World) -> None:
    room, purged = lively(world), lively(world)
    await world.publish([*room.entries, *purged.entries])
    owner = (await projected(world, room)).setting
    assert owner is not None
    await projected(world, purged)
    del world.neighbours.rooms[purged.session_id]  # its last entries never came
    await world.publish([purged.entries[-1].model_copy(update={"seq": purged.head + 2})])
    left = UserDeleted(user_id=owner.owner_id, at=datetime.now(UTC))
    for _ in range(2):
        await world.broker.publish(USER_DELETED, left, owner.owner_id)
    async with asyncio.timeout(20):
        while await rows_with(world, owner.owner_id, "Be kind.", "hello"):  # noqa: ASYNC110 - rows in a database
            await asyncio.sleep(0.01)
    assert (await world.broker.nc.jetstream().stream_info("DEAD_LETTERS")).state.messages == 0


async def rows_with(world: World, *needles: str) -> list[str]:
    """Every row of the projection that holds one of the needles."""
    found: list[str] = []
    async with world.database.read() as conn:
        for table in metadata.tables:
            rows = (await conn.execute(sa.text(f"SELECT t::text FROM {table} t"))).scalars()  # noqa: S608 - our names
            found += [row for row in rows if any(needle in row for needle in needles)]
    return found


async def test_an_entry_of_a_room_that_is_gone_is_no_dead_letter(world: World) -> None:
    room = lively(world)
    del world.neighbours.rooms[room.session_id]
    await world.publish(room.entries[2:3])
    other = lively(world)
    await world.publish(other.entries)
    await projected(world, other)
    assert (await world.broker.nc.jetstream().stream_info("DEAD_LETTERS")).state.messages == 0


async def test_a_window_does_not_wait_for_the_broker_but_reads_the_log(world: World) -> None:
    room = lively(world)
    room.say("not published yet")
    window = await world.window(room.session_id, room.id("Ada"), room.cut(), room.head)
    assert window.messages[-1].text.endswith("not published yet")
    assert await stored(world, room) is None  # a window writes nothing


async def test_a_window_sees_at_least_the_demanded_entry_and_the_cut_hides_the_own_step(world: World) -> None:
    room = world.room("Ada", "Bob")
    room.say("hello")
    room.reply("Bob", "I was first", rank=0)
    await world.publish(room.entries)
    await projected(world, room)
    blind = await world.window(room.session_id, room.id("Ada"), room.cut(), room.head)
    assert "I was first" not in blind.messages[-1].text
    room.say("go on")
    seeing = await world.window(room.session_id, room.id("Ada"), room.cut(), room.head)
    assert "<<< Bob (model) >>>\nI was first" in seeing.messages[-1].text


async def test_unknown_rooms_and_participants_are_refused(world: World) -> None:
    with pytest.raises(Failure) as gone:
        await world.window(SessionId(new_id()), world.room().id("Ada"), world.room().cut(round_=1), 0)
    assert gone.value.code is ErrorCode.SESSION_NOT_FOUND
    room = lively(world)
    with pytest.raises(Failure) as stranger:
        await world.window(room.session_id, world.room().id("Ada"), room.cut(), room.head)
    assert stranger.value.code is ErrorCode.NOT_FOUND


async def test_the_meter_equals_the_window_and_is_announced_after_changes(world: World) -> None:
    room = world.room("Ada", "Bob")
    room.say("hello everybody")
    await world.publish(room.entries)
    await projected(world, room)
    usage = await world.broker.ask(USAGE_GET, ReadUsage(actor=Actor(user_id=room.owner), session_id=room.session_id))
    window = await world.window(room.session_id, room.id("Ada"), room.cut(), room.head)
    assert (usage.participants[0].used, usage.participants[0].maximum) == (window.used, window.maximum)
    assert usage.session.model_dump() == {"tokens": 2, "messages": 1, "tokenizer": "o200k_base"}

    async def announced() -> bool:
        return bool(world.neighbours.notices) and world.neighbours.notices[-1].data == usage

    await until(announced)


async def test_the_meter_lists_what_a_small_model_no_longer_sees(world: World) -> None:
    world.neighbours.profiles["small"] = profile("small", window=3_000)
    room = world.room("Ada", "Bob", models=("demo", "small"))
    texts = {room.say(f"message {number} " + "word " * 150): number for number in range(30)}
    await world.publish(room.entries)
    await projected(world, room)
    usage = await world.broker.ask(USAGE_GET, ReadUsage(actor=Actor(user_id=room.owner), session_id=room.session_id))
    large, small = usage.participants
    assert (large.left_out, large.unseen) == (0, ())
    window = await world.window(
        room.session_id, room.id("Bob"), room.cut(), room.head, world.neighbours.profiles["small"]
    )
    sent = "".join(message.text for message in window.messages)
    assert (small.used, small.left_out) == (window.used, window.left_out)
    assert [texts[message_id] for message_id in small.unseen] == [
        number for number in range(30) if f"message {number} " not in sent
    ]
    assert 0 < small.left_out < 30

    async def announced() -> bool:
        return bool(world.neighbours.notices) and world.neighbours.notices[-1].data.participants[1].left_out > 0

    await until(announced)
    assert world.neighbours.notices[-1].data.participants[1] == small.model_copy(update={"unseen": ()})


async def test_only_the_owner_reads_the_meter(world: World) -> None:
    room = lively(world)
    stranger = Actor(user_id=UserId(new_id()))
    with pytest.raises(Failure) as refused:
        await world.broker.ask(USAGE_GET, ReadUsage(actor=stranger, session_id=room.session_id))
    assert refused.value.code is ErrorCode.SESSION_NOT_FOUND


async def test_counts_in_a_further_encoding_are_made_once_and_stored(world: World) -> None:
    room = world.room("Ada")
    room.say("hello world")
    await world.publish(room.entries)
    await projected(world, room)
    other = world.neighbours.profiles["demo"].model_copy(update={"tokenizer": "cl100k_base"})
    await world.window(room.session_id, room.id("Ada"), room.cut(), room.head, other)
    (entry,) = (await projected(world, room)).entries.values()
    assert dict(entry.counts) == {"o200k_base": (2, 0), "cl100k_base": (2, 0)}
