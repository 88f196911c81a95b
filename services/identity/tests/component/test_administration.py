"""Owners and administrators: who may do what to whom, that it holds at once, and that the trail tells of it."""

import asyncio
from collections.abc import Awaitable
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from typing import Any, Protocol

import pytest
from pyotp.totp import TOTP
from sqlalchemy import update

from palaver.contracts.actors import Actor, Role
from palaver.contracts.administration import (
    AUDIT_SEARCH,
    PEOPLE_LIST,
    PERSON_CHANGE,
    PERSON_DELETE,
    PERSON_GET,
    SECOND_FACTOR_RESET,
    SIGN_INS_END,
    SIGN_INS_LIST,
    USER_SUSPENDED,
    AuditEntry,
    ChangePerson,
    EndAnySignIn,
    ListAllSignIns,
    ListPeople,
    OfPerson,
    SearchAudit,
    UserSuspended,
)
from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.ids import UserId, new_id
from palaver.contracts.sign_ins import SIGN_IN_ENDED, SignInEnded
from palaver.identity.store.tables import users
from palaver.identity.testing.post_office import LOOPBACK, PostOffice
from palaver.identity.testing.world import Person, World

pytestmark = [pytest.mark.component, pytest.mark.attack]

CODE = "a-one-time-code-of-32-characters-or-more"


class Worlds(Protocol):
    def __call__(self, **settings: Any) -> AbstractAsyncContextManager[World]: ...


async def refused(answer: Awaitable[object]) -> ErrorCode:
    with pytest.raises(Failure) as caught:
        await answer
    return caught.value.code


async def person(world: World, name: str, role: Role = Role.MEMBER) -> Person:
    """Somebody registered; their token says `member`, whatever they became since."""
    made = await world.edge.register(f"{name}@example.org", nickname=name.title())
    async with world.database.transaction() as conn:
        await conn.execute(update(users).where(users.c.id == made.user.id).values(role=role.value))
    return made


def from_afar(who: Person) -> Actor:
    return who.actor.model_copy(update={"address": "203.0.113.9", "device": "console/1"})


async def change(world: World, by: Person, whom: Person, **changes: Any) -> Any:
    return await world.edge.broker.ask(
        PERSON_CHANGE, ChangePerson(actor=from_afar(by), user_id=whom.user.id, **changes)
    )


async def trail(world: World, reader: Person, count: int, /, **query: Any) -> list[AuditEntry]:
    """So many entries; they come by the broker."""
    async with asyncio.timeout(20):
        while True:
            request = SearchAudit(actor=reader.actor, **query)
            found = list((await world.edge.broker.ask(AUDIT_SEARCH, request)).entries)
            if len(found) >= count:
                return found
            await asyncio.sleep(0.01)


def questions_of(loud: Actor, ada: Person, bob: Person) -> list[tuple[Any, Any]]:
    """Everything that administrators may ask."""
    return [
        (PEOPLE_LIST, ListPeople(actor=loud)),
        (PERSON_GET, OfPerson(actor=loud, user_id=bob.user.id)),
        (PERSON_CHANGE, ChangePerson(actor=loud, user_id=ada.user.id, role=Role.OWNER)),
        (PERSON_DELETE, OfPerson(actor=loud, user_id=bob.user.id)),
        (SIGN_INS_LIST, ListAllSignIns(actor=loud)),
        (SIGN_INS_END, EndAnySignIn(actor=loud, sign_in_id=bob.sid)),
        (AUDIT_SEARCH, SearchAudit(actor=loud)),
    ]


async def test_members_and_demoted_administrators_may_nothing_whatever_their_token_says(world: World) -> None:
    ada, bob = await person(world, "ada"), await person(world, "bob", Role.ADMIN)
    loud = ada.actor.model_copy(update={"role": Role.OWNER})
    questions = questions_of(loud, ada, bob)
    for query, request in questions:
        assert await refused(world.edge.broker.ask(query, request)) is ErrorCode.FORBIDDEN
    assert (await world.edge.broker.ask(PEOPLE_LIST, ListPeople(actor=bob.actor))).total == 3  # the first owner too
    async with world.database.transaction() as conn:
        await conn.execute(update(users).where(users.c.id == bob.user.id).values(status="suspended"))
    assert await refused(world.edge.broker.ask(PEOPLE_LIST, ListPeople(actor=bob.actor))) is ErrorCode.FORBIDDEN


