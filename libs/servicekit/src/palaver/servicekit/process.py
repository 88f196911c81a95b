"""What is the process's own, whichever services run in it: the event loop's lateness and the network's bytes."""

import asyncio
from collections.abc import Iterable
from pathlib import Path

from prometheus_client import CollectorRegistry, Histogram

from palaver.servicekit.figures import Figures, Sample
from palaver.servicekit.metrics import NETWORK_RECEIVED, NETWORK_SENT, PROCESS_FIGURES

BEAT_SECONDS = 0.25
NETWORK = Path("/proc/self/net/netstat")
"""Of the process's network namespace: the container's, where there is one."""


async def watch_loop(lag: Histogram) -> None:
    """Observe for ever how late the event loop is."""
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + BEAT_SECONDS
        await asyncio.sleep(BEAT_SECONDS)
        lag.observe(max(0.0, loop.time() - due))


def show_network(registry: CollectorRegistry) -> None:
    """Register the network's figures; where the system does not tell them they have no values."""
    figures = Figures(registry, PROCESS_FIGURES)
    figures.read(NETWORK_RECEIVED, lambda: _octets("InOctets"))
    figures.read(NETWORK_SENT, lambda: _octets("OutOctets"))


def _octets(column: str) -> Iterable[Sample]:
    try:
        lines = [line.split() for line in NETWORK.read_text(encoding="ascii").splitlines()]
    except OSError:
        return ()
    tables = ((names, values) for names, values in zip(lines[::2], lines[1::2], strict=False) if names[0] == "IpExt:")
    return [Sample(float(values[names.index(column)])) for names, values in tables if column in names]
