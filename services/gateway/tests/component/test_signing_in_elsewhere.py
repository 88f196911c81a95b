"""Browsers that sign in elsewhere: what they are sent away with, and what they are given when they are back."""

from typing import Any

import httpx2
import pytest

from palaver.contracts import oauth
from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.identity import SEAL_CONTEXT_ANSWER, SEAL_CONTEXT_REQUEST
from palaver.servicekit.sealing import from_base64url, key_id_of, seal, unseal

pytestmark = [pytest.mark.component, pytest.mark.attack]

THERE = "https://issuer.example/authorize?state=s&code_challenge=c"
BINDING = "what-only-this-browser-knows"


async def play(served: Any) -> list[oauth.OAuthCallback]:
    """Identity that sends browsers away and takes those back that have their cookie; gives what it was told.
    `served.invited` is what browsers brought."""
    served.invited = []
    served.identity = await served.play_identity()
    told: list[oauth.OAuthCallback] = []

    async def begin(request: oauth.BeginOAuth) -> oauth.OAuthBegun:
        if request.sealed is not None:
            keys = served.identity_keys
            intent = unseal(request.sealed, oauth.OAuthIntent, keys=keys, context=SEAL_CONTEXT_REQUEST)
            served.invited.append(intent.invitation)
        public = from_base64url(request.reply_key)
        start = oauth.OAuthStart(url=THERE, binding=BINDING)
        return oauth.OAuthBegun(
            sealed=seal(start, public=public, key_id=key_id_of(public), context=SEAL_CONTEXT_ANSWER)
        )

    async def finish(request: oauth.FinishOAuth) -> Any:
        keys = served.identity_keys
        came_back = unseal(request.sealed, oauth.OAuthCallback, keys=keys, context=SEAL_CONTEXT_REQUEST)
        told.append(came_back)
        if came_back.binding != BINDING:
            raise Failure(ErrorCode.OAUTH_FAILED, "No.")
        return served.identity._signed_in(request.reply_key)

    answer = served.neighbours.answer
    await answer(oauth.OAUTH_BEGIN, begin)
    await answer(oauth.OAUTH_FINISH, finish)
    listed = oauth.OAuthProviders(providers=(oauth.OAuthProvider(id="corp", name="Corp"),))
    await served.neighbours.always(oauth.OAUTH_PROVIDERS, listed)
    return told


def cookies_of(answer: httpx2.Response) -> dict[str, str]:
    return {cookie.split("=")[0]: cookie for cookie in answer.headers.get_list("set-cookie")}


async def test_a_browser_goes_there_and_comes_back_signed_in(served: Any) -> None:
    told = await play(served)
    async with served.http() as http:
        assert (await http.get("/api/v1/auth/providers")).json()["data"] == [{"id": "corp", "name": "Corp"}]
        away = await http.get("/api/v1/auth/oauth/corp")
        http.cookies.set("palaver_oauth", BINDING)
        query = {"state": "s", "code": "c", "iss": "https://issuer.example"}
        back = await http.get("/api/v1/auth/oauth/corp/callback", params=query)
    assert (away.status_code, away.headers["location"]) == (303, THERE)
    for part in (f"={BINDING}", "HttpOnly", "SameSite=lax", "Path=/api/v1/auth/oauth", "Max-Age=600"):
        assert part in cookies_of(away)["palaver_oauth"]
    (came_back,) = told
    assert (came_back.provider, came_back.state, came_back.code) == ("corp", "s", "c")
    assert came_back.iss == "https://issuer.example"
    assert (back.status_code, back.headers["location"]) == (303, "/")
    kept = cookies_of(back)
    for part in (served.identity.refresh_token, "HttpOnly", "SameSite=strict", "Path=/api/v1/auth"):
        assert part in kept["palaver_refresh"]
    assert "Max-Age=0" in kept["palaver_oauth"]


async def test_whoever_did_not_begin_is_led_to_the_page_with_nothing(served: Any) -> None:
    told = await play(served)
    async with served.http() as http:
        back = await http.get("/api/v1/auth/oauth/corp/callback", params={"state": "s", "code": "c"})
        odd = await http.get("/api/v1/auth/oauth/Not a name/callback")
    assert (back.status_code, back.headers["location"]) == (303, "/#sign-in-failed=OAUTH_FAILED")
    assert "palaver_refresh" not in cookies_of(back)
    assert [came_back.binding for came_back in told] == [""]
    assert odd.status_code == 422


async def test_whoever_brings_an_invitation_gives_it_in_no_address(served: Any) -> None:
    await play(served)
    async with served.http(Origin=served.url) as http:
        away = await http.post("/api/v1/auth/oauth/corp", json={"invitation": "an-invitation"})
    async with served.http(Origin="https://evil.example") as http:
        foreign = await http.post("/api/v1/auth/oauth/corp", json={"invitation": "an-invitation"})
    assert (away.status_code, away.json()["data"]) == (200, {"url": THERE})
    assert f"={BINDING}" in cookies_of(away)["palaver_oauth"]
    assert served.invited == ["an-invitation"]
    assert foreign.json()["error"]["code"] == "ORIGIN_NOT_ALLOWED"
