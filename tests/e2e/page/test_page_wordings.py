"""A message said in other words, in a real browser, in English and Chinese: what followed each can be seen again."""

import re

import pytest
from playwright.async_api import Page, expect

from palaver.cli.testing.axe import violations
from palaver.cli.testing.page import Visit
from palaver.cli.testing.stack import PASSWORD, Stack
from palaver.contracts.session import NewParticipant
from palaver.simulator.faults import Script

pytestmark = [pytest.mark.e2e, pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

WORDS = {
    "en": {"edit": "Edit", "field": "Your message in other words", "send": "Send", "older": "Earlier wording"},
    "zh": {"edit": "编辑", "field": "修改后的消息", "send": "发送", "older": "上一种说法"},
}
TURNS = {"en": ("Wording 2 of 2", "Wording 1 of 2"), "zh": ("第 2 种说法", "第 1 种说法")}


async def ask(stack: Stack, page: Page, question: str, answer: str) -> None:
    stack.simulator.stage.scripts.arm(Script(model="sim-swift", text=answer))
    composer = page.locator("textarea")
    await composer.fill(question)
    await composer.press("Enter")
    await expect(page.get_by_role("log")).to_contain_text(answer)


@pytest.mark.parametrize("language", ["en", "zh"])
async def test_what_followed_the_first_words_is_kept_and_shown_again(stack: Stack, visit: Visit, language: str) -> None:
    words, (second, first) = WORDS[language], TURNS[language]
    async with await stack.person() as ada:
        room = (await ada.rest.create_session((NewParticipant(model="sim-swift", name="Swift"),))).id
        await ada.rest.call("PUT", "/api/v1/users/me/settings", {"language": language})
        await visit.sign_in(stack.url, ada, PASSWORD)
    page = await visit.open(f"/rooms/{room}")
    await expect(page.locator("html")).to_have_attribute("lang", re.compile(f"^{language}"))
    transcript = page.get_by_role("log")
    await ask(stack, page, "First question", "First answer.")
    await ask(stack, page, "Second question", "Second answer.")
    await ask(stack, page, "Third question", "Third answer.")

    asked = page.locator("[data-message]").nth(1)
    await asked.get_by_role("button", name=words["edit"], exact=True).click()
    field = page.get_by_role("textbox", name=words["field"])
    await expect(field).to_be_focused()
    await expect(field).to_have_value("Second question")
    await field.press("Escape")
    await expect(field).to_have_count(0)
    await asked.get_by_role("button", name=words["edit"], exact=True).click()
    await field.fill("Second question, better put")
    stack.simulator.stage.scripts.arm(Script(model="sim-swift", text="A better answer."))
    assert await violations(page) == []
    await asked.get_by_role("button", name=words["send"], exact=True).click()
    await expect(transcript).to_contain_text("A better answer.")
    await expect(transcript).to_contain_text("First answer.")
    await expect(transcript).not_to_contain_text("Second answer.")
    await expect(transcript).not_to_contain_text("Third question")
    sent = stack.simulator.stage.recorder.records()[-1]
    assert "Third question" not in str(sent.body)  # the model does not see it either
    assert "Second question, better put" in str(sent.body)

    await page.get_by_role("group", name=second).get_by_role("button", name=words["older"]).click()
    await expect(transcript).to_contain_text("Third answer.")
    await expect(transcript).not_to_contain_text("A better answer.")
    await expect(page.get_by_role("group", name=first)).to_be_visible()
    page = await visit.open(f"/rooms/{room}")
    await expect(page.get_by_role("log")).to_contain_text("Third answer.")
    await expect(page.get_by_role("group", name=first)).to_be_visible()
    assert await violations(page) == []
    assert visit.complaints == []
