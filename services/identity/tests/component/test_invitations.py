"""Invitations: who may make them, whom they let in and as what, by mail and by hand, and that none is used twice."""

import asyncio
import re
from collections.abc import Awaitable
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

import pytest
from sqlalchemy import insert, select, update

from palaver.contracts.actors import Actor, Role
from palaver.contracts.administration import AUDIT_SEARCH, AuditEntry, SearchAudit
from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.ids import InvitationId, new_id
from palaver.contracts.invitations import (
    INVITATION_LIST,
    INVITATION_REVOKE,
    REGISTRATION_GET,
    InvitationView,
    ListInvitations,
    ReadRegistration,
    RevokeInvitation,
)
from palaver.contracts.limits import MAX_OPEN_INVITATIONS
from palaver.identity.store.tables import invitation_codes, invitations, letters, users
from palaver.identity.testing.post_office import LOOPBACK, PostOffice
from palaver.identity.testing.world import Person, World

pytestmark = pytest.mark.component

CODE = "a-one-time-code-of-32-characters-or-more"
PAGE = "https://chat.example.org"
HASHES = "palaver_identity_password_hash_seconds_count"


class Worlds(Protocol):
    def __call__(self, **settings: Any) -> AbstractAsyncContextManager[World]: ...


async def refused(answer: Awaitable[object]) -> ErrorCode:
    with pytest.raises(Failure) as caught:
        await answer
    return caught.value.code


def by_invitation(**more: Any) -> dict[str, Any]:
    return {"registration": "invitation", "owner_sign_in_code": CODE, "page_url": PAGE, **more}


async def owner_of(world: World) -> Actor:
    """They need no invitation."""
    owner = await world.edge.redeem_link(CODE)
    return owner.actor.model_copy(update={"address": "203.0.113.9", "device": "console/1"})


async def admin_of(world: World, owner: Actor, name: str = "grace") -> Person:
    _, code = await world.edge.invite(owner, role="admin")
    return await world.edge.register(f"{name}@example.org", nickname=name.title(), invitation=code.code)


async def listed(world: World, by: Actor, **query: Any) -> tuple[InvitationView, ...]:
    return (await world.edge.broker.ask(INVITATION_LIST, ListInvitations(actor=by, **query))).invitations


async def revoke(world: World, by: Actor, invitation_id: InvitationId) -> None:
    await world.edge.broker.ask(INVITATION_REVOKE, RevokeInvitation(actor=by, invitation_id=invitation_id))


async def trail(world: World, by: Actor, action: str, count: int) -> list[AuditEntry]:
    """So many entries; they come by the broker."""
    async with asyncio.timeout(20):
        while True:
            found = (await world.edge.broker.ask(AUDIT_SEARCH, SearchAudit(actor=by, action=action))).entries
            if len(found) >= count:
                return list(found)
            await asyncio.sleep(0.01)


async def test_an_invitation_lets_one_in_and_the_trail_tells_by_which(worlds: Worlds) -> None:
    async with worlds(**by_invitation()) as world:
        rules = await world.edge.broker.ask(REGISTRATION_GET, ReadRegistration())
        assert rules.mode == "invitation"
        assert await refused(world.edge.register("ada@example.org")) is ErrorCode.INVITATION_REQUIRED
        wrong = world.edge.register("ada@example.org", invitation="made-up")
        assert await refused(wrong) is ErrorCode.INVITATION_INVALID
        owner = await owner_of(world)
        made, code = await world.edge.invite(owner)
        assert code.url == f"{PAGE}/#invitation={code.code}"
        assert (made.invitation.role, made.invitation.uses, made.mailed) == ("member", 1, False)
        ada = await world.edge.register("ada@example.org", invitation=code.code)
        assert ada.user.role is Role.MEMBER
        again = world.edge.register("bob@example.org", invitation=code.code)
        assert await refused(again) is ErrorCode.INVITATION_INVALID
        (view,) = await listed(world, owner)
        assert (view.state, view.used, view.created_by) == ("used", 1, owner.user_id)
        (entry,) = await trail(world, owner, "invitation.create", 1)
        assert (entry.actor_id, entry.target_kind, entry.target_id) == (owner.user_id, "invitation", view.id)
        assert (entry.address, entry.device) == ("203.0.113.9", "console/1")
        entries = await trail(world, owner, "user.register", 5)
        done = {entry.target_id: entry.details for entry in entries if entry.outcome == "done"}
        assert done[ada.user.id] == {"invitation": view.id, "role": "member"}
        assert sorted(e.details["code"] for e in entries if e.outcome == "refused") == [
            "INVITATION_INVALID",
            "INVITATION_INVALID",
            "INVITATION_REQUIRED",
        ]


