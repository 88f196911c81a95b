"""`palaver bench` works and counts every token. What it measures is not judged: a busy machine says nothing."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from palaver.cli.bench.plan import TINY

PATIENCE_SECONDS = 200

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(PATIENCE_SECONDS + 30)]


@pytest.fixture
def directory(tmp_path: Path) -> Iterator[Path]:
    """Everything that the benchmark writes is below; what still runs there at the end is ended."""
    yield tmp_path
    for process in _running_below(tmp_path):
        process.kill()


def test_a_tiny_run_accounts_for_every_token_of_every_scenario_and_leaves_nothing_running(directory: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "palaver.cli", "bench", "--tiny", "--output", str(directory / "results")],
        env={**os.environ, "TMPDIR": str(directory)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert _running_below(directory) == []
    (results,) = (json.loads(file.read_text()) for file in (directory / "results").glob("*.json"))
    tokens = {scenario["name"]: scenario["observed"]["tokens"] for scenario in results["scenarios"]}
    through = TINY.many[0].streams * TINY.many[0].tokens
    assert tokens.pop("floor") == tokens.pop("bare") == tokens.pop("naive") == through
    received = {
        scenario["name"]: scenario["observed"]["tokens"] + scenario["observed"]["from_final_text"]
        for scenario in results["scenarios"]
        if scenario["name"] in tokens
    }
    assert list(received.values()) == [
        through,
        TINY.single.tokens,
        4 * TINY.watchers * TINY.room.tokens,
        *(load.streams * load.tokens for load in TINY.linear),
    ]
    assert results["stops"]["samples"] == TINY.stops
    assert len(list((directory / "results").glob("*.svg"))) == 1


def _running_below(path: Path) -> list[psutil.Process]:
    found: list[psutil.Process] = []
    for process in psutil.process_iter(["cmdline", "environ"]):
        environment: dict[str, str] = process.info["environ"] or {}
        where: list[str] = [*(process.info["cmdline"] or ()), environment.get("PALAVER_HOME", "")]
        if any(text.startswith(str(path)) for text in where):
            found.append(process)
    return found
