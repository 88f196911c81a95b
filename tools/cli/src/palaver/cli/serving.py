"""`palaver serve`: one service in this process, against external servers."""

import asyncio
import signal

from palaver.cli.services import load
from palaver.cli.settings import read
from palaver.servicekit.main import serve
from palaver.simulator.server import SimulatorServer
from palaver.simulator.settings import SimulatorSettings

SIMULATOR = "simulator"


def serve_one(name: str) -> int:
    """Run until SIGTERM or SIGINT; returns the exit status. Raises CommandError for an unknown name."""
    if name == SIMULATOR:
        asyncio.run(_simulate())
        return 0
    service = load(name)
    return serve(service.build, service.settings)


async def _simulate() -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with SimulatorServer(read(SimulatorSettings)):
        await stop.wait()