async def test_its_last_use_is_had_by_one_of_many_and_a_taken_address_uses_none(worlds: Worlds) -> None:
    async with worlds(**by_invitation()) as world:
        owner = await owner_of(world)
        _, code = await world.edge.invite(owner, uses=3)
        await world.edge.register("ada@example.org", invitation=code.code)
        taken = world.edge.register("ada@example.org", invitation=code.code)
        assert await refused(taken) is ErrorCode.EMAIL_TAKEN
        names = ("bob", "cleo", "dan", "eve", "fay")
        answers = await asyncio.gather(
            *(world.edge.register(f"{name}@example.org", invitation=code.code) for name in names),
            return_exceptions=True,
        )
        failures = [answer.code for answer in answers if isinstance(answer, Failure)]
        assert failures == [ErrorCode.INVITATION_INVALID] * 3
        async with world.database.read() as conn:
            assert (await conn.execute(select(invitations.c.used))).scalar_one() == 3


async def test_it_ends_in_time_when_it_is_revoked_and_is_forgotten_later(worlds: Worlds) -> None:
    async with worlds(**by_invitation()) as world:
        owner = await owner_of(world)
        late, late_code = await world.edge.invite(owner, days=2)
        gone, gone_code = await world.edge.invite(owner)
        _, lasting = await world.edge.invite(owner)
        await revoke(world, owner, gone.invitation.id)
        await revoke(world, owner, gone.invitation.id)  # harmless
        world.clock.forward(days=2)
        for code in (late_code, gone_code):
            answer = world.edge.register("ada@example.org", invitation=code.code)
            assert await refused(answer) is ErrorCode.INVITATION_INVALID
        await world.edge.register("ada@example.org", invitation=lasting.code)
        for state, invitation in (("expired", late), ("revoked", gone)):
            assert [view.id for view in await listed(world, owner, state=state)] == [invitation.invitation.id]
        assert await listed(world, owner, state="open") == ()
        assert await refused(revoke(world, owner, InvitationId(new_id()))) is ErrorCode.NOT_FOUND
        assert len(await trail(world, owner, "invitation.revoke", 1)) == 1


async def test_owners_invite_administrators_and_administrators_members_alone(worlds: Worlds) -> None:
    async with worlds(**by_invitation()) as world:
        owner = await owner_of(world)
        grace = await admin_of(world, owner)
        assert grace.user.role is Role.ADMIN
        made, code = await world.edge.invite(owner, role="admin")
        assert await refused(world.edge.invite(grace.actor, role="admin")) is ErrorCode.FORBIDDEN
        assert await refused(revoke(world, grace.actor, made.invitation.id)) is ErrorCode.FORBIDDEN
        _, member = await world.edge.invite(grace.actor)
        bob = await world.edge.register("bob@example.org", invitation=member.code)
        assert bob.user.role is Role.MEMBER
        for attempt in (
            world.edge.invite(bob.actor),
            listed(world, bob.actor),
            revoke(world, bob.actor, made.invitation.id),
            revoke(world, bob.actor, InvitationId(new_id())),
        ):
            assert await refused(attempt) is ErrorCode.FORBIDDEN
        refusals = [e for e in await trail(world, owner, "invitation.create", 4) if e.outcome == "refused"]
        assert [(e.actor_id, e.details["code"]) for e in refusals] == [(grace.user.id, "FORBIDDEN")]
        assert (await world.edge.register("cleo@example.org", invitation=code.code)).user.role is Role.ADMIN


@pytest.mark.parametrize("fate", ["suspended", "demoted", "left"])
async def test_it_is_worth_what_whoever_made_it_may_still_do(worlds: Worlds, fate: str) -> None:
    async with worlds(**by_invitation()) as world:
        grace = await admin_of(world, await owner_of(world))
        _, code = await world.edge.invite(grace.actor)
        async with world.database.transaction() as conn:
            change = {"suspended": {"status": "suspended"}, "demoted": {"role": "member"}}.get(fate)
            here = users.c.id == grace.user.id
            await conn.execute(
                users.delete().where(here) if change is None else update(users).where(here).values(change)
            )
        answer = world.edge.register("ada@example.org", invitation=code.code)
        assert await refused(answer) is ErrorCode.INVITATION_INVALID


async def test_one_for_an_address_is_mailed_and_opens_an_account_for_that_address_alone(worlds: Worlds) -> None:
    async with PostOffice().opened() as office:
        mail = {"host": LOOPBACK, "port": office.port, "security": "none", "sender": "Palaver <palaver@example.org>"}
        async with worlds(**by_invitation(mail=mail)) as world:
            owner = await owner_of(world)
            assert await refused(world.edge.invite(owner, email="a@example.org", uses=2)) is ErrorCode.VALIDATION_FAILED
            made, shown = await world.edge.invite(owner, email="Ada@Example.org", language="zh")
            assert made.mailed
            letter = await office.next()
            assert (letter["To"], letter["Subject"]) == ("ada@example.org", "邀请您加入 Palaver")
            text = letter.get_content()
            (mailed,) = re.findall(re.escape(PAGE) + r"/#invitation=([A-Za-z0-9_-]{43})\s", text)
            assert "Owner" in text
            assert mailed != shown.code
            other = world.edge.register("bob@example.org", invitation=mailed)
            assert await refused(other) is ErrorCode.INVITATION_INVALID
            ada = await world.edge.register("ADA@example.org", invitation=mailed)
            assert ada.user.email == "ada@example.org"
            again = world.edge.register("ada2@example.org", invitation=shown.code)
            assert await refused(again) is ErrorCode.INVITATION_INVALID
            (entry,) = await trail(world, owner, "invitation.mail", 1)
            assert (entry.actor_id, entry.target_id) == (None, made.invitation.id)
            async with world.database.read() as conn:
                assert (await conn.execute(select(letters))).all() == []


