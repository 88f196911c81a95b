"""Several keys for one provider, shared keys, and keys that are switched off, over a real broker and database."""

import asyncio
from collections.abc import Awaitable
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

import pytest
from nats.aio.msg import Msg
from sqlalchemy import update

from palaver.contracts.actors import Actor, Role
from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.ids import KeyId, new_id
from palaver.contracts.keyvault import (
    KEY_CHANGE,
    KEY_DELETE,
    KEY_DISABLE,
    KEY_ENABLE,
    KEY_GET,
    KEY_LIST,
    KEY_REVOKED,
    KEYS_CHANGED,
    ChangeKey,
    KeyRevoked,
    KeysChanged,
    KeyView,
    ListKeys,
    OfKey,
)
from palaver.keyvault.tables import keys
from palaver.keyvault.testing.world import PROVIDER, World
from palaver.servicekit.errors import Unavailable
from palaver.servicekit.testing.kits import BrokerFor

pytestmark = [pytest.mark.component, pytest.mark.attack]

SECRET = "sk-live-77b0c4e1f2a94d1c-WXYZ"


class Worlds(Protocol):
    def __call__(self, **settings: Any) -> AbstractAsyncContextManager[World]: ...


async def refused(answer: Awaitable[object]) -> Failure:
    with pytest.raises(Failure) as caught:
        await answer
    return caught.value


async def change(world: World, actor: Actor, key_id: KeyId, **given: Any) -> KeyView:
    request = ChangeKey.model_validate({"actor": actor, "key_id": key_id} | given)
    return await world.edge.broker.ask(KEY_CHANGE, request)


async def disable(world: World, actor: Actor, key_id: KeyId) -> KeyView:
    return await world.edge.broker.ask(KEY_DISABLE, OfKey(actor=actor, key_id=key_id))


async def listed(world: World, actor: Actor) -> tuple[KeyView, ...]:
    return (await world.edge.broker.ask(KEY_LIST, ListKeys(actor=actor))).keys


class Broadcasts:
    """What workers hear, in order."""

    def __init__(self) -> None:
        self._heard: asyncio.Queue[KeyRevoked | KeysChanged] = asyncio.Queue()

    async def listen(self, broker_for: BrokerFor) -> None:
        worker = await broker_for("model-router")
        for subject in (KEY_REVOKED, KEYS_CHANGED):

            async def note(msg: Msg, payload: type[KeyRevoked | KeysChanged] = subject.payload) -> None:
                await self._heard.put(payload.model_validate_json(msg.data))

            await worker.nc.subscribe(subject.address.wildcard, cb=note)
        await worker.nc.flush()

    async def next(self) -> KeyRevoked | KeysChanged:
        return await asyncio.wait_for(self._heard.get(), 10)


@pytest.fixture
async def broadcasts(world: World, broker_for: BrokerFor) -> Broadcasts:
    made = Broadcasts()
    await made.listen(broker_for)
    return made


async def test_candidates_come_in_the_order_that_their_owner_gave_and_without_secrets(world: World) -> None:
    ada = world.people.somebody()
    old = await world.edge.create(ada, f"{SECRET}-old1", label="old")
    world.clock.forward(seconds=1)
    new = await world.edge.create(ada, f"{SECRET}-new1", label="new", weight=3)
    last = await world.edge.create(ada, f"{SECRET}-last", label="last", order=7)
    candidates = await world.edge.candidates(ada.user_id)
    assert [(key.key_id, key.label, key.weight, key.order, key.scope, key.hint) for key in candidates] == [
        (new.id, "new", 3, 0, "personal", "new1"),
        (old.id, "old", 1, 0, "personal", "old1"),
        (last.id, "last", 1, 7, "personal", "last"),
    ]
    assert all(SECRET not in key.model_dump_json() for key in candidates)
    await change(world, ada, last.id, order=0, weight=9)
    await change(world, ada, new.id, order=5, label="after all")
    reordered = await world.edge.candidates(ada.user_id)
    assert [(key.label, key.weight, key.order) for key in reordered] == [
        ("last", 9, 0),
        ("old", 1, 0),
        ("after all", 3, 5),
    ]


