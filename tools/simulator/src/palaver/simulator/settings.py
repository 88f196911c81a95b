"""What can be set about the simulator; the only place that reads its environment (`PALAVER_SIMULATOR_…`)."""

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class SimulatorSettings(BaseSettings):
    """One simulated world. The same seed and the same request give the same answer."""

    model_config = SettingsConfigDict(env_prefix="PALAVER_SIMULATOR_", frozen=True, use_attribute_docstrings=True)

    host: str = "127.0.0.1"
    port: int = Field(default=8090, ge=0, le=65_535)
    """0 takes a free one."""
    seed: int = 7
    speed: float = Field(default=1.0, gt=0)
    """All pacing of the models is divided by it: 10 is ten times as fast. Faults and scripted paces are not scaled."""
    accepted_keys: tuple[SecretStr, ...] = ()
    """If any are given, no other key is accepted."""
    invalid_keys: tuple[SecretStr, ...] = ()
    """Keys that are answered with the provider's own 401."""
    max_body_bytes: int = Field(default=16 * 1024**2, gt=0)
    max_records: int = Field(default=1_000, gt=0)
    """Recorded requests; the oldest are dropped first."""
    max_record_bytes: int = Field(default=64 * 1024**2, gt=0)
    """Bodies and answers that all recorded requests may hold together."""
    max_cached_prefixes: int = Field(default=100_000, gt=0)
    """Beginnings of prompts that all prompt caches remember together; a prompt has one every 256 characters."""
    max_armed: int = Field(default=1_000, gt=0)
    """Faults, and scripted replies, waiting for their requests."""
