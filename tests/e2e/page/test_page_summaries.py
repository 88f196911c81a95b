"""What members read in the place of what fell out of their windows: a person sees it come, reads, edits, deletes it."""

from collections.abc import Awaitable, Callable

import pytest
from playwright.async_api import expect

from palaver.cli.testing.page import Visit, eventually
from palaver.cli.testing.stack import PASSWORD, Stack
from palaver.contracts.session import NewParticipant
from palaver.simulator.faults import Script

pytestmark = [pytest.mark.e2e, pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

MOTH, SWIFT, OAK = "sim-moth", "sim-swift", "sim-oak"
SEATS = (NewParticipant(model=MOTH, name="Moth"), NewParticipant(model=SWIFT, name="Swift"))
FILLER = "as was said before, and will be said again in other words, when the time has come for it. " * 12
MAX_ROUNDS = 30
WRITTEN = "They compare harbours; Swift prefers the one in the north."
EDITED = "They have settled on the southern harbour."
SHAPE = {"overrides": {"context": {"summary_model": OAK}}}
"""Summaries are written by Oak, who has no seat."""


async def test_a_summary_is_seen_to_come_read_put_in_other_words_and_deleted(stack: Stack, visit: Visit):
    scripts, recorder = stack.simulator.stage.scripts, stack.simulator.stage.recorder
    scripts.arm(Script(model=OAK, text=WRITTEN, count=MAX_ROUNDS))
    for model in (MOTH, SWIFT):
        scripts.arm(Script(model=model, text="I see.", count=3 * MAX_ROUNDS))
    async with await stack.person() as ada:
        room = await ada.create_room(SEATS)
        await visit.sign_in(stack.url, ada, PASSWORD)
        page, beside = [await visit.open(f"/rooms/{room.id}") for _ in range(2)]
        await expect(page.get_by_label("Your message")).to_be_visible()
        open_summary = page.get_by_role("button", name="Summary")
        await expect(open_summary).to_have_count(0)

        async def until(holds: Callable[[], Awaitable[bool]]) -> None:
            """Talk on until it holds, and all summaries that were asked for are there: while one edits, none comes."""
            for _ in range(MAX_ROUNDS):
                async for answer in room.ask(FILLER):
                    await room.finished(answer)
                if await holds():
                    break
            await eventually(written)

        async def written() -> bool:
            made = [summary for summary in await ada.rest.summaries(room.id) if summary.model_id is not None]
            return len(made) == len(recorder.records(OAK))

        async def read_by_moth() -> bool:
            return any(meter.summary for meter in (await ada.rest.context(room.id)).participants)

        async def my_words_are_read() -> bool:
            return EDITED in str(recorder.records(MOTH)[-1].body)

        await until(read_by_moth)
        version = (await ada.rest.summaries(room.id))[0].version
        old, new = f"[data-summary='{version}']", f"[data-summary='{version + 1}']"
        moth = page.locator("[data-member=Moth]")
        await expect(moth).to_contain_text("% summarised")
        await moth.get_by_role("button", name="no longer seen").click()
        context = page.get_by_role("dialog", name="Context of Moth")
        await context.get_by_role("list", name="No longer seen").get_by_role("button").first.click()
        await expect(page.locator("[data-window-edge]")).to_have_text("Of what is above Moth reads a summary")
        await moth.get_by_role("button", name="no longer seen").click()
        await expect(context).to_contain_text("messages Moth reads a summary.")
        await context.get_by_role("button", name="Read it").click()
        summary = page.get_by_role("dialog", name="Summary")
        await expect(summary.locator("[data-summary]")).to_have_text(WRITTEN)
        await expect(summary).to_contain_text("Read by Moth.")
        versions = summary.get_by_label("Version")
        await expect(versions).to_contain_text("Oak")
        await versions.select_option(index=0)  # one may have been written ahead

        await beside.get_by_role("button", name="Summary").click()
        shown_beside = beside.get_by_role("dialog", name="Summary")
        await expect(shown_beside.locator(old)).to_have_text(WRITTEN)
        await summary.get_by_role("button", name="Edit").click()
        await summary.get_by_label("What the summary says").fill(EDITED)
        await summary.get_by_role("button", name="Save").click()
        await expect(summary.locator(new)).to_have_text(EDITED)
        await expect(shown_beside.locator(new)).to_have_text(EDITED)
        await shown_beside.get_by_label("Version").select_option(index=1)
        await expect(shown_beside.locator(old)).to_have_text(WRITTEN)
        await expect(shown_beside).to_contain_text("A newer version goes on from this one.")
        await expect(shown_beside.get_by_role("button", name="Edit")).to_have_count(0)
        await shown_beside.get_by_role("button", name="Show it").click()
        await expect(shown_beside.locator(new)).to_have_text(EDITED)

        for _ in range(2):
            await page.keyboard.press("Escape")
        await expect(context).to_be_hidden()
        await until(my_words_are_read)
        await open_summary.click()
        mine = versions.get_by_role("option", name=f"{version + 1} · ")  # a model may have gone on from it
        await versions.select_option(label=await mine.inner_text())
        await summary.get_by_role("button", name="Delete").click()
        await (
            page.get_by_role("dialog", name=f"Delete version {version + 1}?")
            .get_by_role("button", name="Delete")
            .click()
        )
        await expect(summary.locator(old)).to_have_text(WRITTEN)
        await expect(versions.get_by_role("option")).to_have_count(version)
    assert visit.complaints == []
