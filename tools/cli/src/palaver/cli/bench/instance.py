"""The product under measurement: `palaver up --processes` as anybody runs it, in a home of its own."""

import json
import sys
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from palaver.cli.settings import inherited_environment
from palaver.cli.up.home import Home
from palaver.cli.up.processes import Probe
from palaver.cli.up.running import Running, read_running
from palaver.contracts.catalogue import SERVICES
from palaver.servicekit.embedded import LOOPBACK, free_port
from palaver.servicekit.embedded.child import Child

MANY = 100_000
# Limits that protect people from each other would end a run in which one person is everybody.
LIMITS: Mapping[str, object] = {
    "PALAVER_GATEWAY_RATES": {
        "messages_per_minute": MANY,
        "requests_per_minute": MANY,
        "connects_per_minute": MANY,
    },
    "PALAVER_GATEWAY_REALTIME": {
        "max_connections_per_user": MANY,
        "max_connections": MANY,
        "max_connections_in_all": MANY,
    },
    "PALAVER_SESSION_MAX_ISSUED_TURNS_PER_PAYER": 2_000,
    "PALAVER_MODEL_ROUTER_LIMITS": {"max_turns": 1_000, "max_held": 4_000, "max_answer_characters": 1024**2},
}


@dataclass(frozen=True, slots=True)
class Instance:
    """A running product. `pids` are by role: services, simulator and the three servers."""

    running: Running
    pids: Mapping[str, int]
    home: Home

    @property
    def url(self) -> str:
        """The public edge."""
        return self.running.url

    @property
    def simulator_url(self) -> str:
        """The simulated providers."""
        return str(self.running.simulator_url)

    @property
    def nats_url(self) -> str:
        """The broker."""
        return f"nats://{LOOPBACK}:{self.running.servers['nats-server']['port']}"

    def pid_of(self, process: str) -> int | None:
        """Of a service or the simulator as it runs now; None while none was started in its place."""
        return _pid(self.home, process)

    async def is_ready(self) -> bool:
        """Whether the public edge says so."""
        return await Probe(int(self.url.rpartition(":")[2]), "/readyz")()


@asynccontextmanager
async def started(directory: Path) -> AsyncGenerator[Instance]:
    """Bring it up, and down again with the block. Raises StartFailedError."""
    home = Home(directory)
    child = Child("palaver-up", directory.parent / "launcher")

    async def is_ready() -> bool:
        running = read_running(home.running)
        return running is not None and await Probe(int(running.url.rpartition(":")[2]), "/readyz")()

    environment = {
        **inherited_environment(),
        **{name: json.dumps(value) for name, value in LIMITS.items()},
        "PALAVER_HOME": str(home.path),
        "PALAVER_PORT": str(free_port()),
        "PALAVER_SESSION_TITLES": "false",  # every call is counted
        "PALAVER_CONTEXT_SUMMARIES": "false",
    }
    child.spawn([sys.executable, "-m", "palaver.cli", "up", "--processes"], environment=environment)
    try:
        await child.until_ready(is_ready)
        running = read_running(home.running)
        if running is None:
            raise FileNotFoundError(home.running)
        yield Instance(running, _pids(home, running), home)
    finally:
        await child.stop()


def _pids(home: Home, running: Running) -> dict[str, int]:
    servers = {name: int(facts["pid"]) for name, facts in running.servers.items()}
    processes = {name: pid for name in ("simulator", *SERVICES) if (pid := _pid(home, name)) is not None}
    return processes | servers


def _pid(home: Home, process: str) -> int | None:
    try:
        return int((home.logs / f"{process}.pid").read_text())
    except (FileNotFoundError, ValueError):  # it is being written
        return None
