"""Where one is signed in, logging out from afar, changing one's password, settings."""

import asyncio
from collections.abc import Awaitable
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

import pytest
from sqlalchemy import select

from palaver.contracts.actors import Actor
from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.identity import AUDIT_LIST, ListAudit
from palaver.contracts.ids import SignInId, UserId, new_id
from palaver.contracts.preferences import (
    PREFERENCES_GET,
    PREFERENCES_SET,
    Preferences,
    ReadPreferences,
    SetPreferences,
)
from palaver.contracts.sign_ins import (
    SIGN_IN_END,
    SIGN_IN_END_OTHERS,
    SIGN_IN_LIST,
    EndOtherSignIns,
    EndSignIn,
    ListSignIns,
    SignInView,
)
from palaver.identity.store.tables import audit
from palaver.identity.testing.world import PASSPHRASE, Person, World

pytestmark = [pytest.mark.component, pytest.mark.attack]

CODE = "a-one-time-code-of-43-characters-4f1c9e07b2"
NEW = "another long password"


class Worlds(Protocol):
    def __call__(self, **settings: Any) -> AbstractAsyncContextManager[World]: ...


async def refused(answer: Awaitable[object]) -> ErrorCode:
    with pytest.raises(Failure) as caught:
        await answer
    return caught.value.code


async def devices(world: World, person: Person) -> tuple[SignInView, ...]:
    request = ListSignIns(actor=person.actor, sid=person.sid)
    return (await world.edge.broker.ask(SIGN_IN_LIST, request)).sign_ins


async def end(world: World, person: Person, sid: str) -> None:
    await world.edge.broker.ask(SIGN_IN_END, EndSignIn(actor=person.actor, sign_in_id=SignInId(sid)))


async def end_others(world: World, person: Person) -> int:
    request = EndOtherSignIns(actor=person.actor, sid=person.sid)
    return (await world.edge.broker.ask(SIGN_IN_END_OTHERS, request)).ended


async def by_sign_in(world: World, person: Person) -> set[tuple[str, str | None]]:
    async with world.database.read() as conn:
        about = (audit.c.actor_id == person.user.id) | (audit.c.target_id == person.user.id)
        return {(row.action, row.sign_in) for row in await conn.execute(select(audit).where(about))}


async def actions(world: World, person: Person, count: int) -> list[tuple[str, str]]:
    """The first things that the trail says of a person, in the order of what was done."""
    async with asyncio.timeout(20):
        while True:
            entries = (await world.edge.broker.ask(AUDIT_LIST, ListAudit(actor=person.actor))).entries
            if len(entries) >= count:
                return sorted((entry.action, entry.outcome) for entry in entries)
            await asyncio.sleep(0.01)


async def test_a_person_sees_where_they_are_signed_in_and_nobody_elses(world: World) -> None:
    here = await world.edge.register("ada@example.org")
    world.clock.forward(minutes=1)
    there = await world.edge.log_in("ada@example.org")
    await world.edge.register("bob@example.org")
    assert [(device.id, device.current) for device in await devices(world, here)] == [
        (there.sid, False),
        (here.sid, True),
    ]
    world.clock.forward(minutes=1)
    await world.edge.refresh(here.tokens.refresh_token)
    first, _ = await devices(world, there)
    assert (first.id, first.device, first.address) == (here.sid, "test", "203.0.113.7")
    assert first.used_at - first.created_at == (world.clock.now - first.created_at)


async def test_sign_ins_that_ran_out_unused_are_not_listed(world: World) -> None:
    await world.edge.register("ada@example.org")
    world.clock.forward(days=31)
    again = await world.edge.log_in("ada@example.org")
    assert [device.id for device in await devices(world, again)] == [again.sid]


async def test_a_device_is_logged_out_from_afar_and_only_by_its_person(world: World) -> None:
    here = await world.edge.register("ada@example.org")
    lost = await world.edge.log_in("ada@example.org")
    bob = await world.edge.register("bob@example.org")
    assert await refused(end(world, bob, lost.sid)) is ErrorCode.NOT_FOUND
    await end(world, here, lost.sid)
    assert await refused(world.edge.refresh(lost.tokens.refresh_token)) is ErrorCode.UNAUTHENTICATED
    assert [device.id for device in await devices(world, here)] == [here.sid]
    assert await refused(end(world, here, lost.sid)) is ErrorCode.NOT_FOUND
    assert world.metric("palaver_identity_ended_sign_ins_total", about="remote") == 1


