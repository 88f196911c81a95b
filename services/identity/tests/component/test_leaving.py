"""Whoever deletes their account leaves an id behind and nothing else; and who may."""

import asyncio
from collections.abc import Awaitable
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

import pytest
from pyotp.totp import TOTP
from sqlalchemy import select, text, update

from palaver.contracts.actors import Actor, Role
from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.identity import USER_DELETE, USER_DELETED, DeleteUser, DeletionProof, UserDeleted
from palaver.contracts.ids import SignInId, new_id
from palaver.contracts.keyvault import AUDIT_RECORDED
from palaver.contracts.operations import AuditRecorded
from palaver.identity.leaving import SAID_AGAIN_FOR
from palaver.identity.store.tables import audit, metadata, refresh_families, users
from palaver.identity.testing.world import PASSPHRASE, Person, World
from palaver.servicekit.broker import Broker

pytestmark = pytest.mark.component

CODE = "a-one-time-code-of-32-characters-or-more"


class Worlds(Protocol):
    def __call__(self, **settings: Any) -> AbstractAsyncContextManager[World]: ...


async def refused(answer: Awaitable[object]) -> ErrorCode:
    with pytest.raises(Failure) as caught:
        await answer
    return caught.value.code


async def leave(
    world: World,
    actor: Actor,
    password: str | None = PASSPHRASE,
    sid: SignInId | None = None,
    *,
    code: str | None = None,
) -> None:
    sealed = None if password is None else world.edge.sealed(DeletionProof(password=password, code=code))
    await world.edge.broker.ask(USER_DELETE, DeleteUser(actor=actor, sealed=sealed, sid=sid))


async def sid_of(world: World, person: Person) -> SignInId:
    async with world.database.read() as conn:
        mine = select(refresh_families.c.id).where(refresh_families.c.user_id == person.user.id)
        return SignInId((await conn.execute(mine)).scalar_one())


async def rows_with(world: World, needle: str) -> dict[str, int]:
    """Table → how many of its rows hold the needle anywhere."""
    found: dict[str, int] = {}
    async with world.database.read() as conn:
        for table in metadata.tables:
            rows = (await conn.execute(text(f"SELECT t::text FROM {table} t"))).scalars()  # noqa: S608 - our own names
            if count := sum(needle in row for row in rows):
                found[table] = count
    return found


class Heard:
    """Who left, as others hear it."""

    def __init__(self) -> None:
        self.events: list[UserDeleted] = []

    async def listen(self, broker: Broker) -> "Heard":
        async def on_event(msg: Any) -> None:
            self.events.append(UserDeleted.model_validate_json(msg.data))

        await broker.nc.subscribe(USER_DELETED.address.wildcard, cb=on_event)
        await broker.nc.flush()
        return self

    async def reach(self, count: int) -> None:
        async with asyncio.timeout(20):
            while len(self.events) < count:  # noqa: ASYNC110 - events come by callback
                await asyncio.sleep(0.01)


async def test_nothing_but_the_id_stays_and_everybody_hears_of_it(world: World) -> None:
    heard = await Heard().listen(world.edge.broker)
    ada = await world.edge.register("ada@example.org", nickname="Countess")
    bob = await world.edge.register("bob@example.org")
    assert await refused(world.edge.log_in("ada@example.org", "another password")) is ErrorCode.INVALID_CREDENTIALS
    assert (await rows_with(world, "203.0.113.7"))["audit"] == 2
    await leave(world, ada.actor)
    await heard.reach(1)
    assert heard.events[0].user_id == ada.user.id
    assert await rows_with(world, "ada@example.org") == {}
    assert await rows_with(world, "Countess") == {}
    async with asyncio.timeout(20):
        while "ended_sign_ins" in await rows_with(world, ada.user.id):  # noqa: ASYNC110 - gateways are being told
            await asyncio.sleep(0.01)
    assert set(await rows_with(world, ada.user.id)) == {"users", "audit"}
    assert await rows_with(world, "203.0.113.7") == {"refresh_families": 1, "audit": 1}, "only Bob's"
    assert await refused(world.edge.log_in("ada@example.org")) is ErrorCode.INVALID_CREDENTIALS
    assert await refused(world.edge.refresh(ada.tokens.refresh_token)) is ErrorCode.UNAUTHENTICATED
    assert await refused(leave(world, ada.actor)) is ErrorCode.SIGN_IN_TOO_OLD
    assert (await world.edge.refresh(bob.tokens.refresh_token)).user.id == bob.user.id
    again = await world.edge.register("ada@example.org")
    assert again.user.id != ada.user.id


