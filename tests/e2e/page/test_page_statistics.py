"""What rooms used, in a real browser: the figures are those of the server, drawn by day and by model."""

import asyncio
from decimal import Decimal

import pytest
from playwright.async_api import expect

from palaver.cli.testing.axe import violations
from palaver.cli.testing.page import Visit
from palaver.cli.testing.stack import PASSWORD, Stack
from palaver.contracts.session import NewParticipant

pytestmark = [pytest.mark.e2e, pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

SEATS = (NewParticipant(model="sim-swift", name="Swift"), NewParticipant(model="sim-sage", name="Sage"))
HEADINGS = {"en": ("Statistics", "By day", "By model"), "zh": ("统计", "按日", "按模型")}


@pytest.mark.parametrize("language", ["en", "zh"])
async def test_what_was_used_is_drawn_by_day_and_by_model(stack: Stack, visit: Visit, language: str) -> None:
    async with await stack.person() as ada:
        opened = await ada.rest.create_session(SEATS)
        await (await ada.room(opened)).post("Well?")
        overview = await ada.rest.get("/api/v1/stats/overview")
        for _ in range(300):
            if overview["requests"] == len(SEATS):
                break
            await asyncio.sleep(0.05)
            overview = await ada.rest.get("/api/v1/stats/overview")
        await ada.rest.call("PUT", "/api/v1/users/me/settings", {"language": language})
        await visit.sign_in(stack.url, ada, PASSWORD)
    title, by_day, by_model = HEADINGS[language]
    page = await visit.open("/statistics")
    await expect(page.get_by_role("heading", name=title, level=1)).to_be_visible()
    await expect(page.get_by_role("heading", name=by_day)).to_be_visible()
    await expect(page.get_by_role("heading", name=by_model)).to_be_visible()
    rows = page.get_by_role("row")
    await expect(rows).to_have_count(1 + len(SEATS))
    assert {share["model_id"] for share in overview["models"]} == {"sim-swift", "sim-sage"}
    for share in overview["models"]:
        await expect(page.get_by_role("rowheader", name=share["model_id"])).to_be_visible()
    await expect(page.locator("dd").first).to_contain_text("$")
    assert Decimal(overview["cost"]) > 0
    await expect(page.locator("figure .recharts-bar-rectangle path").first).to_be_visible()
    await page.locator("label", has_text="30").click()
    await expect(page.locator("figure .recharts-bar-rectangle path").first).to_be_visible()
    assert await violations(page) == []
    assert visit.complaints == []
