"""The whole run, in order. One scenario at a time, so that none disturbs another."""

import os
import platform
import tempfile
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from palaver.cli.bench.instance import started
from palaver.cli.bench.load import Load
from palaver.cli.bench.pipelines import Kind, Pipelines, pipelines
from palaver.cli.bench.plan import Plan
from palaver.cli.bench.product import Product
from palaver.cli.bench.provider import Provider
from palaver.cli.bench.results import Measured, Results
from palaver.cli.up.home import PASSABLE
from palaver.client import Palaver

ROOM_MODELS = 4
KINDS: tuple[Kind, ...] = ("naive", "bare")


async def run(plan: Plan, say: Callable[[str], None]) -> Results:
    """Everything of the plan. What it starts has ended when this returns or raises."""
    results = Results(plan=plan.name, at=datetime.now(UTC).isoformat(timespec="seconds"), machine=_machine())
    with _directory() as where:
        say("starting Palaver, one process per service")
        async with started(where / "home") as instance, Palaver(instance.url) as palaver:
            provider = Provider(instance.simulator_url)
            product = await Product.of(instance, palaver, provider)
            say("product: idle connections")  # first: later the gateway has free memory that new connections reuse
            results.idle = await product.idle(plan.idle_connections)
            async with pipelines(where / "broker", provider) as others:
                await _others(plan.many[0], others, results, say)
            await _product(plan, product, results, say)
    return results


async def _others(load: Load, others: Pipelines, results: Results, say: Callable[[str], None]) -> None:
    """The bare pipeline last, next to the product's own scenario, which is compared with it."""
    say(f"floor: {_size(load.streams, load.rate)}")
    results.scenarios.append(await others.floor(load))
    for kind in KINDS:
        say(f"{kind} pipeline: {_size(load.streams, load.rate)}")
        results.scenarios.append(await others.through(kind, load))


async def _product(plan: Plan, product: Product, results: Results, say: Callable[[str], None]) -> None:
    for load in plan.many:
        say(f"product: {_size(load.streams, load.rate)}")
        results.scenarios.append(await product.streams(many_name(load.streams), load))
    say("product: one stream")
    results.scenarios.append(await product.streams("product, one stream", plan.single))
    say(f"product: a room of {ROOM_MODELS} models and {plan.watchers} readers")
    name = f"product, {ROOM_MODELS} models, {plan.watchers} readers"
    results.scenarios.append(await product.room(name, plan.room, models=ROOM_MODELS, watchers=plan.watchers))
    say("product: answers twice as long")
    once = await product.streams("product, answers of length 1", plan.linear[0])
    twice = await product.streams("product, answers of length 2", plan.linear[1])
    results.scenarios += [once, twice]
    results.linearity_cpu, results.linearity_bytes = _ratios(once, twice)
    say(f"product: {plan.stops} stops")
    results.stops = await product.stops(plan.stops)


@contextmanager
def _directory() -> Generator[Path]:
    with tempfile.TemporaryDirectory(prefix="palaver-bench-", ignore_cleanup_errors=True) as directory:
        where = Path(directory)
        where.chmod(PASSABLE)
        yield where


def many_name(streams: int) -> str:
    """The name of the scenario with this many streams."""
    return f"product, {streams} streams"


def _ratios(once: Measured, twice: Measured) -> tuple[float, float]:
    cpu = twice.whole_path_seconds / max(1e-9, once.whole_path_seconds)
    return cpu, twice.observed.bytes_received / max(1, once.observed.bytes_received)


def _size(streams: int, rate: float) -> str:
    return f"{streams} streams of {rate:g} tokens a second"


def _machine() -> dict[str, str]:
    load = os.getloadavg()
    return {
        "cores": str(os.cpu_count()),
        "system": platform.platform(terse=True),
        "python": platform.python_version(),
        "load before": f"{load[0]:.2f}",
    }