async def test_a_wrong_password_deletes_nothing_and_is_in_the_trail(world: World) -> None:
    ada = await world.edge.register("ada@example.org")
    assert await refused(leave(world, ada.actor, "not my password")) is ErrorCode.INVALID_CREDENTIALS
    assert await refused(leave(world, ada.actor, None)) is ErrorCode.VALIDATION_FAILED
    assert (await world.edge.log_in("ada@example.org")).user.id == ada.user.id
    async with world.database.read() as conn:
        refusals = select(audit.c.outcome).where(audit.c.action == "user.delete", audit.c.target_id == ada.user.id)
        async with asyncio.timeout(20):
            while (await conn.execute(refusals)).scalars().all() != ["refused"]:  # noqa: ASYNC110 - a row in a database
                await asyncio.sleep(0.01)


async def test_whoever_has_a_second_factor_gives_a_code_too(world: World) -> None:
    ada = await world.edge.register("ada@example.org")
    authenticator = TOTP(await world.edge.begin_second_factor(ada))
    codes = await world.edge.confirm_second_factor(ada, authenticator.at(world.clock.now))
    assert await refused(leave(world, ada.actor)) is ErrorCode.VALIDATION_FAILED
    assert await refused(leave(world, ada.actor, code="AAAA-AAAA-AAAA")) is ErrorCode.SECOND_FACTOR_INVALID
    assert await refused(leave(world, ada.actor, "not my password", code=codes[0])) is ErrorCode.INVALID_CREDENTIALS
    assert await refused(world.edge.log_in("ada@example.org")) is ErrorCode.SECOND_FACTOR_REQUIRED, "she is still there"
    await leave(world, ada.actor, code=codes[0])
    assert await refused(world.edge.log_in("ada@example.org")) is ErrorCode.INVALID_CREDENTIALS


async def test_the_last_owner_stays_and_one_without_a_password_needs_a_fresh_sign_in(worlds: Worlds) -> None:
    async with worlds(owner_sign_in_code=CODE) as world:
        owner = await world.edge.redeem_link(CODE)
        sid = await sid_of(world, owner)
        assert await refused(leave(world, owner.actor, None, sid)) is ErrorCode.LAST_OWNER
        eve = await world.edge.register("eve@example.org")
        async with world.database.transaction() as conn:
            await conn.execute(update(users).where(users.c.id == eve.user.id).values(role=Role.OWNER.value))
        assert await refused(leave(world, owner.actor, None, None)) is ErrorCode.SIGN_IN_TOO_OLD
        assert await refused(leave(world, owner.actor, None, await sid_of(world, eve))) is ErrorCode.SIGN_IN_TOO_OLD
        world.clock.forward(seconds=601)
        assert await refused(leave(world, owner.actor, None, sid)) is ErrorCode.SIGN_IN_TOO_OLD
        world.clock.forward(seconds=-2)
        await leave(world, owner.actor, None, sid)
        assert await refused(leave(world, eve.actor)) is ErrorCode.LAST_OWNER


async def test_two_owners_who_leave_at_once_leave_one_behind(world: World) -> None:
    both = [await world.edge.register(f"owner-{n}@example.org") for n in range(2)]
    async with world.database.transaction() as conn:
        await conn.execute(update(users).where(users.c.role == Role.OWNER.value).values(role=Role.MEMBER.value))
        theirs = users.c.id.in_([owner.user.id for owner in both])
        await conn.execute(update(users).where(theirs).values(role=Role.OWNER.value))
    results = await asyncio.gather(*(leave(world, owner.actor) for owner in both), return_exceptions=True)
    codes = [result.code for result in results if isinstance(result, Failure)]
    assert codes == [ErrorCode.LAST_OWNER]


async def test_what_was_on_its_way_into_the_trail_loses_its_address(world: World) -> None:
    ada = await world.edge.register("ada@example.org")
    await leave(world, ada.actor)
    late = AuditRecorded(
        event_id=new_id(),
        at=world.clock.now,
        actor_id=ada.user.id,
        action="key.lease",
        target_kind="key",
        target_id=new_id(),
        address="198.51.100.9",
    )
    await world.edge.broker.publish(AUDIT_RECORDED, late)
    async with asyncio.timeout(20):
        while not await rows_with(world, late.event_id):  # noqa: ASYNC110 - a row in a database
            await asyncio.sleep(0.01)
    assert await rows_with(world, "198.51.100.9") == {}


async def test_it_is_said_again_for_a_day(worlds: Worlds) -> None:
    async with worlds() as world:
        heard = await Heard().listen(world.edge.broker)
        ada = await world.edge.register("ada@example.org")
        await leave(world, ada.actor)
        await heard.reach(1)
    async with worlds() as world:  # at every start, and every hour
        await heard.reach(2)
    world.clock.forward(seconds=SAID_AGAIN_FOR.total_seconds() + 1)
    async with worlds() as world:
        bob = await world.edge.register("bob@example.org")
        await leave(world, bob.actor)
        await heard.reach(3)
    assert [event.user_id for event in heard.events] == [ada.user.id, ada.user.id, bob.user.id]
    assert heard.events[0] == heard.events[1]
