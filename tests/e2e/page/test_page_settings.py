"""Settings on the page: the second factor with its QR code, devices, preferences, password, and the way out."""

from pathlib import Path

import pytest
from playwright.async_api import Page, expect
from pyotp.totp import TOTP

from palaver.cli.testing.axe import violations
from palaver.cli.testing.page import Visit
from palaver.cli.testing.stack import PASSWORD, Stack
from palaver.client import Palaver

pytestmark = [pytest.mark.e2e, pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

SECOND_FACTOR, SETTINGS = "/api/v1/users/me/second-factor", "/api/v1/users/me/settings"
NEW_PASSWORD = "another long password"


async def pressed(page: Page, name: str) -> None:
    await page.get_by_role("dialog").get_by_role("button", name=name, exact=True).click()


async def test_the_second_factor_is_turned_on_with_a_secret_that_is_shown_and_off_again(
    stack: Stack, visit: Visit, tmp_path: Path
):
    async with await stack.person() as ada:
        await visit.sign_in(stack.url, ada, PASSWORD)
        page = await visit.open("/")
        await page.get_by_role("button", name="Settings").click()
        await page.get_by_role("link", name="Security").click()
        panel = page.get_by_role("region", name="Second factor")
        await expect(panel).to_contain_text("It is off.")
        await panel.get_by_role("button", name="Turn on").click()

        dialog = page.get_by_role("dialog")
        await dialog.get_by_label("Password").fill("not my password")
        await page.keyboard.press("Enter")
        await expect(dialog).to_contain_text("This password is wrong.")
        await dialog.get_by_label("Password").fill(PASSWORD)
        await page.keyboard.press("Enter")
        await expect(dialog.get_by_role("img", name="QR code for your authenticator app")).to_be_visible()
        await expect(dialog.get_by_label("Code of the app")).to_be_focused()
        assert await violations(page) == []
        totp = TOTP((await dialog.locator("code").inner_text()).replace(" ", ""))
        await dialog.get_by_label("Code of the app").fill(totp.now())
        await page.keyboard.press("Enter")

        codes = dialog.get_by_role("list", name="Your recovery codes").get_by_role("listitem")
        await expect(codes.first).to_be_visible()
        shown = await codes.all_inner_texts()
        await pressed(page, "Done")
        await expect(dialog.get_by_role("alert")).to_contain_text("not shown again")
        async with page.expect_download() as kept:
            await pressed(page, "Download")
        await (await kept.value).save_as(tmp_path / "codes")
        assert (tmp_path / "codes").read_text().split() == shown
        await pressed(page, "Done")
        await expect(panel).to_contain_text("It is on.")
        await expect(panel).to_contain_text(f"{len(shown)} recovery codes are left.")
        state = await ada.rest.call("GET", SECOND_FACTOR, None)
        assert state == {"enabled": True, "recovery_codes_left": len(shown)}
        assert await violations(page) == []

        await panel.get_by_role("button", name="New recovery codes").click()
        await dialog.get_by_label("Password").fill(PASSWORD)
        await dialog.get_by_label("Code").fill(shown[1])
        await pressed(page, "Make new codes")
        await expect(codes.first).not_to_have_text(shown[0])
        shown = await codes.all_inner_texts()
        await pressed(page, "Done")
        await pressed(page, "Done")

        await panel.get_by_role("button", name="Turn off").click()
        await dialog.get_by_label("Password").fill(PASSWORD)
        await dialog.get_by_label("Code").fill("AAAA-BBBB-CCCC-DDDD")
        await pressed(page, "Turn off")
        await expect(dialog).to_contain_text("This code is wrong")
        await dialog.get_by_label("Code").fill(shown[0])
        await pressed(page, "Turn off")
        await expect(panel).to_contain_text("It is off.")
        assert not (await ada.rest.call("GET", SECOND_FACTOR, None))["enabled"]
    assert all("401" in complaint for complaint in visit.complaints)


async def test_other_devices_are_signed_out_one_by_one_and_all_at_once(stack: Stack, visit: Visit):
    async with await stack.person() as ada:
        await visit.sign_in(stack.url, ada, PASSWORD)
        async with Palaver(stack.url) as tablet, Palaver(stack.url) as laptop:
            for device in (tablet, laptop):
                await device.rest.log_in(ada.rest.signed_in.user.email, PASSWORD)
            page = await visit.open("/settings/security")
            devices = page.get_by_role("region", name="Devices")
            await expect(devices.get_by_role("listitem")).to_have_count(4)
            await expect(devices.get_by_role("listitem").filter(has_text="This device")).to_contain_text(
                "Chrome on Linux"
            )
            await devices.get_by_role("button", name="Sign out everywhere else").click()
            await pressed(page, "Sign out everywhere else")
            await expect(devices.get_by_role("listitem")).to_have_count(1)
            await expect(devices).to_contain_text("This device")
            await page.get_by_role("button", name="Ada").click()
            await page.get_by_role("menuitemradio", name="中文").click()
            await page.keyboard.press("Escape")
            await expect(page.get_by_role("region", name="设备")).to_contain_text("Linux 上的 Chrome")
            await expect(page.get_by_role("region", name="两步验证")).to_contain_text("未开启。")
            assert await violations(page) == []
    assert visit.complaints == []


async def test_preferences_take_effect_at_once_and_follow_the_person(stack: Stack, visit: Visit):
    async with await stack.person() as ada:
        await visit.sign_in(stack.url, ada, PASSWORD)
        page = await visit.open("/settings")
        await expect(page.get_by_role("heading", name="Preferences")).to_be_visible()
        assert await violations(page) == []
        for choice in ("Dark", "Large", "Ctrl + Enter", "中文"):
            await page.get_by_role("radio", name=choice).check(force=True)
        await expect(page.get_by_role("heading", name="偏好")).to_be_visible()
        html = page.locator("html")
        await expect(html).to_have_attribute("data-theme", "dark")
        await expect(html).to_have_attribute("data-font-size", "large")
        await expect(html).to_have_attribute("lang", "zh-CN")
        assert await violations(page) == []
        stored = {
            "language": "zh",
            "theme": "dark",
            "font_size": "large",
            "send_key": "mod-enter",
            "room_view": "transcript",
        }
        assert await ada.rest.call("GET", SETTINGS, None) == stored

        await ada.rest.call("PUT", SETTINGS, {**stored, "theme": "light", "language": "en"})
        again = await visit.open("/settings")  # elsewhere it was chosen otherwise since
        await expect(again.get_by_role("heading", name="Preferences")).to_be_visible()
        await expect(again.locator("html")).to_have_attribute("data-theme", "light")
        await expect(again.get_by_role("radio", name="Ctrl + Enter")).to_be_checked()
    assert visit.complaints == []


async def test_name_and_password_are_changed_and_the_account_is_deleted(stack: Stack, visit: Visit):
    async with await stack.person() as ada:
        email = ada.rest.signed_in.user.email
        await visit.sign_in(stack.url, ada, PASSWORD)
        page = await visit.open("/settings/account")
        await page.get_by_label("Your name").fill("Countess")
        await page.get_by_role("button", name="Save").click()
        await expect(page.get_by_role("complementary")).to_contain_text("Countess")

        form = page.get_by_role("region", name="Password", exact=True)
        await form.get_by_label("Present password").fill("not my password")
        await form.get_by_label("New password").fill(NEW_PASSWORD)
        await form.get_by_role("button", name="Change password").click()
        await expect(form).to_contain_text("This password is wrong.")
        await form.get_by_label("Present password").fill(PASSWORD)
        await form.get_by_role("button", name="Change password").click()
        await expect(page.get_by_text("Your password is changed.")).to_be_visible()

        await page.get_by_role("button", name="Delete account").click()
        dialog = page.get_by_role("dialog", name="Delete account")
        await expect(dialog).to_contain_text("your provider keys")
        assert await violations(page) == []
        await dialog.get_by_label("Password").fill(NEW_PASSWORD)
        await dialog.get_by_role("button", name="Delete for good").click()
        await expect(page.get_by_label("E-mail")).to_be_visible()
        await page.get_by_label("E-mail").fill(email)
        await page.get_by_label("Password").fill(NEW_PASSWORD)
        await page.locator("form").get_by_role("button", name="Sign in").click()
        await expect(page.get_by_role("alert")).to_contain_text("E-mail or password is wrong.")
    assert all("401" in complaint for complaint in visit.complaints)
