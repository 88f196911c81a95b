"""Pytest fixtures: `pytest_plugins = ["palaver.simulator.testing"]`."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from palaver.simulator.server import SimulatorServer
from palaver.simulator.settings import SimulatorSettings

_INVALID_KEY = "sk-simulator-invalid-key-0000"


@pytest.fixture
def invalid_key() -> str:
    """A key that the simulated providers refuse."""
    return _INVALID_KEY


@pytest_asyncio.fixture
async def simulator() -> AsyncIterator[SimulatorServer]:
    """A simulator on a free port, twenty times as fast as in the demo. A test's own: nothing armed or recorded."""
    settings = SimulatorSettings.model_validate({"port": 0, "speed": 20.0, "invalid_keys": [_INVALID_KEY]})
    async with SimulatorServer(settings) as server:
        yield server
