"""A key under a passphrase on the page: sealed in the browser, locked, unlocked. Nothing clear leaves the page."""

import pytest
from playwright.async_api import Request, expect

from palaver.cli.testing.page import Visit
from palaver.cli.testing.stack import PASSWORD, Stack
from palaver.client import Palaver

pytestmark = [pytest.mark.e2e, pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

KEY, PASSPHRASE = "sk-a-key-of-the-page-0000-PAGE", "several words that nobody guesses"


async def test_a_key_is_protected_locked_and_unlocked(stack: Stack, visit: Visit):
    async with await stack.person() as ada:
        await visit.sign_in(stack.url, ada, PASSWORD)
        page = await visit.open("/keys")
        sent: list[str] = []

        def note(request: Request) -> None:
            sent.append(request.post_data or "")

        page.on("request", note)
        await page.get_by_role("button", name="Add key").click()
        dialog = page.get_by_role("dialog", name="Add a key")
        await dialog.get_by_label("Provider").select_option("openai")
        await dialog.get_by_label("Key", exact=True).fill(KEY)
        await dialog.get_by_label("Protect with a passphrase").check()
        await dialog.get_by_label("Passphrase", exact=True).fill(PASSPHRASE)
        await dialog.get_by_label("Passphrase again").fill("something else altogether")
        await dialog.get_by_role("button", name="Store key").click()
        await expect(dialog).to_contain_text("The two passphrases differ.")
        await dialog.get_by_label("Passphrase again").fill(PASSPHRASE)
        await dialog.get_by_role("button", name="Store key").click()
        await expect(dialog).to_be_hidden()

        lock = page.get_by_role("region", name="Keys under a passphrase")
        await expect(lock).to_contain_text("are unlocked until")
        await expect(page.get_by_role("listitem").filter(has_text="…PAGE")).to_contain_text("Under a passphrase")
        await lock.get_by_role("button", name="Lock").click()
        await expect(lock).to_contain_text("are locked")
        await expect(page.get_by_role("listitem").filter(has_text="…PAGE")).to_contain_text("Locked")
        assert sent
        assert not any(KEY in body or PASSPHRASE in body for body in sent)

        async with Palaver(stack.url) as program:  # what the page sealed, the SDK unlocks
            await program.rest.log_in(ada.rest.signed_in.user.email, PASSWORD)
            await program.keys.unlock(PASSPHRASE)
            await program.keys.lock()

        await lock.get_by_role("button", name="Unlock").click()
        dialog = page.get_by_role("dialog", name="Unlock your keys")
        await dialog.get_by_label("Passphrase").fill(PASSPHRASE)
        await dialog.get_by_role("button", name="Unlock").click()
        await expect(dialog).to_be_hidden()
        await expect(lock).to_contain_text("are unlocked until")
    assert visit.complaints == []
