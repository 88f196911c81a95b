"""A room is shared by link on the page, and read by somebody without an account, in a browser of their own."""

import pytest
from playwright.async_api import Browser, Page, Request, expect

from palaver.cli.testing.axe import violations
from palaver.cli.testing.page import Visit, visiting
from palaver.cli.testing.stack import PASSWORD, Stack
from palaver.cli.testing.witness import rounds_ended, until
from palaver.contracts.session import NewParticipant
from palaver.simulator.faults import Script

pytestmark = [pytest.mark.e2e, pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

WORDS = {
    "en-GB": {
        "actions": "Actions for Plans",
        "share": "Share by link",
        "prompts": "Show the system prompts, too",
        "make": "Make a link",
        "link": "Link",
        "back": "Take back the link",
        "shown": "System prompts",
        "person": "Person",
        "gone": "This link shows nothing",
    },
    "zh-CN": {
        "actions": "“Plans”的操作",
        "share": "通过链接分享",
        "prompts": "同时显示系统提示词",
        "make": "生成链接",
        "link": "链接",
        "back": "收回创建于",
        "shown": "系统提示词",
        "person": "提问者",
        "gone": "此链接没有内容",
    },
}


async def shared_link(page: Page, words: dict[str, str], *, prompts: bool) -> str:
    """Made in the room's menu."""
    await page.get_by_role("button", name=words["actions"]).click()
    await page.get_by_role("menuitem", name=words["share"]).click()
    if prompts:
        await page.get_by_label(words["prompts"]).check()
    await page.get_by_role("button", name=words["make"]).click()
    field = page.get_by_label(words["link"], exact=True)
    await expect(field).to_be_visible()
    assert await violations(page) == []
    return await field.input_value()


@pytest.mark.parametrize("language", WORDS)
async def test_whoever_has_a_link_reads_the_room_as_it_was(stack: Stack, browser: Browser, language: str) -> None:
    words = WORDS[language]
    async with (
        await stack.person() as ada,
        visiting(browser, stack.url, language) as visit,
        visiting(browser, stack.url, language) as elsewhere,
    ):
        seat = NewParticipant(model="sim-swift", name="Swift", color="#7a3db8")
        view = await ada.rest.create_session((seat,), title="Plans", system_prompt="Be brief.")
        room = await ada.room(view)
        stack.simulator.stage.scripts.arm(Script(model="sim-swift", text="Yes, **surely**."))
        await room.post("Shall we?")
        await until(room, rounds_ended(1))
        await visit.sign_in(stack.url, ada, PASSWORD)
        page = await visit.open("/")
        plain = await shared_link(page, words, prompts=False)
        await page.keyboard.press("Escape")
        telling = await shared_link(page, words, prompts=True)
        await room.post("And what nobody else shall know?")
        await until(room, rounds_ended(2))

        reader = await read(elsewhere, plain)
        await expect(reader.get_by_role("heading", name="Plans")).to_be_visible()
        await expect(reader.get_by_role("article", name="Swift").locator("strong")).to_have_text("surely")
        await expect(reader.get_by_role("article", name=words["person"])).to_contain_text("Shall we?")
        await expect(reader.get_by_text("nobody else shall know")).to_have_count(0)
        await expect(reader.get_by_text("Be brief.")).to_have_count(0)
        assert await violations(reader) == []
        told = await read(elsewhere, telling)
        await told.get_by_text(words["shown"]).click()
        await expect(told.get_by_text("Be brief.")).to_be_visible()

        await page.get_by_role("button", name=words["back"]).last.click()  # the oldest: the plain one
        await expect(page.get_by_role("button", name=words["back"])).to_have_count(1)
        await reader.reload()
        await expect(reader.get_by_role("heading", name=words["gone"])).to_be_visible()
        await told.reload()
        await expect(told.get_by_role("heading", name="Plans")).to_be_visible()
        assert visit.complaints == []
        assert [one for one in elsewhere.complaints if "404" not in one] == []


async def read(elsewhere: Visit, link: str) -> Page:
    """Opened by somebody whom nobody knows: no address that is asked for says the token, and none of an account is."""
    asked: list[Request] = []
    page = await elsewhere.context.new_page()
    page.on("request", lambda one: asked.append(one))  # noqa: PLW0108 - it cannot take a built-in
    answer = await page.goto(link)
    assert answer is not None
    assert answer.headers["x-robots-tag"] == "noindex, nofollow"
    assert answer.headers["referrer-policy"] == "no-referrer"
    await expect(page.get_by_role("article").first).to_be_visible()
    token = link.rpartition("#")[2]
    assert len(token) == 43
    assert [one.url for one in asked if token in one.url.partition("#")[0]] == []
    assert [one.url for one in asked if "/api/" in one.url] == [f"{link.partition('/shared')[0]}/api/v1/shared"]
    return page
