"""Other versions of an answer in a real browser: asked for, gone through, rated, and asked for after a failure."""

import pytest
from playwright.async_api import Page, expect

from palaver.cli.testing.axe import violations
from palaver.cli.testing.page import Visit, done, say
from palaver.cli.testing.stack import PASSWORD, Stack
from palaver.contracts.session import NewParticipant
from palaver.simulator.faults import Fault, Script

pytestmark = [pytest.mark.e2e, pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]


async def room(stack: Stack, visit: Visit) -> tuple[Page, str]:
    """A room of one model, just opened."""
    async with await stack.person() as ada:
        opened = (await ada.rest.create_session((NewParticipant(model="sim-swift", name="Swift"),))).id
        await visit.sign_in(stack.url, ada, PASSWORD)
    return await visit.open(f"/rooms/{opened}"), opened


def will_say(stack: Stack, text: str) -> None:
    stack.simulator.stage.scripts.arm(Script(model="sim-swift", text=text))


async def test_versions_are_gone_through_and_rated_and_a_reload_shows_the_same(stack: Stack, visit: Visit) -> None:
    page, opened = await room(stack, visit)
    answer = page.get_by_role("article", name="Swift")
    will_say(stack, "The first words.")
    await say(page, "Go")
    await expect(answer).to_contain_text("The first words.")
    will_say(stack, "Quite other words.")
    await answer.get_by_role("button", name="Another version").click()
    await expect(answer).to_contain_text("Quite other words.")
    versions = answer.get_by_role("group", name="Version 2 of 2")
    await expect(versions).to_be_visible()
    await expect(versions.get_by_role("button", name="Newer version")).to_be_disabled()
    await versions.get_by_role("button", name="Older version").click()
    await expect(answer).to_contain_text("The first words.")
    await expect(answer).not_to_contain_text("Quite other words.")
    await answer.get_by_role("button", name="Good answer").click()
    await expect(answer.get_by_role("button", name="Good answer")).to_have_attribute("aria-pressed", "true")

    page = await visit.open(f"/rooms/{opened}")
    answer = page.get_by_role("article", name="Swift")
    await expect(answer).to_contain_text("The first words.")
    await expect(answer.get_by_role("button", name="Good answer")).to_have_attribute("aria-pressed", "true")
    await answer.get_by_role("group", name="Version 1 of 2").get_by_role("button", name="Newer version").click()
    await expect(answer).to_contain_text("Quite other words.")
    await expect(answer.get_by_role("button", name="Good answer")).to_have_attribute("aria-pressed", "false")
    assert await violations(page) == []
    assert visit.complaints == []


async def test_an_answer_that_failed_is_asked_for_again_in_its_place(stack: Stack, visit: Visit) -> None:
    page, _ = await room(stack, visit)
    stack.simulator.stage.faults.arm(Fault(kind="bad_request", model="sim-swift"))
    await say(page, "Go")
    failed = page.locator("[data-state=failed]")
    await expect(failed).to_have_count(1)
    will_say(stack, "Now it goes.")
    await failed.get_by_role("button", name="Try again").click()
    await expect(page.get_by_role("article", name="Swift")).to_contain_text("Now it goes.")
    await expect(failed).to_have_count(0)
    await expect(done(page)).to_have_count(1)
    await expect(page.locator("[data-member=Swift] [data-status]")).to_have_text("Ready")
