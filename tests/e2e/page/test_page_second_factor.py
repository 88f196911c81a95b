"""The second step of signing in, on the page and in the terminal."""

from pathlib import Path

import pytest
from playwright.async_api import expect
from pydantic import SecretStr
from pyotp.totp import TOTP

from palaver.cli.chat.signing_in import Account, KeptLogIn, sign_in
from palaver.cli.errors import CommandError
from palaver.cli.testing.page import Visit
from palaver.cli.testing.stack import PASSWORD, Stack
from palaver.client import Palaver

pytestmark = [pytest.mark.e2e, pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

SECOND_FACTOR = "/api/v1/users/me/second-factor"


async def recovery_codes(person: Palaver) -> list[str]:
    """Of the second factor that is on from now."""
    made = await person.rest.call("POST", SECOND_FACTOR, {"password": PASSWORD})
    return (await person.rest.call("POST", f"{SECOND_FACTOR}/confirm", {"code": TOTP(made["secret"]).now()}))["codes"]


async def test_the_page_asks_for_a_code_after_the_password(stack: Stack, visit: Visit):
    async with await stack.person() as ada:
        code, *_ = await recovery_codes(ada)
        page = await visit.open("/")
        for again in (True, False):
            await page.get_by_label("E-mail").fill(ada.rest.signed_in.user.email)
            await page.get_by_label("Password").fill(PASSWORD)
            await page.locator("form").get_by_role("button", name="Sign in").click()
            await expect(page.get_by_label("Code")).to_be_focused()
            if again:
                await page.get_by_role("button", name="Begin again").click()
        await page.get_by_label("Code").fill("AAAA-BBBB-CCCC-DDDD")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("alert")).to_contain_text("This code is wrong")
        await page.get_by_label("Code").fill(code)
        await page.keyboard.press("Enter")
        await expect(page.get_by_text("Who should be in the room?")).to_be_visible()
    assert all("401" in complaint for complaint in visit.complaints)


async def test_the_terminal_asks_for_it_too(stack: Stack, tmp_path: Path):
    async with await stack.person() as ada:
        code, *_ = await recovery_codes(ada)
        account = Account(email=ada.rest.signed_in.user.email, password=SecretStr(PASSWORD))
        kept = KeptLogIn(tmp_path / "log-in", stack.url)
        async with Palaver(stack.url) as program:
            with pytest.raises(CommandError, match="code is wrong"):
                await sign_in(program, kept, account, None, lambda: "AAAA-BBBB-CCCC-DDDD")
            assert kept.read() is None
            await sign_in(program, kept, account, None, lambda: code)
            assert program.rest.signed_in.user.id == ada.rest.signed_in.user.id
            assert kept.read() == program.rest.signed_in.refresh_token
