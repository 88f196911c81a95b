"""Registering, signing in and the tokens that follow, over a real broker, database and Redis."""

import asyncio
from collections.abc import Awaitable
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

import jwt
import pytest
from sqlalchemy import select, update

from palaver.contracts.actors import Role
from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.identity import JWKS_GET, USER_LOGIN, Credentials, LogIn, ReadJwks
from palaver.identity.store.tables import passwords, refresh_families, refresh_tokens, sign_in_codes, users
from palaver.identity.testing.world import PASSPHRASE, Edge, World
from palaver.servicekit.sealing import KeyPair, key_id_of, to_base64url

pytestmark = [pytest.mark.component, pytest.mark.attack]

CODE = "a-one-time-code-of-43-characters-4f1c9e07b2"


class Worlds(Protocol):
    def __call__(self, **settings: Any) -> AbstractAsyncContextManager[World]: ...


async def refused(answer: Awaitable[object]) -> ErrorCode:
    with pytest.raises(Failure) as caught:
        await answer
    return caught.value.code


async def claims_of(edge: Edge, token: str) -> dict[str, Any]:
    jwks = await edge.broker.ask(JWKS_GET, ReadJwks())
    keys = {str(key["kid"]): jwt.PyJWK.from_dict(key) for key in jwks.keys}
    key = keys[jwt.get_unverified_header(token)["kid"]]
    return jwt.decode(token, key=key, algorithms=["EdDSA"], audience="palaver", issuer="palaver")


async def test_whoever_registers_is_signed_in_with_a_token_that_the_published_key_verifies(world: World) -> None:
    person = await world.edge.register("Ada@Example.org")
    claims = await claims_of(world.edge, person.tokens.access_token)
    assert person.user.email == "ada@example.org"
    assert person.user.role is Role.MEMBER
    assert (claims["sub"], claims["role"], claims["nickname"]) == (person.user.id, "member", "Ada")
    assert claims["exp"] - claims["iat"] == 15 * 60
    assert claims["sid"]
    assert claims["jti"]


async def test_a_token_signed_by_another_key_is_not_verified_by_the_published_one(world: World) -> None:
    person = await world.edge.register("ada@example.org")
    header, payload, signature = person.tokens.access_token.split(".")
    forged = ".".join((header, payload, signature[:-4] + ("AAAA" if signature[-4:] != "AAAA" else "BBBB")))
    with pytest.raises(jwt.InvalidTokenError):
        await claims_of(world.edge, forged)


async def test_a_password_signs_in_however_the_address_is_written(world: World) -> None:
    registered = await world.edge.register("ada@example.org")
    assert (await world.edge.log_in("ADA@example.ORG")).user.id == registered.user.id


async def test_a_wrong_password_and_an_unknown_address_are_refused_with_the_same_words(world: World) -> None:
    await world.edge.register("ada@example.org")
    with pytest.raises(Failure) as wrong:
        await world.edge.log_in("ada@example.org", "not the password")
    with pytest.raises(Failure) as unknown:
        await world.edge.log_in("nobody@example.org", "not the password")
    assert wrong.value.body == unknown.value.body
    assert wrong.value.code is ErrorCode.INVALID_CREDENTIALS


async def test_an_unknown_address_costs_the_same_hash_as_a_known_one(world: World) -> None:
    await world.edge.register("ada@example.org")

    def hashes() -> float:
        return world.metric("palaver_identity_password_hash_seconds_count")

    before = hashes()
    await refused(world.edge.log_in("ada@example.org", "not the password"))
    known = hashes() - before
    await refused(world.edge.log_in("nobody@example.org", "not the password"))
    assert (known, hashes() - before) == (1, 2)


async def test_an_address_can_be_registered_once_even_by_two_at_a_time(world: World) -> None:
    answers = await asyncio.gather(
        *(world.edge.register(email) for email in ("ada@example.org", "ADA@EXAMPLE.ORG")), return_exceptions=True
    )
    failures = [answer for answer in answers if isinstance(answer, Failure)]
    assert [failure.code for failure in failures] == [ErrorCode.EMAIL_TAKEN]


async def test_nobody_can_register_the_owners_address(world: World) -> None:
    assert await refused(world.edge.register("owner@localhost")) is ErrorCode.EMAIL_TAKEN


async def test_closed_registration_refuses_everybody_and_keeps_letting_members_in(worlds: Worlds) -> None:
    async with worlds() as world:
        await world.edge.register("ada@example.org")
    async with worlds(registration="closed") as world:
        assert await refused(world.edge.register("bob@example.org")) is ErrorCode.REGISTRATION_CLOSED
        assert (await world.edge.log_in("ada@example.org")).user.email == "ada@example.org"


