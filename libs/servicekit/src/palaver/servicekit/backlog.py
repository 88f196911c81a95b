"""How much waits in the durables that a service pulls from: asked of the broker now and then, shown to Prometheus.

Whoever scales workers goes by it, and a full worker, which pulls nothing, must show it too.
"""

import asyncio
from collections.abc import Sequence

import nats.errors
from nats.js.errors import APIError

from palaver.contracts.streams import Durable
from palaver.servicekit.broker import Broker
from palaver.servicekit.metrics import ConsumerMetrics

ASK_SECONDS = 5.0
PATIENCE_SECONDS = 2.0


class Backlog:
    """Give its `run` to the service as a task."""

    def __init__(self, broker: Broker, durables: Sequence[Durable], metrics: ConsumerMetrics) -> None:
        self._broker = broker
        self._durables = durables
        self._metrics = metrics

    async def run(self) -> None:
        """Ask for ever, one durable after the other so that the broker is never asked for all at once."""
        pause = ASK_SECONDS / len(self._durables)
        while True:
            for durable in self._durables:
                await self._look(durable)
                await asyncio.sleep(pause)

    async def _look(self, durable: Durable) -> None:
        if not self._broker.up:
            return
        try:
            asked = self._broker.nc.jsm(timeout=PATIENCE_SECONDS).consumer_info(durable.stream.name, durable.name)
            self._metrics.show(durable.name, await asked)
        except (APIError, nats.errors.Error, TimeoutError, OSError):
            return  # whoever pulls from it says so
