"""The simulated model providers of this instance: who may talk to them, and where they listen."""

from dataclasses import dataclass, field

from palaver.servicekit.embedded import LOOPBACK, free_port
from palaver.simulator.server import SimulatorServer
from palaver.simulator.settings import SimulatorSettings


@dataclass(frozen=True, slots=True)
class Simulation:
    """Facts about the simulator; `server` runs it in this process."""

    port: int = field(default_factory=free_port)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def base_urls(self) -> dict[str, str]:
        """The base URL of each provider that is played."""
        return {
            "sim-openai": f"{self.url}/openai/v1",
            "sim-responses": f"{self.url}/openai/v1",
            "sim-anthropic": f"{self.url}/anthropic",
            "sim-gemini": f"{self.url}/gemini/v1beta",
        }

    def server(self) -> SimulatorServer:
        """The simulator, not started, for the event loop of the caller."""
        return SimulatorServer(SimulatorSettings(host=LOOPBACK, port=self.port))

    def environment(self) -> dict[str, str]:
        """The same for a process of its own."""
        return {"PALAVER_SIMULATOR_HOST": LOOPBACK, "PALAVER_SIMULATOR_PORT": str(self.port)}
