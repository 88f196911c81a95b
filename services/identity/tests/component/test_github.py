"""Signing in with GitHub, played over HTTP with the shapes of its documentation."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

import pytest
import pytest_asyncio
from sqlalchemy import select

from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.oauth import OAUTH_PROVIDERS, ListOAuthProviders, OAuthProvider
from palaver.identity.store.tables import outside_accounts
from palaver.identity.testing.elsewhere import Elsewhere
from palaver.identity.testing.github import EMAILS, TestGitHub
from palaver.identity.testing.issuer import CLIENT, SECRET

pytestmark = pytest.mark.component

PAGE = "https://palaver.example.org"


class Worlds(Protocol):
    def __call__(self, **settings: Any) -> AbstractAsyncContextManager[Any]: ...


@pytest_asyncio.fixture
async def github() -> AsyncGenerator[TestGitHub]:
    async with TestGitHub(redirect_uri=f"{PAGE}/api/v1/auth/oauth/github/callback") as github:
        yield github


@pytest_asyncio.fixture
async def elsewhere(worlds: Worlds, github: TestGitHub) -> AsyncGenerator[Elsewhere[TestGitHub]]:
    preset = {
        "kind": "github",
        "name": "GitHub",
        "client_id": CLIENT,
        "client_secret": SECRET,
        "site_url": github.url,
        "api_url": github.url,
    }
    async with worlds(oauth={"github": preset}, page_url=PAGE) as world:
        yield Elsewhere(world, github, "github")


async def refused(answer: Awaitable[object]) -> ErrorCode:
    with pytest.raises(Failure) as caught:
        await answer
    return caught.value.code


async def test_the_numeric_id_says_who_it_is_and_the_primary_address_which_account(
    elsewhere: Elsewhere[TestGitHub], github: TestGitHub
) -> None:
    listed = await elsewhere.world.edge.broker.ask(OAUTH_PROVIDERS, ListOAuthProviders())
    assert listed.providers == (OAuthProvider(id="github", name="GitHub"),)
    ada = await elsewhere.sign_in()
    assert (ada.user.email, ada.user.nickname) == ("ada@example.org", "Ada")
    assert github.asked_scopes == ["read:user", "user:email"]
    async with elsewhere.world.database.read() as conn:
        ((provider, subject, user_id, _),) = (await conn.execute(select(outside_accounts))).all()
    assert (provider, subject, user_id) == ("github", "583231", ada.user.id)
    github.user = {**github.user, "login": "renamed", "name": None}
    github.emails = ()
    assert (await elsewhere.sign_in()).user == ada.user, "a login can be given to somebody else, an id cannot"


async def test_whoever_gave_no_name_is_called_by_their_login(
    elsewhere: Elsewhere[TestGitHub], github: TestGitHub
) -> None:
    github.user = {**github.user, "name": None}
    assert (await elsewhere.sign_in()).user.nickname == "octocat"


Misbehave = Callable[[TestGitHub], None]


def _set(**facts: Any) -> Misbehave:
    def misbehave(github: TestGitHub) -> None:
        for name, value in facts.items():
            setattr(github, name, value)

    return misbehave


@pytest.mark.parametrize(
    "misbehave",
    [
        pytest.param(_set(emails=({**EMAILS[1], "verified": False},)), id="address not verified"),
        pytest.param(_set(emails=({**EMAILS[1], "primary": False},)), id="no primary address"),
        pytest.param(_set(shows_emails=False), id="addresses not shown"),
        pytest.param(_set(emails=("ada@example.org",)), id="addresses of another shape"),
        pytest.param(_set(user={"login": "octocat"}), id="nobody"),
        pytest.param(_set(refuses_with="bad_verification_code"), id="refused with status 200"),
        pytest.param(_set(refuses_with="incorrect_client_credentials"), id="client refused with status 200"),
    ],
)
async def test_what_proves_nothing_opens_nothing(
    elsewhere: Elsewhere[TestGitHub], github: TestGitHub, misbehave: Misbehave
) -> None:
    misbehave(github)
    assert await refused(elsewhere.sign_in()) is ErrorCode.OAUTH_FAILED
    async with elsewhere.world.database.read() as conn:
        assert (await conn.execute(select(outside_accounts))).all() == []


async def test_a_code_is_worth_something_once_and_with_its_own_verifier(
    elsewhere: Elsewhere[TestGitHub], github: TestGitHub
) -> None:
    mine, theirs = await elsewhere.begin(), await elsewhere.begin()
    stolen = github.sign_in(theirs.url)["code"]
    assert await refused(elsewhere.finish(mine, github.sign_in(mine.url), code=stolen)) is ErrorCode.OAUTH_FAILED
    first = await elsewhere.begin()
    code = github.sign_in(first.url)
    await elsewhere.finish(first, code)
    again = await elsewhere.begin()
    replayed = {**github.sign_in(again.url), "code": code["code"]}
    assert await refused(elsewhere.finish(again, replayed)) is ErrorCode.OAUTH_FAILED