@pytest.mark.parametrize(
    ("by", "whom", "changes", "code"),
    [
        (Role.ADMIN, Role.MEMBER, {"role": Role.ADMIN}, None),
        (Role.ADMIN, Role.ADMIN, {"role": Role.MEMBER}, None),
        (Role.ADMIN, Role.MEMBER, {"status": "suspended"}, None),
        (Role.ADMIN, Role.MEMBER, {"role": Role.OWNER}, ErrorCode.FORBIDDEN),
        (Role.ADMIN, Role.OWNER, {"role": Role.MEMBER}, ErrorCode.FORBIDDEN),
        (Role.ADMIN, Role.OWNER, {"status": "suspended"}, ErrorCode.FORBIDDEN),
        (Role.OWNER, Role.MEMBER, {"role": Role.OWNER}, None),
        (Role.OWNER, Role.OWNER, {"role": Role.ADMIN}, None),
        (Role.OWNER, Role.OWNER, {"status": "suspended"}, None),
    ],
)
async def test_each_role_reaches_as_far_as_it_may(
    world: World, by: Role, whom: Role, changes: dict[str, Any], code: ErrorCode | None
) -> None:
    actor, target = await person(world, "actor", by), await person(world, "target", whom)
    if code is not None:
        assert await refused(change(world, actor, target, **changes)) is code
        (entry,) = await trail(world, actor, 1, by=actor.user.id, target_id=target.user.id)
        assert (entry.outcome, entry.details["code"]) == ("refused", code.value)
        return
    changed = await change(world, actor, target, **changes)
    assert {name: getattr(changed, name) for name in changes} == changes
    (entry,) = await trail(world, actor, 1, by=actor.user.id, target_id=target.user.id)
    assert (entry.service, entry.outcome, entry.target_kind) == ("identity", "done", "user")
    assert (entry.address, entry.device) == ("203.0.113.9", "console/1")


async def test_the_last_owner_stays_one(worlds: Worlds) -> None:
    async with worlds(owner_sign_in_code=CODE) as world:
        owner = await world.edge.redeem_link(CODE)
        ada = await person(world, "ada", Role.ADMIN)
        for changes, code in (
            ({"role": Role.ADMIN}, ErrorCode.LAST_OWNER),
            ({"status": "suspended"}, ErrorCode.CONFLICT),
        ):
            assert await refused(change(world, owner, owner, **changes)) is code
        mine = OfPerson(actor=owner.actor, user_id=owner.user.id)
        assert await refused(world.edge.broker.ask(PERSON_DELETE, mine)) is ErrorCode.CONFLICT
        await change(world, owner, ada, role=Role.OWNER)
        assert (await change(world, owner, owner, role=Role.MEMBER)).role is Role.MEMBER
        assert await refused(change(world, ada, ada, role=Role.ADMIN)) is ErrorCode.LAST_OWNER


async def test_suspension_ends_every_sign_in_at_once_and_everybody_hears_of_it(world: World) -> None:
    ended: list[SignInEnded] = []
    suspended: list[UserSuspended] = []

    async def on_ended(msg: Any) -> None:
        ended.append(SignInEnded.model_validate_json(msg.data))

    async def on_suspended(msg: Any) -> None:
        suspended.append(UserSuspended.model_validate_json(msg.data))

    await world.edge.broker.nc.subscribe(SIGN_IN_ENDED.address.wildcard, cb=on_ended)
    await world.edge.broker.nc.subscribe(USER_SUSPENDED.address.wildcard, cb=on_suspended)
    await world.edge.broker.nc.flush()
    root, ada = await person(world, "root", Role.ADMIN), await person(world, "ada")
    again = await world.edge.log_in("ada@example.org")
    await change(world, root, ada, status="suspended")
    async with asyncio.timeout(20):
        while {one.sid for one in ended} != {ada.sid, again.sid} or not suspended:  # noqa: ASYNC110 - by callback
            await asyncio.sleep(0.01)
    assert suspended[0].user_id == ada.user.id
    assert await refused(world.edge.refresh(ada.tokens.refresh_token)) in {
        ErrorCode.UNAUTHENTICATED,
        ErrorCode.FORBIDDEN,
    }
    assert await refused(world.edge.log_in("ada@example.org")) is ErrorCode.FORBIDDEN
    await change(world, root, ada, status="active")
    assert (await world.edge.log_in("ada@example.org")).user.id == ada.user.id


