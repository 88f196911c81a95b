"""One room with several models that is watched by many: a token counts once for each who receives it."""

from dataclasses import dataclass

from palaver.cli.bench.load import Load
from palaver.cli.bench.results import Finding
from palaver.cli.bench.roles.parts import Reader
from palaver.cli.bench.scenario import Scenario, Stage

MODELS = 4


@dataclass(frozen=True, slots=True)
class Size:
    """How many look on, and how long each model's answer is."""

    load: Load
    watchers: int


async def play(stage: Stage, size: Size, finding: Finding) -> None:
    """One question."""
    (room,) = await stage.product.rooms(1, MODELS)
    readers = [Reader(room, asks=number == 0) for number in range(size.watchers)]
    name = f"product, {MODELS} models, {size.watchers} readers"
    measured, _ = await stage.product.measured(name, size.load, readers, seats=MODELS)
    finding.rows.append(measured)


SCENARIO = Scenario(
    "a room of four models and its readers",
    {
        "tiny": Size(Load(1, 40, 50.0, 0.1), 2),
        "short": Size(Load(1, 200, 50.0, 0.1), 10),
        "full": Size(Load(1, 400, 50.0, 0.1), 50),
    },
    play,
)
