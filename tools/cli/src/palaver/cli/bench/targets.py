"""What the product is meant to reach, and whether a run says that it does. Ratios are of one run."""

from dataclasses import dataclass
from typing import Literal

from palaver.cli.bench.results import Figure, Results

Verdict = Literal["met", "not met", "not measured"]


@dataclass(frozen=True, slots=True)
class Target:
    """A figure of a scenario, and what it may be at most (`at_least`: must be at least)."""

    what: str
    scenario: str
    figure: str
    limit: float
    unit: str = ""
    at_least: bool = False

    def met_by(self, value: float) -> bool:
        """Whether a value is good enough."""
        return value >= self.limit if self.at_least else value <= self.limit


TARGETS = (
    Target(
        "CPU per token / bare pipeline with the same window", "costs", "product / bare with the product's window", 1.5
    ),
    Target("… stretch", "costs", "product / bare with the product's window", 1.2),
    Target("CPU per token / bare pipeline, each token by itself", "costs", "product / bare", 1.5),
    Target("CPU per token / LiteLLM's proxy", "costs", "product / LiteLLM proxy", 1 / 6),
    Target("CPU per token / naive stack on FastStream", "costs", "product / naive on FastStream", 1 / 3),
    Target("added time to first token, p50", "latency", "added time to first token, 1 model, p50", 15.0, "ms"),
    Target("added time to first token, p99", "latency", "added time to first token, 1 model, p99", 50.0, "ms"),
    Target("added gap beyond the window, p99", "latency", "added gap between tokens beyond the window, p99", 3.0, "ms"),
    Target("stop to closed provider connection, p99", "stops", "stop to closed provider connection, p99", 300.0, "ms"),
    Target("memory of an idle connection", "idle", "idle connection", 48.0, "KiB"),
    Target("idle connections on one gateway", "idle", "idle connections held", 10_000.0, at_least=True),
    Target(
        "window build, 1,000 messages, CPU p50",
        "long-room",
        "window build, of a round, CPU of context, p50",
        1.0,
        "ms",
    ),
    Target(
        "window build, 1,000 messages, request p50",
        "long-room",
        "window build, alone, as a request, p50",
        8.0,
        "ms",
    ),
    Target("answer twice as long, CPU", "long-answers", "CPU of answers twice as long", 2.2),
    Target("answer twice as long, bytes", "long-answers", "bytes of answers twice as long", 2.2),
    Target("delta frame beyond its text", "long-answers", "bytes of a delta frame beyond its text", 110.0, "B"),
    Target("page, main thread for each picture, p95", "page", "main thread for each picture, p95", 8.0, "ms"),
    Target("page, tasks above 50 ms", "page", "tasks longer than 50 ms", 0.0),
    Target("room of 10 models and 1,000 messages", "long-room", "memory of the room over all services", 100.0, "MiB"),
)


@dataclass(frozen=True, slots=True)
class Judged:
    """A target with what was measured. `why` says why nothing was."""

    target: Target
    verdict: Verdict
    figure: Figure | None = None
    why: str = ""

    @property
    def note(self) -> str:
        """What must be known to read the figure, or why there is none."""
        return self.figure.note if self.figure else self.why


def judged(results: Results) -> list[Judged]:
    """Every target, in its order."""
    return [_judge(target, results) for target in TARGETS]


def _judge(target: Target, results: Results) -> Judged:
    finding = results.finding(target.scenario)
    if finding is None:
        return Judged(target, "not measured", why=f"scenario {target.scenario} was not part of this run")
    figure = finding.figure(target.figure)
    if figure is None:
        reasons = [*([finding.failed] if finding.failed else []), *finding.remarks]
        return Judged(target, "not measured", why="; ".join(reasons) or f"not in the {results.plan} plan")
    return Judged(target, "met" if target.met_by(figure.value) else "not met", figure)
