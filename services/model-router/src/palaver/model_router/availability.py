"""Whether a model would answer somebody now: what breakers and keys say, as people see it on the model's card."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from palaver.contracts.client_protocol import Availability
from palaver.contracts.failures import Failure
from palaver.contracts.ids import UserId
from palaver.contracts.model_router import ModelCard
from palaver.model_router.breaker import LONGEST_ASKED_SECONDS
from palaver.model_router.circuits import Circuits, Place
from palaver.model_router.domain import Model, Provider
from palaver.model_router.ports import KeySource
from palaver.model_router.routing import KnownModels, endpoints_of, substitutes_of
from palaver.model_router.selection import Candidate
from palaver.servicekit.errors import Unavailable

KEYS_SECONDS = 1.0
"""Patience for the keyvault; a list of models is shown without it, too."""
_ANY_KEY = (Candidate(None),)
"""Where nobody asks, or nobody knows: only what is the same for every key counts."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How it is, and when that may end."""

    state: Availability
    retry_at: datetime | None = None


def standing(model: Model, known: KnownModels, keys: Mapping[str, Sequence[Candidate]], circuits: Circuits) -> Standing:
    """How it is for somebody who has these keys, by provider."""
    waits = [_wait(place, circuits) for place in _places(endpoints_of(model, known), keys)]
    if not waits:
        return Standing("no_key")
    blocked = [wait for wait in waits if wait > 0]
    if not blocked:
        return Standing("ready")
    soonest = min(blocked)
    # Beyond what a provider may ask for, only a change ends it.
    retry_at = datetime.fromtimestamp(circuits.now() + soonest, UTC) if soonest <= LONGEST_ASKED_SECONDS * 2 else None
    others = _places(substitutes_of(model, known), keys)
    instead = len(blocked) < len(waits) or any(_wait(place, circuits) <= 0 for place in others)
    return Standing("degraded" if instead else "unavailable", retry_at)


def _places(models: Iterable[Model], keys: Mapping[str, Sequence[Candidate]]) -> list[Place]:
    return [Place(model, key.id) for model in models for key in keys.get(model.provider.id, ())]


def _wait(place: Place, circuits: Circuits) -> float:
    """Seconds until the last open breaker on the way is half open."""
    now = circuits.now()
    return max((circuits.of(name).open_until or now) - now for name in place.circuits.values())


class Standings:
    """Puts it on cards."""

    def __init__(self, keys: KeySource, circuits: Circuits) -> None:
        self._keys = keys
        self._circuits = circuits

    async def cards(self, models: Sequence[Model], known: KnownModels, person: UserId | None) -> tuple[ModelCard, ...]:
        """The cards of these models as they are for this person, or for nobody in particular."""
        keys = await self._keys_of(models, known, person)
        return tuple(self._card(model, standing(model, known, keys, self._circuits)) for model in models)

    async def of(self, model: Model, known: KnownModels, person: UserId) -> Standing:
        """One model, as it is for this person."""
        return standing(model, known, await self._keys_of((model,), known, person), self._circuits)

    async def _keys_of(
        self, models: Sequence[Model], known: KnownModels, person: UserId | None
    ) -> Mapping[str, Sequence[Candidate]]:
        providers = {one.provider.id: one.provider for model in models for one in substitutes_of(model, known)}
        found = await asyncio.gather(*(self._keys_at(provider, person) for provider in providers.values()))
        return dict(zip(providers, found, strict=True))

    @staticmethod
    def _card(model: Model, now: Standing) -> ModelCard:
        return model.card.model_copy(update={"availability": now.state, "retry_at": now.retry_at})

    async def _keys_at(self, provider: Provider, person: UserId | None) -> Sequence[Candidate]:
        if person is None or not provider.needs_key:
            return _ANY_KEY
        try:
            async with asyncio.timeout(KEYS_SECONDS):
                return await self._keys.candidates(provider, person)
        except Failure:
            return ()
        except (Unavailable, TimeoutError):
            return _ANY_KEY
