"""The whole of Palaver for tests through its public edge."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from palaver.cli.testing.stack import Stack, stack_in


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--rounds 300` for the whole long discussion; known where tests/e2e is named on the command line."""
    parser.addoption("--rounds", type=int, help="rounds of the long discussion")
    parser.addoption("--examples", type=int, help="random requests for each operation of the fuzzed API")


@pytest_asyncio.fixture
async def stack(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> AsyncIterator[Stack]:
    """A running stack; `@pytest.mark.parametrize("stack", [{"copies": {…}}], indirect=True)` asks for another shape."""
    directory: Path = tmp_path_factory.mktemp("e2e")
    made = stack_in(directory, **getattr(request, "param", {}))
    try:
        await made.start()
        yield made
    finally:
        await made.stop()
