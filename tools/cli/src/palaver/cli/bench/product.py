"""The product as scenarios use it: rooms, clients with a part, and what they saw."""

import asyncio
import os
import signal
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeVar

from palaver.cli.bench.cast import acting
from palaver.cli.bench.instance import Instance
from palaver.cli.bench.load import Load
from palaver.cli.bench.measuring import measure
from palaver.cli.bench.provider import MODEL, Provider
from palaver.cli.bench.results import Measured
from palaver.cli.bench.roles.parts import ClientPart, Heard, Reader
from palaver.client import Palaver
from palaver.contracts.failures import Failure
from palaver.contracts.ids import new_id
from palaver.contracts.session import NewParticipant

ON_THE_WAY = {"model-router": "worker", "nats-server": "broker", "gateway": "edge"}
LOAD_QUESTION = "load"
"""What questions of the load contain; a scenario that asks other things beside it gives them another word."""
MAX_CREATING = 8
POLL_SECONDS = 0.02
PAUSES_SECONDS = (1.0, 2.0, 4.0, 8.0)
T = TypeVar("T")


class Product:
    """A running instance with one signed-in person. Each scenario uses rooms of its own."""

    def __init__(self, instance: Instance, palaver: Palaver, provider: Provider, password: str) -> None:
        self.instance = instance
        self.password = password
        self.palaver = palaver
        self.pids: Mapping[str, int] = {ON_THE_WAY.get(name, name): pid for name, pid in instance.pids.items()}
        self._provider = provider

    @classmethod
    async def of(cls, instance: Instance, palaver: Palaver, provider: Provider) -> "Product":
        """Register somebody."""
        password = new_id()
        await palaver.rest.register(f"bench-{new_id()}@example.org", password, "Bench")
        return cls(instance, palaver, provider, password)

    @property
    def url(self) -> str:
        """The public edge."""
        return self.instance.url

    async def token(self) -> str:
        """An access token for roles."""
        return await self.palaver.rest.access_token()

    async def kill_gateway(self) -> float:
        """SIGKILL; returns how many seconds later the one that is started in its place was ready."""
        begin = time.monotonic()
        killed = self.pids["edge"]
        os.kill(killed, signal.SIGKILL)
        while True:
            pid = self.instance.pid_of("gateway")
            if pid is not None and pid != killed and await self.instance.is_ready():
                self.pids = {**self.pids, "edge": pid}
                return time.monotonic() - begin
            await asyncio.sleep(POLL_SECONDS)

    async def rooms(self, count: int, models: int) -> tuple[str, ...]:
        """New rooms of so many models each."""
        seats = tuple(NewParticipant(model=MODEL, name=f"Model {number + 1}") for number in range(models))
        mode = "single" if models == 1 else "parallel"
        turn = asyncio.Semaphore(MAX_CREATING)

        async def make() -> str:
            async with turn:
                return str((await _patiently(lambda: self.palaver.rest.create_session(seats, mode=mode))).id)

        return tuple(await asyncio.gather(*(make() for _ in range(count))))

    async def streams(self, name: str, load: Load) -> Measured:
        """A room with one model for each stream, and one reader each."""
        readers = [Reader(room) for room in await self.rooms(load.streams, 1)]
        measured, _ = await self.measured(name, load, readers)
        return measured

    async def measured(
        self,
        name: str,
        load: Load,
        readers: Sequence[Reader],
        *,
        seats: int = 1,
        scripted: Callable[[], Awaitable[None]] | None = None,
        meanwhile: Callable[[], Awaitable[None]] | None = None,
        **options: Any,
    ) -> tuple[Measured, Heard]:
        """Let these readers hold their conversations. `options` are of `ClientPart`.

        `scripted` tells the provider what to say, if it is not just this load; `meanwhile`: see `measure`.
        """
        await (self._provider.play(load, about=LOAD_QUESTION) if scripted is None else scripted())
        part = ClientPart(self.url, await self.token(), tuple(readers), seats, load, LOAD_QUESTION, **options)
        async with acting("client", part) as client:
            pids = {**self.pids, "client": client.pid}
            return await measure(name, load, [client], client, pids, meanwhile=meanwhile)


async def _patiently(ask: Callable[[], Awaitable[T]]) -> T:
    """What a client does when it is told to try again shortly. Raises Failure after some such answers."""
    for pause in PAUSES_SECONDS:
        try:
            return await ask()
        except Failure as failure:
            if not failure.body.retryable:
                raise
        await asyncio.sleep(pause)
    return await ask()
