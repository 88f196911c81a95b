"""The real service under its own permissions on a real broker, and the real simulator; neighbours are played."""

from collections.abc import AsyncGenerator
from dataclasses import replace

import pytest
import pytest_asyncio

from palaver.contracts import model_router
from palaver.contracts.catalogue import DURABLES, STREAMS
from palaver.contracts.permissions import permissions_of
from palaver.model_router.app import COMPLETION_RUN, MIGRATIONS, PEOPLE, SCHEMA, TURN_RUN
from palaver.model_router.testing.world import World
from palaver.servicekit.embedded import NatsUser, Nkey, new_nkey
from palaver.servicekit.testing.kits import DatabaseSettingsFor, Declared, KitFor, Running
from palaver.simulator.server import SimulatorServer

LOST_SECONDS = 3.0
"""After which a side job of a dead worker is given to another one here; tests need not wait for half a minute."""


@pytest.fixture(scope="session")
def worker_nkey() -> Nkey:
    return new_nkey()


@pytest.fixture
def nats_users(worker_nkey: Nkey) -> tuple[NatsUser, ...]:
    allowed = permissions_of(model_router.OWNER)
    return (NatsUser(model_router.OWNER, worker_nkey.public, allowed.publish, allowed.subscribe, allow_responses=True),)


@pytest_asyncio.fixture
async def world(
    *,
    kit_for: KitFor,
    running: Running,
    declared: Declared,
    database_settings_for: DatabaseSettingsFor,
    simulator: SimulatorServer,
    worker_nkey: Nkey,
) -> AsyncGenerator[World]:
    lost_soon = replace(DURABLES[COMPLETION_RUN], ack_wait_seconds=LOST_SECONDS)
    await declared(STREAMS, [DURABLES[TURN_RUN], lost_soon, DURABLES[PEOPLE]])
    urls = {
        "sim-openai": simulator.openai_url,
        "sim-responses": simulator.openai_url,
        "sim-anthropic": simulator.anthropic_url,
        "sim-gemini": simulator.gemini_url,
        "openai": simulator.openai_url,
        "anthropic": simulator.anthropic_url,
        "google": simulator.gemini_url,
    }
    database = await database_settings_for(SCHEMA, MIGRATIONS)
    async with World(kit_for, running, urls, database, nkey_seed=worker_nkey.seed) as made:
        yield made
