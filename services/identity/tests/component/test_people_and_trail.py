"""A person's own account, tickets, the audit trail, and what all of it leaves on the broker."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import pytest
from nats.aio.msg import Msg
from sqlalchemy import update

from palaver.contracts import keyvault, session
from palaver.contracts.actors import Actor, Role
from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.identity import (
    AUDIT_LIST,
    USER_GET,
    USER_REGISTERED,
    USER_UPDATE,
    ListAudit,
    ReadUser,
    UpdateUser,
    UserRegistered,
)
from palaver.contracts.ids import UserId, new_id
from palaver.contracts.operations import AuditRecorded
from palaver.identity.housekeeping import Housekeeping
from palaver.identity.store.tables import audit, refresh_families, refresh_tokens, users
from palaver.identity.testing.world import PASSPHRASE, World
from palaver.servicekit.broker import Broker
from palaver.servicekit.database import Database
from palaver.servicekit.errors import Unavailable
from palaver.servicekit.testing.infrastructure import RunningValkey
from palaver.servicekit.testing.kits import BrokerFor

pytestmark = [pytest.mark.component, pytest.mark.attack]


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


async def trail(world: World, actor: Actor, **query: Any) -> list[AuditRecorded]:
    return list((await world.edge.broker.ask(AUDIT_LIST, ListAudit(actor=actor, **query))).entries)


async def count(database: Database, table: Any) -> int:
    async with database.read() as conn:
        return len((await conn.execute(table.select())).all())


async def promote(world: World, user_id: UserId, role: Role) -> None:
    async with world.database.transaction() as conn:
        await conn.execute(update(users).where(users.c.id == user_id).values(role=role.value))


async def test_people_read_and_change_themselves_only(world: World) -> None:
    ada, bob = await world.edge.register("ada@example.org"), await world.edge.register("bob@example.org")
    changed = await world.edge.broker.ask(
        USER_UPDATE, UpdateUser(actor=ada.actor, nickname="Countess", avatar_url="https://example.org/a.png")
    )
    assert (changed.nickname, changed.avatar_url) == ("Countess", "https://example.org/a.png")
    assert await world.edge.broker.ask(USER_GET, ReadUser(actor=ada.actor)) == changed
    assert await world.edge.broker.ask(USER_GET, ReadUser(actor=bob.actor)) == bob.user
    cleared = await world.edge.broker.ask(USER_UPDATE, UpdateUser(actor=ada.actor, avatar_url=""))
    assert (cleared.nickname, cleared.avatar_url) == ("Countess", None)


async def test_an_actor_without_an_account_is_not_found(world: World) -> None:
    nobody = Actor(user_id=UserId(new_id()), role=Role.OWNER)
    assert await refused(world.edge.broker.ask(USER_GET, ReadUser(actor=nobody))) is ErrorCode.NOT_FOUND
    update_request = UpdateUser(actor=nobody, nickname="x")
    assert await refused(world.edge.broker.ask(USER_UPDATE, update_request)) is ErrorCode.NOT_FOUND


async def test_a_picture_that_is_a_script_is_refused(world: World) -> None:
    ada = await world.edge.register("ada@example.org")
    request = UpdateUser(actor=ada.actor, avatar_url="javascript:alert(1)")
    assert await refused(world.edge.broker.ask(USER_UPDATE, request)) is ErrorCode.VALIDATION_FAILED


async def test_a_ticket_works_once_for_whom_it_was_issued(world: World) -> None:
    ada = await world.edge.register("ada@example.org")
    ticket = await world.edge.ticket(ada.actor)
    assert (await world.edge.redeem_ticket(ticket)).user.id == ada.user.id
    assert await refused(world.edge.redeem_ticket(ticket)) is ErrorCode.UNAUTHENTICATED


async def test_of_many_that_redeem_a_ticket_at_once_one_gets_in(world: World) -> None:
    ada = await world.edge.register("ada@example.org")
    ticket = await world.edge.ticket(ada.actor)
    answers = await asyncio.gather(*(world.edge.redeem_ticket(ticket) for _ in range(8)), return_exceptions=True)
    assert sum(not isinstance(answer, Failure) for answer in answers) == 1


async def test_a_ticket_never_outlives_the_token_that_asked_for_it(world: World) -> None:
    ada = await world.edge.register("ada@example.org")
    soon = datetime.now(UTC) + timedelta(seconds=40)
    assert (await world.edge.redeem_ticket(await world.edge.ticket(ada.actor, soon))).expires_at == soon
    far = datetime.now(UTC) + timedelta(days=400)
    capped = (await world.edge.redeem_ticket(await world.edge.ticket(ada.actor, far))).expires_at
    assert capped == world.clock.now + timedelta(minutes=15)


async def test_a_ticket_of_a_person_suspended_since_is_refused(world: World) -> None:
    ada = await world.edge.register("ada@example.org")
    ticket = await world.edge.ticket(ada.actor)
    async with world.database.transaction() as conn:
        await conn.execute(update(users).where(users.c.id == ada.user.id).values(status="suspended"))
    assert await refused(world.edge.redeem_ticket(ticket)) is ErrorCode.UNAUTHENTICATED


async def test_redis_holds_a_tickets_digest_and_its_thirty_seconds(world: World) -> None:
    ada = await world.edge.register("ada@example.org")
    ticket = await world.edge.ticket(ada.actor)
    keys = await world.ticket_keys()
    assert len(keys) == 1
    assert ticket not in keys[0]
    assert 0 < await world.redis.client.ttl(keys[0]) <= 30


async def test_without_redis_tickets_are_unavailable_and_passwords_still_sign_in(
    worlds: Worlds, own_valkey: RunningValkey
) -> None:
    async with worlds(redis={"url": own_valkey.url()}) as world:
        ada = await world.edge.register("ada@example.org")
        await own_valkey.stop()
        with pytest.raises(Unavailable):
            await world.edge.ticket(ada.actor)
        with pytest.raises(Unavailable):
            await world.edge.redeem_ticket("any")
        assert (await world.edge.log_in("ada@example.org")).user.id == ada.user.id


async def test_every_sign_in_and_refusal_is_in_the_trail_without_any_secret(worlds: Worlds) -> None:
    code = "another-one-time-code-of-some-length-77aa01"
    async with worlds(owner_sign_in_code=code) as world:
        owner = await world.edge.redeem_link(code)
        await refused(world.edge.redeem_link(code))
        ada = await world.edge.register("ada@example.org")
        await refused(world.edge.log_in("ada@example.org", "a mistyped secret"))
        await refused(world.edge.log_in("a mistyped secret@example.org".replace(" ", "-"), "x"))
        await world.edge.log_in("ada@example.org")
        second = await world.edge.refresh(ada.tokens.refresh_token)
        await refused(world.edge.refresh(ada.tokens.refresh_token))
        other = await world.edge.log_in("ada@example.org")
        await world.edge.log_out(other.tokens.refresh_token)
        expected = {
            ("link.redeem", "done"),
            ("link.redeem", "refused"),
            ("user.register", "done"),
            ("user.login", "refused"),
            ("user.login", "done"),
            ("refresh.reuse", "refused"),
            ("user.logout", "done"),
        }

        async def told() -> bool:
            entries = await trail(world, owner.actor, limit=200)
            return {(entry.action, entry.outcome) for entry in entries} >= expected

        await until(told)
        dump = "\n".join(entry.model_dump_json() for entry in await trail(world, owner.actor, limit=200))
        assert ada.user.id in dump  # the search finds what is there
        for secret in ("mistyped", PASSPHRASE, code, ada.tokens.refresh_token, second.tokens.refresh_token):
            assert secret not in dump


async def test_every_services_reports_are_kept_once_however_often_they_come(
    world: World, broker_for: BrokerFor
) -> None:
    ada = await world.edge.register("ada@example.org")
    publisher = await broker_for("test")
    entries = [
        AuditRecorded(
            event_id=new_id(),
            at=datetime.now(UTC),
            actor_id=ada.user.id,
            action="thing.done",
            target_kind="thing",
            target_id=str(number),
        )
        for number in range(2)
    ]
    subjects = (keyvault.AUDIT_RECORDED, session.AUDIT_RECORDED)
    for attempt in range(3):
        for subject, entry in zip(subjects, entries, strict=True):
            await publisher.publish(subject, entry, message_id=f"{entry.event_id}-{attempt}")
    last = entries[0].model_copy(update={"event_id": new_id(), "action": "thing.ended"})
    await publisher.publish(keyvault.AUDIT_RECORDED, last)

    async def handled() -> bool:
        return world.metric("palaver_messages_handled_total", about="audit.recorded") >= 8

    await until(handled)
    async with world.database.read() as conn:
        kept = [(row.service, row.action) for row in await conn.execute(audit.select()) if row.target_kind == "thing"]
    assert sorted(kept) == [("keyvault", "thing.done"), ("keyvault", "thing.ended"), ("session", "thing.done")]


async def test_members_see_their_own_entries_and_a_claimed_role_changes_nothing(world: World) -> None:
    ada, bob = await world.edge.register("ada@example.org"), await world.edge.register("bob@example.org")

    async def both_kept() -> bool:
        return await count(world.database, audit) >= 3  # the owner's too

    await until(both_kept)
    forged = Actor(user_id=bob.user.id, role=Role.OWNER)
    assert {entry.actor_id for entry in await trail(world, forged)} == {bob.user.id}
    await promote(world, bob.user.id, Role.ADMIN)
    stale = Actor(user_id=bob.user.id, role=Role.MEMBER)
    assert ada.user.id in {entry.actor_id for entry in await trail(world, stale)}


async def test_the_trail_is_read_page_by_page_newest_first(world: World) -> None:
    ada = await world.edge.register("ada@example.org")
    for _ in range(3):
        world.clock.forward(seconds=1)
        await world.edge.log_in("ada@example.org")

    async def all_kept() -> bool:
        return len(await trail(world, ada.actor)) == 4

    await until(all_kept)
    newest = await trail(world, ada.actor, limit=2)
    older = await trail(world, ada.actor, before=newest[-1].at)
    moments = [entry.at for entry in (*newest, *older)]
    assert moments == sorted(moments, reverse=True)
    assert len(moments) == 4


async def test_what_is_over_is_deleted_a_week_later_and_what_lives_stays(world: World) -> None:
    ada = await world.edge.register("ada@example.org")
    gone = await world.edge.log_in("ada@example.org")
    await world.edge.log_out(gone.tokens.refresh_token)
    keeper = Housekeeping(world.database, world.clock, audit_retention=timedelta(days=365))
    await keeper.once()
    assert await count(world.database, refresh_families) == 2
    world.clock.forward(days=8)
    await keeper.once()
    assert await count(world.database, refresh_families) == 1
    second = await world.edge.refresh(ada.tokens.refresh_token)
    world.clock.forward(days=366)
    await keeper.once()
    assert await count(world.database, audit) == 0
    assert await count(world.database, refresh_tokens) == 0
    assert await refused(world.edge.refresh(second.tokens.refresh_token)) is ErrorCode.UNAUTHENTICATED


async def test_others_hear_of_a_new_person(world: World, broker_for: BrokerFor) -> None:
    heard: asyncio.Queue[UserRegistered] = asyncio.Queue()
    listener = await broker_for("test")

    async def note(msg: Msg) -> None:
        await heard.put(UserRegistered.model_validate_json(msg.data))

    await listener.nc.subscribe(USER_REGISTERED.address.wildcard, cb=note)
    await listener.nc.flush()
    ada = await world.edge.register("ada@example.org")
    async with asyncio.timeout(10):
        assert (await heard.get()).user_id == ada.user.id


async def test_nothing_on_the_broker_shows_a_secret(
    worlds: Worlds, broker_for: BrokerFor, capfd: pytest.CaptureFixture[str]
) -> None:
    code = "another-one-time-code-of-some-length-77aa01"
    planted = "a-planted-secret"
    traffic: list[bytes] = []
    listener: Broker = await broker_for("test")

    async def note(msg: Msg) -> None:
        traffic.append(msg.subject.encode() + b" " + repr(msg.headers).encode() + b" " + msg.data)

    await listener.nc.subscribe(">", cb=note)
    await listener.nc.flush()
    async with worlds(owner_sign_in_code=code) as world:
        owner = await world.edge.redeem_link(code)
        ada = await world.edge.register("ada@example.org")
        signed_in = await world.edge.log_in("ada@example.org")
        renewed = await world.edge.refresh(signed_in.tokens.refresh_token)
        ticket = await world.edge.ticket(ada.actor)
        await world.edge.redeem_ticket(ticket)
        await refused(world.edge.refresh(signed_in.tokens.refresh_token))
        await world.edge.log_out(ada.tokens.refresh_token)

        async def told() -> bool:
            entries = await trail(world, owner.actor, limit=200)
            return {"user.logout", "refresh.reuse"} <= {entry.action for entry in entries}

        await until(told)
        await world.edge.broker.nc.publish("_INBOX_planted.somebody", planted.encode())
        await world.edge.broker.nc.flush()
        await listener.nc.flush()
    people = (owner, ada, signed_in, renewed)
    secrets = [PASSPHRASE, code, ticket]
    secrets += [token for p in people for token in (p.tokens.access_token, p.tokens.refresh_token)]
    dump = b"\n".join(traffic)
    assert planted.encode() in dump  # the search finds what is there, inboxes included
    assert b"qry.identity.user.login.v1" in dump
    said = capfd.readouterr()
    for secret in secrets:
        assert secret.encode() not in dump
        assert secret not in said.out + said.err
