"""A forgotten password, with a real SMTP server: asked for, mailed, used once, and nothing told to strangers."""

import asyncio
import re
import stat
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any, Protocol

import pytest
from sqlalchemy import select

from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.preferences import PREFERENCES_SET, Preferences, SetPreferences
from palaver.identity.store.tables import mails, password_resets
from palaver.identity.testing.post_office import LOOPBACK, PostOffice, self_signed
from palaver.identity.testing.world import World

pytestmark = [pytest.mark.component, pytest.mark.attack]

NEW = "another long password"
PAGE = "https://chat.example.org"


class Worlds(Protocol):
    def __call__(self, **settings: Any) -> AbstractAsyncContextManager[World]: ...


async def refused(answer: Awaitable[object]) -> ErrorCode:
    with pytest.raises(Failure) as caught:
        await answer
    return caught.value.code


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(20):
        while not await condition():  # noqa: ASYNC110 - the condition is a row in the service's database
            await asyncio.sleep(0.01)


def posting(office: PostOffice, **changes: Any) -> dict[str, Any]:
    """Settings of a service that mails there."""
    server = {"host": LOOPBACK, "port": office.port, "security": "none", "sender": "Palaver <palaver@example.org>"}
    return {"mail": server | changes, "page_url": PAGE}


def token_in(mail: EmailMessage) -> str:
    found = re.findall(re.escape(PAGE) + r"/#reset=([A-Za-z0-9_-]{43})\s", mail.get_content())
    assert len(found) == 1, mail.get_content()
    return found[0]


async def waiting(world: World) -> int:
    async with world.database.read() as conn:
        return len((await conn.execute(select(mails))).all())


async def nothing_waits(world: World) -> None:
    async def none() -> bool:
        return await waiting(world) == 0

    await until(none)


async def test_a_mailed_link_sets_a_new_password_once_and_ends_every_sign_in(worlds: Worlds) -> None:
    async with PostOffice().opened() as office, worlds(**posting(office)) as world:
        ada = await world.edge.register("ada@example.org")
        await world.edge.forget_password("ADA@example.org")
        mail = await office.next()
        assert (mail["To"], mail["From"]) == ("ada@example.org", "Palaver <palaver@example.org>")
        assert mail["Subject"] == "Set a new password for Palaver"
        token = token_in(mail)
        await world.edge.reset_password(token, NEW)
        assert await refused(world.edge.refresh(ada.tokens.refresh_token)) is ErrorCode.UNAUTHENTICATED
        assert await refused(world.edge.log_in("ada@example.org")) is ErrorCode.INVALID_CREDENTIALS
        assert (await world.edge.log_in("ada@example.org", NEW)).user.id == ada.user.id
        assert await refused(world.edge.reset_password(token, NEW)) is ErrorCode.RESET_LINK_INVALID
        assert world.metric("palaver_identity_ended_sign_ins_total", about="password_reset") == 1


async def test_of_two_that_use_a_link_at_once_one_is_late(worlds: Worlds) -> None:
    async with PostOffice().opened() as office, worlds(**posting(office)) as world:
        await world.edge.register("ada@example.org")
        await world.edge.forget_password("ada@example.org")
        token = token_in(await office.next())
        both = (world.edge.reset_password(token, f"{NEW} {number}") for number in range(2))
        answers = await asyncio.gather(*both, return_exceptions=True)
    assert [answer.code for answer in answers if isinstance(answer, Failure)] == [ErrorCode.RESET_LINK_INVALID]


async def test_a_link_lives_for_half_an_hour_and_dies_with_a_changed_password(worlds: Worlds) -> None:
    async with PostOffice().opened() as office, worlds(**posting(office)) as world:
        ada = await world.edge.register("ada@example.org")
        await world.edge.forget_password("ada@example.org")
        late = token_in(await office.next())
        world.clock.forward(minutes=30)
        assert await refused(world.edge.reset_password(late, NEW)) is ErrorCode.RESET_LINK_INVALID
        await nothing_waits(world)
        await world.edge.forget_password("ada@example.org")
        other = token_in(await office.next())
        await world.edge.change_password(ada, "correct horse battery", NEW)
        assert await refused(world.edge.reset_password(other, NEW)) is ErrorCode.RESET_LINK_INVALID
        assert await refused(world.edge.reset_password("made up", NEW)) is ErrorCode.RESET_LINK_INVALID


async def test_mails_speak_the_persons_language_whoever_asks(worlds: Worlds) -> None:
    async with PostOffice().opened() as office, worlds(**posting(office)) as world:
        ada = await world.edge.register("ada@example.org")
        await world.edge.forget_password("ada@example.org", "zh")
        assert (await office.next())["Subject"] == "重设您的 Palaver 密码"
        await nothing_waits(world)
        set_english = SetPreferences(actor=ada.actor, preferences=Preferences(language="en"))
        await world.edge.broker.ask(PREFERENCES_SET, set_english)
        await world.edge.forget_password("ada@example.org", "zh")
        assert (await office.next())["Subject"] == "Set a new password for Palaver"


