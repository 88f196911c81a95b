"""Signing in with an account elsewhere: browsers are sent there, and taken back."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Cookie, Depends, Path, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, Field

from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.identity import (
    MAX_INVITATION_CHARACTERS,
    SEAL_CONTEXT_ANSWER,
    SEAL_CONTEXT_REQUEST,
    Tokens,
)
from palaver.contracts.oauth import (
    OAUTH_BEGIN,
    OAUTH_FINISH,
    OAUTH_PROVIDERS,
    STATE_SECONDS,
    BeginOAuth,
    FinishOAuth,
    ListOAuthProviders,
    OAuthCallback,
    OAuthIntent,
    OAuthName,
    OAuthProvider,
    OAuthStart,
)
from palaver.gateway.api.auth import keep_cookie, limited_sign_in
from palaver.gateway.api.envelope import Envelope
from palaver.gateway.api.surroundings import Around, Surroundings, address_of, device_of
from palaver.gateway.recipients import reply_key_of
from palaver.servicekit.sealing import KeyPair, unseal

COOKIE = "palaver_oauth"
COOKIE_PATH = "/api/v1/auth/oauth"

router = APIRouter(prefix="/auth", tags=["auth"])

Provider = Annotated[OAuthName, Path(examples=["github"])]
Binding = Annotated[str | None, Cookie(alias=COOKIE, max_length=200, description="Who began the sign-in.")]


class InvitedBody(BaseModel):
    """The code of an invitation, for who has no account yet."""

    invitation: str = Field(min_length=1, max_length=MAX_INVITATION_CHARACTERS, repr=False)


class WhereTo(BaseModel):
    """Where the browser goes next."""

    url: str = Field(repr=False)


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
    start = await _begun(provider, around, None)
    response = RedirectResponse(start.url, HTTPStatus.SEE_OTHER)
    _keep_binding(response, start, around)
    return response


@router.post("/oauth/{provider}", dependencies=[Depends(limited_sign_in)])
async def begin_invited(
    provider: Provider, body: InvitedBody, request: Request, response: Response, around: Around
) -> Envelope[WhereTo]:
    """The address to go and sign in at, for whoever brings an invitation: none is written into an address."""
    if not around.origins.permit(request.headers.get("origin"), request.headers.get("host")):
        raise Failure(ErrorCode.ORIGIN_NOT_ALLOWED, "This web page may not sign in here.")
    start = await _begun(provider, around, OAuthIntent(invitation=body.invitation))
    _keep_binding(response, start, around)
    return Envelope(data=WhereTo(url=start.url))


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


async def _begun(provider: OAuthName, around: Surroundings, intent: OAuthIntent | None) -> OAuthStart:
    keys = KeyPair.generate()
    sealed = None if intent is None else around.identity.seal(intent, context=SEAL_CONTEXT_REQUEST)
    request = BeginOAuth(provider=provider, reply_key=reply_key_of(keys), sealed=sealed)
    answer = await around.broker.ask(OAUTH_BEGIN, request)
    return unseal(answer.sealed, OAuthStart, keys=keys, context=SEAL_CONTEXT_ANSWER)


def _keep_binding(response: Response, start: OAuthStart, around: Surroundings) -> None:
    response.set_cookie(
        COOKIE,
        start.binding,
        max_age=STATE_SECONDS,
        path=COOKIE_PATH,
        secure=around.secure_cookies,
        httponly=True,
        samesite="lax",  # it has to come back with a navigation from there
    )
