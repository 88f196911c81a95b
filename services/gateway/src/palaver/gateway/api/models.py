"""The catalogue of models and their providers."""

from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel

from palaver.contracts.discovery import MODEL_DISCOVER, DiscoveredModels, DiscoverModels
from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.ids import KeyId
from palaver.contracts.keyvault import KEY_LIST, ListKeys
from palaver.contracts.model_configs import (
    CONFIG_GET,
    CONFIG_PUT,
    GetModelConfig,
    MaxTokens,
    ModelConfig,
    PutModelConfig,
    Temperature,
    TopP,
)
from palaver.contracts.model_router import (
    MODEL_LIST,
    PROVIDER_LIST,
    ListModels,
    ListProviders,
    ModelCard,
    ProviderCard,
)
from palaver.gateway.api.envelope import Envelope
from palaver.gateway.api.surroundings import UUID, Around, Authenticated, Caller, Surroundings

router = APIRouter(prefix="/models", tags=["models"])

OneModel = Annotated[str, Path(min_length=1, max_length=200, description="May contain slashes.")]


class ModelConfigBody(BaseModel):
    """What is None is left to the model's provider."""

    temperature: Temperature | None = None
    max_tokens: MaxTokens | None = None
    top_p: TopP | None = None


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


@router.get("/discover")
async def discover_models(
    who: Authenticated,
    around: Around,
    provider: Annotated[str, Query(min_length=1, max_length=80)],
    key_id: Annotated[str | None, Query(pattern=UUID, description="The newest active one by default.")] = None,
) -> Envelope[DiscoveredModels]:
    """What a provider offers to your key, with what the catalogue knows of it. Remembered for a minute."""
    key = KeyId(key_id) if key_id is not None else await _newest_key(who, around, provider)
    request = DiscoverModels(actor=who.actor, provider=provider, key_id=key)
    return Envelope(data=await around.broker.ask(MODEL_DISCOVER, request))


async def _newest_key(who: Caller, around: Surroundings, provider: str) -> KeyId | None:
    keys = (await around.broker.ask(KEY_LIST, ListKeys(actor=who.actor))).keys
    usable = [key.id for key in keys if key.provider == provider and key.status == "active" and key.editable]
    return usable[-1] if usable else None


@router.get("/{model_id:path}/config")
async def read_model_config(model_id: OneModel, who: Authenticated, around: Around) -> Envelope[ModelConfig]:
    """How you wish this model to answer, in any room that you pay for. Only what you have `chosen` is asked of its
    provider. A prompt belongs to a room, a participant or a persona instead.
    """
    request = GetModelConfig(actor=who.actor, model_id=model_id)
    return Envelope(data=await around.broker.ask(CONFIG_GET, request))


@router.put("/{model_id:path}/config")
async def update_model_config(
    model_id: OneModel, body: ModelConfigBody, who: Authenticated, around: Around
) -> Envelope[ModelConfig]:
    """Choose. What is left out, or null, is left to the provider; a participant's own settings go before these. What
    the model would refuse is brought into its bounds, or left out.
    """
    request = PutModelConfig(actor=who.actor, model_id=model_id, **dict(body))
    return Envelope(data=await around.broker.ask(CONFIG_PUT, request))


@router.get("/{model_id:path}")
async def read_model(
    model_id: OneModel,
    who: Authenticated,
    around: Around,
) -> Envelope[ModelCard]:
    """One model."""
    answer = await around.broker.ask(MODEL_LIST, ListModels(actor=who.actor))
    for card in answer.models:
        if card.id == model_id:
            return Envelope(data=card)
    raise Failure(ErrorCode.MODEL_NOT_FOUND, "There is no such model.")
