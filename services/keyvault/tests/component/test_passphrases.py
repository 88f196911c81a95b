"""Keys that a passphrase protects: usable only while their owner has unlocked them, over real replicas."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from typing import Any, Protocol

import pytest
from nats.aio.msg import Msg
from sqlalchemy import select, update

from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.identity import USER_DELETED, UserDeleted
from palaver.contracts.ids import SignInId, new_id
from palaver.contracts.keyvault import KEY_DELETE, KEY_GET, KEY_REVOKED, KeyRevoked, OfKey
from palaver.contracts.limits import KEY_UNLOCK_SECONDS
from palaver.contracts.sign_ins import SIGN_IN_ENDED, SignInEnded
from palaver.keyvault.tables import envelopes, keys, unlocks
from palaver.keyvault.testing.world import Owner, World, person
from palaver.servicekit.outbox import TABLE as OUTBOX
from palaver.servicekit.sealing import to_base64url
from palaver.servicekit.testing.kits import BrokerFor

pytestmark = [pytest.mark.component, pytest.mark.attack]

SECRET = "sk-live-9d41e07b2d84a6ec-LOCK"


class Worlds(Protocol):
    def __call__(self, **settings: Any) -> AbstractAsyncContextManager[World]: ...


async def refused(answer: Awaitable[object]) -> ErrorCode:
    with pytest.raises(Failure) as caught:
        await answer
    return caught.value.code


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(20):
        while not await condition():  # noqa: ASYNC110 - the condition is the service's answer
            await asyncio.sleep(0.01)


async def lent(world: World, ada: Owner) -> str:
    return world.edge.opened(await world.edge.lease(ada.actor.user_id))


async def is_locked(ada: Owner) -> bool:
    return (await ada.state()).unlocked_until is None


async def test_a_protected_key_is_used_only_while_it_is_unlocked(world: World) -> None:
    ada = world.edge.owner(person())
    assert (await ada.state()).derivation is None
    stored = await ada.protect(SECRET)
    assert (stored.protection, stored.key_hint, stored.status) == ("passphrase", "LOCK", "active")
    shown = await world.edge.broker.ask(KEY_GET, OfKey(actor=ada.actor, key_id=stored.id))
    assert shown.locked
    for use in (
        world.edge.lease(ada.actor.user_id),
        world.edge.candidates(ada.actor.user_id),
        world.edge.lease_for_check(ada.actor, stored.id),
    ):
        assert await refused(use) is ErrorCode.KEY_LOCKED
    assert (await ada.state()).derivation == ada.derivation
    unlocked = await ada.unlock()
    assert unlocked.unlocked_until == world.clock.now + timedelta(seconds=KEY_UNLOCK_SECONDS)
    assert await lent(world, ada) == SECRET
    assert world.edge.opened(await world.edge.lease_for_check(ada.actor, stored.id)) == SECRET
    shown = await world.edge.broker.ask(KEY_GET, OfKey(actor=ada.actor, key_id=stored.id))
    assert not shown.locked


async def test_another_key_is_used_as_long_as_one_is_locked(world: World) -> None:
    ada = world.edge.owner(person())
    other = await world.edge.create(ada.actor, "sk-other-0123456789")
    await ada.protect(SECRET)
    assert [found.key_id for found in await world.edge.candidates(ada.actor.user_id)] == [other.id]


async def test_locking_is_heard_by_workers_at_once(world: World, broker_for: BrokerFor) -> None:
    ada = world.edge.owner(person())
    stored = await ada.protect(SECRET)
    revoked: asyncio.Queue[str] = asyncio.Queue()
    worker = await broker_for("worker")

    async def note(msg: Msg) -> None:
        revoked.put_nowait(KeyRevoked.model_validate_json(msg.data).key_id)

    await worker.nc.subscribe(KEY_REVOKED.at(), cb=note)
    await worker.nc.flush()
    await ada.unlock()
    assert await lent(world, ada) == SECRET
    assert (await ada.lock()).unlocked_until is None
    assert await asyncio.wait_for(revoked.get(), 10) == stored.id
    assert await refused(world.edge.lease(ada.actor.user_id)) is ErrorCode.KEY_LOCKED


async def test_a_wrong_passphrase_unlocks_nothing_and_is_in_the_trail(world: World) -> None:
    ada = world.edge.owner(person())
    assert await refused(ada.unlock()) is ErrorCode.NOT_FOUND
    await ada.protect(SECRET)
    mallory = world.edge.owner(ada.actor, derivation=ada.derivation)
    assert await refused(mallory.unlock()) is ErrorCode.PASSPHRASE_WRONG
    assert await is_locked(ada)
    await ada.unlock()

    def told() -> list[str]:
        return [e.outcome for e in world.people.trail if (e.action, e.actor_id) == ("keys.unlock", ada.actor.user_id)]

    async def both() -> bool:
        return len(told()) == 2

    await until(both)
    assert sorted(told()) == ["done", "refused"]


async def test_what_was_unlocked_is_locked_again_in_time(world: World) -> None:
    ada = world.edge.owner(person())
    await ada.protect(SECRET)
    end = (await ada.unlock()).unlocked_until
    world.clock.forward(seconds=KEY_UNLOCK_SECONDS - 10)
    assert (await world.edge.lease(ada.actor.user_id)).expires_at == end
    world.clock.forward(seconds=10)
    assert await refused(world.edge.lease(ada.actor.user_id)) is ErrorCode.KEY_LOCKED
    assert await is_locked(ada)


async def test_the_end_of_a_sign_in_locks_what_it_unlocked_and_nothing_else(
    world: World, broker_for: BrokerFor
) -> None:
    ada, phone, desk = world.edge.owner(person()), SignInId(new_id()), SignInId(new_id())
    await ada.protect(SECRET)
    await ada.unlock(phone)
    await ada.unlock(desk)
    identity, soon = await broker_for("identity"), world.clock.now + timedelta(minutes=15)

    async def rows() -> set[str]:
        async with world.database.read() as conn:
            return set((await conn.execute(select(unlocks.c.sid))).scalars())

    for ended, left in ((phone, {desk}), (desk, set[SignInId]())):
        await identity.send(SIGN_IN_ENDED, SignInEnded(user_id=ada.actor.user_id, sid=ended, until=soon))

        async def gone(left: set[SignInId] = left) -> bool:
            return await rows() == left

        await until(gone)
        assert await is_locked(ada) is (not left)
    assert await is_locked(ada)
    assert await refused(ada.unlock(desk)) is ErrorCode.SIGN_IN_ENDED


async def test_a_vault_that_starts_alone_says_locked(worlds: Worlds) -> None:
    async with worlds() as before:
        ada = before.edge.owner(person())
        await ada.protect(SECRET)
        await ada.unlock()
        assert await lent(before, ada) == SECRET
    async with worlds() as after:
        assert await refused(after.edge.lease(ada.actor.user_id)) is ErrorCode.KEY_LOCKED
        await after.edge.owner(ada.actor, derivation=ada.derivation, key=ada.key).unlock()
        assert await lent(after, ada) == SECRET


async def test_replicas_tell_each_other_and_lock_together(worlds: Worlds) -> None:
    def leases(world: World) -> float:
        return world.metric("palaver_keyvault_leases_total", about="done")

    async with worlds() as second:
        async with worlds() as first:
            ada = second.edge.owner(person())
            await ada.protect(SECRET)
            await ada.unlock()

            async def both_lend() -> bool:
                assert await lent(second, ada) == SECRET
                return min(leases(first), leases(second)) > 0

            await until(both_lend)
        async with worlds():  # hears of it from the one that stayed
            for _ in range(20):
                assert await lent(second, ada) == SECRET
            await ada.lock()
            for _ in range(20):
                assert await refused(second.edge.lease(ada.actor.user_id)) is ErrorCode.KEY_LOCKED


async def test_all_protected_keys_are_under_one_passphrase_which_is_proven_first(world: World) -> None:
    ada = world.edge.owner(person())
    await ada.protect(SECRET)
    assert await refused(ada.protect(SECRET)) is ErrorCode.KEY_LOCKED
    await ada.unlock()
    await ada.protect(SECRET)
    elsewhere = world.edge.owner(ada.actor, key=ada.key)
    assert await refused(elsewhere.protect(SECRET)) is ErrorCode.CONFLICT
    another = world.edge.owner(ada.actor, derivation=ada.derivation)
    assert await refused(another.protect(SECRET)) is ErrorCode.PASSPHRASE_WRONG
    assert await refused(ada.protect(SECRET, bound_to=("openai", "evil.example"))) is ErrorCode.PASSPHRASE_WRONG
    assert await refused(ada.protect("two words")) is ErrorCode.VALIDATION_FAILED


async def test_without_protected_keys_another_passphrase_may_be_chosen(world: World) -> None:
    ada = world.edge.owner(person())
    stored = await ada.protect(SECRET)
    await ada.unlock()
    await world.edge.broker.ask(KEY_DELETE, OfKey(actor=ada.actor, key_id=stored.id))
    assert (await ada.state()).derivation is None
    again = world.edge.owner(ada.actor)
    await again.protect(SECRET)
    assert await is_locked(again)
    await again.unlock()
    assert await lent(world, again) == SECRET


async def test_an_envelope_that_was_changed_does_not_open(world: World) -> None:
    ada = world.edge.owner(person())
    await ada.protect(SECRET)
    await ada.unlock()
    async with world.database.transaction() as conn:  # as if the vault alone protected it
        await conn.execute(update(keys).values(derivation=None))
    assert await refused(world.edge.lease(ada.actor.user_id)) is ErrorCode.KEY_INVALID
    async with world.database.transaction() as conn:
        await conn.execute(update(keys).values(derivation=ada.derivation.model_dump()))
        [stored] = (await conn.execute(select(envelopes.c.ciphertext))).scalars()
        await conn.execute(update(envelopes).values(ciphertext=stored[:-1] + bytes([stored[-1] ^ 1])))
    assert await refused(world.edge.lease(ada.actor.user_id)) is ErrorCode.KEY_INVALID


async def test_a_deleted_account_leaves_no_unlock(world: World) -> None:
    ada = world.edge.owner(person())
    await ada.protect(SECRET)
    await ada.unlock()
    await world.edge.broker.publish(
        USER_DELETED, UserDeleted(user_id=ada.actor.user_id, at=world.clock.now), ada.actor.user_id
    )

    async def none_left() -> bool:
        async with world.database.read() as conn:
            return (await conn.execute(select(unlocks.c.id))).first() is None

    await until(none_left)


async def test_nothing_secret_is_in_the_database_or_on_the_broker(worlds: Worlds, broker_for: BrokerFor) -> None:
    wire: list[bytes] = []
    ear = await broker_for("test")

    async def note(msg: Msg) -> None:
        wire.append(msg.data)

    await ear.nc.subscribe(">", cb=note)
    await ear.nc.flush()
    async with worlds() as world, worlds():
        ada = world.edge.owner(person())
        await ada.protect(SECRET)
        mallory = world.edge.owner(ada.actor, derivation=ada.derivation)
        assert await refused(mallory.unlock()) is ErrorCode.PASSPHRASE_WRONG
        await ada.unlock()
        assert await lent(world, ada) == SECRET
        rows: list[str] = []
        async with world.database.read() as conn:
            for table in (keys, envelopes, unlocks, OUTBOX):
                rows += [
                    f"{tuple(row)!r} {[bytes(c).hex() for c in row if isinstance(c, bytes)]}"
                    for row in await conn.execute(select(table))
                ]
        await ada.lock()
    await ear.nc.flush()
    seen = b"\n".join(wire).decode(errors="replace") + "\n".join(rows)
    assert len(rows) >= 3
    assert "keys.unlock" in seen  # what was heard is the traffic of this test
    for secret in (SECRET, ada.key.hex(), to_base64url(ada.key)):
        assert secret not in seen
