"""A whole Palaver in one event loop: real servers, real permissions, the simulator, and as many replicas as wanted.

It is wired by the same code as `palaver up`; what differs is that a test may stop and start each part.
"""

import asyncio
from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from palaver.cli.provisioning import declare_streams, migrate_services, owner_of, provision_databases
from palaver.cli.services import STOPS_FIRST, LoadedService, load
from palaver.cli.settings import UpSettings
from palaver.cli.up.home import Home
from palaver.cli.up.secret_store import ADMIN, Secrets, load_or_make
from palaver.cli.up.servers import Servers
from palaver.cli.up.sign_in import SignIn
from palaver.cli.up.simulation import Simulation
from palaver.cli.up.terminal import Terminal
from palaver.cli.up.wiring import Values, Wiring
from palaver.client import Palaver
from palaver.contracts.catalogue import SERVICES
from palaver.contracts.ids import new_id
from palaver.contracts.operations import Dependency
from palaver.servicekit.embedded import LOOPBACK, free_port
from palaver.servicekit.kit import open_kit
from palaver.servicekit.service import Kit, run
from palaver.servicekit.settings import BrokerSettings
from palaver.simulator.server import SimulatorServer
from palaver.simulator.settings import SimulatorSettings

GATEWAY = "gateway"
READY_SECONDS = 60.0
QUIET: Mapping[str, Values] = {"session": {"titles": False}}
"""What is off unless a test wants it: whoever counts calls to providers did not ask for titles."""
PASSWORD = "a long enough password"  # noqa: S105 - an account that lives as long as one test


@dataclass(slots=True)
class Replica:
    """One running copy of a service."""

    service: LoadedService
    kit: Kit
    life: asyncio.Task[None]
    stop: asyncio.Event

    def figure(self, metric: str, **labels: str) -> float:
        """A number that it shows to Prometheus; 0 before it first counted."""
        return self.kit.metrics.get_sample_value(metric, labels) or 0.0

    async def leave(self) -> None:
        """Stop in order, as on SIGTERM."""
        self.stop.set()
        await self.life

    async def vanish(self) -> None:
        """Go without a good-bye, as with a pulled plug: nothing is handed over."""
        await self.kit.broker.nc.close()
        self.life.cancel()
        await asyncio.gather(self.life, return_exceptions=True)


