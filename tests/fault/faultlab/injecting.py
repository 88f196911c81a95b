"""Carries out one fault of a schedule on the running product, and undoes it when its time is over."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from faultlab.deafness import ask_and_read_nothing
from faultlab.echoing import echo
from faultlab.journal import Broken
from faultlab.processes import ServiceProcess
from faultlab.product import Product
from faultlab.schedule import PROCESSES, Fault
from palaver.servicekit.testing.fault_proxy import FaultProxy

NARROW_BYTES_PER_SECOND = 2_000.0
LATE_SECONDS = 0.15

Broke = Callable[[str], None]
"""Called with a name the moment something breaks."""
Injection = Callable[[Fault, Broke], Awaitable[None]]

SERVICE_OF: Mapping[str, str] = {
    "gateway": "gateway",
    "worker": "model-router",
    "session": "session",
    "context": "context",
    "analytics": "analytics",
    "keyvault": "keyvault",
    "identity": "identity",
}


_ALONE: Mapping[str, str] = {
    "kill_nats": "nats",
    "kill_leader": "leader",
    "fill_broker": "nats",
    "crash_postgres": "postgres",
    "kill_valkey": "valkey",
}
"""Of faults to the same of these, one at a time."""


class Injector:
    """Breaks one product while people talk in `rooms`. Two faults never fight over one process: the second waits."""

    def __init__(self, product: Product) -> None:
        self.rooms: Sequence[str] = ()
        self._product = product
        self._in_hand: dict[Any, asyncio.Lock] = {}

    async def inject(self, fault: Fault) -> Broken:
        """Break it, wait, undo it. Returns what was broken from when to when."""
        action, _, part = fault.kind.partition("_")
        began: list[tuple[float, str]] = []

        def broke(what: str) -> None:
            began.append((time.monotonic(), what))

        if part in SERVICE_OF:
            replicas = self._product.processes[SERVICE_OF[part]]
            process = replicas[fault.which % len(replicas)]
            async with self._in_hand.setdefault(process, asyncio.Lock()):
                await _PROCESS_FAULTS[action](process, fault, broke)
        else:
            alone = _ALONE.get(fault.kind, fault)
            async with self._in_hand.setdefault(alone, asyncio.Lock()):
                await self._others()[fault.kind](fault, broke)
        at, what = began[0]
        return Broken(fault.kind, what, at, time.monotonic())

    def _others(self) -> Mapping[str, Injection]:
        return {
            "client_cut": self._cut_client,
            "client_stall": self._stall_client,
            "client_half_close": self._half_close_client,
            "client_narrow": self._narrow_client,
            "deaf_client": self._deafen_client,
            "kill_nats": self._kill_nats,
            "kill_leader": self._kill_leader,
            "fill_broker": self._fill_broker,
            "crash_postgres": self._crash_postgres,
            "kill_valkey": self._kill_valkey,
            "broker_cut": self._cut_broker,
            "broker_stall": self._stall_broker,
            "broker_late": self._late_broker,
            "provider_cut": self._cut_provider,
            "provider_stall": self._stall_provider,
            "redeliver": self._redeliver,
        }

    # ---- clients -----------------------------------------------------------------------------------------------------
    def _edge(self, fault: Fault) -> FaultProxy:
        return self._product.edges[fault.which % len(self._product.edges)]

    async def _cut_client(self, fault: Fault, broke: Broke) -> None:
        edge = self._edge(fault)
        edge.cut_after(fault.amount)
        broke("the connection that gets the last of so many bytes")
        await asyncio.sleep(fault.seconds)
        edge.cut_after(0)

    async def _stall_client(self, fault: Fault, broke: Broke) -> None:
        edge = self._edge(fault)
        edge.stall()
        broke("all clients of one gateway")
        await asyncio.sleep(fault.seconds)
        edge.flow()

    async def _half_close_client(self, fault: Fault, broke: Broke) -> None:
        self._edge(fault).half_close("server" if fault.which % 4 < 2 else "client")
        broke("all clients of one gateway")
        await asyncio.sleep(0)

    async def _narrow_client(self, fault: Fault, broke: Broke) -> None:
        edge = self._edge(fault)
        edge.bytes_per_second = NARROW_BYTES_PER_SECOND
        broke("all clients of one gateway")
        await asyncio.sleep(fault.seconds)
        edge.bytes_per_second = None

    async def _deafen_client(self, fault: Fault, broke: Broke) -> None:
        broke("clients that ask and read nothing")
        await ask_and_read_nothing(self._product, fault.which, self.rooms, fault.seconds)

    # ---- servers -----------------------------------------------------------------------------------------------------
    async def _kill_nats(self, fault: Fault, broke: Broke) -> None:
        await self._kill_node(fault.which % len(self._product.brokers.servers), fault, broke)

    async def _kill_leader(self, fault: Fault, broke: Broke) -> None:
        await self._kill_node(await self._product.brokers.leader(), fault, broke)

    async def _kill_node(self, number: int, fault: Fault, broke: Broke) -> None:
        brokers = self._product.brokers
        # Two kills may fall on one: the second waits until it lives again.
        async with self._in_hand.setdefault(brokers.servers[number], asyncio.Lock()):
            broke(f"nats-server {number}")
            try:
                await brokers.kill(number)
                await asyncio.sleep(fault.seconds)
            finally:  # processes and links are healed after each run; servers are brought back here
                await brokers.servers[number].start()

    async def _fill_broker(self, fault: Fault, broke: Broke) -> None:
        brokers = self._product.brokers
        number = fault.which % len(brokers.servers)
        broke(f"nats-server {number}")
        try:
            brokers.fill(number, fault.amount)
            await asyncio.sleep(fault.seconds)
        finally:
            await brokers.restart(number)

    async def _kill_valkey(self, fault: Fault, broke: Broke) -> None:
        broke("valkey")
        try:
            await self._product.kill_valkey()
            await asyncio.sleep(fault.seconds)
        finally:
            await self._product.start_valkey()

    async def _crash_postgres(self, fault: Fault, broke: Broke) -> None:
        broke("postgres")
        try:
            await self._product.crash_postgres()
            await asyncio.sleep(fault.seconds)
        finally:
            await self._product.start_postgres()

    # ---- links -------------------------------------------------------------------------------------------------------
    def _broker_links(self, fault: Fault) -> tuple[str, Sequence[FaultProxy]]:
        replicas = self._product.processes[PROCESSES[fault.which % len(PROCESSES)]]
        name = replicas[fault.which // len(PROCESSES) % len(replicas)].name
        return name, self._product.broker_links[name]

    async def _cut_broker(self, fault: Fault, broke: Broke) -> None:
        name, links = self._broker_links(fault)
        for link in links:
            link.refusing = True
            link.reset()
        broke(name)
        await asyncio.sleep(fault.seconds)
        for link in links:
            link.refusing = False

    async def _stall_broker(self, fault: Fault, broke: Broke) -> None:
        name, links = self._broker_links(fault)
        for link in links:
            link.stall()
        broke(name)
        await asyncio.sleep(fault.seconds)
        for link in links:
            link.flow()

    async def _late_broker(self, fault: Fault, broke: Broke) -> None:
        name, links = self._broker_links(fault)
        for link in links:
            link.delay_seconds = LATE_SECONDS
        broke(name)
        await asyncio.sleep(fault.seconds)
        for link in links:
            link.delay_seconds = 0.0

    async def _cut_provider(self, fault: Fault, broke: Broke) -> None:  # noqa: ARG002 - one moment
        self._product.provider_link.reset()
        broke("all provider calls")
        await asyncio.sleep(0)

    async def _stall_provider(self, fault: Fault, broke: Broke) -> None:
        self._product.provider_link.stall()
        broke("all provider calls")
        await asyncio.sleep(fault.seconds)
        self._product.provider_link.flow()

    async def _redeliver(self, fault: Fault, broke: Broke) -> None:
        broke("the broker")
        await echo(self._product.brokers.settings, fault.seconds)


# ---- processes -------------------------------------------------------------------------------------------------------
async def _kill(process: ServiceProcess, fault: Fault, broke: Broke) -> None:
    broke(process.name)
    await process.kill()
    await asyncio.sleep(fault.seconds)
    await process.start()


async def _freeze(process: ServiceProcess, fault: Fault, broke: Broke) -> None:
    broke(process.name)
    process.freeze()
    await asyncio.sleep(fault.seconds)
    process.thaw()


async def _restart(process: ServiceProcess, fault: Fault, broke: Broke) -> None:
    broke(process.name)
    await process.stop()
    await asyncio.sleep(fault.seconds)
    await process.start()


_PROCESS_FAULTS: Mapping[str, Callable[[ServiceProcess, Fault, Broke], Awaitable[None]]] = {
    "kill": _kill,
    "freeze": _freeze,
    "restart": _restart,
}
