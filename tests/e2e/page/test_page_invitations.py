"""Opening an account by invitation on the page: by the mailed link, and by a code that is typed in."""

import asyncio
import re
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from palaver.cli.testing.page import Visit
from palaver.cli.testing.stack import PASSWORD, Stack
from palaver.client import Palaver

pytestmark = [pytest.mark.e2e, pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

SHAPE = {"overrides": {"identity": {"registration": "invitation"}}}
HOME = "Who should be in the room?"


def newest(folder: Path) -> bytes | None:
    mails = sorted(folder.glob("*.eml"))
    return mails[-1].read_bytes() if mails else None


async def mailed_link(folder: Path) -> str:
    async with asyncio.timeout(30):
        while (written := newest(folder)) is None:  # noqa: ASYNC110 - a folder tells nobody
            await asyncio.sleep(0.05)
    mail = message_from_bytes(written, policy=policy.SMTP)
    found = re.search(r"https?://\S+#invitation=\S+", mail.get_content())
    assert found is not None
    return found[0]


async def fill(page: Page, email: str) -> None:
    await page.get_by_label("Your name").fill("Ada")
    await page.get_by_label("E-mail").fill(email)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Create account").click()


async def test_the_link_of_the_mail_opens_the_account_that_it_is_for(stack: Stack, owner: Palaver, visit: Visit):
    made = await owner.admin.invite("ada@example.org", role="admin")
    page = await visit.open("/")
    await page.goto(await mailed_link(stack.home.path / "mail"))
    await expect(page.get_by_label("Invitation")).not_to_have_value("")
    assert "invitation" not in page.url
    await fill(page, "somebody-else@example.org")
    await expect(page.get_by_role("alert")).to_contain_text("is for another e-mail address")
    await fill(page, "ada@example.org")
    await expect(page.get_by_role("heading", name=HOME)).to_be_visible()
    (used,) = await owner.admin.invitations("used")
    assert used.id == made.id
    (ada,) = await owner.admin.people("ada@")
    assert ada.role == "admin"
    assert [one for one in visit.complaints if "403" not in one] == []


async def test_a_code_is_typed_in_or_stands_in_the_query_and_nobody_comes_in_without(owner: Palaver, visit: Visit):
    made = await owner.admin.invite(uses=2)
    page = await visit.open("/")
    await page.get_by_text("Register", exact=True).click()
    await page.get_by_label("Invitation").fill("made-up")
    await fill(page, "bob@example.org")
    await expect(page.get_by_role("alert")).to_contain_text("was used already")
    await page.goto(f"{page.url}?invitation={made.code}")
    await expect(page.get_by_label("Invitation")).to_have_value(made.code)
    assert made.code not in page.url
    await fill(page, "bob@example.org")
    await expect(page.get_by_role("heading", name=HOME)).to_be_visible()
    assert [one for one in visit.complaints if "403" not in one] == []
