"""The broker of a run: one nats-server, or three of them with every stream on all three."""

import asyncio
import os
import resource
import signal
from collections.abc import Sequence
from pathlib import Path

import nats.errors
from nats.js.errors import Error as JetStreamError
from pydantic import SecretStr

from palaver.cli.provisioning import declare_streams
from palaver.contracts.catalogue import STREAMS
from palaver.servicekit.embedded import NatsRoutes, NatsServer, NatsUser, free_port
from palaver.servicekit.errors import NotProvisioned, Unavailable
from palaver.servicekit.nats_client import LastingClient
from palaver.servicekit.settings import BrokerSettings

CLUSTER = "palaver-faults"
ELECTION_SECONDS = 30.0
LOOK_SECONDS = 0.2


class Brokers:
    """`servers` by number. With more than one, streams have a copy on each."""

    def __init__(self, directory: Path, users: Sequence[NatsUser], admin_seed: SecretStr, nodes: int) -> None:
        routes = [free_port() for _ in range(nodes)]
        self._admin_seed = admin_seed
        self.servers = [
            NatsServer(
                directory / f"node-{number}",
                users,
                routes=NatsRoutes(CLUSTER, port, tuple(routes)) if nodes > 1 else None,
            )
            for number, port in enumerate(routes)
        ]

    @property
    def settings(self) -> BrokerSettings:
        """An administrator's way in, past all proxies."""
        url = ",".join(server.url for server in self.servers)
        return BrokerSettings(url=url, nkey_seed=self._admin_seed)

    async def start(self) -> None:
        """Start all and declare the streams, which needs a leader. Raises what the last try raised."""
        await asyncio.gather(*(server.start() for server in self.servers))
        async with asyncio.timeout(ELECTION_SECONDS):
            while True:
                try:
                    await declare_streams(self.settings, replicas=len(self.servers))
                except (NotProvisioned, Unavailable):
                    await asyncio.sleep(LOOK_SECONDS)
                else:
                    return

    async def stop(self) -> None:
        """Stop all."""
        await asyncio.gather(*(server.stop() for server in self.servers))

    async def kill(self, number: int) -> None:
        """SIGKILL one of them."""
        os.kill(self.servers[number].pid, signal.SIGKILL)
        await self.servers[number].wait()

    def fill(self, number: int, bytes_left: int) -> None:
        """No file of this server grows beyond so many bytes. It meets that as it meets a full disk."""
        hard = resource.prlimit(self.servers[number].pid, resource.RLIMIT_FSIZE)[1]
        resource.prlimit(self.servers[number].pid, resource.RLIMIT_FSIZE, (bytes_left, hard))

    async def restart(self, number: int) -> None:
        """In order, and without the limit of `fill`. A stream that could not be written to takes nothing until then."""
        await self.servers[number].stop()
        await self.servers[number].start()

    async def leader(self) -> int:
        """Who leads the commands' stream; number 0 if that cannot be known."""
        async with asyncio.timeout(ELECTION_SECONDS):
            client = await self._connected()
            try:
                info = await client.jetstream().stream_info(STREAMS[1].name)
            except (nats.errors.Error, JetStreamError, TimeoutError):
                return 0
            finally:
                await client.close()
        names = [server.server_name for server in self.servers]
        leads = info.cluster.leader if info.cluster is not None else None
        return names.index(leads) if leads in names else 0

    async def settled(self) -> None:
        """Return when every copy of every stream is current. Raises TimeoutError."""
        if len(self.servers) == 1:
            return
        client = await self._connected()
        try:
            async with asyncio.timeout(ELECTION_SECONDS):
                while not await self._all_current(client):  # noqa: ASYNC110 - asked over the network
                    await asyncio.sleep(LOOK_SECONDS)
        finally:
            await client.close()

    async def _all_current(self, client: LastingClient) -> bool:
        for stream in STREAMS:
            try:
                cluster = (await client.jetstream().stream_info(stream.name)).cluster
            except (nats.errors.Error, JetStreamError, TimeoutError):
                return False
            if cluster is None or not cluster.leader or not all(peer.current for peer in cluster.replicas or ()):
                return False
        return True

    async def _connected(self) -> LastingClient:
        client = LastingClient()
        await client.connect(
            [server.url for server in self.servers],
            name="faults",
            nkeys_seed_str=self._admin_seed.get_secret_value(),
            max_reconnect_attempts=-1,
        )
        return client
