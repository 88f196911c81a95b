"""Rooms and their participants. What these calls change arrives at attached clients as events."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field, StrictBool, model_validator

from palaver.contracts import limits
from palaver.contracts.client_protocol import MessageItem, Uuid
from palaver.contracts.ids import ParticipantId, SessionId
from palaver.contracts.session import (
    BRANCH_SELECT,
    PARTICIPANT_ADD,
    PARTICIPANT_REMOVE,
    PARTICIPANT_UPDATE,
    PINNED_LIST,
    SESSION_CREATE,
    SESSION_DELETE,
    SESSION_GET,
    SESSION_LIST,
    SESSION_RESTORE,
    SESSION_UPDATE,
    AddParticipant,
    Color,
    CreateSession,
    ListPinned,
    ListSessions,
    Name,
    NewParticipant,
    OfSession,
    Prompt,
    RemoveParticipant,
    SelectBranch,
    Slug,
    Title,
    UpdateParticipant,
    UpdateSession,
)
from palaver.contracts.session_log import AnswerSettings, Participant, PromptMode, SessionView
from palaver.gateway.api.envelope import CursorMeta, Envelope, Page, PageMeta, Slice, done
from palaver.gateway.api.idempotency import IdempotentRoute
from palaver.gateway.api.surroundings import Around, Authenticated, Id

router = APIRouter(prefix="/sessions", tags=["sessions"], route_class=IdempotentRoute)

ModelId = Annotated[str, Field(min_length=1, max_length=200)]


class NewParticipantBody(BaseModel):
    """A seat to be taken. Without a name it is called like its model.

    `persona`: what is not given here is taken from this preset; without one a `model` must be given.
    """

    model: ModelId | None = None
    persona: Slug | None = None
    name: Name | None = None
    color: Color | None = None
    system_prompt: Prompt | None = None
    muted: StrictBool = False
    settings: AnswerSettings = AnswerSettings()

    def wanted(self) -> NewParticipant:
        """As session is asked for it."""
        return NewParticipant(**dict(self))


class CreateSessionBody(BaseModel):
    """A new room. `model_id` alone is short for one participant in mode `single`."""

    title: Title = ""
    mode: str | None = Field(default=None, max_length=80)
    prompt_mode: PromptMode = "unified"
    system_prompt: Prompt | None = None
    participants: list[NewParticipantBody] = Field(
        default_factory=list[NewParticipantBody], max_length=limits.MAX_PARTICIPANTS
    )
    model_id: ModelId | None = None

    @model_validator(mode="after")
    def _one_way(self) -> "CreateSessionBody":
        if self.model_id is not None and self.participants:
            raise ValueError("give participants or model_id, not both")
        return self


class UpdateSessionBody(BaseModel):
    """What is given is changed."""

    title: Title | None = None
    prompt_mode: PromptMode | None = None
    system_prompt: Prompt | None = None


class UpdateParticipantBody(BaseModel):
    """What is given is changed. An empty `system_prompt` removes it.

    Another `model` answers from the next turn on. `persona` gives what that preset says, as far as it is not given
    here; empty, it only forgets where the participant came from.
    """

    model: ModelId | None = None
    persona: Slug | Literal[""] | None = None
    name: Name | None = None
    color: Color | None = None
    system_prompt: Prompt | None = None
    muted: StrictBool | None = None
    settings: AnswerSettings | None = None


# ---- rooms -----------------------------------------------------------------------------------------------------------
@router.get("")
@router.get("/", include_in_schema=False)
async def list_sessions(  # noqa: PLR0917 - FastAPI passes them by name
    who: Authenticated,
    around: Around,
    page: Annotated[int, Query(ge=1, le=1_000_000)] = 1,
    limit: Annotated[int, Query(ge=1, le=limits.MAX_PAGE)] = limits.DEFAULT_PAGE,
    archived: bool = False,  # noqa: FBT001, FBT002 - a query parameter
    mode: Annotated[str | None, Query(alias="type", max_length=80)] = None,
    q: Annotated[str | None, Query(max_length=200, description="Searches titles.")] = None,
    deleted: Annotated[bool, Query(description="Instead those that can be restored, the last deleted first.")] = False,  # noqa: FBT002
) -> Page[list[SessionView]]:
    """Your rooms, the last changed first."""
    request = ListSessions(actor=who.actor, page=page, limit=limit, archived=archived, mode=mode, q=q, deleted=deleted)
    answer = await around.broker.ask(SESSION_LIST, request)
    return Page(data=list(answer.sessions), meta=PageMeta(page=page, limit=limit, total=answer.total))


@router.post("", status_code=201)
@router.post("/", status_code=201, include_in_schema=False)
async def create_session(body: CreateSessionBody, who: Authenticated, around: Around) -> Envelope[SessionView]:
    """Open a room."""
    if body.model_id is not None:
        participants: tuple[NewParticipant, ...] = (NewParticipant(model=body.model_id),)
    else:
        participants = tuple(participant.wanted() for participant in body.participants)
    request = CreateSession(
        actor=who.actor,
        title=body.title,
        mode=body.mode or ("single" if body.model_id is not None else "parallel"),
        prompt_mode=body.prompt_mode,
        system_prompt=body.system_prompt,
        participants=participants,
    )
    return Envelope(data=await around.broker.ask(SESSION_CREATE, request))


@router.get("/{session_id}")
async def read_session(session_id: Id, who: Authenticated, around: Around) -> Envelope[SessionView]:
    """One room."""
    request = OfSession(actor=who.actor, session_id=SessionId(session_id))
    return Envelope(data=await around.broker.ask(SESSION_GET, request))


@router.put("/{session_id}")
async def update_session(
    session_id: Id, body: UpdateSessionBody, who: Authenticated, around: Around
) -> Envelope[SessionView]:
    """Rename a room or change its prompt."""
    request = UpdateSession(actor=who.actor, session_id=SessionId(session_id), **dict(body))
    return Envelope(data=await around.broker.ask(SESSION_UPDATE, request))


@router.delete("/{session_id}")
async def delete_session(session_id: Id, who: Authenticated, around: Around) -> Envelope[None]:
    """Delete a room. For some weeks it can be restored; `purge_at` in the list of deleted ones says until when."""
    await around.broker.ask(SESSION_DELETE, OfSession(actor=who.actor, session_id=SessionId(session_id)))
    return done()


@router.post("/{session_id}/restore")
async def restore_session(session_id: Id, who: Authenticated, around: Around) -> Envelope[SessionView]:
    """Take a deleted room back, with all that was said in it."""
    request = OfSession(actor=who.actor, session_id=SessionId(session_id))
    return Envelope(data=await around.broker.ask(SESSION_RESTORE, request))


@router.post("/{session_id}/archive")
async def archive_session(session_id: Id, who: Authenticated, around: Around) -> Envelope[SessionView]:
    """Put a room away: it can be read, not spoken in."""
    request = UpdateSession(actor=who.actor, session_id=SessionId(session_id), archived=True)
    return Envelope(data=await around.broker.ask(SESSION_UPDATE, request))


@router.post("/{session_id}/unarchive")
async def unarchive_session(session_id: Id, who: Authenticated, around: Around) -> Envelope[SessionView]:
    """Take a room back."""
    request = UpdateSession(actor=who.actor, session_id=SessionId(session_id), archived=False)
    return Envelope(data=await around.broker.ask(SESSION_UPDATE, request))


@router.post("/{session_id}/interrupt", status_code=202)
async def interrupt_session(session_id: Id, who: Authenticated, around: Around) -> Envelope[None]:
    """Stop everything that runs or waits in a room. What was said so far stays."""
    await around.conversation.stop(who.actor, session_id)
    return done()


class BranchBody(BaseModel):
    """Which branch is to be shown."""

    branch: Uuid


@router.put("/{session_id}/branch")
async def select_branch(session_id: Id, body: BranchBody, who: Authenticated, around: Around) -> Envelope[None]:
    """Show another branch of a conversation, and go on with it."""
    request = SelectBranch(actor=who.actor, session_id=SessionId(session_id), branch=body.branch)
    await around.broker.ask(BRANCH_SELECT, request)
    return done()


@router.get("/{session_id}/pinned")
async def list_pinned(
    session_id: Id,
    who: Authenticated,
    around: Around,
    before: Annotated[int | None, Query(ge=1, description="The cursor of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=limits.MAX_PAGE)] = limits.DEFAULT_PAGE,
) -> Slice[list[MessageItem]]:
    """A room's pinned messages, the last pinned first."""
    request = ListPinned(actor=who.actor, session_id=SessionId(session_id), before=before, limit=limit)
    page = await around.broker.ask(PINNED_LIST, request)
    return Slice(data=list(page.items), meta=CursorMeta(limit=limit, next_cursor=page.next_before))


