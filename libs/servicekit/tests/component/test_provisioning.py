"""Provisioning gives each service its own place, and may be repeated."""

from dataclasses import replace
from pathlib import Path

import asyncpg
import pytest
from pydantic import SecretStr

from palaver.servicekit.database import Database
from palaver.servicekit.errors import NotProvisioned, Unavailable
from palaver.servicekit.provision import SchemaOwner, declare, migrate, provision_database
from palaver.servicekit.settings import DatabaseSettings
from palaver.servicekit.testing.fixtures import FreshDatabase
from palaver.servicekit.testing.kits import BrokerFor
from palaver.servicekit.testing.notes import COMMANDS, EVENTS, STREAMS, WRITER, WRITTEN, Note

MIGRATIONS = Path(__file__).parent / "migrations"
NOTES = SchemaOwner("notes", "provisioned_notes", SecretStr("pass-word-1"))
OTHERS = SchemaOwner("others", "provisioned_others", SecretStr("pass-word-2"))


def _as(owner: SchemaOwner, admin_url: SecretStr) -> SecretStr:
    server = admin_url.get_secret_value().rsplit("@", 1)[1]
    return SecretStr(f"postgresql://{owner.role}:{owner.password.get_secret_value()}@{server}")


async def _tables(admin_url: SecretStr) -> set[tuple[str, str]]:
    connection = await asyncpg.connect(admin_url.get_secret_value())
    rows = await connection.fetch("SELECT schemaname, tablename FROM pg_tables WHERE schemaname IN ('notes', 'others')")
    await connection.close()
    return {(row["schemaname"], row["tablename"]) for row in rows}


async def test_a_service_migrates_its_own_schema_with_its_own_role(database_url: SecretStr) -> None:
    await provision_database(database_url, (NOTES, OTHERS))
    for _ in range(2):
        await migrate(_as(NOTES, database_url), "notes", MIGRATIONS)
    assert await _tables(database_url) == {
        ("notes", "note"),
        ("notes", "outbox"),
        ("notes", "inbox"),
        ("notes", "alembic_version"),
    }


async def test_a_service_cannot_see_what_another_owns(database_url: SecretStr) -> None:
    await provision_database(database_url, (NOTES, OTHERS))
    await migrate(_as(NOTES, database_url), "notes", MIGRATIONS)
    stranger = await asyncpg.connect(_as(OTHERS, database_url).get_secret_value())
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await stranger.fetch("SELECT * FROM notes.note")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await stranger.execute("CREATE TABLE public.mine (n int)")
    await stranger.close()


async def test_provisioning_again_changes_the_password(database_url: SecretStr) -> None:
    await provision_database(database_url, (NOTES,))
    changed = replace(NOTES, password=SecretStr("pass-word-3"))
    await provision_database(database_url, (changed,))
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(_as(NOTES, database_url).get_secret_value())
    await (await asyncpg.connect(_as(changed, database_url).get_secret_value())).close()


async def test_passwords_reach_the_server_as_verifiers_only(database_url: SecretStr) -> None:
    await provision_database(database_url, (NOTES,))
    connection = await asyncpg.connect(database_url.get_secret_value())
    kept = await connection.fetchval("SELECT rolpassword FROM pg_authid WHERE rolname = $1", NOTES.role)
    await connection.close()
    assert kept.startswith("SCRAM-SHA-256$4096:")


async def test_the_search_path_of_a_service_is_its_schema(fresh_database: FreshDatabase) -> None:
    url = await fresh_database()
    await provision_database(url, (NOTES,))
    await migrate(_as(NOTES, url), "notes", MIGRATIONS)
    database = Database(DatabaseSettings(url=_as(NOTES, url)), schema="notes")
    async with database.read() as conn:
        assert (await conn.exec_driver_sql("SHOW search_path")).scalar_one() == "notes"
        assert (await conn.exec_driver_sql("SELECT count(*) FROM note")).scalar_one() == 0
    await database.stop()


async def test_a_database_that_is_away_is_an_outage() -> None:
    nowhere = SecretStr("postgresql://a:b@127.0.0.1:1/c")
    with pytest.raises(Unavailable):
        await provision_database(nowhere, (NOTES,))
    with pytest.raises(Unavailable):
        await migrate(nowhere, "notes", MIGRATIONS)


async def test_streams_and_durables_are_declared_again_without_losing_anything(broker_for: BrokerFor) -> None:
    admin = await broker_for("admin")
    await declare(admin, STREAMS, (WRITER,))
    await admin.publish(WRITTEN, Note(text="kept"), "b1")
    larger = replace(EVENTS, max_bytes=2 * EVENTS.max_bytes)
    patient = replace(WRITER, ack_wait_seconds=7.0)
    await declare(admin, (COMMANDS, larger), (patient,))
    stream = await admin.nc.jsm().stream_info("EVENTS")
    durable = await admin.nc.jsm().consumer_info("COMMANDS", WRITER.name)
    assert (stream.state.messages, stream.config.max_bytes) == (1, larger.max_bytes)
    assert (durable.config.ack_wait, durable.config.max_deliver) == (7.0, -1)


async def test_what_the_broker_refuses_is_named(broker_for: BrokerFor) -> None:
    admin = await broker_for("admin")
    await declare(admin, STREAMS, (WRITER,))
    overlapping = replace(WRITER, name="second-writer")
    with pytest.raises(NotProvisioned, match="durable second-writer"):
        await declare(admin, (), (overlapping,))
    with pytest.raises(NotProvisioned, match="stream COMMANDS"):
        await declare(admin, (replace(COMMANDS, work_queue=False),), ())
