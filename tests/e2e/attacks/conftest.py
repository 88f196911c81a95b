"""A running Palaver for the attacks of one file: nothing in it is refused only because it comes too often."""

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import httpx2
import pytest
import pytest_asyncio

from attacklab.belongings import Belongings, with_one_of_everything
from attacklab.operations import Operation, operations_of
from palaver.cli.testing.stack import Stack, stack_in
from palaver.client import Palaver
from palaver.gateway.settings import RateSettings

PLENTY = 1_000_000
UNLIMITED = {"gateway": {"rates": dict.fromkeys(RateSettings.model_fields, PLENTY)}}


@pytest.fixture(scope="module")
def shape() -> dict[str, Any]:
    """How a file wants its stack, beyond this one."""
    return {}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stack(tmp_path_factory: pytest.TempPathFactory, shape: dict[str, Any]) -> AsyncGenerator[Stack]:
    """A running stack."""
    directory: Path = tmp_path_factory.mktemp("attack")
    wishes: dict[str, Any] = {"overrides": UNLIMITED, "speed": 200.0, **shape}
    made = stack_in(directory, **wishes)
    try:
        await made.start()
        yield made
    finally:
        await made.stop()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def http(stack: Stack) -> AsyncGenerator[httpx2.AsyncClient]:
    """Nobody yet."""
    async with httpx2.AsyncClient(base_url=stack.url, trust_env=False, timeout=30) as client:
        yield client


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def operations(http: httpx2.AsyncClient) -> list[Operation]:
    """All that the edge offers."""
    return list(operations_of((await http.get("/api/v1/openapi.json")).json()))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def owner(stack: Stack) -> AsyncGenerator[Palaver]:
    """Whoever started it."""
    async with Palaver(stack.url) as palaver:
        await palaver.rest.redeem(stack.sign_in.link.code)
        yield palaver


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def ada(stack: Stack) -> AsyncGenerator[Belongings]:
    """Has one of everything."""
    async with await stack.person("Ada") as person:
        yield await with_one_of_everything(person)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def eve(stack: Stack) -> AsyncGenerator[Belongings]:
    """Has the same, so that she can mix hers with another's."""
    async with await stack.person("Eve") as person:
        yield await with_one_of_everything(person)
