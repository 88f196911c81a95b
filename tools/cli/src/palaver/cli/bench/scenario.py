"""What a scenario is, and what it is given. Each is one module of `scenarios`; adding one adds it to the run."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, Literal, TypeVar

from palaver.cli.bench.peers.environment import Peers
from palaver.cli.bench.pipelines import Pipelines
from palaver.cli.bench.product import Product
from palaver.cli.bench.provider import Provider
from palaver.cli.bench.results import Finding

PlanName = Literal["tiny", "short", "full"]
S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class Stage:
    """Everything that runs while scenarios play, one at a time."""

    product: Product
    provider: Provider
    pipelines: Pipelines
    peers: Peers
    peers_work: Path
    """Where a running peer may write."""
    say: Callable[[str], None]
    """Tell whoever waits what happens now."""


@dataclass(frozen=True, slots=True)
class Scenario(Generic[S]):
    """`sizes` names the plans that contain it; `play` finds something out at one size.

    `order`: lower ones play first. What measures memory comes before what makes processes grow.
    `max_seconds`: it is ended then, and counts as failed; what it had found so far is kept.
    """

    about: str
    sizes: Mapping[PlanName, S]
    play: Callable[[Stage, S, Finding], Awaitable[None]]
    order: int = 50
    max_seconds: float = 180.0


Scenarios = Mapping[str, Scenario[Any]]
