"""Palaver as `palaver up --processes` runs it, with replicas, and with a breakable link at every edge.

Clients reach gateways, services reach brokers, and workers reach the providers through a `FaultProxy` each. Each
gateway has its own edge, which leads to another gateway while it is gone, as a load balancer would.
"""

import asyncio
import os
import signal
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from types import MappingProxyType
from typing import Any

import httpx2

from faultlab.brokers import Brokers
from faultlab.processes import ServiceProcess
from faultlab.schedule import REPLICAS
from palaver.cli.provisioning import migrate_services, owner_of, provision_databases
from palaver.cli.services import STOPS_FIRST, LoadedService, load, package_of
from palaver.cli.settings import UpSettings
from palaver.cli.testing.stack import PASSWORD
from palaver.cli.up.home import Home
from palaver.cli.up.processes import Probe
from palaver.cli.up.secret_store import ADMIN, load_or_make
from palaver.cli.up.servers import Servers, broker_users
from palaver.cli.up.sign_in import SignIn
from palaver.cli.up.simulation import Simulation
from palaver.cli.up.wiring import Wiring, as_environment
from palaver.client import Palaver
from palaver.contracts.catalogue import SERVICES
from palaver.contracts.ids import new_id
from palaver.servicekit.embedded import LOOPBACK, free_port
from palaver.servicekit.testing.fault_proxy import FaultProxy

COPIES = {"gateway": REPLICAS, "session": REPLICAS, "model-router": REPLICAS}
PLENTY = 1_000_000
LIMITED = ("messages", "requests", "sign_ins", "refreshes", "registrations", "connects")
RATES = {f"{what}_per_minute": PLENTY for what in LIMITED}
SIMULATOR = "simulator"


