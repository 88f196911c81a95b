"""One scenario: everybody ready, a common beginning, two readings of CPU time, and what the clients saw."""

import asyncio
import time
from collections.abc import Mapping, Sequence

from palaver.cli.bench import meter, role
from palaver.cli.bench.cast import Actor
from palaver.cli.bench.ledger import Observed
from palaver.cli.bench.load import Load
from palaver.cli.bench.results import Measured

HEAD_START_SECONDS = 0.3
PATIENCE_SECONDS = 60.0


async def measure(name: str, load: Load, actors: Sequence[Actor], reader: Actor, pids: Mapping[str, int]) -> Measured:
    """Let them begin, measure while every stream runs, and wait for the reader's result."""
    before = meter.read(pids)
    begin = time.monotonic() + HEAD_START_SECONDS
    await asyncio.gather(*(actor.begin(begin) for actor in actors))
    start, end = load.measured
    await role.until(begin + start)
    first, first_at = meter.read(pids), time.monotonic()
    await role.until(begin + end)
    last, last_at = meter.read(pids), time.monotonic()
    observed = await reader.result(Observed, patience_seconds=load.seconds + PATIENCE_SECONDS)
    return Measured(
        name=name,
        observed=observed,
        measured_seconds=last_at - first_at,
        cpu_seconds=last.since(first),
        whole_cpu_seconds=meter.read(pids).since(before),
    )
