"""Administration on the page: people, sign-ins, providers, models, limits, the audit trail; and who may not."""

import csv
from pathlib import Path

import pytest
from playwright.async_api import Page, expect
from pyotp.totp import TOTP

from palaver.cli.testing.axe import violations
from palaver.cli.testing.page import Visit
from palaver.cli.testing.stack import PASSWORD, Stack
from palaver.client import Palaver
from palaver.contracts.ids import new_id

pytestmark = [pytest.mark.e2e, pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]


async def administrator(stack: Stack, visit: Visit, owner: Palaver) -> Palaver:
    """Signed in in this browser."""
    ada = await stack.person()
    await owner.rest.call("PUT", f"/api/v1/admin/users/{ada.rest.signed_in.user.id}", {"role": "admin"})
    await visit.sign_in(stack.url, ada, PASSWORD)
    return ada


async def pressed(page: Page, name: str) -> None:
    await page.get_by_role("dialog").get_by_role("button", name=name, exact=True).click()


async def test_people_get_roles_are_signed_out_and_suspended(stack: Stack, visit: Visit, owner: Palaver):
    async with await administrator(stack, visit, owner), await stack.person("Bob") as bob:
        page = await visit.open("/")
        await page.get_by_role("button", name="Administration").click()
        await page.get_by_label("Name or e-mail").fill(bob.rest.signed_in.user.email)
        row = page.get_by_role("listitem").filter(has_text="Bob")
        await expect(page.get_by_role("navigation", name="Pages")).to_contain_text("of 1")
        assert await violations(page) == []
        await row.get_by_label("Role of Bob").select_option("admin")
        about_bob = f"/api/v1/admin/users/{bob.rest.signed_in.user.id}"
        await expect(row.get_by_label("Role of Bob")).to_have_value("admin")
        await expect(row.get_by_label("Role of Bob")).to_be_enabled()
        assert (await owner.rest.call("GET", about_bob, None))["role"] == "admin"

        await row.get_by_role("button", name="More for Bob").click()
        await page.get_by_role("menuitem", name="Sign-ins").click()
        dialog = page.get_by_role("dialog", name="Sign-ins of Bob")
        assert await violations(page) == []
        await dialog.get_by_role("button", name="Sign out").click()
        await expect(dialog).to_contain_text("Signed in nowhere.")
        await dialog.get_by_role("button", name="Close").click()

        await row.get_by_role("button", name="More for Bob").click()
        await page.get_by_role("menuitem", name="Suspend").click()
        await pressed(page, "Suspend")
        await expect(row).to_contain_text("Suspended")
        assert (await owner.rest.call("GET", about_bob, None))["status"] == "suspended"
        await row.get_by_role("button", name="More for Bob").click()
        await page.get_by_role("menuitem", name="Reactivate").click()
        await expect(row).not_to_contain_text("Suspended")
    assert visit.complaints == []


async def test_people_are_invited_and_a_lost_second_factor_is_reset(stack: Stack, visit: Visit, owner: Palaver):
    async with await administrator(stack, visit, owner), await stack.person("Carol") as carol:
        page = await visit.open("/admin/invitations")
        await page.get_by_role("button", name="Invite").click()
        dialog = page.get_by_role("dialog", name="Invite somebody")
        await dialog.get_by_role("radio", name="A link to pass on").check(force=True)
        await dialog.get_by_label("Accounts that it may open").fill("2")
        assert await violations(page) == []
        await dialog.get_by_role("button", name="Invite").click()
        link = await page.get_by_role("dialog", name="The invitation is ready").get_by_label("Link").input_value()
        await pressed(page, "Done")
        async with Palaver(stack.url) as guest:
            code = link.split("=", 1)[1]
            await guest.rest.register(f"{new_id()}@example.org", PASSWORD, "Guest", invitation=code)
        await page.reload()
        row = page.get_by_role("listitem").filter(has_text="Whoever has the link")
        await expect(row).to_contain_text("1 of 2 used")
        assert await violations(page) == []
        await row.get_by_role("button", name="Take back").click()
        await expect(page.get_by_text("There are no such invitations.")).to_be_visible()
        (made,) = await owner.rest.call("GET", "/api/v1/admin/invitations", None)
        assert (made["state"], made["used"]) == ("revoked", 1)

        factor = "/api/v1/users/me/second-factor"
        secret = (await carol.rest.call("POST", factor, {"password": PASSWORD}))["secret"]
        await carol.rest.call("POST", f"{factor}/confirm", {"code": TOTP(secret).now()})
        await page.get_by_role("link", name="People").click()
        await page.get_by_label("Name or e-mail").fill(carol.rest.signed_in.user.email)
        await page.get_by_role("button", name="More for Carol").click()
        await page.get_by_role("menuitem", name="Reset second factor").click()
        await pressed(page, "Reset second factor")
        await expect(page.get_by_text("Carol signs in with the password alone now.")).to_be_visible()
        assert not (await carol.rest.call("GET", factor, None))["enabled"]
    assert visit.complaints == []


