"""What other services are asked, on the broker."""

from collections.abc import Mapping, Sequence

from palaver.contracts.actors import Actor
from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.keyvault import KEY_LIST, ListKeys
from palaver.contracts.model_router import MODEL_READ, ReadModels
from palaver.servicekit.broker import Broker
from palaver.session.ports import ModelFacts


class CatalogueModels:
    """`Models`, answered by model-router."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker

    async def facts_of(self, model_ids: Sequence[str]) -> Mapping[str, ModelFacts]:
        """See `Models`."""
        answer = await self._broker.ask(MODEL_READ, ReadModels(ids=tuple(dict.fromkeys(model_ids))))
        facts = {card.id: ModelFacts(card.display_name, card.provider, card.needs_key) for card in answer.models}
        for model_id in model_ids:
            if model_id not in facts:
                raise Failure(ErrorCode.MODEL_NOT_FOUND, f"There is no model {model_id!r}.", model=model_id)
        return facts


class VaultKeys:
    """`Keys`, answered by keyvault."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker

    async def check(self, actor: Actor, provider: str) -> None:
        """See `Keys`."""
        keys = [
            key for key in (await self._broker.ask(KEY_LIST, ListKeys(actor=actor))).keys if key.provider == provider
        ]
        if not keys:
            raise Failure(
                ErrorCode.KEY_MISSING, f"There is no key for {provider}. Add one under Keys first.", provider=provider
            )
        if not any(key.status == "active" for key in keys):
            raise Failure(ErrorCode.KEY_INVALID, f"The key for {provider} cannot be used.", provider=provider)