async def test_a_stranger_gets_the_same_answer_after_the_same_work_and_no_mail(worlds: Worlds) -> None:
    def hashes() -> float:
        return world.metric("palaver_identity_password_hash_seconds_count")

    async with PostOffice().opened() as office, worlds(**posting(office)) as world:
        await world.edge.register("ada@example.org")
        before = hashes()
        await world.edge.forget_password("nobody@example.org")
        await world.edge.forget_password("ada@example.org")
        assert (await office.next())["To"] == "ada@example.org"
        await nothing_waits(world)
        assert office.is_empty
        assert hashes() == before
    assert world.metric("palaver_identity_mails_total", about="nobody") == 1


async def test_nobody_is_flooded(worlds: Worlds) -> None:
    async with PostOffice().opened() as office, worlds(**posting(office)) as world:
        await world.edge.register("ada@example.org")
        for _ in range(3):
            await world.edge.forget_password("ada@example.org")
            await office.next()
            await nothing_waits(world)
        await world.edge.forget_password("ada@example.org")
        await nothing_waits(world)
        assert office.is_empty


async def test_a_mail_waits_for_its_server_and_no_secret_waits_with_it(worlds: Worlds) -> None:
    office = PostOffice()
    async with office.opened():
        pass  # a port where nobody listens for now
    async with worlds(**posting(office)) as world:
        await world.edge.register("ada@example.org")
        await world.edge.forget_password("ada@example.org")

        async def postponed() -> bool:
            return world.metric("palaver_identity_mails_total", about="postponed") == 1

        await until(postponed)
        async with world.database.read() as conn:
            assert (await conn.execute(select(password_resets))).all() == []
            (row,) = (await conn.execute(select(mails))).all()
        assert row.attempts == 1
        async with office.opened():
            world.clock.forward(seconds=30)
            token = token_in(await office.next())
        async with world.database.read() as conn:
            (kept,) = (await conn.execute(select(password_resets))).all()
        assert token not in repr(tuple(kept))
        await world.edge.reset_password(token, NEW)


async def test_a_mailbox_that_does_not_exist_is_not_tried_again_and_one_that_is_full_is(worlds: Worlds) -> None:
    office = PostOffice(answers=["550 No such user", "452 Mailbox full"])
    async with office.opened(), worlds(**posting(office)) as world:
        await world.edge.register("ada@example.org")
        await world.edge.forget_password("ada@example.org")
        await nothing_waits(world)
        assert world.metric("palaver_identity_mails_total", about="given_up") == 1
        await world.edge.forget_password("ada@example.org")

        async def postponed() -> bool:
            return world.metric("palaver_identity_mails_total", about="postponed") == 1

        await until(postponed)
        world.clock.forward(seconds=30)
        token_in(await office.next())


async def test_a_server_that_wants_encryption_and_a_password_gets_both(worlds: Worlds, tmp_path: Path) -> None:
    context, certificate = self_signed(tmp_path)
    password = tmp_path / "password"
    password.write_text("an smtp password\n")
    office = PostOffice(tls=context, login=("mailer", "an smtp password"))
    async with office.opened():
        changes = {"security": "starttls", "user": "mailer", "password_file": password, "ca_file": certificate}
        async with worlds(**posting(office, **changes)) as world:
            await world.edge.register("ada@example.org")
            await world.edge.forget_password("ada@example.org")
            token_in(await office.next())
    assert office.signed_in_as == ["mailer"]


async def test_without_a_mail_server_mails_lie_in_a_folder_that_only_its_owner_reads(
    worlds: Worlds, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "mail"
    async with worlds(mail_directory=folder, page_url=PAGE) as world:
        await world.edge.register("ada@example.org")
        await world.edge.forget_password("ada@example.org")
        await nothing_waits(world)
        (path,) = folder.iterdir()
        token = token_in(message_from_bytes(path.read_bytes(), policy=policy.default))  # pyright: ignore[reportArgumentType]
        await world.edge.reset_password(token, NEW)
    assert (stat.S_IMODE(folder.stat().st_mode), stat.S_IMODE(path.stat().st_mode)) == (0o700, 0o600)
    said = capsys.readouterr().out
    assert str(path) in said
    assert token not in said


async def test_where_no_mail_can_be_sent_everybody_is_told_so(world: World) -> None:
    await world.edge.register("ada@example.org")
    for email in ("ada@example.org", "nobody@example.org"):
        assert await refused(world.edge.forget_password(email)) is ErrorCode.MAIL_NOT_CONFIGURED
