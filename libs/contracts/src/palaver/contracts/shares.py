"""Links to rooms: what a room showed at one moment, to be read by whoever has the link.

The gateway makes the link's token and keeps it to itself: only its hash travels and is stored.
"""

from datetime import datetime
from typing import Annotated

from pydantic import Field, StrictBool, StringConstraints

from palaver.contracts import limits
from palaver.contracts.ids import SessionId, ShareId
from palaver.contracts.session import Done, OfSession
from palaver.contracts.session_log import FinishReason
from palaver.contracts.subjects import Payload, query

TokenHash = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""SHA-256 of a token of 256 random bits; for those no slow hash is needed."""


class ShareView(Payload):
    """A link without its token. Without an `expires_at` it works until it is revoked."""

    id: ShareId
    session_id: SessionId
    title: str
    messages: int
    prompts: bool
    created_at: datetime
    expires_at: datetime | None


class CreateShare(OfSession):
    """Make a link to what the room shows now; with `prompts` to its system prompts, too."""

    token_hash: TokenHash = Field(repr=False)
    days: int | None = Field(default=None, ge=1, le=limits.MAX_SHARE_DAYS)
    prompts: StrictBool = False


class ShareList(Payload):
    """Links that work, the newest first."""

    shares: tuple[ShareView, ...]


class RevokeShare(OfSession):
    """Nobody reads by this link any more."""

    share_id: ShareId


class ReadShared(Payload):
    """Asked for whoever has the link, signed in or not. `after`: how many messages they have."""

    token_hash: TokenHash = Field(repr=False)
    after: int = Field(default=0, ge=0)


class SharedSpeaker(Payload):
    """A member who says something in it. `system_prompt` only where the link shows prompts."""

    name: str
    color: str
    system_prompt: str | None = None


class SharedMessage(Payload):
    """Said by `speakers[speaker]`; by a person where that is None, who is not named."""

    speaker: int | None
    model: str | None
    text: str
    finish_reason: FinishReason | None
    at: datetime


class SharedPage(Payload):
    """What a link shows: nothing that identifies the room, its owner or their keys. `next_after` goes on; None at the
    end. Messages that were deleted since are left out."""

    title: str
    system_prompt: str | None
    shared_at: datetime
    expires_at: datetime | None
    speakers: tuple[SharedSpeaker, ...]
    messages: tuple[SharedMessage, ...]
    next_after: int | None


SHARE_CREATE = query("session.share.create.v1", CreateShare, ShareView, "Make a link to a room.")
SHARE_LIST = query("session.share.list.v1", OfSession, ShareList, "The links to a room.")
SHARE_REVOKE = query("session.share.revoke.v1", RevokeShare, Done, "Take a link back.")
SHARED_READ = query("session.shared.read.v1", ReadShared, SharedPage, "Read what a link shows.")
QUERIES = (SHARE_CREATE, SHARE_LIST, SHARE_REVOKE, SHARED_READ)
