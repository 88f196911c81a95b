"""Where it bends: more and more streams, until tokens are late. Everything else is measured well below this."""

from dataclasses import dataclass

from palaver.cli.bench.load import Load
from palaver.cli.bench.results import Chart, Finding, Line, Measured
from palaver.cli.bench.roles.parts import Reader
from palaver.cli.bench.scenario import Scenario, Stage

LATE_MS = 200.0
"""A 99th percentile of delays beyond this is late: ten windows."""

STARTS_A_SECOND = 10.0
"""Beginning a turn costs as much as a thousand tokens: streams that begin together would measure that."""


@dataclass(frozen=True, slots=True)
class Size:
    """Streams of each step, at `rate` tokens a second each, for `seconds` after the last has started."""

    streams: tuple[int, ...]
    rate: float
    seconds: float


async def play(stage: Stage, size: Size, finding: Finding) -> None:
    """Ends after the first step that is late: what comes beyond says nothing."""
    rooms = await stage.product.rooms(max(size.streams), 1)
    steps = list[Measured]()
    for streams in size.streams:
        ramp_seconds = streams / STARTS_A_SECOND
        load = Load(streams, int((ramp_seconds + size.seconds) * size.rate), size.rate, ramp_seconds)
        readers = [Reader(room) for room in rooms[:streams]]
        measured, _ = await stage.product.measured(f"ramp, {streams} streams", load, readers)
        steps.append(measured)
        if measured.observed.delay_ms[1] > LATE_MS:
            break
    finding.rows += steps
    in_time = [step for step in steps if step.observed.delay_ms[1] <= LATE_MS]
    most = max((_rate(step) for step in in_time), default=0.0)
    bent = len(in_time) < len(steps)
    finding.say(
        "tokens a second in time",
        most,
        "/s",
        f"with clients and provider on the same machine; {'the next step was late' if bent else 'no step was late'}",
    )
    lines = [
        Line(name, [(_rate(step), step.observed.delay_ms[index]) for step in steps])
        for index, name in enumerate(("p50", "p99"))
    ]
    finding.charts.append(Chart("Delay by load", "tokens a second, all streams", "ms", lines, log_up=True))
    busy = Line("cores busy, everything", [(_rate(step), step.cores_busy) for step in steps])
    path = [("worker", "worker"), ("gateway", "edge"), ("nats-server", "broker")]
    finding.charts.append(
        Chart(
            "Cores busy by load",
            "tokens a second, all streams",
            "cores",
            [
                busy,
                *(
                    Line(name, [(_rate(s), s.cpu_seconds.get(role, 0.0) / s.measured_seconds) for s in steps])
                    for name, role in path
                ),
            ],
        )
    )


def _rate(step: Measured) -> float:
    return step.observed.tokens_measured / step.measured_seconds


SCENARIO = Scenario(
    "more and more streams, until tokens are late",
    {"full": Size((20, 40, 60, 80, 100, 130), 50.0, 7.0)},
    play,
    order=90,
    max_seconds=240.0,
)
