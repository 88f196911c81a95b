"""The keyboard, in a real browser: shortcuts wherever one is, and none for whoever composes Chinese or writes."""

import pytest
from playwright.async_api import Page, expect

from palaver.cli.testing.axe import violations
from palaver.cli.testing.page import Visit, done, numbered
from palaver.cli.testing.stack import PASSWORD, Stack
from palaver.contracts.preferences import Preferences
from palaver.contracts.session import NewParticipant
from palaver.simulator.faults import Script

pytestmark = [pytest.mark.e2e, pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

SEAT = (NewParticipant(model="sim-swift", name="Swift"),)


async def compose(page: Page, text: str) -> None:
    """As an input method does: characters that are not decided yet."""
    devtools = await page.context.new_cdp_session(page)
    await devtools.send(
        "Input.imeSetComposition", {"text": text, "selectionStart": len(text), "selectionEnd": len(text)}
    )
    await devtools.detach()


async def test_the_keyboard_alone_goes_through_rooms_and_runs_one(stack: Stack, visit: Visit) -> None:
    async with await stack.person() as ada:
        older, newer = [(await ada.rest.create_session(SEAT, title=title)).id for title in ("Older", "Newer")]
        await visit.sign_in(stack.url, ada, PASSWORD)
    page = await visit.open("/")
    await expect(page.get_by_role("link", name="Newer")).to_be_visible()
    await page.keyboard.press("?")
    listed = page.get_by_role("dialog", name="Keyboard shortcuts")
    await expect(listed.get_by_text("Jump to the latest")).to_be_visible()
    assert await violations(page) == []
    await page.keyboard.press("Control+k")
    await page.keyboard.press("Escape")
    await expect(listed).to_have_count(0)

    await page.keyboard.press("Alt+ArrowDown")
    await expect(page).to_have_url(f"{stack.url}/rooms/{newer}")
    await page.keyboard.press("Alt+ArrowDown")
    await expect(page).to_have_url(f"{stack.url}/rooms/{older}")
    await page.keyboard.press("Alt+ArrowUp")
    await expect(page).to_have_url(f"{stack.url}/rooms/{newer}")
    field = page.get_by_label("Your message")
    await expect(field).to_be_visible()
    await page.keyboard.press("Control+j")
    await expect(field).to_be_focused()
    await page.keyboard.type("why? o k")
    await expect(field).to_have_value("why? o k")
    stack.simulator.stage.scripts.arm(Script(model="sim-swift", text=numbered("Swift", 500)))
    await page.keyboard.press("Enter")
    await expect(done(page)).to_have_count(1)
    stack.simulator.stage.scripts.arm(Script(model="sim-swift", text=numbered("Oak", 2_000), tokens_per_second=50))
    await page.keyboard.type("and?")
    await page.keyboard.press("Enter")
    await expect(page.locator("[data-state=running]")).to_contain_text("Oak2")
    log = page.get_by_role("log")
    await log.evaluate("log => log.scrollTo({top: 0})")
    await expect(page.get_by_role("button", name="Latest")).to_be_visible()
    await page.keyboard.press("Control+Shift+L")
    await expect(page.get_by_role("button", name="Latest")).to_have_count(0)
    await page.keyboard.press("Control+Shift+X")
    await expect(page.get_by_text("Stopped", exact=True)).to_be_visible()
    await page.keyboard.press("Control+Shift+Y")
    await expect(page.get_by_role("button", name="Side by side")).to_have_attribute("aria-pressed", "true")
    await page.keyboard.press("Control+k")
    await expect(page.get_by_role("link", name="Newer")).to_be_focused()
    await page.keyboard.press("Control+Shift+O")
    await expect(page.get_by_role("dialog", name="New room")).to_be_visible()
    assert visit.complaints == []


async def test_enter_and_shortcuts_belong_to_the_input_method_while_it_composes(stack: Stack, visit: Visit) -> None:
    async with await stack.person() as ada:
        room = (await ada.rest.create_session(SEAT)).id
        await ada.account.set_settings(Preferences(language="zh"))
        await visit.sign_in(stack.url, ada, PASSWORD)
    page = await visit.open(f"/rooms/{room}")
    field = page.get_by_label("你的消息")
    await field.focus()
    await compose(page, "nihao")
    await page.keyboard.press("Enter")
    await page.keyboard.press("Control+k")
    await expect(field).to_be_focused()
    await expect(page.locator("[data-message], [data-pending]")).to_have_count(0)
    await field.fill("")
    await page.keyboard.insert_text("你好")
    await page.keyboard.press("Enter")
    await expect(page.locator("[data-message]")).to_contain_text("你好")
    await expect(page.locator("[data-message]")).to_have_count(1)

    await page.keyboard.press("Control+/")
    listed = page.get_by_role("dialog", name="键盘快捷键")
    await listed.get_by_role("checkbox", name="在此设备上使用这些快捷键").uncheck()
    await page.keyboard.press("Escape")
    await page.keyboard.press("Control+/")
    await expect(listed).to_have_count(0)
    await page.get_by_role("button", name="Ada").click()
    await page.get_by_role("menuitem", name="键盘快捷键").click()
    await expect(listed).to_be_visible()
    assert visit.complaints == []