async def test_one_that_is_taken_back_before_its_mail_left_is_not_mailed(worlds: Worlds) -> None:
    office = PostOffice(answers=["450 later"] * 100)
    async with office.opened():
        mail = {"host": LOOPBACK, "port": office.port, "security": "none", "sender": "palaver@example.org"}
        async with worlds(**by_invitation(mail=mail)) as world:
            owner = await owner_of(world)
            made, _ = await world.edge.invite(owner, email="ada@example.org")
            await _until_mails_are(world, "postponed")
            async with world.database.read() as conn:
                assert len((await conn.execute(select(invitation_codes))).all()) == 1, "the unsent code is withdrawn"
            await revoke(world, owner, made.invitation.id)
            await _until_mails_are(world, "nobody")
            assert office.is_empty


async def _until_mails_are(world: World, what: str) -> None:
    async with asyncio.timeout(20):
        while not world.metric("palaver_identity_mails_total", about=what):
            world.clock.forward(seconds=3)  # for the next try, and for a lease that a slow database left behind
            await asyncio.sleep(0.01)


async def test_the_database_holds_no_code(worlds: Worlds) -> None:
    async with worlds(**by_invitation()) as world:
        made, code = await world.edge.invite(await owner_of(world))
        async with world.database.read() as conn:
            dump = repr([tuple(r) for t in (invitations, invitation_codes) for r in await conn.execute(select(t))])
    assert made.invitation.id in dump  # the search finds what is there
    assert code.code not in dump


async def test_where_registration_is_closed_nobody_is_invited_and_where_it_is_open_an_invitation_gives_its_role(
    worlds: Worlds,
) -> None:
    async with worlds(**by_invitation(registration="open")) as world:
        owner = await owner_of(world)
        grace = await admin_of(world, owner)
        assert grace.user.role is Role.ADMIN
        _, code = await world.edge.invite(owner)
        assert (await world.edge.register("ada@example.org")).user.role is Role.MEMBER
        wrong = world.edge.register("bob@example.org", invitation="made-up")
        assert await refused(wrong) is ErrorCode.INVITATION_INVALID
    async with worlds(**by_invitation(registration="closed")) as world:
        assert await refused(world.edge.invite(grace.actor)) is ErrorCode.REGISTRATION_CLOSED
        answer = world.edge.register("bob@example.org", invitation=code.code)
        assert await refused(answer) is ErrorCode.REGISTRATION_CLOSED


async def test_there_are_only_so_many_open_ones(worlds: Worlds) -> None:
    async with worlds(**by_invitation()) as world:
        owner = await owner_of(world)
        made, _ = await world.edge.invite(owner)
        async with world.database.transaction() as conn:
            (row,) = (await conn.execute(select(invitations))).mappings()
            rows = [{**row, "id": new_id()} for _ in range(MAX_OPEN_INVITATIONS - 1)]
            await conn.execute(insert(invitations), rows)
        assert await refused(world.edge.invite(owner)) is ErrorCode.CONFLICT
        await revoke(world, owner, made.invitation.id)
        await world.edge.invite(owner)


async def test_registering_costs_one_hash_whatever_the_address_and_none_without_admission(worlds: Worlds) -> None:
    async with worlds(**by_invitation()) as world:
        _, code = await world.edge.invite(await owner_of(world), uses=5)

        async def cost(email: str, invitation: str | None) -> tuple[ErrorCode | None, float]:
            before = world.metric(HASHES)
            try:
                await world.edge.register(email, invitation=invitation)
            except Failure as failure:
                return failure.code, world.metric(HASHES) - before
            return None, world.metric(HASHES) - before

        assert await cost("ada@example.org", code.code) == (None, 1)
        assert await cost("ada@example.org", code.code) == (ErrorCode.EMAIL_TAKEN, 1)
        assert await cost("owner@localhost", code.code) == (ErrorCode.EMAIL_TAKEN, 1)
        for email in ("ada@example.org", "bob@example.org", "owner@localhost"):
            assert await cost(email, None) == (ErrorCode.INVITATION_REQUIRED, 0)
            assert await cost(email, "made-up") == (ErrorCode.INVITATION_INVALID, 0)
