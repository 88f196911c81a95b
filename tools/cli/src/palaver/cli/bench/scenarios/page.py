"""What the page works for each picture while ten answers grow below a long conversation, in a real Chromium."""

import asyncio
import os
import shutil
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from palaver.cli.bench.cast import acting
from palaver.cli.bench.load import Load
from palaver.cli.bench.pictures import CATEGORIES, Event, pictures
from palaver.cli.bench.product import Product
from palaver.cli.bench.results import Finding
from palaver.cli.bench.roles.parts import Filled, FillerPart
from palaver.cli.bench.scenario import Scenario, Stage
from palaver.cli.bench.statistics import p50_p99
from palaver.cli.errors import CommandError

if TYPE_CHECKING:  # The browser's driver is for those who develop: an operator's machine has none.
    from playwright.async_api import Page

QUESTION, GO = "fill", "go"
RATE = 100.0
PARAGRAPH = "Some **words** of an answer with `code` in it, and a few more so that lines wrap on a screen.\n\n"
WATCHED_SECONDS = 8.0
SETTLED_SECONDS = 2.0
PATIENCE_SECONDS = 200.0
LONG_TASK_MS = 50.0
MISSING = "this needs Chromium, and playwright from the project's development environment"


@dataclass(frozen=True, slots=True)
class Size:
    """Rounds before, of one question and as many answers as there are models."""

    models: int
    rounds: int


async def play(stage: Stage, size: Size, finding: Finding) -> None:
    """The room is made, all of it is loaded into the page, and one more question is asked on the page."""
    product = stage.product
    await stage.provider.play(Load(1, 20, 500.0), about=QUESTION)
    tokens = int(RATE * (WATCHED_SECONDS + SETTLED_SECONDS))
    text = PARAGRAPH * (1 + tokens * 8 // len(PARAGRAPH))
    await stage.provider.recite(text, RATE, about=GO)
    (room,) = await product.rooms(1, size.models)
    part = FillerPart(product.url, await product.token(), room, size.models, QUESTION, size.rounds)
    async with acting("filler", part) as filler:
        await filler.begin(0.0)
        await filler.result(Filled, patience_seconds=PATIENCE_SECONDS)
    async with _opened(product, f"/rooms/{room}") as page:
        await _load_all(page)
        events = await _watched(page, stage)
    try:
        found = pictures(events)
    except ValueError as error:
        raise CommandError(str(error)) from None
    work, tasks = sorted(found.work), sorted(found.tasks)
    parts = ", ".join(f"{name} {ms:.0f}" for name, ms in found.parts.items())
    what = f"{size.models} answers of {RATE:.0f} tokens/s over {size.rounds * (size.models + 1)} messages"
    p50, p99 = p50_p99(work)
    finding.say("main thread for each picture, p50", p50, "ms", what)
    finding.say("main thread for each picture, p95", work[int(len(work) * 0.95)], "ms", f"{len(work)} pictures")
    finding.say("main thread for each picture, p99", p99, "ms")
    finding.say("tasks longer than 50 ms", sum(cpu > LONG_TASK_MS for cpu in tasks), "", f"longest {tasks[-1]:.0f} ms")
    finding.say("main thread, busy", 100 * sum(tasks) / 1_000 / found.seconds, "%", f"ms: {parts}")


@asynccontextmanager
async def _opened(product: Product, path: str) -> AsyncGenerator["Page"]:
    """Signed in as the benchmark's person. Raises CommandError where there is no browser, or it fails."""
    try:
        from playwright.async_api import Error, ViewportSize, async_playwright  # noqa: PLC0415
    except ImportError:
        raise CommandError(MISSING) from None
    candidates = (os.environ.get("CHROMIUM_BIN"), *map(shutil.which, ("chromium", "google-chrome")))
    executable = next(filter(None, candidates), None)
    if executable is None:
        raise CommandError(MISSING)
    arguments = ["--no-sandbox", "--disable-dev-shm-usage"]
    screen = ViewportSize(width=1280, height=800)
    credentials = {"email": product.palaver.rest.signed_in.user.email, "password": product.password}
    try:
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=executable, args=arguments)
            context = await browser.new_context(base_url=product.url, viewport=screen, locale="en-GB")
            origin = {"Origin": product.url}
            await context.request.post("/api/v1/auth/login", data=credentials, headers=origin, fail_on_status_code=True)
            page = await context.new_page()
            await page.goto(path)
            yield page
            await browser.close()
    except Error as error:
        raise CommandError(f"the browser: {error.message}") from error


async def _load_all(page: "Page") -> None:
    """Go up to the first message, as a reader would, and back."""
    transcript = page.get_by_role("log")
    earlier = transcript.get_by_role("button", name="Earlier messages")
    first = transcript.get_by_text(QUESTION).first
    await first.wait_for()
    await transcript.evaluate("log => log.scrollTo(0, 0)")
    while await earlier.count():
        await earlier.click()
        await asyncio.sleep(0.2)
        await transcript.evaluate("log => log.scrollTo(0, 0)")
        await asyncio.sleep(0.2)
    await transcript.evaluate("log => log.scrollTo(0, log.scrollHeight)")
    await asyncio.sleep(SETTLED_SECONDS)


async def _watched(page: "Page", stage: Stage) -> list[Event]:
    """Ask, and trace from the key on until the answers have grown for a while."""
    session = await page.context.new_cdp_session(page)
    events, complete = list[Event](), asyncio.Event()

    def collect(part: dict[str, list[Event]]) -> None:
        events.extend(part["value"])

    def end(_: object) -> None:
        complete.set()

    session.on("Tracing.dataCollected", collect)
    session.on("Tracing.tracingComplete", end)
    await page.get_by_label("Your message").fill(GO)
    stage.say("  tracing the page")
    await session.send("Tracing.start", {"categories": CATEGORIES, "transferMode": "ReportEvents"})
    await page.keyboard.press("Enter")
    await asyncio.sleep(WATCHED_SECONDS)
    await session.send("Tracing.end")
    await asyncio.wait_for(complete.wait(), PATIENCE_SECONDS)
    return events


SCENARIO = Scenario(
    "the page, while ten answers grow below a thousand messages",
    {"full": Size(10, 91)},
    play,
    order=16,
    max_seconds=300.0,
)
