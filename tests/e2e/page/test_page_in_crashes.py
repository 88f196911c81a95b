"""What a reader in front of three running answers sees when a part of the product is killed: one process each."""

import os
import re
import signal
from collections.abc import AsyncIterator

import httpx2
import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from palaver.cli.bench.instance import Instance, started
from palaver.cli.testing.page import TALL, Answer, all_speak, answers, done, numbered, say, visiting
from palaver.client import Palaver
from palaver.contracts.ids import new_id
from palaver.contracts.session import NewParticipant

pytestmark = [pytest.mark.e2e, pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

MODELS = {"Swift": "sim-swift", "Sage": "sim-sage", "Oak": "sim-oak"}
SEATS = tuple(NewParticipant(model=model, name=name) for name, model in MODELS.items())
WORDS, PACE = 300, 40.0
WHOLE_SECONDS = 90.0
"""For an answer that may have to be given twice, after a pause of the length of a claim's lease."""
PASSWORD = "a long enough password"
EXPECTED_COMPLAINT = re.compile(r"WebSocket|ERR_CONNECTION_REFUSED|status of 50[234]|ERR_EMPTY_RESPONSE|ERR_INCOMPLETE")
"""What a browser itself says about a server that is gone for a moment."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def instance(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Instance]:
    assert browser.is_connected()
    async with started(tmp_path_factory.mktemp("crashes") / "home") as instance:
        yield instance


async def arm(instance: Instance) -> dict[str, str]:
    """Each model's answer, also when it is asked for it a second time."""
    texts = {name: numbered(name, WORDS) for name in MODELS}
    async with httpx2.AsyncClient(base_url=instance.simulator_url) as control:
        (await control.delete("/control/replies")).raise_for_status()
        for name, model in MODELS.items():
            script = {"model": model, "text": texts[name], "tokens_per_second": PACE, "count": 3}
            (await control.post("/control/replies", json=script)).raise_for_status()
    return texts


@pytest.mark.parametrize("victim", ["model-router", "gateway", "nats-server"])
async def test_three_answers_are_whole_in_front_of_a_reader_after(victim: str, instance: Instance, browser: Browser):
    texts = await arm(instance)
    async with Palaver(instance.url) as ada, visiting(browser, instance.url) as visit:
        await ada.rest.register(f"ada-{new_id()}@example.org", PASSWORD, "Ada")
        room = (await ada.rest.create_session(SEATS)).id
        await visit.sign_in(instance.url, ada, PASSWORD)
        page = await visit.open(f"/rooms/{room}", TALL)
        await say(page, "Go")
        before = await all_speak(page, 200, tuple(MODELS))

        os.kill(instance.pids[victim], signal.SIGKILL)

        await expect(done(page)).to_have_count(3, timeout=WHOLE_SECONDS * 1_000)
        whole = [Answer(answer.speaker, "done", texts[answer.speaker]) for answer in before]
        assert await answers(page) == whole
        await page.reload()
        await expect(done(page)).to_have_count(3)
        assert await answers(page) == whole
        assert [complaint for complaint in visit.complaints if not EXPECTED_COMPLAINT.search(complaint)] == []
