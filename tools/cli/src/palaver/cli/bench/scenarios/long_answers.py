"""Long answers: the cost must grow with the answer and with nothing else."""

from palaver.cli.bench.load import Load
from palaver.cli.bench.results import Finding
from palaver.cli.bench.scenario import Scenario, Stage


async def play(stage: Stage, loads: tuple[Load, ...], finding: Finding) -> None:
    """The second load's answers are twice as long as the first's."""
    rows = [await stage.product.streams(f"product, answers of {load.tokens} tokens", load) for load in loads]
    finding.rows += rows
    once, twice = rows[:2]
    finding.say("CPU of answers twice as long", twice.whole_path_seconds / max(1e-9, once.whole_path_seconds))
    finding.say(
        "bytes of answers twice as long",
        twice.observed.traffic.bytes_received / max(1, once.observed.traffic.bytes_received),
    )
    traffic = rows[-1].observed.traffic
    finding.say("bytes of a delta frame beyond its text", traffic.delta_overhead_bytes / max(1, traffic.deltas), "B")


SCENARIO = Scenario(
    "answers of 2,000, 4,000 and 32,000 tokens",
    {
        "tiny": (Load(2, 40, 100.0, 0.1), Load(2, 80, 100.0, 0.1)),
        "short": (Load(10, 250, 100.0, 0.5), Load(10, 500, 100.0, 0.5)),
        "full": (Load(10, 2_000, 200.0), Load(10, 4_000, 200.0), Load(2, 32_000, 500.0)),
    },
    play,
)
