"""The list of rooms in a real browser: found, put away, deleted and taken back, and kept as a file."""

import asyncio
import json
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from palaver.cli.testing.axe import violations
from palaver.cli.testing.page import Visit, done, say, visiting
from palaver.cli.testing.stack import PASSWORD, Stack
from palaver.contracts.session import NewParticipant
from palaver.simulator.faults import Script

pytestmark = [pytest.mark.e2e, pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]


async def room(stack: Stack, visit: Visit) -> Page:
    """A room with one question and one answer."""
    async with await stack.person() as ada:
        seat = NewParticipant(model="sim-swift", name="Swift")
        opened = (await ada.rest.create_session((seat,), title="Plans: 1/2")).id
        await visit.sign_in(stack.url, ada, PASSWORD)
    page = await visit.open(f"/rooms/{opened}")
    stack.simulator.stage.scripts.arm(Script(model="sim-swift", text="Yes, **surely**."))
    await say(page, "Shall we?")
    await expect(done(page)).to_have_count(1)
    return page


async def choose(page: Page, action: str) -> None:
    await page.get_by_role("button", name="Actions for Plans: 1/2").click()
    await page.get_by_role("menuitem", name=action).click()


async def exported(page: Page, action: str) -> tuple[str, str]:
    """The file's name and text."""
    async with page.expect_download() as download:
        await choose(page, action)
    file = await download.value
    return file.suggested_filename, await asyncio.to_thread(Path(await file.path()).read_text, "utf-8")


async def test_a_room_is_put_away_and_taken_back(stack: Stack, visit: Visit) -> None:
    page = await room(stack, visit)
    await choose(page, "Archive")
    await expect(page.get_by_text("This room is archived")).to_be_visible()
    await expect(page.get_by_label("Your message")).to_have_count(0)
    await page.reload()
    await expect(page.locator("details summary")).to_have_text("Archived")
    await expect(page.get_by_text("This room is archived")).to_be_visible()
    assert await violations(page) == []
    await page.get_by_role("button", name="Take out of the archive").click()
    await expect(page.get_by_label("Your message")).to_be_visible()
    await expect(page.locator("details")).to_have_count(0)
    assert visit.complaints == []


async def test_a_room_is_kept_as_a_file(stack: Stack, visit: Visit) -> None:
    page = await room(stack, visit)
    name, text = await exported(page, "Export as Markdown")
    assert name == "Plans 1 2.md"
    assert text == "# Plans: 1/2\n\n## You\n\nShall we?\n\n## Swift (sim-swift)\n\nYes, **surely**.\n"
    name, text = await exported(page, "Export as JSON")
    assert name == "Plans 1 2.json"
    kept = json.loads(text)
    assert [item["kind"] for item in kept["messages"]] == ["user", "reply"]
    assert kept["messages"][1]["reply"]["usage"]["tokens_output"] > 0
    assert visit.complaints == []


WORDS = {
    "en-GB": ("Actions for {}", "Delete", "“{}” was deleted.", "Undo", "Recently deleted", "Restore {}", "Find a room"),
    "zh-CN": ("“{}”的操作", "删除", "已删除“{}”。", "撤销", "最近删除", "恢复“{}”", "查找房间"),
}


@pytest.mark.parametrize("language", WORDS)
async def test_a_deleted_room_is_taken_back_on_every_device(stack: Stack, browser: Browser, language: str) -> None:
    actions, delete, told, undo, deleted, restore, search = WORDS[language]
    async with await stack.person() as ada, visiting(browser, stack.url, language) as visit:
        seat = NewParticipant(model="sim-swift", name="Swift")
        plans, *_ = [(await ada.rest.create_session((seat,), title=f"Plan {n}")).id for n in range(6)]
        await visit.sign_in(stack.url, ada, PASSWORD)
        page, other = await visit.open("/"), await visit.open(f"/rooms/{plans}")
        row = page.get_by_role("link", name="Plan 0")
        await expect(other.get_by_role("textbox")).to_be_visible()
        await page.get_by_role("searchbox", name=search).fill("plan 0")
        await expect(page.get_by_role("link", name="Plan")).to_have_count(1)
        await page.get_by_role("button", name=actions.format("Plan 0")).click()
        await page.get_by_role("menuitem", name=delete).click()
        await expect(page.get_by_text(told.format("Plan 0"))).to_be_visible()
        await expect(row).to_have_count(0)
        await expect(other.get_by_role("link", name="Plan 0")).to_have_count(0)
        await page.get_by_role("button", name=undo).click()
        await expect(row).to_be_visible()
        await expect(other.get_by_role("link", name="Plan 0")).to_be_visible()
        await expect(other.get_by_role("heading", name="Plan 0")).to_be_visible()

        await ada.rest.delete_session(plans)  # by a third device, which has no page
        await expect(row).to_have_count(0)
        await page.get_by_role("button", name=deleted).click()
        assert await violations(page) == []
        await page.get_by_role("button", name=restore.format("Plan 0")).click()
        await expect(page.get_by_role("button", name=restore.format("Plan 0"))).to_have_count(0)
        await page.keyboard.press("Escape")
        await expect(row).to_be_visible()
        await expect(other.get_by_role("heading", name="Plan 0")).to_be_visible()
        assert visit.complaints == []


async def test_the_menu_of_a_room_speaks_chinese(stack: Stack, browser: Browser) -> None:
    async with visiting(browser, stack.url, "zh-CN") as visit:
        page = await visit.open("/")
        async with await stack.person() as ada:
            await visit.sign_in(stack.url, ada, PASSWORD)
            await page.reload()
            await expect(page.get_by_text("你的房间会显示在这里。")).to_be_visible()
            seat = NewParticipant(model="sim-swift", name="Swift")
            await ada.rest.create_session((seat,), title="Plans")
        await page.get_by_role("button", name="“Plans”的操作").click()
        await page.get_by_role("menuitem", name="重命名").click()
        await page.get_by_label("房间名称").fill("计划")
        await page.get_by_role("button", name="保存").click()
        await expect(page.get_by_role("link", name="计划")).to_be_visible()
        for action, name in (("导出为 Markdown", "计划.md"), ("导出为 JSON", "计划.json")):
            await page.get_by_role("button", name="“计划”的操作").click()
            async with page.expect_download() as download:
                await page.get_by_role("menuitem", name=action).click()
            assert (await download.value).suggested_filename == name
        await page.get_by_role("button", name="“计划”的操作").click()
        await page.get_by_role("menuitem", name="归档").click()
        await expect(page.locator("details summary")).to_have_text("已归档")
        assert await violations(page) == []
        await page.locator("details summary").click()
        await page.get_by_role("button", name="“计划”的操作").click()
        await page.get_by_role("menuitem", name="取消归档").click()
        await expect(page.locator("details")).to_have_count(0)
        assert [one for one in visit.complaints if "401" not in one] == []
