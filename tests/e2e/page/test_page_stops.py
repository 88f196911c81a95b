"""Stopping answers in a real browser: what is asked for is shown until it is done, and said if it cannot be."""

import pytest
from playwright.async_api import Page, expect

from palaver.cli.testing.page import (
    PATIENCE_SECONDS,
    TALL,
    Visit,
    all_speak,
    answers,
    done,
    numbered,
    say,
)
from palaver.cli.testing.stack import PASSWORD, Stack
from palaver.contracts.session import NewParticipant
from palaver.simulator.faults import Script

pytestmark = [pytest.mark.e2e, pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

NAMES = ("Swift", "Sage", "Oak")
SEATS = tuple(NewParticipant(model=f"sim-{name.lower()}", name=name) for name in NAMES)
SHORT, LONG = 160, 3_000
"""Words: some ten seconds, so that nobody has ended before all speak, and longer than any test."""
OUTAGE_SECONDS = 4.0


async def speaking(stack: Stack, visit: Visit, words: dict[str, int]) -> Page:
    """A room in which all three have begun to answer, each with so many words."""
    for name, count in words.items():
        script = Script(
            model=f"sim-{name.lower()}", text=numbered(name, count), first_token_seconds=0.1, tokens_per_second=20
        )
        stack.simulator.stage.scripts.arm(script)
    async with await stack.person() as ada:
        room = (await ada.rest.create_session(SEATS)).id
        await visit.sign_in(stack.url, ada, PASSWORD)
    page = await visit.open(f"/rooms/{room}", TALL)
    await say(page, "Go")
    await all_speak(page, 20, NAMES)
    return page


async def test_a_stop_button_stays_under_the_pointer_while_answers_grow_and_end(stack: Stack, visit: Visit):
    page = await speaking(stack, visit, {"Swift": SHORT, "Sage": SHORT, "Oak": LONG})
    button = page.get_by_role("button", name="Stop Oak")
    box = await button.bounding_box()
    assert box is not None
    await expect(done(page)).to_have_count(2, timeout=PATIENCE_SECONDS * 2_000)
    for name in ("Swift", "Sage"):
        await expect(page.get_by_role("button", name=f"{name} has answered")).to_be_disabled()
    assert await button.bounding_box() == box
    await page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    await expect(done(page)).to_have_count(3)
    said = {answer.speaker: len(answer.text) for answer in await answers(page)}
    assert said["Swift"] == len(numbered("Swift", SHORT))
    assert said["Oak"] < len(numbered("Oak", LONG))
    await expect(page.get_by_role("list", name="Answering now")).to_have_count(0)
    assert visit.complaints == []


async def test_a_stop_that_was_taken_is_shown_until_it_is_done(stack: Stack, visit: Visit):
    page = await speaking(stack, visit, dict.fromkeys(NAMES, LONG))
    (session,) = stack.replicas["session"]
    await session.leave()
    await page.get_by_role("button", name="Stop Sage").click()
    sage = page.locator("[data-member=Sage] [data-status]")
    await expect(sage).to_have_text("Stopping…")
    await expect(page.get_by_role("article", name="Sage")).to_contain_text("Stopping…")
    await expect(page.get_by_role("button", name="Sage is being stopped")).to_be_disabled()
    await page.get_by_role("button", name="Stop all").click()
    await expect(page.get_by_role("button", name="Stopping…")).to_be_disabled()
    await expect(page.locator("[data-member] [data-status]")).to_have_text(["Stopping…"] * 3)
    stack.replicas["session"].remove(session)
    await stack.add("session")
    await expect(done(page)).to_have_count(3)
    await expect(page.locator("[data-member] [data-status]")).to_have_text(["Ready"] * 3)
    await expect(page.get_by_role("button", name="Stop")).to_have_count(0)
    assert visit.complaints == []


async def test_a_stop_that_cannot_be_taken_says_so_and_can_be_asked_for_again(stack: Stack, visit: Visit):
    page = await speaking(stack, visit, dict.fromkeys(NAMES, LONG))
    async with stack.outage("nats", OUTAGE_SECONDS):
        await expect(page.get_by_role("status").filter(has_text="cannot be passed on")).to_be_visible()
        await page.get_by_role("button", name="Stop all").click()
        await expect(page.get_by_role("status").filter(has_text="Not stopped.")).to_be_visible()
        await expect(page.get_by_role("button", name="Stop all")).to_be_enabled()
    await expect(page.get_by_role("status").filter(has_text="cannot be passed on")).to_be_hidden()
    await page.get_by_role("button", name="Stop all").click()
    await expect(done(page)).to_have_count(3)
    assert [complaint for complaint in visit.complaints if "503" not in complaint] == []  # what was asked meanwhile
