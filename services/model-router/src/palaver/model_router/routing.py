"""Decides, without I/O, which models may answer for one, and whether and when a failed provider call is tried again."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Protocol

from palaver.model_router.domain import Model, Provider


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """`max_calls` counts failed provider calls of one attempt at a turn. Pauses double from `first_pause_seconds`.

    After `calls_per_endpoint` failures of an endpoint another one goes first, if there is any.
    """

    max_calls: int = 6
    calls_per_endpoint: int = 2
    first_pause_seconds: float = 0.5
    longest_pause_seconds: float = 8.0
    longest_retry_after_seconds: float = 60.0
    """Who would have to wait for longer until something is well again is told so: a person is waiting."""


class KnownModels(Protocol):
    """The catalogue, as far as it is needed here."""

    def find(self, model_id: str) -> Model | None:
        """One model, if it is known."""
        ...

    def find_provider(self, provider_id: str) -> Provider | None:
        """One provider, if it is known."""
        ...


def endpoints_of(model: Model, known: KnownModels) -> tuple[Model, ...]:
    """The model at its own provider, and then where else it is, as the catalogue says. What is gone is left out."""
    return tuple(_endpoints(model, known))


def substitutes_of(model: Model, known: KnownModels) -> tuple[Model, ...]:
    """The model with its endpoints, and then its fallback models with theirs, each once. Fallbacks of fallbacks are
    not asked: what answers instead of a model is written beside it."""
    fallbacks = (known.find(model_id) for model_id in model.fallbacks)
    models = (model, *(fallback for fallback in fallbacks if fallback is not None))
    return tuple(dict.fromkeys(endpoint for one in models for endpoint in _endpoints(one, known)))


def _endpoints(model: Model, known: KnownModels) -> Iterator[Model]:
    yield model
    for elsewhere in model.also_at:
        provider = known.find_provider(elsewhere.provider)
        if provider is not None:
            yield replace(
                model,
                provider=provider,
                upstream=elsewhere.upstream or model.upstream,
                grammar=provider.grammar,
                cache=provider.cache,
            )


def pause_before_retry(policy: RetryPolicy, *, failures: int, seconds_left: float, spread: float) -> float | None:
    """Seconds to wait before an endpoint that failed is called again, or None to give up.

    It failed `failures` times, each time before the first token; `seconds_left` of the turn's time remain; `spread`
    (0…1, random) keeps many workers from calling at the same moment.
    """
    doubled: float = policy.first_pause_seconds * 2.0 ** (failures - 1)
    pause = min(policy.longest_pause_seconds, doubled) * (0.75 + 0.5 * spread)
    return pause if pause < seconds_left else None
