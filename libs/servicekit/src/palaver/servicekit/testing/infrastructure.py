"""The servers that tests run against: one shape, two ways to have them (child processes, or containers)."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from pydantic import SecretStr

from palaver.servicekit.embedded import NatsServer, NatsUser, PostgresServer, ValkeyServer


class RunningServer(Protocol):
    """What every test server can do. `stop` then `start` brings it back on the same address with its data."""

    async def start(self) -> None:
        """Return when clients can connect."""
        ...

    async def stop(self) -> None:
        """Stop cleanly."""
        ...


class RunningNats(RunningServer, Protocol):
    """A broker with JetStream."""

    @property
    def url(self) -> str:
        """Where clients connect."""
        ...

    async def set_users(self, users: Sequence[NatsUser]) -> None:
        """Put another list of users in force."""
        ...


class RunningPostgres(RunningServer, Protocol):
    """A database server."""

    def url(self, database: str = "postgres") -> SecretStr:
        """The superuser's connection URL for a database."""
        ...


class RunningValkey(RunningServer, Protocol):
    """A Redis-protocol server."""

    def url(self, database: int = 0) -> SecretStr:
        """The connection URL of a numbered database."""
        ...


class Infrastructure(Protocol):
    """Makes servers, not started yet, with their files below `directory`."""

    def nats(self, directory: Path, users: Sequence[NatsUser]) -> RunningNats:
        """A broker for these users."""
        ...

    def postgres(self, directory: Path, password: SecretStr) -> RunningPostgres:
        """A database server without durability: fast."""
        ...

    def valkey(self, directory: Path, password: SecretStr) -> RunningValkey:
        """A Valkey without persistence."""
        ...

    def remove(self) -> None:
        """Clear away what stopped servers leave behind outside `directory`."""
        ...


@dataclass(frozen=True, slots=True)
class EmbeddedInfrastructure:
    """Child processes of the test run."""

    def nats(self, directory: Path, users: Sequence[NatsUser]) -> NatsServer:
        """See `Infrastructure`."""
        return NatsServer(directory, users)

    def postgres(self, directory: Path, password: SecretStr) -> PostgresServer:
        """See `Infrastructure`."""
        return PostgresServer(directory, password=password, fast=True)

    def valkey(self, directory: Path, password: SecretStr) -> ValkeyServer:
        """See `Infrastructure`."""
        return ValkeyServer(directory, password=password, fast=True)

    def remove(self) -> None:
        """Nothing: all their files are in their directories."""
