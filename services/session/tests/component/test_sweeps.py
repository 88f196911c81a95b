"""What happens although nobody asks: dead workers, unclaimed turns, unpublished entries."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime

import pytest
import pytest_asyncio
from prometheus_client import CollectorRegistry

from palaver.contracts.failures import FailureBody
from palaver.contracts.ids import CallId, SessionId, UserId, new_id
from palaver.contracts.session import OpenCall, PostMessage
from palaver.contracts.session_log import ReplyAppended, RoundEnded, TurnFailed, TurnRequested
from palaver.servicekit.database import Database
from palaver.servicekit.settings import DatabaseSettings
from palaver.session.app import SCHEMA
from palaver.session.directors import Directors
from palaver.session.metrics import SessionMetrics
from palaver.session.ports import News
from palaver.session.posting import Posts
from palaver.session.room import Rooms
from palaver.session.rounds import Rounds
from palaver.session.settings import Settings
from palaver.session.testing.world import Replica, World, actor, until
from palaver.session.titling import Titling

pytestmark = pytest.mark.component

QUICK = {"sweep_seconds": 0.2, "turn_lease_seconds": 1.0, "first_issue_wait_seconds": 0.5}
"""Everything as in production, only sooner."""


async def test_a_dead_worker_s_turn_goes_to_the_next_attempt_and_its_call_is_reported(
    world: World, replica: Replica
) -> None:
    await replica(**QUICK)
    room = await world.create("demo/ada")
    await world.post(room)
    (first,) = await world.orders_of(room, 1)
    await world.claim(first)
    call = OpenCall(call_id=CallId(new_id()), call=1, model="demo/ada", tokens_input=7)
    await world.renew(first, "So far", call=call)
    second = (await world.orders_of(room, 2))[-1]
    assert (second.turn, second.attempt, second.issues) == (first.turn, 2, 1)
    (lost,) = await until(lambda: world.lost)
    assert (lost.attempt, lost.payer, lost.open_call, lost.text_length) == (1, "alice", call, 6)
    assert (await world.renew(first, " but late", offset=6)).status == "lost"
    assert (await world.attach(room)).running[0].checkpoint == ""
    await world.claim(second, "w2")
    await world.completed(second, "All of it.", "w2")
    await until(lambda: world.heard(RoundEnded))
    assert [e.data.reply.text for e in await world.log(room) if isinstance(e, ReplyAppended)] == ["All of it."]


async def test_after_three_deaths_a_turn_ends_with_the_longest_text_it_got_to(world: World, replica: Replica) -> None:
    await replica(**QUICK)
    room = await world.create("demo/ada")
    await world.post(room)
    for attempt, text in enumerate(("Once upon", "Once upon a time", "Once"), 1):
        order = (await world.orders_of(room, attempt))[-1]
        assert order.attempt == attempt
        await world.claim(order, f"w{attempt}")
        await world.renew(order, text, worker=f"w{attempt}")
    await until(lambda: world.heard(RoundEnded))
    (reply,) = [e.data.reply for e in await world.log(room) if isinstance(e, ReplyAppended)]
    assert (reply.text, reply.finish_reason) == ("Once upon a time", "interrupted")
    await until(lambda: len(world.lost) == 3)
    assert not (await world.attach(room)).running


async def test_three_deaths_without_any_text_are_a_failed_turn(world: World, replica: Replica) -> None:
    await replica(**QUICK, max_turn_deaths=1)
    room = await world.create("demo/ada")
    await world.post(room)
    (order,) = await world.orders_of(room, 1)
    await world.claim(order)
    (failed,) = await until(lambda: world.heard(TurnFailed))
    assert failed.data.code == "INTERRUPTED"
    (ended,) = await until(lambda: world.heard(RoundEnded))
    assert ended.data.reason == "failed"


async def test_a_worker_that_renews_keeps_its_turn(world: World, replica: Replica) -> None:
    await replica(**{**QUICK, "turn_lease_seconds": 3.0})
    room = await world.create("demo/ada", "demo/bo")
    await world.post(room)
    ada, bo = await world.orders_of(room, 2)
    await world.claim(ada)
    await world.claim(bo)

    async def second_attempt() -> bool:
        return (await world.renew(ada)).status == "held" and any(o.attempt == 2 for o in world.orders)

    while not await second_attempt():  # Bo's worker is dead, Ada's is not
        pass
    assert [order.turn.speaker for order in world.orders if order.attempt == 2] == ["Bo"]


async def test_an_unclaimed_turn_is_offered_again(world: World, replica: Replica) -> None:
    await replica(**QUICK)
    room = await world.create("demo/ada")
    await world.post(room)
    orders = await world.orders_of(room, 3)
    assert [(order.attempt, order.issues) for order in orders] == [(1, 1), (1, 2), (1, 3)]


async def test_a_turn_past_its_deadline_ends_with_its_text(world: World, replica: Replica) -> None:
    await replica(**{**QUICK, "turn_lease_seconds": 0.3}, turn_deadline_seconds=0.5, deadline_grace_seconds=0.1)
    room = await world.create("demo/ada")
    await world.post(room)
    (order,) = await world.orders_of(room, 1)
    await world.claim(order)
    while (await world.renew(order, "Still talking")).status == "held":
        pass
    (reply,) = await until(lambda: world.heard(ReplyAppended))
    assert reply.data.reply.finish_reason == "interrupted"


class Mute:
    """An announcer that dies between commit and publish."""

    async def announce(self, news: News) -> None:
        assert news.entries
        assert news.issued

    async def refuse(
        self, author: UserId, session_id: SessionId, client_message_id: str | None, refusal: FailureBody
    ) -> None:
        raise AssertionError((author, session_id, client_message_id, refusal.code))


@pytest_asyncio.fixture
async def database(database_settings: DatabaseSettings) -> AsyncGenerator[Database]:
    database = Database(database_settings, schema=SCHEMA)
    yield database
    await database.stop()


async def test_a_crash_between_commit_and_publish_is_healed_by_the_sweeps(
    world: World, replica: Replica, database: Database, database_settings: DatabaseSettings
) -> None:
    await replica(**QUICK)
    room = await world.create("demo/ada")
    metrics = SessionMetrics(CollectorRegistry())
    settings = Settings.model_validate({"database": database_settings}).model_copy(update=QUICK)
    rooms = Rooms(database, Mute(), settings.turn_policy, lambda: datetime.now(UTC))
    rounds = Rounds(Directors.installed(), Titling(rooms, enabled=False), metrics, max_steps=50, max_seconds=60)
    crashing = Posts(rooms, rounds, Mute(), metrics, 200)
    command = PostMessage(actor=actor(), session_id=room.id, client_message_id=new_id(), content="Survive")
    await crashing.post(command)

    orders = await world.orders_of(room, 1)
    await until(lambda: world.heard(TurnRequested))
    log = await world.log(room)
    assert sorted(world.entries, key=lambda entry: entry.seq) == log
    assert [entry.name for entry in log][1] == "message.posted"
    await world.completed(orders[0], "I did.")
    await until(lambda: world.heard(RoundEnded))
