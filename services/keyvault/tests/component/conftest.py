"""The real service on real servers, asked over the broker as gateway and workers ask it."""

from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Protocol

import pytest
import pytest_asyncio
from pydantic import SecretStr

from palaver.contracts.catalogue import DURABLES, STREAMS
from palaver.contracts.permissions import permissions_of
from palaver.keyvault.app import MIGRATIONS, SCHEMA, build
from palaver.keyvault.settings import Settings
from palaver.keyvault.testing.world import Clock, Edge, People, World
from palaver.servicekit.database import Database
from palaver.servicekit.embedded import NatsUser, Nkey, new_nkey
from palaver.servicekit.sealing import KeyPair
from palaver.servicekit.secret_keys import new_secret_key, raw_key
from palaver.servicekit.service import Service
from palaver.servicekit.testing.kits import BrokerFor, DatabaseSettingsFor, Declared, KitFor, Running


class Worlds(Protocol):
    """Starts the service under given settings; a second one works on the same database."""

    def __call__(self, **settings: Any) -> AbstractAsyncContextManager[World]: ...


@pytest.fixture
def keks() -> dict[int, SecretStr]:
    return {1: new_secret_key()}


@pytest.fixture(scope="session")
def service_nkey() -> Nkey:
    return new_nkey()


@pytest.fixture
def nats_users(service_nkey: Nkey) -> tuple[NatsUser, ...]:
    """The service runs under its own permissions."""
    allowed = permissions_of("keyvault")
    return (NatsUser("keyvault", service_nkey.public, allowed.publish, allowed.subscribe, allow_responses=True),)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def people() -> People:
    return People()


@pytest_asyncio.fixture
async def worlds(
    *,
    kit_for: KitFor,
    broker_for: BrokerFor,
    running: Running,
    declared: Declared,
    database_settings_for: DatabaseSettingsFor,
    keks: dict[int, SecretStr],
    clock: Clock,
    people: People,
    service_nkey: Nkey,
) -> AsyncGenerator[Worlds]:
    heard = ("keyvault-key-checks", "keyvault-usage", "keyvault-attempts", "keyvault-people")
    await declared(STREAMS, [DURABLES[name] for name in heard])
    database_settings = await database_settings_for(SCHEMA, MIGRATIONS)
    sealing_key = new_secret_key()
    pair = KeyPair.from_private(raw_key(sealing_key))

    @asynccontextmanager
    async def start(**changes: Any) -> AsyncGenerator[World]:
        values = {"database": database_settings, "sealing_key": sealing_key, "keks": keks}
        kit = await kit_for("keyvault", nkey_seed=service_nkey.seed)
        database = Database(database_settings, schema=SCHEMA)
        async with running(build(Settings.model_validate(values | changes), kit, clock=clock), kit):
            yield World(Edge(await broker_for("gateway"), pair), people, clock, database, kit.metrics)
        await database.stop()

    identity = await kit_for("identity")
    async with running(Service("identity", people.routes), identity):
        yield start


@pytest_asyncio.fixture
async def world(worlds: Worlds) -> AsyncGenerator[World]:
    async with worlds() as made:
        yield made
