"""Outages are told apart from mistakes, and end by themselves."""

import asyncio
import os
import signal
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError, ProgrammingError

from palaver.servicekit.database import Database
from palaver.servicekit.embedded import PostgresServer
from palaver.servicekit.errors import Contended, NotProvisioned, Unavailable
from palaver.servicekit.settings import DatabaseSettings
from palaver.servicekit.testing.infrastructure import RunningPostgres
from palaver.servicekit.testing.kits import DatabaseFor, DatabaseSettingsFor

MIGRATIONS = Path(__file__).parent / "migrations"


@pytest.fixture
async def database(database_for: DatabaseFor) -> Database:
    return await database_for("notes", MIGRATIONS)


async def _count(database: Database) -> int:
    async with database.read() as conn:
        return (await conn.execute(text("SELECT count(*) FROM note"))).scalar_one()


async def _insert(database: Database, note: str) -> None:
    async with database.transaction() as conn:
        await conn.execute(text("INSERT INTO note VALUES (:id, 'x')"), {"id": note})


async def test_a_transaction_is_committed_at_its_end_and_rolled_back_by_an_error(database: Database) -> None:
    await _insert(database, "a")

    async def mistaken() -> None:
        async with database.transaction() as conn:
            await conn.execute(text("DELETE FROM note"))
            raise KeyError("mistake")

    with pytest.raises(KeyError):
        await mistaken()
    assert await _count(database) == 1


async def test_mistakes_stay_what_they_are(database: Database) -> None:
    await _insert(database, "a")
    with pytest.raises(IntegrityError):
        await _insert(database, "a")
    with pytest.raises(ProgrammingError):
        async with database.read() as conn:
            await conn.execute(text("SELECT * FROM nothing"))
    with pytest.raises(TimeoutError):
        async with database.transaction():
            raise TimeoutError("of something else inside the block")
    with pytest.raises(ConnectionRefusedError):
        async with database.transaction():
            raise ConnectionRefusedError("of something else inside the block")


async def test_values_do_not_stand_in_errors(database: Database) -> None:
    async def broken() -> None:
        async with database.read() as conn:
            await conn.execute(text("SELECT :id, 1 / 0"), {"id": "dear diary"})

    with pytest.raises(DBAPIError) as caught:
        await broken()
    assert "dear diary" not in str(caught.value)


async def test_a_row_locked_too_long_is_contention(database_settings_for: DatabaseSettingsFor) -> None:
    settings = await database_settings_for("notes", MIGRATIONS)
    database = Database(settings.model_copy(update={"lock_timeout_seconds": 0.1}), schema="notes")
    await _insert(database, "a")
    async with database.transaction() as holder:
        await holder.execute(text("SELECT * FROM note FOR UPDATE"))
        with pytest.raises(Contended) as caught:
            async with database.transaction() as conn:
                await conn.execute(text("SELECT * FROM note FOR UPDATE"))
    assert caught.value.dependency == "postgres"
    await database.stop()


async def test_a_transaction_that_stalls_is_ended_by_the_server(database_settings_for: DatabaseSettingsFor) -> None:
    settings = await database_settings_for("notes", MIGRATIONS)
    database = Database(settings.model_copy(update={"idle_in_transaction_timeout_seconds": 0.1}), schema="notes")

    async def stalled() -> None:
        async with database.transaction() as conn:
            await conn.execute(text("SELECT 1"))
            await asyncio.sleep(0.4)
            await conn.execute(text("SELECT 1"))

    with pytest.raises(Unavailable):
        await stalled()
    await _insert(database, "a")
    await database.stop()


async def test_a_full_pool_is_an_outage(database_settings_for: DatabaseSettingsFor) -> None:
    settings = await database_settings_for("notes", MIGRATIONS)
    tight = {"pool_size": 1, "max_overflow": 0, "pool_timeout_seconds": 0.1}
    database = Database(settings.model_copy(update=tight), schema="notes")
    async with database.transaction():
        with pytest.raises(Unavailable):
            await _count(database)
    assert await _count(database) == 0
    await database.stop()


async def test_a_service_whose_pool_is_full_still_sees_its_database(database_settings_for: DatabaseSettingsFor) -> None:
    settings = await database_settings_for("notes", MIGRATIONS)
    database = Database(settings.model_copy(update={"pool_size": 1, "max_overflow": 0}), schema="notes")
    try:
        async with database.read():
            await database.ping()
    finally:
        await database.stop()


@pytest.fixture
async def own_database(own_postgres: RunningPostgres) -> Database:
    settings = DatabaseSettings(url=own_postgres.url())
    database = Database(settings, schema="notes")
    async with database.transaction() as conn:
        await conn.execute(text("CREATE SCHEMA notes"))
        await conn.execute(text("CREATE TABLE note (id text PRIMARY KEY, text text)"))
    return database


async def test_a_restart_is_an_outage_in_between_and_nothing_afterwards(
    own_postgres: RunningPostgres, own_database: Database
) -> None:
    await _insert(own_database, "before")
    async with own_database.read() as conn:
        await conn.execute(text("CHECKPOINT"))  # the test server is fast because it promises nothing else

    async def interrupted() -> None:
        async with own_database.transaction() as conn:
            await conn.execute(text("INSERT INTO note VALUES ('during', 'x')"))
            if isinstance(own_postgres, PostgresServer):
                os.kill(own_postgres.pid, signal.SIGKILL)
            await own_postgres.stop()
            await conn.execute(text("SELECT 1"))

    with pytest.raises(Unavailable) as lost:
        await interrupted()
    assert lost.value.dependency == "postgres"
    for _ in range(3):
        with pytest.raises(Unavailable):
            await _insert(own_database, "lost")
    with pytest.raises(Unavailable):
        await own_database.ping()
    await own_postgres.start()
    async with asyncio.timeout(10):
        while True:
            try:
                await own_database.ping()
            except Unavailable:
                await asyncio.sleep(0.05)
            else:
                break
    await asyncio.gather(*(_insert(own_database, f"after {number}") for number in range(20)))
    assert await _count(own_database) == 21
    await own_database.stop()


async def test_pooled_connections_that_died_unnoticed_cost_one_outage_at_most(
    own_postgres: RunningPostgres, own_database: Database
) -> None:
    await asyncio.gather(*(_insert(own_database, f"before {number}") for number in range(8)))
    await own_postgres.stop()
    await own_postgres.start()
    outages = 0
    for number in range(10):
        try:
            await _insert(own_database, f"after {number}")
        except Unavailable:
            outages += 1
    assert outages <= 1
    await own_database.stop()


async def test_a_database_that_is_not_prepared_names_the_remedy(database_settings_for: DatabaseSettingsFor) -> None:
    settings = await database_settings_for("notes", MIGRATIONS)
    empty = Database(settings, schema="no_such_schema")
    with pytest.raises(NotProvisioned, match="no_such_schema has no tables; run `palaver migrate`"):
        await empty.start()
    await empty.stop()
    place = settings.url.get_secret_value().rpartition("@")[2]
    stranger = Database(DatabaseSettings(url=SecretStr(f"postgresql://nobody:wrong-password@{place}")), schema="notes")
    with pytest.raises(NotProvisioned, match=r"refuses the login of notes \(28P01\)") as caught:
        await stranger.start()
    assert "wrong-password" not in str(caught.value)
    await stranger.stop()


async def test_a_service_starts_without_its_database() -> None:
    nowhere = DatabaseSettings(url=SecretStr("postgresql://a:b@127.0.0.1:1/c"))
    database = Database(nowhere, schema="notes")
    await database.start()
    with pytest.raises(Unavailable):
        await database.ping()
    await database.stop()
