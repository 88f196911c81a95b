"""The page in a real browser, in a person's words: visit, say, see answers."""

import asyncio
import os
import shutil
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from playwright.async_api import Browser, BrowserContext, Locator, Page, ViewportSize, async_playwright, expect

from palaver.cli.checkout import built_page
from palaver.client import Palaver

WIDE = ViewportSize(width=1280, height=800)
TALL = ViewportSize(width=1280, height=2_400)
"""Shows whole answers: what is far from the screen is not in the page."""
PATIENCE_SECONDS = 15.0
"""For what takes milliseconds on an idle machine, and for the back-off after an outage."""
ANSWERS = "[data-turn]"
SHOWN = """answers => answers.map((answer) => {
  const {speaker, state} = answer.dataset
  return {speaker, state, text: answer.querySelector('.prose')?.textContent ?? ''}
})"""


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer as a person sees it. `state` is running, done or failed."""

    speaker: str
    state: str
    text: str


@dataclass
class Visit:
    """One browser profile, and all that its pages complained about."""

    context: BrowserContext
    complaints: list[str] = field(default_factory=list[str])

    def listen(self) -> None:
        """Errors of scripts, of the console and of the content security policy; all but silence is wrong."""
        self.context.on("console", lambda m: self.complaints.append(m.text) if m.type in {"error", "warning"} else None)
        self.context.on("weberror", lambda e: self.complaints.append(str(e.error)))

    async def sign_in(self, url: str, person: Palaver, password: str) -> None:
        """As the page's own form does; the refresh token arrives as a cookie."""
        credentials = {"email": person.rest.signed_in.user.email, "password": password}
        origin = {"Origin": url}
        response = await self.context.request.post(f"{url}/api/v1/auth/login", data=credentials, headers=origin)
        assert response.ok

    async def open(self, path: str, screen: ViewportSize = WIDE) -> Page:
        """A new tab."""
        page = await self.context.new_page()
        await page.set_viewport_size(screen)
        await page.goto(path)
        return page


def chromium() -> str:
    """The installed browser. Where there is none the test is skipped aloud; in CI that is a failure."""
    candidates = (os.environ.get("CHROMIUM_BIN"), *map(shutil.which, ("chromium", "google-chrome")))
    found = next(filter(None, candidates), None)
    if found:
        return found
    missing = "THE PAGE IS NOT TESTED: no chromium or google-chrome on PATH, and $CHROMIUM_BIN is not set"
    if os.environ.get("CI") == "true":
        pytest.fail(missing)
    pytest.skip(missing)


@asynccontextmanager
async def launched_browser() -> AsyncGenerator[Browser]:
    """The installed browser, for a page that is built."""
    executable = chromium()
    if built_page() is None:
        pytest.fail("web/dist is missing; `make page` builds it")
    arguments = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-background-networking"]
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(executable_path=executable, args=arguments)
        yield launched
        await launched.close()


@asynccontextmanager
async def visiting(browser: Browser, url: str, language: str = "en-GB") -> AsyncGenerator[Visit]:
    """A browser profile of its own on the page at `url`, of somebody who reads `language`."""
    context = await browser.new_context(base_url=url, locale=language, viewport=WIDE)
    context.set_default_timeout(PATIENCE_SECONDS * 1_000)
    expect.set_options(timeout=PATIENCE_SECONDS * 1_000)
    visit = Visit(context)
    visit.listen()
    yield visit
    await context.close()


async def eventually(holds: Callable[[], Awaitable[bool]]) -> None:
    """Ask again until it holds."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not await holds():  # noqa: ASYNC110 - the page is another process
            await asyncio.sleep(0.05)


async def say(page: Page, text: str) -> None:
    """Type it and send it with Enter."""
    await page.get_by_label("Your message").fill(text)
    await page.keyboard.press("Enter")


async def answers(page: Page) -> list[Answer]:
    """From top to bottom."""
    return [Answer(**shown) for shown in await page.locator(ANSWERS).evaluate_all(SHOWN)]


async def all_speak(page: Page, least: int, speakers: Sequence[str]) -> list[Answer]:
    """Wait until each of them, still running, has said so many characters. Whoever ends before fails the test."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            seen = await answers(page)
            of_them = [answer for answer in seen if answer.speaker in speakers]
            assert all(answer.state == "running" for answer in of_them)
            if len(of_them) == len(speakers) and all(len(answer.text) > least for answer in of_them):
                return seen
            await asyncio.sleep(0.02)


def done(page: Page) -> Locator:
    """The answers that have ended."""
    return page.locator(f"{ANSWERS}[data-state=done]")


def numbered(name: str, words: int) -> str:
    """An answer of numbered words, so that none can be lost, doubled or moved unnoticed."""
    return " ".join(f"{name}{n}" for n in range(words))
