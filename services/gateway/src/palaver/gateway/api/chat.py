"""What concerns a running chat."""

from fastapi import APIRouter

from palaver.contracts.client_protocol import ContextUsage
from palaver.contracts.context import USAGE_GET, ReadUsage
from palaver.contracts.ids import SessionId
from palaver.gateway.api.envelope import Envelope
from palaver.gateway.api.surroundings import Around, Authenticated, Id

router = APIRouter(prefix="/chat", tags=["chat"])


@router.get("/context/{session_id}")
async def read_context(session_id: Id, who: Authenticated, around: Around) -> Envelope[ContextUsage]:
    """How full each participant's window would be with the next message."""
    request = ReadUsage(actor=who.actor, session_id=SessionId(session_id))
    return Envelope(data=await around.broker.ask(USAGE_GET, request))
