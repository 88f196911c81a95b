"""What providers say of the models that they list. Pure; what is not a proper figure is unknown.

Fields of OpenAI-compatible lists beyond OpenAI's own: `max_model_len` is vLLM's (entrypoints/openai, ModelCard),
`context_length` and `pricing` (dollars a token) OpenRouter's and others' (openrouter.ai/docs/models), `context_window`
and `max_completion_tokens` Groq's, `max_context_length` Mistral's. Anthropic: types of `anthropic` 2.11. Gemini:
ai.google.dev/api/models. Ollama tells what a model could read in `/api/show` (`<architecture>.context_length`) and
what a loaded one is given in `/api/ps`: docs.ollama.com/context-length
"""

from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec

from palaver.model_router.domain import Listed

_PER_THOUSAND = 1_000
_LONGEST_NAME = 200
_WINDOWS = ("max_model_len", "context_length", "context_window", "max_context_length")


def of_openai(body: bytes) -> tuple[Listed, ...]:
    """`GET /models` of OpenAI and whoever speaks its format. Raises msgspec.DecodeError."""
    return tuple(_compatible(entry) for entry in _entries(body, "data", "id"))


def of_anthropic(body: bytes) -> tuple[Listed, ...]:
    """`GET /v1/models`. Raises msgspec.DecodeError."""
    return tuple(
        Listed(
            entry["id"],
            display_name=_text(entry.get("display_name")),
            window=_count(entry.get("max_input_tokens")),
            max_output=_count(entry.get("max_tokens")),
        )
        for entry in _entries(body, "data", "id")
        if entry.get("lifecycle") != "retired"
    )


def of_gemini(body: bytes) -> tuple[Listed, ...]:
    """`GET /models`, those that write. Raises msgspec.DecodeError."""
    return tuple(
        Listed(
            entry["name"].removeprefix("models/"),
            display_name=_text(entry.get("displayName")),
            window=_count(entry.get("inputTokenLimit")),
            max_output=_count(entry.get("outputTokenLimit")),
        )
        for entry in _entries(body, "models", "name")
        if "generateContent" in (entry.get("supportedGenerationMethods") or ())
    )


def longest_of_ollama(body: bytes) -> int | None:
    """What a model of `/api/show` could read. Raises msgspec.DecodeError."""
    facts = msgspec.json.decode(body, type=dict[str, Any]).get("model_info")
    named = facts.items() if isinstance(facts, dict) else ()
    return next((_count(value) for name, value in named if str(name).endswith(".context_length")), None)


def loaded_of_ollama(body: bytes) -> dict[str, int]:
    """What each model of `/api/ps` is given. Raises msgspec.DecodeError."""
    entries = _entries(body, "models", "name")
    return {entry["name"]: window for entry in entries if (window := _count(entry.get("context_length")))}


def _compatible(entry: dict[str, Any]) -> Listed:
    top, pricing = entry.get("top_provider"), entry.get("pricing")
    served: dict[str, Any] = top if isinstance(top, dict) else {}
    prices: dict[str, Any] = pricing if isinstance(pricing, dict) else {}
    windows = (_count(entry.get(name)) for name in _WINDOWS)
    return Listed(
        entry["id"],
        display_name=_text(entry.get("name")),
        window=next((window for window in windows if window), None),
        max_output=_count(served.get("max_completion_tokens")) or _count(entry.get("max_completion_tokens")),
        input_price=_price(prices.get("prompt")),
        output_price=_price(prices.get("completion")),
    )


def _entries(body: bytes, field: str, named: str) -> list[dict[str, Any]]:
    listed = msgspec.json.decode(body, type=dict[str, Any]).get(field)
    entries: list[Any] = listed if isinstance(listed, list) else []
    return [
        entry
        for entry in entries
        if isinstance(entry, dict) and isinstance(entry.get(named), str) and 0 < len(entry[named]) <= _LONGEST_NAME
    ]


def _text(value: object) -> str | None:
    return value[:_LONGEST_NAME] if isinstance(value, str) and value else None


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


def _price(value: object) -> Decimal | None:
    """Dollars a token, as text or number; OpenRouter says -1 where it depends."""
    if not isinstance(value, str | int | float) or isinstance(value, bool):
        return None
    try:
        price = Decimal(str(value)) * _PER_THOUSAND
    except InvalidOperation:
        return None
    return price if price.is_finite() and price >= 0 else None
