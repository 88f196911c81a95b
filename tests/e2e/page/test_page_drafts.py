"""What was begun to be written, in a real browser: kept over reloads, in all tabs, and gone with its writer."""

import pytest
from playwright.async_api import Page, expect

from palaver.cli.testing.page import Visit, eventually, say
from palaver.cli.testing.stack import PASSWORD, Stack
from palaver.contracts.session import NewParticipant

pytestmark = [pytest.mark.e2e, pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

SEAT = (NewParticipant(model="sim-swift", name="Swift"),)
BEGUN = "Half a thought: 3:15, 你好"


async def kept(page: Page) -> list[str]:
    """Where this browser keeps drafts, of whomever."""
    return await page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('palaver.draft.'))")


async def test_what_was_begun_is_kept_for_each_room_until_it_is_sent(stack: Stack, visit: Visit) -> None:
    async with await stack.person() as ada:
        rooms = [(await ada.rest.create_session(SEAT, title=title)).id for title in ("One", "Two")]
        await visit.sign_in(stack.url, ada, PASSWORD)
    page, beside = await visit.open(f"/rooms/{rooms[0]}"), await visit.open(f"/rooms/{rooms[0]}")
    field = page.get_by_label("Your message")
    await field.fill(BEGUN)
    await expect(beside.get_by_label("Your message")).to_have_value(BEGUN)
    await page.get_by_role("link", name="Two").click()
    await expect(page.get_by_role("heading", name="Two")).to_be_visible()
    await expect(field).to_have_value("")
    await field.fill("Another")
    await page.reload()
    await expect(field).to_have_value("Another")
    await page.goto(f"/rooms/{rooms[0]}")
    await expect(field).to_have_value(BEGUN)

    await say(page, "Sent instead")
    await expect(page.locator("[data-message]")).to_have_count(1)
    await expect(beside.get_by_label("Your message")).to_have_value("")
    await page.reload()
    await expect(page.locator("[data-message]")).to_have_count(1)
    await expect(field).to_have_value("")
    assert [key.endswith(rooms[1]) for key in await kept(page)] == [True]
    assert visit.complaints == []


async def test_who_signs_out_leaves_nothing_begun_behind(stack: Stack, visit: Visit) -> None:
    async with await stack.person() as ada, await stack.person() as bo:
        room = (await ada.rest.create_session(SEAT)).id
        other = (await bo.rest.create_session(SEAT)).id
        await visit.sign_in(stack.url, ada, PASSWORD)
        page = await visit.open(f"/rooms/{room}")
        await page.get_by_label("Your message").fill(BEGUN)
        assert len(await kept(page)) == 1
        await page.get_by_role("button", name=ada.rest.signed_in.user.email).click()
        await page.get_by_role("menuitem", name="Sign out").click()
        await expect(page.get_by_role("button", name="Sign in").last).to_be_visible()

        async def nothing() -> bool:
            return await kept(page) == []

        await eventually(nothing)
        await visit.sign_in(stack.url, bo, PASSWORD)
        await page.goto(f"/rooms/{other}")
        await expect(page.get_by_label("Your message")).to_have_value("")
    assert visit.complaints == []