async def test_a_worker_is_lent_the_candidate_that_it_chose(world: World) -> None:
    ada = world.people.somebody()
    made = [await world.edge.create(ada, f"{SECRET}-{n}") for n in range(3)]
    for n, key in enumerate(made):
        lease = await world.edge.lease(ada.user_id, key_id=key.id)
        assert (lease.key_id, world.edge.opened(lease)) == (key.id, f"{SECRET}-{n}")


async def test_a_worker_cannot_choose_a_key_that_is_gone_of_another_person_or_for_another_place(world: World) -> None:
    ada, eve = world.people.somebody(), world.people.somebody(Role.OWNER)
    of_ada, of_eve = await world.edge.create(ada, SECRET), await world.edge.create(eve, SECRET)
    elsewhere = await world.edge.create(ada, SECRET, provider="anthropic", host="api.anthropic.com")
    for wrong in (of_ada.id, elsewhere.id, KeyId(new_id())):
        failure = await refused(world.edge.lease(eve.user_id, key_id=wrong))
        assert failure.code is ErrorCode.NOT_FOUND
    assert (await world.edge.lease(eve.user_id, key_id=of_eve.id)).key_id == of_eve.id


@pytest.mark.parametrize("amiss", [{"weight": 0}, {"weight": 101}, {"order": -1}, {"label": "x" * 81}])
async def test_what_is_out_of_bounds_is_refused(world: World, amiss: dict[str, Any]) -> None:
    ada = world.people.somebody()
    stored = await world.edge.create(ada, SECRET)
    request = ChangeKey.model_construct(actor=ada, key_id=stored.id, **amiss)  # as from another implementation
    assert (await refused(world.edge.broker.ask(KEY_CHANGE, request))).code is ErrorCode.VALIDATION_FAILED
    assert await listed(world, ada) == (stored,)


async def test_a_disabled_key_is_no_candidate_and_not_lent_until_it_is_enabled_again(
    world: World, broadcasts: Broadcasts
) -> None:
    ada = world.people.somebody()
    stored = await world.edge.create(ada, SECRET)
    assert await broadcasts.next() == KeysChanged(user_id=ada.user_id, provider=PROVIDER)
    seen = await disable(world, ada, stored.id)
    assert (seen.enabled, seen.status) == (False, "disabled")
    assert await broadcasts.next() == KeyRevoked(key_id=stored.id)
    assert await broadcasts.next() == KeysChanged(user_id=ada.user_id, provider=PROVIDER)
    for answer in (
        world.edge.candidates(ada.user_id),
        world.edge.lease(ada.user_id),
        world.edge.lease(ada.user_id, key_id=stored.id),
        world.edge.lease_for_check(ada, stored.id),
    ):
        failure = await refused(answer)
        assert (failure.code, "is disabled. Enable it" in failure.message) == (ErrorCode.KEY_INVALID, True)
    again = await world.edge.broker.ask(KEY_ENABLE, OfKey(actor=ada, key_id=stored.id))
    assert (again.enabled, again.status) == (True, "active")
    assert await broadcasts.next() == KeysChanged(user_id=ada.user_id, provider=PROVIDER)
    assert world.edge.opened(await world.edge.lease(ada.user_id)) == SECRET


async def test_a_key_that_is_switched_off_while_it_is_chosen_is_not_lent(world: World) -> None:
    ada = world.people.somebody()
    stored = await world.edge.create(ada, SECRET)
    candidate = (await world.edge.candidates(ada.user_id))[0]
    await disable(world, ada, stored.id)
    assert (await refused(world.edge.lease(ada.user_id, key_id=candidate.key_id))).code is ErrorCode.KEY_INVALID


