"""The simulated models: who they are, how fast they speak, how much they can read."""

from dataclasses import dataclass
from typing import Literal

from palaver.simulator.tokens import Counting

Protocol = Literal["openai", "anthropic"]


@dataclass(frozen=True, slots=True)
class Pace:
    """How a model's tokens are spread over time, before the global speed factor."""

    first_token_seconds: float
    tokens_per_second: float


@dataclass(frozen=True, slots=True)
class SimulatedModel:
    """One model behind one wire format. `persona` names its voice in `personas.toml`; None answers with an echo."""

    id: str
    protocol: Protocol
    display_name: str
    persona: str | None
    pace: Pace
    window: int
    max_output: int
    counting: Counting


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
)


def find(protocol: Protocol, model_id: str) -> SimulatedModel | None:
    """The model of this name behind this wire format."""
    return next((m for m in MODELS if m.id == model_id and m.protocol == protocol), None)


def of(protocol: Protocol) -> tuple[SimulatedModel, ...]:
    """All models behind one wire format."""
    return tuple(m for m in MODELS if m.protocol == protocol)