async def test_a_provider_is_added_and_tells_of_its_models(stack: Stack, visit: Visit, owner: Palaver):
    async with await administrator(stack, visit, owner):
        page = await visit.open("/admin/providers")
        await page.get_by_role("button", name="Add provider").click()
        dialog = page.get_by_role("dialog", name="Add provider")
        await dialog.get_by_label("Speaks like").select_option("sim-openai")
        await dialog.get_by_label("Id", exact=True).fill("ours")
        await dialog.get_by_label("Name", exact=True).fill("Ours")
        await dialog.get_by_label("Address").fill(stack.simulator.openai_url)
        assert await violations(page) == []
        await dialog.get_by_role("button", name="Save").click()
        await expect(page.get_by_role("listitem").filter(has_text="Ours")).to_contain_text("Added here")
        assert await violations(page) == []

        await page.get_by_role("link", name="Models").click()
        await page.get_by_role("button", name="Add model").click()
        dialog = page.get_by_role("dialog", name="Add model")
        await dialog.get_by_label("Provider to ask").select_option("ours")
        await dialog.get_by_role("button", name="Ask", exact=True).click()
        await dialog.get_by_label("models", exact=False).select_option("sim-swift")
        await expect(dialog.get_by_label("Id", exact=True)).to_have_value("ours/sim-swift")
        fill = {
            "Name": "Our Swift",
            "Window in tokens": "32768",
            "Longest answer in tokens": "4096",
            "US dollars per million tokens read": "0.15",
            "US dollars per million tokens written": "0.6",
        }
        for label, value in fill.items():
            await dialog.get_by_label(label, exact=True).fill(value)
        assert await violations(page) == []
        await dialog.get_by_role("button", name="Save").click()
        await expect(dialog).to_be_hidden()
        (made,) = [one for one in await owner.rest.models() if one.id == "ours/sim-swift"]
        assert (made.display_name, f"{made.input_price:f}", f"{made.output_price:f}") == (
            "Our Swift",
            "0.00015",
            "0.0006",
        )

        await page.get_by_label("Search models").fill("our swift")
        entry = page.get_by_role("listitem").filter(has_text="Our Swift")
        await entry.get_by_role("button", name="Remove Our Swift").click()
        await pressed(page, "Remove")
        await expect(entry).to_have_count(0)
        await page.get_by_role("link", name="Providers").click()
        await page.get_by_role("button", name="Remove Ours").click()
        await pressed(page, "Remove")
        await expect(page.get_by_role("listitem").filter(has_text="Ours")).to_have_count(0)
        await page.get_by_role("link", name="Limits").click()
        await page.get_by_label("Search limits").fill("max participants")
        await expect(page.get_by_role("table")).to_contain_text("MAX_PARTICIPANTS")
        assert await violations(page) == []
    assert visit.complaints == []


async def test_the_audit_trail_is_searched_and_exported(stack: Stack, visit: Visit, owner: Palaver, tmp_path: Path):
    async with await administrator(stack, visit, owner) as ada:
        page = await visit.open("/admin/audit")
        await page.get_by_label("Action", exact=True).fill("user.role")
        entries = page.get_by_role("list", name="Audit").get_by_role("listitem")
        await expect(entries.filter(has_text=ada.rest.signed_in.user.id).first).to_be_visible()
        assert await violations(page) == []
        async with page.expect_download() as file:
            await page.get_by_role("button", name="CSV").click()
        await (await file.value).save_as(tmp_path / "audit.csv")
        rows = list(csv.DictReader((tmp_path / "audit.csv").open(encoding="utf-8")))
        assert {row["action"] for row in rows} == {"user.role"}
        assert ada.rest.signed_in.user.id in {row["target_id"] for row in rows}
        await page.get_by_role("complementary").get_by_role("button", name="Ada").click()
        await page.get_by_role("menuitemradio", name="中文").click()
        await page.keyboard.press("Escape")
        await expect(page.get_by_role("heading", name="管理")).to_be_visible()
        await page.get_by_label("结果").select_option("refused")
        await expect(page.get_by_text("没有符合条件的记录。")).to_be_visible()
        for section in ("人员", "邀请", "服务商", "模型", "限制"):
            await page.get_by_role("link", name=section).click()
            await expect(page.get_by_role("link", name=section)).to_have_attribute("aria-current", "page")
            assert await violations(page) == []
    assert visit.complaints == []


async def test_members_are_not_offered_it_and_are_turned_away(stack: Stack, visit: Visit):
    async with await stack.person() as ada:
        await visit.sign_in(stack.url, ada, PASSWORD)
        page = await visit.open("/admin/people")
        await expect(page.get_by_role("heading", name="For administrators only")).to_be_visible()
        await expect(page.get_by_role("button", name="Administration")).to_have_count(0)
        assert await violations(page) == []
    assert visit.complaints == []
