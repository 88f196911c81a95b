"""The real service on real servers, with session and model-router played on the broker."""

from collections.abc import AsyncGenerator, Sequence

import pytest
import pytest_asyncio

from palaver.context.app import MIGRATIONS, SCHEMA, build
from palaver.context.settings import Settings
from palaver.context.testing.world import Neighbours, World
from palaver.contracts.catalogue import DURABLES, STREAMS
from palaver.contracts.context import OWNER, SUMMARY_CHANGED, USAGE_CHANGED
from palaver.contracts.model_router import MODEL_READ, RUN_COMPLETION
from palaver.contracts.permissions import permissions_of
from palaver.contracts.session import LOG_READ
from palaver.servicekit.database import Database
from palaver.servicekit.embedded import NatsUser, Nkey, new_nkey
from palaver.servicekit.routes import answer, bind, consume, hear
from palaver.servicekit.service import Service
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
def neighbours() -> Neighbours:
    return Neighbours()


@pytest_asyncio.fixture
async def world(  # noqa: PLR0917 - fixtures come by name
    neighbours: Neighbours,
    identity: Nkey,
    kit_for: KitFor,
    broker_for: BrokerFor,
    running: Running,
    declared: Declared,
    database_settings_for: DatabaseSettingsFor,
) -> AsyncGenerator[World]:
    durables = (
        "context-log",
        "context-usage",
        "context-people",
        "context-purges",
        "context-completions",
        "model-router-completions",
    )
    await declared(STREAMS, [DURABLES[name] for name in durables])
    database_settings = await database_settings_for(SCHEMA, MIGRATIONS)
    settings = Settings.model_validate({"database": database_settings, "usage_debounce_seconds": 0.02})
    database = Database(database_settings, schema=SCHEMA)
    session = Service("session", (answer(LOG_READ, neighbours.log_read),))
    router = Service(
        "model-router",
        (
            answer(MODEL_READ, neighbours.model_read),
            consume(DURABLES["model-router-completions"], bind(RUN_COMPLETION, neighbours.on_run_completion)),
        ),
    )
    watcher = Service(
        "gateway", (hear(USAGE_CHANGED, neighbours.on_usage), hear(SUMMARY_CHANGED, neighbours.on_summary))
    )
    kits = {name: await kit_for(name) for name in ("session", "model-router", "gateway")}
    life = _Life(settings, identity, kit_for, running)
    async with (
        running(session, kits["session"]),
        running(router, kits["model-router"]),
        running(watcher, kits["gateway"]),
    ):
        await life.start()
        yield World(neighbours, await broker_for("test"), database, life.restart)
        await life.stop()
    await database.stop()


class _Life:
    """Starts and stops the service under test."""

    def __init__(self, settings: Settings, identity: Nkey, kit_for: KitFor, running: Running) -> None:
        self._settings = settings
        self._identity = identity
        self._kit_for = kit_for
        self._running = running

    async def start(self) -> None:
        kit = await self._kit_for(OWNER, nkey_seed=self._identity.seed)
        self._open = self._running(build(self._settings, kit), kit)
        await self._open.__aenter__()

    async def stop(self) -> None:
        await self._open.__aexit__(None, None, None)

    async def restart(self) -> None:
        await self.stop()
        await self.start()
