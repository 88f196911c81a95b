"""The real service on a real broker and the real simulator; its neighbours answer their own subjects."""

from collections.abc import AsyncGenerator

import pytest_asyncio

from palaver.contracts.catalogue import DURABLES, STREAMS
from palaver.model_router.app import TURN_RUN
from palaver.model_router.testing.world import World
from palaver.servicekit.testing.kits import Declared, KitFor, Running
from palaver.simulator.server import SimulatorServer


@pytest_asyncio.fixture
async def world(
    kit_for: KitFor, running: Running, declared: Declared, simulator: SimulatorServer
) -> AsyncGenerator[World]:
    await declared(STREAMS, [DURABLES[TURN_RUN]])
    urls = {
        "sim-openai": simulator.openai_url,
        "sim-anthropic": simulator.anthropic_url,
        "openai": simulator.openai_url,
        "anthropic": simulator.anthropic_url,
    }
    async with World(kit_for, running, urls) as made:
        yield made
