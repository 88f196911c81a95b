"""A forgotten password: ask for a link by e-mail, and use it."""

import hashlib

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field

from palaver.contracts.identity import SEAL_CONTEXT_REQUEST, Email, Password
from palaver.contracts.passwords import (
    PASSWORD_RESET,
    PASSWORD_RESET_REQUEST,
    PasswordReset,
    RequestPasswordReset,
    ResetPassword,
)
from palaver.gateway.api.auth import limited_sign_in
from palaver.gateway.api.envelope import Envelope, done
from palaver.gateway.api.surroundings import Around, address_of
from palaver.gateway.language import language_of

router = APIRouter(prefix="/auth", tags=["auth"])


class ForgotBody(BaseModel):
    """The account's e-mail address."""

    email: Email


class ResetBody(BaseModel):
    """The token of the link, which stands behind `#reset=`, and the new password."""

    token: str = Field(min_length=1, max_length=200, repr=False)
    new_password: Password


@router.post("/forgot-password", status_code=202)
async def forgot_password(body: ForgotBody, request: Request, around: Around) -> Envelope[None]:
    """Mail a link that sets a new password. The answer is the same whether or not there is such an account."""
    address = address_of(request)
    await around.rate_limits.check(around.rates.mails, address or "unknown")
    mailbox = hashlib.sha256(body.email.encode()).hexdigest()
    await around.rate_limits.check(around.rates.mails, mailbox)
    language = language_of(request.headers.get("accept-language"))
    await around.broker.ask(
        PASSWORD_RESET_REQUEST, RequestPasswordReset(email=body.email, language=language, address=address)
    )
    return done()


@router.post("/reset-password", dependencies=[Depends(limited_sign_in)])
async def reset_password(body: ResetBody, request: Request, around: Around) -> Envelope[None]:
    """Set a new password with a mailed link, once. You are signed out everywhere; sign in anew."""
    wanted = PasswordReset(token=body.token, new_password=body.new_password)
    sealed = around.identity.seal(wanted, context=SEAL_CONTEXT_REQUEST)
    await around.broker.ask(PASSWORD_RESET, ResetPassword(sealed=sealed, address=address_of(request)))
    return done()
