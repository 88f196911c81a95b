"""What was used and what it cost."""

from typing import Literal

from fastapi import APIRouter

from palaver.contracts.analytics import OVERVIEW_GET, Overview, ReadOverview
from palaver.gateway.api.envelope import Envelope
from palaver.gateway.api.surroundings import Around, Authenticated

router = APIRouter(prefix="/stats", tags=["stats"])


@router.get("/overview")
async def read_overview(
    who: Authenticated, around: Around, period: Literal["7d", "30d", "all"] = "7d"
) -> Envelope[Overview]:
    """Your requests, tokens and cost over a period that ends today (UTC)."""
    return Envelope(data=await around.broker.ask(OVERVIEW_GET, ReadOverview(actor=who.actor, period=period)))