@dataclass(slots=True)
class Stack:
    """Start it, use `url`, break `servers` and `replicas`, stop it."""

    home: Home
    copies: Mapping[str, int] = field(default_factory=dict[str, int])
    overrides: Mapping[str, Values] = field(default_factory=dict[str, Values])
    speed: float = 20.0
    replicas: dict[str, list[Replica]] = field(default_factory=dict[str, list[Replica]])
    _open: AsyncExitStack = field(default_factory=AsyncExitStack)
    secrets: Secrets = field(init=False)
    servers: Servers = field(init=False)
    simulator: SimulatorServer = field(init=False)
    sign_in: SignIn = field(default_factory=SignIn)
    wiring: Wiring = field(init=False)
    urls: list[str] = field(default_factory=list[str])
    """The edges of all gateways, in the order in which they were started."""

    @property
    def url(self) -> str:
        """The first gateway's edge."""
        return self.wiring.settings.url

    async def start(self) -> None:
        """Return when every replica is ready."""
        self.home.prepare()
        self.secrets = load_or_make(self.home.secrets)
        settings = UpSettings(home=self.home.path, port=free_port())
        self.servers = Servers(self.home, self.secrets, settings)
        self._open.push_async_callback(self.servers.stop)
        await self.servers.start(Terminal())
        simulation = Simulation()
        self.simulator = SimulatorServer(SimulatorSettings(host=LOOPBACK, port=simulation.port, speed=self.speed))
        await self.simulator.start()
        self._open.push_async_callback(self.simulator.stop)
        self.wiring = Wiring(settings, self.secrets, self.servers, simulation, self.sign_in)
        loaded = [load(service) for service in SERVICES]
        await self._provision(loaded)
        for service in loaded:
            for _ in range(self.copies.get(service.name, 1)):
                await self.add(service.name)

    async def stop(self) -> None:
        """Stop the replicas, then the servers."""
        await self.leave()
        await self._open.aclose()

    async def leave(self) -> None:
        """Stop the replicas, those that hand work over first; the servers go on."""
        await self._leave(name for name in self.replicas if name in STOPS_FIRST)
        await self._leave(self.replicas)

    async def _leave(self, names: Iterable[str]) -> None:
        copies = [replica for name in names for replica in self.replicas[name]]
        await asyncio.gather(*(replica.leave() for replica in copies if not replica.life.done()))

    async def add(self, name: str, **changes: Any) -> Replica:
        """Start one more replica of a service; `changes` are settings. A second gateway takes a port of its own."""
        service = load(name)
        if name == GATEWAY:
            port = changes.setdefault("port", free_port() if self.urls else self.wiring.settings.port)
            self.urls.append(f"http://{LOOPBACK}:{port}")
        values: Values = {
            **self.wiring.values(service),
            "health": {"enabled": False},
            **QUIET.get(name, {}),
            **self.overrides.get(name, {}),
            **changes,
        }
        settings = service.settings(**values)
        stop, opened = asyncio.Event(), asyncio.get_running_loop().create_future()

        async def live() -> None:
            async with open_kit(settings, process_metrics=False) as kit:
                built = service.built(settings, kit)
                opened.set_result(kit)
                await run(built, kit, stop)

        life = asyncio.create_task(live(), name=f"{name}-replica")
        await asyncio.wait({life, opened}, timeout=READY_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        if life.done():
            life.result()
        replica = Replica(service, await opened, life, stop)
        self.replicas.setdefault(name, []).append(replica)
        async with asyncio.timeout(READY_SECONDS):
            while not replica.kit.health.ready and not life.done():  # noqa: ASYNC110 - health is a plain fact
                await asyncio.sleep(0.01)
        if life.done():
            life.result()
        return replica

    @asynccontextmanager
    async def outage(self, dependency: Dependency, seconds: float) -> AsyncGenerator[None]:
        """Stop one server before the block; start it again, on its port and with its data, `seconds` later."""
        server = {"nats": self.servers.nats, "postgres": self.servers.postgres, "redis": self.servers.valkey}[
            dependency
        ]
        await server.stop()
        over = asyncio.create_task(asyncio.sleep(seconds))
        try:
            yield
            await over
        finally:
            over.cancel()
            await server.start()

    async def person(self, nickname: str = "Ada", *, url: str | None = None) -> Palaver:
        """Somebody new, registered and signed in. Close it at the end."""
        palaver = Palaver(url or self.url)
        await palaver.rest.register(f"{nickname.lower()}-{new_id()}@example.org", PASSWORD, nickname)
        return palaver

    async def same_person(self, palaver: Palaver, *, url: str | None = None) -> Palaver:
        """The same person once more, signed in from another device. Close it at the end."""
        again = Palaver(url or self.url)
        await again.rest.log_in(palaver.rest.signed_in.user.email, PASSWORD)
        return again

    async def _provision(self, loaded: list[LoadedService]) -> None:
        storing = [service for service in loaded if service.has_database]
        owners = [owner_of(service.name, self.secrets.database_passwords[service.name]) for service in storing]
        await provision_databases(self.servers.postgres.url(), owners)
        await migrate_services([(service, self.wiring.database_url(service.name)) for service in storing])
        admin = BrokerSettings(url=self.servers.nats.url, nkey_seed=self.secrets.nkey_seeds[ADMIN])
        await declare_streams(admin)


def stack_in(directory: Path, **wishes: Any) -> Stack:
    """A stack with its data in `directory`, not started."""
    return Stack(Home(directory), **wishes)
