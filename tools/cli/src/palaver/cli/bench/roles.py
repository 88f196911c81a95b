"""`python -m palaver.cli.bench.roles <role>`: one part of a run in a process of its own."""

import sys
from importlib import import_module

from palaver.servicekit.main import run_in_loop

ROLES = {
    "client": "client",
    "floor": "floor",
    "bare-worker": "bare_worker",
    "bare-edge": "bare_edge",
    "naive-worker": "naive_worker",
    "naive-edge": "naive_edge",
    "pipeline-client": "pipeline_client",
}
"""Role → module with a coroutine function `play`; each process imports only its own."""


async def _play(role: str) -> int:
    await import_module(f"palaver.cli.bench.{ROLES[role]}").play()
    return 0


if __name__ == "__main__":
    sys.exit(run_in_loop(_play(sys.argv[1])))
