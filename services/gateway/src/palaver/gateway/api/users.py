"""The signed-in person's own account."""

from fastapi import APIRouter
from pydantic import BaseModel, Field

from palaver.contracts.analytics import QUOTA_GET, Quota, ReadQuota
from palaver.contracts.identity import USER_GET, USER_UPDATE, Nickname, ReadUser, UpdateUser, UserView
from palaver.gateway.api.envelope import Envelope
from palaver.gateway.api.surroundings import Around, Authenticated

router = APIRouter(prefix="/users", tags=["users"])


class ProfileBody(BaseModel):
    """What is given is changed."""

    nickname: Nickname | None = None
    avatar_url: str | None = Field(default=None, max_length=2_000)


@router.get("/me")
async def read_me(who: Authenticated, around: Around) -> Envelope[UserView]:
    """Your account."""
    return Envelope(data=await around.broker.ask(USER_GET, ReadUser(actor=who.actor)))


@router.put("/me")
async def update_me(body: ProfileBody, who: Authenticated, around: Around) -> Envelope[UserView]:
    """Change your profile."""
    request = UpdateUser(actor=who.actor, nickname=body.nickname, avatar_url=body.avatar_url)
    return Envelope(data=await around.broker.ask(USER_UPDATE, request))


@router.get("/me/quota")
async def read_quota(who: Authenticated, around: Around) -> Envelope[Quota]:
    """What you may still spend today, in US dollars."""
    return Envelope(data=await around.broker.ask(QUOTA_GET, ReadQuota(actor=who.actor)))
