"""An embedded Valkey (Redis protocol) with a password and an append-only file."""

import asyncio
import signal
from pathlib import Path

from pydantic import SecretStr

from palaver.servicekit.embedded import binaries
from palaver.servicekit.embedded.child import Child
from palaver.servicekit.embedded.ports import LOOPBACK, free_port, require_free
from palaver.servicekit.embedded.private_file import write_private

MAX_MEMORY = "256mb"
DATABASES = 16


class ValkeyServer:
    """valkey-server with its files in `directory`. The port is kept over restarts; the password may change."""

    name = "valkey"

    def __init__(
        self,
        directory: Path,
        *,
        password: SecretStr,
        port: int | None = None,
        fast: bool = False,
        binary: Path | None = None,
    ) -> None:
        self.port = port or free_port()
        self.password = password
        self._directory = directory
        self._fast = fast
        self._explicit_binary = binary
        self._child = Child(self.name, directory)

    @property
    def pid(self) -> int:
        """Process id."""
        return self._child.pid

    def url(self, database: int = 0) -> SecretStr:
        """The connection URL of one of the 16 databases."""
        return SecretStr(f"redis://:{self.password.get_secret_value()}@{LOOPBACK}:{self.port}/{database}")

    async def start(self) -> None:
        """Start and return when commands are answered. Raises EmbeddedServerError."""
        binary = binaries.resolve(binaries.VALKEY, self._explicit_binary)
        await self._child.end_leftover()
        require_free(self.port, self.name)
        config = self._write_config()
        self._child.spawn([str(binary.path), str(config)])
        await self._child.until_ready(self._pongs)

    async def wait(self) -> int:
        """Exit code, once the process has ended."""
        return await self._child.wait()

    async def stop(self) -> None:
        """Stop cleanly."""
        await self._child.stop(signal.SIGTERM)

    def _write_config(self) -> Path:
        """A file, because arguments can be read by every user of the machine."""
        self._directory.mkdir(parents=True, exist_ok=True)
        settings = {
            "bind": LOOPBACK,
            "port": str(self.port),
            "dir": f'"{self._directory.resolve()}"',
            "daemonize": "no",
            "set-proc-title": "no",  # the command line names the directory, which is how a leftover is recognised
            "databases": str(DATABASES),
            "maxmemory": MAX_MEMORY,
            # An error is better than silently forgetting a revoked token.
            "maxmemory-policy": "noeviction",
            "requirepass": f'"{self.password.get_secret_value()}"',
            "save": '""',
            "appendonly": "no" if self._fast else "yes",
            "appendfsync": "everysec",
        }
        path = self._directory.resolve() / "valkey.conf"
        write_private(path, "".join(f"{key} {value}\n" for key, value in settings.items()))
        return path

    async def _pongs(self) -> bool:
        """PONG means that the append-only file has been read as well."""
        try:
            reader, writer = await asyncio.open_connection(LOOPBACK, self.port)
        except OSError:
            return False
        try:
            writer.write(f"AUTH {self.password.get_secret_value()}\r\nPING\r\n".encode())
            await writer.drain()
            await reader.readline()
            return (await reader.readline()).startswith(b"+PONG")
        except OSError:
            return False
        finally:
            writer.close()
