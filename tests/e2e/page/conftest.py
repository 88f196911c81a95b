"""A browser and a whole Palaver for all tests of a file; `SHAPE` in the file says how its Palaver differs."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from palaver.cli.testing.page import Visit, launched_browser, visiting
from palaver.cli.testing.stack import Stack, stack_in
from palaver.client import Palaver


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    """A real Chromium."""
    async with launched_browser() as browser:
        yield browser


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stack(
    browser: Browser, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> AsyncIterator[Stack]:
    """Not started where there is no browser to look at it."""
    assert browser.is_connected()
    made = stack_in(tmp_path_factory.mktemp("page"), **getattr(request.module, "SHAPE", {}))
    try:
        await made.start()
        yield made
    finally:
        await made.stop()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def owner(stack: Stack) -> AsyncIterator[Palaver]:
    """The first owner, who comes by the link that works once."""
    async with Palaver(stack.url) as owner:
        await owner.rest.redeem(stack.sign_in.link.code)
        yield owner


@pytest_asyncio.fixture(loop_scope="module")
async def visit(browser: Browser, stack: Stack) -> AsyncIterator[Visit]:
    """Somebody's browser at the page, who complains of every error in the console."""
    async with visiting(browser, stack.url) as visit:
        yield visit
