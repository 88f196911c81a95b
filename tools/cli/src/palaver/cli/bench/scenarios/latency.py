"""What the product adds to a direct call, at about a third of what this machine can do: first token, and gaps."""

import time
from dataclasses import dataclass

from palaver.cli.bench.cast import acting
from palaver.cli.bench.load import Load
from palaver.cli.bench.product import LOAD_QUESTION
from palaver.cli.bench.provider import MODEL
from palaver.cli.bench.results import Chart, Finding, Line, Measured
from palaver.cli.bench.roles.parts import AskerPart, FirstTokens, Reader
from palaver.cli.bench.scenario import Scenario, Stage
from palaver.cli.bench.statistics import CURVE_SHARES, curve, p50_p99
from palaver.contracts.limits import FLUSH_WINDOW_SECONDS

QUESTION = "first-token"
ANSWER = Load(1, 3, 100.0)
ROOMS = 8
PAUSE_SECONDS = 0.02
MANY = 4
PATIENCE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Asked:
    """So many questions, while this load runs beside them."""

    samples: int
    beside: Load


@dataclass(frozen=True, slots=True)
class Size:
    """`floor`: a load like those beside the questions. Then rooms of one model are asked, then of four."""

    floor: Load
    one: Asked
    many: Asked | None = None


async def play(stage: Stage, size: Size, finding: Finding) -> None:
    """The floor first, as its gaps are compared."""
    floor = await stage.pipelines.floor(size.floor, name="floor, light load")
    finding.rows.append(floor)
    one, row = await _ask(stage, size.one, 1)
    finding.rows.append(row)
    window_ms = FLUSH_WINDOW_SECONDS * 1_000
    finding.say(
        "added gap between tokens beyond the window, p99",
        row.observed.added_gap_ms[1] - window_ms - floor.observed.added_gap_ms[1],
        "ms",
        f"ours {row.observed.added_gap_ms[1]:.1f}, window {window_ms:.0f}, floor {floor.observed.added_gap_ms[1]:.1f}",
    )
    _say(finding, "1 model", one.first_ms, one.direct_ms)
    if size.many is not None:
        many, beside_many = await _ask(stage, size.many, MANY)
        finding.rows.append(beside_many)
        _say(finding, f"{MANY} models, the first", many.first_ms, many.direct_ms)
        _say(finding, f"{MANY} models, the last", many.last_ms, many.direct_ms)
    finding.charts += [
        _chart("Time to the first token", {"direct call": one.direct_ms, "product": one.first_ms}),
        Chart(
            "Provider's write to reader, all tokens",
            "share of tokens",
            "ms",
            [_line(row.name, row.observed.delay_curve_ms) for row in finding.rows[:2]],
        ),
    ]


async def _ask(stage: Stage, asked: Asked, seats: int) -> tuple[FirstTokens, Measured]:
    product, load = stage.product, asked.beside
    readers = [Reader(room) for room in await product.rooms(load.streams, 1)]
    part = AskerPart(
        url=product.url,
        token=await product.token(),
        rooms=await product.rooms(ROOMS, seats),
        seats=seats,
        question=QUESTION,
        provider_url=stage.provider.openai_url,
        model=MODEL,
        samples=asked.samples,
        pause_seconds=PAUSE_SECONDS,
        for_seconds=load.measured[1] - load.measured[0],
    )

    async def script() -> None:
        await stage.provider.play(load, about=LOAD_QUESTION)
        await stage.provider.also_play(ANSWER, about=QUESTION)

    told = list[FirstTokens]()
    async with acting("asker", part) as asker:

        async def ask() -> None:
            await asker.begin(time.monotonic())
            told.append(await asker.result(FirstTokens, patience_seconds=load.seconds + PATIENCE_SECONDS))

        name = f"product, light load, rooms of {seats} asked"
        measured, _ = await product.measured(name, load, readers, scripted=script, meanwhile=ask)
    return told[0], measured


def _say(finding: Finding, who: str, ours_ms: list[float], direct_ms: list[float]) -> None:
    ours, direct = p50_p99(ours_ms), p50_p99(direct_ms)
    for index, name in enumerate(("p50", "p99")):
        finding.say(
            f"added time to first token, {who}, {name}",
            ours[index] - direct[index],
            "ms",
            f"ours {ours[index]:.1f}, direct {direct[index]:.1f}, {len(ours_ms)} samples",
        )


def _chart(title: str, samples: dict[str, list[float]]) -> Chart:
    return Chart(title, "share of questions", "ms", [_line(name, curve(sorted(ms))) for name, ms in samples.items()])


def _line(name: str, values: list[float]) -> Line:
    return Line(name, list(zip(CURVE_SHARES, values, strict=False)))


SCENARIO = Scenario(
    "what is added to a direct call, beside a light load",
    {
        "tiny": Size(Load(2, 100, 50.0, 0.1), Asked(4, Load(2, 150, 50.0, 0.1))),
        "short": Size(Load(16, 250, 50.0), Asked(40, Load(16, 500, 50.0))),
        "full": Size(Load(16, 750, 50.0), Asked(300, Load(16, 3_500, 50.0)), Asked(100, Load(16, 2_000, 50.0))),
    },
    play,
    order=25,
)
