"""All connections break at the same moment and come back: in mid-answer, a crowd of them, and when the gateway dies."""

import time
from dataclasses import dataclass

from palaver.cli.bench import meter
from palaver.cli.bench.cast import acting
from palaver.cli.bench.load import Load
from palaver.cli.bench.measuring import HEAD_START_SECONDS
from palaver.cli.bench.product import LOAD_QUESTION
from palaver.cli.bench.results import Finding, Measured
from palaver.cli.bench.roles import role
from palaver.cli.bench.roles.parts import ClientPart, Heard, Reader
from palaver.cli.bench.scenario import Scenario, Stage
from palaver.cli.bench.statistics import p50_p99

CUT_AT_SHARE = 0.5
BACK_WITHIN_SECONDS = 1.0
PATIENCE_SECONDS = 60.0
MIB = 1024**2


@dataclass(frozen=True, slots=True)
class Crowd:
    """`readers` in all: one in each room of the `load`, whose answers run meanwhile; the others in `silent` rooms."""

    readers: int
    silent: int
    load: Load


@dataclass(frozen=True, slots=True)
class Size:
    """`load`: answers that are all cut in the middle."""

    load: Load
    crowd: Crowd | None = None


async def play(stage: Stage, size: Size, finding: Finding) -> None:
    """Every stream has a reader of its own; all of them are cut. Then the crowd."""
    load = size.load
    readers = [Reader(room) for room in await stage.product.rooms(load.streams, 1)]
    measured, heard = await stage.product.measured(
        f"product, {load.streams} readers cut at once",
        load,
        readers,
        cut_after_seconds=_middle(load),
        back_within_seconds=BACK_WITHIN_SECONDS,
    )
    finding.rows.append(measured)
    p50, p99 = p50_p99(heard.attach_ms)
    note = f"{len(heard.attach_ms)} came back within {BACK_WITHIN_SECONDS:g} s"
    finding.say("from reconnecting to the room's state, p50", p50, "ms", note)
    finding.say("from reconnecting to the room's state, p99", p99, "ms", note)
    _all_are_back(finding, heard, load.streams)
    if size.crowd is not None:
        await _crowd(stage, size.crowd, finding)


async def _crowd(stage: Stage, crowd: Crowd, finding: Finding) -> None:
    """They come back when the SDK would: first to the same gateway, then to one that begins with nothing."""
    product, load = stage.product, crowd.load
    speaking, silent = await product.rooms(load.streams, 1), await product.rooms(crowd.silent, 1)
    readers = [Reader(room) for room in speaking] + [
        Reader(silent[number % crowd.silent], asks=False, answers=0) for number in range(crowd.readers - load.streams)
    ]
    name = f"product, {crowd.readers} readers cut at once"
    measured, heard = await product.measured(
        name,
        load,
        readers,
        cut_after_seconds=_middle(load),
        back_within_seconds=None,
        patience_seconds=PATIENCE_SECONDS,
    )
    finding.rows.append(measured)
    _say(finding, f"{crowd.readers} cut at once", heard)
    _all_are_back(finding, heard, crowd.readers)
    await _gateway_killed(stage, load, readers, finding)


async def _gateway_killed(stage: Stage, load: Load, readers: list[Reader], finding: Finding) -> None:
    product = stage.product
    await stage.provider.play(load, about=LOAD_QUESTION)
    part = ClientPart(
        *(product.url, await product.token(), tuple(readers), 1, load, LOAD_QUESTION),
        back_within_seconds=None,
        patience_seconds=PATIENCE_SECONDS,
    )
    async with acting("client", part) as client:
        begin = time.monotonic() + HEAD_START_SECONDS
        await client.begin(begin)
        await role.until(begin + _middle(load))
        before = meter.held_bytes([product.pids["edge"]])
        down_seconds = await product.kill_gateway()
        heard = await client.result(Heard, patience_seconds=load.seconds + 2 * PATIENCE_SECONDS)
        after = meter.held_bytes([product.pids["edge"]])
    name = f"product, {len(readers)} readers, gateway killed"
    finding.rows.append(Measured(name, str(load), heard.observed, load.seconds, {}, {}, beside=True))
    what = f"{len(readers)} readers, gateway killed"
    _say(finding, what, heard, f"the next gateway was ready after {down_seconds:.1f} s")
    finding.say(f"{what}: gateway's memory with all of them back", after / MIB, "MiB", f"before {before / MIB:.0f}")
    _all_are_back(finding, heard, len(readers))


def _say(finding: Finding, what: str, heard: Heard, note: str = "") -> None:
    """How long they were away, the random pauses included."""
    p50, p99 = p50_p99(heard.away_ms)
    longest = max(heard.away_ms, default=0.0)
    for share, ms in (("p50", p50), ("p99", p99), ("longest", longest)):
        finding.say(f"{what}: until a reader had the room's state, {share}", ms / 1_000, "s", note)


def _all_are_back(finding: Finding, heard: Heard, expected: int) -> None:
    if len(heard.away_ms) < expected:
        finding.failed = f"only {len(heard.away_ms)} of {expected} came back"


def _middle(load: Load) -> float:
    return load.ramp_seconds + (load.seconds - load.ramp_seconds) * CUT_AT_SHARE


SCENARIO = Scenario(
    "every connection cut at once, in mid-answer and in a crowd of a thousand; the gateway killed under them",
    {
        "tiny": Size(Load(4, 100, 50.0, 0.2)),
        "full": Size(Load(150, 400, 10.0, 15.0), Crowd(1_000, 225, Load(50, 300, 10.0, 5.0))),
    },
    play,
    order=60,
    max_seconds=300.0,
)
