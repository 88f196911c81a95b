"""The same load without the product: the floor, the bare pipeline and the naive ones, on a broker of their own."""

import sys
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from palaver.cli.bench.cast import acting
from palaver.cli.bench.load import Load
from palaver.cli.bench.measuring import measure
from palaver.cli.bench.provider import MODEL, Provider
from palaver.cli.bench.results import Measured
from palaver.cli.bench.roles.parts import EdgePart, FloorPart, PipelineClientPart, WorkerPart
from palaver.servicekit.embedded import NatsServer, NatsUser, Nkey, free_port, new_nkey

EVERYTHING = (">",)


@dataclass(frozen=True, slots=True)
class Pipelines:
    """Runs them, one at a time."""

    nats: NatsServer
    key: Nkey
    provider: Provider

    async def floor(self, load: Load, *, name: str = "floor") -> Measured:
        """The provider's streams, read and dropped."""
        await self.provider.play(load)
        async with acting("floor", FloorPart(self.provider.openai_url, MODEL, load)) as reader:
            measured, _ = await measure(name, load, [reader], reader, {"worker": reader.pid})
            return measured

    async def through(
        self,
        kind: str,
        load: Load,
        *,
        name: str | None = None,
        window_seconds: float = 0.0,
        python: Path | None = None,
    ) -> Measured:
        """Worker → broker → edge → WebSockets: the roles `<kind>-worker` and `<kind>-edge`, run by this `python`."""
        await self.provider.play(load)
        seed = self.key.seed.get_secret_value()
        port = free_port()
        by = sys.executable if python is None else str(python)
        async with AsyncExitStack() as stack:
            edge = await stack.enter_async_context(
                acting(f"{kind}-edge", EdgePart(port, self.nats.url, seed), python=by)
            )
            client = await stack.enter_async_context(acting("pipeline-client", PipelineClientPart(port, load)))
            part = WorkerPart(self.provider.openai_url, MODEL, self.nats.url, seed, load, window_seconds)
            worker = await stack.enter_async_context(acting(f"{kind}-worker", part, python=by))
            pids = {"worker": worker.pid, "broker": self.nats.pid, "edge": edge.pid, "client": client.pid}
            measured, _ = await measure(name or kind, load, [edge, client, worker], client, pids)
            return measured


@asynccontextmanager
async def pipelines(directory: Path, provider: Provider) -> AsyncGenerator[Pipelines]:
    """With a broker that ends with the block."""
    key = new_nkey()
    nats = NatsServer(directory, [NatsUser("bench", key.public, EVERYTHING, EVERYTHING)])
    await nats.start()
    try:
        yield Pipelines(nats, key, provider)
    finally:
        await nats.stop()
