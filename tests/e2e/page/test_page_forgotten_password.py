"""A forgotten password on the page: asked for, mailed, set by the link, used."""

import asyncio
import re
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from playwright.async_api import expect

from palaver.cli.testing.page import Visit
from palaver.cli.testing.stack import PASSWORD, Stack

pytestmark = [pytest.mark.e2e, pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

NEW_PASSWORD = "another one, long enough"
MAILED_SECONDS = 30.0


def newest(folder: Path) -> bytes | None:
    mails = sorted(folder.glob("*.eml"))
    return mails[-1].read_bytes() if mails else None


async def mailed_link(folder: Path) -> str:
    """The link in the newest mail, once there is one."""
    async with asyncio.timeout(MAILED_SECONDS):
        while (written := newest(folder)) is None:  # noqa: ASYNC110 - a folder tells nobody
            await asyncio.sleep(0.05)
    mail = message_from_bytes(written, policy=policy.SMTP)
    found = re.search(r"https?://\S+#reset=\S+", mail.get_content())
    assert found is not None
    return found[0]


async def test_a_mailed_link_sets_a_new_password_once(stack: Stack, visit: Visit):
    async with await stack.person() as ada:
        email = ada.rest.signed_in.user.email
        page = await visit.open("/")
        await page.get_by_role("button", name="Forgot your password?").click()
        await page.get_by_label("E-mail").fill(email)
        await page.get_by_role("button", name="Send the link").click()
        await expect(page.get_by_text("a mail is on its way")).to_be_visible()

        link = await mailed_link(stack.home.path / "mail")
        await page.goto(link)
        await page.get_by_label("New password").fill(NEW_PASSWORD)
        assert "reset" not in page.url
        await page.get_by_role("button", name="Set a new password").click()
        await expect(page.get_by_text("Your password is changed")).to_be_visible()

        await page.get_by_label("E-mail").fill(email)
        await page.get_by_label("Password").fill(PASSWORD)
        await page.get_by_role("button", name="Sign in").click()
        await expect(page.get_by_role("alert")).to_be_visible()
        await page.get_by_label("Password").fill(NEW_PASSWORD)
        await page.get_by_role("button", name="Sign in").click()
        await expect(page.get_by_role("heading", name="Who should be in the room?")).to_be_visible()

        # Who is signed in and opens the used link again is told that it is used, and goes on.
        await page.goto(link)
        await page.get_by_label("New password").fill(NEW_PASSWORD)
        await page.get_by_role("button", name="Set a new password").click()
        await expect(page.get_by_role("alert")).to_contain_text("was used already or has expired")
        await page.get_by_role("button", name="Back to your rooms").click()
        await expect(page.get_by_role("heading", name="Who should be in the room?")).to_be_visible()
    # The refused password and the used link are answers that the browser's console mentions.
    assert [one for one in visit.complaints if "401" not in one and "403" not in one] == []
