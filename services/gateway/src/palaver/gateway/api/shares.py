"""Links to rooms, and reading by one. The token is made here, shown once and forgotten: only its hash goes further.

A reader's token travels in the body, and on the page behind `#`: addresses end up in logs, histories and referrers.
"""

import hashlib
import secrets
from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field, StrictBool, StringConstraints

from palaver.contracts import limits
from palaver.contracts.ids import SessionId, ShareId
from palaver.contracts.session import OfSession
from palaver.contracts.shares import (
    SHARE_CREATE,
    SHARE_LIST,
    SHARE_REVOKE,
    SHARED_READ,
    CreateShare,
    ReadShared,
    RevokeShare,
    SharedPage,
    ShareView,
)
from palaver.gateway.api.envelope import Envelope, done
from palaver.gateway.api.surroundings import Around, Authenticated, Id, address_of

router = APIRouter()

TOKEN_BYTES = 32
ShareToken = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{43}$")]


class ShareBody(BaseModel):
    """What the link shows besides what was said, and for how long."""

    days: int | None = Field(
        default=None, ge=1, le=limits.MAX_SHARE_DAYS, description="Until it ends; by default it works until taken back."
    )
    prompts: StrictBool = Field(default=False, description="Whether it shows the system prompts, too.")


class NewShare(ShareView):
    """The link with its `token`, which is never shown again, and the `path` of the page with it."""

    token: str = Field(repr=False)
    path: str = Field(repr=False)


class SharedBody(BaseModel):
    """Which link, and how many of its messages the reader has already."""

    token: ShareToken = Field(repr=False)
    after: int = Field(default=0, ge=0, le=limits.MAX_SHARED_MESSAGES)


# Not idempotent by key: the kept answer would hold the token.
@router.post("/sessions/{session_id}/shares", status_code=201, tags=["sessions"])
async def create_share(session_id: Id, body: ShareBody, who: Authenticated, around: Around) -> Envelope[NewShare]:
    """Make a link to what a room shows now: what is said later, other versions and branches are not in it."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    room = SessionId(session_id)
    request = CreateShare(actor=who.actor, session_id=room, token_hash=_hashed(token), **dict(body))
    made = await around.broker.ask(SHARE_CREATE, request)
    return Envelope(data=NewShare(**dict(made), token=token, path=f"/shared#{token}"))


@router.get("/sessions/{session_id}/shares", tags=["sessions"])
async def list_shares(session_id: Id, who: Authenticated, around: Around) -> Envelope[list[ShareView]]:
    """The links to a room that work, the newest first."""
    request = OfSession(actor=who.actor, session_id=SessionId(session_id))
    return Envelope(data=list((await around.broker.ask(SHARE_LIST, request)).shares))


@router.delete("/sessions/{session_id}/shares/{share_id}", tags=["sessions"])
async def revoke_share(session_id: Id, share_id: Id, who: Authenticated, around: Around) -> Envelope[None]:
    """Take a link back: nobody reads by it any more."""
    request = RevokeShare(actor=who.actor, session_id=SessionId(session_id), share_id=ShareId(share_id))
    await around.broker.ask(SHARE_REVOKE, request)
    return done()


@router.post("/shared", tags=["shared"])
async def read_shared(body: SharedBody, request: Request, around: Around) -> Envelope[SharedPage]:
    """Read what a link shows. Needs no sign-in."""
    await around.rate_limits.check(around.rates.shared, address_of(request) or "unknown")
    answer = await around.broker.ask(SHARED_READ, ReadShared(token_hash=_hashed(body.token), after=body.after))
    return Envelope(data=answer)


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
