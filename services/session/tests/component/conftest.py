"""The real service on real servers under its own credential, with its neighbours played on the broker."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack
from typing import Any

import pytest
import pytest_asyncio

from palaver.contracts.catalogue import DURABLES, STREAMS
from palaver.contracts.keyvault import KEY_LIST
from palaver.contracts.model_router import MODEL_READ
from palaver.contracts.permissions import permissions_of
from palaver.contracts.session import OWNER
from palaver.servicekit.embedded import NatsUser, Nkey, new_nkey
from palaver.servicekit.routes import answer
from palaver.servicekit.service import Service
from palaver.servicekit.settings import DatabaseSettings
from palaver.servicekit.testing.kits import BrokerFor, DatabaseSettingsFor, Declared, KitFor, Running
from palaver.session.app import MIGRATIONS, SCHEMA, build
from palaver.session.settings import Settings
from palaver.session.testing.world import Replica, World, answer_keys, answer_models


@pytest.fixture(scope="session")
def identity() -> Nkey:
    """This service's own credential: what the catalogue does not grant, the broker refuses."""
    return new_nkey()


@pytest.fixture
def nats_users(identity: Nkey) -> Sequence[NatsUser]:
    allowed = permissions_of(OWNER)
    return [NatsUser(OWNER, identity.public, allowed.publish, allowed.subscribe, allow_responses=True)]


@pytest_asyncio.fixture
async def database_settings(database_settings_for: DatabaseSettingsFor) -> DatabaseSettings:
    """The migrated schema of this test."""
    return await database_settings_for(SCHEMA, MIGRATIONS)


@pytest_asyncio.fixture
async def world(broker_for: BrokerFor, kit_for: KitFor, running: Running, declared: Declared) -> AsyncGenerator[World]:
    """Neighbours, listening; the service itself is not running yet."""
    await declared(STREAMS, [durable for durable in DURABLES.values() if durable.service == OWNER])
    router = Service("model-router", (answer(MODEL_READ, answer_models),))
    vault = Service("keyvault", (answer(KEY_LIST, answer_keys),))
    async with running(router, await kit_for("model-router")), running(vault, await kit_for("keyvault")):
        world = World(await broker_for("test"))
        await world.listen()
        yield world


@pytest_asyncio.fixture
async def replica(
    world: World, kit_for: KitFor, running: Running, identity: Nkey, database_settings: DatabaseSettings
) -> AsyncGenerator[Replica]:
    """Starts the service, as often as wanted."""
    async with AsyncExitStack() as stack:

        async def start(**settings: Any) -> None:
            kit = await kit_for(OWNER, nkey_seed=identity.seed)
            usual = Settings.model_validate({"database": database_settings})
            service = build(usual.model_copy(update=settings), kit)  # times may be shorter than an operator's may
            await stack.enter_async_context(running(service, kit))

        yield start