async def test_people_are_searched_and_paged_and_whoever_left_is_not_among_them(world: World) -> None:
    root = await person(world, "root", Role.ADMIN)
    for number in range(5):
        await person(world, f"visitor_{number}")

    async def listed(**query: Any) -> tuple[list[str], int]:
        page = await world.edge.broker.ask(PEOPLE_LIST, ListPeople(actor=root.actor, **query))
        return [found.nickname for found in page.people], page.total

    assert await listed(q="VISITOR_", limit=2) == (["Visitor_4", "Visitor_3"], 5)
    assert await listed(q="visitor_", limit=2, offset=4) == (["Visitor_0"], 5)
    assert await listed(q="visitorX") == ([], 0)
    assert await listed(q="_2@example") == (["Visitor_2"], 1)
    assert await listed(role=Role.ADMIN) == (["Root"], 1)
    assert await listed(status="suspended") == ([], 0)
    page = await world.edge.broker.ask(PEOPLE_LIST, ListPeople(actor=root.actor, q="_2@"))
    assert page.people[0].last_seen_at is not None
    await world.edge.broker.ask(PERSON_DELETE, OfPerson(actor=root.actor, user_id=page.people[0].id))
    assert (await listed(q="visitor_"))[1] == 4
    (entry,) = await trail(world, root, 1, action="user.delete")
    assert (entry.actor_id, entry.target_id) == (root.user.id, page.people[0].id)
    gone = OfPerson(actor=root.actor, user_id=page.people[0].id)
    assert await refused(world.edge.broker.ask(PERSON_GET, gone)) is ErrorCode.NOT_FOUND
    nobody = OfPerson(actor=root.actor, user_id=UserId(new_id()))
    assert await refused(world.edge.broker.ask(PERSON_DELETE, nobody)) is ErrorCode.NOT_FOUND


async def test_sign_ins_are_listed_with_their_people_and_can_be_ended(world: World) -> None:
    root, ada = await person(world, "root", Role.ADMIN), await person(world, "ada")
    await world.edge.log_in("ada@example.org")
    everybody = await world.edge.broker.ask(SIGN_INS_LIST, ListAllSignIns(actor=root.actor, limit=2))
    assert (len(everybody.sign_ins), everybody.total) == (2, 3)
    hers = await world.edge.broker.ask(SIGN_INS_LIST, ListAllSignIns(actor=root.actor, user_id=ada.user.id))
    assert {(found.nickname, found.user_id) for found in hers.sign_ins} == {("Ada", ada.user.id)}
    assert ("203.0.113.7", "test") in {(found.address, found.device) for found in hers.sign_ins}
    end = EndAnySignIn(actor=root.actor, sign_in_id=ada.sid)
    await world.edge.broker.ask(SIGN_INS_END, end)
    assert await refused(world.edge.broker.ask(SIGN_INS_END, end)) is ErrorCode.NOT_FOUND
    assert await refused(world.edge.refresh(ada.tokens.refresh_token)) is ErrorCode.UNAUTHENTICATED
    (entry,) = await trail(world, root, 1, action="sign-in.end")
    assert entry.details == {"sign_in": ada.sid}


