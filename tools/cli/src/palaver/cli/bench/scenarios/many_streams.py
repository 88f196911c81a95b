"""More streams than in the comparison, and fewer: what a token costs by how many stream at once."""

from palaver.cli.bench.load import Load
from palaver.cli.bench.results import Finding
from palaver.cli.bench.scenario import Scenario, Stage


async def play(stage: Stage, loads: tuple[Load, ...], finding: Finding) -> None:
    """One row each."""
    for load in loads:
        name = "product, one stream" if load.streams == 1 else f"product, {load.streams} streams"
        finding.rows.append(await stage.product.streams(name, load))


SCENARIO = Scenario(
    "one stream, a hundred, five hundred",
    {
        "tiny": (Load(1, 40, 50.0, 0.1),),
        "full": (Load(1, 500, 50.0, 0.1), Load(100, 600, 25.0, 10.0), Load(500, 450, 5.0, 60.0)),
    },
    play,
    order=30,
    max_seconds=420.0,  # five hundred answers of a minute and a half alone take two and a half minutes
)
