"""One service as an operating-system process that can be killed, frozen and started again. Only by its own id."""

import asyncio
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from palaver.cli.settings import inherited_environment
from palaver.cli.up.processes import Probe
from palaver.servicekit.embedded.child import Child

PROBE_SECONDS = 0.05
"""Between two looks at a process that starts: ten of them start at once, and looking costs, too."""


class ServiceProcess:
    """Python with `command` as its arguments and the service's settings in its environment."""

    def __init__(
        self,
        name: str,
        service: str,
        *,
        command: Sequence[str],
        environment: Mapping[str, str],
        ready: Probe,
        logs: Path,
    ) -> None:
        self.name = name
        self.service = service
        self.command = tuple(command)
        self._environment = inherited_environment() | dict(environment)
        self._ready = ready
        self._child = Child(name, logs)
        self.frozen = False

    @property
    def pid(self) -> int:
        """Process id of the running or last run."""
        return self._child.pid

    @property
    def alive(self) -> bool:
        """Whether it runs, or is frozen."""
        return self._child.alive

    async def start(self) -> None:
        """Start unless it runs; return when it says that it is ready. Raises StartFailedError."""
        if not self.alive:
            self._child.spawn([sys.executable, *self.command], environment=self._environment)
            self.frozen = False
        await self._child.until_ready(self._says_ready)

    async def restart(self, **environment: str | None) -> None:
        """In order, and with these variables from now on; None takes one away."""
        await self.stop()
        self._environment |= {name: value for name, value in environment.items() if value is not None}
        for name in (name for name, value in environment.items() if value is None):
            self._environment.pop(name, None)
        await self.start()

    def variable(self, name: str) -> str:
        """One of its environment."""
        return self._environment[name]

    async def kill(self) -> None:
        """SIGKILL, and wait until it is gone."""
        if self.alive:
            self._child.send(signal.SIGKILL)
            await self._child.wait()

    def freeze(self) -> None:
        """SIGSTOP."""
        if self.alive:
            self._child.send(signal.SIGSTOP)
            self.frozen = True

    def thaw(self) -> None:
        """SIGCONT."""
        if self.alive and self.frozen:
            self._child.send(signal.SIGCONT)
        self.frozen = False

    async def stop(self) -> None:
        """SIGTERM: let it hand over its work and end."""
        await self._child.stop(signal.SIGTERM)
        self.frozen = False

    async def _says_ready(self) -> bool:
        if await self._ready():
            return True
        await asyncio.sleep(PROBE_SECONDS)
        return False