async def test_a_shared_key_is_used_by_those_it_is_for_and_shows_them_nothing(world: World) -> None:
    root, admin, ada = (world.people.somebody(role) for role in (Role.OWNER, Role.ADMIN, Role.MEMBER))
    shared = await world.edge.create(root, SECRET, label="for all", scope="shared", weight=4)
    for person in (root, admin, ada):
        assert world.edge.opened(await world.edge.lease(person.user_id)) == SECRET
    candidate = (await world.edge.candidates(ada.user_id))[0]
    assert (candidate.key_id, candidate.scope, candidate.hint) == (shared.id, "shared", None)
    (seen,) = await listed(world, ada)
    assert (seen.id, seen.label, seen.scope, seen.key_hint, seen.editable) == (
        shared.id,
        "for all",
        "shared",
        "",
        False,
    )
    assert (seen.last_used_at, seen.roles) == (None, ())
    assert "WXYZ" not in seen.model_dump_json() + candidate.model_dump_json()
    (kept,) = await listed(world, admin)
    assert (kept.key_hint, kept.editable, kept.weight) == ("WXYZ", True, 4)


async def test_personal_keys_come_before_shared_ones(world: World) -> None:
    root, ada = world.people.somebody(Role.OWNER), world.people.somebody()
    shared = await world.edge.create(root, f"{SECRET}-shared", scope="shared", order=0)
    mine = await world.edge.create(ada, f"{SECRET}-mine", order=900)
    assert [key.key_id for key in await world.edge.candidates(ada.user_id)] == [mine.id, shared.id]
    assert world.edge.opened(await world.edge.lease(ada.user_id)) == f"{SECRET}-mine"
    assert [key.key_id for key in await world.edge.candidates(root.user_id)] == [shared.id]


async def test_roles_say_who_may_use_a_shared_key(world: World) -> None:
    root, admin, ada = (world.people.somebody(role) for role in (Role.OWNER, Role.ADMIN, Role.MEMBER))
    shared = await world.edge.create(root, SECRET, scope="shared", roles=[Role.ADMIN])
    assert world.edge.opened(await world.edge.lease(admin.user_id)) == SECRET
    assert (await refused(world.edge.candidates(ada.user_id))).code is ErrorCode.KEY_MISSING
    assert (await refused(world.edge.lease(ada.user_id, key_id=shared.id))).code is ErrorCode.NOT_FOUND
    assert await listed(world, ada) == ()
    assert (
        await refused(world.edge.broker.ask(KEY_GET, OfKey(actor=ada, key_id=shared.id)))
    ).code is ErrorCode.NOT_FOUND
    await change(world, admin, shared.id, roles=[Role.ADMIN, Role.MEMBER])
    assert world.edge.opened(await world.edge.lease(ada.user_id)) == SECRET


async def test_workers_forget_a_shared_key_whose_roles_were_changed(world: World, broadcasts: Broadcasts) -> None:
    root = world.people.somebody(Role.OWNER)
    shared = await world.edge.create(root, SECRET, scope="shared")
    assert await broadcasts.next() == KeysChanged(user_id=None, provider=PROVIDER)
    await change(world, root, shared.id, roles=[Role.OWNER])
    assert await broadcasts.next() == KeyRevoked(key_id=shared.id)
    assert await broadcasts.next() == KeysChanged(user_id=None, provider=PROVIDER)


async def test_only_administrators_make_and_keep_shared_keys(world: World) -> None:
    root, ada = world.people.somebody(Role.OWNER), world.people.somebody()
    liar = Actor(user_id=ada.user_id, role=Role.OWNER)  # a token from when she was one
    for actor in (ada, liar):
        assert (await refused(world.edge.create(actor, SECRET, scope="shared"))).code is ErrorCode.FORBIDDEN
    shared = await world.edge.create(root, SECRET, scope="shared")
    request = OfKey(actor=liar, key_id=shared.id)
    for answer in (
        change(world, liar, shared.id, label="mine now"),
        world.edge.broker.ask(KEY_DISABLE, request),
        world.edge.broker.ask(KEY_ENABLE, request),
        world.edge.broker.ask(KEY_DELETE, request),
    ):
        assert (await refused(answer)).code is ErrorCode.FORBIDDEN
    assert (await refused(world.edge.lease_for_check(liar, shared.id))).code is ErrorCode.NOT_FOUND
    assert world.edge.opened(await world.edge.lease_for_check(root, shared.id)) == SECRET
    await world.edge.broker.ask(KEY_DELETE, OfKey(actor=root, key_id=shared.id))
    assert (await refused(world.edge.lease(ada.user_id))).code is ErrorCode.KEY_MISSING


