"""The signed-in person's own account."""

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, Field

from palaver.contracts.analytics import QUOTA_GET, Quota, ReadQuota
from palaver.contracts.identity import (
    MAX_PASSWORD_CHARACTERS,
    SEAL_CONTEXT_REQUEST,
    USER_DELETE,
    USER_GET,
    USER_UPDATE,
    DeleteUser,
    DeletionProof,
    Nickname,
    ReadUser,
    UpdateUser,
    UserView,
)
from palaver.gateway.api.account import limited_proof
from palaver.gateway.api.auth import forget_cookie
from palaver.gateway.api.envelope import Envelope, done
from palaver.gateway.api.surroundings import Around, Authenticated

router = APIRouter(prefix="/users", tags=["users"])


class ProfileBody(BaseModel):
    """What is given is changed."""

    nickname: Nickname | None = None
    avatar_url: str | None = Field(default=None, max_length=2_000)


class DeletionBody(BaseModel):
    """Your password, if you have one, and a code, if it has a second factor. Without a password you must have signed in
    within the last minutes."""

    password: str | None = Field(default=None, min_length=1, max_length=MAX_PASSWORD_CHARACTERS, repr=False)
    code: str | None = Field(default=None, min_length=6, max_length=40, repr=False)


@router.get("/me")
async def read_me(who: Authenticated, around: Around) -> Envelope[UserView]:
    """Your account."""
    return Envelope(data=await around.broker.ask(USER_GET, ReadUser(actor=who.actor)))


@router.put("/me")
async def update_me(body: ProfileBody, who: Authenticated, around: Around) -> Envelope[UserView]:
    """Change your profile."""
    request = UpdateUser(actor=who.actor, nickname=body.nickname, avatar_url=body.avatar_url)
    return Envelope(data=await around.broker.ask(USER_UPDATE, request))


@router.delete("/me", dependencies=[Depends(limited_proof)])
async def delete_me(
    who: Authenticated, around: Around, response: Response, body: DeletionBody | None = None
) -> Envelope[None]:
    """Delete your account for good, with your rooms, messages, presets and keys."""
    sealed = None
    if body is not None and body.password is not None:
        proof = DeletionProof(password=body.password, code=body.code)
        sealed = around.identity.seal(proof, context=SEAL_CONTEXT_REQUEST)
    await around.broker.ask(USER_DELETE, DeleteUser(actor=who.actor, sealed=sealed, sid=who.person.sid))
    forget_cookie(response, secure=around.secure_cookies)
    return done()


@router.get("/me/quota")
async def read_quota(who: Authenticated, around: Around) -> Envelope[Quota]:
    """What you may still spend today, in US dollars."""
    return Envelope(data=await around.broker.ask(QUOTA_GET, ReadQuota(actor=who.actor)))
