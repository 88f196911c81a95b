"""An embedded nats-server: JetStream on disk, everybody with an nkey and a list of permissions."""

import asyncio
import signal
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from palaver.servicekit.embedded import binaries
from palaver.servicekit.embedded.child import Child
from palaver.servicekit.embedded.errors import StartFailedError
from palaver.servicekit.embedded.nats_config import NatsConfig, NatsRoutes, NatsUser
from palaver.servicekit.embedded.ports import LOOPBACK, free_port, require_free
from palaver.servicekit.embedded.private_file import write_private

RELOADED = "Reloaded server configuration"
RELOAD_FAILED = "Failed to reload"
RELOAD_POLL_SECONDS = 0.005
RELOAD_TIMEOUT_SECONDS = 5.0


class NatsServer:
    """nats-server with its files in `directory`. The port is fixed when the object is made and kept over restarts."""

    name = "nats-server"

    def __init__(
        self,
        directory: Path,
        users: Sequence[NatsUser],
        *,
        port: int | None = None,
        system_users: Sequence[NatsUser] = (),
        monitoring: bool = False,
        sync_always: bool = False,
        routes: NatsRoutes | None = None,
        binary: Path | None = None,
    ) -> None:
        self._directory = directory
        self._explicit_binary = binary
        self._child = Child(self.name, directory)
        self._config = NatsConfig(
            port=port or free_port(),
            store=directory / "jetstream",
            users=tuple(users),
            system_users=tuple(system_users),
            monitoring_port=free_port() if monitoring else None,
            sync_always=sync_always,
            routes=routes,
        )

    @property
    def port(self) -> int:
        """The client port on loopback."""
        return self._config.port

    @property
    def url(self) -> str:
        """Where clients connect."""
        return f"nats://{LOOPBACK}:{self.port}"

    @property
    def server_name(self) -> str:
        """What the server calls itself, e.g. when it says who leads a stream."""
        return self._config.server_name

    @property
    def monitoring_url(self) -> str | None:
        """The HTTP monitoring endpoint, if asked for."""
        port = self._config.monitoring_port
        return None if port is None else f"http://{LOOPBACK}:{port}"

    @property
    def pid(self) -> int:
        """Process id."""
        return self._child.pid

    async def start(self) -> None:
        """Start and return when clients can connect. Raises EmbeddedServerError."""
        binary = binaries.resolve(binaries.NATS, self._explicit_binary)
        await self._child.end_leftover()
        require_free(self.port, self.name)
        self._write_config()
        self._child.spawn([str(binary.path), "-c", str(self._config_path)])
        await self._child.until_ready(self._greets)

    async def set_users(self, users: Sequence[NatsUser]) -> None:
        """Put another list of users in force. Clients whose permissions changed are disconnected and come back.

        Raises StartFailedError if the server does not accept it.
        """
        self._config = replace(self._config, users=tuple(users))
        self._write_config()
        read_from = self._child.log_path.stat().st_size
        self._child.send(signal.SIGHUP)
        deadline = time.monotonic() + RELOAD_TIMEOUT_SECONDS
        while RELOADED not in (said := self._child.log_since(read_from)):
            if RELOAD_FAILED in said or time.monotonic() > deadline:
                raise StartFailedError(f"{self.name} refused its new configuration: {said.strip()}")
            await asyncio.sleep(RELOAD_POLL_SECONDS)

    async def wait(self) -> int:
        """Exit code, once the process has ended."""
        return await self._child.wait()

    async def stop(self) -> None:
        """Stop cleanly."""
        await self._child.stop(signal.SIGTERM)

    @property
    def _config_path(self) -> Path:
        return self._directory / "nats-server.conf"

    def _write_config(self) -> None:
        write_private(self._config_path, self._config.render())

    async def _greets(self) -> bool:
        """A nats-server says INFO to everybody who connects."""
        try:
            reader, writer = await asyncio.open_connection(LOOPBACK, self.port)
        except OSError:
            return False
        try:
            return (await reader.read(5)).startswith(b"INFO ")
        finally:
            writer.close()
