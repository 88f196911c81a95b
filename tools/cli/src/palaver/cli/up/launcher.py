"""Everything on one machine, in order: home, servers, tables and streams, simulator, services; and down again."""

import asyncio
import os
import signal
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Protocol

import structlog

from palaver.cli.errors import CommandError
from palaver.cli.provisioning import declare_streams, migrate_services, owner_of, provision_databases
from palaver.cli.services import LoadedService, load
from palaver.cli.settings import UpSettings
from palaver.cli.up.home import Home
from palaver.cli.up.in_process import ServicesInProcess
from palaver.cli.up.processes import ServicesInProcesses
from palaver.cli.up.running import Running, write_running
from palaver.cli.up.secret_store import ADMIN, load_or_make
from palaver.cli.up.servers import Servers
from palaver.cli.up.sign_in import SignIn
from palaver.cli.up.simulation import Simulation
from palaver.cli.up.targets import write_targets
from palaver.cli.up.terminal import Terminal
from palaver.cli.up.wiring import Wiring
from palaver.contracts.catalogue import SERVICES
from palaver.servicekit.collector import forget_what_is_built
from palaver.servicekit.embedded import Death, PortTakenError, require_free
from palaver.servicekit.settings import BrokerSettings

STOP_SECONDS = 9.5  # ten are promised
FORCED = 130
ECHO_SECONDS = 0.5
"""`timeout` and some terminals signal a process and its group: one request arrives twice."""

_log = structlog.get_logger()


class Services(Protocol):
    """The services, however they are run."""

    async def start(self) -> None:
        """Return when all are ready."""
        ...

    async def wait(self) -> None:
        """Return or raise when they end unasked."""
        ...

    async def stop(self) -> None:
        """Stop all."""
        ...


@dataclass(frozen=True, slots=True)
class Launcher:
    """Brings one instance up and keeps it up."""

    settings: UpSettings
    home: Home
    terminal: Terminal
    processes: bool = False

    async def run(self) -> None:
        """Run until Ctrl-C or SIGTERM. Raises CommandError or EmbeddedServerError when something cannot start."""
        asked = asyncio.Event()
        life = asyncio.ensure_future(self._live())
        self._on_signals(asked, life)
        try:
            await life
        except asyncio.CancelledError:
            if not asked.is_set():
                raise
        self.terminal.say("Palaver has stopped.")

    def _on_signals(self, asked: asyncio.Event, life: "asyncio.Future[None]") -> None:
        loop = asyncio.get_running_loop()

        first_asked = 0.0

        def stop() -> None:
            nonlocal first_asked
            if asked.is_set():
                if loop.time() - first_asked > ECHO_SECONDS:
                    os._exit(FORCED)  # asked twice; the kernel ends the children
                return
            asked.set()
            first_asked = loop.time()
            self.terminal.say("Stopping …")
            signal.setitimer(signal.ITIMER_REAL, STOP_SECONDS)  # then the kernel ends us, even if nothing runs here
            life.cancel()

        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop)

    async def _live(self) -> None:
        """Each thing that was started is stopped in the reverse order, wherever this ends."""
        self._require_edge()
        secrets = load_or_make(self.home.secrets)
        async with AsyncExitStack() as stack:
            # Importing the services takes longer than starting servers, so both happen at once.
            loading = asyncio.create_task(asyncio.to_thread(_load_all))
            servers = Servers(self.home, secrets, self.settings)
            stack.push_async_callback(servers.stop)
            await servers.start(self.terminal)
            for watch in servers.watch(self._say_death):
                stack.callback(watch.cancel)
            loaded = await loading
            simulation, sign_in = Simulation(), SignIn()
            wiring = Wiring(self.settings, secrets, servers, simulation, sign_in)
            await self._provision(loaded, wiring)
            services = self._services(loaded, wiring)
            with self.terminal.step(f"{len(loaded)} services are ready"):
                stack.push_async_callback(services.stop)
                await services.start()
            forget_what_is_built()
            sign_in.leave_for_command_line(self.home.command_line_code)
            write_running(self.home.running, self._facts(wiring))
            stack.callback(self.home.running.unlink, missing_ok=True)
            write_targets(self.home.targets, wiring.health_ports)
            stack.callback(self.home.targets.unlink, missing_ok=True)
            self._say_ready(sign_in)
            await services.wait()
            raise CommandError(f"The services ended by themselves; see {self.home.logs}.")

    def _require_edge(self) -> None:
        try:
            require_free(self.settings.port, "Palaver")
        except PortTakenError as error:
            raise CommandError(f"{error} Choose another one with PALAVER_PORT.") from None

    async def _provision(self, loaded: Sequence[LoadedService], wiring: Wiring) -> None:
        storing = [service for service in loaded if service.has_database]

        async def databases() -> None:
            passwords = wiring.secrets.database_passwords
            owners = [owner_of(service.name, passwords[service.name]) for service in storing]
            await provision_databases(wiring.servers.postgres.url(), owners)
            await migrate_services([(service, wiring.database_url(service.name)) for service in storing])

        admin = BrokerSettings(url=wiring.servers.nats.url, nkey_seed=wiring.secrets.nkey_seeds[ADMIN])
        with self.terminal.step("Tables and streams are current"):
            await asyncio.gather(databases(), declare_streams(admin))

    def _services(self, loaded: Sequence[LoadedService], wiring: Wiring) -> Services:
        if self.processes:
            return ServicesInProcesses(loaded, wiring, self.home, self._say_death)
        return ServicesInProcess(loaded, wiring)

    def _facts(self, wiring: Wiring) -> Running:
        return Running(
            pid=os.getpid(),
            url=self.settings.url,
            health_ports=dict(wiring.health_ports),
            servers=wiring.servers.facts(),
            simulator_url=wiring.simulation.url,
        )

    def _say_ready(self, sign_in: SignIn) -> None:
        self.terminal.say(f"Palaver is ready: {self.settings.url}")
        self.terminal.say(f"Sign in as the owner, once, with this link: {sign_in.link_to(self.settings.url)}")

    def _say_death(self, death: Death) -> None:
        why = death.reason or f"exit status {death.exit_code}"
        self.terminal.say(f"{death.name} ended ({why}); it is started again in {death.delay_seconds:.1f} s.")
        _log.error("process_died", process=death.name, exit_code=death.exit_code, reason=death.reason)


def _load_all() -> list[LoadedService]:
    return [load(service) for service in SERVICES]
