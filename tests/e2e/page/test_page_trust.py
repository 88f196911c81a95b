"""What a person may rely on: words said offline are kept in sight, over a reload, too, and sent once."""

import re

import pytest
from playwright.async_api import WebSocketRoute, expect

from palaver.cli.testing.page import TALL, Visit, done
from palaver.cli.testing.stack import PASSWORD, Stack
from palaver.cli.testing.words import LANGUAGES, Words, words
from palaver.client import Palaver
from palaver.contracts.ids import SessionId
from palaver.contracts.session import NewParticipant

pytestmark = [pytest.mark.e2e, pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

SEAT = NewParticipant(model="sim-swift", name="Swift")


class Wire:
    """What lies between a page and the server. Cut, no WebSocket comes through, though pages still do."""

    def __init__(self) -> None:
        self._cut = False
        self._open: list[WebSocketRoute] = []

    async def lead(self, visit: Visit) -> None:
        await visit.context.route_web_socket(re.compile(r"/ws"), self._connect)

    async def _connect(self, socket: WebSocketRoute) -> None:
        if self._cut:
            await socket.close(code=1012)
            return
        socket.connect_to_server()
        self._open.append(socket)

    async def cut(self) -> None:
        self._cut = True
        for socket in self._open:
            await socket.close(code=1012)
        self._open.clear()

    def mend(self) -> None:
        self._cut = False


async def entered(visit: Visit, stack: Stack, ada: Palaver, language: str) -> Words:
    await ada.rest.call("PUT", "/api/v1/users/me/settings", {"language": language})
    await visit.sign_in(stack.url, ada, PASSWORD)
    return words(language)


async def stored(ada: Palaver, room: SessionId) -> list[str]:
    items = await ada.rest.get(f"/api/v1/messages/session/{room}")
    return [item["message"]["content"] for item in items if item["kind"] == "user"]


@pytest.mark.parametrize("language", LANGUAGES)
async def test_what_is_said_offline_stays_in_sight_over_a_reload_and_is_sent_once(
    stack: Stack, visit: Visit, language: str
):
    wire = Wire()
    await wire.lead(visit)
    async with await stack.person() as ada:
        t = await entered(visit, stack, ada, language)
        room = (await ada.rest.create_session((SEAT,))).id
        page = await visit.open(f"/rooms/{room}", TALL)
        write = page.get_by_label(t("room.write"))
        await expect(write).to_be_visible()
        calls = len(stack.simulator.stage.recorder.records("sim-swift"))

        await wire.cut()
        banner = page.get_by_role("status").filter(has_text=t("connection.away"))
        await expect(banner).to_be_visible()
        await expect(banner).to_contain_text(re.compile(r"\d"))  # seconds until the next attempt
        for text in ("First, offline", "Second, offline"):
            await write.fill(text)
            await page.keyboard.press("Enter")
        pending = page.locator("[data-pending]")
        for _ in range(2):
            await expect(pending).to_have_count(2)
            await expect(pending.first).to_contain_text("First, offline")
            await expect(pending.last).to_contain_text(t("room.waitsForConnection"))
            await page.reload()
        await expect(banner).to_be_visible()
        assert await stored(ada, room) == []

        wire.mend()
        await banner.get_by_role("button", name=t("connection.now")).click()
        await expect(banner).to_be_hidden()
        await expect(done(page)).to_have_count(2)
        await expect(pending).to_have_count(0)
        await expect(page.locator("[data-message]")).to_have_count(2)
        assert await stored(ada, room) == ["First, offline", "Second, offline"]
        assert len(stack.simulator.stage.recorder.records("sim-swift")) == calls + 2
    assert [complaint for complaint in visit.complaints if "WebSocket" not in complaint] == []
