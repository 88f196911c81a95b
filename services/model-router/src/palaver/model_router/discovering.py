"""The use-case: ask a provider, with somebody's key, what it offers, beside what the catalogue knows of it."""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from time import monotonic
from typing import get_args

from palaver.contracts import limits
from palaver.contracts.actors import Actor
from palaver.contracts.discovery import DiscoveredModel, DiscoveredModels, DiscoverModels, Fact
from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.ids import KeyId, UserId
from palaver.model_router.checking import VERDICTS, CheckedKeys
from palaver.model_router.domain import Key, Listed, Model, Provider
from palaver.model_router.errors import MESSAGES, ProviderFailed
from palaver.model_router.keys import KEYLESS_PLACEHOLDER, bound_to
from palaver.model_router.ports import Adapters, Events
from palaver.model_router.registry import Registry

ASK_SECONDS = 20.0
"""Less than askers wait for us."""
REMEMBER_SECONDS = 60.0
MAX_REMEMBERED = 100
"""Lists of up to `MAX_DISCOVERED_MODELS` models."""
_FACTS: tuple[Fact, ...] = get_args(Fact)

_Place = tuple[UserId, str, str, KeyId | None]


class Discovery:
    """Lists are remembered for a minute, for whom they were asked."""

    def __init__(self, registry: Registry, keys: CheckedKeys, adapters: Adapters, events: Events) -> None:
        self._registry = registry
        self._keys = keys
        self._adapters = adapters
        self._events = events
        self._remembered: OrderedDict[_Place, tuple[float, Sequence[Listed]]] = OrderedDict()

    async def discover(self, request: DiscoverModels) -> DiscoveredModels:
        """Raises Failure: no such provider, no key, what the provider says; Unavailable."""
        provider = self._registry.provider(request.provider)
        place = (request.actor.user_id, provider.id, provider.base_url, request.key_id)
        at, listed = self._remembered.get(place, (float("-inf"), ()))
        if monotonic() - at > REMEMBER_SECONDS:
            listed = await self._ask(provider, await self._key(provider, request.actor, request.key_id))
            self._remember(place, listed)
        known = [model for model in self._registry.catalogue.models if model.provider.id == provider.id]
        shown = listed[: limits.MAX_DISCOVERED_MODELS]
        return DiscoveredModels(
            provider=provider.id,
            models=tuple(_joined(one, [m for m in known if m.upstream == one.upstream]) for one in shown),
            complete=len(shown) == len(listed),
        )

    async def _key(self, provider: Provider, actor: Actor, key_id: KeyId | None) -> Key:
        if not provider.needs_key:
            return Key(None, provider.id, provider.host, KEYLESS_PLACEHOLDER)
        if key_id is None:
            raise Failure(ErrorCode.KEY_MISSING, f"There is no key for {provider.id}. Add one under Keys first.")
        return bound_to(await self._keys.for_check(actor, key_id), provider)

    async def _ask(self, provider: Provider, key: Key) -> Sequence[Listed]:
        adapter = await self._adapters.of(provider)
        try:
            async with asyncio.timeout(ASK_SECONDS):
                listed = await adapter.list_models(provider, key.secret)
        except ProviderFailed as failure:
            if key.id is not None and failure.code in VERDICTS:
                await self._events.key_checked(key.id, failure.code)
            raise Failure(failure.code, failure.message) from failure
        except TimeoutError:
            raise Failure(ErrorCode.PROVIDER_TIMEOUT, MESSAGES[ErrorCode.PROVIDER_TIMEOUT]) from None
        if key.id is not None:
            await self._events.key_checked(key.id, None)
        return listed

    def _remember(self, place: _Place, listed: Sequence[Listed]) -> None:
        self._remembered[place] = (monotonic(), listed)
        self._remembered.move_to_end(place)
        while len(self._remembered) > MAX_REMEMBERED:
            self._remembered.popitem(last=False)


def _joined(listed: Listed, known: Sequence[Model]) -> DiscoveredModel:
    told = {fact: getattr(listed, fact) for fact in _FACTS}
    ours = _facts_of(known[0]) if known else {}
    missing = [fact for fact in _FACTS if told[fact] is None]
    facts = {fact: ours.get(fact) if fact in missing else told[fact] for fact in _FACTS}
    return DiscoveredModel.model_validate(
        {
            "upstream": listed.upstream,
            "display_name": listed.display_name or (known[0].display_name if known else None),
            "model_ids": tuple(model.id for model in known),
            "longest_window": listed.longest_window,
            **facts,
            "from_catalogue": tuple(fact for fact in missing if facts[fact] is not None),
            "unknown": tuple(fact for fact in _FACTS if facts[fact] is None),
        }
    )


def _facts_of(model: Model) -> dict[Fact, object]:
    return {
        "window": model.window,
        "max_output": model.max_output,
        "input_price": model.price.input,
        "output_price": model.price.output,
    }
