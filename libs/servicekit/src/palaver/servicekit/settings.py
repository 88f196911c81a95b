"""Settings that every service shares, and where they come from. The only file of servicekit that reads the environment.

A value is looked up as `PALAVER_<SERVICE>_X__Y` and then as the shared `PALAVER_X__Y`, so one `PALAVER_NATS__URL`
serves all services while each has its own `PALAVER_<SERVICE>_NATS__NKEY_SEED`.
"""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, EnvSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from palaver.servicekit.credentials import weakness_of

SHARED_PREFIX = "PALAVER_"

Seconds = Annotated[float, Field(gt=0)]


class _Part(BaseModel):
    # hide_input_in_errors: a mistyped setting must not print the secret next to it.
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class BrokerSettings(_Part):
    """How a service reaches NATS."""

    url: str = Field(default="nats://127.0.0.1:4222", description="One URL, or several separated by commas.")
    nkey_seed: SecretStr | None = Field(default=None, description="The service's nkey; its permissions hang on it.")
    ca_file: Path | None = Field(default=None, description="CA certificates for tls:// URLs; the system's by default.")
    connect_timeout_seconds: Seconds = 2.0
    publish_timeout_seconds: Seconds = Field(default=5.0, description="Patience for one JetStream acknowledgement.")
    ping_interval_seconds: Seconds = Field(default=10.0, description="Two unanswered pings mean a dead connection.")
    max_pending_bytes: int = Field(default=16 * 1024**2, gt=0, description="Outgoing bytes kept while disconnected.")


class DatabaseSettings(_Part):
    """How a service reaches its own schema. Declare it in the settings of a service that owns tables."""

    url: SecretStr = Field(description="postgresql://role:password@host:port/database")
    pool_size: int = Field(default=8, gt=0)
    max_overflow: int = Field(default=8, ge=0)
    connect_timeout_seconds: Seconds = 2.0
    pool_timeout_seconds: Seconds = Field(default=5.0, description="Patience for a free connection of the pool.")
    statement_timeout_seconds: Seconds = 30.0
    lock_timeout_seconds: Seconds = Field(default=2.0, description="A row that is locked longer counts as an outage.")
    idle_in_transaction_timeout_seconds: Seconds = Field(
        default=5.0, description="A stalled replica must not hold the row lock of a session longer than this."
    )


class RedisSettings(_Part):
    """How a service reaches Redis or Valkey. Declare it in the settings of a service that uses it."""

    url: SecretStr = Field(description="redis://[:password@]host:port/0")
    timeout_seconds: Seconds = Field(
        default=0.5, description="Patience to connect and for a reply; then limits are local."
    )
    max_connections: int = Field(default=32, gt=0)


class TelemetrySettings(_Part):
    """Logs and traces."""

    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["json", "console"] = "json"
    otlp_endpoint: str | None = Field(default=None, description="OTLP/HTTP collector, e.g. http://collector:4318.")
    sample_ratio: float = Field(default=1.0, ge=0, le=1, description="Share of traces kept, when there is a collector.")


class HealthSettings(_Part):
    """Where /healthz, /readyz and /metrics are served; port 0 takes a free one."""

    enabled: bool = True
    host: str = "127.0.0.1"
    port: int = Field(default=9090, ge=0, le=65535)


class ServiceSettings(BaseSettings):
    """What every service has. Add `database: DatabaseSettings` and `redis: RedisSettings` where they are used."""

    model_config = SettingsConfigDict(frozen=True)

    nats: BrokerSettings = BrokerSettings()
    telemetry: TelemetrySettings = TelemetrySettings()
    health: HealthSettings = HealthSettings()
    drain_seconds: Seconds = Field(default=6.0, description="Patience for work in progress when the service stops.")

    @model_validator(mode="after")
    def _no_weak_credentials(self) -> Self:
        """For every server that a service has settings for, also those that only it has."""
        weak = weakness_of(self.nats.url, password_needed=self.nats.nkey_seed is None)
        found = [] if weak is None else [f"nats.url: {weak}"]
        for name in type(self).model_fields:
            part = getattr(self, name)
            if isinstance(part, DatabaseSettings | RedisSettings):
                # Postgres may know a service by its certificate or a password file; Redis only by a password.
                needed = isinstance(part, RedisSettings)
                weak = weakness_of(part.url.get_secret_value(), password_needed=needed)
                found += [] if weak is None else [f"{name}.url: {weak}"]
        if found:
            raise ValueError(" ".join(found))
        return self

    @classmethod
    def service_name(cls) -> str:
        """The service that these settings are for, e.g. "model-router"."""
        prefix = cls.model_config.get("env_prefix", "")
        return prefix.removeprefix(SHARED_PREFIX).rstrip("_").lower().replace("_", "-")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the signature is pydantic's
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the signature is pydantic's
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments, then the service's own variables, then the shared ones; nested values merge field by field."""
        return init_settings, env_settings, EnvSettingsSource(settings_cls, env_prefix=SHARED_PREFIX)


def mistakes(settings: type[BaseSettings], error: ValidationError) -> list[str]:
    """One line per mistake: the environment variable and what is wrong with it, never the value."""
    prefix = settings.model_config.get("env_prefix", "")
    found: list[str] = []
    for wrong in error.errors(include_input=False, include_url=False, include_context=False):
        variable = prefix + "__".join(map(str, wrong["loc"])).upper()  # a rule between settings has no name of its own
        found.append(f"{variable.rstrip('_')}: {wrong['msg'].removeprefix('Value error, ')}")
    return found


def service_config(service: str) -> SettingsConfigDict:
    """Model config of one service's settings: `class Settings(ServiceSettings): model_config = service_config("x")`."""
    return SettingsConfigDict(
        env_prefix=f"{SHARED_PREFIX}{service.upper().replace('-', '_')}_",
        env_nested_delimiter="__",
        nested_model_default_partial_update=True,
        frozen=True,
        extra="ignore",
        hide_input_in_errors=True,
    )
