"""Somebody's account is deleted: their keys go with their envelopes, shared ones stay, and workers forget them all."""

import asyncio

import pytest
from nats.aio.msg import Msg
from sqlalchemy import select

from palaver.contracts.actors import Role
from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.identity import USER_DELETED, UserDeleted
from palaver.contracts.keyvault import KEY_REVOKED, KeyRevoked
from palaver.keyvault.leaving import NOBODY
from palaver.keyvault.tables import envelopes, keys
from palaver.keyvault.testing.world import World
from palaver.servicekit.testing.kits import BrokerFor

pytestmark = pytest.mark.component

SHARED = "sk-test-shared-4f1c9e07b2d84a6e"


async def test_the_keys_of_somebody_who_left_are_gone_and_what_they_shared_is_nobody_s(
    world: World, broker_for: BrokerFor
) -> None:
    revoked: asyncio.Queue[KeyRevoked] = asyncio.Queue()
    worker = await broker_for("worker")

    async def note(msg: Msg) -> None:
        await revoked.put(KeyRevoked.model_validate_json(msg.data))

    await worker.nc.subscribe(KEY_REVOKED.address.wildcard, cb=note)
    await worker.nc.flush()
    ada, bob = world.people.somebody(Role.ADMIN), world.people.somebody()
    hers = (await world.edge.create(ada, "sk-test-ada-4f1c9e07b2d84a6e")).id
    shared = (await world.edge.create(ada, SHARED, scope="shared")).id
    left = UserDeleted(user_id=ada.user_id, at=world.clock.now)
    for _ in range(2):
        await world.edge.broker.publish(USER_DELETED, left, ada.user_id)
    async with asyncio.timeout(20):
        assert {(await revoked.get()).key_id for _ in range(2)} == {hers, shared}
    async with world.database.read() as conn:
        assert (await conn.execute(select(keys.c.id, keys.c.user_id))).all() == [(shared, NOBODY)]
        assert (await conn.execute(select(envelopes.c.key_id))).scalars().all() == [shared]
    assert world.edge.opened(await world.edge.lease(bob.user_id)) == SHARED, "it opens under its new binding"
    del world.people.roles[ada.user_id]
    with pytest.raises(Failure) as refused:
        await world.edge.lease_for_check(ada, hers)
    assert refused.value.code is ErrorCode.NOT_FOUND
