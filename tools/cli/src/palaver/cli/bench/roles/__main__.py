"""`python -m palaver.cli.bench.roles <role>`: one part of a run in a process of its own.

A role is a module of this package with a coroutine function `play`; each process imports only its own, so that a role
can also run in a peer's environment, where little else is installed.
"""

import asyncio
import sys
from importlib import import_module

import uvloop


async def _play(role: str) -> None:
    await import_module(f"palaver.cli.bench.roles.{role.replace('-', '_')}").play()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_play(sys.argv[1]))
