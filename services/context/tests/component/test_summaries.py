"""Summaries on a real broker and a real database: written in the background, edited and deleted by the room's owner."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
import sqlalchemy as sa

from palaver.context.tables import summaries
from palaver.context.tables import summary_jobs as jobs
from palaver.context.testing.scribe import Scribe
from palaver.context.testing.world import World, profile
from palaver.contracts.actors import Actor
from palaver.contracts.context import (
    SUMMARY_DELETE,
    SUMMARY_EDIT,
    SUMMARY_LIST,
    USAGE_GET,
    DeleteSummary,
    EditSummary,
    ListSummaries,
    ReadUsage,
    SummaryView,
    Window,
)
from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.ids import SummaryId, UserId, new_id
from palaver.contracts.limits import MAX_SUMMARY_VERSIONS
from palaver.contracts.model_router import RunCompletion

pytestmark = pytest.mark.component

SMALL = profile("small", window=3_000)


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(20):
        while not await condition():  # noqa: ASYNC110 - the condition is a row in the service's database
            await asyncio.sleep(0.01)


def room_of(world: World, rounds: int = 40) -> Scribe:
    """A room in which a small model cannot read everything any more."""
    world.neighbours.profiles["small"] = SMALL
    room = world.room("Ada", "Bob", models=("demo", "small"))
    talk(room, rounds)
    return room


def nth(entries: int) -> str:
    """How the entry after so many begins."""
    return f"{'answer' if entries % 2 else 'question'} {entries // 2 + 1} "


def talk(room: Scribe, rounds: int) -> None:
    for _ in range(rounds):
        number = room.round + 1
        room.say(f"question {number} " + "why " * 60)
        room.reply("Ada", f"answer {number} " + "because " * 60)


async def published(world: World, room: Scribe, *, after: int = 0) -> None:
    """The log is said and projected."""
    await world.publish(room.entries[after:])

    async def projected() -> bool:
        async with world.database.read() as connection:
            query = sa.text("SELECT cursor FROM rooms WHERE session_id = :id")
            return (await connection.execute(query, {"id": room.session_id})).scalar() == room.head

    await until(projected)


async def window(world: World, room: Scribe) -> Window:
    """The next one of the small model, cut after all that was said."""
    return await world.window(room.session_id, room.id("Bob"), room.cut(step=9), room.head, SMALL)


async def ordered(world: World, count: int = 1) -> RunCompletion:
    async def there() -> bool:
        return len(world.neighbours.orders) >= count

    await until(there)
    return world.neighbours.orders[count - 1]


async def listed(world: World, room: Scribe) -> tuple[SummaryView, ...]:
    request = ListSummaries(actor=Actor(user_id=room.owner), session_id=room.session_id)
    return (await world.broker.ask(SUMMARY_LIST, request)).summaries


async def versions(world: World, room: Scribe, count: int) -> tuple[SummaryView, ...]:
    async def there() -> bool:
        return len(await listed(world, room)) >= count

    await until(there)
    return await listed(world, room)


async def summarised(world: World, room: Scribe, text: str = "They asked why and answered because.") -> SummaryView:
    """The first summary of a room."""
    await published(world, room)
    await window(world, room)
    await world.written(await ordered(world), text)
    return (await versions(world, room, 1))[0]


async def edited(world: World, room: Scribe, summary: SummaryView, text: str) -> SummaryView:
    request = EditSummary(actor=Actor(user_id=room.owner), session_id=room.session_id, summary_id=summary.id, text=text)
    return await world.broker.ask(SUMMARY_EDIT, request)


async def rows(world: World, table: sa.Table) -> int:
    async with world.database.read() as connection:
        return (await connection.execute(sa.select(sa.func.count()).select_from(table))).scalar_one()


async def test_what_fell_out_is_summarised_in_the_background_and_stands_in_the_next_window(world: World) -> None:
    room = room_of(world)
    await published(world, room)
    without = await window(world, room)
    assert (without.summarised, without.left_out > 0) == (0, True)
    order = await ordered(world)
    assert (order.asker, order.purpose, order.model_id) == ("context", "summary", "demo")
    assert (order.payer, order.session_id) == (room.owner, room.session_id)
    asked = order.messages[0].text
    assert asked.startswith("<<< User (person) >>>\nquestion 1 why")
    assert "<<< Ada (model) >>>\nanswer 1 because" in asked
    await window(world, room)  # while one is written, no other one is asked for
    await world.written(order, "<think>hm</think>They asked why and answered because.")
    (summary,) = await versions(world, room, 1)
    assert (summary.version, summary.text) == (1, "They asked why and answered because.")
    assert (summary.model_id, summary.author, summary.applies) == ("demo", None, True)
    found = await window(world, room)
    assert summary.text in found.messages[1].text
    assert (found.summarised, found.left_out) == (summary.entries, summary.entries), "no gap, and nothing twice"
    assert nth(summary.entries) in found.messages[1].text
    assert found.used <= found.maximum
    assert len(world.neighbours.orders) == 1


async def test_the_meter_says_what_is_summarised_and_still_lists_it_as_not_seen(world: World) -> None:
    room = room_of(world)
    summary = await summarised(world, room)
    request = ReadUsage(actor=Actor(user_id=room.owner), session_id=room.session_id)
    large, small = (await world.broker.ask(USAGE_GET, request)).participants
    assert (large.summary, large.summarised) == (None, 0)
    assert small.summary is not None
    assert (small.summary.id, small.summary.version, small.summary.entries) == (summary.id, 1, summary.entries)
    assert 0.3 < small.summarised < 1
    assert len(small.unseen) == small.left_out == summary.entries
    assert small.used == (await window(world, room)).used

    async def announced() -> bool:
        return any(
            member.summary is not None for notice in world.neighbours.notices for member in notice.data.participants
        )

    await until(announced)
    assert [notice.data.change for notice in world.neighbours.summaries] == ["written"]


async def test_a_later_summary_goes_on_from_what_a_person_wrote(world: World) -> None:
    room = room_of(world)
    first = await summarised(world, room)
    edit = await edited(world, room, first, "They met on a Tuesday.")
    assert (edit.version, edit.author, edit.model_id, edit.entries) == (2, room.owner, None, first.entries)
    assert "They met on a Tuesday." in (await window(world, room)).messages[1].text
    head = room.head
    talk(room, 20)
    await published(world, room, after=head)
    await window(world, room)
    order = await ordered(world, 2)
    asked = order.messages[0].text
    assert "They met on a Tuesday." in asked
    assert first.text not in asked
    assert nth(first.entries) in asked
    assert nth(first.entries - 1) not in asked
    await world.written(order, "They met on a Tuesday and went on.")
    third = (await versions(world, room, 3))[0]
    assert (third.version, third.made_from, third.entries > first.entries) == (3, edit.id, True)
    assert "and went on." in (await window(world, room)).messages[1].text


async def test_an_edit_while_a_summary_is_being_written_is_not_overwritten_by_it(world: World) -> None:
    room = room_of(world)
    first = await summarised(world, room)
    head = room.head
    talk(room, 20)
    await published(world, room, after=head)
    await window(world, room)
    order = await ordered(world, 2)
    await edited(world, room, first, "They met on a Tuesday.")
    await world.written(order, "Written without knowing of Tuesday.")
    await window(world, room)
    again = await ordered(world, 3)
    assert "They met on a Tuesday." in again.messages[0].text
    assert {summary.version for summary in await listed(world, room)} == {1, 2}


async def test_only_the_newest_version_is_edited_and_the_same_edit_twice_is_one(world: World) -> None:
    room = room_of(world)
    first = await summarised(world, room)
    edit = await edited(world, room, first, "They met.")
    assert await edited(world, room, first, "They met.") == edit
    with pytest.raises(Failure) as late:
        await edited(world, room, first, "They did not meet.")
    assert (late.value.code, late.value.details) == (ErrorCode.CONFLICT, {"id": edit.id})
    with pytest.raises(Failure) as long:
        await edited(world, room, edit, "and so on " * 1_500)
    assert (long.value.code, long.value.details["max_tokens"]) == (ErrorCode.MESSAGE_TOO_LONG, 256)
    with pytest.raises(Failure) as unknown:
        await edited(world, room, edit.model_copy(update={"id": SummaryId(new_id())}), "They met.")
    assert unknown.value.code is ErrorCode.NOT_FOUND


async def test_deleting_a_version_deletes_what_models_made_of_it_but_no_persons_words(world: World) -> None:
    room = room_of(world)
    first = await summarised(world, room)
    edit = await edited(world, room, first, "They met.")
    request = DeleteSummary(actor=Actor(user_id=room.owner), session_id=room.session_id, summary_id=first.id)
    assert (await world.broker.ask(SUMMARY_DELETE, request)).versions == (1,)
    assert [summary.id for summary in await listed(world, room)] == [edit.id]
    head = room.head
    talk(room, 20)
    await published(world, room, after=head)
    await window(world, room)
    await world.written(await ordered(world, 2), "They met and went on.")
    await versions(world, room, 2)
    request = request.model_copy(update={"summary_id": edit.id})
    assert (await world.broker.ask(SUMMARY_DELETE, request)).versions == (2, 3)
    assert await listed(world, room) == ()
    assert (await window(world, room)).summarised == 0


async def test_nobody_but_the_owner_has_anything_to_do_with_summaries(world: World) -> None:
    room = room_of(world)
    summary = await summarised(world, room)
    stranger, session_id = Actor(user_id=UserId(new_id())), room.session_id
    edit = EditSummary(actor=stranger, session_id=session_id, summary_id=summary.id, text="mine")
    delete = DeleteSummary(actor=stranger, session_id=session_id, summary_id=summary.id)
    for question in (
        world.broker.ask(SUMMARY_LIST, ListSummaries(actor=stranger, session_id=session_id)),
        world.broker.ask(SUMMARY_EDIT, edit),
        world.broker.ask(SUMMARY_DELETE, delete),
    ):
        with pytest.raises(Failure) as refused:
            await question
        assert refused.value.code is ErrorCode.SESSION_NOT_FOUND
    assert await listed(world, room) == (summary,)


async def test_nothing_made_of_a_deleted_message_stays(world: World) -> None:
    room = room_of(world)
    await summarised(world, room)
    head = room.head
    talk(room, 20)
    await published(world, room, after=head)
    await window(world, room)
    await ordered(world, 2)
    assert (await rows(world, summaries), await rows(world, jobs)) == (1, 1)
    covered = room.entries[1]
    assert covered.name == "message.posted"
    head = room.head
    room.delete(covered.data.message.id)
    await published(world, room, after=head)
    assert (await rows(world, summaries), await rows(world, jobs)) == (0, 0)
    await world.written(world.neighbours.orders[1], "It comes too late.")
    assert (await window(world, room)).summarised == 0
    assert "question 1 why" not in (await ordered(world, 3)).messages[0].text
    assert await listed(world, room) == ()


async def test_a_deleted_message_that_is_not_covered_leaves_summaries_alone(world: World) -> None:
    room = room_of(world)
    summary = await summarised(world, room)
    head = room.head
    newest = room.say("never mind")
    room.delete(newest)
    await published(world, room, after=head)
    assert await listed(world, room) == (summary,)
    assert (await window(world, room)).summarised == summary.entries


async def test_a_room_that_is_gone_for_good_leaves_no_summary_behind(world: World) -> None:
    room = room_of(world)
    await summarised(world, room)
    head = room.head
    room.delete_session()
    await published(world, room, after=head)
    assert await rows(world, summaries) == 1, "a deleted room may be taken back"
    await world.purge(room)

    async def gone() -> bool:
        return (await rows(world, summaries), await rows(world, jobs)) == (0, 0)

    await until(gone)


async def test_a_summary_outlives_a_log_that_was_rebuilt(world: World) -> None:
    room = room_of(world)
    summary = await edited(world, room, await summarised(world, room), "They met on a Tuesday.")
    room.rebuild()
    room.say("after the restore")
    await published(world, room)
    assert (await listed(world, room))[0] == summary
    assert summary.text in (await window(world, room)).messages[1].text


async def test_a_failure_is_waited_out_and_windows_are_cut_meanwhile(world: World) -> None:
    room = room_of(world)
    await published(world, room)
    await window(world, room)
    await world.failed(await ordered(world), ErrorCode.PROVIDER_UNAVAILABLE, retryable=True)

    async def waiting() -> bool:
        async with world.database.read() as connection:
            found = await connection.execute(sa.select(jobs.c.failures, jobs.c.not_before > sa.func.now()))
            return tuple(found.one()) == (1, True)

    await until(waiting)
    assert (await window(world, room)).summarised == 0
    async with world.database.transaction() as connection:
        await connection.execute(sa.update(jobs).values(not_before=sa.func.now()))
    await window(world, room)
    again = await ordered(world, 2)
    assert again.model_id == "small", "after a failure another model of the room"
    assert len(again.messages[0].text) < len(world.neighbours.orders[0].messages[0].text)


async def test_what_the_writer_cannot_read_at_once_takes_several_jobs(world: World) -> None:
    world.neighbours.profiles["demo"] = SMALL.model_copy(update={"model_id": "demo"})
    room = room_of(world, rounds=60)
    await published(world, room)
    left_out = (await window(world, room)).left_out
    number = 0
    for number in range(1, 10):
        order = await ordered(world, number)
        if number > 1:
            assert f"Up to part {number - 1}." in order.messages[0].text
        await world.written(order, f"Up to part {number}.")
        newest = (await versions(world, room, number))[0]
        if newest.entries >= left_out:
            break
    found = await window(world, room)
    assert found.summarised == found.left_out
    assert number > 1


async def test_the_first_outcome_counts_and_a_repeated_one_changes_nothing(world: World) -> None:
    room = room_of(world)
    summary = await summarised(world, room)
    await world.written(world.neighbours.orders[0], "A second delivery came to another end.")
    await world.failed(world.neighbours.orders[0], ErrorCode.INTERRUPTED, retryable=True)
    head = room.head
    talk(room, 20)
    await published(world, room, after=head)
    await window(world, room)
    await ordered(world, 2)  # the durable is in order, so both were taken
    assert await listed(world, room) == (summary,)


async def test_summaries_survive_a_restart_and_the_oldest_versions_go(world: World) -> None:
    room = room_of(world)
    newest = await summarised(world, room)
    for number in range(MAX_SUMMARY_VERSIONS + 2):
        newest = await edited(world, room, newest, f"Wording number {number}.")
    await world.restart()
    assert newest.text in (await window(world, room)).messages[1].text
    kept = await listed(world, room)
    assert [summary.version for summary in kept] == list(range(newest.version, newest.version - len(kept), -1))
    assert len(kept) == MAX_SUMMARY_VERSIONS
