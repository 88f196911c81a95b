"""Key-encryption keys are exchanged while keys are lent, over a real broker and a real database."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from typing import Any, Protocol

import pytest
from pydantic import SecretStr
from sqlalchemy import update

from palaver.contracts.actors import Role
from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.ids import UserId
from palaver.keyvault import envelope_store
from palaver.keyvault.tables import envelopes
from palaver.keyvault.testing.world import World
from palaver.servicekit.errors import Unavailable
from palaver.servicekit.secret_keys import new_secret_key

pytestmark = pytest.mark.component

KEYS = 40
SECRET = "sk-live-5b3a1c9e07b2d84a-WXYZ"


class Worlds(Protocol):
    def __call__(self, **settings: Any) -> AbstractAsyncContextManager[World]: ...


async def refused(answer: Awaitable[object]) -> Failure:
    with pytest.raises(Failure) as caught:
        await answer
    return caught.value


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(30):
        while not await condition():  # noqa: ASYNC110 - the condition is a row in the service's database
            await asyncio.sleep(0.02)


async def versions(world: World) -> Mapping[int, int]:
    async with world.database.read() as conn:
        return await envelope_store.by_version(conn)


class Load:
    """Leases without end, each opened and compared, until told to stop. What is not answered is asked again, as a
    worker does; a refusal fails the test."""

    def __init__(self, world: World, people: Mapping[UserId, str]) -> None:
        self.lent = 0
        self._world = world
        self._people = people
        self._over = asyncio.Event()

    async def run(self) -> None:
        while not self._over.is_set():
            for user_id, secret in self._people.items():
                try:
                    lease = await self._world.edge.lease(user_id)
                except Unavailable:
                    continue
                assert self._world.edge.opened(lease) == secret
                self.lent += 1

    async def more(self, leases: int = 40) -> None:
        goal = self.lent + leases
        async with asyncio.timeout(60):
            while self.lent < goal:  # noqa: ASYNC110 - a plain number
                await asyncio.sleep(0.01)

    def stop(self) -> None:
        self._over.set()


async def test_two_replicas_change_the_key_under_load_and_no_lease_fails(
    worlds: Worlds, keks: dict[int, SecretStr]
) -> None:
    both = keks | {2: new_secret_key()}
    async with AsyncExitStack() as oldest, AsyncExitStack() as stack:
        first, _ = [await oldest.enter_async_context(worlds(keks=keks)) for _ in range(2)]
        people: dict[UserId, str] = {}
        for number in range(KEYS):
            actor = first.people.somebody(Role.OWNER)
            people[actor.user_id] = f"{SECRET}-{number}"
            await first.edge.create(actor, people[actor.user_id])
        load = Load(first, people)
        async with asyncio.TaskGroup() as group:
            group.create_task(load.run())
            await load.more()
            knowing = AsyncExitStack()  # every replica learns the new key before any uses it
            for _ in range(2):
                await knowing.enter_async_context(worlds(keks=both, current_kek=1))
            await oldest.aclose()
            await load.more()
            assert await versions(first) == {1: KEYS}
            using = [await stack.enter_async_context(worlds(keks=both, rewrap_batch=7)) for _ in range(2)]
            await knowing.aclose()

            async def all_new() -> bool:
                return await versions(first) == {2: KEYS}

            await until(all_new)
            await load.more()
            last = await stack.enter_async_context(worlds(keks={2: both[2]}))
            await load.more()
            load.stop()
        assert load.lent >= 160
        assert sum(world.metric("palaver_keyvault_rewrapped_total") for world in using) == KEYS
        assert last.metric("palaver_keyvault_tampered_total") == 0

        async def reported() -> bool:
            counts = [int(e.details["count"]) for e in first.people.trail if e.action == "kek.rewrap"]
            return sum(counts) == KEYS

        await until(reported)
        done = [entry for entry in first.people.trail if entry.action == "kek.rewrap"]
        assert {(entry.target_kind, entry.target_id, entry.actor_id) for entry in done} == {("kek", "2", None)}
        assert "0" in {entry.details["left"] for entry in done}


async def test_a_rotation_that_was_cut_off_is_taken_up_by_the_next_start(
    worlds: Worlds, keks: dict[int, SecretStr]
) -> None:
    both = keks | {2: new_secret_key()}
    async with worlds() as world:
        actors = [world.people.somebody() for _ in range(5)]
        for actor in actors:
            await world.edge.create(actor, SECRET)
    async with worlds(keks=both, current_kek=1) as world:  # half of it happens, as if the process had died then
        from palaver.keyvault.envelope import Envelopes
        from palaver.keyvault.kms.local import LocalKek

        vault = Envelopes({version: LocalKek.of(key) for version, key in both.items()}, current=2)
        async with world.database.transaction() as conn:
            for stored in await envelope_store.older_than(conn, 2, after="", limit=2):
                assert await envelope_store.exchange(conn, stored, await vault.rewrap(stored.envelope, stored.key))
        assert await versions(world) == {1: 3, 2: 2}
        for actor in actors:
            assert world.edge.opened(await world.edge.lease(actor.user_id)) == SECRET
    async with worlds(keks=both) as world:

        async def all_new() -> bool:
            return await versions(world) == {2: 5}

        await until(all_new)
        assert world.metric("palaver_keyvault_rewrapped_total") == 3
        for actor in actors:
            assert world.edge.opened(await world.edge.lease(actor.user_id)) == SECRET


async def test_of_two_that_wrap_the_same_envelope_one_changes_it(world: World, keks: dict[int, SecretStr]) -> None:
    from palaver.keyvault.envelope import Envelopes
    from palaver.keyvault.kms.local import LocalKek

    actor = world.people.somebody()
    await world.edge.create(actor, SECRET)
    vault = Envelopes({1: LocalKek.of(keks[1]), 2: LocalKek.of(new_secret_key())}, current=2)
    async with world.database.transaction() as conn:
        (stored,) = await envelope_store.older_than(conn, 2, after="", limit=10)
    one, two = [await vault.rewrap(stored.envelope, stored.key) for _ in range(2)]
    async with world.database.transaction() as conn:
        assert [await envelope_store.exchange(conn, stored, fresh) for fresh in (one, two)] == [True, False]


async def test_an_envelope_that_does_not_open_stays_and_holds_up_no_other(
    worlds: Worlds, keks: dict[int, SecretStr]
) -> None:
    both = keks | {2: new_secret_key()}
    async with worlds() as world:
        actors = [world.people.somebody() for _ in range(3)]
        stored = [await world.edge.create(actor, SECRET) for actor in actors]
        async with world.database.transaction() as conn:
            spoilt = envelopes.c.key_id == stored[0].id
            await conn.execute(update(envelopes).where(spoilt).values(wrapped_key=b"x" * 60))
    async with worlds(keks=both) as world:

        async def others_new() -> bool:
            return await versions(world) == {1: 1, 2: 2}

        await until(others_new)
        assert world.metric("palaver_keyvault_envelopes", about="1") >= 1
        assert (await refused(world.edge.lease(actors[0].user_id))).code is ErrorCode.KEY_INVALID
        assert world.edge.opened(await world.edge.lease(actors[1].user_id)) == SECRET


async def test_a_key_that_was_taken_away_too_early_is_named(worlds: Worlds, keks: dict[int, SecretStr]) -> None:
    newer = new_secret_key()
    async with worlds() as world:
        ada = world.people.somebody()
        await world.edge.create(ada, SECRET)
    async with worlds(keks={2: newer}) as world:
        failure = await refused(world.edge.lease(ada.user_id))
        assert (failure.code, "key-encryption key 1" in failure.message) == (ErrorCode.INTERNAL, True)
        bob = world.people.somebody()
        await world.edge.create(bob, SECRET)
        assert world.edge.opened(await world.edge.lease(bob.user_id)) == SECRET
    async with worlds(keks=keks | {2: newer}) as world:
        assert world.edge.opened(await world.edge.lease(ada.user_id)) == SECRET
