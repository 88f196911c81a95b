"""A model that would not answer at the moment says so on its card in the room, and takes it back, by itself."""

import pytest
from playwright.async_api import expect

from palaver.cli.testing.page import PATIENCE_SECONDS, Visit, done, say
from palaver.cli.testing.stack import PASSWORD, Stack
from palaver.contracts.session import NewParticipant
from palaver.simulator.faults import Fault

pytestmark = [pytest.mark.e2e, pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

LEFT_ALONE_SECONDS = 6.0


async def test_a_card_says_when_its_model_is_left_alone_and_when_it_is_well_again(stack: Stack, visit: Visit) -> None:
    seats = tuple(NewParticipant(model=f"sim-{name.lower()}", name=name) for name in ("Swift", "Sage"))
    async with await stack.person() as ada:
        room = (await ada.rest.create_session(seats)).id
        await visit.sign_in(stack.url, ada, PASSWORD)
    page = await visit.open(f"/rooms/{room}")
    swift, sage = (page.locator(f"[data-member={seat.name}]") for seat in seats)
    await expect(swift).to_be_visible()
    note = "Does not answer at the moment."
    await expect(swift.get_by_text(note)).to_have_count(0)
    limited = Fault(kind="rate_limit", model="sim-swift", retry_after_seconds=LEFT_ALONE_SECONDS)
    stack.simulator.stage.faults.arm(limited)
    await say(page, "Is tea good?")
    await expect(swift.get_by_text(note)).to_be_visible(timeout=LEFT_ALONE_SECONDS * 1_000)
    await expect(swift.get_by_text(note)).to_have_count(0, timeout=PATIENCE_SECONDS * 1_000)
    await expect(done(page)).to_have_count(2, timeout=PATIENCE_SECONDS * 1_000)
    await expect(sage.get_by_text(note)).to_have_count(0)
    assert visit.complaints == []
