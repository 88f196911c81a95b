"""The inbound edge for administrators: payload in, use-case, all facts out. Decides nothing."""

from palaver.contracts.registry import (
    CreateModel,
    CreateProvider,
    ListRegistered,
    OfModel,
    OfProvider,
    PutModel,
    PutProvider,
    RegisteredModel,
    RegisteredModels,
    RegisteredProvider,
    RegisteredProviders,
)
from palaver.contracts.session import Done
from palaver.model_router.administering import Administration
from palaver.model_router.domain import Model, Provider
from palaver.model_router.registry import Registry


class RegistryHandlers:
    """One method per subject."""

    def __init__(self, administration: Administration, registry: Registry) -> None:
        self._administration = administration
        self._registry = registry

    async def on_provider_registered(self, request: ListRegistered) -> RegisteredProviders:
        """Answer `provider.registered`."""
        await self._administration.authorise(request.actor, ("provider", "*"), "list")
        return RegisteredProviders(providers=tuple(map(self._provider, self._registry.catalogue.providers)))

    async def on_provider_create(self, request: CreateProvider) -> RegisteredProvider:
        """Answer `provider.create`."""
        return self._provider(await self._administration.create_provider(request))

    async def on_provider_update(self, request: PutProvider) -> RegisteredProvider:
        """Answer `provider.update`."""
        return self._provider(await self._administration.update_provider(request))

    async def on_provider_delete(self, request: OfProvider) -> Done:
        """Answer `provider.delete`."""
        await self._administration.delete_provider(request.actor, request.id)
        return Done()

    async def on_model_registered(self, request: ListRegistered) -> RegisteredModels:
        """Answer `model.registered`."""
        await self._administration.authorise(request.actor, ("model", "*"), "list")
        return RegisteredModels(models=tuple(map(self._model, self._registry.catalogue.models)))

    async def on_model_create(self, request: CreateModel) -> RegisteredModel:
        """Answer `model.create`."""
        return self._model(await self._administration.create_model(request))

    async def on_model_update(self, request: PutModel) -> RegisteredModel:
        """Answer `model.update`."""
        return self._model(await self._administration.update_model(request))

    async def on_model_delete(self, request: OfModel) -> Done:
        """Answer `model.delete`."""
        await self._administration.delete_model(request.actor, request.id)
        return Done()

    def _provider(self, provider: Provider) -> RegisteredProvider:
        change = self._registry.added.changes.get(("provider", provider.id))
        return RegisteredProvider(
            id=provider.id,
            display_name=provider.display_name,
            protocol=provider.protocol,
            base_url=provider.base_url,
            host=provider.host,
            needs_key=provider.needs_key,
            output_limit=provider.output_limit,
            reports_usage=provider.reports_usage,
            tokenizer=provider.tokenizer,
            grammar=provider.grammar,
            cache=provider.cache,
            listing=provider.listing,
            source=provider.source,
            updated_at=change.at if change else None,
            updated_by=change.by if change else None,
        )

    def _model(self, model: Model) -> RegisteredModel:
        change = self._registry.added.changes.get(("model", model.id))
        return RegisteredModel(
            id=model.id,
            provider=model.provider.id,
            upstream=model.upstream,
            display_name=model.display_name,
            description=model.description,
            window=model.window,
            max_output=model.max_output,
            reserve=model.reserve,
            tokenizer=model.tokenizer,
            input_price=model.price.input,
            output_price=model.price.output,
            cached_input_price=model.price.cached_input,
            cache_write_price=model.price.cache_write,
            capabilities=model.capabilities,
            grammar=model.grammar,
            cache=model.cache,
            source=model.source,
            updated_at=change.at if change else None,
            updated_by=change.by if change else None,
        )
