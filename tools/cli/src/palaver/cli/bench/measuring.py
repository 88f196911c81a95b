"""One pipeline under one load: everybody ready, a common beginning, two readings of CPU time, what the clients saw."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence

from palaver.cli.bench import meter
from palaver.cli.bench.cast import Actor
from palaver.cli.bench.load import Load
from palaver.cli.bench.results import Measured
from palaver.cli.bench.roles import role
from palaver.cli.bench.roles.parts import Heard

HEAD_START_SECONDS = 0.3
PATIENCE_SECONDS = 60.0


async def measure(
    name: str,
    load: Load,
    actors: Sequence[Actor],
    reader: Actor,
    pids: Mapping[str, int],
    *,
    meanwhile: Callable[[], Awaitable[None]] | None = None,
) -> tuple[Measured, Heard]:
    """Let them begin, measure while every stream runs, and wait for the reader's result.

    `meanwhile` begins when every stream runs, and should end while they do.
    """
    before = meter.read(pids)
    begin = time.monotonic() + HEAD_START_SECONDS
    await asyncio.gather(*(actor.begin(begin) for actor in actors))
    start, end = load.measured
    await role.until(begin + start)
    first, first_at = meter.read(pids), time.monotonic()
    beside = asyncio.ensure_future(_nothing() if meanwhile is None else meanwhile())
    try:
        await role.until(begin + end)
        last, last_at = meter.read(pids), time.monotonic()
        heard = await reader.result(Heard, patience_seconds=load.seconds + PATIENCE_SECONDS)
        await beside
    finally:
        beside.cancel()
    measured = Measured(
        name=name,
        load=str(load),
        observed=heard.observed,
        measured_seconds=last_at - first_at,
        cpu_seconds=last.since(first),
        whole_cpu_seconds=meter.read(pids).since(before),
        beside=meanwhile is not None,
    )
    return measured, heard


async def _nothing() -> None:
    """Nothing happens beside the load."""
