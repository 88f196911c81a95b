"""Readers that read too slowly, and some that do not read at all: nobody else may notice, and the slow miss nothing."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from palaver.cli.bench import meter
from palaver.cli.bench.load import Load
from palaver.cli.bench.product import LOAD_QUESTION
from palaver.cli.bench.results import Finding
from palaver.cli.bench.roles.parts import Heard, Pace, Reader
from palaver.cli.bench.scenario import Scenario, Stage

MODELS = 10
QUESTION = "loud"
SAMPLE_SECONDS = 1.0
PATIENCE_SECONDS = 60.0
MIB = 1024**2


@dataclass(frozen=True, slots=True)
class Size:
    """`quick` readers of a stream each; the slow and the frozen sit in a room of ten models with `loud` answers.

    The loud room must say more than the kernel's buffers take, or slowness would never reach the gateway.
    """

    load: Load
    loud: Load
    slow: int
    frozen: int


async def play(stage: Stage, size: Size, finding: Finding) -> None:
    """The same conversations twice: everybody quick, then the readers of the loud room slow and frozen."""
    product = stage.product
    lagging = size.slow + size.frozen
    quick = [Reader(room) for room in await product.rooms(size.load.streams, 1)]

    async def script() -> None:
        await stage.provider.play(size.load, about=LOAD_QUESTION)
        await stage.provider.also_play(size.loud, about=QUESTION)

    async def heard_by(name: str, paces: Sequence[Pace]) -> Heard:
        (loud,) = await product.rooms(1, MODELS)
        # The one that asks comes first, so that the loud room is loud from the beginning.
        others = [
            Reader(loud, number == 0, pace, answers=MODELS, tokens=size.loud.tokens, question=QUESTION)
            for number, pace in enumerate(paces)
        ]
        measured, heard = await product.measured(
            name, size.load, [*others, *quick], scripted=script, patience_seconds=PATIENCE_SECONDS
        )
        finding.rows.append(measured)
        return heard

    even = await heard_by("product, everybody quick", ("full",) * lagging)
    before = meter.held_bytes([product.pids["edge"]])
    watching = asyncio.create_task(_most(product.pids["edge"]))
    try:
        name = f"product, {size.slow} slow and {size.frozen} frozen readers"
        uneven = await heard_by(name, ("slow",) * size.slow + ("frozen",) * size.frozen)
    finally:
        watching.cancel()
        most = await watching
    finding.say("gateway's memory, at most more", (most - before) / MIB, "MiB", f"{lagging} readers that lag")
    finding.say(
        "delay of the quick, p99, beside slow readers / beside quick ones",
        uneven.observed.delay_ms[1] / max(1e-9, even.observed.delay_ms[1]),
    )
    finding.say("lagging notices", float(uneven.lagging_notices))
    if uneven.others is not None and uneven.others.lost:
        finding.failed = f"slow readers missed {uneven.others.lost} tokens for good"
    if not uneven.lagging_notices:
        finding.remarks.append("nobody lagged: the kernel took everything, and the figures here mean little")


async def _most(pid: int) -> int:
    """The most memory that a process holds until this is cancelled."""
    most = 0
    try:
        while True:
            most = max(most, meter.held_bytes([pid]))
            await asyncio.sleep(SAMPLE_SECONDS)
    except asyncio.CancelledError:
        return most


SCENARIO = Scenario(
    "five of a hundred readers slow, one frozen",
    {"full": Size(Load(94, 400, 10.0, 10.0), Load(1, 20_000, 700.0), 5, 1)},
    play,
    max_seconds=240.0,
)
