"""Asking members by name, and quoting them, in a real browser."""

import pytest
from playwright.async_api import expect

from palaver.cli.testing.axe import violations
from palaver.cli.testing.page import Visit, done, say
from palaver.cli.testing.stack import PASSWORD, Stack
from palaver.contracts.session import NewParticipant
from palaver.simulator.faults import Script

pytestmark = [pytest.mark.e2e, pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

SEATS = tuple(NewParticipant(model=f"sim-{name.lower()}", name=name) for name in ("Swift", "Sage", "Oak"))


async def test_who_is_asked_by_name_answers_alone(stack: Stack, visit: Visit) -> None:
    async with await stack.person() as ada:
        room = (await ada.rest.create_session(SEATS)).id
        await visit.sign_in(stack.url, ada, PASSWORD)
    page = await visit.open(f"/rooms/{room}")
    field = page.get_by_label("Your message")
    await field.press_sequentially("What about you, @s")
    names = page.get_by_role("listbox", name="Ask by name")
    await expect(names.get_by_role("option")).to_have_text(["Swift", "Sage"])
    assert await violations(page) == []
    await field.press("ArrowDown")
    await expect(names.get_by_role("option", name="Sage")).to_have_attribute("aria-selected", "true")
    await field.press("Enter")
    await expect(field).to_have_value("What about you, @Sage ")
    await expect(names).to_have_count(0)
    await expect(page.get_by_text("Only Sage will answer")).to_be_visible()
    stack.simulator.stage.scripts.arm(Script(model="sim-sage", text="I think so."))
    await field.press("Enter")
    await expect(done(page)).to_have_count(1)
    await expect(page.get_by_role("article", name="Sage")).to_contain_text("I think so.")
    await expect(page.get_by_text("to Sage", exact=True)).to_be_visible()

    await page.get_by_role("article", name="Sage").get_by_role("button", name="Quote").click()
    await expect(field).to_be_focused()
    await expect(field).to_have_value("> I think so.\n\n")
    await field.fill("")
    await say(page, "And all of you?")
    await expect(done(page)).to_have_count(4)
    assert visit.complaints == []
