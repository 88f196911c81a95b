"""An embedded PostgreSQL on loopback TCP, with SCRAM passwords and no Unix socket."""

import asyncio
import re
import shutil
import signal
import subprocess
from pathlib import Path

from pydantic import SecretStr

from palaver.servicekit.embedded import binaries
from palaver.servicekit.embedded.account import Account, ordinary_account
from palaver.servicekit.embedded.binaries import Binary
from palaver.servicekit.embedded.child import PLAIN_ENVIRONMENT, Child
from palaver.servicekit.embedded.errors import DataVersionError, StartFailedError
from palaver.servicekit.embedded.ports import LOOPBACK, free_port, require_free
from palaver.servicekit.embedded.private_file import write_private

MAX_CONNECTIONS = 200
INITDB_TIMEOUT_SECONDS = 60.0
SUPERUSER = "postgres"
# C.UTF-8 from the built-in provider: sorts the same on every machine, and trigram search finds Chinese.
INITDB_OPTIONS = (
    f"--username={SUPERUSER}",
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    "--locale=C.UTF-8",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--no-sync",
)
SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "max_connections": str(MAX_CONNECTIONS),
    "shared_buffers": "128MB",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_statement": "none",  # statements carry conversation text
    "log_min_error_statement": "panic",
    "log_parameter_max_length": "0",
}
# Data that nobody misses after a crash of the machine: tests.
FAST_SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "shared_buffers": "64MB",
    "max_wal_size": "4GB",
}


class PostgresServer:
    """PostgreSQL with its cluster in `directory/postgres-<major>`. The port is kept over restarts.

    `password` is the superuser's; it is set when the cluster is made and must stay the same afterwards.
    """

    name = "postgres"
    user = SUPERUSER

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
        self._settings = SETTINGS | (FAST_SETTINGS if fast else {})
        self._explicit_binary = binary
        # SIGINT is the "fast" shutdown: sessions are cut, data is written.
        self._child = Child(self.name, directory, death_signal=signal.SIGINT)
        self._status_path: Path | None = None

    @property
    def pid(self) -> int:
        """Process id of the postmaster."""
        return self._child.pid

    def url(self, database: str = "postgres") -> SecretStr:
        """The superuser's connection URL for a database."""
        secret = self.password.get_secret_value()
        return SecretStr(f"postgresql://{self.user}:{secret}@{LOOPBACK}:{self.port}/{database}")

    async def start(self) -> None:
        """Make the cluster if there is none, start, and return when clients can connect. Raises EmbeddedServerError."""
        binary = binaries.resolve(binaries.POSTGRES, self._explicit_binary)
        await self._child.end_leftover(signal.SIGINT)
        require_free(self.port, self.name)
        cluster, account = await asyncio.to_thread(self._prepare, binary)
        options = [part for key, value in self._settings.items() for part in ("-c", f"{key}={value}")]
        self._child.spawn(
            [str(binary.path), "-D", str(cluster), "-p", str(self.port), *options],
            account=account,
            working_directory=Path("/"),
        )
        await self._child.until_ready(self._says_ready)

    async def wait(self) -> int:
        """Exit code, once the process has ended."""
        return await self._child.wait()

    async def stop(self) -> None:
        """Stop cleanly."""
        await self._child.stop(signal.SIGINT)

    async def _says_ready(self) -> bool:
        """The eighth line of postmaster.pid is its status; it needs no password to be read."""
        if self._status_path is None or not self._status_path.exists():
            return False
        lines = self._status_path.read_text().splitlines()
        return len(lines) >= 8 and lines[0] == str(self.pid) and lines[7].strip() == "ready"  # noqa: PLR2004 - see above

    def _prepare(self, binary: Binary) -> tuple[Path, Account]:
        """The cluster's directory, made if missing, and who may run a server on it."""
        self._directory.mkdir(parents=True, exist_ok=True)
        directory = self._directory.resolve()
        account = ordinary_account(binary.path, directory)
        require_own_data(directory, binary)
        cluster = directory / f"postgres-{binary.major}"
        if not cluster.exists():
            self._initialise(binary, cluster, account)
        account.own(cluster)
        self._status_path = cluster / "postmaster.pid"
        return cluster, account

    def _initialise(self, binary: Binary, cluster: Path, account: Account) -> None:
        """Run initdb beside the final place, so that an interrupted one leaves no half cluster."""
        unfinished = cluster.with_name(f"{cluster.name}.unfinished")
        _remove_tree(unfinished)
        unfinished.mkdir(mode=0o700)
        password_file = unfinished.with_suffix(".password")
        write_private(password_file, self.password.get_secret_value())
        account.own(unfinished)
        account.own(password_file)
        command = (binary.path.with_name("initdb"), "-D", unfinished, *INITDB_OPTIONS, f"--pwfile={password_file}")
        groups: list[str | int] | None = None if account.uid is None else []
        try:
            subprocess.run(  # noqa: S603 - initdb of the resolved binary
                [*account.prefix, *map(str, command)],
                user=account.uid,
                group=account.gid,
                extra_groups=groups,
                env=PLAIN_ENVIRONMENT,
                cwd="/",
                capture_output=True,
                text=True,
                timeout=INITDB_TIMEOUT_SECONDS,
                check=True,
            )
        except subprocess.CalledProcessError as error:
            last = (error.stderr.strip().splitlines() or ["it said nothing"])[-1]
            raise StartFailedError(f"initdb could not make {cluster}: {last}") from None
        finally:
            password_file.unlink()
        unfinished.rename(cluster)


def require_own_data(directory: Path, binary: Binary) -> None:
    """Raises DataVersionError when a server's directory holds only data that another major version made."""
    clusters = sorted(path for path in directory.glob("postgres-*") if re.fullmatch(r"postgres-\d+", path.name))
    own = directory / f"postgres-{binary.major}"
    for cluster in [own] if own in clusters else clusters:
        made_by = _made_by(cluster)
        if made_by != str(binary.major):
            raise DataVersionError(
                f"{cluster} holds data of PostgreSQL {made_by}, but the program is version {binary.major}: "
                f"give a PostgreSQL {made_by} binary, or move the directory away to begin anew."
            )


def _made_by(cluster: Path) -> str:
    version = cluster / "PG_VERSION"
    return version.read_text().strip() if version.is_file() else cluster.name.removeprefix("postgres-")


def _remove_tree(path: Path) -> None:
    if path.exists():
        shutil.rmtree(path)
