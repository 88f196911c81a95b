"""Signing in with an account elsewhere: browsers are sent there, and taken back."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Cookie, Depends, Path, Query, Request
from fastapi.responses import RedirectResponse

from palaver.contracts.failures import Failure
from palaver.contracts.identity import SEAL_CONTEXT_ANSWER, SEAL_CONTEXT_REQUEST, Tokens
from palaver.contracts.oauth import (
    OAUTH_BEGIN,
    OAUTH_FINISH,
    OAUTH_PROVIDERS,
    STATE_SECONDS,
    BeginOAuth,
    FinishOAuth,
    ListOAuthProviders,
    OAuthCallback,
    OAuthName,
    OAuthProvider,
    OAuthStart,
)
from palaver.gateway.api.auth import keep_cookie, limited_sign_in
from palaver.gateway.api.envelope import Envelope
from palaver.gateway.api.surroundings import Around, address_of, device_of
from palaver.gateway.recipients import reply_key_of
from palaver.servicekit.sealing import KeyPair, unseal

COOKIE = "palaver_oauth"
COOKIE_PATH = "/api/v1/auth/oauth"

router = APIRouter(prefix="/auth", tags=["auth"])

Provider = Annotated[OAuthName, Path(examples=["github"])]
Binding = Annotated[str | None, Cookie(alias=COOKIE, max_length=200, description="Who began the sign-in.")]


@router.get("/providers")
async def list_providers(around: Around) -> Envelope[list[OAuthProvider]]:
    """Where people may sign in from, besides here."""
    return Envelope(data=list((await around.broker.ask(OAUTH_PROVIDERS, ListOAuthProviders())).providers))


@router.get(
    "/oauth/{provider}",
    status_code=HTTPStatus.SEE_OTHER,
    response_class=RedirectResponse,
    dependencies=[Depends(limited_sign_in)],
)
async def begin(provider: Provider, around: Around) -> RedirectResponse:
    """Go and sign in there."""
    keys = KeyPair.generate()
    answer = await around.broker.ask(OAUTH_BEGIN, BeginOAuth(provider=provider, reply_key=reply_key_of(keys)))
    start = unseal(answer.sealed, OAuthStart, keys=keys, context=SEAL_CONTEXT_ANSWER)
    response = RedirectResponse(start.url, HTTPStatus.SEE_OTHER)
    response.set_cookie(
        COOKIE,
        start.binding,
        max_age=STATE_SECONDS,
        path=COOKIE_PATH,
        secure=around.secure_cookies,
        httponly=True,
        samesite="lax",  # it has to come back with a navigation from there
    )
    return response


@router.get(
    "/oauth/{provider}/callback",
    status_code=HTTPStatus.SEE_OTHER,
    response_class=RedirectResponse,
    dependencies=[Depends(limited_sign_in)],
)
async def finish(  # noqa: PLR0917 - what a provider sends
    provider: Provider,
    request: Request,
    around: Around,
    state: Annotated[str, Query(max_length=200)] = "",
    code: Annotated[str | None, Query(max_length=4_096)] = None,
    error: Annotated[str | None, Query(max_length=200)] = None,
    iss: Annotated[str | None, Query(max_length=2_000)] = None,
    binding: Binding = None,
) -> RedirectResponse:
    """Come back from there: to the page, signed in, or to the page with the error's code behind `#sign-in-failed=`."""
    keys = KeyPair.generate()
    came_back = OAuthCallback(provider=provider, state=state, binding=binding or "", code=code, error=error, iss=iss)
    sealed = around.identity.seal(came_back, context=SEAL_CONTEXT_REQUEST)
    finishing = FinishOAuth(
        reply_key=reply_key_of(keys), address=address_of(request), device=device_of(request), sealed=sealed
    )
    try:
        answer = await around.broker.ask(OAUTH_FINISH, finishing)
    except Failure as failure:  # whoever comes back by a navigation reads a page, no envelope
        response = RedirectResponse(f"/#sign-in-failed={failure.code.value}", HTTPStatus.SEE_OTHER)
    else:
        tokens = unseal(answer.sealed, Tokens, keys=keys, context=SEAL_CONTEXT_ANSWER)
        response = RedirectResponse("/", HTTPStatus.SEE_OTHER)
        keep_cookie(response, tokens, secure=around.secure_cookies)
    response.delete_cookie(COOKIE, path=COOKIE_PATH, secure=around.secure_cookies, httponly=True, samesite="lax")
    return response
