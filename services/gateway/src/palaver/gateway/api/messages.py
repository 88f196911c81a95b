"""Messages: posting without a WebSocket, and reading what was said."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from palaver.contracts import limits
from palaver.contracts.client_protocol import MessageItem, Post, PostOptions, TextPart, Uuid
from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.ids import MessageId, ParticipantId, SessionId, new_id
from palaver.contracts.session import (
    MESSAGE_DELETE,
    MESSAGE_GET,
    MESSAGE_LIST,
    MESSAGE_PIN,
    REPLY_FEEDBACK,
    REPLY_SELECT,
    REPLY_VERSIONS,
    EditedMessage,
    GiveFeedback,
    ListMessages,
    OfMessage,
    PinMessage,
    ReplyVersions,
    SelectVersion,
)
from palaver.contracts.session_log import Feedback, Metadata, TurnRef
from palaver.gateway.api.envelope import CursorMeta, Envelope, Slice, done
from palaver.gateway.api.idempotency import IdempotentRoute
from palaver.gateway.api.surroundings import Around, Authenticated, Id

router = APIRouter(prefix="/messages", tags=["messages"], route_class=IdempotentRoute)


class PostBody(BaseModel):
    """As the WebSocket's `post`. Without a `client_message_id` the server makes one: then repeating posts again."""

    session_id: Uuid
    client_message_id: Uuid | None = None
    content: str | list[TextPart]
    to: list[ParticipantId] | None = Field(default=None, max_length=limits.MAX_PARTICIPANTS)
    options: PostOptions = PostOptions()
    metadata: Metadata = Field(
        default_factory=dict[str, str | int | float | bool | None], max_length=limits.MAX_METADATA_ENTRIES
    )


class AcceptedView(BaseModel):
    """The message is on its way; the session's event `message.posted` says that it is stored."""

    session_id: str
    client_message_id: str


@router.post("", status_code=202)
@router.post("/", status_code=202, include_in_schema=False)
async def post_message(body: PostBody, who: Authenticated, around: Around) -> Envelope[AcceptedView]:
    """Say something in a room."""
    post = Post(
        session_id=body.session_id,
        client_message_id=body.client_message_id or new_id(),
        content=body.content if isinstance(body.content, str) else tuple(body.content),
        to=None if body.to is None else tuple(body.to),
        options=body.options,
        metadata=body.metadata,
    )
    await around.conversation.post(who.actor, post)
    return Envelope(data=AcceptedView(session_id=post.session_id, client_message_id=post.client_message_id))


@router.get("/session/{session_id}")
async def list_messages(
    session_id: Id,
    who: Authenticated,
    around: Around,
    before: Annotated[int | None, Query(ge=1, le=2**31, description="A round; only earlier ones are given.")] = None,
    limit: Annotated[int, Query(ge=1, le=limits.MAX_PAGE)] = limits.DEFAULT_PAGE,
) -> Slice[list[MessageItem]]:
    """A page of a room's messages, the newest page first, oldest message first in it."""
    request = ListMessages(actor=who.actor, session_id=SessionId(session_id), before_round=before, limit=limit)
    page = await around.broker.ask(MESSAGE_LIST, request)
    return Slice(data=list(page.items), meta=CursorMeta(limit=limit, next_cursor=page.next_before_round))


@router.get("/{message_id}")
async def read_message(message_id: Id, who: Authenticated, around: Around) -> Envelope[MessageItem]:
    """One message or reply."""
    page = await around.broker.ask(MESSAGE_GET, OfMessage(actor=who.actor, message_id=MessageId(message_id)))
    if not page.items:
        raise Failure(ErrorCode.NOT_FOUND, "There is no such message.")
    return Envelope(data=page.items[0])


class EditBody(BaseModel):
    """The message in other words. With a `client_message_id`, repeating it changes nothing."""

    content: str
    client_message_id: Uuid | None = None


@router.put("/{message_id}", status_code=202)
async def edit_message(message_id: Id, body: EditBody, who: Authenticated, around: Around) -> Envelope[EditedMessage]:
    """Say one of your messages in other words: the conversation goes on from there on a branch of its own, and what
    followed the first wording can be shown again.
    """
    client_message_id = body.client_message_id or new_id()
    edited = await around.conversation.edit(who.actor, message_id, client_message_id, body.content)
    return Envelope(data=edited)


@router.delete("/{message_id}")
async def delete_message(message_id: Id, who: Authenticated, around: Around) -> Envelope[None]:
    """Delete the text of one message or reply for good."""
    await around.broker.ask(MESSAGE_DELETE, OfMessage(actor=who.actor, message_id=MessageId(message_id)))
    return done()


@router.put("/{message_id}/pin")
async def pin_message(message_id: Id, who: Authenticated, around: Around) -> Envelope[None]:
    """Pin a message or reply: it stays in every model's window, as far as it fits."""
    request = PinMessage(actor=who.actor, message_id=MessageId(message_id), pinned=True)
    await around.broker.ask(MESSAGE_PIN, request)
    return done()


class RegenerateBody(BaseModel):
    """Without a `model` the participant's own answers."""

    model: str | None = None


class VersionBody(BaseModel):
    """Which version of the answer is to be shown."""

    version: int = Field(ge=1, le=2**31 - 1)


class FeedbackBody(BaseModel):
    """1 is good, -1 is bad, null takes it back. Without a `version` the shown one is meant."""

    rating: Literal[-1, 1] | None
    comment: str = Field(default="", max_length=limits.MAX_FEEDBACK_CHARACTERS)
    version: int | None = Field(default=None, ge=1, le=2**31 - 1)


@router.post("/{message_id}/regenerate", status_code=202)
async def regenerate(
    message_id: Id, who: Authenticated, around: Around, body: RegenerateBody | None = None
) -> Envelope[TurnRef]:
    """Ask the same participant for another version of an answer, also of one that failed."""
    model = None if body is None else body.model
    return Envelope(data=await around.conversation.regenerate(who.actor, message_id, model=model))


@router.get("/{message_id}/versions")
async def list_versions(message_id: Id, who: Authenticated, around: Around) -> Envelope[ReplyVersions]:
    """All versions of an answer that have a text."""
    request = OfMessage(actor=who.actor, message_id=MessageId(message_id))
    return Envelope(data=await around.broker.ask(REPLY_VERSIONS, request))


@router.put("/{message_id}/active-version")
async def select_version(message_id: Id, body: VersionBody, who: Authenticated, around: Around) -> Envelope[None]:
    """Show another version of an answer; later rounds read it."""
    request = SelectVersion(actor=who.actor, message_id=MessageId(message_id), version=body.version)
    await around.broker.ask(REPLY_SELECT, request)
    return done()


@router.post("/{message_id}/feedback")
async def give_feedback(message_id: Id, body: FeedbackBody, who: Authenticated, around: Around) -> Envelope[None]:
    """Say what you think of an answer."""
    request = GiveFeedback(
        actor=who.actor,
        message_id=MessageId(message_id),
        version=body.version,
        feedback=None if body.rating is None else Feedback(rating=body.rating, comment=body.comment),
    )
    await around.broker.ask(REPLY_FEEDBACK, request)
    return done()


@router.delete("/{message_id}/pin")
async def unpin_message(message_id: Id, who: Authenticated, around: Around) -> Envelope[None]:
    """Take the pin away."""
    request = PinMessage(actor=who.actor, message_id=MessageId(message_id), pinned=False)
    await around.broker.ask(MESSAGE_PIN, request)
    return done()
