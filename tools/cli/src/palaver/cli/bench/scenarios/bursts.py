"""Providers that speak in bursts, and whose bytes are cut in the middle of characters and events."""

from palaver.cli.bench.load import Load
from palaver.cli.bench.product import LOAD_QUESTION
from palaver.cli.bench.results import Finding
from palaver.cli.bench.roles.parts import Reader
from palaver.cli.bench.scenario import Scenario, Stage

BURST = 20


async def play(stage: Stage, load: Load, finding: Finding) -> None:
    """Two rows; what matters is that no token is lost or altered."""
    rooms = await stage.product.rooms(load.streams, 1)
    readers = [Reader(room) for room in rooms]

    async def in_bursts() -> None:
        await stage.provider.play(load, about=LOAD_QUESTION, burst=BURST)

    async def split() -> None:
        await stage.provider.play(load, about=LOAD_QUESTION)
        await stage.provider.misbehave("split_utf8")

    measured, _ = await stage.product.measured(f"product, bursts of {BURST}", load, readers, scripted=in_bursts)
    finding.rows.append(measured)
    measured, _ = await stage.product.measured("product, split UTF-8", load, readers, scripted=split)
    finding.rows.append(measured)


SCENARIO = Scenario(
    "bursts, and bytes cut inside characters",
    {"tiny": Load(2, 40, 50.0, 0.1, wide=True), "full": Load(20, 300, 50.0, wide=True)},
    play,
)
