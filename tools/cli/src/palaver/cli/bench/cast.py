"""Processes with a part in a run, seen from the launcher."""

import asyncio
import signal
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

import msgspec

from palaver.cli.bench.roles.role import READY
from palaver.cli.errors import CommandError
from palaver.cli.settings import inherited_environment
from palaver.servicekit.embedded.child import PLAIN_ENVIRONMENT

READY_SECONDS = 120.0  # ten thousand connections are opened in this time
END_SECONDS = 5.0
MAX_LINE_BYTES = 16 * 1024**2
SOURCES = Path(__file__).resolve().parents[3]
"""Where `palaver.cli` lies: the roles run from here in a peer's environment, too."""
R = TypeVar("R")


class Actor:
    """One running role."""

    def __init__(self, name: str, process: asyncio.subprocess.Process) -> None:
        self.name = name
        self.pid = process.pid
        self._process = process

    async def ready(self) -> None:
        """Return when it has prepared everything. Raises CommandError."""
        if await self._line(READY_SECONDS) != READY:
            raise CommandError(f"The benchmark's {self.name} could not prepare itself; its error is above.")

    async def begin(self, at: float) -> None:
        """Say when it begins, in seconds of the monotonic clock."""
        await self._tell(str(at))

    async def result(self, kind: type[R], *, patience_seconds: float) -> R:
        """What it reports. Raises CommandError when it ended without a report, or is silent."""
        line = await self._line(patience_seconds)
        if not line:
            raise CommandError(f"The benchmark's {self.name} ended without a result; its error is above.")
        return msgspec.json.decode(line, type=kind)

    async def give(self, part: object) -> None:
        """Tell it its part."""
        await self._tell(msgspec.json.encode(part).decode())

    def dismiss(self) -> None:
        """Tell it that the run is over; it may still report something."""
        if self._process.stdin is not None:
            self._process.stdin.close()

    async def end(self) -> None:
        """Ask it to end, and see that it does."""
        self.dismiss()
        for how in (None, signal.SIGTERM, signal.SIGKILL):
            if how is not None and self._process.returncode is None:
                self._process.send_signal(how)
            try:
                async with asyncio.timeout(END_SECONDS):
                    await self._process.wait()
            except TimeoutError:
                continue
            break

    async def _tell(self, line: str) -> None:
        stdin = self._process.stdin
        if stdin is None:
            raise CommandError(f"{self.name} has no input.")
        stdin.write(f"{line}\n".encode())
        await stdin.drain()

    async def _line(self, patience_seconds: float) -> str:
        stdout = self._process.stdout
        if stdout is None:
            raise CommandError(f"{self.name} has no output.")
        try:
            async with asyncio.timeout(patience_seconds):
                return (await stdout.readline()).decode().rstrip("\n")
        except TimeoutError:
            raise CommandError(f"The benchmark's {self.name} said nothing for {patience_seconds:.0f} s.") from None


@asynccontextmanager
async def acting(role: str, part: object, *, python: str = sys.executable) -> AsyncGenerator[Actor]:
    """Start a role, and wait until it is ready. It ends with the block, and with this process."""
    process = await asyncio.create_subprocess_exec(
        python,
        "-m",
        "palaver.cli.bench.roles",
        role,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=MAX_LINE_BYTES,
        env=inherited_environment() if python == sys.executable else {**PLAIN_ENVIRONMENT, "PYTHONPATH": str(SOURCES)},
    )
    actor = Actor(role, process)
    try:
        await actor.give(part)
        await actor.ready()
        yield actor
    finally:
        await actor.end()
