"""The page as an application: it can be installed, starts without a network, and a newer version waits to be wanted."""

import asyncio
import json
import shutil
import struct
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from palaver.cli.checkout import built_page
from palaver.cli.testing.page import Visit, all_speak, answers, chromium, done, eventually, numbered, say, visiting
from palaver.cli.testing.stack import PASSWORD, Stack, stack_in
from palaver.contracts.session import NewParticipant
from palaver.simulator.faults import Script

pytestmark = [pytest.mark.e2e, pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

WORDS = {
    "en-GB": ("New room", "You are offline, or the server is."),
    "zh-CN": ("新建房间", "你已离线，或服务器无法访问。"),  # noqa: RUF001
}
KEPT = """async () => {
  const names = await caches.keys()
  const requests = await Promise.all(names.map(async (name) => (await caches.open(name)).keys()))
  return {names, urls: requests.flat().map(({url}) => new URL(url).pathname)}
}"""
LOOK = "navigator.serviceWorker.getRegistration().then((found) => found.update()).then(() => null)"
LONG = numbered("word", 6_000)
"""Nobody waits for its end."""


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built page, in a copy that a test may change."""
    built = built_page()
    assert built is not None, "`make page` builds it"
    return Path(shutil.copytree(built, tmp_path_factory.mktemp("built") / "dist"))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stack(browser: Browser, files: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    assert browser.is_connected()
    made = stack_in(tmp_path_factory.mktemp("page"), overrides={"gateway": {"web_directory": files}})
    try:
        await made.start()
        yield made
    finally:
        await made.stop()


async def at_home(stack: Stack, visit: Visit, new_room: str = "New room") -> Page:
    """Somebody's page, whose files are kept."""
    async with await stack.person() as ada:
        await visit.sign_in(stack.url, ada, PASSWORD)
    page = await visit.open("/")
    await expect(page.get_by_role("button", name=new_room).first).to_be_visible()
    await kept_by_a_worker(page)
    return page


async def kept_by_a_worker(page: Page) -> None:
    """Its files are there without a network."""
    await eventually(lambda: page.evaluate("navigator.serviceWorker.controller !== null"))


async def test_a_browser_finds_everything_that_it_installs(stack: Stack, browser: Browser, tmp_path: Path) -> None:
    arguments = ["--no-sandbox", "--disable-dev-shm-usage"]
    profile = await browser.browser_type.launch_persistent_context(  # in a private window nothing is installed
        tmp_path, executable_path=chromium(), args=arguments, base_url=stack.url
    )
    try:
        page = await profile.new_page()
        await page.goto("/")
        await page.evaluate("navigator.serviceWorker.ready.then(() => null)")
        devtools = await profile.new_cdp_session(page)
        found = await devtools.send("Page.getAppManifest")
        assert found["errors"] == []
        manifest = json.loads(found["data"])
        assert (manifest["name"], manifest["start_url"], manifest["display"]) == ("Palaver", "/", "standalone")
        for icon in manifest["icons"]:
            answer = await profile.request.get(icon["src"])
            assert (answer.status, answer.headers["content-type"]) == (200, icon["type"])
            if icon["type"] == "image/png":
                width, height = struct.unpack(">II", (await answer.body())[16:24])
                assert f"{width}x{height}" == icon["sizes"]
        assert {icon["purpose"] for icon in manifest["icons"]} == {"any", "maskable"}
        assert (await devtools.send("Page.getInstallabilityErrors"))["installabilityErrors"] == []
    finally:
        await profile.close()


@pytest.mark.parametrize("language", WORDS)
async def test_without_a_network_the_page_starts_and_goes_on_when_it_is_back(
    stack: Stack, browser: Browser, language: str
) -> None:
    new_room, begun_away = WORDS[language]
    async with visiting(browser, stack.url, language) as visit:
        page = await at_home(stack, visit, new_room)
        await visit.context.set_offline(True)
        await page.reload()
        await expect(page.get_by_role("alert")).to_contain_text(begun_away)
        other = await visit.open("/settings/account")
        await expect(other.get_by_role("alert")).to_contain_text(begun_away)
        await visit.context.set_offline(False)
        await expect(page.get_by_role("button", name=new_room).first).to_be_visible()


async def test_nothing_that_the_server_says_to_somebody_is_kept(stack: Stack, visit: Visit) -> None:
    page = await at_home(stack, visit)
    await page.goto("/statistics")
    await page.goto("/shared#" + "A" * 43)
    kept = await page.evaluate(KEPT)
    assert len(kept["names"]) == 1
    assert "/" in kept["urls"]
    assert "/manifest.webmanifest" in kept["urls"]
    assert {"/assets", ""} >= {path.rpartition("/")[0] for path in kept["urls"]}
    assert not [path for path in kept["urls"] if path.startswith(("/api", "/ws", "/shared", "/statistics"))]


async def test_a_newer_version_waits_and_no_answer_is_disturbed(stack: Stack, visit: Visit, files: Path) -> None:
    async with await stack.person() as ada:
        seat = NewParticipant(model="sim-swift", name="Swift")
        room = (await ada.rest.create_session((seat,), title="Long")).id
        await visit.sign_in(stack.url, ada, PASSWORD)
        page = await visit.open(f"/rooms/{room}")
        await kept_by_a_worker(page)
        endless = Script(model="sim-swift", text=LONG, first_token_seconds=0, tokens_per_second=50)
        stack.simulator.stage.scripts.arm(endless)
        await say(page, "Tell me everything.")
        await expect(page.locator("[data-state=running]")).to_contain_text("word5")
        await page.evaluate("window.thisVisit = true")
        await asyncio.to_thread(release, files)
        await page.evaluate(
            "navigator.serviceWorker.getRegistration().then((found) => found.update()).then(() => null)"
        )

        note = page.get_by_role("status").filter(has_text="A newer version of Palaver is there.")
        await expect(note).to_be_visible()
        assert await page.evaluate("window.thisVisit") is True, "nobody wanted it yet"
        (before,) = await answers(page)
        assert before.state == "running"
        await note.get_by_role("button", name="Reload").click()
        await expect(page.locator("html[data-release='2']")).to_be_attached()
        (after,) = await all_speak(page, len(before.text) + 1, ["Swift"])
        assert LONG.startswith(before.text.strip())
        assert LONG.startswith(after.text.strip())
        await expect(note).to_have_count(0)
        assert len((await page.evaluate(KEPT))["names"]) == 2, "other tabs still run on the version before"
        await ada.rest.post(f"/api/v1/sessions/{room}/interrupt", {})
        await expect(done(page)).to_have_count(1)


def release(files: Path) -> None:
    """Another version of the page, as an update of the server brings it."""
    index, worker = files / "index.html", files / "sw.js"
    index.write_text(index.read_text().replace('<html lang="en"', '<html lang="en" data-release="2"'))
    head, rest = worker.read_text().split("\n", 1)
    worker.write_text(f'const VERSION = "2"\n{rest}' if head.startswith("const VERSION") else "")
