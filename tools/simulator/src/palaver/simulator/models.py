"""The simulated models: who they are, how fast they speak, how much they can read, what they refuse."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from palaver.simulator.caching import CachePolicy
from palaver.simulator.tokens import Counting

Protocol = Literal["openai", "openai-responses", "anthropic", "gemini"]

CACHES: Mapping[Protocol, CachePolicy] = MappingProxyType(
    {
        "openai": CachePolicy("prefix"),
        "openai-responses": CachePolicy("prefix"),
        "anthropic": CachePolicy("markers"),
        "gemini": CachePolicy("prefix"),
    }
)
"""How the provider behind each wire format caches."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How a model's tokens are spread over time, before the global speed factor."""

    first_token_seconds: float
    tokens_per_second: float


@dataclass(frozen=True, slots=True)
class SimulatedModel:
    """One model behind one wire format. `persona` names its voice in `personas.toml`; None answers with an echo.

    `reasoning`: it refuses a temperature, and `max_tokens` under its old name. `prefill`: it takes requests that put
    words into its mouth. `shared_window`: prompt and asked answer must fit the window together.
    """

    id: str
    protocol: Protocol
    display_name: str
    persona: str | None
    pace: Pace
    window: int
    max_output: int
    counting: Counting
    reasoning: bool = False
    prefill: bool = False
    shared_window: bool = False


MODELS: tuple[SimulatedModel, ...] = (
    SimulatedModel("sim-swift", "openai", "Swift", "swift", Pace(0.12, 55.0), 32_768, 4_096, Counting(0.92, 4, 0.65)),
    SimulatedModel("sim-scout", "openai", "Scout", "scout", Pace(0.45, 28.0), 65_536, 8_192, Counting(1.0, 3, 0.72)),
    SimulatedModel("sim-oak", "openai", "Oak", "oak", Pace(1.1, 14.0), 8_192, 2_048, Counting(1.12, 4, 0.8)),
    SimulatedModel("sim-echo", "openai", "Echo", None, Pace(0.02, 200.0), 131_072, 32_768, Counting(1.0, 4, 0.7)),
    SimulatedModel("sim-spark", "anthropic", "Spark", "spark", Pace(0.2, 48.0), 65_536, 8_192, Counting(1.05, 3, 0.9)),
    SimulatedModel(
        "sim-scribe", "anthropic", "Scribe", "scribe", Pace(0.5, 30.0), 200_000, 8_192, Counting(1.18, 5, 1.0)
    ),
    SimulatedModel("sim-sage", "anthropic", "Sage", "sage", Pace(0.9, 18.0), 200_000, 16_384, Counting(1.25, 5, 1.05)),
    SimulatedModel(
        "sim-mirror", "anthropic", "Mirror", None, Pace(0.02, 200.0), 200_000, 32_768, Counting(1.2, 5, 1.0)
    ),
    SimulatedModel(
        "sim-moth",
        "openai",
        "Moth",
        "swift",
        Pace(0.1, 60.0),
        4_096,
        1_024,
        Counting(1.3, 7, 0.95),
        shared_window=True,
    ),
    SimulatedModel(
        "sim-wren", "anthropic", "Wren", "spark", Pace(0.2, 45.0), 8_192, 2_048, Counting(0.85, 6, 0.8), prefill=True
    ),
    SimulatedModel(
        "sim-finch", "openai-responses", "Finch", "swift", Pace(0.15, 50.0), 8_192, 2_048, Counting(1.15, 5, 0.9)
    ),
    SimulatedModel(
        "sim-ember",
        "openai-responses",
        "Ember",
        "scout",
        Pace(0.6, 30.0),
        32_768,
        8_192,
        Counting(0.8, 8, 0.6),
        reasoning=True,
    ),
    SimulatedModel(
        "sim-tide",
        "openai-responses",
        "Tide",
        "sage",
        Pace(0.8, 22.0),
        200_000,
        16_384,
        Counting(0.95, 6, 0.75),
        reasoning=True,
    ),
    SimulatedModel("sim-pebble", "gemini", "Pebble", "scribe", Pace(0.2, 40.0), 4_096, 1_024, Counting(1.2, 2, 0.85)),
    SimulatedModel("sim-dune", "gemini", "Dune", "oak", Pace(0.4, 25.0), 32_768, 8_192, Counting(1.1, 4, 0.7)),
    SimulatedModel("sim-comet", "gemini", "Comet", "spark", Pace(0.3, 52.0), 200_000, 8_192, Counting(0.9, 3, 0.65)),
)


def find(model_id: str, *protocols: Protocol) -> SimulatedModel | None:
    """The model of this name behind one of these wire formats."""
    return next((m for m in MODELS if m.id == model_id and m.protocol in protocols), None)


def of(*protocols: Protocol) -> tuple[SimulatedModel, ...]:
    """All models behind these wire formats."""
    return tuple(m for m in MODELS if m.protocol in protocols)
