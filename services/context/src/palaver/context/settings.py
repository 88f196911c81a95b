"""Everything about this service that an operator may set."""

from pydantic import Field

from palaver.servicekit.settings import DatabaseSettings, ServiceSettings, service_config


class Settings(ServiceSettings):
    """Settings of the context service."""

    model_config = service_config("context")

    database: DatabaseSettings
    max_cached_characters: int = Field(
        32_000_000, gt=0, description="Conversation text held in memory; the rooms used longest ago go first."
    )
    recheck_seconds: float = Field(
        30.0, gt=0, description="A room not heard of for so long is compared with its log before it is used."
    )
    gather_seconds: float = Field(
        0.05, ge=0, description="How long a log entry waits for those behind it to be projected with them."
    )
    gap_patience_seconds: float = Field(
        0.05, ge=0, description="How long a missing log entry may be in another replica's hands before the log is read."
    )
    usage_debounce_seconds: float = Field(
        0.25, ge=0, description="Meters are announced at most once in so long a time."
    )
    summaries: bool = Field(
        default=True,
        description="Have what falls out of windows summarised. Those there are go on serving in any case.",
    )
    summary_model: str | None = Field(
        None,
        description="The model that writes summaries; without one the cheapest in the room, or the next if that fails.",
    )
    profile_ttl_seconds: float = Field(60.0, ge=0, description="How long facts about a model are remembered.")
    calibration_refresh_seconds: float = Field(
        5.0, gt=0, description="How often a replica reads what others learned about models' tokenizers."
    )
