"""One process per service, and one for the simulator, each started again on its ports when it dies."""

import asyncio
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from palaver.cli.services import STOPS_FIRST, LoadedService, package_of
from palaver.cli.settings import inherited_environment
from palaver.cli.up.home import Home
from palaver.cli.up.wiring import Wiring, as_environment
from palaver.servicekit.embedded import LOOPBACK, Death, supervise
from palaver.servicekit.embedded.child import Child

SIMULATOR = "simulator"
HTTP_OK = b"HTTP/1.1 200"


@dataclass(frozen=True, slots=True)
class Probe:
    """Where a process says that it is ready."""

    port: int
    path: str

    async def __call__(self) -> bool:
        """Whether it says so now."""
        request = f"GET {self.path} HTTP/1.1\r\nHost: {LOOPBACK}\r\nConnection: close\r\n\r\n"
        try:
            reader, writer = await asyncio.open_connection(LOOPBACK, self.port)
            writer.write(request.encode())
            answer = await reader.readline()
        except OSError:
            return False
        writer.close()
        return answer.startswith(HTTP_OK)


class ModuleProcess:
    """`python -m palaver.<name>` with its settings in its environment; its log is in the home."""

    def __init__(self, name: str, environment: Mapping[str, str], ready: Probe, home: Home) -> None:
        self.name = name
        self._environment = inherited_environment() | dict(environment)
        self._ready = ready
        self._child = Child(name, home.logs)

    @property
    def pid(self) -> int:
        """Process id."""
        return self._child.pid

    async def start(self) -> None:
        """Return when it says that it is ready. Raises StartFailedError."""
        self._child.spawn([sys.executable, "-m", f"palaver.{package_of(self.name)}"], environment=self._environment)
        await self._child.until_ready(self._ready)

    async def wait(self) -> int:
        """Exit code, once it has ended."""
        return await self._child.wait()

    async def stop(self) -> None:
        """Let it hand over its work and end."""
        await self._child.stop(signal.SIGTERM)


class ServicesInProcesses:
    """All services and the simulator, a process each."""

    def __init__(
        self, services: Sequence[LoadedService], wiring: Wiring, home: Home, told: Callable[[Death], None]
    ) -> None:
        simulator = wiring.simulation
        self._processes = [
            ModuleProcess(SIMULATOR, simulator.environment(), Probe(simulator.port, "/healthz"), home),
            *(
                ModuleProcess(
                    service.name,
                    as_environment(service.name, wiring.values(service)),
                    Probe(wiring.health_port(service.name), "/readyz"),
                    home,
                )
                for service in services
            ),
        ]
        self._told = told
        self._watching: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Return when all are ready. Raises StartFailedError."""
        await asyncio.gather(*(process.start() for process in self._processes))
        self._watching = [asyncio.create_task(supervise(process, self._told)) for process in self._processes]

    async def wait(self) -> None:
        """Not return: what dies is started again."""
        await asyncio.gather(*self._watching)

    async def stop(self) -> None:
        """Stop those that hand work over, then the others."""
        for task in self._watching:
            task.cancel()
        await asyncio.gather(*(process.stop() for process in self._processes if process.name in STOPS_FIRST))
        await asyncio.gather(*(process.stop() for process in self._processes))
