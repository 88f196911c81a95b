"""Signing in and out. Secrets are sealed to identity before they touch the broker, and answers opened only here.

Browsers and programs are told apart by the `Origin` header, which every browser puts on its POSTs and no script can
leave out: a browser gets its refresh token in an HttpOnly cookie and never in a body that scripts can read.
"""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Cookie, Depends, Request, Response
from pydantic import BaseModel, Field

from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.identity import (
    LINK_REDEEM,
    MAX_INVITATION_CHARACTERS,
    SEAL_CONTEXT_ANSWER,
    SEAL_CONTEXT_REQUEST,
    TICKET_ISSUE,
    USER_LOGIN,
    USER_LOGOUT,
    USER_REFRESH,
    USER_REGISTER,
    Credentials,
    Email,
    IssueTicket,
    LogIn,
    LogOut,
    Nickname,
    Password,
    RedeemLink,
    Refresh,
    Register,
    Registration,
    SecretToken,
    SignedIn,
    Tokens,
    UserView,
)
from palaver.contracts.second_factor import SecondFactorRequired
from palaver.gateway.api.envelope import Envelope, done
from palaver.gateway.api.surroundings import Around, Authenticated, Surroundings, address_of, device_of
from palaver.gateway.recipients import reply_key_of
from palaver.servicekit.sealing import KeyPair, unseal

COOKIE = "palaver_refresh"
COOKIE_PATH = "/api/v1/auth"

router = APIRouter(prefix="/auth", tags=["auth"])

RefreshCookie = Annotated[str | None, Cookie(alias=COOKIE, max_length=4_096, description="Browsers' refresh token.")]


class RegisterBody(BaseModel):
    """A new account. `invitation` is the code of one, which stands behind `#invitation=` in its link."""

    email: Email
    password: Password
    nickname: Nickname
    invitation: str | None = Field(default=None, min_length=1, max_length=MAX_INVITATION_CHARACTERS, repr=False)


class LogInBody(BaseModel):
    """E-mail and password."""

    email: Email
    password: str = Field(min_length=1, max_length=200, repr=False)


class RefreshBody(BaseModel):
    """Programs give their refresh token here; browsers send it as a cookie."""

    refresh_token: str | None = Field(default=None, min_length=1, max_length=4_096, repr=False)


class LinkBody(BaseModel):
    """The code of a one-time sign-in link."""

    code: str = Field(min_length=1, max_length=4_096, repr=False)


class SignedInView(BaseModel):
    """Who signed in, and their tokens. `refresh_token` is null for browsers: theirs is in a cookie."""

    user: UserView
    access_token: str = Field(repr=False)
    token_type: str = "Bearer"  # noqa: S105 - the kind of token, not a token
    expires_at: datetime
    refresh_token: str | None = Field(default=None, repr=False)
    refresh_expires_at: datetime


class TicketView(BaseModel):
    """For one WebSocket handshake, as `?ticket=`."""

    ticket: str = Field(repr=False)
    expires_at: datetime


class JwksView(BaseModel):
    """RFC 7517; not enveloped, for it is read by JWT libraries."""

    keys: list[dict[str, object]]


async def limited_sign_in(request: Request, around: Around) -> None:
    """Guessing passwords and codes is slow."""
    await around.rate_limits.check(around.rates.sign_ins, address_of(request) or "unknown")


async def limited_refresh(request: Request, around: Around) -> None:
    """Refresh tokens cannot be guessed, but they are written to storage each time."""
    await around.rate_limits.check(around.rates.refreshes, address_of(request) or "unknown")


async def limited_registration(request: Request, around: Around) -> None:
    """Accounts cannot be made in bulk."""
    await around.rate_limits.check(around.rates.registrations, address_of(request) or "unknown")


@router.post("/register", status_code=201, dependencies=[Depends(limited_registration)])
async def register(body: RegisterBody, request: Request, response: Response, around: Around) -> Envelope[SignedInView]:
    """Open an account and sign in. `GET /auth/registration` says whether that needs an invitation."""
    registration = Registration(**dict(body))
    reply = Reply(request, response, around)
    answer = await around.broker.ask(
        USER_REGISTER,
        Register(
            reply_key=reply.key,
            address=reply.address,
            device=reply.device,
            sealed=around.identity.seal(registration, context=SEAL_CONTEXT_REQUEST),
        ),
    )
    return reply.signed_in(answer)


@router.post("/login", dependencies=[Depends(limited_sign_in)])
async def login(body: LogInBody, request: Request, response: Response, around: Around) -> Envelope[SignedInView]:
    """Sign in with e-mail and password.

    Who has a second factor is refused with SECOND_FACTOR_REQUIRED: its details have the `challenge` that goes with a
    code to `/auth/login/second-factor`.
    """
    credentials = Credentials(email=body.email, password=body.password)
    reply = Reply(request, response, around)
    log_in = LogIn(
        reply_key=reply.key,
        address=reply.address,
        device=reply.device,
        sealed=around.identity.seal(credentials, context=SEAL_CONTEXT_REQUEST),
    )
    try:
        return reply.signed_in(await around.broker.ask(USER_LOGIN, log_in))
    except Failure as failure:
        raise reply.challenged(failure) from None


@router.post("/link", dependencies=[Depends(limited_sign_in)])
async def link(body: LinkBody, request: Request, response: Response, around: Around) -> Envelope[SignedInView]:
    """Sign in with the code of a one-time link."""
    reply = Reply(request, response, around)
    answer = await around.broker.ask(
        LINK_REDEEM,
        RedeemLink(
            reply_key=reply.key,
            address=reply.address,
            device=reply.device,
            sealed=around.identity.seal(SecretToken(token=body.code), context=SEAL_CONTEXT_REQUEST),
        ),
    )
    return reply.signed_in(answer)


