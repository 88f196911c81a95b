"""The terminal's commands as somebody types them: real processes, secrets by the standard input, what comes of it."""

import asyncio
import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from pyotp.totp import TOTP

from palaver.cli.testing.stack import PASSWORD, Stack
from palaver.client import Palaver
from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.preferences import Preferences

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(400)]

KEY = "sk-a-key-that-the-simulator-takes-0001"
PASSPHRASE = "four words and more"


@dataclass
class Terminal:
    """Of one person at one server; signed in by their first command, and kept so."""

    home: Path
    url: str

    async def type(self, *words: str, given: str = "", status: int = 0, **environment: str) -> str:
        """What a command prints. `given` are lines of its standard input."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("PALAVER_")}
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "palaver.cli",
            *words,
            env={**inherited, "PALAVER_HOME": str(self.home), "PALAVER_URL": self.url, **environment},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await process.communicate(given.encode())
        assert process.returncode == status, err.decode()
        return out.decode() if status == 0 else err.decode()

    async def sign_in(self, person: Palaver) -> None:
        """By their first command."""
        email = person.rest.signed_in.user.email
        await self.type("account", "show", PALAVER_EMAIL=email, PALAVER_PASSWORD=PASSWORD)


async def test_keys_are_added_changed_and_removed_and_none_is_shown(stack: Stack, tmp_path: Path):
    async with await stack.person() as ada:
        terminal = Terminal(tmp_path, stack.url)
        await terminal.sign_in(ada)
        assert "sim-swift" in await terminal.type("models", "swift")
        added = await terminal.type("keys", "add", "openai", "--label", "mine", "--order", "3", given=f"{KEY}\n")
        (key,) = await ada.keys.list()
        assert added.split()[0] == key.id
        assert (key.label, key.order, key.key_hint, key.protection) == ("mine", 3, "0001", "server")
        await terminal.type("keys", "change", key.id, "--label", "work", "--weight", "7")
        await terminal.type("keys", "disable", key.id[:30])
        (key,) = await ada.keys.list()
        assert (key.label, key.order, key.weight, key.status) == ("work", 3, 7, "disabled")
        listed = await terminal.type("keys", "list")
        assert key.id in listed
        assert "disabled" in listed
        assert KEY not in listed
        await terminal.type("keys", "enable", key.id)
        lines = f"{KEY}\n{PASSPHRASE}\n"
        await terminal.type("keys", "add", "openai", "--passphrase", given=lines)
        await terminal.type("keys", "lock")
        protected = next(one for one in await ada.keys.list() if one.protection == "passphrase")
        assert protected.locked
        assert "not the passphrase" in await terminal.type("keys", "unlock", given="not the words at all\n", status=1)
        assert "Unlocked until" in await terminal.type("keys", "unlock", given=f"{PASSPHRASE}\n")
        for one in (key, protected):
            await terminal.type("keys", "remove", one.id)
        assert await ada.keys.list() == ()
        assert "No key of yours" in await terminal.type("keys", "remove", key.id, status=1)
        assert "nothing came" in await terminal.type("keys", "add", "openai", status=1)


async def test_an_account_is_opened_set_up_and_deleted(stack: Stack, tmp_path: Path):
    async with Palaver(stack.url) as owner:
        await owner.rest.redeem(stack.sign_in.link.code)
        made = await owner.admin.invite("bob@example.org", role="admin")
        terminal, new = Terminal(tmp_path, stack.url), "another long password"
        given = f"{made.code}\n{PASSWORD}\n"
        opened = await terminal.type(
            "account", "register", "bob@example.org", "--name", "Bob", "--invited", given=given
        )
        assert opened.split()[1:] == ["bob@example.org,", "admin"]
        await terminal.type("account", "set", "theme", "dark")
        assert "There are the settings" in await terminal.type("account", "set", "colour", "red", status=1)
        async with Palaver(stack.url) as bob:
            await bob.rest.log_in("bob@example.org", PASSWORD)
            assert await bob.account.settings() == Preferences(theme="dark")
            assert len(await bob.rest.devices()) == 2
            devices = await terminal.type("account", "devices")
            other = next(line.split()[0] for line in devices.splitlines() if line.split()[-1:] == ["no"])
            await terminal.type("account", "log-out", other)
            with pytest.raises(Failure) as over:
                await bob.rest.devices()
            assert over.value.code is ErrorCode.SIGN_IN_ENDED
        await terminal.type("account", "password", given=f"{PASSWORD}\n{new}\n")
        invited = await terminal.type("admin", "invite", "--uses", "2")
        assert "#invitation=" in invited
        (open_one,) = await owner.admin.invitations("open")
        await terminal.type("admin", "revoke", open_one.id)
        assert await owner.admin.invitations("open") == ()
        async with Palaver(stack.url) as bob:
            await bob.rest.log_in("bob@example.org", new)
            factor = await bob.account.begin_second_factor(new)
            codes = await bob.account.confirm_second_factor(TOTP(factor.secret).now())
            assert f"on, {len(codes)} recovery codes left" in await terminal.type("account", "show")
            await terminal.type("account", "second-factor", "--off", given=f"{new}\n{codes[0]}\n")
            assert not (await bob.account.second_factor()).enabled
            await terminal.type("account", "delete", given=f"{new}\n")
        assert await owner.admin.people("bob@") == ()


async def test_a_room_is_asked_by_somebody_whose_password_comes_by_the_standard_input(stack: Stack, tmp_path: Path):
    async with await stack.person() as ada:
        email, terminal = ada.rest.signed_in.user.email, Terminal(tmp_path, stack.url)
        asked = ("chat", "hello", "--models", "sim-echo", "--email", email)
        said = await terminal.type(*asked, given=f"{PASSWORD}\n")
        room = re.search(r"Room (\S+)", said)
        assert room is not None
        assert (await ada.rest.session(room[1])).id == room[1]
        refused = await terminal.type(*asked, given="another password\n", status=1)
        assert f"Signing in as {email} failed" in refused
