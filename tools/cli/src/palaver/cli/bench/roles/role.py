"""A process with one part in a run, seen from inside: told its part on stdin, ready, go, result on stdout, the end."""

import asyncio
import sys
import time
from typing import TypeVar

import msgspec

READY = "ready"
C = TypeVar("C")


async def part(kind: type[C]) -> C:
    """What this process is to do: the first line. Secrets travel here, as a command line is public."""
    return msgspec.json.decode(await _line(), type=kind)


async def cue() -> float:
    """Say that all is prepared; returns the moment of the beginning, in seconds of the monotonic clock."""
    _say(READY)
    return float(await _line())


def report(result: object) -> None:
    """The result."""
    _say(msgspec.json.encode(result).decode())


async def curtain() -> None:
    """Return when the launcher wants the end, or is gone."""
    while await _line():
        pass


async def until(moment: float) -> None:
    """Sleep until a moment of the monotonic clock."""
    await asyncio.sleep(max(0.0, moment - time.monotonic()))


async def _line() -> str:
    return await asyncio.to_thread(sys.stdin.readline)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
