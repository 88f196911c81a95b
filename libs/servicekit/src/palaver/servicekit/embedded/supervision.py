"""Keeping a process alive: started again when it dies, ever more slowly, and said so."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from palaver.servicekit.embedded.errors import EmbeddedServerError

FIRST_DELAY_SECONDS = 0.1
MAX_DELAY_SECONDS = 5.0
HEALTHY_AFTER_SECONDS = 30.0
MAX_DOUBLINGS = 10


class Supervised(Protocol):
    """What can be kept alive: embedded servers, and service processes."""

    @property
    def name(self) -> str:
        """For messages."""
        ...

    async def start(self) -> None:
        """Start on the same port as before; returns when ready. Raises EmbeddedServerError."""
        ...

    async def wait(self) -> int:
        """Exit code, once the process has ended."""
        ...


@dataclass(frozen=True, slots=True)
class Death:
    """A process ended that should not have, or did not come back. It is started again after `delay_seconds`."""

    name: str
    exit_code: int
    delay_seconds: float
    reason: str | None = None


async def supervise(process: Supervised, told: Callable[[Death], None]) -> None:
    """Watch a started process until cancelled; `told` hears of each death before the process is started again.

    Cancel this before stopping the process, or it comes back.
    """
    failures = 0
    reason: str | None = None
    started_at = time.monotonic()
    while True:
        exit_code = await process.wait()
        failures = 0 if time.monotonic() - started_at > HEALTHY_AFTER_SECONDS else failures + 1
        delay = min(FIRST_DELAY_SECONDS * 2 ** min(failures, MAX_DOUBLINGS), MAX_DELAY_SECONDS)
        told(Death(process.name, exit_code, delay, reason))
        await asyncio.sleep(delay)
        started_at, reason = time.monotonic(), None
        try:
            await process.start()
        except EmbeddedServerError as error:
            reason = str(error)
