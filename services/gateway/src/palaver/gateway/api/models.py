"""The catalogue of models and their providers."""

from typing import Annotated

from fastapi import APIRouter, Path, Query

from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.model_router import (
    MODEL_LIST,
    PROVIDER_LIST,
    ListModels,
    ListProviders,
    ModelCard,
    ProviderCard,
)
from palaver.gateway.api.envelope import Envelope
from palaver.gateway.api.surroundings import Around, Authenticated

router = APIRouter(prefix="/models", tags=["models"])


@router.get("")
@router.get("/", include_in_schema=False)
async def list_models(
    who: Authenticated, around: Around, provider: Annotated[str | None, Query(max_length=80)] = None
) -> Envelope[list[ModelCard]]:
    """All models, or those of one provider. Prices are US dollars per 1,000 tokens."""
    answer = await around.broker.ask(MODEL_LIST, ListModels(actor=who.actor, provider=provider))
    return Envelope(data=list(answer.models))


@router.get("/providers")
async def list_providers(who: Authenticated, around: Around) -> Envelope[list[ProviderCard]]:
    """All providers."""
    answer = await around.broker.ask(PROVIDER_LIST, ListProviders(actor=who.actor))
    return Envelope(data=list(answer.providers))


@router.get("/{model_id:path}")
async def read_model(
    model_id: Annotated[str, Path(min_length=1, max_length=200, description="May contain slashes.")],
    who: Authenticated,
    around: Around,
) -> Envelope[ModelCard]:
    """One model."""
    answer = await around.broker.ask(MODEL_LIST, ListModels(actor=who.actor))
    for card in answer.models:
        if card.id == model_id:
            return Envelope(data=card)
    raise Failure(ErrorCode.MODEL_NOT_FOUND, "There is no such model.")