# ---- participants ----------------------------------------------------------------------------------------------------
@router.get("/{session_id}/participants")
async def list_participants(session_id: Id, who: Authenticated, around: Around) -> Envelope[list[Participant]]:
    """Who sits in a room."""
    request = OfSession(actor=who.actor, session_id=SessionId(session_id))
    return Envelope(data=list((await around.broker.ask(SESSION_GET, request)).participants))


@router.post("/{session_id}/participants", status_code=201)
async def add_participant(
    session_id: Id, body: NewParticipantBody, who: Authenticated, around: Around
) -> Envelope[Participant]:
    """Seat a model; it answers from the next message on."""
    request = AddParticipant(actor=who.actor, session_id=SessionId(session_id), participant=body.wanted())
    return Envelope(data=await around.broker.ask(PARTICIPANT_ADD, request))


@router.put("/{session_id}/participants/{participant_id}")
async def update_participant(
    session_id: Id, participant_id: Id, body: UpdateParticipantBody, who: Authenticated, around: Around
) -> Envelope[Participant]:
    """Rename, recolour, mute a participant or give it another model or prompt."""
    request = UpdateParticipant(
        actor=who.actor,
        session_id=SessionId(session_id),
        participant_id=ParticipantId(participant_id),
        **dict(body),
    )
    return Envelope(data=await around.broker.ask(PARTICIPANT_UPDATE, request))


@router.delete("/{session_id}/participants/{participant_id}")
async def remove_participant(session_id: Id, participant_id: Id, who: Authenticated, around: Around) -> Envelope[None]:
    """Take a seat away; what it is saying is stopped."""
    request = RemoveParticipant(
        actor=who.actor, session_id=SessionId(session_id), participant_id=ParticipantId(participant_id)
    )
    await around.broker.ask(PARTICIPANT_REMOVE, request)
    return done()
