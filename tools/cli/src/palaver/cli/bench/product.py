"""The scenarios of the product."""

import asyncio
import time
from collections.abc import Sequence

from palaver.cli.bench import meter
from palaver.cli.bench.cast import acting
from palaver.cli.bench.instance import Instance
from palaver.cli.bench.ledger import percentile
from palaver.cli.bench.load import Load
from palaver.cli.bench.measuring import HEAD_START_SECONDS, measure
from palaver.cli.bench.parts import ClientPart, Reader, StopSent
from palaver.cli.bench.provider import MODEL, Provider
from palaver.cli.bench.results import Idle, Measured, Stops
from palaver.client import Palaver
from palaver.contracts.ids import new_id
from palaver.contracts.session import NewParticipant

ON_THE_WAY = {"model-router": "worker", "nats-server": "broker", "gateway": "edge"}
STOP_AFTER_SECONDS = 1.0
CLOSED_WAIT_SECONDS = 1.0
SETTLED_SECONDS = 1.0
PATIENCE_SECONDS = 90.0


class Product:
    """A running instance with one signed-in person. Each scenario uses rooms of its own."""

    def __init__(self, instance: Instance, palaver: Palaver, provider: Provider) -> None:
        self._instance = instance
        self._palaver = palaver
        self._provider = provider
        self._pids = {ON_THE_WAY.get(name, name): pid for name, pid in instance.pids.items()}

    @classmethod
    async def of(cls, instance: Instance, palaver: Palaver, provider: Provider) -> "Product":
        """Register somebody."""
        await palaver.rest.register(f"bench-{new_id()}@example.org", new_id(), "Bench")
        return cls(instance, palaver, provider)

    async def streams(self, name: str, load: Load) -> Measured:
        """A room with one model for each stream, and one reader each."""
        readers = [Reader(room) for room in await self._rooms(load.streams, 1)]
        return await self._measured(name, load, readers, 1)

    async def room(self, name: str, load: Load, *, models: int, watchers: int) -> Measured:
        """One room with several models that is watched by many. A token counts once for each who received it."""
        (room,) = await self._rooms(1, models)
        readers = [Reader(room, asks=number == 0) for number in range(watchers)]
        return await self._measured(name, load, readers, models)

    async def stops(self, count: int) -> Stops:
        """Stop each of some running answers, one after the other."""
        load = Load(count, 2_000, 50.0, ramp_seconds=max(1.0, count / 20))
        readers = tuple(Reader(room) for room in await self._rooms(count, 1))
        await self._provider.play(load)
        part = await self._part(readers, 1, load, stop_after_seconds=STOP_AFTER_SECONDS)
        async with acting("client", part) as client:
            await client.begin(time.monotonic() + HEAD_START_SECONDS)
            sent = await client.result(list[StopSent], patience_seconds=PATIENCE_SECONDS)
        await asyncio.sleep(CLOSED_WAIT_SECONDS)
        closed = await self._provider.hung_up()
        took = sorted((at - stop.at) * 1_000 for stop in sent for words, at in closed if stop.session_id in words)
        return Stops(len(took), count - len(took), percentile(took, 0.5), percentile(took, 0.99))

    async def idle(self, connections: int) -> Idle:
        """Attach many, and see what the gateway's memory says."""
        rooms = await self._rooms(min(connections, 50), 1)
        readers = tuple(Reader(rooms[number % len(rooms)], asks=False) for number in range(connections))
        gateway = self._pids["edge"]
        before = meter.resident_bytes(gateway)
        async with acting("client", await self._part(readers, 1, Load(1, 1, 1.0), idle=True)) as client:
            await client.begin(time.monotonic())
            await asyncio.sleep(SETTLED_SECONDS)
            held = meter.resident_bytes(gateway) - before
        return Idle(connections, held / connections)

    async def _measured(self, name: str, load: Load, readers: Sequence[Reader], seats: int) -> Measured:
        await self._provider.play(load)
        async with acting("client", await self._part(tuple(readers), seats, load)) as client:
            return await measure(name, load, [client], client, {**self._pids, "client": client.pid})

    async def _part(
        self,
        readers: tuple[Reader, ...],
        seats: int,
        load: Load,
        *,
        stop_after_seconds: float | None = None,
        idle: bool = False,
    ) -> ClientPart:
        token = await self._palaver.rest.access_token()
        return ClientPart(self._instance.url, token, readers, seats, load, stop_after_seconds, idle)

    async def _rooms(self, count: int, models: int) -> list[str]:
        seats = tuple(NewParticipant(model=MODEL, name=f"Model {number + 1}") for number in range(models))
        mode = "single" if models == 1 else "parallel"
        return [str((await self._palaver.rest.create_session(seats, mode=mode)).id) for _ in range(count)]
