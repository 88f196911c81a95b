"""Kits, brokers and databases for tests of services; on top of the server fixtures in `fixtures.py`.

| fixture | gives |
|---|---|
| `broker_for` | `await broker_for("session")`: a connection to this test's broker, by default as one that may do all |
| `kit_for` | `await kit_for("session")`: a `Kit` around such a connection, with its own registry |
| `running` | `async with running(service, kit)`: the service, ready inside, stopped in order at the end |
| `declared` | `await declared(streams, durables)`: streams and durables on this test's broker |
| `database_for` | `await database_for("session", migrations)`: a started `Database` on a migrated schema of its own |
| `database_settings_for` | the same as settings, for a service that makes its own `Database` |
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Protocol

import asyncpg
import pytest
import pytest_asyncio
from prometheus_client import CollectorRegistry
from pydantic import SecretStr

from palaver.contracts.ids import new_id
from palaver.contracts.streams import Durable, Stream
from palaver.servicekit.broker import Broker
from palaver.servicekit.database import Database
from palaver.servicekit.embedded import Nkey
from palaver.servicekit.health import Health
from palaver.servicekit.provision import declare, migrate
from palaver.servicekit.service import Kit, Service, run
from palaver.servicekit.settings import BrokerSettings, DatabaseSettings
from palaver.servicekit.testing.databases import Databases
from palaver.servicekit.testing.fixtures import FreshDatabase
from palaver.servicekit.testing.infrastructure import RunningNats

READY_SECONDS = 20.0
READY_POLL_SECONDS = 0.005
STOP_SECONDS = 20.0


class BrokerFor(Protocol):
    """Makes connections that are closed after the test."""

    def __call__(
        self, service: str, *, nkey_seed: SecretStr | None = None, label: str = "", server: RunningNats | None = None
    ) -> Awaitable[Broker]:
        """Connect as `service`; with `nkey_seed` under that user's permissions instead of the admin's."""
        ...


class KitFor(Protocol):
    """Makes kits whose connections are closed after the test."""

    def __call__(self, service: str, *, nkey_seed: SecretStr | None = None) -> Awaitable[Kit]:
        """A kit of `service`; see `BrokerFor`."""
        ...


Running = Callable[[Service, Kit], AbstractAsyncContextManager[None]]
Declared = Callable[[Sequence[Stream], Sequence[Durable]], Awaitable[None]]
DatabaseSettingsFor = Callable[[str, Path], Awaitable[DatabaseSettings]]
DatabaseFor = Callable[[str, Path], Awaitable[Database]]


@pytest_asyncio.fixture
async def broker_for(nats_server: RunningNats, nats_admin: Nkey) -> AsyncGenerator[BrokerFor]:
    """See `BrokerFor`."""
    made: list[Broker] = []

    async def connect(
        service: str, *, nkey_seed: SecretStr | None = None, label: str = "", server: RunningNats | None = None
    ) -> Broker:
        settings = BrokerSettings.model_validate(
            {"url": (server or nats_server).url, "nkey_seed": nkey_seed or nats_admin.seed}
        )
        broker = await Broker.connect(settings, service=service, label=label)
        made.append(broker)
        return broker

    yield connect
    for broker in made:
        await broker.close()


@pytest.fixture
def kit_for(broker_for: BrokerFor) -> KitFor:
    """See `KitFor`."""

    async def make(service: str, *, nkey_seed: SecretStr | None = None) -> Kit:
        broker = await broker_for(service, nkey_seed=nkey_seed)
        return Kit(service, new_id(), broker, CollectorRegistry(), Health())

    return make


@pytest.fixture
def running() -> Running:
    """Runs services inside a test."""
    return _running


@asynccontextmanager
async def _running(service: Service, kit: Kit) -> AsyncGenerator[None]:
    stop = asyncio.Event()
    life = asyncio.create_task(run(service, kit, stop))
    try:
        async with asyncio.timeout(READY_SECONDS):
            while not kit.health.ready and not life.done():  # noqa: ASYNC110 - a test waits for a plain flag
                await asyncio.sleep(READY_POLL_SECONDS)
        if life.done():
            life.result()
        yield
    finally:
        stop.set()
        async with asyncio.timeout(STOP_SECONDS):
            await life


@pytest.fixture
def declared(broker_for: BrokerFor) -> Declared:
    """Declares streams and durables on this test's broker."""

    async def make(streams: Sequence[Stream], durables: Sequence[Durable]) -> None:
        admin = await broker_for("test-admin")
        await declare(admin, streams, durables)

    return make


@pytest.fixture
def database_settings_for(databases: Databases, fresh_database: FreshDatabase) -> DatabaseSettingsFor:
    """Settings of a database that holds one migrated schema, copied from a template made once per test process."""

    async def make(schema: str, migrations: Path) -> DatabaseSettings:
        async def fill(url: SecretStr) -> None:
            await _create_schema(url, schema)
            await migrate(url, schema, migrations)

        template = await databases.template(f"{schema}-{migrations}", fill)
        url = await fresh_database(template)
        return DatabaseSettings.model_validate({"url": url})

    return make


@pytest_asyncio.fixture
async def database_for(database_settings_for: DatabaseSettingsFor) -> AsyncGenerator[DatabaseFor]:
    """Started databases that are stopped after the test."""
    made: list[Database] = []

    async def make(schema: str, migrations: Path) -> Database:
        database = Database(await database_settings_for(schema, migrations), schema=schema)
        made.append(database)
        await database.start()
        return database

    yield make
    for database in made:
        await database.stop()


async def _create_schema(url: SecretStr, schema: str) -> None:
    connection = await asyncpg.connect(url.get_secret_value(), ssl=False)
    try:
        await connection.execute(f'CREATE SCHEMA IF NOT EXISTS "{schema}"')
    finally:
        await connection.close()
