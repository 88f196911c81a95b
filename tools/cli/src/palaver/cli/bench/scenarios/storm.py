"""All connections break at the same moment, in the middle of their answers, and come back within a second."""

from palaver.cli.bench.load import Load
from palaver.cli.bench.results import Finding
from palaver.cli.bench.roles.parts import Reader
from palaver.cli.bench.scenario import Scenario, Stage
from palaver.cli.bench.statistics import p50_p99

CUT_AT_SHARE = 0.5
BACK_WITHIN_SECONDS = 1.0


async def play(stage: Stage, load: Load, finding: Finding) -> None:
    """Every stream has a reader of its own; all of them are cut."""
    readers = [Reader(room) for room in await stage.product.rooms(load.streams, 1)]
    measured, heard = await stage.product.measured(
        f"product, {load.streams} readers cut at once",
        load,
        readers,
        cut_after_seconds=load.ramp_seconds + (load.seconds - load.ramp_seconds) * CUT_AT_SHARE,
        back_within_seconds=BACK_WITHIN_SECONDS,
    )
    finding.rows.append(measured)
    p50, p99 = p50_p99(heard.attach_ms)
    note = f"{len(heard.attach_ms)} came back within {BACK_WITHIN_SECONDS:g} s"
    finding.say("from reconnecting to the room's state, p50", p50, "ms", note)
    finding.say("from reconnecting to the room's state, p99", p99, "ms", note)
    if len(heard.attach_ms) < load.streams:
        finding.failed = f"only {len(heard.attach_ms)} of {load.streams} came back"


SCENARIO = Scenario(
    "every connection cut at once in mid-answer",
    {"tiny": Load(4, 100, 50.0, 0.2), "full": Load(150, 400, 10.0, 15.0)},
    play,
    order=60,
)
