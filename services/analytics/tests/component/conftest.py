"""The real service on real servers, with model-router played on the broker."""

from collections.abc import AsyncGenerator, Sequence

import pytest
import pytest_asyncio

from palaver.analytics.app import MIGRATIONS, SCHEMA, build
from palaver.analytics.settings import Settings
from palaver.analytics.testing.usage import Catalogue
from palaver.contracts.analytics import OWNER
from palaver.contracts.catalogue import DURABLES, STREAMS
from palaver.contracts.model_router import MODEL_READ
from palaver.contracts.permissions import permissions_of
from palaver.servicekit.broker import Broker
from palaver.servicekit.database import Database
from palaver.servicekit.embedded import NatsUser, Nkey, new_nkey
from palaver.servicekit.routes import answer
from palaver.servicekit.service import Service
from palaver.servicekit.settings import DatabaseSettings
from palaver.servicekit.testing.kits import BrokerFor, DatabaseSettingsFor, Declared, KitFor, Running


@pytest.fixture(scope="session")
def identity() -> Nkey:
    """This service's own credential: what the catalogue does not grant, the broker refuses."""
    return new_nkey()


@pytest.fixture
def nats_users(identity: Nkey) -> Sequence[NatsUser]:
    allowed = permissions_of(OWNER)
    return [NatsUser(OWNER, identity.public, allowed.publish, allowed.subscribe, allow_responses=True)]


@pytest.fixture
def catalogue() -> Catalogue:
    return Catalogue()


@pytest_asyncio.fixture
async def database_settings(database_settings_for: DatabaseSettingsFor) -> DatabaseSettings:
    return await database_settings_for(SCHEMA, MIGRATIONS)


@pytest_asyncio.fixture
async def database(database_settings: DatabaseSettings) -> AsyncGenerator[Database]:
    made = Database(database_settings, schema=SCHEMA)
    yield made
    await made.stop()


@pytest_asyncio.fixture
async def broker(  # noqa: PLR0917 - fixtures come by name
    catalogue: Catalogue,
    identity: Nkey,
    database_settings: DatabaseSettings,
    kit_for: KitFor,
    broker_for: BrokerFor,
    running: Running,
    declared: Declared,
) -> AsyncGenerator[Broker]:
    """A connection beside two replicas of the service, whose users may spend 10 dollars a day."""
    await declared(STREAMS, [durable for durable in DURABLES.values() if durable.service == OWNER])
    settings = Settings.model_validate({"database": database_settings, "daily_limit_usd": "10"})
    router = Service("model-router", (answer(MODEL_READ, catalogue.model_read),))
    one, two = [await kit_for(OWNER, nkey_seed=identity.seed) for _ in range(2)]
    async with (
        running(router, await kit_for("model-router")),
        running(build(settings, one), one),
        running(build(settings, two), two),
    ):
        yield await broker_for("test")
