"""Signing in with an account elsewhere, against a real issuer over HTTP that keeps the rules, and breaks them."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol, TypeAlias
from urllib.parse import parse_qs, urlsplit

import pytest
import pytest_asyncio
from pyotp.totp import TOTP
from sqlalchemy import select, update

from palaver.contracts.actors import Role
from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.oauth import OAUTH_PROVIDERS, ListOAuthProviders, OAuthProvider
from palaver.contracts.second_factor import SECOND_FACTOR_GET, ReadSecondFactor
from palaver.identity.store.tables import outside_accounts, passwords, users
from palaver.identity.testing.elsewhere import Elsewhere
from palaver.identity.testing.issuer import CLIENT, SECRET, TestIssuer
from palaver.identity.testing.world import World

pytestmark = [pytest.mark.component, pytest.mark.attack]

CODE = "a-one-time-code-of-32-characters-or-more"
PAGE = "https://palaver.example.org"
LONG_AGO = datetime.now(UTC) - timedelta(hours=1)


class Worlds(Protocol):
    def __call__(self, **settings: Any) -> AbstractAsyncContextManager[World]: ...


AtIssuer: TypeAlias = Elsewhere[TestIssuer]


@pytest_asyncio.fixture
async def elsewhere(worlds: Worlds) -> AsyncGenerator[AtIssuer]:
    async with TestIssuer(redirect_uri=f"{PAGE}/api/v1/auth/oauth/corp/callback") as issuer:
        corp = {"name": "Corp", "issuer": issuer.url, "client_id": CLIENT, "client_secret": SECRET}
        other = {**corp, "name": "Other"}
        async with worlds(oauth={"corp": corp, "other": other}, page_url=PAGE) as world:
            yield Elsewhere(world, issuer)


async def refused(answer: Awaitable[object]) -> ErrorCode:
    with pytest.raises(Failure) as caught:
        await answer
    return caught.value.code


async def test_who_comes_for_the_first_time_gets_an_account_without_a_password(elsewhere: AtIssuer) -> None:
    listed = await elsewhere.world.edge.broker.ask(OAUTH_PROVIDERS, ListOAuthProviders())
    assert listed.providers == (OAuthProvider(id="corp", name="Corp"), OAuthProvider(id="other", name="Other"))
    person = await elsewhere.sign_in()
    assert (person.user.email, person.user.nickname) == ("ada@example.org", "Ada")
    assert (await elsewhere.world.edge.refresh(person.tokens.refresh_token)).user.id == person.user.id
    async with elsewhere.world.database.read() as conn:
        assert (await conn.execute(select(passwords))).all() == []
        ((provider, subject, user_id, _),) = (await conn.execute(select(outside_accounts))).all()
    assert (provider, subject, user_id) == ("corp", "subject-1", person.user.id)
    elsewhere.provider.claims = {"email": "ada@another.example", "name": "Somebody"}
    again = await elsewhere.sign_in()
    assert again.user == person.user, "the subject says who it is, not the address"


async def test_an_address_that_the_issuer_vouches_for_leads_to_its_account_and_nobody_else_keeps_a_way_in(
    elsewhere: AtIssuer,
) -> None:
    squatter = await elsewhere.world.edge.register("ada@example.org")
    elsewhere.provider.claims = {"email_verified": False}
    assert await refused(elsewhere.sign_in()) is ErrorCode.OAUTH_FAILED
    elsewhere.provider.claims = {"email_verified": "true"}  # no boolean
    assert await refused(elsewhere.sign_in()) is ErrorCode.OAUTH_FAILED
    elsewhere.provider.claims = {}
    assert (await elsewhere.sign_in()).user.id == squatter.user.id
    assert await refused(elsewhere.world.edge.log_in("ada@example.org")) is ErrorCode.INVALID_CREDENTIALS
    assert await refused(elsewhere.world.edge.refresh(squatter.tokens.refresh_token)) is ErrorCode.UNAUTHENTICATED


async def test_nor_does_the_second_factor_of_whoever_opened_it_stay(elsewhere: AtIssuer) -> None:
    world = elsewhere.world
    squatter = await world.edge.register("ada@example.org")
    phone = TOTP(await world.edge.begin_second_factor(squatter))
    codes = await world.edge.confirm_second_factor(squatter, phone.at(world.clock.now))
    begun = await world.edge.challenge("ada@example.org")
    ada = await elsewhere.sign_in()
    assert await refused(world.edge.second_step(begun, codes[0])) is ErrorCode.UNAUTHENTICATED
    assert not (await world.edge.broker.ask(SECOND_FACTOR_GET, ReadSecondFactor(actor=ada.actor))).enabled


async def test_neither_the_first_owner_s_account_nor_a_suspended_one_is_reached(elsewhere: AtIssuer) -> None:
    elsewhere.provider.claims = {"email": "owner@localhost"}
    assert await refused(elsewhere.sign_in()) is ErrorCode.OAUTH_FAILED
    elsewhere.provider.claims = {}
    person = await elsewhere.sign_in()
    async with elsewhere.world.database.transaction() as conn:
        await conn.execute(update(users).where(users.c.id == person.user.id).values(status="suspended"))
    assert await refused(elsewhere.sign_in()) is ErrorCode.FORBIDDEN


Misbehave = Callable[[TestIssuer], None]


def _claims(**claims: Any) -> Misbehave:
    return lambda issuer: issuer.claims.update(claims)


def _set(**facts: Any) -> Misbehave:
    def misbehave(issuer: TestIssuer) -> None:
        for name, value in facts.items():
            setattr(issuer, name, value)

    return misbehave


@pytest.mark.parametrize(
    "misbehave",
    [
        pytest.param(_claims(nonce="another"), id="wrong nonce"),
        pytest.param(_claims(nonce=None), id="no nonce"),
        pytest.param(_claims(aud="somebody"), id="wrong audience"),
        pytest.param(_claims(aud=[CLIENT, "somebody"]), id="two audiences without azp"),
        pytest.param(_claims(aud=[CLIENT, "somebody"], azp="somebody"), id="for somebody else"),
        pytest.param(_claims(iss="https://evil.example"), id="wrong issuer"),
        pytest.param(_claims(exp=LONG_AGO), id="expired"),
        pytest.param(_claims(exp=None), id="endless"),
        pytest.param(_claims(sub=None), id="nobody"),
        pytest.param(_set(sign_with_stranger=True), id="bad signature"),
        pytest.param(_set(algorithm="none"), id="unsigned"),
        pytest.param(_set(algorithm="HS256"), id="signed with the client secret"),
    ],
)
async def test_a_token_that_breaks_a_rule_proves_nothing(elsewhere: AtIssuer, misbehave: Misbehave) -> None:
    misbehave(elsewhere.provider)
    assert await refused(elsewhere.sign_in()) is ErrorCode.OAUTH_FAILED
    assert elsewhere.provider.refused == []
    async with elsewhere.world.database.read() as conn:
        assert (await conn.execute(select(outside_accounts))).all() == []


async def test_an_attempt_is_one_browser_s_and_works_once(elsewhere: AtIssuer) -> None:
    start, foreign = await elsewhere.begin(), await elsewhere.begin()
    came_back = elsewhere.provider.sign_in(start.url)
    assert await refused(elsewhere.finish(start, came_back, state="made-up")) is ErrorCode.OAUTH_FAILED
    assert await refused(elsewhere.finish(start, came_back, state="")) is ErrorCode.OAUTH_FAILED
    assert await refused(elsewhere.finish(foreign, came_back)) is ErrorCode.OAUTH_FAILED
    assert await refused(elsewhere.finish(start, came_back)) is ErrorCode.OAUTH_FAILED, "the state is used up"
    fresh = await elsewhere.begin()
    answer = elsewhere.provider.sign_in(fresh.url)
    await elsewhere.finish(fresh, answer)
    assert await refused(elsewhere.finish(fresh, answer)) is ErrorCode.OAUTH_FAILED, "replayed"
    other = await elsewhere.begin()
    replayed = {**elsewhere.provider.sign_in(other.url), "code": answer["code"]}
    assert await refused(elsewhere.finish(other, replayed)) is ErrorCode.OAUTH_FAILED
    assert elsewhere.provider.refused == ["used or unknown code"]


async def test_the_answer_of_another_provider_is_not_taken(elsewhere: AtIssuer) -> None:
    start = await elsewhere.begin()
    came_back = elsewhere.provider.sign_in(start.url)
    assert await refused(elsewhere.finish(start, came_back, provider="other")) is ErrorCode.OAUTH_FAILED
    start = await elsewhere.begin()
    came_back = elsewhere.provider.sign_in(start.url)
    assert await refused(elsewhere.finish(start, came_back, iss="https://evil.example")) is ErrorCode.OAUTH_FAILED
    start = await elsewhere.begin()
    came_back = elsewhere.provider.sign_in(start.url)
    assert await refused(elsewhere.finish(start, came_back, iss=None)) is ErrorCode.OAUTH_FAILED, "it says who it is"
    assert await refused(elsewhere.begin("nobody")) is ErrorCode.NOT_FOUND


async def test_of_two_issuers_a_bad_one_never_sees_a_code_of_the_other(worlds: Worlds) -> None:
    """The mix-up attack: somebody begins at the bad issuer, which sends their browser on to the good one."""
    back = f"{PAGE}/api/v1/auth/oauth/good/callback"
    async with TestIssuer(redirect_uri=back) as good, TestIssuer(redirect_uri=back.replace("good", "bad")) as bad:
        settings = {
            name: {"name": name, "issuer": issuer.url, "client_id": CLIENT, "client_secret": SECRET}
            for name, issuer in (("good", good), ("bad", bad))
        }
        async with worlds(oauth=settings, page_url=PAGE) as world:
            victim, shown = Elsewhere(world, good, "good"), Elsewhere(world, bad, "bad")
            begun, helper = await shown.begin(), await victim.begin()
            state = parse_qs(urlsplit(begun.url).query)["state"][0]
            answer = {**good.sign_in(helper.url), "state": state}
            assert await refused(victim.finish(begun, answer)) is ErrorCode.OAUTH_FAILED, "a state is one issuer's"
            begun = await shown.begin()
            state = parse_qs(urlsplit(begun.url).query)["state"][0]
            answer = {**good.sign_in(helper.url), "state": state}
            assert await refused(shown.finish(begun, answer)) is ErrorCode.OAUTH_FAILED, "it names another"
            assert (good.refused, bad.refused) == ([], []), "no code was presented anywhere"
            assert (await victim.sign_in()).user.email == "ada@example.org"


async def test_a_code_of_another_attempt_does_not_fit_its_verifier(elsewhere: AtIssuer) -> None:
    mine, theirs = await elsewhere.begin(), await elsewhere.begin()
    stolen = elsewhere.provider.sign_in(theirs.url)["code"]
    came_back = elsewhere.provider.sign_in(mine.url)
    assert await refused(elsewhere.finish(mine, came_back, code=stolen)) is ErrorCode.OAUTH_FAILED
    assert elsewhere.provider.refused == ["code_verifier"]


async def test_keys_are_kept_and_read_again_when_the_issuer_changes_them(elsewhere: AtIssuer) -> None:
    for _ in range(3):
        await elsewhere.sign_in()
    assert elsewhere.provider.key_reads == 1
    elsewhere.provider.rotate()
    assert await refused(elsewhere.sign_in()) is ErrorCode.OAUTH_FAILED, "not at once: made-up key ids are no lever"
    elsewhere.world.clock.forward(seconds=11)
    await elsewhere.sign_in()
    assert elsewhere.provider.key_reads == 2


async def test_what_a_browser_takes_there_and_what_redis_keeps_tells_no_secret(elsewhere: AtIssuer) -> None:
    start = await elsewhere.begin()
    state = parse_qs(urlsplit(start.url).query)["state"][0]
    client = elsewhere.world.redis.client
    kept = [f"{key}={await client.get(key)}" for key in await elsewhere.world.ticket_keys() if "oauth" in key]
    assert len(kept) == 1
    for secret in (start.binding, state, SECRET):
        assert secret not in kept[0]
    assert start.binding not in start.url
    assert SECRET not in start.url


async def test_nobody_new_comes_in_while_registration_is_closed(worlds: Worlds) -> None:
    async with TestIssuer(redirect_uri=f"{PAGE}/api/v1/auth/oauth/corp/callback", says_iss=False) as issuer:
        corp = {"name": "Corp", "issuer": issuer.url, "client_id": CLIENT, "client_secret": SECRET}
        async with worlds(oauth={"corp": corp}, page_url=PAGE, registration="closed") as world:
            assert await refused(Elsewhere(world, issuer).sign_in()) is ErrorCode.REGISTRATION_CLOSED


async def test_by_invitation_who_is_new_needs_one_and_who_has_an_account_does_not(worlds: Worlds) -> None:
    async with TestIssuer(redirect_uri=f"{PAGE}/api/v1/auth/oauth/corp/callback") as issuer:
        corp = {"name": "Corp", "issuer": issuer.url, "client_id": CLIENT, "client_secret": SECRET}
        rules = {"registration": "invitation", "owner_sign_in_code": CODE}
        async with worlds(oauth={"corp": corp}, page_url=PAGE, **rules) as world:
            elsewhere, owner = Elsewhere(world, issuer), (await world.edge.redeem_link(CODE)).actor
            assert await refused(elsewhere.sign_in()) is ErrorCode.INVITATION_REQUIRED
            assert await refused(elsewhere.sign_in("made-up")) is ErrorCode.INVITATION_INVALID
            _, code = await world.edge.invite(owner)
            ada = await elsewhere.sign_in(code.code)
            assert (await elsewhere.sign_in()).user.id == ada.user.id
            issuer.claims = {"sub": "subject-2", "email": "bob@example.org"}
            assert await refused(elsewhere.sign_in(code.code)) is ErrorCode.INVITATION_INVALID
            await world.edge.invite(owner, email="bob@example.org", role="admin")
            bob = await elsewhere.sign_in()
            assert bob.user.role is Role.ADMIN, "the issuer vouches for the address that was invited"
            issuer.claims = {"sub": "subject-3", "email": "cleo@example.org", "email_verified": False}
            await world.edge.invite(owner, email="cleo@example.org")
            assert await refused(elsewhere.sign_in()) is ErrorCode.OAUTH_FAILED
