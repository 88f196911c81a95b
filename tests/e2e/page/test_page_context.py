"""What a person sees of the models' windows: how full each is, and what a member no longer sees."""

import pytest
from playwright.async_api import Locator, Page, expect

from palaver.cli.testing.page import Visit, done, eventually, say
from palaver.cli.testing.stack import PASSWORD, Stack
from palaver.contracts.session import NewParticipant

pytestmark = [pytest.mark.e2e, pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

SMALL, LARGE = "Moth", "Sage"
SEATS = (NewParticipant(model="sim-moth", name=SMALL), NewParticipant(model="sim-sage", name=LARGE))
ROUNDS = 8
FAR_ROUNDS = 20
"""More than the newest page, which is what a room opens with."""
LONG_ROUNDS = 20
"""Some ten thousand tokens: less than one window holds, and more than another."""
WORDS = " ".join(f"word{number}" for number in range(120))
"""Some four hundred tokens: the small window holds a few of them, the large one all."""
SHAPE = {"overrides": {"context": {"summaries": False}}}
"""So that what falls out of a window is gone from it."""


async def fill(meter: Locator) -> str:
    """How full the meter says that it is, which must be what its numbers say, at any moment."""
    said, used, maximum = await meter.evaluate(
        "meter => [meter.dataset.fill, Number(meter.ariaValueNow), Number(meter.ariaValueMax)]"
    )
    share = used / maximum
    assert said == ("red" if share > 0.8 else "amber" if share > 0.6 else "ok")
    return said


def answers_to(page: Page, message: str) -> Locator:
    """The answers that ended below it, as far as they are near the screen."""
    return page.locator(
        f"xpath=//article[@data-message][contains(., '{message}')]/following::article[@data-state='done']"
    )


async def test_a_small_window_shows_what_it_no_longer_sees_as_it_happens_and_leads_there(stack: Stack, visit: Visit):
    async with await stack.person() as ada:
        room = (await ada.rest.create_session(SEATS)).id
        await visit.sign_in(stack.url, ada, PASSWORD)
        page = await visit.open(f"/rooms/{room}")
        moth = page.locator(f"[data-member={SMALL}]")
        await say(page, "Message 0")
        await expect(moth.get_by_role("button", name="Context of Moth in detail")).to_be_visible()
        await expect(moth.get_by_text("no longer seen")).to_have_count(0)
        await expect(moth.get_by_role("meter")).to_have_attribute("data-fill", "ok")
        await expect(done(page)).to_have_count(2)

        fills = set[str]()
        for number in range(1, ROUNDS + 1):
            await say(page, f"Message {number}: {WORDS}")
            await expect(answers_to(page, f"Message {number}")).to_have_count(2)
            fills.add(await fill(moth.get_by_role("meter")))

        assert {"ok", "amber"} <= fills
        unseen = moth.get_by_role("button", name="no longer seen")
        await expect(unseen).to_be_visible()
        await expect(page.locator(f"[data-member={LARGE}]").get_by_text("no longer seen")).to_have_count(0)

        async def listed() -> tuple[int, str]:
            usage = await ada.rest.get(f"/api/v1/chat/context/{room}")
            small = max(usage["participants"], key=lambda meter: meter["left_out"])
            return small["left_out"], small["unseen"][-1]

        count, last = await listed()
        await expect(unseen).to_have_text(f"{count} messages no longer seen")
        await unseen.click()
        dialog = page.get_by_role("dialog", name="Context of Moth")
        entries = dialog.get_by_role("list", name="No longer seen").get_by_role("button")
        await entries.first.click()
        edge = page.locator(f"[data-message='{last}'] + [data-window-edge], [data-reply='{last}'] + [data-window-edge]")
        await expect(edge).to_have_text("Moth no longer sees what is above")

        await unseen.click()
        await expect(entries).to_have_count(count)
        await expect(entries.last).to_contain_text("Message 0")
        await expect(dialog.get_by_role("definition").nth(1)).to_have_text("3,072")

        await ada.rest.call("POST", "/api/v1/messages", {"session_id": room, "content": f"From elsewhere: {WORDS}"})

        async def more() -> bool:
            later, _ = await listed()
            return later > count and await entries.count() == later

        await eventually(more)

        await entries.last.click()
        await expect(dialog).to_be_hidden()
        first = page.locator("[data-message]", has_text="Message 0")
        await expect(first).to_be_focused()
        await expect(first).to_be_in_viewport()
        await first.get_by_role("button", name="Pin").click()

        async def kept() -> bool:
            usage = await ada.rest.get(f"/api/v1/chat/context/{room}")
            return await first.get_attribute("data-message") not in {
                m for p in usage["participants"] for m in p["unseen"]
            }

        await eventually(kept)
        await unseen.click()
        await expect(dialog.get_by_text("Message 0", exact=True)).to_have_count(0)
        await page.keyboard.press("Escape")
        later, _ = await listed()

        await page.get_by_role("button", name="Latest").click()
        await expect(first).to_have_count(0)

        await page.get_by_role("button", name="Ada").click()
        await page.get_by_role("menuitemradio", name="中文").click()
        await page.keyboard.press("Escape")
        await expect(unseen).to_have_count(0)
        await moth.get_by_role("button", name=f"{later} 条消息已看不到").click()
        dialog = page.get_by_role("dialog", name="Moth 的上下文")
        await expect(dialog).to_contain_text("已看不到的消息")
        await dialog.get_by_role("list", name="已看不到的消息").get_by_role("button").first.click()
        await expect(page.locator("[data-window-edge]")).to_have_text("Moth 已看不到以上内容")
    assert visit.complaints == []


async def test_a_message_is_pinned_found_again_from_afar_and_unpinned_in_every_tab(stack: Stack, visit: Visit):
    async with await stack.person() as ada:
        room = await ada.create_room(SEATS)
        for number in range(FAR_ROUNDS):
            async for answer in room.ask(f"Message {number}"):
                await room.finished(answer)
        await visit.sign_in(stack.url, ada, PASSWORD)
        page, beside = [await visit.open(f"/rooms/{room.id}") for _ in range(2)]
        newest = page.locator("[data-message]").last
        await newest.hover()
        await newest.get_by_role("button", name="Pin").click()
        for tab in (page, beside):
            await expect(tab.locator("[data-message]").last).to_contain_text("Pinned")
            await expect(tab.get_by_role("button", name="1 pinned message")).to_be_visible()

        first = next(m for m in room.transcript.messages.values() if m.content == "Message 0")
        await expect(page.get_by_text("Message 0", exact=True)).to_have_count(0)
        await ada.rest.call("PUT", f"/api/v1/messages/{first.id}/pin", None)
        await page.get_by_role("button", name="2 pinned messages").click()
        dialog = page.get_by_role("dialog", name="Pinned")
        entries = dialog.get_by_role("listitem")
        await expect(entries).to_have_count(2)
        await expect(entries.first).to_contain_text("Message 0")
        await entries.first.get_by_role("button", name="Message 0").click()
        await expect(dialog).to_be_hidden()
        found = page.locator(f"[data-message='{first.id}']")
        await expect(found).to_be_focused()
        await expect(found).to_be_in_viewport()
        await expect(found).to_contain_text("Pinned")

        await page.reload()
        await page.get_by_role("button", name="2 pinned messages").click()
        await entries.first.get_by_role("button", name="Unpin").click()
        await expect(entries).to_have_count(1)
        await expect(beside.get_by_role("button", name="1 pinned message")).to_be_visible()
        await entries.first.get_by_role("button", name="Unpin").click()
        await expect(dialog).to_contain_text("Nothing is pinned.")
        await expect(beside.locator("[data-pinned]")).to_have_count(0)
    assert visit.complaints == []


async def test_another_model_takes_over_and_its_view_is_told_before_and_after(stack: Stack, visit: Visit):
    async with await stack.person() as ada:
        room = await ada.create_room([SEATS[1]])
        for number in range(LONG_ROUNDS):
            async for answer in room.ask(f"Message {number}: {WORDS}"):
                await room.finished(answer)
        await visit.sign_in(stack.url, ada, PASSWORD)
        page = await visit.open(f"/rooms/{room.id}")

        async def choose(member: str, model: str) -> Locator:
            card = page.locator(f"[data-member={member}]")
            await card.get_by_role("button", name=f"Actions for {member}").click()
            await page.get_by_role("menuitem", name="Change model").click()
            dialog = page.get_by_role("dialog", name=f"Another model for {member}")
            await expect(dialog.get_by_role("radio", name=member)).to_have_count(0)
            await dialog.get_by_role("radio", name=model, exact=True).check()
            return dialog

        dialog = await choose("Sage", "Oak")
        await expect(dialog).to_contain_text(
            f"of {2 * LONG_ROUNDS} messages will not be seen. The present model sees all"
        )
        await expect(dialog.get_by_role("checkbox", name="Call it Oak from now on")).to_be_checked()
        await dialog.get_by_role("button", name="Change model").click()
        view = page.get_by_role("dialog", name="Context of Oak")
        entries = view.get_by_role("list", name="No longer seen").get_by_role("button")
        await expect(entries.first).to_be_visible()
        (meter,) = (await ada.rest.get(f"/api/v1/chat/context/{room.id}"))["participants"]
        assert 0 < meter["left_out"] < 2 * LONG_ROUNDS
        await expect(entries).to_have_count(meter["left_out"])
        await page.keyboard.press("Escape")

        note = page.locator("[data-switch]")
        await expect(note).to_have_text("From here on Sage is answered by Oak instead of Sage.")
        await say(page, "Who are you now?")
        await expect(done(page).last).to_have_attribute("data-speaker", "Oak")
        assert stack.simulator.stage.recorder.records()[-1].model == "sim-oak"
        for _ in range(2):
            after = page.locator("xpath=//*[@data-switch]/following::article")
            await expect(after).to_have_count(2)
            await expect(after.first).to_contain_text("Who are you now?")
            await page.reload()

        dialog = await choose("Oak", "Comet")
        await expect(dialog).to_contain_text("Comet will see the whole conversation")
        await expect(dialog).to_contain_text("The present model does not see")
        await dialog.get_by_role("checkbox", name="Call it Comet").uncheck()
        await dialog.get_by_role("button", name="Change model").click()
        await expect(view).to_contain_text("Oak sees the whole conversation.")
        await page.keyboard.press("Escape")
        await expect(page.locator("[data-window-edge]")).to_have_count(0)
        await expect(note.last).to_have_text("From here on Oak is answered by Comet instead of Oak.")
    assert visit.complaints == []
