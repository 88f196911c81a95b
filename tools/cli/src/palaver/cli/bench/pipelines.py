"""The same load without the product: the floor, the bare pipeline and the naive one, on a broker of their own."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from palaver.cli.bench.cast import acting
from palaver.cli.bench.load import Load
from palaver.cli.bench.measuring import measure
from palaver.cli.bench.parts import EdgePart, FloorPart, PipelineClientPart, WorkerPart
from palaver.cli.bench.provider import MODEL, Provider
from palaver.cli.bench.results import Measured
from palaver.servicekit.embedded import NatsServer, NatsUser, Nkey, free_port, new_nkey

EVERYTHING = (">",)
Kind = Literal["bare", "naive"]


@dataclass(frozen=True, slots=True)
class Pipelines:
    """Runs them, one at a time."""

    nats: NatsServer
    key: Nkey
    provider: Provider

    async def floor(self, load: Load) -> Measured:
        """The provider's streams, read and dropped."""
        await self.provider.play(load)
        async with acting("floor", FloorPart(self.provider.openai_url, MODEL, load)) as reader:
            return await measure("floor", load, [reader], reader, {"worker": reader.pid})

    async def through(self, kind: Kind, load: Load) -> Measured:
        """Worker → broker → edge → WebSockets."""
        await self.provider.play(load)
        seed = self.key.seed.get_secret_value()
        port = free_port()
        async with AsyncExitStack() as stack:
            edge = await stack.enter_async_context(acting(f"{kind}-edge", EdgePart(port, self.nats.url, seed)))
            client = await stack.enter_async_context(acting("pipeline-client", PipelineClientPart(port, load)))
            part = WorkerPart(self.provider.openai_url, MODEL, self.nats.url, seed, load)
            worker = await stack.enter_async_context(acting(f"{kind}-worker", part))
            pids = {"worker": worker.pid, "broker": self.nats.pid, "edge": edge.pid, "client": client.pid}
            return await measure(kind, load, [edge, client, worker], client, pids)


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
