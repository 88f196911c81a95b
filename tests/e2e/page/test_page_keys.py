"""Keys on the page: several of one provider, their order by keyboard, limits, switched off, shared; what quotas say."""

import pytest
from playwright.async_api import Locator, expect

from palaver.cli.testing.axe import violations
from palaver.cli.testing.page import Visit
from palaver.cli.testing.stack import PASSWORD, Stack
from palaver.client import Palaver

pytestmark = [pytest.mark.e2e, pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

KEYS = "/api/v1/keys"


async def key(person: Palaver, label: str, **wishes: object) -> str:
    """The id of a new one."""
    body = {"provider": "openai", "api_key": f"sk-of-a-page-{label:>04}-{label.upper():>04}", "label": label, **wishes}
    return (await person.rest.call("POST", KEYS, body))["id"]


async def order(person: Palaver) -> dict[str, int]:
    """Label → order, as the vault has it."""
    return {one["label"]: one["order"] for one in await person.rest.call("GET", KEYS, None)}


async def chosen(row: Locator, action: str) -> None:
    await row.get_by_role("button", name="More for").click()
    await row.page.get_by_role("menuitem", name=action).click()


async def test_keys_are_ordered_by_keyboard_limited_and_switched_off(stack: Stack, visit: Visit):
    async with await stack.person() as ada:
        for label in ("work", "home"):
            await key(ada, label)
        await visit.sign_in(stack.url, ada, PASSWORD)
        page = await visit.open("/keys")
        rows = page.get_by_role("region", name="Keys for OpenAI").get_by_role("listitem")
        work, home = rows.filter(has_text="work"), rows.filter(has_text="home")
        await expect(work).to_contain_text("50% of the calls")
        assert await violations(page) == []

        await home.get_by_role("button", name="Use later").focus()
        await page.keyboard.press("Enter")
        await expect(home).to_contain_text("Used as number 2")
        await expect(home.get_by_role("button", name="Use later")).to_be_focused()
        assert await order(ada) == {"work": 0, "home": 1}
        await home.get_by_role("button", name="Use earlier").press("Enter")
        await expect(home).to_contain_text("50% of the calls")

        await chosen(home, "Edit")
        dialog = page.get_by_role("dialog", name="Edit key")
        await dialog.get_by_label("Weight").fill("3")
        await dialog.get_by_label("Calls a day").fill("5")
        assert await violations(page) == []
        await dialog.get_by_role("button", name="Save").click()
        await expect(home).to_contain_text("75% of the calls")
        await expect(home.get_by_role("meter", name="Calls a day")).to_have_attribute("data-fill", "ok")

        await chosen(home, "Switch off")
        await expect(home).to_contain_text("Disabled")
        stored = {one["label"]: one for one in await ada.rest.call("GET", KEYS, None)}["home"]
        assert (stored["enabled"], stored["weight"], stored["quota"]["calls_per_day"]) == (False, 3, 5)
        await chosen(home, "Switch on")
        await expect(home).to_contain_text("Active")

        await ada.rest.call("PUT", "/api/v1/users/me/settings", {"language": "zh"})
        await page.reload()
        await expect(page.get_by_role("region", name="OpenAI 的密钥")).to_contain_text("承担 75% 的调用")
        assert await violations(page) == []
    assert visit.complaints == []


async def with_key(owner: Palaver, stack: Stack) -> None:
    """A provider that wants a key, and a model of it."""
    place = {"base_url": stack.simulator.openai_url, "needs_key": True, "display_name": "Ours"}
    await owner.rest.call("POST", "/api/v1/admin/providers", {"id": "ours", "protocol": "openai", **place})
    facts = {"upstream": "sim-swift", "window": 32_768, "max_output": 4_096, "input_price": "0", "output_price": "0"}
    await owner.rest.call("POST", "/api/v1/admin/models", {"id": "ours/swift", "provider": "ours", **facts})


async def test_a_key_that_used_up_its_limit_is_told_wherever_the_person_is(stack: Stack, visit: Visit, owner: Palaver):
    await with_key(owner, stack)
    async with await stack.person() as ada:
        await key(ada, "scarce", provider="ours", quota={"calls_per_day": 1})
        await visit.sign_in(stack.url, ada, PASSWORD)
        page = await visit.open("/settings")
        await expect(page.get_by_role("heading", name="Preferences")).to_be_visible()
        room = await ada.rest.call("POST", "/api/v1/sessions", {"model_id": "ours/swift"})
        await ada.rest.call("POST", "/api/v1/messages", {"session_id": room["id"], "content": "Once."})
        await expect(page.get_by_role("status").filter(has_text="has reached its limit")).to_be_visible()
        keys = page.get_by_role("button", name="Keys")
        await expect(keys).to_contain_text("A key is near its limit")
        await keys.click()
        scarce = page.get_by_role("listitem").filter(has_text="scarce")
        await expect(scarce).to_contain_text("Quota used up")
        await expect(scarce.get_by_role("meter", name="Calls a day")).to_have_attribute("data-fill", "red")
        await expect(keys).not_to_contain_text("A key is near its limit")
        await chosen(scarce, "Usage")
        await expect(page.get_by_role("dialog", name="Usage of this key").get_by_role("table")).to_contain_text("1")
        assert await violations(page) == []
    assert visit.complaints == []


async def test_administrators_share_keys_with_roles(stack: Stack, visit: Visit, owner: Palaver):
    async with await stack.person() as ada, await stack.person("Bob") as bob:
        await owner.rest.call("PUT", f"/api/v1/admin/users/{ada.rest.signed_in.user.id}", {"role": "admin"})
        await visit.sign_in(stack.url, ada, PASSWORD)
        page = await visit.open("/keys")
        await page.get_by_role("button", name="Add key").click()
        dialog = page.get_by_role("dialog", name="Add a key")
        await dialog.get_by_label("Provider").select_option("anthropic")
        await dialog.get_by_label("Key", exact=True).fill("sk-for-everybody-0000-TEAM")
        await dialog.get_by_label("Label").fill("team")
        await dialog.get_by_role("radio", name="For others too").check(force=True)
        await dialog.get_by_label("Member").uncheck()
        assert await violations(page) == []
        await dialog.get_by_role("button", name="Store key").click()
        team = page.get_by_role("listitem").filter(has_text="team")
        await expect(team).to_contain_text("Shared with Owner, Administrator")
        assert await bob.rest.call("GET", KEYS, None) == []
        await chosen(team, "Edit")
        dialog = page.get_by_role("dialog", name="Edit key")
        await dialog.get_by_label("Member").check()
        await dialog.get_by_role("button", name="Save").click()
        await expect(team).to_contain_text("Shared by all")
        (seen,) = await bob.rest.call("GET", KEYS, None)
        assert (seen["label"], seen["key_hint"], seen["editable"]) == ("team", "", False)
        await visit.context.clear_cookies()
        await visit.sign_in(stack.url, bob, PASSWORD)
        page = await visit.open("/keys")
        await expect(page.get_by_role("listitem").filter(has_text="team")).to_be_visible()
        await expect(page.get_by_role("button", name="More for")).to_have_count(0)
    assert visit.complaints == []
