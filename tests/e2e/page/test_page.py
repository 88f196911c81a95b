"""The page in a real Chromium: served by the real gateway under its real policy, with everything real behind it."""

import asyncio
import re

import pytest
from playwright.async_api import Browser, Page, expect

from palaver.cli.testing.page import (
    PATIENCE_SECONDS,
    TALL,
    Answer,
    Visit,
    all_speak,
    answers,
    done,
    eventually,
    numbered,
    say,
)
from palaver.cli.testing.stack import PASSWORD, Stack
from palaver.client import Palaver
from palaver.contracts.operations import Dependency
from palaver.contracts.session import NewParticipant
from palaver.simulator.faults import Script

pytestmark = [pytest.mark.e2e, pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

NAMES = ("Swift", "Sage", "Oak")
SEATS = tuple(NewParticipant(model=f"sim-{name.lower()}", name=name) for name in NAMES)
OUTAGE_SECONDS = 3.0
BANNERS: dict[Dependency, str] = {"redis": "as usual", "postgres": "Storage is down", "nats": "cannot be passed on"}


# ---- what a person does and sees -------------------------------------------------------------------------------------
async def meters(page: Page) -> dict[str, tuple[int, int]]:
    """Used and maximum by member."""
    found: dict[str, tuple[int, int]] = {}
    for name in NAMES:
        meter = page.get_by_role("meter", name=f"Context of {name}")
        used, maximum = await meter.get_attribute("aria-valuenow"), await meter.get_attribute("aria-valuemax")
        found[name] = int(used or 0), int(maximum or 0)
    return found


async def meters_read(person: Palaver, room: str) -> dict[str, tuple[int, int]]:
    """The same over REST."""
    names = {p.id: p.name for p in (await person.rest.session(room)).participants}
    usage = await person.rest.get(f"/api/v1/chat/context/{room}")
    return {names[p["id"]]: (p["used"], p["maximum"]) for p in usage["participants"]}


async def by_first_token(person: Palaver, room: str) -> list[str]:
    """Who spoke, in the order in which the providers sent their first tokens."""
    items = await person.rest.get(f"/api/v1/messages/session/{room}")
    replies = sorted((i for i in items if i["kind"] == "reply"), key=lambda i: i["reply"]["first_token_at"])
    return [item["turn"]["speaker"] for item in replies]


def arm(stack: Stack, words: int, pace: float, first_token: dict[str, float]) -> dict[str, str]:
    """Long answers for the next round, by speaker."""
    texts = {name: numbered(name, words) for name in first_token}
    for name, seconds in first_token.items():
        model, text = f"sim-{name.lower()}", texts[name]
        stack.simulator.stage.scripts.arm(
            Script(model=model, text=text, first_token_seconds=seconds, tokens_per_second=pace)
        )
    return texts


# ---- the tests -------------------------------------------------------------------------------------------------------
async def test_the_owners_link_signs_in_once_and_a_new_room_opens_its_picker_by_itself(
    stack: Stack, browser: Browser, visit: Visit
):
    link = stack.sign_in.link_to(stack.url)
    page = await visit.open(link)
    await page.get_by_role("button", name="New room").first.click()
    assert stack.sign_in.link.code not in page.url
    picker = page.get_by_role("dialog", name="New room")
    convene = picker.get_by_role("button", name="Open room")
    await expect(picker.get_by_role("checkbox", name="Swift")).to_be_visible()
    await expect(convene).to_be_disabled()
    for name in NAMES:
        await picker.get_by_role("checkbox", name=name).check()
    await convene.click()
    await expect(page).to_have_url(re.compile(r"/rooms/[0-9a-f-]{36}$"))
    await expect(page.locator("[data-member] [data-status]")).to_have_text(["Ready"] * 3)

    await page.get_by_role("button", name="Owner").click()
    await page.get_by_role("menuitemradio", name="中文").click()
    await expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    await expect(page.get_by_label("你的消息")).to_be_visible()
    await page.get_by_role("menuitem", name="退出登录").click()
    await expect(page.get_by_role("button", name="登录").last).to_be_visible()
    assert await visit.context.cookies() == []
    assert visit.complaints == []

    stranger = await browser.new_context(locale="en-GB")
    second = await stranger.new_page()
    await second.goto(link)
    await expect(second.get_by_role("alert")).to_contain_text("no longer works")
    assert await stranger.cookies() == []
    await stranger.close()


async def test_a_first_visit_offers_to_sign_in_and_nothing_complains(visit: Visit):
    page = await visit.open("/")
    await expect(page.get_by_role("button", name="Sign in").last).to_be_visible()
    assert visit.complaints == []


async def test_what_the_policy_refuses_is_a_complaint(visit: Visit):
    """The other tests rely on it."""
    page = await visit.open("/favicon.svg")
    assert visit.complaints == []
    await page.goto("/")
    await page.evaluate("document.body.append(Object.assign(document.createElement('script'), {textContent: '1'}))")

    async def refused() -> bool:
        return any("Content Security Policy" in complaint for complaint in visit.complaints)

    await eventually(refused)


async def test_three_answers_grow_at_once_in_the_order_of_first_tokens_in_every_tab_and_after_a_reload(
    stack: Stack, visit: Visit
):
    texts = arm(stack, words=250, pace=30, first_token={"Sage": 0.1, "Oak": 0.5, "Swift": 0.9})
    async with await stack.person() as ada:
        room = (await ada.rest.create_session(SEATS)).id
        await visit.sign_in(stack.url, ada, PASSWORD)
        page, beside = await asyncio.gather(*(visit.open(f"/rooms/{room}", TALL) for _ in range(2)))
        await expect(beside.get_by_label("Your message")).to_be_visible()
        await say(page, "Go")
        early = await all_speak(page, 80, NAMES)
        later = await all_speak(page, max(len(answer.text) for answer in early) + 80, NAMES)
        order = [answer.speaker for answer in later]

        await page.reload()
        reloaded = await all_speak(page, 80, NAMES)
        assert [answer.speaker for answer in reloaded] == order
        for before, after in zip(later, reloaded, strict=True):
            assert after.text.startswith(before.text)
            assert texts[after.speaker].startswith(after.text)

        whole = [Answer(name, "done", texts[name]) for name in order]
        for tab in (page, beside):
            await expect(done(tab)).to_have_count(3, timeout=PATIENCE_SECONDS * 2_000)
            assert await answers(tab) == whole
            await expect(tab.locator("[data-message]")).to_have_text(re.compile("^Go"))
        await beside.reload()
        await expect(done(beside)).to_have_count(3)
        assert await answers(beside) == whole

        assert order == await by_first_token(ada, room)

        for tab in (page, beside):
            await expect(tab.get_by_role("meter")).to_have_count(len(NAMES))

            async def alike(tab: Page = tab) -> bool:
                return await meters(tab) == await meters_read(ada, room)

            await eventually(alike)
            assert all(0 < used < maximum for used, maximum in (await meters(tab)).values())
    assert visit.complaints == []


async def test_one_member_is_stopped_and_then_all(stack: Stack, visit: Visit):
    texts = arm(stack, words=3_000, pace=100, first_token=dict.fromkeys(NAMES, 0.1))
    async with await stack.person() as ada:
        room = (await ada.rest.create_session(SEATS)).id
        await visit.sign_in(stack.url, ada, PASSWORD)
        page = await visit.open(f"/rooms/{room}", TALL)
        await say(page, "Go")
        await all_speak(page, 40, NAMES)
        sage = page.get_by_role("article", name="Sage")
        await page.get_by_role("button", name="Stop Sage").click()
        await expect(sage).to_have_attribute("data-state", "done")
        await expect(sage).to_contain_text("Stopped")
        others = await all_speak(page, 40, ("Swift", "Oak"))
        await all_speak(page, max(len(answer.text) for answer in others) + 40, ("Swift", "Oak"))
        await page.get_by_role("button", name="Stop all").click()
        await expect(done(page)).to_have_count(3)
        await expect(page.get_by_role("button", name="Stop all")).to_be_hidden()
        await expect(page.locator("[data-member] [data-status]")).to_have_text(["Ready"] * 3)
        for answer in await answers(page):
            assert 40 < len(answer.text) < len(texts[answer.speaker])
            assert texts[answer.speaker].startswith(answer.text)
    assert visit.complaints == []


async def test_a_banner_stands_while_a_part_is_down_and_what_is_said_meanwhile_is_answered_once(
    stack: Stack, visit: Visit
):
    async with await stack.person() as ada:
        room = (await ada.rest.create_session(SEATS)).id
        await visit.sign_in(stack.url, ada, PASSWORD)
        page = await visit.open(f"/rooms/{room}", TALL)
        for number, (dependency, text) in enumerate(BANNERS.items(), start=1):
            banner = page.get_by_role("status").filter(has_text=text)
            async with stack.outage(dependency, OUTAGE_SECONDS):
                await expect(banner).to_be_visible()
                await say(page, f"Can you hear me without {dependency}?")
            await expect(banner).to_be_hidden()
            await expect(done(page)).to_have_count(len(NAMES) * number)
            await expect(page.locator("[data-pending]")).to_have_count(0)
            await expect(page.locator("[data-message]")).to_have_count(number)
    assert visit.complaints == []
