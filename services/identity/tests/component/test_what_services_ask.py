"""What other services ask identity about people and about their own things."""

import asyncio
from collections.abc import Awaitable
from datetime import timedelta

import pytest
from sqlalchemy import update

from palaver.contracts import keyvault
from palaver.contracts.actors import Role
from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.identity import ROLE_READ, TRAIL_READ, PersonRole, ReadRole, ReadTrail
from palaver.contracts.ids import UserId, new_id
from palaver.contracts.operations import AuditRecorded
from palaver.identity.store.tables import users
from palaver.identity.testing.world import World
from palaver.servicekit.testing.kits import BrokerFor

pytestmark = pytest.mark.component


async def refused(answer: Awaitable[object]) -> ErrorCode:
    with pytest.raises(Failure) as caught:
        await answer
    return caught.value.code


async def test_a_persons_role_is_what_it_is_now(world: World) -> None:
    ada = await world.edge.register("ada@example.org")
    question = ReadRole(user_id=ada.user.id)
    assert await world.edge.broker.ask(ROLE_READ, question) == PersonRole(role=Role.MEMBER, active=True)
    for role, status, active in (("admin", "active", True), ("admin", "suspended", False)):
        async with world.database.transaction() as conn:
            await conn.execute(update(users).where(users.c.id == ada.user.id).values(role=role, status=status))
        assert await world.edge.broker.ask(ROLE_READ, question) == PersonRole(role=Role(role), active=active)
    nobody = ReadRole(user_id=UserId(new_id()))
    assert await refused(world.edge.broker.ask(ROLE_READ, nobody)) is ErrorCode.NOT_FOUND


async def test_the_trail_of_one_thing_is_read_page_by_page_newest_first(world: World, broker_for: BrokerFor) -> None:
    publisher = await broker_for("test")
    mine, other = new_id(), new_id()
    begin = world.clock.now
    for number in range(5):
        entry = AuditRecorded(
            event_id=new_id(),
            at=begin + timedelta(seconds=number),
            actor_id=UserId(new_id()),
            action=f"key.{number}",
            target_kind="key" if number != 3 else "room",
            target_id=mine if number != 2 else other,
        )
        await publisher.publish(keyvault.AUDIT_RECORDED, entry)

    async def page(**query: object) -> list[str]:
        request = ReadTrail.model_validate({"target_kind": "key", "target_id": mine} | query)
        return [entry.action for entry in (await world.edge.broker.ask(TRAIL_READ, request)).entries]

    async with asyncio.timeout(10):
        while len(await page()) < 3:  # noqa: ASYNC110 - the entries come over the broker
            await asyncio.sleep(0.01)
    assert await page() == ["key.4", "key.1", "key.0"]
    assert await page(limit=2) == ["key.4", "key.1"]
    assert await page(before=begin + timedelta(seconds=1)) == ["key.0"]
