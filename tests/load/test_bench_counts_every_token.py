"""`palaver bench` works and counts every token. What it measures is not judged: a busy machine says nothing."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from palaver.cli.bench.scenarios import costs, storm

PATIENCE_SECONDS = 200
SCENARIOS = ("idle", "costs", "storm")

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(PATIENCE_SECONDS + 30)]


@pytest.fixture
def directory(tmp_path: Path) -> Iterator[Path]:
    """Everything that the benchmark writes is below; what still runs there at the end is ended."""
    yield tmp_path
    for process in _running_below(tmp_path):
        process.kill()


def test_a_tiny_run_accounts_for_every_token_and_leaves_nothing_running(directory: Path) -> None:
    done = subprocess.run(
        [
            *(sys.executable, "-m", "palaver.cli", "bench", "--tiny", "--output", str(directory / "results")),
            *(argument for name in SCENARIOS for argument in ("--only", name)),
        ],
        env={**os.environ, "TMPDIR": str(directory)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert _running_below(directory) == []
    (where,) = (directory / "results").iterdir()
    results = json.loads((where / "results.json").read_text())
    findings = {finding["scenario"]: finding for finding in results["findings"]}
    assert findings.keys() == set(SCENARIOS)
    load = costs.SCENARIO.sizes["tiny"].load
    assert {_received(row) for row in findings["costs"]["rows"]} == {load.streams * load.tokens}
    (cut,) = findings["storm"]["rows"]
    load = storm.SCENARIO.sizes["tiny"].load
    assert _received(cut) == load.streams * load.tokens
    assert cut["observed"]["from_snapshot"] > 0
    assert {"results.md", "costs-cpu.svg"} <= {file.name for file in where.iterdir()}


def _received(row: dict[str, Any]) -> int:
    seen = row["observed"]
    return seen["tokens"] + seen["overtaken"] + seen["from_snapshot"]


def _running_below(path: Path) -> list[psutil.Process]:
    found: list[psutil.Process] = []
    for process in psutil.process_iter(["cmdline", "environ"]):
        environment: dict[str, str] = process.info["environ"] or {}
        where: list[str] = [*(process.info["cmdline"] or ()), environment.get("PALAVER_HOME", "")]
        if any(text.startswith(str(path)) for text in where):
            found.append(process)
    return found
