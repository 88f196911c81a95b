"""All services and the simulator in this process; each service has its own connection, registry and health endpoint."""

import asyncio
from collections.abc import Sequence

from palaver.cli.errors import CommandError
from palaver.cli.services import STOPS_FIRST, LoadedService
from palaver.cli.up.wiring import Wiring
from palaver.servicekit.health import Health
from palaver.servicekit.kit import open_kit
from palaver.servicekit.service import run

POLL_SECONDS = 0.02


class ServicesInProcess:
    """Runs them in one task group: when one ends unasked, the others stop too, and its error is raised."""

    def __init__(self, services: Sequence[LoadedService], wiring: Wiring) -> None:
        self._services = services
        self._wiring = wiring
        self._stop = {service.name: asyncio.Event() for service in services}
        self._lives: dict[str, asyncio.Task[None]] = {}
        self._ready = {service.name: asyncio.Event() for service in services}
        self._simulator = wiring.simulation.server()
        self._running: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Return when all are ready. Raises CommandError naming those that cannot start."""
        await self._simulator.start()
        self._running = asyncio.create_task(self._run_all(), name="services")
        all_ready = asyncio.create_task(self._until_all_ready())
        await asyncio.wait({all_ready, self._running}, return_when=asyncio.FIRST_COMPLETED)
        if not all_ready.done():
            all_ready.cancel()
            await self.wait()

    async def wait(self) -> None:
        """Return when they have ended. Raises CommandError naming those that failed."""
        if self._running is None:
            return
        try:
            await asyncio.shield(self._running)
        except ExceptionGroup as failures:
            raise CommandError("; ".join(str(failure) for failure in failures.exceptions)) from failures

    async def stop(self) -> None:
        """Stop those that hand work over, then the others."""
        await self._stop_some([name for name in self._lives if name in STOPS_FIRST])
        await self._stop_some(list(self._lives))
        if self._running is not None:
            await asyncio.wait({self._running})
        await self._simulator.stop()

    async def _stop_some(self, names: Sequence[str]) -> None:
        for name in names:
            self._stop[name].set()
        if names:
            await asyncio.wait([self._lives[name] for name in names])

    async def _run_all(self) -> None:
        async with asyncio.TaskGroup() as group:
            for service in self._services:
                self._lives[service.name] = group.create_task(self._run(service), name=service.name)

    async def _run(self, service: LoadedService) -> None:
        try:
            settings = service.settings(**self._wiring.values(service))
            # All of them share one process; one of them shows its figures.
            async with open_kit(settings, process_metrics=service is self._services[0]) as kit:
                built = service.built(settings, kit)
                watching = asyncio.create_task(self._note_ready(service.name, kit.health))
                try:
                    await run(built, kit, self._stop[service.name])
                finally:
                    watching.cancel()
        except Exception as error:
            # Besides being cancelled by the group: who is just starting may miss that, but not this.
            for stop in self._stop.values():
                stop.set()
            raise CommandError(f"{service.name} failed: {type(error).__name__}: {error}") from error

    async def _until_all_ready(self) -> None:
        for event in self._ready.values():
            await event.wait()

    async def _note_ready(self, name: str, health: Health) -> None:
        while not health.ready:  # noqa: ASYNC110 - health is a fact to look at, for HTTP as well
            await asyncio.sleep(POLL_SECONDS)
        self._ready[name].set()