@router.post("/refresh", dependencies=[Depends(limited_refresh)])
async def refresh(
    request: Request,
    response: Response,
    around: Around,
    body: RefreshBody | None = None,
    cookie: RefreshCookie = None,
) -> Envelope[SignedInView | None]:
    """Exchange a refresh token for new tokens. Each works once. A browser without a cookie is told null."""
    reply = Reply(request, response, around)
    token = _refresh_token(body, cookie)
    if token is None:
        if reply.to_browser:
            return Envelope(data=None)  # a page cannot see its cookie: asking is how it learns that there is none
        raise Failure(ErrorCode.UNAUTHENTICATED, "This needs a refresh token.")
    answer = await around.broker.ask(
        USER_REFRESH,
        Refresh(
            reply_key=reply.key,
            address=reply.address,
            device=reply.device,
            sealed=around.identity.seal(SecretToken(token=token), context=SEAL_CONTEXT_REQUEST),
        ),
    )
    return Envelope(data=reply.signed_in(answer).data)


@router.post("/logout", dependencies=[Depends(limited_refresh)])
async def logout(
    request: Request,
    response: Response,
    around: Around,
    body: RefreshBody | None = None,
    cookie: RefreshCookie = None,
) -> Envelope[None]:
    """End this sign-in: its refresh token and all that came of it. Harmless without one."""
    Reply(request, response, around).forget_cookie()
    token = _refresh_token(body, cookie)
    if token is not None:
        sealed = around.identity.seal(SecretToken(token=token), context=SEAL_CONTEXT_REQUEST)
        await around.broker.ask(USER_LOGOUT, LogOut(sealed=sealed))
    return done()


@router.post("/ticket")
async def ticket(who: Authenticated, around: Around) -> Envelope[TicketView]:
    """A credential for one WebSocket handshake, for clients that cannot set headers."""
    keys = KeyPair.generate()
    ends_at = datetime.fromtimestamp(who.person.expires_at, UTC)
    request = IssueTicket(actor=who.actor, reply_key=reply_key_of(keys), sid=who.person.sid, sign_in_ends_at=ends_at)
    answer = await around.broker.ask(TICKET_ISSUE, request)
    opened = unseal(answer.sealed, SecretToken, keys=keys, context=SEAL_CONTEXT_ANSWER)
    return Envelope(data=TicketView(ticket=opened.token, expires_at=answer.expires_at))


@router.get("/jwks")
async def jwks(response: Response, around: Around) -> JwksView:
    """The public keys that verify access tokens."""
    document = await around.keys.document()
    response.headers["Cache-Control"] = "public, max-age=300"
    return JwksView(keys=list(document.keys))


class Reply:
    """One sign-in's answer: opened with a key of its own, and given to a browser or to a program."""

    def __init__(self, request: Request, response: Response, around: Surroundings) -> None:
        origin = request.headers.get("origin")
        if not around.origins.permit(origin, request.headers.get("host")):
            raise Failure(ErrorCode.ORIGIN_NOT_ALLOWED, "This web page may not sign in here.")
        self._keys = KeyPair.generate()
        self.to_browser = origin is not None
        self._response = response
        self._secure = around.secure_cookies
        self.key = reply_key_of(self._keys)
        self.address = address_of(request)
        self.device = device_of(request)

    def signed_in(self, answer: SignedIn) -> Envelope[SignedInView]:
        """Open the tokens and hand them over."""
        tokens = unseal(answer.sealed, Tokens, keys=self._keys, context=SEAL_CONTEXT_ANSWER)
        if self.to_browser:
            keep_cookie(self._response, tokens, secure=self._secure)
        return Envelope(
            data=SignedInView(
                user=answer.user,
                access_token=tokens.access_token,
                expires_at=tokens.expires_at,
                refresh_token=None if self.to_browser else tokens.refresh_token,
                refresh_expires_at=tokens.refresh_expires_at,
            )
        )

    def challenged(self, failure: Failure) -> Failure:
        """The failure as it came, and the challenge of SECOND_FACTOR_REQUIRED opened."""
        if failure.code is not ErrorCode.SECOND_FACTOR_REQUIRED:
            return failure
        required = SecondFactorRequired.model_validate(failure.details)
        opened = unseal(required.sealed, SecretToken, keys=self._keys, context=SEAL_CONTEXT_ANSWER)
        ends = required.expires_at.isoformat()
        return Failure(failure.code, failure.message, challenge=opened.token, expires_at=ends)

    def forget_cookie(self) -> None:
        """Take a browser's refresh token away."""
        forget_cookie(self._response, secure=self._secure)


def keep_cookie(response: Response, tokens: Tokens, *, secure: bool) -> None:
    """Give a browser its refresh token."""
    response.set_cookie(
        COOKIE,
        tokens.refresh_token,
        expires=tokens.refresh_expires_at,
        path=COOKIE_PATH,
        secure=secure,
        httponly=True,
        samesite="strict",
    )


def forget_cookie(response: Response, *, secure: bool) -> None:
    """Take a browser's refresh token away."""
    response.delete_cookie(COOKIE, path=COOKIE_PATH, secure=secure, httponly=True, samesite="strict")


def _refresh_token(body: RefreshBody | None, cookie: str | None) -> str | None:
    given = body.refresh_token if body is not None and body.refresh_token is not None else cookie
    return given or None  # an empty cookie is none
