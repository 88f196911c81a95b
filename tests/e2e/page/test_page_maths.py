"""Formulas in answers, in a real browser: set with fonts of our own, whole or not at all, and money stays money."""

import re

import pytest
from playwright.async_api import Request, expect

from palaver.cli.testing.page import Visit, done, say
from palaver.cli.testing.stack import PASSWORD, Stack
from palaver.contracts.session import NewParticipant
from palaver.simulator.faults import Script

pytestmark = [pytest.mark.e2e, pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

SEAT = (NewParticipant(model="sim-swift", name="Swift"),)
MONEY = "It costs $5 and $6."
LONG = " + ".join(rf"\frac{{a_{n}}}{{b_{n}}}" for n in range(30))
ANSWER = rf"""{MONEY} By \(a_1 * b_2\) and 公式$E=mc^2$:

$$
{LONG}
$$

\[ \fcolorbox{{red}}{{yellow}}{{$\vec{{v}}$}} \]

Nothing: \( \frac{{ \), \(\href{{javascript:alert(1)}}{{x}}\), and `$x$`.
"""


async def test_formulas_are_set_when_they_are_whole(stack: Stack, visit: Visit) -> None:
    async with await stack.person() as ada:
        room = (await ada.rest.create_session(SEAT)).id
        await visit.sign_in(stack.url, ada, PASSWORD)
    page = await visit.open(f"/rooms/{room}")
    asked: list[str] = []

    def note(request: Request) -> None:
        asked.append(request.url)

    page.on("request", note)
    stack.simulator.stage.scripts.arm(Script(model="sim-swift", text=MONEY))
    await say(page, "What does it cost?")
    await expect(done(page)).to_have_count(1)
    assert not [url for url in asked if "Formula-" in url]

    stack.simulator.stage.scripts.arm(Script(model="sim-swift", text=ANSWER, tokens_per_second=60))
    await say(page, "And why?")
    answer = page.get_by_role("article", name="Swift").last
    await expect(answer.locator("[data-formula=text]", has_text=r"\frac{a_3}{b_3} +")).to_be_visible()
    await expect(answer.locator("[data-formula=inline] .katex")).to_have_count(2)
    await expect(done(page)).to_have_count(2)
    await expect(answer.locator("[data-formula=display] .katex-display")).to_have_count(2)
    await expect(answer.locator(".mfrac")).to_have_count(30)
    await expect(answer.locator("[data-formula=inline] .katex")).to_have_count(3)
    await expect(answer.locator("[data-formula=text]").first).to_have_text(r"\frac{")
    await expect(answer.locator("[data-formula] a")).to_have_count(0)
    await expect(answer).to_contain_text(MONEY)
    await expect(answer.locator("code", has_text="$x$")).to_be_visible()
    boxed = answer.locator(".fcolorbox")
    assert await boxed.evaluate("box => getComputedStyle(box).backgroundColor") == "rgb(255, 255, 0)"

    fonts = [url for url in asked if url.endswith(".woff2") and "KaTeX" in url]
    assert fonts
    assert all(re.match(re.escape(stack.url) + "/", url) for url in asked)
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert visit.complaints == []
