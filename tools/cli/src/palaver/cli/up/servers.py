"""The three embedded servers of one instance: started together, watched, stopped together."""

import asyncio
from collections.abc import Callable
from typing import Any

from palaver.cli.settings import UpSettings
from palaver.cli.up.home import Home
from palaver.cli.up.secret_store import ADMIN, SUPERUSER, Secrets
from palaver.cli.up.terminal import Terminal
from palaver.contracts.catalogue import SERVICES
from palaver.contracts.permissions import permissions_of
from palaver.servicekit.embedded import (
    Death,
    NatsServer,
    NatsUser,
    PostgresServer,
    ValkeyServer,
    nkey_from_seed,
    supervise,
)


class Servers:
    """NATS, PostgreSQL and Valkey on free loopback ports, with their files in the home."""

    def __init__(self, home: Home, secrets: Secrets, settings: UpSettings) -> None:
        self.nats = NatsServer(
            home.nats, broker_users(secrets), sync_always=settings.sync_always, binary=settings.nats_binary
        )
        self.postgres = PostgresServer(
            home.postgres, password=secrets.database_passwords[SUPERUSER], binary=settings.postgres_binary
        )
        self.valkey = ValkeyServer(home.valkey, password=secrets.redis_password, binary=settings.valkey_binary)
        self._all = (self.nats, self.postgres, self.valkey)

    async def start(self, terminal: Terminal) -> None:
        """Start all at once. Raises EmbeddedServerError; what had started is stopped then."""
        with terminal.step("nats-server, PostgreSQL and Valkey are up"):
            results = await asyncio.gather(*(server.start() for server in self._all), return_exceptions=True)
            failures = [result for result in results if isinstance(result, BaseException)]
            if failures:
                await self.stop()
                raise failures[0]

    def watch(self, told: Callable[[Death], None]) -> list[asyncio.Task[None]]:
        """Keep them alive until the tasks are cancelled."""
        return [asyncio.create_task(supervise(server, told), name=f"watch-{server.name}") for server in self._all]

    async def stop(self) -> None:
        """Stop all at once."""
        await asyncio.gather(*(server.stop() for server in self._all))

    def facts(self) -> dict[str, Any]:
        """Ports and process ids, for `palaver doctor`."""
        return {server.name: {"port": server.port, "pid": server.pid} for server in self._all}


def broker_users(secrets: Secrets) -> list[NatsUser]:
    """Every service with exactly what the catalogue grants it, and the administrator that declares streams."""
    users = [NatsUser(ADMIN, nkey_from_seed(secrets.nkey_seeds[ADMIN]).public, (">",), (">",))]
    for service in SERVICES:
        granted = permissions_of(service)
        public = nkey_from_seed(secrets.nkey_seeds[service]).public
        users.append(NatsUser(service, public, granted.publish, granted.subscribe, allow_responses=True))
    return users
