"""Answers side by side, in a real browser: a column for each member, live, for the keyboard and on a phone too."""

import pytest
from playwright.async_api import Browser, Page, expect

from palaver.cli.testing.axe import violations
from palaver.cli.testing.page import Visit, done, numbered, say, visiting
from palaver.cli.testing.stack import PASSWORD, Stack
from palaver.contracts.preferences import Preferences
from palaver.contracts.session import NewParticipant
from palaver.simulator.faults import Script

pytestmark = [pytest.mark.e2e, pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

NAMES = ("Swift", "Sage", "Oak")
SEATS = tuple(NewParticipant(model=f"sim-{name.lower()}", name=name) for name in NAMES)
PLACES = """answers => answers.map((answer) => {
  const {left, top} = answer.getBoundingClientRect()
  return [answer.dataset.speaker, Math.round(left), Math.round(top)]
})"""
GO_UP = """async (log, words) => {
  for (;;) {
    const message = [...log.querySelectorAll('[data-message]')].find((one) => one.innerText.includes(words))
    const {top} = log.getBoundingClientRect()
    if (message) return (log.scrollTop += message.getBoundingClientRect().top - top - 20)
    log.scrollTop -= 200
    await new Promise(requestAnimationFrame)
  }
}"""
"""What is far from the screen is not in the page."""
WATCH = """() => {
  window.changes = 0
  const watch = new MutationObserver((changes) => (window.changes += changes.length))
  for (const answer of document.querySelectorAll('[data-state=done]')) {
    watch.observe(answer, {subtree: true, childList: true, characterData: true, attributes: true})
  }
}"""


def arm(stack: Stack, words: int, pace: float, last: str) -> None:
    """Answers for one round; `last` begins after the others."""
    for name in NAMES:
        script = Script(
            model=f"sim-{name.lower()}",
            text=numbered(name, words),
            first_token_seconds=0.5 if name == last else 0.1,
            tokens_per_second=pace,
        )
        stack.simulator.stage.scripts.arm(script)


async def places(page: Page) -> list[tuple[str, int, int]]:
    """Speaker, left and top of all answers, as the document has them."""
    return [(name, left, top) for name, left, top in await page.locator("[data-turn]").evaluate_all(PLACES)]


async def test_answers_stream_side_by_side_and_those_that_are_done_are_left_alone(stack: Stack, visit: Visit) -> None:
    async with await stack.person() as ada:
        room = (await ada.rest.create_session(SEATS)).id
        await visit.sign_in(stack.url, ada, PASSWORD)
        page = await visit.open(f"/rooms/{room}")
        arm(stack, words=20, pace=1_000, last="Swift")
        await say(page, "First")
        await expect(done(page)).to_have_count(3)
        switch = page.get_by_role("button", name="Side by side")
        await expect(switch).to_have_attribute("aria-pressed", "false")
        await switch.focus()
        await page.keyboard.press("Enter")
        await expect(switch).to_have_attribute("aria-pressed", "true")
        await expect(page.locator("[data-column-head]")).to_have_count(3)
        assert await page.locator("[data-column-head]").evaluate_all(
            "all => all.map((one) => one.dataset.columnHead)"
        ) == [*NAMES]
        assert await violations(page) == []

        await page.evaluate(WATCH)
        arm(stack, words=400, pace=60, last="Swift")
        await say(page, "Second")
        running = page.locator("[data-turn][data-state=running] .prose")
        await expect(running).to_have_count(3)
        seen = (await places(page))[3:]
        assert [name for name, _, _ in seen] == [*NAMES]
        assert [left for _, left, _ in seen] == sorted({left for _, left, _ in seen})
        assert len({top for _, _, top in seen}) == 1
        assert await page.evaluate("window.changes") == 0
        await page.get_by_role("button", name="Stop all").click()
        await expect(done(page)).to_have_count(6)

        await page.reload()
        await expect(switch).to_have_attribute("aria-pressed", "true")
        await expect(done(page)).to_have_count(6)
        assert (await ada.account.settings()).room_view == "columns"
        await switch.click()
        await expect(page.locator("[data-column-head]")).to_have_count(0)
        assert [name for name, _, _ in await places(page)][-1] == "Swift"
    assert visit.complaints == []


async def test_on_a_phone_columns_are_swiped_and_what_was_asked_stays_in_sight(stack: Stack, browser: Browser) -> None:
    async with await stack.person() as ada, visiting(browser, stack.url) as visit:
        room = (await ada.rest.create_session(SEATS)).id
        await ada.account.set_settings(Preferences(language="zh", room_view="columns"))
        await visit.sign_in(stack.url, ada, PASSWORD)
        page = await visit.open(f"/rooms/{room}")
        await page.set_viewport_size({"width": 390, "height": 800})
        arm(stack, words=20, pace=1_000, last="Swift")
        await page.get_by_label("你的消息").fill("你们怎么看")
        await page.keyboard.press("Enter")
        await expect(done(page)).to_have_count(3)
        await expect(page.get_by_role("button", name="并排比较")).to_have_attribute("aria-pressed", "true")
        log = page.get_by_role("log")
        await log.evaluate("log => log.scrollTo({left: log.scrollWidth})")
        await expect(page.get_by_role("article", name="Oak")).to_be_in_viewport(ratio=1)
        await expect(page.get_by_text("你们怎么看")).to_be_in_viewport(ratio=1)
        await expect(page.get_by_role("article", name="Swift")).not_to_be_in_viewport()
        assert await page.evaluate("document.documentElement.scrollWidth") == 390
        await log.focus()
        await page.keyboard.press("ArrowLeft")
        await expect(page.get_by_role("article", name="Sage")).to_be_in_viewport()
        assert visit.complaints == []


async def test_who_reads_in_the_middle_goes_on_reading_there(stack: Stack, visit: Visit) -> None:
    async with await stack.person() as ada:
        room = (await ada.rest.create_session(SEATS)).id
        await visit.sign_in(stack.url, ada, PASSWORD)
    page = await visit.open(f"/rooms/{room}")
    for number in range(1, 4):
        arm(stack, words=150, pace=3_000, last="Swift")
        await say(page, f"Question {number}")
        await expect(page.get_by_text(f"Question {number}")).to_be_visible()
        await expect(page.get_by_text("Swift149")).to_be_visible()
        await expect(page.locator("[data-member] [data-status]")).to_have_text(["Ready"] * 3)
    await page.get_by_role("log").evaluate(GO_UP, "Question 2")
    await expect(page.get_by_role("button", name="Latest")).to_be_visible()
    for _ in range(2):
        await page.get_by_role("button", name="Side by side").click()
        await expect(page.locator("article").filter(has_text="Question 2")).to_be_in_viewport()
    assert visit.complaints == []