async def test_a_suspended_person_learns_it_only_after_the_right_password(world: World) -> None:
    person = await world.edge.register("ada@example.org")
    async with world.database.transaction() as conn:
        await conn.execute(update(users).where(users.c.id == person.user.id).values(status="suspended"))
    assert await refused(world.edge.log_in("ada@example.org", "not the password")) is ErrorCode.INVALID_CREDENTIALS
    assert await refused(world.edge.log_in("ada@example.org")) is ErrorCode.FORBIDDEN
    assert await refused(world.edge.refresh(person.tokens.refresh_token)) is ErrorCode.FORBIDDEN


async def test_stronger_parameters_replace_a_stored_hash_at_the_next_sign_in(worlds: Worlds) -> None:
    async def stored(world: World) -> str:
        async with world.database.read() as conn:
            return (await conn.execute(select(passwords.c.hash))).scalar_one()

    async with worlds() as world:
        await world.edge.register("ada@example.org")
        assert "$argon2id$" in await stored(world)
        assert "m=19456,t=2,p=1" in await stored(world)
    async with worlds(argon2_iterations=3) as world:
        await refused(world.edge.log_in("ada@example.org", "not the password"))
        assert "t=2" in await stored(world)
        await world.edge.log_in("ada@example.org")
        assert "t=3" in await stored(world)
        await world.edge.log_in("ada@example.org")


async def test_a_refresh_token_is_exchanged_for_new_tokens_of_the_same_sign_in(world: World) -> None:
    first = await world.edge.register("ada@example.org")
    second = await world.edge.refresh(first.tokens.refresh_token)
    third = await world.edge.refresh(second.tokens.refresh_token)
    sids = {(await claims_of(world.edge, p.tokens.access_token))["sid"] for p in (first, second, third)}
    assert len(sids) == 1
    assert len({p.tokens.refresh_token for p in (first, second, third)}) == 3


async def test_reusing_a_refresh_token_ends_the_sign_in_for_both_who_hold_it(world: World) -> None:
    first = await world.edge.register("ada@example.org")
    elsewhere = await world.edge.log_in("ada@example.org")
    second = await world.edge.refresh(first.tokens.refresh_token)
    assert await refused(world.edge.refresh(first.tokens.refresh_token)) is ErrorCode.REFRESH_REUSED
    assert await refused(world.edge.refresh(second.tokens.refresh_token)) is ErrorCode.REFRESH_REUSED
    assert (await world.edge.refresh(elsewhere.tokens.refresh_token)).user.id == first.user.id


async def test_of_two_that_present_a_refresh_token_at_once_one_is_the_reuse(world: World) -> None:
    first = await world.edge.register("ada@example.org")
    answers = await asyncio.gather(
        *(world.edge.refresh(first.tokens.refresh_token) for _ in range(2)), return_exceptions=True
    )
    failures = [answer for answer in answers if isinstance(answer, Failure)]
    assert [failure.code for failure in failures] == [ErrorCode.REFRESH_REUSED]


async def test_a_sign_in_ends_unused_after_thirty_days_and_used_after_ninety(world: World) -> None:
    unused = await world.edge.register("ada@example.org")
    used = await world.edge.log_in("ada@example.org")
    for _ in range(4):
        world.clock.forward(days=20)
        used = await world.edge.refresh(used.tokens.refresh_token)
    assert await refused(world.edge.refresh(unused.tokens.refresh_token)) is ErrorCode.TOKEN_EXPIRED
    world.clock.forward(days=10)
    assert await refused(world.edge.refresh(used.tokens.refresh_token)) is ErrorCode.TOKEN_EXPIRED


async def test_after_logging_out_no_token_of_the_sign_in_works_and_logging_out_again_is_harmless(world: World) -> None:
    person = await world.edge.register("ada@example.org")
    await world.edge.log_out(person.tokens.refresh_token)
    assert await refused(world.edge.refresh(person.tokens.refresh_token)) is ErrorCode.UNAUTHENTICATED
    await world.edge.log_out(person.tokens.refresh_token)
    await world.edge.log_out("never-issued")


async def test_a_made_up_refresh_token_is_refused(world: World) -> None:
    assert await refused(world.edge.refresh("never-issued")) is ErrorCode.UNAUTHENTICATED


async def test_the_database_holds_neither_password_nor_token_nor_code(worlds: Worlds) -> None:
    async with worlds(owner_sign_in_code=CODE) as world:
        person = await world.edge.register("ada@example.org")
        rows: list[str] = []
        async with world.database.read() as conn:
            for table in (users, passwords, refresh_families, refresh_tokens, sign_in_codes):
                rows += [repr(tuple(row)) for row in await conn.execute(select(table))]
    dump = "\n".join(rows)
    assert "ada@example.org" in dump  # the search finds what is there
    for secret in (PASSPHRASE, person.tokens.refresh_token, person.tokens.access_token, CODE):
        assert secret not in dump


