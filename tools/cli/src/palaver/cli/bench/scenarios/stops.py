"""From `stop` to the provider's connection closed, while others stream."""

import asyncio
import re
import time
from dataclasses import dataclass

from palaver.cli.bench.cast import acting
from palaver.cli.bench.load import Load
from palaver.cli.bench.product import LOAD_QUESTION
from palaver.cli.bench.results import Chart, Finding, Line
from palaver.cli.bench.roles.parts import Reader, StopperPart, StopSent
from palaver.cli.bench.scenario import Scenario, Stage
from palaver.cli.bench.statistics import CURVE_SHARES, curve, percentile

QUESTION = "stop-me"
_ID = re.compile(rf"{QUESTION} ([0-9a-f-]{{36}})")
ANSWER = Load(1, 3_000, 50.0)
CLOSED_WAIT_SECONDS = 1.0
PATIENCE_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Size:
    """`samples` stops in all, of answers that have run for `after_seconds`, in so many rooms at once."""

    background: Load
    samples: int
    rooms: int
    after_seconds: float = 0.7


async def play(stage: Stage, size: Size, finding: Finding) -> None:
    """Each stop is found again by its question in what the provider recorded."""
    product = stage.product
    readers = [Reader(room) for room in await product.rooms(size.background.streams, 1)]
    part = StopperPart(
        url=product.url,
        token=await product.token(),
        rooms=await product.rooms(size.rooms, 1),
        question=QUESTION,
        samples=size.samples,
        after_seconds=size.after_seconds,
    )

    async def script() -> None:
        await stage.provider.play(size.background, about=LOAD_QUESTION)
        await stage.provider.also_play(ANSWER, about=QUESTION)

    sent, closed = list[StopSent](), list[tuple[str, float]]()
    async with acting("stopper", part) as stopper:

        async def stop() -> None:
            await stopper.begin(time.monotonic())
            sent.extend(await stopper.result(list[StopSent], patience_seconds=PATIENCE_SECONDS))
            await asyncio.sleep(CLOSED_WAIT_SECONDS)
            closed.extend(await stage.provider.hung_up())

        name = "product, while others are stopped"
        measured, _ = await product.measured(name, size.background, readers, scripted=script, meanwhile=stop)
    finding.rows.append(measured)
    closed_at = {_question(words): at for words, at in closed}
    took = sorted((closed_at[stop.question] - stop.at) * 1_000 for stop in sent if stop.question in closed_at)
    note = f"{len(took)} samples, {len(sent) - len(took)} missing"
    finding.say("stop to closed provider connection, p50", percentile(took, 0.5), "ms", note)
    finding.say("stop to closed provider connection, p99", percentile(took, 0.99), "ms", note)
    points = list(zip(CURVE_SHARES, curve(took), strict=False))
    finding.charts.append(
        Chart("Stop to closed provider connection", "share of stops", "ms", [Line("product", points)])
    )
    if len(took) < len(sent):
        finding.failed = f"{len(sent) - len(took)} of {len(sent)} stops never reached the provider"


def _question(words: str) -> str:
    """What was asked, by its id. Questions that were stopped before their answer's first word stand before it."""
    return next(iter(reversed(_ID.findall(words))), "")


SCENARIO = Scenario(
    "stops, while others stream",
    {
        "tiny": Size(Load(2, 150, 50.0, 0.1), 2, 2),
        "short": Size(Load(16, 300, 50.0), 24, 8, 0.3),
        "full": Size(Load(16, 1_600, 50.0), 240, 10),
    },
    play,
)
