"""What concerns a running chat."""

from fastapi import APIRouter
from pydantic import BaseModel

from palaver.contracts.client_protocol import ContextUsage, Uuid
from palaver.contracts.context import USAGE_GET, ReadUsage
from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.ids import ParticipantId, SessionId, TurnId
from palaver.contracts.session import PARTICIPANT_UPDATE, SESSION_GET, OfSession, UpdateParticipant
from palaver.contracts.session_log import Participant
from palaver.gateway.api.envelope import Envelope, done
from palaver.gateway.api.sessions import ModelId
from palaver.gateway.api.surroundings import Around, Authenticated, Id

router = APIRouter(prefix="/chat", tags=["chat"])


class SwitchModelBody(BaseModel):
    """Whose model becomes another one. A room of one participant need not say whose."""

    session_id: Uuid
    participant_id: Uuid | None = None
    model_id: ModelId


class StopBody(BaseModel):
    """As the WebSocket's `stop`: one turn, one participant, or with neither everything that runs or waits."""

    session_id: Uuid
    turn_id: Uuid | None = None
    participant_id: Uuid | None = None


@router.get("/context/{session_id}")
async def read_context(session_id: Id, who: Authenticated, around: Around) -> Envelope[ContextUsage]:
    """How full each participant's window would be with the next message."""
    request = ReadUsage(actor=who.actor, session_id=SessionId(session_id))
    return Envelope(data=await around.broker.ask(USAGE_GET, request))


@router.post("/switch-model")
async def switch_model(body: SwitchModelBody, who: Authenticated, around: Around) -> Envelope[Participant]:
    """Let another model answer from the next turn on: with the same conversation, as far as its window allows.

    `GET /chat/context/{session_id}` then says what it no longer sees. Changing a participant does the same.
    """
    session_id = SessionId(body.session_id)
    participant_id = body.participant_id
    if participant_id is None:
        room = await around.broker.ask(SESSION_GET, OfSession(actor=who.actor, session_id=session_id))
        if len(room.participants) != 1:
            raise Failure(ErrorCode.VALIDATION_FAILED, "Say whose model is to change.", field="participant_id")
        participant_id = room.participants[0].id
    request = UpdateParticipant(
        actor=who.actor,
        session_id=session_id,
        participant_id=ParticipantId(participant_id),
        model=body.model_id,
    )
    return Envelope(data=await around.broker.ask(PARTICIPANT_UPDATE, request))


@router.post("/stop", status_code=202)
async def stop(body: StopBody, who: Authenticated, around: Around) -> Envelope[None]:
    """Stop what runs, without a WebSocket. What was said so far stays."""
    await around.conversation.stop(
        who.actor,
        body.session_id,
        turn_id=None if body.turn_id is None else TurnId(body.turn_id),
        participant_id=None if body.participant_id is None else ParticipantId(body.participant_id),
    )
    return done()
