"""State and messages commit together; what a crash left behind is published later; repetitions count once."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import text

from palaver.servicekit import inbox
from palaver.servicekit.broker import Broker
from palaver.servicekit.database import Database
from palaver.servicekit.outbox import DatabaseOutbox, Outbox, OutboxRelay
from palaver.servicekit.testing.infrastructure import RunningNats
from palaver.servicekit.testing.kits import BrokerFor, DatabaseFor, Declared
from palaver.servicekit.testing.notes import READER, STREAMS, WRITTEN, Note, until

MIGRATIONS = Path(__file__).parent / "migrations"


@pytest.fixture
async def database(database_for: DatabaseFor) -> Database:
    return await database_for("notes", MIGRATIONS)


@pytest.fixture
async def broker(broker_for: BrokerFor, declared: Declared) -> Broker:
    await declared(STREAMS, (READER,))
    return await broker_for("notes")


async def _write(database: Database, *notes: str) -> None:
    """State and its messages, and then the process dies before it publishes."""
    async with database.transaction() as conn:
        for note in notes:
            await conn.execute(text("INSERT INTO note VALUES (:id, 'x')"), {"id": note})
        await Outbox().add(conn, *(Broker.outgoing(WRITTEN, Note(text=note), "b1") for note in notes))


async def _published(broker: Broker) -> list[str]:
    manager = broker.nc.jsm()
    last = (await manager.stream_info("EVENTS")).state.last_seq
    messages = [await manager.get_msg("EVENTS", sequence) for sequence in range(1, last + 1)]
    return [Note.model_validate_json(message.data or b"").text for message in messages]


async def _waiting(database: Database) -> int:
    return len(await DatabaseOutbox(database).unpublished(1000))


async def _everything_published(database: Database) -> None:
    async with asyncio.timeout(15):
        while await _waiting(database):  # noqa: ASYNC110 - the table is read anew each time
            await asyncio.sleep(0.02)


async def test_what_was_committed_before_a_crash_is_published_after_it(broker: Broker, database: Database) -> None:
    await _write(database, *(f"{number}" for number in range(700)))
    assert await _published(broker) == []
    relay = OutboxRelay(broker, DatabaseOutbox(database), sweep_seconds=0.05)
    running = asyncio.create_task(relay.run())
    await _everything_published(database)
    assert await _published(broker) == [f"{number}" for number in range(700)]
    running.cancel()


async def test_what_was_rolled_back_is_never_published(broker: Broker, database: Database) -> None:
    async def mistaken() -> None:
        async with database.transaction() as conn:
            await Outbox().add(conn, broker.outgoing(WRITTEN, Note(text="never"), "b1"))
            raise KeyError("mistake")

    with pytest.raises(KeyError):
        await mistaken()
    assert await _waiting(database) == 0


async def test_a_nudge_publishes_at_once(broker: Broker, database: Database) -> None:
    relay = OutboxRelay(broker, DatabaseOutbox(database), sweep_seconds=3600)
    running = asyncio.create_task(relay.run())
    await asyncio.sleep(0.1)
    await _write(database, "a")
    relay.nudge()
    await _everything_published(database)
    assert await _published(broker) == ["a"]
    running.cancel()


async def test_a_crash_between_publishing_and_marking_says_it_once(broker: Broker, database: Database) -> None:
    await _write(database, "a", "b")
    source = DatabaseOutbox(database)
    batch = [outgoing for _, outgoing in await source.unpublished(10)]
    assert await broker.publish_all(batch) == [True, True]  # and here the process dies
    relay = OutboxRelay(broker, source)
    await relay.publish_now(await source.unpublished(10))
    await _everything_published(database)
    assert await _published(broker) == ["a", "b"]


async def test_two_sweeping_replicas_say_everything_once(broker: Broker, database: Database) -> None:
    await _write(database, *(f"{number}" for number in range(50)))
    relays = [OutboxRelay(broker, DatabaseOutbox(database), sweep_seconds=0.05) for _ in range(2)]
    running = [asyncio.create_task(relay.run()) for relay in relays]
    await _everything_published(database)
    assert await _published(broker) == [f"{number}" for number in range(50)]
    for task in running:
        task.cancel()


async def test_messages_wait_for_the_broker(broker: Broker, database: Database, nats_server: RunningNats) -> None:
    relay = OutboxRelay(broker, DatabaseOutbox(database), sweep_seconds=0.05)
    running = asyncio.create_task(relay.run())
    await nats_server.stop()
    await until(lambda: not broker.up)
    await _write(database, "a")
    await relay.publish_now(await DatabaseOutbox(database).unpublished(10))
    assert await _waiting(database) == 1
    await nats_server.start()
    await _everything_published(database)
    await until(lambda: broker.up)
    assert await _published(broker) == ["a"]
    running.cancel()


async def test_an_event_counts_once_per_consumer_and_again_after_a_rollback(database: Database) -> None:
    async with database.transaction() as conn:
        assert await inbox.once(conn, "reader", "e1")
        assert not await inbox.once(conn, "reader", "e1")
        assert await inbox.once(conn, "other", "e1")

    async def mistaken() -> None:
        async with database.transaction() as conn:
            assert await inbox.once(conn, "reader", "e2")
            raise KeyError("mistake")

    with pytest.raises(KeyError):
        await mistaken()
    async with database.transaction() as conn:
        assert await inbox.once(conn, "reader", "e2")
        assert not await inbox.once(conn, "reader", "e1")
        assert await inbox.forget(conn) == 0
        await conn.execute(text("UPDATE inbox SET at = at - interval '49 hours' WHERE event_id = 'e1'"))
        assert await inbox.forget(conn) == 2
