"""Wishes about an answer, made into what a model takes: a wish never makes a provider refuse a request. Pure.

| wish | becomes |
|---|---|
| `max_output_tokens` | at most what the window keeps free for an answer |
| `temperature` | brought into the model's range; left out where it takes none |
| `top_p` | left out where the model takes none, or no temperature either, or not beside the temperature that is sent |
"""

from dataclasses import dataclass

from palaver.contracts.session_log import AnswerSettings
from palaver.model_router.domain import Model


@dataclass(frozen=True, slots=True)
class Tuning:
    """What is asked of a provider; None is left to it."""

    max_tokens: int
    temperature: float | None = None
    top_p: float | None = None


def preferred(seat: AnswerSettings, person: AnswerSettings) -> AnswerSettings:
    """What a seat in a room was given goes before what a person chose for the model everywhere, wish by wish."""
    return person.model_copy(update=seat.model_dump(exclude_none=True))


def tuned(settings: AnswerSettings, model: Model) -> Tuning:
    """These wishes, as this model takes them."""
    temperature = _temperature(settings.temperature, model)
    return Tuning(
        max_tokens=min(settings.max_output_tokens or model.reserve, model.reserve),
        temperature=temperature,
        top_p=settings.top_p if _takes_top_p(model, temperature) else None,
    )


def _temperature(wished: float | None, model: Model) -> float | None:
    allowed = model.capabilities.temperature
    if wished is None or allowed is None:
        return None
    return min(max(wished, allowed.minimum), allowed.maximum)


def _takes_top_p(model: Model, temperature: float | None) -> bool:
    facts = model.capabilities
    if facts.temperature is None or facts.top_p == "no":
        return False
    return facts.top_p == "yes" or temperature is None
