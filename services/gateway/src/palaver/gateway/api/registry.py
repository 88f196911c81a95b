"""Providers and models as administrators keep them: the whole catalogue with all its facts, and changes to it."""

from typing import Annotated, TypeVar

from fastapi import APIRouter, Path

from palaver.contracts.registry import (
    MODEL_CREATE,
    MODEL_DELETE,
    MODEL_REGISTERED,
    MODEL_UPDATE,
    PROVIDER_CREATE,
    PROVIDER_DELETE,
    PROVIDER_REGISTERED,
    PROVIDER_UPDATE,
    CreateModel,
    CreateProvider,
    ListRegistered,
    ModelFacts,
    ModelId,
    OfModel,
    OfProvider,
    ProviderFacts,
    ProviderId,
    PutModel,
    PutProvider,
    RegisteredModel,
    RegisteredProvider,
)
from palaver.gateway.api.envelope import Envelope, done
from palaver.gateway.api.idempotency import IdempotentRoute
from palaver.gateway.api.surroundings import Around, Authenticated

router = APIRouter(prefix="/admin", tags=["admin"], route_class=IdempotentRoute)

OneProvider = Annotated[ProviderId, Path(examples=["our-vllm"])]
OneModel = Annotated[ModelId, Path(description="May contain slashes.", examples=["our/llama-3.3"])]


Facts = TypeVar("Facts", ProviderFacts, ModelFacts)


class NewProviderBody(ProviderFacts):
    """A provider under an id of its own. With a `preset`, only what differs from that provider need be said."""

    id: ProviderId


class NewModelBody(ModelFacts):
    """A model of a provider, under an id of its own. Prices are US dollars per 1,000 tokens."""

    id: ModelId


@router.get("/providers")
async def list_registered_providers(who: Authenticated, around: Around) -> Envelope[list[RegisteredProvider]]:
    """All providers with all facts. For administrators."""
    answer = await around.broker.ask(PROVIDER_REGISTERED, ListRegistered(actor=who.actor))
    return Envelope(data=list(answer.providers))


@router.post("/providers", status_code=201)
async def create_provider(body: NewProviderBody, who: Authenticated, around: Around) -> Envelope[RegisteredProvider]:
    """Add a provider: https, or this machine, or a host that the operator allows."""
    request = CreateProvider(actor=who.actor, id=body.id, facts=_of(ProviderFacts, body))
    return Envelope(data=await around.broker.ask(PROVIDER_CREATE, request))


@router.put("/providers/{provider_id}")
async def update_provider(
    provider_id: OneProvider, body: ProviderFacts, who: Authenticated, around: Around
) -> Envelope[RegisteredProvider]:
    """Replace a provider's facts. Keys stay bound to the host that they were stored for."""
    request = PutProvider(actor=who.actor, id=provider_id, facts=body)
    return Envelope(data=await around.broker.ask(PROVIDER_UPDATE, request))


@router.delete("/providers/{provider_id}")
async def delete_provider(provider_id: OneProvider, who: Authenticated, around: Around) -> Envelope[None]:
    """Delete a provider that was added; a built-in one that it stood for is back."""
    await around.broker.ask(PROVIDER_DELETE, OfProvider(actor=who.actor, id=provider_id))
    return done()


@router.get("/models")
async def list_registered_models(who: Authenticated, around: Around) -> Envelope[list[RegisteredModel]]:
    """All models with all facts. For administrators."""
    answer = await around.broker.ask(MODEL_REGISTERED, ListRegistered(actor=who.actor))
    return Envelope(data=list(answer.models))


@router.post("/models", status_code=201)
async def create_model(body: NewModelBody, who: Authenticated, around: Around) -> Envelope[RegisteredModel]:
    """Add a model; every worker knows it within a second."""
    request = CreateModel(actor=who.actor, id=body.id, facts=_of(ModelFacts, body))
    return Envelope(data=await around.broker.ask(MODEL_CREATE, request))


@router.put("/models/{model_id:path}")
async def update_model(
    model_id: OneModel, body: ModelFacts, who: Authenticated, around: Around
) -> Envelope[RegisteredModel]:
    """Replace a model's facts; turns that run already keep those that they began with."""
    request = PutModel(actor=who.actor, id=model_id, facts=body)
    return Envelope(data=await around.broker.ask(MODEL_UPDATE, request))


@router.delete("/models/{model_id:path}")
async def delete_model(model_id: OneModel, who: Authenticated, around: Around) -> Envelope[None]:
    """Delete a model that was added; a built-in one that it stood for is back."""
    await around.broker.ask(MODEL_DELETE, OfModel(actor=who.actor, id=model_id))
    return done()


def _of(facts: type[Facts], body: NewProviderBody | NewModelBody) -> Facts:
    return facts.model_validate({name: value for name, value in body if name != "id"})