async def test_roles_of_a_personal_key_are_refused(world: World) -> None:
    ada = world.people.somebody()
    assert (await refused(world.edge.create(ada, SECRET, roles=[Role.MEMBER]))).code is ErrorCode.VALIDATION_FAILED
    stored = await world.edge.create(ada, SECRET)
    assert (await refused(change(world, ada, stored.id, roles=[Role.ADMIN]))).code is ErrorCode.VALIDATION_FAILED


@pytest.mark.parametrize("role", list(Role))
async def test_nobody_changes_or_switches_somebody_elses_key(world: World, role: Role) -> None:
    ada, eve = world.people.somebody(), world.people.somebody(role)
    stored = await world.edge.create(ada, SECRET)
    request = OfKey(actor=eve, key_id=stored.id)
    for answer in (
        change(world, eve, stored.id, label="hers"),
        world.edge.broker.ask(KEY_DISABLE, request),
        world.edge.broker.ask(KEY_ENABLE, request),
    ):
        assert (await refused(answer)).code is ErrorCode.NOT_FOUND
    assert await listed(world, ada) == (stored,)


@pytest.mark.parametrize("to", ["shared", "personal"])
async def test_a_key_that_was_made_shared_or_personal_in_the_database_does_not_open(world: World, to: str) -> None:
    root, eve = world.people.somebody(Role.OWNER), world.people.somebody()
    stored = await world.edge.create(root, SECRET, scope="personal" if to == "shared" else "shared")
    async with world.database.transaction() as conn:
        forged = {"scope": to} | ({"user_id": eve.user_id} if to == "personal" else {})
        await conn.execute(update(keys).where(keys.c.id == stored.id).values(forged))
    assert (await refused(world.edge.lease(eve.user_id))).code is ErrorCode.KEY_INVALID
    assert world.metric("palaver_keyvault_tampered_total") == 1


async def test_shared_keys_have_a_limit_of_their_own(worlds: Worlds) -> None:
    async with worlds(max_keys_per_user=1, max_shared_keys=2) as world:
        root = world.people.somebody(Role.OWNER)
        await world.edge.create(root, SECRET)
        for _ in range(2):
            await world.edge.create(root, SECRET, scope="shared")
        assert (await refused(world.edge.create(root, SECRET, scope="shared"))).code is ErrorCode.CONFLICT
        assert (await refused(world.edge.create(root, SECRET))).code is ErrorCode.CONFLICT


async def test_a_role_is_remembered_for_a_minute(world: World) -> None:
    root, ada = world.people.somebody(Role.OWNER), world.people.somebody()
    await world.edge.create(root, SECRET, scope="shared", roles=[Role.MEMBER])
    assert await world.edge.candidates(ada.user_id)
    del world.people.roles[ada.user_id]
    assert await world.edge.candidates(ada.user_id)
    world.clock.forward(seconds=61)
    assert (await refused(world.edge.candidates(ada.user_id))).code is ErrorCode.KEY_MISSING


async def test_while_identity_is_away_work_goes_on_and_nobody_keeps_shared_keys(world: World) -> None:
    root, ada, stranger = world.people.somebody(Role.OWNER), world.people.somebody(), world.people.somebody()
    for_members = await world.edge.create(root, SECRET, scope="shared", roles=[Role.MEMBER])
    for_all = await world.edge.create(root, SECRET, scope="shared", order=5)
    assert len(await world.edge.candidates(ada.user_id)) == 2
    world.people.away = True
    world.clock.forward(minutes=5)
    assert [key.key_id for key in await world.edge.candidates(ada.user_id)] == [for_members.id, for_all.id]
    assert [key.key_id for key in await world.edge.candidates(stranger.user_id)] == [for_all.id]
    with pytest.raises(Unavailable):
        await disable(world, root, for_all.id)
    mine = await world.edge.create(ada, SECRET)
    assert (await disable(world, ada, mine.id)).enabled is False
    world.clock.forward(minutes=11)
    assert [key.key_id for key in await world.edge.candidates(ada.user_id)] == [for_all.id]
