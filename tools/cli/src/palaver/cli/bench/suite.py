"""The whole run, in order. One scenario at a time, so that none disturbs another."""

import asyncio
import os
import platform
import resource
import tempfile
import time
from collections.abc import Callable, Collection, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import psutil

from palaver.cli.bench import meter, scenarios
from palaver.cli.bench.instance import started
from palaver.cli.bench.peers.environment import PeerMissing, Peers
from palaver.cli.bench.pipelines import pipelines
from palaver.cli.bench.product import Product
from palaver.cli.bench.provider import Provider
from palaver.cli.bench.results import Finding, Results
from palaver.cli.bench.scenario import PlanName, Scenario, Stage
from palaver.cli.errors import CommandError
from palaver.cli.up.home import PASSABLE
from palaver.client import Palaver
from palaver.contracts.failures import Failure

OPEN_FILES = 65_536
LONGEST_SECONDS: dict[PlanName, float] = {"tiny": 300.0, "short": 300.0, "full": 2_100.0}
"""After this a run begins no further scenario."""
CALM_CORES, LOOK_SECONDS, MAX_LOOKS = 0.15, 0.5, 30
"""An instance at rest uses less; it is looked at this often."""
TROUBLES = (CommandError, PeerMissing, Failure, TimeoutError, OSError, aiohttp.ClientError, psutil.Error)


@dataclass(frozen=True, slots=True)
class Wishes:
    """`only`: names of scenarios; empty for all of the plan. `peers_directory` keeps peers' environments."""

    plan: PlanName
    only: Collection[str]
    peers_directory: Path


def chosen(wishes: Wishes) -> dict[str, Scenario[Any]]:
    """The scenarios of the plan that are wished for. Raises CommandError for one that does not exist."""
    everything = scenarios.every()
    if unknown := set(wishes.only) - everything.keys():
        raise CommandError(f"There is no scenario {', '.join(sorted(unknown))}. There are: {', '.join(everything)}.")
    found = {
        name: scenario
        for name, scenario in everything.items()
        if wishes.plan in scenario.sizes and (not wishes.only or name in wishes.only)
    }
    if not found:
        raise CommandError(f"The {wishes.plan} plan does not contain it; try --full.")
    return found


async def run(wishes: Wishes, say: Callable[[str], None]) -> Results:
    """Everything that is wished for. What it starts has ended when this returns or raises."""
    parts = chosen(wishes)
    deadline = time.monotonic() + LONGEST_SECONDS[wishes.plan]
    results = Results(plan=wishes.plan, at=datetime.now(UTC).isoformat(timespec="seconds"), machine=_machine())
    _allow_many_files()
    with _directory() as where:
        say("starting Palaver, one process per service")
        async with started(where / "home") as instance, Palaver(instance.url) as palaver:
            provider = Provider(instance.simulator_url)
            product = await Product.of(instance, palaver, provider)
            async with pipelines(where / "broker", provider) as others:
                stage = Stage(product, provider, others, Peers(wishes.peers_directory), where / "peers", say)
                for name, scenario in parts.items():
                    results.findings.append(await _play(name, scenario, stage, wishes.plan, deadline))
    results.machine["load after"] = f"{os.getloadavg()[0]:.2f}"
    return results


async def _play(name: str, scenario: Scenario[Any], stage: Stage, plan: PlanName, deadline: float) -> Finding:
    finding = Finding(scenario=name)
    begin = time.monotonic()
    if begin > deadline:
        finding.failed = f"not played: the run had taken {LONGEST_SECONDS[plan]:.0f} s already"
        return finding
    stage.say(f"{name}: {scenario.about}")
    await _calm(stage)
    try:
        async with asyncio.timeout(scenario.max_seconds):
            await scenario.play(stage, scenario.sizes[plan], finding)
    except TROUBLES as trouble:
        finding.failed = f"{type(trouble).__name__}: {trouble}"
        stage.say(f"  {finding.failed}")
    finding.seconds = time.monotonic() - begin
    return finding


async def _calm(stage: Stage) -> None:
    """Return when the product has nothing more to do with what was before, or takes too long over it."""
    for _ in range(MAX_LOOKS):
        before = meter.read(stage.product.pids)
        await asyncio.sleep(LOOK_SECONDS)
        used = meter.read(stage.product.pids).since(before)
        if sum(used.values()) < CALM_CORES * LOOK_SECONDS:
            return


def _allow_many_files() -> None:
    """Thousands of connections are as many files, here and in the processes that this one starts."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, OPEN_FILES)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, most), hard))


@contextmanager
def _directory() -> Generator[Path]:
    with tempfile.TemporaryDirectory(prefix="palaver-bench-", ignore_cleanup_errors=True) as directory:
        where = Path(directory)
        where.chmod(PASSABLE)
        yield where


def _machine() -> dict[str, str]:
    return {
        "cores": str(os.cpu_count()),
        "system": platform.platform(terse=True),
        "python": platform.python_version(),
        "load before": f"{os.getloadavg()[0]:.2f}",
    }
