"""Three keys of two providers that go bad and become well again, by a seed: what strikes which key, and when. Pure."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from palaver.simulator.recorder import KeyTrace

CATALOGUE = """
[[providers]]
id = "keyed-openai"
display_name = "Keyed, OpenAI's format"
protocol = "openai"
base_url = "http://127.0.0.1:9/openai/v1"
output_limit = "max_completion_tokens"

[[providers]]
id = "keyed-anthropic"
display_name = "Keyed, Anthropic's format"
protocol = "anthropic"
base_url = "http://127.0.0.1:9/anthropic"
grammar = { system = "field", alternation = false }

[[models]]
id = "main"
upstream = "sim-swift"
provider = "keyed-openai"
display_name = "Main"
window = 8192
max_output = 1024
input_price = "0.0001"
output_price = "0.0004"
fallbacks = ["spare"]

[[models]]
id = "spare"
upstream = "sim-spark"
provider = "keyed-anthropic"
display_name = "Spare"
window = 8192
max_output = 1024
input_price = "0.0002"
output_price = "0.0008"
fallbacks = ["main"]
"""
PLAYED_BY = {"keyed-openai": "sim-openai", "keyed-anthropic": "sim-anthropic"}
UPSTREAM = {"main": "sim-swift", "spare": "sim-spark"}
ROOMS = ("main", "spare", "main", "spare")
"""The model of each room's seats."""


@dataclass(frozen=True, slots=True)
class BadKey:
    """A key of the run; `secret` is a made-up one."""

    name: str
    provider: str
    secret: str

    @property
    def trace(self) -> str:
        """As records name it."""
        return KeyTrace.of(self.secret).sha256


KEYS: Sequence[BadKey] = (
    BadKey("first", "keyed-openai", "sk-first-key-of-the-fault-run"),
    BadKey("second", "keyed-openai", "sk-second-key-of-the-fault-run"),
    BadKey("third", "keyed-anthropic", "sk-third-key-of-the-fault-run"),
)
UNTIL_TRIED = frozenset({"invalid_key", "payment_required"})
"""After these a key is left alone until somebody tries it, or for longer than a run."""
TROUBLE: Sequence[dict[str, Any]] = (
    {"kind": "server_error"},
    {"kind": "overloaded"},
    {"kind": "stall"},
    {"kind": "stall", "after_tokens": 3},
    {"kind": "cut"},
    {"kind": "cut", "after_tokens": 3},
)
"""What a provider does to whoever calls it: to any one call, or in every second wave to several of one model, so that
breakers open."""
IN_A_STORM = 4
KINDS = frozenset({"rate_limit", "invalid_key", "payment_required", *(fault["kind"] for fault in TROUBLE)})


def wave(number: int, seed: int, seconds: float) -> Iterator[dict[str, Any]]:
    """What is armed for one wave of so many seconds, as the simulator takes it.

    Each kind strikes once or for a few calls, at a moment of its own; what takes a key out for good comes last, and
    leaves one of the three.
    """
    rng = random.Random(f"{seed}-{number}")  # noqa: S311 - a seeded plan
    limited, asked, refused, unpaid = rng.choice(KEYS), rng.choice(KEYS), *rng.sample(KEYS, 2)
    for key, fault in (
        (limited, {"kind": "rate_limit", "retry_after_seconds": None, "count": 3}),
        (asked, {"kind": "rate_limit", "retry_after_seconds": 1.5, "count": 3}),
    ):
        yield {**fault, "key": key.trace, "from_seconds": rng.uniform(0, seconds * 0.3)}
    for key, kind in ((refused, "invalid_key"), (unpaid, "payment_required")):
        yield {"kind": kind, "count": 1, "key": key.trace, "from_seconds": rng.uniform(seconds * 0.5, seconds * 0.8)}
    for fault in TROUBLE:
        storm = {"count": IN_A_STORM, "model": rng.choice(list(UPSTREAM.values()))} if number % 2 else {}
        yield {**fault, **storm, "from_seconds": rng.uniform(0, seconds * 0.4)}