async def test_the_trail_is_searched_by_every_field_and_read_page_by_page_without_gaps(world: World) -> None:
    root, ada = await person(world, "root", Role.ADMIN), await person(world, "ada")
    began = world.clock.now
    for number in range(7):  # all in the same moment
        await change(world, root, ada, status=("active", "suspended")[number % 2 == 0])
    world.clock.forward(hours=1)
    await change(world, root, ada, status="active")
    about_ada: dict[str, Any] = {"target_id": ada.user.id, "by": root.user.id}
    all_of_them = await trail(world, root, 8, **about_ada)
    seen: list[str] = []
    cursor = None
    while True:
        request = SearchAudit(actor=root.actor, limit=3, cursor=cursor, **about_ada)
        page = await world.edge.broker.ask(AUDIT_SEARCH, request)
        seen += [entry.event_id for entry in page.entries]
        if (cursor := page.next_cursor) is None:
            break
    assert seen == [entry.event_id for entry in all_of_them]
    hour = timedelta(hours=1)
    assert len(await trail(world, root, 0, **about_ada, since=began + hour)) == 1
    assert len(await trail(world, root, 0, **about_ada, until=began + hour)) == 7
    assert len(await trail(world, root, 0, **about_ada, action="user.suspend")) == 4
    assert await trail(world, root, 0, **about_ada, outcome="refused") == []
    assert await trail(world, root, 0, **about_ada, service="keyvault") == []
    assert await trail(world, root, 0, target_kind="key") == []
    assert len(await trail(world, root, 0, **about_ada, sign_in=root.sid)) == 8
    assert await trail(world, root, 0, **about_ada, sign_in=ada.sid) == []
    broken = SearchAudit(actor=root.actor, cursor="yesterday")
    assert await refused(world.edge.broker.ask(AUDIT_SEARCH, broken)) is ErrorCode.VALIDATION_FAILED
    await world.edge.broker.ask(AUDIT_SEARCH, SearchAudit(actor=from_afar(root), export=True))
    (entry,) = await trail(world, root, 1, action="audit.export")
    assert (entry.actor_id, entry.address, entry.device) == (root.user.id, "203.0.113.9", "console/1")


async def test_a_lost_second_factor_is_reset_by_others_told_by_mail_and_the_password_alone_signs_in(
    worlds: Worlds,
) -> None:
    async with PostOffice().opened() as office:
        mail = {"host": LOOPBACK, "port": office.port, "security": "none", "sender": "palaver@example.org"}
        async with worlds(mail=mail) as world:
            olga, oscar = await person(world, "olga", Role.OWNER), await person(world, "oscar", Role.OWNER)
            grace, ada = await person(world, "grace", Role.ADMIN), await person(world, "ada")

            async def reset(by: Person, whom: Person) -> None:
                await world.edge.broker.ask(SECOND_FACTOR_RESET, OfPerson(actor=from_afar(by), user_id=whom.user.id))

            assert await refused(reset(grace, ada)) is ErrorCode.NOT_FOUND
            for one in (olga, grace, ada):
                secret = await world.edge.begin_second_factor(one)
                await world.edge.confirm_second_factor(one, TOTP(secret).at(world.clock.now))
            seen = await world.edge.broker.ask(PERSON_GET, OfPerson(actor=grace.actor, user_id=ada.user.id))
            assert seen.second_factor
            challenge = await world.edge.challenge("ada@example.org")
            assert await refused(reset(ada, grace)) is ErrorCode.FORBIDDEN
            assert await refused(reset(grace, olga)) is ErrorCode.FORBIDDEN
            assert await refused(reset(grace, grace)) is ErrorCode.CONFLICT
            assert await refused(reset(olga, olga)) is ErrorCode.CONFLICT
            await reset(grace, ada)
            letter = await office.next()
            assert (letter["To"], letter["Subject"]) == (
                "ada@example.org",
                "Your second factor for Palaver was removed",
            )
            assert await refused(world.edge.second_step(challenge, "123456")) is ErrorCode.UNAUTHENTICATED
            assert (await world.edge.log_in("ada@example.org")).user.id == ada.user.id
            await reset(oscar, olga)
            await world.edge.log_in("olga@example.org")
            entries = await trail(world, olga, 5, action="second-factor.reset")
            told = {(e.actor_id, e.target_id, e.outcome, e.details.get("code")) for e in entries}
            assert told == {
                (grace.user.id, olga.user.id, "refused", "FORBIDDEN"),
                (grace.user.id, grace.user.id, "refused", "CONFLICT"),
                (olga.user.id, olga.user.id, "refused", "CONFLICT"),
                (grace.user.id, ada.user.id, "done", None),
                (oscar.user.id, olga.user.id, "done", None),
            }
