"""Summaries of what models no longer see, version by version."""

from fastapi import APIRouter
from pydantic import BaseModel

from palaver.contracts.context import (
    SUMMARY_DELETE,
    SUMMARY_EDIT,
    SUMMARY_LIST,
    DeleteSummary,
    EditSummary,
    ListSummaries,
    SummaryDeleted,
    SummaryText,
    SummaryView,
)
from palaver.contracts.ids import SessionId, SummaryId
from palaver.gateway.api.envelope import Envelope
from palaver.gateway.api.surroundings import Around, Authenticated, Id

router = APIRouter(prefix="/chat/context/{session_id}/summaries", tags=["chat"])


class EditSummaryBody(BaseModel):
    """What the summary shall say."""

    text: SummaryText


@router.get("")
async def list_summaries(session_id: Id, who: Authenticated, around: Around) -> Envelope[list[SummaryView]]:
    """All versions of a room's summaries, the newest first. Of those that apply a window has the one that suits it."""
    request = ListSummaries(actor=who.actor, session_id=SessionId(session_id))
    return Envelope(data=list((await around.broker.ask(SUMMARY_LIST, request)).summaries))


@router.put("/{summary_id}")
async def edit_summary(
    session_id: Id, summary_id: Id, body: EditSummaryBody, who: Authenticated, around: Around
) -> Envelope[SummaryView]:
    """Say it in your own words: models read them from the next turn on, and later summaries go on from them.

    Answers with the new version. A version from which another was made already is refused with `CONFLICT`.
    """
    request = EditSummary(
        actor=who.actor, session_id=SessionId(session_id), summary_id=SummaryId(summary_id), text=body.text
    )
    return Envelope(data=await around.broker.ask(SUMMARY_EDIT, request))


@router.delete("/{summary_id}")
async def delete_summary(
    session_id: Id, summary_id: Id, who: Authenticated, around: Around
) -> Envelope[SummaryDeleted]:
    """Delete a version for good, with those that models made from it; what a person wrote since stays."""
    request = DeleteSummary(actor=who.actor, session_id=SessionId(session_id), summary_id=SummaryId(summary_id))
    return Envelope(data=await around.broker.ask(SUMMARY_DELETE, request))