class Product:
    """Everything that runs. `nodes`: nats-servers. `router`, `simulator`: settings of the workers and of the providers.

    `keyed` are further providers, which need a key, each played by the one that stands beside it. `copies`: how many
    processes of a service there are, where it is not the usual number.
    """

    def __init__(
        self,
        directory: Path,
        *,
        nodes: int = 1,
        router: Mapping[str, Any] = MappingProxyType({}),
        keyed: Mapping[str, str] = MappingProxyType({}),
        simulator: Mapping[str, str] = MappingProxyType({}),
        copies: Mapping[str, int] = MappingProxyType({}),
    ) -> None:
        self._copies = {**COPIES, **copies}
        self._router = router
        self._played = {f"PALAVER_SIMULATOR_{name}": value for name, value in simulator.items()}
        self._keyed = keyed
        self.home = Home(directory)
        self.home.prepare()
        self._secrets = load_or_make(self.home.secrets)
        self._servers = Servers(self.home, self._secrets, UpSettings(home=self.home.path))
        admin = self._secrets.nkey_seeds[ADMIN]
        self.brokers = Brokers(self.home.nats, broker_users(self._secrets), admin, nodes)
        self.admin_seed = admin
        self.processes: dict[str, list[ServiceProcess]] = {}
        self.edges: list[FaultProxy] = []
        self.broker_links: dict[str, list[FaultProxy]] = {}
        self._simulation = Simulation()
        self.provider_link = FaultProxy(self._simulation.port)
        self.control = httpx2.AsyncClient(base_url=self._simulation.url, trust_env=False)
        self._email = f"ada-{new_id()}@example.org"
        self._edge_ports: list[int] = []
        self._open = AsyncExitStack()

    # ---- life --------------------------------------------------------------------------------------------------------
    async def start(self) -> None:
        """Return when everything is ready. Raises what could not start; call `stop` in any case."""
        servers = (self._servers.postgres, self._servers.valkey, self.brokers)
        for server in servers:
            self._open.push_async_callback(server.stop)
        await asyncio.gather(*(server.start() for server in servers))
        await self.provider_link.start()
        self._open.push_async_callback(self.provider_link.stop)
        loaded = [load(service) for service in SERVICES]
        wiring = Wiring(UpSettings(home=self.home.path), self._secrets, self._servers, self._simulation, SignIn())
        await self._provide_databases(loaded, wiring)
        await self._prepare_processes(loaded, wiring)
        self._open.push_async_callback(self._stop_processes)
        await asyncio.gather(*(process.start() for process in self))
        async with Palaver(self.edge_url(0)) as person:
            await person.rest.register(self._email, PASSWORD, "Ada")

    async def stop(self) -> None:
        """Stop everything that was started."""
        await self.control.aclose()
        await self._open.aclose()

    async def heal(self) -> None:
        """Undo all faults: what is dead runs again, what is frozen goes on, every link is whole."""
        for link in (
            *self.edges,
            self.provider_link,
            *(link for links in self.broker_links.values() for link in links),
        ):
            link.heal()
        for process in self:
            process.thaw()
        await asyncio.gather(*(process.start() for process in self))
        await self.brokers.settled()

    def __iter__(self) -> Iterator[ServiceProcess]:
        return (process for replicas in self.processes.values() for process in replicas)

    # ---- ways in -----------------------------------------------------------------------------------------------------
    def edge_url(self, number: int) -> str:
        """A gateway as clients reach it."""
        return f"http://{LOOPBACK}:{self.edges[number % len(self.edges)].port}"

    @property
    def database_url(self) -> str:
        """The superuser's way into the database."""
        return self._servers.postgres.url().get_secret_value()

    async def sign_in(self, device: Palaver) -> None:
        """The one person of all runs, on another device."""
        await device.rest.log_in(self._email, PASSWORD)

    async def crash_postgres(self) -> None:
        """Every backend ends at once, as in a crash; what was committed is recovered at the next start."""
        os.kill(self._servers.postgres.pid, signal.SIGQUIT)
        await self._servers.postgres.wait()

    async def start_postgres(self) -> None:
        """After a crash."""
        await self._servers.postgres.start()

    async def kill_valkey(self) -> None:
        """SIGKILL."""
        os.kill(self._servers.valkey.pid, signal.SIGKILL)
        await self._servers.valkey.wait()

    async def start_valkey(self) -> None:
        """After its death."""
        await self._servers.valkey.start()

    # ---- building ----------------------------------------------------------------------------------------------------
    async def _provide_databases(self, loaded: list[LoadedService], wiring: Wiring) -> None:
        storing = [service for service in loaded if service.has_database]
        owners = [owner_of(service.name, self._secrets.database_passwords[service.name]) for service in storing]
        await provision_databases(self._servers.postgres.url(), owners)
        await migrate_services([(service, wiring.database_url(service.name)) for service in storing])

    async def _prepare_processes(self, loaded: list[LoadedService], wiring: Wiring) -> None:
        simulator = Probe(self._simulation.port, "/healthz")
        self._add(SIMULATOR, SIMULATOR, self._simulation.environment() | self._played, simulator)
        self._edge_ports = [free_port() for _ in range(self._copies["gateway"])]
        for service in loaded:
            for number in range(self._copies.get(service.name, 1)):
                name = f"{service.name}-{number}"
                values = {**wiring.values(service), **await self._own_values(service.name, name, wiring)}
                ready = Probe(values["health"]["port"], "/readyz")
                self._add(name, service.name, as_environment(service.name, values), ready)

    async def _own_values(self, service: str, name: str, wiring: Wiring) -> dict[str, Any]:
        """What differs between replicas."""
        values: dict[str, Any] = {
            "health": {"host": LOOPBACK, "port": free_port()},
            "nats": {"url": await self._link_to_brokers(name), "nkey_seed": self._secrets.nkey_seeds[service]},
        }
        if service == "gateway":
            port = self._edge_ports[len(self.edges)]
            values |= {"port": port, "rates": RATES, "web_directory": None}
            self.edges.append(await self._linked(port, [other for other in self._edge_ports if other != port]))
        elif service == "model-router":
            link = f"http://{LOOPBACK}:{self.provider_link.port}"
            bases: Mapping[str, str] = wiring.simulation.base_urls
            played = {name: url.replace(wiring.simulation.url, link) for name, url in bases.items()}
            own = {name: played[beside] for name, beside in self._keyed.items()}
            values |= {**self._router, "base_urls": {**played, **own}}
        elif service == "session":
            values["titles"] = False  # every call is judged as a turn's
        elif service == "context":
            values["summaries"] = False
        return values

    async def _link_to_brokers(self, name: str) -> str:
        links = [await self._linked(server.port) for server in self.brokers.servers]
        self.broker_links[name] = links
        return ",".join(f"nats://{LOOPBACK}:{link.port}" for link in links)

    async def _linked(self, port: int, others: Sequence[int] = ()) -> FaultProxy:
        link = FaultProxy(port, others)
        await link.start()
        self._open.push_async_callback(link.stop)
        return link

    def _add(self, name: str, service: str, environment: Mapping[str, str], ready: Probe) -> None:
        command = ["-m", f"palaver.{package_of(service)}"]
        process = ServiceProcess(
            name, service, command=command, environment=environment, ready=ready, logs=self.home.logs
        )
        self.processes.setdefault(service, []).append(process)

    async def _stop_processes(self) -> None:
        first = [process for process in self if process.service in STOPS_FIRST]
        await asyncio.gather(*(process.stop() for process in first))
        await asyncio.gather(*(process.stop() for process in self))
