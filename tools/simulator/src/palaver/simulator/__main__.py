"""`python -m palaver.simulator`: the simulated providers as a server of their own, until Ctrl-C or SIGTERM."""

import asyncio
import signal
import sys

from palaver.simulator.server import SimulatorServer
from palaver.simulator.settings import SimulatorSettings


async def _run() -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with SimulatorServer(SimulatorSettings()) as server:
        sys.stdout.write(f"simulated providers: {server.openai_url} and {server.anthropic_url}\n")
        sys.stdout.flush()
        await stop.wait()


if __name__ == "__main__":
    asyncio.run(_run())
