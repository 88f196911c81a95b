"""The directory of one instance: who may look into it, what lies where, and that only one launcher uses it."""

import fcntl
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from palaver.cli.errors import CommandError

OWNER_ONLY = 0o700
# Root hands PostgreSQL to another user, who must be able to walk through, not to look around.
PASSABLE = 0o711


class Home:
    """Layout of `PALAVER_HOME`."""

    def __init__(self, path: Path) -> None:
        self.path = path.expanduser().resolve()
        self.secrets = self.path / "secrets.json"
        self.running = self.path / "running.json"
        self.targets = self.path / "prometheus-targets.json"
        self.nats = self.path / "nats"
        self.postgres = self.path / "postgres"
        self.valkey = self.path / "valkey"
        self.command_line_code = self.path / "command-line-code"
        self.command_line_log_in = self.path / "command-line-log-in.json"
        self.logs = self.path / "logs"
        self._lock = self.path / "lock"

    def prepare(self) -> None:
        """Make the directories. Raises CommandError if that is not possible."""
        passable = PASSABLE if os.geteuid() == 0 else OWNER_ONLY
        modes = {self.path: passable, self.postgres: passable}
        try:
            for directory in (self.path, self.postgres, self.nats, self.valkey, self.logs):
                directory.mkdir(parents=True, exist_ok=True)
                directory.chmod(modes.get(directory, OWNER_ONLY))
        except OSError as error:
            raise CommandError(f"{self.path} cannot be used ({error.strerror}): choose another PALAVER_HOME.") from None

    @contextmanager
    def held(self) -> Generator[None]:
        """Hold the home as its only launcher. Raises CommandError when another one does."""
        with self._lock.open("a+") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                lock.seek(0)
                raise CommandError(
                    f"Palaver already runs from {self.path} (process {lock.read().strip() or 'unknown'}); "
                    "another instance needs its own PALAVER_HOME and PALAVER_PORT."
                ) from None
            lock.truncate(0)
            lock.write(f"{os.getpid()}\n")
            lock.flush()
            yield
