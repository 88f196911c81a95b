"""The real service on real servers, asked over the broker as the gateway asks it."""

from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Protocol

import pytest
import pytest_asyncio
from pydantic import SecretStr

from palaver.contracts.catalogue import DURABLES, STREAMS
from palaver.contracts.permissions import permissions_of
from palaver.identity.app import MIGRATIONS, SCHEMA, build
from palaver.identity.settings import Settings
from palaver.identity.testing.world import Clock, Edge, World
from palaver.servicekit.database import Database
from palaver.servicekit.embedded import NatsUser, Nkey, new_nkey
from palaver.servicekit.redis import Redis
from palaver.servicekit.sealing import KeyPair
from palaver.servicekit.secret_keys import new_secret_key, raw_key
from palaver.servicekit.testing.kits import BrokerFor, DatabaseSettingsFor, Declared, KitFor, Running


class Worlds(Protocol):
    """Starts the service under given settings; a second one works on the same database."""

    def __call__(self, **settings: Any) -> AbstractAsyncContextManager[World]: ...


@pytest.fixture
def sealing_key() -> SecretStr:
    return new_secret_key()


@pytest.fixture
def signing_key() -> SecretStr:
    return new_secret_key()


@pytest.fixture
def second_factor_key() -> SecretStr:
    return new_secret_key()


@pytest.fixture(scope="session")
def service_nkey() -> Nkey:
    return new_nkey()


@pytest.fixture
def nats_users(service_nkey: Nkey) -> tuple[NatsUser, ...]:
    """The service runs under its own permissions."""
    allowed = permissions_of("identity")
    return (NatsUser("identity", service_nkey.public, allowed.publish, allowed.subscribe, allow_responses=True),)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest_asyncio.fixture
async def worlds(
    *,
    kit_for: KitFor,
    broker_for: BrokerFor,
    running: Running,
    declared: Declared,
    database_settings_for: DatabaseSettingsFor,
    redis_url: SecretStr,
    sealing_key: SecretStr,
    signing_key: SecretStr,
    second_factor_key: SecretStr,
    clock: Clock,
    service_nkey: Nkey,
) -> Worlds:
    await declared(STREAMS, [DURABLES["identity-audit"]])
    database_settings = await database_settings_for(SCHEMA, MIGRATIONS)
    pair = KeyPair.from_private(raw_key(sealing_key))

    @asynccontextmanager
    async def start(**changes: Any) -> AsyncGenerator[World]:
        values = {
            "database": database_settings,
            "redis": {"url": redis_url},
            "sealing_key": sealing_key,
            "signing_key": signing_key,
            "second_factor_key": second_factor_key,
        }
        kit = await kit_for("identity", nkey_seed=service_nkey.seed)
        settings = Settings.model_validate(values | changes)
        database, redis = Database(database_settings, schema=SCHEMA), Redis(settings.redis)
        async with running(build(settings, kit, clock=clock), kit):
            edge = Edge(await broker_for("gateway"), pair.public, pair.key_id)
            yield World(edge, clock, database, redis, kit.metrics)
        await database.stop()
        await redis.stop()

    return start


@pytest_asyncio.fixture
async def world(worlds: Worlds) -> AsyncGenerator[World]:
    async with worlds() as made:
        yield made