async def test_all_other_devices_are_logged_out_at_once_by_one_that_is_signed_in(world: World) -> None:
    here = await world.edge.register("ada@example.org")
    others = [await world.edge.log_in("ada@example.org") for _ in range(3)]
    bob = await world.edge.register("bob@example.org")
    assert await end_others(world, here) == 3
    assert await end_others(world, here) == 0
    for other in others:
        assert await refused(world.edge.refresh(other.tokens.refresh_token)) is ErrorCode.UNAUTHENTICATED
        assert await refused(end_others(world, other)) is ErrorCode.NOT_FOUND, "it is over itself"
    assert [device.id for device in await devices(world, here)] == [here.sid]
    assert (await world.edge.refresh(bob.tokens.refresh_token)).user.id == bob.user.id


async def test_the_trail_says_by_which_sign_in_something_was_done(world: World) -> None:
    here = await world.edge.register("ada@example.org")
    there = await world.edge.log_in("ada@example.org")
    wrong = world.edge.change_password(there, "not the password", NEW)
    assert await refused(wrong) is ErrorCode.INVALID_CREDENTIALS
    await end(world, here, there.sid)
    again = await world.edge.log_in("ada@example.org")
    await end_others(world, again)
    async with asyncio.timeout(20):
        while len(done := await by_sign_in(world, here)) < 6:  # noqa: ASYNC110 - rows in a database
            await asyncio.sleep(0.01)
    assert done == {
        ("user.register", here.sid),
        ("user.login", there.sid),
        ("password.change", there.sid),
        ("sign-in.end", here.sid),
        ("user.login", again.sid),
        ("sign-in.end-others", again.sid),
    }


async def test_a_changed_password_ends_all_other_sign_ins_and_keeps_the_one_that_asked(world: World) -> None:
    here = await world.edge.register("ada@example.org")
    others = [await world.edge.log_in("ada@example.org") for _ in range(2)]
    await world.edge.change_password(here, PASSPHRASE, NEW)
    for other in others:
        assert await refused(world.edge.refresh(other.tokens.refresh_token)) is ErrorCode.UNAUTHENTICATED
    assert (await world.edge.refresh(here.tokens.refresh_token)).user.id == here.user.id
    assert await refused(world.edge.log_in("ada@example.org")) is ErrorCode.INVALID_CREDENTIALS
    assert (await world.edge.log_in("ada@example.org", NEW)).user.id == here.user.id


async def test_without_the_present_password_none_is_changed(world: World) -> None:
    ada = await world.edge.register("ada@example.org")
    wrong, missing = (world.edge.change_password(ada, given, NEW) for given in ("not the password", None))
    assert await refused(wrong) is ErrorCode.INVALID_CREDENTIALS
    assert await refused(missing) is ErrorCode.VALIDATION_FAILED
    assert (await world.edge.log_in("ada@example.org")).user.id == ada.user.id


async def test_who_signed_in_by_link_sets_a_first_password_while_the_sign_in_is_fresh(worlds: Worlds) -> None:
    async with worlds(owner_sign_in_code=CODE) as world:
        owner = await world.edge.redeem_link(CODE)
        world.clock.forward(minutes=11)
        assert await refused(world.edge.change_password(owner, None, NEW)) is ErrorCode.SIGN_IN_TOO_OLD
    async with worlds(owner_sign_in_code=CODE[::-1]) as world:
        owner = await world.edge.redeem_link(CODE[::-1])
        await world.edge.change_password(owner, None, NEW)
        assert (await world.edge.log_in("owner@localhost", NEW)).user.id == owner.user.id


async def test_what_is_done_to_sign_ins_and_passwords_is_in_the_trail_without_them(world: World) -> None:
    ada = await world.edge.register("ada@example.org")
    lost = await world.edge.log_in("ada@example.org")
    await end(world, ada, lost.sid)
    await world.edge.change_password(ada, PASSPHRASE, NEW)
    assert await actions(world, ada, 4) == [
        ("password.change", "done"),
        ("sign-in.end", "done"),
        ("user.login", "done"),
        ("user.register", "done"),
    ]


async def test_settings_follow_the_person_and_begin_with_defaults(world: World) -> None:
    ada = await world.edge.register("ada@example.org")
    ask = world.edge.broker.ask
    assert await ask(PREFERENCES_GET, ReadPreferences(actor=ada.actor)) == Preferences()
    wanted = Preferences(language="zh", theme="dark", font_size="large", send_key="mod-enter")
    assert await ask(PREFERENCES_SET, SetPreferences(actor=ada.actor, preferences=wanted)) == wanted
    assert await ask(PREFERENCES_GET, ReadPreferences(actor=ada.actor)) == wanted
    less = Preferences(language="en")
    await ask(PREFERENCES_SET, SetPreferences(actor=ada.actor, preferences=less))
    assert await ask(PREFERENCES_GET, ReadPreferences(actor=ada.actor)) == less
    nobody = Actor(user_id=UserId(new_id()))
    assert await refused(ask(PREFERENCES_SET, SetPreferences(actor=nobody, preferences=wanted))) is ErrorCode.NOT_FOUND