async def test_the_owner_signs_in_once_with_the_code_of_the_settings(worlds: Worlds) -> None:
    async with worlds(owner_sign_in_code=CODE) as world:
        owner = await world.edge.redeem_link(CODE)
        assert (owner.user.email, owner.user.role) == ("owner@localhost", Role.OWNER)
        assert await refused(world.edge.redeem_link(CODE)) is ErrorCode.INVALID_CREDENTIALS


async def test_a_used_code_stays_used_when_the_service_starts_with_it_again(worlds: Worlds) -> None:
    async with worlds(owner_sign_in_code=CODE) as world:
        await world.edge.redeem_link(CODE)
    async with worlds(owner_sign_in_code=CODE) as world:
        assert await refused(world.edge.redeem_link(CODE)) is ErrorCode.INVALID_CREDENTIALS


async def test_a_new_code_replaces_the_one_of_the_last_start_and_leads_to_the_same_owner(worlds: Worlds) -> None:
    newer = CODE[::-1]
    async with worlds(owner_sign_in_code=CODE) as world:
        pass
    async with worlds(owner_sign_in_code=newer) as world:
        assert await refused(world.edge.redeem_link(CODE)) is ErrorCode.INVALID_CREDENTIALS
        await world.edge.redeem_link(newer)
        async with world.database.read() as conn:
            owners = (await conn.execute(select(users.c.id).where(users.c.role == "owner"))).all()
    assert len(owners) == 1


async def test_codes_given_as_digests_work_beside_the_clear_one_once_each(worlds: Worlds) -> None:
    from palaver.identity.opaque import digest_of

    other = CODE[::-1]
    async with worlds(owner_sign_in_code=CODE, owner_code_digests=[digest_of(other).hex()]) as world:
        first, second = await world.edge.redeem_link(CODE), await world.edge.redeem_link(other)
        assert first.user.id == second.user.id
        assert await refused(world.edge.redeem_link(other)) is ErrorCode.INVALID_CREDENTIALS


async def test_two_replicas_make_one_owner_and_accept_the_code_once(worlds: Worlds) -> None:
    async with worlds(owner_sign_in_code=CODE) as world, worlds(owner_sign_in_code=CODE) as other:
        answers = await asyncio.gather(
            world.edge.redeem_link(CODE), other.edge.redeem_link(CODE), return_exceptions=True
        )
        async with world.database.read() as conn:
            owners = (await conn.execute(select(users.c.id).where(users.c.role == "owner"))).all()
    failures = [answer for answer in answers if isinstance(answer, Failure)]
    assert [failure.code for failure in failures] == [ErrorCode.INVALID_CREDENTIALS]
    assert len(owners) == 1


async def test_an_old_code_and_a_made_up_one_are_refused(worlds: Worlds) -> None:
    async with worlds(owner_sign_in_code=CODE) as world:
        assert await refused(world.edge.redeem_link(CODE + "x")) is ErrorCode.INVALID_CREDENTIALS
        world.clock.forward(days=1, seconds=1)
        assert await refused(world.edge.redeem_link(CODE)) is ErrorCode.INVALID_CREDENTIALS


async def test_the_owner_has_no_password_to_guess(world: World) -> None:
    for guess in ("owner", PASSPHRASE, " "):
        assert await refused(world.edge.log_in("owner@localhost", guess)) is ErrorCode.INVALID_CREDENTIALS


@pytest.mark.parametrize("reply_key", ["", "short", "!" * 43, to_base64url(bytes(32)), to_base64url(b"\1" + bytes(31))])
async def test_an_answer_that_cannot_be_sealed_is_refused(world: World, reply_key: str) -> None:
    await world.edge.register("ada@example.org")
    sealed = world.edge.sealed(Credentials(email="ada@example.org", password=PASSPHRASE))
    request = LogIn(sealed=sealed, reply_key=reply_key)
    assert await refused(world.edge.broker.ask(USER_LOGIN, request)) is ErrorCode.VALIDATION_FAILED


async def test_a_box_for_another_recipient_or_another_purpose_does_not_open(world: World) -> None:
    stranger = KeyPair.generate()
    payload = Credentials(email="ada@example.org", password=PASSPHRASE)
    foreign = Edge(world.edge.broker, stranger.public, key_id_of(stranger.public)).sealed(payload)
    replayed = world.edge.sealed(payload, context="identity.answer")
    for sealed in (foreign, replayed):
        request = LogIn(sealed=sealed, reply_key=world.edge.reply_key)
        assert await refused(world.edge.broker.ask(USER_LOGIN, request)) is ErrorCode.VALIDATION_FAILED
